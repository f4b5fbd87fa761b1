"""Rearranged axes: dropped, put in a line, and split again; and what their units then see."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from typing import NamedTuple, Protocol

from cnncalc.geometry.axis import LONGEST_PERIOD, NEEDS_SIZE, TOO_IRREGULAR, WHOLE, Run, Taps, Unknown
from cnncalc.geometry.receptive_field import AxisField, Interval, IntervalMap
from cnncalc.geometry.shape import Size

Along = int | None
"""The axis of a tensor along which what is seen of an input axis changes; ``None`` where all units see the
same of it.
"""
UNSTATED = "says no `rf`"
NOT_IN_ROWS = "is read from positions in a line whose rows are not those of the new map"


class Arrangement(Protocol):
    """The axes that an operation makes from those of its input."""

    @property
    def sizes(self) -> tuple[Size, ...]:
        """The length of each new axis."""
        ...

    def through(self, field: AxisField, along: Along) -> tuple[AxisField, Along]:
        """What the new units see of an input axis, and along which new axis that changes."""
        ...

    def made_of(self, unit: int, along: Along, to: Along) -> Iterable[int]:
        """The units along an old axis that a unit along the new axis ``to`` is made of."""
        ...


class Dropped(NamedTuple):
    """Axes of a single unit left out; the others close up."""

    before: tuple[Size, ...]
    dropped: frozenset[int]

    @property
    def sizes(self) -> tuple[Size, ...]:
        return tuple(size for axis, size in enumerate(self.before) if axis not in self.dropped)

    def through(self, field: AxisField, along: Along) -> tuple[AxisField, Along]:
        if along is None:
            return field, None
        if along in self.dropped:
            return _of_one(field, 0), None
        return field, along - sum(axis < along for axis in self.dropped)

    def made_of(self, unit: int, along: Along, to: Along) -> Iterable[int]:
        return (0 if along is None or along in self.dropped else unit,)


class Picked(NamedTuple):
    """The vector of one position of a line."""

    position: int

    @property
    def sizes(self) -> tuple[Size, ...]:
        return ()

    def through(self, field: AxisField, along: Along) -> tuple[AxisField, Along]:
        return (field if along is None else _of_one(field, self.position)), None

    def made_of(self, unit: int, along: Along, to: Along) -> Iterable[int]:
        return (0 if along is None else self.position,)


class InLine(NamedTuple):
    """The positions of a map in a line, the last axis fastest, after ``extra`` that see nothing."""

    before: tuple[Size, ...]
    extra: int = 0

    @property
    def sizes(self) -> tuple[Size, ...]:
        if None in self.before:
            return (None,)
        return (prod(size for size in self.before if size is not None) + self.extra,)

    def through(self, field: AxisField, along: Along) -> tuple[AxisField, Along]:
        if not field.maps or (along is None and not self.extra):
            return field, None if along is None else 0
        return field.through(self._reads(along)), 0

    def made_of(self, unit: int, along: Along, to: Along) -> Iterable[int]:
        place = unit - self.extra
        if place < 0 and to is not None:
            return ()
        if along is None:
            return (0,)
        step = prod(size for size in self.before[along + 1 :] if size is not None)
        return (place // step % (self.before[along] or 1),)

    def _reads(self, along: Along) -> Taps | Unknown:
        """Which unit of an axis each position in the line belongs to."""
        first = 0 if along is None else along
        behind = self.before[first:] if not self.extra else self.before
        if None in (behind[1:] if first == 0 and not self.extra else behind):
            return Unknown(NEEDS_SIZE)
        step = prod(size for size in self.before[first + 1 :] if size is not None)
        size = self.before[first] or 1
        if self.extra:
            # With class tokens nothing repeats: one period is the whole line.
            count = prod(one for one in self.before if one is not None)
            if count + self.extra > LONGEST_PERIOD:
                return Unknown(TOO_IRREGULAR)
            units = [0 if along is None else unit // step % size for unit in range(count)]
            return Taps(0, (*(Run(0, 1, 0),) * self.extra, *(Run(unit, 1, 1) for unit in units)))
        period = step if first == 0 else step * size
        if period > LONGEST_PERIOD:
            return Unknown(TOO_IRREGULAR)
        return Taps(int(first == 0), tuple(Run(unit // step, 1, 1) for unit in range(period)))


class InRows(NamedTuple):
    """The positions of a line as a map again, the last axis fastest, those before ``skipped`` left out."""

    sizes: tuple[int, ...]
    skipped: int = 0

    def through(self, field: AxisField, along: Along) -> tuple[AxisField, Along]:
        if along is None or not field.maps:
            return field, None if along is None else len(self.sizes) - 1
        for axis in range(len(self.sizes)):
            maps = [self._along(seen, axis) for seen in field.maps]
            found = tuple(one for one in maps if one is not None)
            if len(found) == len(maps):
                return field._replace(maps=found), axis
        return field.lost(NOT_IN_ROWS), len(self.sizes) - 1

    def made_of(self, unit: int, along: Along, to: Along) -> Iterable[int]:
        if along is None or to is None:
            return (0,)
        step, size = prod(self.sizes[to + 1 :]), self.sizes[to]
        rows = range(self.skipped + unit * step, self.skipped + prod(self.sizes), step * size)
        return (place for first in rows for place in range(first, first + step))

    def _along(self, seen: IntervalMap, axis: int) -> IntervalMap | None:
        """What units see as a function of one new axis; ``None`` where it depends on another one too."""
        step, size = prod(self.sizes[axis + 1 :]), self.sizes[axis]
        count = prod(self.sizes)
        if count > LONGEST_PERIOD:
            return None
        spans = [seen.at(self.skipped + unit * step) for unit in range(size)]
        for unit in range(count):
            if seen.at(self.skipped + unit) != spans[unit // step % size]:
                return None
        return _evenly(spans)


class Stated(NamedTuple):
    """Axes of given sizes, whose units see all, or something that is not given."""

    sizes: tuple[int, ...]
    sees_all: bool
    reason: str = UNSTATED

    def through(self, field: AxisField, along: Along) -> tuple[AxisField, Along]:
        return (field.through(WHOLE) if self.sees_all else field.lost(self.reason)), None

    def made_of(self, unit: int, along: Along, to: Along) -> Iterable[int]:
        return ()


def _of_one(field: AxisField, unit: int) -> AxisField:
    """What a single unit sees, as the field of a vector."""
    found = field.through(Taps(0, (Run(unit, 1, 1),)))
    return found._replace(maps=tuple([seen for seen in found.maps if seen.size is not None]))


def _evenly(spans: list[Interval | None]) -> IntervalMap | None:
    """The map of these units that goes on beyond them at their own pace; ``None`` where they have none."""
    if len(spans) == 1:
        return IntervalMap(0, (spans[0],))
    for period in range(1, len(spans) // 2 + 1):
        one, other = spans[0], spans[period]
        advance = 0 if one is None or other is None else other[0] - one[0]
        found = IntervalMap(advance, tuple(spans[:period]))
        if all(found.at(unit) == span for unit, span in enumerate(spans)):
            return found
    return None
