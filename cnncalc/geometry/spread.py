"""How something is spread over the input positions that units see, such as gradient or numbers of paths, as
exact sums along one axis.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate
from math import gcd, lcm, sqrt
from operator import add, mul
from typing import NamedTuple

from cnncalc.geometry.arrangement import Along, Arrangement
from cnncalc.geometry.axis import TOO_IRREGULAR, Taps
from cnncalc.geometry.receptive_field import AxisField, IntervalMap

MOST_NUMBERS = 1_000_000
"""Numbers that are kept for the units of one tensor."""
TOO_MANY = f"takes more than {MOST_NUMBERS:,} numbers to be described"

Weights = tuple[tuple[float, ...], ...]
"""For each run of taps what each tap counts."""


class Share(NamedTuple):
    """What one unit has of each input position from ``first`` on."""

    first: int
    values: list[float]


class Spread(NamedTuple):
    """The shares of all units, periodic: unit ``q*len(shares) + r`` has ``shares[r]`` moved on by
    ``q*advance``.
    """

    advance: int
    shares: tuple[Share | None, ...]

    def at(self, unit: int) -> Share | None:
        """The share of one unit; ``None`` where it reads nothing."""
        turn, residue = divmod(unit, len(self.shares))
        share = self.shares[residue]
        return None if share is None else Share(share.first + turn * self.advance, share.values)

    def through(self, taps: Taps, weights: Weights) -> Spread:
        """The shares of an operation's outputs, these being those of its inputs.

        Raises:
            OverflowError: where these are too many numbers.
        """
        period = len(self.shares)
        turns = period // gcd(period, taps.advance)
        units = turns * len(taps.runs)
        _check(units * max((len(share.values) for share in self.shares if share), default=0))
        shares = []
        for unit in range(units):
            turn, residue = divmod(unit, len(taps.runs))
            run, counts = taps.runs[residue], weights[residue]
            start = run.start + turn * taps.advance
            read = [(self.at(start + tap * run.step), count) for tap, count in enumerate(counts)]
            shares.append(_sum([(share, count) for share, count in read if share is not None and count]))
        return Spread(self.advance * taps.advance * turns // period, tuple(shares))

    def laid_out(self, arrangement: Arrangement, along: Along) -> tuple[Spread, Along]:
        """The shares where the axes are laid out anew; units are told apart by where and how they read.

        Raises:
            OverflowError: where the new axes do not allow it.
        """
        kinds: list[list[float]] = []
        spans = []
        for share in self.shares:
            kind = 0 if share is None else _place(kinds, share.values)
            spans.append(None if share is None else (share.first, kind))
        many = len(kinds) + 1
        codes = tuple([None if one is None else (one[0] * many + one[1],) * 2 for one in spans])
        field = AxisField((IntervalMap(self.advance * many, codes),))
        found, place = arrangement.through(field, along)
        if len(found.maps) != 1:
            raise OverflowError(found.unknown or TOO_IRREGULAR)
        (laid,) = found.maps
        shares = [
            None if span is None else Share(span[0] // many, kinds[span[0] % many]) for span in laid.spans
        ]
        return Spread(laid.advance // many, tuple(shares)), place


ITSELF = Spread(1, (Share(0, [1]),))
"""Of an input: each unit has itself."""


def joined(some: list[tuple[Spread, float]]) -> Spread:
    """The sum of several, each times a factor.

    Raises:
        OverflowError: where they have different strides, or too many numbers.
    """
    period = lcm(*(len(spread.shares) for spread, _ in some))
    advances = {spread.advance * (period // len(spread.shares)) for spread, _ in some}
    if len(advances) > 1:
        raise OverflowError("joins paths of different strides")
    _check(period * max(len(share.values) for spread, _ in some for share in spread.shares if share))
    shares = []
    for unit in range(period):
        read = [(spread.at(unit), factor) for spread, factor in some]
        shares.append(_sum([(share, factor) for share, factor in read if share is not None and factor]))
    return Spread(advances.pop(), tuple(shares))


def _check(numbers: int) -> None:
    if numbers > MOST_NUMBERS:
        raise OverflowError(TOO_MANY)


def _sum(parts: list[tuple[Share, float]]) -> Share | None:
    """The sum of shares times their factors, position by position."""
    if not parts:
        return None
    if len(parts) == 1 and parts[0][1] == 1:
        return parts[0][0]
    low = min(share.first for share, _ in parts)
    high = max(share.first + len(share.values) for share, _ in parts)
    total: list[float] = [0] * (high - low)
    common = parts[0][1] if len({factor for _, factor in parts}) == 1 else None
    for share, factor in parts:
        values = share.values if common is not None else [factor * value for value in share.values]
        begin = share.first - low
        end = begin + len(values)
        total[begin:end] = map(add, total[begin:end], values)
    if common not in (None, 1):
        total = [common * value for value in total]
    return Share(low, total)


def _place(kinds: list[list[float]], values: list[float]) -> int:
    for at, kind in enumerate(kinds):
        if kind is values or kind == values:
            return at
    kinds.append(values)
    return len(kinds) - 1


def deviation(share: Share) -> float:
    """The standard deviation of the positions, each as often as its share says."""
    values = share.values
    mass = sum(values)
    mean = sum(map(mul, range(len(values)), values)) / mass
    apart = [at - mean for at in range(len(values))]
    return sqrt(sum(map(mul, map(mul, apart, apart), values)) / mass)


def width_of(share: Share, mass: float) -> int:
    """The fewest positions in a row that have ``mass`` of all."""
    sums = [0.0, *accumulate(share.values)]
    wanted = mass * sums[-1] * (1 - 1e-12)
    # The first that begin at 0 hold too little, and behind the position where all is held a row only grows.
    least, most = bisect_left(sums, wanted), bisect_left(sums, sums[-1])
    best, first = least, 0
    for last in range(least, most + 1):
        first = max(first, bisect_right(sums, sums[last] - wanted) - 1)
        best = min(best, last - first)
    return best
