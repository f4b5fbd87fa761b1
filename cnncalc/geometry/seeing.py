"""Receptive fields the other way round: which units see a position of the input."""

from __future__ import annotations

from cnncalc.geometry.axis import NEEDS_SIZE, TOO_IRREGULAR
from cnncalc.geometry.receptive_field import AxisField, Interval, IntervalMap
from cnncalc.geometry.shape import Size

MOST_TRIED = 1_000_000
"""Units that are tried one by one, where paths of different strides are joined."""

Units = Interval | str | None
"""First and last unit; ``None`` where no unit does, a reason where it is not known."""


def units_seeing(field: AxisField, position: int, units: Size) -> Units:
    """The units of a map of so many whose local paths see a position, the first and the last of them."""
    if field.unknown is not None or field.unknown_start is not None:
        return field.unknown or field.unknown_start
    if not field.maps:
        return None
    if len(field.maps) > 1:
        return _tried(field, position, units)
    (seen,) = field.maps
    if not field.looks_back:
        return _of_one(seen, position, units)
    # A unit that sees also all before sees the position unless it ends before that.
    later = [_first_ending_at(seen, residue, position) for residue in range(len(seen.spans))]
    first = min((unit for unit in later if unit is not None), default=None)
    if units is None:
        return NEEDS_SIZE
    return None if first is None or first >= units else (first, units - 1)


def _of_one(seen: IntervalMap, position: int, units: Size) -> Interval | None:
    period, advance = len(seen.spans), seen.advance
    found = []
    for residue, span in enumerate(seen.spans):
        if span is None or (units is not None and residue >= units):
            continue
        if not advance:
            if span[0] <= position <= span[1]:
                last = residue if units is None else residue + (units - 1 - residue) // period * period
                found += [residue, last]
            continue
        least = max(0, -(-(position - span[1]) // advance))
        most = (position - span[0]) // advance
        if units is not None:
            most = min(most, (units - 1 - residue) // period)
        if least <= most:
            found += [least * period + residue, most * period + residue]
    return (min(found), max(found)) if found else None


def _first_ending_at(seen: IntervalMap, residue: int, position: int) -> int | None:
    """The first unit of a phase that sees the position or something behind it."""
    span, period = seen.spans[residue], len(seen.spans)
    if span is None or (not seen.advance and span[1] < position):
        return None
    turns = max(0, -(-(position - span[1]) // seen.advance)) if seen.advance else 0
    return turns * period + residue


def _tried(field: AxisField, position: int, units: Size) -> Units:
    if units is None or units > MOST_TRIED:
        return NEEDS_SIZE if units is None else TOO_IRREGULAR
    found = [
        unit
        for unit in range(units)
        if (span := field.at(unit)) is not None and span[0] <= position <= span[1]
    ]
    return (found[0], found[-1]) if found else None
