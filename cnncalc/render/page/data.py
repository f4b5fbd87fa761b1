"""What the page's script moves a unit by: the exact, periodic maps of every layer, as plain data."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from cnncalc.analysis.follow import Inside
from cnncalc.analysis.inside import Reads, inside_of_each
from cnncalc.analysis.report import LayerReport, Report
from cnncalc.analysis.ways import ALL
from cnncalc.geometry.axis import NEEDS_SIZE
from cnncalc.geometry.receptive_field import AxisField, Interval, IntervalMap
from cnncalc.geometry.shape import Size
from cnncalc.render.pictures.common import AXES, input_sizes

MOST_FOLLOWED = 300_000
"""Units that are followed along an axis to find what they really read."""
MOST_LIMITS = 4_000
"""Units whose reads are embedded one by one, because limits of the whole layer do not describe them."""
MOST_SPANS = 4_000
"""Spans of one map that are embedded."""
LARGEST = 2**53
"""Numbers beyond this are not exact in a browser."""

Plain = Any
"""What JSON holds."""


class Pool:
    """Values that are embedded once, however many layers have them."""

    def __init__(self) -> None:
        self.values: list[Plain] = []
        self._places: dict[Hashable, int] = {}

    def place(self, value: Plain) -> int:
        key = repr(value)
        if key not in self._places:
            self._places[key] = len(self.values)
            self.values.append(value)
        return self._places[key]


def model(report: Report, layers: Sequence[LayerReport]) -> dict[str, Plain]:
    """A network: its input's sizes, and of each layer shown what its units see of them."""
    sizes = input_sizes(report)
    rank = max((len(layer.field.axes) for layer in layers), default=0)
    maps, fields, limits, axes = Pool(), Pool(), Pool(), Pool()
    read = inside_of_each(report, MOST_FOLLOWED)
    rows = []
    for layer in layers:
        places = []
        for at, (field, units) in enumerate(zip(layer.field.axes, layer.field.units, strict=True)):
            axis = _field(field, units, sizes[at], maps)
            reads = read[at].get(layer.path)
            found = _limits(field, None if reads is None else reads.spans, sizes[at])
            places.append(
                axes.place(
                    [
                        fields.place(axis),
                        units,
                        limits.place(found),
                        *_narrowed(field, reads, sizes[at], limits),
                    ]
                )
            )
        if rank % 2:  # one axis more, of a single unit, so that every drawing has two
            blank = {"m": [maps.place([0, [[0, 0]]])]}
            places.append(axes.place([fields.place(blank), 1, limits.place([0, 0, []])]))
        rows.append({"a": places, "n": layer.line})
    return {
        "size": [*sizes, 1] if rank % 2 else list(sizes),
        "axes": list(AXES.get(rank, [f"axis {at}" for at in range(rank)])),
        "reason": _reason(sizes, rank) if layers else "No layer could be computed.",
        "maps": maps.values,
        "fields": fields.values,
        "limits": limits.values,
        "along": axes.values,
        "layers": rows,
    }


def _reason(sizes: tuple[Size, ...], rank: int) -> str | None:
    """Why the input cannot be drawn, where it cannot."""
    if not sizes or not rank:
        return "The input has no spatial axes, so that no unit has a region of it."
    return f"The input's size is not known: it {NEEDS_SIZE}." if None in sizes else None


def _field(field: AxisField, units: Size, size: Size, maps: Pool) -> dict[str, Plain]:
    """What units see along an axis: the places of its maps, and words that are said instead of positions."""
    reason = field.unknown or field.unknown_start or _unheld(field, units)
    if reason:
        return {"m": [], "w": f"unknown: it {reason}"}
    if field.is_global and not field.maps:
        return {"m": [] if size is None else [maps.place([0, [[0, size - 1]]])], "w": "all"}
    found: dict[str, Plain] = {"m": [maps.place(_map(seen, units)) for seen in field.maps]}
    if field.is_global:
        found["g"] = 1
    if field.looks_back:
        found["b"] = 1
    return found


def _unheld(field: AxisField, units: Size) -> str | None:
    """Why a page cannot hold the maps of an axis, where it cannot."""
    for seen in field.maps:
        last = (units or 1) // len(seen.spans) * seen.advance
        if max((abs(place) for span in seen.spans if span for place in span), default=0) + last > LARGEST:
            return "is at positions larger than a browser's numbers"
        if min(len(seen.spans), units or len(seen.spans)) > MOST_SPANS:
            return f"repeats only after {len(seen.spans):,} units, too many for a page"
    return None


def _map(seen: IntervalMap, units: Size) -> list[Plain]:
    """The advance, then the spans of a period or of the units that there are."""
    return [seen.advance, [_plain(span) for span in seen.spans[:units]]]


def _plain(span: Interval | None) -> list[int] | int:
    return 0 if span is None else list(span)


def _limits(field: AxisField, read: Sequence[Inside] | None, size: Size) -> list[Plain]:
    """What the units of a layer really read: the first and last position that any does, to which its region
    is clipped, and the units for which that is not all; without these where only the input's ends are known.
    """
    ends: list[Plain] = [0, (size or 1) - 1]
    if not field.maps:
        return [*ends, []]
    if read is None or size is None:
        return ends
    spans = [span for span in read if not isinstance(span, str) and span is not None]
    first, last = (min(one for one, _ in spans), max(one for _, one in spans)) if spans else (0, -1)
    others: list[Plain] = []
    for unit, span in enumerate(read):
        seen = field.at(unit)
        clipped = None if seen is None else _clipped(seen, first, last)
        if not isinstance(span, str) and span != clipped:
            others.append([unit, *(span or ())])
    return [first, last, others] if len(others) <= MOST_LIMITS else ends


def _narrowed(field: AxisField, reads: Reads | None, size: Size, limits: Pool) -> list[Plain]:
    """The units that have not all ways to the input, with a number for those that they have; and the limits
    of units by these numbers along the other axes.
    """
    if reads is None or not (reads.narrowed or any(ways != ALL for ways in reads.ways)):
        return []
    by_ways = {
        ",".join(map(str, others)): limits.place(_limits(field, some, size))
        for others, some in reads.narrowed.items()
    }
    return [[[unit, ways] for unit, ways in enumerate(reads.ways) if ways != ALL], by_ways]


def _clipped(span: Interval, first: int, last: int) -> Interval | None:
    clipped = (max(span[0], first), min(span[1], last))
    return clipped if clipped[0] <= clipped[1] else None


def inert_json(value: Plain) -> str:
    """JSON that can be put into a page: no text in it can end the element that holds it."""
    import json

    text = json.dumps(value, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
