"""Which input sizes a network takes along an axis: residue classes, and finitely many small sizes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from math import inf
from typing import NamedTuple

from cnncalc.analysis.along import Along, Line, Unanswered, Verdict
from cnncalc.analysis.walk import Walk
from cnncalc.geometry.axis import LONGEST_PERIOD
from cnncalc.geometry.ray import Finer, Span
from cnncalc.network.graph import Node
from cnncalc.support.ranges import runs

_MANY = 200
"""Characters of a list of sizes that is not shortened."""
FURTHEST = 1_000_000
"""Sizes below which the classes must begin to hold."""
MOST_WALKS = 200_000
"""Walks through the network for one axis."""


class Classes(NamedTuple):
    """A set of sizes: ``residues`` modulo ``period`` from ``start`` on, and ``also`` below."""

    period: int
    start: int | None
    """``None`` where no size is in a class."""
    residues: tuple[int, ...]
    also: tuple[int, ...]

    def __contains__(self, size: object) -> bool:
        if not isinstance(size, int):
            return False
        if self.start is not None and size >= self.start:
            return size % self.period in self.residues
        return size in self.also

    @property
    def smallest(self) -> int | None:
        return self.also[0] if self.also else self.start

    def below(self, size: int) -> int | None:
        """The largest member that is smaller."""
        if self.start is not None:
            for near in range(size - 1, max(self.start, size - self.period) - 1, -1):
                if near in self:
                    return near
        at = bisect_right(self.also, size - 1)
        return self.also[at - 1] if at else None

    def above(self, size: int) -> int | None:
        """The smallest member that is larger."""
        at = bisect_right(self.also, size)
        if at < len(self.also):
            return self.also[at]
        if self.start is None:
            return None
        first = max(size + 1, self.start)
        return next(near for near in range(first, first + self.period) if near in self)


class Stretch(NamedTuple):
    """Sizes ``residue + period*q`` for q from ``first`` to ``last`` with the same outcome."""

    residue: int
    first: int
    last: float
    verdict: Verdict


class Fitting:
    """The outcome for every size of the input along one axis."""

    def __init__(self, along: Along, most_walks: int = MOST_WALKS) -> None:
        self.along = along
        self.most_walks = most_walks
        self.own = along.own[0]
        self.wanted = self._wanted()
        self.period, self.stretches = self._stretches()
        last = [stretches[0] for stretches in self.stretches]
        self.horizon = max(stretch.first * self.period + stretch.residue for stretch in last)
        """From here on the outcome depends on the residue alone."""
        if self.horizon > FURTHEST:
            raise Unanswered(
                f"the network is regular only for sizes from {self.horizon:,} on, too many to be listed"
            )

    def at(self, size: int) -> Verdict:
        """The outcome for one size."""
        return Walk(self.along, (size, 0)).at(Span(0), self.wanted)

    def _wanted(self) -> tuple[Line, ...] | None:
        """The sizes of the flattened maps at the model's own input."""
        if self.own is None or not self.along.flattened:
            return None
        found = Walk(self.along, (self.own, 0)).at(Span(0))
        return found.flat if found.valid else None

    def _stretches(self) -> tuple[int, list[list[Stretch]]]:
        period = 1
        while True:
            try:
                return period, self._by_residue(period)
            except Finer as finer:
                period *= finer.factor
                if period > LONGEST_PERIOD:
                    node: Node = finer.args[1]
                    raise Unanswered(
                        f"`{node.path}` makes sizes repeat only after more than {LONGEST_PERIOD:,} positions",
                        node,
                    ) from None

    def _by_residue(self, period: int) -> list[list[Stretch]]:
        """The stretches of each residue class, the last first."""
        found: list[list[Stretch]] = []
        walks = 0
        for residue in range(period):
            found.append([])
            for stretch in self._along_residue(residue, period):
                walks += 1
                if walks > self.most_walks:
                    raise Unanswered(f"the network changes its sizes in more than {self.most_walks:,} ways")
                found[-1].append(stretch)
        return found

    def _along_residue(self, residue: int, period: int) -> Iterator[Stretch]:
        least = 0 if residue else 1
        walk = Walk(self.along, (residue, period))
        at: float = inf
        while at >= least:
            span = Span(at)
            verdict = walk.at(span, self.wanted)
            yield Stretch(residue, max(span.first, least), span.last, verdict)
            at = span.first - 1

    def sizes(self, is_member: Callable[[Verdict], bool]) -> Classes:
        """The sizes with some outcome, by the smallest modulus."""
        residues, period = self._reduced(is_member)
        start, also = self._finite(is_member, residues, period)
        return Classes(period, start, residues, also)

    def together(self, *members: Callable[[Verdict], bool]) -> tuple[Classes, ...]:
        """The sizes with each of some outcomes, by one modulus and from one size on."""
        own = [self.sizes(member) for member in members]
        period = self._smallest_period(members)
        residues = [self._residues(member, period) for member in members]
        starts = [
            self._irregular(member, set(some), period) for member, some in zip(members, residues, strict=True)
        ]
        start = _first_of(residues[0], period, max(starts) + 1)
        return tuple(
            Classes(period, start, some, self._below(member, start))
            for member, some, _ in zip(members, residues, own, strict=True)
        )

    def _reduced(self, is_member: Callable[[Verdict], bool]) -> tuple[tuple[int, ...], int]:
        period = self._smallest_period((is_member,))
        return self._residues(is_member, period), period

    def _residues(self, is_member: Callable[[Verdict], bool], period: int) -> tuple[int, ...]:
        return tuple(r for r in range(period) if is_member(self.stretches[r][0].verdict))

    def _smallest_period(self, members: tuple[Callable[[Verdict], bool], ...]) -> int:
        tail = [tuple(member(stretches[0].verdict) for member in members) for stretches in self.stretches]
        for period in range(1, self.period + 1):
            if self.period % period == 0 and tail == tail[:period] * (self.period // period):
                return period
        return self.period

    def _irregular(self, is_member: Callable[[Verdict], bool], residues: set[int], period: int) -> int:
        """The last size that is not what its residue says; 0 where there is none."""
        last = 0
        for stretches in self.stretches:
            for stretch in stretches[1:]:
                size = stretch.residue + int(stretch.last) * self.period
                if is_member(stretch.verdict) != (size % period in residues):
                    last = max(last, size)
                    break
        return last

    def _finite(
        self, is_member: Callable[[Verdict], bool], residues: tuple[int, ...], period: int
    ) -> tuple[int | None, tuple[int, ...]]:
        start = _first_of(residues, period, self._irregular(is_member, set(residues), period) + 1)
        return start, self._below(is_member, start)

    def _below(self, is_member: Callable[[Verdict], bool], start: int | None) -> tuple[int, ...]:
        """The members below a size."""
        found: list[int] = []
        for stretches in self.stretches:
            for stretch in stretches:
                if not is_member(stretch.verdict):
                    continue
                end = stretch.residue + self.period * (stretch.last + 1)
                end = min(end, inf if start is None else start)
                found.extend(range(stretch.residue + self.period * stretch.first, int(end), self.period))
        return tuple(sorted(found))

    def runs(self, is_member: Callable[[Verdict], bool]) -> tuple[tuple[int, int | None], ...]:
        """First and last of each run of valid sizes with some outcome; ``None`` where one has no end."""
        small = sorted(
            (stretch.residue + self.period * q, is_member(stretch.verdict))
            for stretches in self.stretches
            for stretch in stretches
            if stretch.verdict.valid
            for q in range(stretch.first, int(min(stretch.last, self.horizon // self.period + 1)) + 1)
        )
        found: list[tuple[int, int | None]] = []
        before = False
        for size, belongs in small:
            if belongs:
                found[-1:] = [(found[-1][0], size)] if before else [*found[-1:], (size, size)]
            before = belongs
        tail = [is_member(stretches[0].verdict) for stretches in self.stretches if stretches[0].verdict.valid]
        if found and before and tail and all(tail):
            found[-1] = (found[-1][0], None)
        return tuple(found)


def _first_of(residues: tuple[int, ...], period: int, least: int) -> int | None:
    """The first size from ``least`` on with one of the residues."""
    if not residues:
        return None
    known = set(residues)
    return next(size for size in range(least, least + period) if size % period in known)


def is_valid(verdict: Verdict) -> bool:
    return verdict.valid


def is_whole(verdict: Verdict) -> bool:
    """Valid, and no layer drops positions by rounding down."""
    return verdict.valid and verdict.whole


def is_kept(verdict: Verdict) -> bool:
    """Valid, and the main output is as long as the input."""
    return verdict.valid and verdict.kept


def has_same_weights(verdict: Verdict) -> bool:
    """Valid, and every layer that flattens has the map that it has at the model's own input."""
    return verdict.valid and verdict.same


def in_words(classes: Classes) -> str:
    """A set of sizes: ``multiples of 32``, ``12 modulo 16 from 188``, ``1..4 and 0, 29..31 modulo 32``."""
    below = shortened(runs(classes.also))
    if classes.start is None:
        return below or "none"
    residues = classes.residues
    if len(residues) == classes.period:
        text = f"every size from {classes.start}"
        return text if not below else f"{below} and {text}"
    text = (
        f"multiples of {classes.period}"
        if residues == (0,)
        else f"{shortened(runs(residues))} modulo {classes.period}"
    )
    first = min(residue or classes.period for residue in residues)
    if classes.start > first:
        text += f" from {classes.start}"
    return text if not below else f"{below} and {text}"


def shortened(text: str) -> str:
    """A list of sizes with the middle left out where it is long."""
    if len(text) <= _MANY:
        return text
    head = text[: _MANY // 2].rpartition(",")[0]
    return f"{head} ... {text[-_MANY // 2 :].partition(', ')[2]}"
