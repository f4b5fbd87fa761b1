"""Receptive fields along one axis as exact maps from output unit to input interval, composed and joined
without sizes.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from math import gcd, lcm
from typing import NamedTuple

from cnncalc.geometry.axis import (
    IDENTITY_TAPS,
    LONGEST_PERIOD,
    NEEDS_SIZE,
    TOO_IRREGULAR,
    TOO_LARGE,
    Past,
    Reads,
    Run,
    Taps,
    Unknown,
    Whole,
)
from cnncalc.geometry.shape import Size

LARGEST_ADVANCE = 10**30
"""The largest distance, in input positions, between a unit and the one a period later."""
MOST_MAPS = 64
"""The most local paths of different strides that are kept side by side."""
MOST_SHIFTS = 32
"""The most unknown paddings that are distinguished along one path."""
MOST_SEARCHED = 1_000_000
"""The most spans computed for one operation where they are not ordered."""

Interval = tuple[int, int]
"""First and last input position, both included; negative or beyond the input is padding."""


@lru_cache(maxsize=256)
def _ratio(positions: int, units: int) -> Fraction:
    """Made once: layers share few strides, and a fraction takes longer to make than to find."""
    return Fraction(positions, units)


class IntervalMap(NamedTuple):
    """What each unit sees, periodic: unit ``q*len(spans) + r`` sees ``spans[r]`` moved on by ``q*advance``.

    One span makes the affine map of a network without upsampling. ``None`` is a unit that sees no input at
    all.
    """

    advance: int
    spans: tuple[Interval | None, ...]

    @property
    def stride(self) -> Fraction:
        """Input positions per unit, the jump."""
        return _ratio(self.advance, len(self.spans))

    @property
    def size(self) -> int | None:
        """The number of input positions seen, the largest over the period; ``None`` where nothing is seen."""
        if len(self.spans) == 1:
            span = self.spans[0]
            return None if span is None else span[1] - span[0] + 1
        return max((span[1] - span[0] + 1 for span in self.spans if span), default=None)

    def size_of(self, units: Size) -> int | None:
        """The same over the existing units, which may be fewer than the period."""
        if units is None or units >= len(self.spans):
            return self.size
        return IntervalMap(self.advance, self.spans[:units]).size

    @property
    def affine(self) -> bool:
        return len(self.spans) == 1

    def at(self, unit: int) -> Interval | None:
        """The input interval of one unit."""
        turn, residue = divmod(unit, len(self.spans))
        span = self.spans[residue]
        if span is None:
            return None
        return (span[0] + turn * self.advance, span[1] + turn * self.advance)

    def through(self, taps: Taps) -> IntervalMap:
        """The map of an operation's outputs, this map being that of its inputs.

        Raises:
            OverflowError: where the period would be longer than ``LONGEST_PERIOD``.
        """
        advance, spans = self
        moved, runs = taps
        if len(spans) == 1 and len(runs) == 1:
            span, (start, step, length) = spans[0], runs[0]
            if span is not None and length:
                first, last = span
                ends = (first + start * advance, last + (start + (length - 1) * step) * advance)
                return IntervalMap(advance * moved, (ends,))
        return _through(self, taps)

    @property
    def _ordered(self) -> bool:
        """Whether every unit sees something, and none begins or ends before the previous one."""
        spans = [span for span in self.spans if span is not None]
        if len(spans) < len(self.spans):
            return False
        spans.append((spans[0][0] + self.advance, spans[0][1] + self.advance))
        return all(one[0] <= other[0] and one[1] <= other[1] for one, other in pairwise(spans))

    def _hull(self, run: Run, ordered: bool) -> Interval | None:
        """The hull of what a run of units sees; a period of its taps at either end decides, or one where they
        are ordered.
        """
        period = 1 if ordered else len(self.spans)
        decisive = min(run.length, period // gcd(run.step, period))
        ends = (run.start, run.start + (run.length - decisive) * run.step)
        firsts = [span[0] for m in range(decisive) if (span := self.at(ends[0] + m * run.step))]
        lasts = [span[1] for m in range(decisive) if (span := self.at(ends[1] + m * run.step))]
        return (min(firsts), max(lasts)) if firsts else None

    def looking_back(self) -> IntervalMap:
        """The map of units that read those up to their place: each ends where the last of them does."""
        period = len(self.spans)
        if period == 1:
            return self
        spans: list[Interval | None] = []
        seen: Interval | None = None
        for unit in range(-period, period):
            if span := self.at(unit):
                seen = (span[0], span[1] if seen is None else max(span[1], seen[1]))
            spans.append(seen)
        return _shortest(self.advance, tuple(spans[period:]))

    def joined(self, other: IntervalMap) -> IntervalMap:
        """The hull with a map of the same stride, unit by unit.

        Raises:
            OverflowError: where the period would be longer than ``LONGEST_PERIOD``.
        """
        period = _bounded(lcm(len(self.spans), len(other.spans)))
        spans = tuple(_hull_of(self.at(unit), other.at(unit)) for unit in range(period))
        return _shortest(self.advance * period // len(self.spans), spans)


@lru_cache(maxsize=64)
def _through(seen: IntervalMap, taps: Taps) -> IntervalMap:
    period = len(seen.spans)
    turns = period // gcd(period, taps.advance)
    units = _bounded(turns * len(taps.runs))
    ordered = seen._ordered
    if not ordered and units * min(period, max(run.length for run in taps.runs)) > MOST_SEARCHED:
        raise OverflowError(TOO_IRREGULAR)
    spans = []
    for unit in range(units):
        turn, residue = divmod(unit, len(taps.runs))
        run = taps.runs[residue]
        spans.append(seen._hull(Run(run.start + turn * taps.advance, run.step, run.length), ordered))
    return _shortest(seen.advance * taps.advance * turns // period, tuple(spans))


def _bounded(period: int) -> int:
    if period > LONGEST_PERIOD:
        raise OverflowError(TOO_IRREGULAR)
    return period


def _checked(maps: tuple[IntervalMap, ...]) -> tuple[IntervalMap, ...]:
    """The same maps, where they can be continued."""
    for seen in maps:
        if seen.advance > LARGEST_ADVANCE:
            raise OverflowError(TOO_LARGE)
    if len(maps) > 1:
        if len(maps) > MOST_MAPS:
            raise OverflowError(f"joins paths of more than {MOST_MAPS} different strides")
        _bounded(_common_period(maps))
    return maps


def _common_period(maps: tuple[IntervalMap, ...]) -> int:
    return lcm(*(len(seen.spans) for seen in maps))


def _hull_of(one: Interval | None, other: Interval | None) -> Interval | None:
    if one is None or other is None:
        return one or other
    return (min(one[0], other[0]), max(one[1], other[1]))


def _shortest(advance: int, spans: tuple[Interval | None, ...]) -> IntervalMap:
    """The same map with its smallest period."""
    whole = IntervalMap(advance, spans)
    for period in range(1, len(spans) // 2 + 1):
        if len(spans) % period == 0 and advance % (len(spans) // period) == 0:
            shorter = IntervalMap(advance // (len(spans) // period), spans[:period])
            if all(shorter.at(unit) == span for unit, span in enumerate(spans)):
                return shorter
    return whole


class AxisField(NamedTuple):
    """What the units of a tensor see of one input axis.

    Local paths are interval maps, one for each stride among them (branches of unequal stride never repeat
    together, so their
    hull is kept as its parts). A path that reads the whole axis sets ``is_global``. ``unknown`` says why
    local paths cannot be
    given, ``unknown_start`` why they are right only up to a shift, and ``shifts`` which unknown paddings make
    up that shift.
    """

    maps: tuple[IntervalMap, ...] = ()
    is_global: bool = False
    aligned: bool = True
    unknown: str | None = None
    unknown_start: str | None = None
    shifts: frozenset[object] = frozenset()
    looks_back: bool = False
    """Whether a path reads everything before, too."""

    def through(self, reads: Reads, place: object = None) -> AxisField:
        """The field of an operation's outputs, this being that of its inputs; ``place`` distinguishes unknown
        paddings.
        """
        if not isinstance(reads, Taps):
            return self._through_others(reads, place)
        maps = self.maps
        if reads is IDENTITY_TAPS or not maps:
            return self
        try:
            if len(maps) == 1:
                maps = (maps[0].through(reads),)
            else:
                maps = tuple([seen.through(reads) for seen in maps])
            if len(maps) > 1 or maps[0].advance > LARGEST_ADVANCE:
                _checked(maps)
        except OverflowError as error:
            return self.lost(str(error))
        return AxisField(maps, *self[1:])

    def _through_others(self, reads: Whole | Past | Unknown, place: object) -> AxisField:
        if isinstance(reads, Whole):
            return AxisField((), True)
        if isinstance(reads, Unknown):
            return self._through_unknown(reads, place)
        maps = tuple([seen.looking_back() for seen in self.maps])
        return self._replace(maps=maps, looks_back=bool(self.maps) or self.looks_back)

    def lost(self, reason: str) -> AxisField:
        """The field where the local paths are not computed any further."""
        return self._replace(maps=(), unknown=reason, unknown_start=None, shifts=frozenset())

    @property
    def is_simple(self) -> bool:
        """Whether there is no more than one local path, and that is known."""
        return self.unknown is None and self.unknown_start is None and len(self.maps) <= 1

    @property
    def units(self) -> int:
        """How many units are computed one by one to describe all of them; 0 where one is enough."""
        maps = self.maps
        if len(maps) == 1:
            units = len(maps[0].spans)
            return units if units > 1 else 0
        return len(maps) * _common_period(maps) if maps else 0

    def _through_unknown(self, reads: Unknown, place: object) -> AxisField:
        if not self.maps:
            return self
        if reads.taps is None or not all(seen.affine for seen in self.maps):
            return self.lost(reads.reason)
        shifts = self.shifts | {place}
        field = self.through(reads.taps)
        if len(shifts) > MOST_SHIFTS or not field.maps:
            return field.lost(field.unknown or reads.reason)
        return field._replace(unknown_start=reads.reason, shifts=shifts)

    def joined(self, other: AxisField, place: object = None, is_causal: bool = False) -> AxisField:
        """The field of a unit that sees the fields of both: the hull, unit by unit; ``place`` distinguishes
        unknown offsets. Causal paths are aligned also where their last positions agree.
        """
        common = AxisField(
            (),
            self.is_global or other.is_global,
            self.aligned and other.aligned,
            self.unknown or other.unknown,
            self.unknown_start or other.unknown_start,
            self.shifts if self.shifts == other.shifts else self.shifts | other.shifts,
            self.looks_back or other.looks_back,
        )
        if common.unknown is not None:
            return common.lost(common.unknown)
        if len(common.shifts) > MOST_SHIFTS and common.unknown_start is not None:
            return common.lost(common.unknown_start)
        if not self.maps or not other.maps:
            return common._replace(maps=self.maps or other.maps)
        if self.shifts != other.shifts:
            return self._joined_as_aligned(other, common._replace(shifts=frozenset((place,))))
        try:
            maps, agree = _merged(self.maps, other.maps, is_causal)
            return common._replace(maps=_checked(maps), aligned=common.aligned and agree)
        except OverflowError as error:
            return common.lost(str(error))

    def _joined_as_aligned(self, other: AxisField, common: AxisField) -> AxisField:
        """With an offset between them unknown the branches are taken as aligned: the largest one's field is
        the field.

        Its position is then unknown in a way of its own, which no branch shares.
        """
        if len(self.maps) > 1 or len(other.maps) > 1 or self.maps[0].stride != other.maps[0].stride:
            return common._replace(aligned=False).lost(common.unknown_start or NEEDS_SIZE)
        largest = max(self.maps[0], other.maps[0], key=lambda seen: seen.size or 0)
        return common._replace(maps=(largest,))

    def at(self, unit: int) -> Interval | None:
        """What the local paths of one unit see; ``None`` where there is none or its place is not known."""
        if self.unknown_start is not None:
            return None
        hull: Interval | None = None
        for seen in self.maps:
            hull = _hull_of(hull, seen.at(unit))
        return (min(0, hull[0]), hull[1]) if self.looks_back and hull is not None else hull

    @property
    def stride(self) -> Fraction | None:
        return self.maps[0].stride if len(self.maps) == 1 else None

    @property
    def start(self) -> int | None:
        """The first input position that unit 0 sees; the effective padding is its negative."""
        interval = self.at(0)
        return None if interval is None else interval[0]

    @property
    def uniform(self) -> bool:
        """Whether all units see equally much at equal distances, so that size, stride and start describe all
        of them.
        """
        if self.looks_back or len(self.maps) > 1:
            return False
        return not self.maps or self.maps[0].affine or self.maps[0].size is None

    def size(self, units: Size) -> int | None:
        """The number of input positions a unit sees, the largest over the ``units`` of the axis, the map's
        borders aside.
        """
        if self.looks_back:
            return None
        if len(self.maps) == 1:
            return self.maps[0].size_of(units)
        return self._largest_of_all(units)[0]

    def largest_at(self, units: Size) -> int | None:
        """The first unit of that size; ``None`` where the size or the place is not known."""
        if self.looks_back or self.unknown_start is not None:
            return None
        if len(self.maps) == 1:
            spans = self.maps[0].spans
            if len(spans) == 1 and units != 0:
                return None if spans[0] is None else 0
            spans = spans if units is None else spans[:units]
            sizes = [0 if span is None else span[1] - span[0] + 1 for span in spans]
            return sizes.index(max(sizes)) if any(sizes) else None
        return self._largest_of_all(units)[1]

    def _largest_of_all(self, units: Size) -> tuple[int | None, int | None]:
        """The largest size where paths of unlike strides meet, and the first unit that has it."""
        if not self.maps or units is None:
            return None, None
        period = _common_period(self.maps)
        some = sorted({*range(min(period, units)), *range(max(0, units - period), units)})
        sizes = {unit: span[1] - span[0] + 1 for unit in some if (span := self.at(unit))}
        unit = max(sizes, key=sizes.__getitem__, default=None)
        return (None, None) if unit is None else (sizes[unit], unit)

    def reason(self, units: Size) -> str | None:
        """Why the size is not known, where it is not."""
        if self.unknown is not None:
            return self.unknown
        if len(self.maps) <= 1 or self.looks_back:
            return None
        return NEEDS_SIZE if units is None else TOO_IRREGULAR if self.size(units) is None else None


def _merged(
    some: tuple[IntervalMap, ...], others: tuple[IntervalMap, ...], is_causal: bool
) -> tuple[tuple[IntervalMap, ...], bool]:
    """Both sets of maps with those of one stride joined, and whether all centres agree; of causal paths
    whether their ends do.
    """
    maps = {seen.stride: seen for seen in some}
    agree = len(maps) == 1
    for seen in others:
        same = maps.get(seen.stride)
        if same is None:
            agree = False
            maps[seen.stride] = seen
        elif same != seen:
            is_aligned = not any(offset(same, seen)) or (is_causal and _end_together(same, seen))
            agree = agree and is_aligned
            maps[seen.stride] = same.joined(seen)
    return tuple(maps.values()), agree


def _end_together(one: IntervalMap, other: IntervalMap) -> bool:
    """Whether each unit sees up to the same position in both."""
    for unit in range(_bounded(lcm(len(one.spans), len(other.spans)))):
        here, there = one.at(unit), other.at(unit)
        if here is not None and there is not None and here[1] != there[1]:
            return False
    return True


def offset(one: IntervalMap, other: IntervalMap) -> tuple[Fraction, Fraction]:
    """How far the centres of ``other`` are after those of ``one``, least and most over the units, in input
    positions.

    Both maps have the same stride.
    """
    distances = []
    for unit in range(_bounded(lcm(len(one.spans), len(other.spans)))):
        here, there = one.at(unit), other.at(unit)
        if here is not None and there is not None:
            distances.append(Fraction(there[0] + there[1] - here[0] - here[1], 2))
    return (min(distances), max(distances)) if distances else (Fraction(0), Fraction(0))


def units_before(field: AxisField, target: AxisField) -> int | None:
    """How many units of ``field`` lie before the one that is centred where unit 0 of ``target`` is; ``None``
    where no unit is, or it is not known.

    Of units that are centred alternately to the left and to the right, as upsampling makes them, the middle
    counts.
    """
    if field.shifts != target.shifts or len(field.maps) != 1 or len(target.maps) != 1:
        return None
    one, other = field.maps[0], target.maps[0]
    if one.stride != other.stride or not one.stride:
        return None
    least, most = offset(one, other)
    units = (least + most) / 2 / one.stride
    if units.denominator > 1:
        return None
    least, most = offset(one.through(Taps(1, (Run(int(units), 1, 1),))), other)
    return int(units) if least == -most else None


LOCAL = AxisField((IntervalMap(1, ((0, 0),)),))
"""The field of an input: each unit sees itself."""


class FieldMemory:
    """Fields computed once for all places where the same field meets the same reads: along other axes, at
    other input sizes.

    A field is recognised by its identity, so it is kept as long as its entries are.
    """

    def __init__(self) -> None:
        self._through: dict[tuple[int, Reads, object], tuple[AxisField, AxisField]] = {}
        self._joined: dict[tuple[int, int, object, bool], tuple[AxisField, AxisField, AxisField]] = {}

    def through(self, field: AxisField, reads: Reads, place: object) -> AxisField:
        """As ``AxisField.through``."""
        if reads is IDENTITY_TAPS:
            return field
        key = (id(field), reads, place)
        known = self._through.get(key)
        if known is None:
            known = self._through[key] = (field, field.through(reads, place))
        return known[-1]

    def joined(self, one: AxisField, other: AxisField, place: object, is_causal: bool = False) -> AxisField:
        """As ``AxisField.joined``."""
        key = (id(one), id(other), place, is_causal)
        known = self._joined.get(key)
        if known is None:
            known = self._joined[key] = (one, other, one.joined(other, place, is_causal))
        return known[-1]


class JoinMemory(FieldMemory):
    """The same for one input alone, where nothing but the branches of joins can meet again."""

    def through(self, field: AxisField, reads: Reads, place: object) -> AxisField:
        """As ``AxisField.through``."""
        return field.through(reads, place)
