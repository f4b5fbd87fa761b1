"""What one unit of each layer really reads of the input: every layer's reads clipped to its own map."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from itertools import product
from typing import NamedTuple

from cnncalc.analysis.follow import MOST_UNITS, TOO_MANY, AxisFollowed, Inside, Spans
from cnncalc.analysis.report import Report
from cnncalc.analysis.ways import ALL, NONE, Ways
from cnncalc.geometry.receptive_field import Interval
from cnncalc.geometry.seeing import Units, units_seeing


def inside(report: Report, unit: tuple[int, ...]) -> dict[str, tuple[Inside, ...]]:
    """The hull of the input positions that this unit of each layer reads along each axis, by path. Positions
    that rounding dropped or a crop cut away are read by nobody, and padding anywhere ends a path.
    """
    wanted = [{layer.path: range(at, at + 1) for layer in report.layers} for at in unit]
    along = _together(report, wanted)
    return {
        layer.path: tuple([found[layer.path] for found in along[: len(layer.field.axes)]])
        for layer in report.layers
    }


def inside_of(report: Report, path: str, units: tuple[range, ...]) -> tuple[Inside, ...]:
    """The same of several units of one layer together, a range of them along each axis."""
    return tuple([found[path] for found in _together(report, [{path: some} for some in units])])


class Reads(NamedTuple):
    """What each unit of a layer really reads along one axis."""

    spans: tuple[Inside, ...]
    """By unit, whatever it is along the other axes, unless some are of other ways there."""
    ways: tuple[int, ...]
    """By unit, a number for the ways to the input that it has along this axis: of ``ALL`` where those that it
    has not would add nothing along the others.
    """
    narrowed: dict[tuple[int, ...], tuple[Inside, ...]]
    """What units read where their ways along the other axes, in order, are these, as far as it is less."""


MOST_SETS = 64
"""Sets of ways of one layer that are followed along an axis."""
TOO_MANY_WAYS = f"takes more than {MOST_SETS} sets of paths to be followed"


def inside_of_each(report: Report, most: int) -> list[dict[str, Reads]]:
    """Along each axis what every unit of each layer reads; nothing of layers for which it is not known, and
    of all where more than ``most`` units are to be followed.
    """
    wanted = {layer.path: range(MOST_UNITS) for layer in report.layers}
    rank = report.inputs[0][1].rank if report.inputs else 0
    axes: list[AxisFollowed] = []
    for at in range(rank):
        same = next((axes[one] for one in range(at) if _are_alike(report, one, at)), None)
        axes.append(same or AxisFollowed(report, at, wanted, most))
    return _reads(report, axes)


def _reads(report: Report, axes: Sequence[AxisFollowed]) -> list[dict[str, Reads]]:
    """Along each axis what the wanted units read, of the layers for which it is known."""
    by_axis = {axis: axis.of_each() for axis in dict.fromkeys(axes)}
    spans = [by_axis[axis] for axis in axes]
    if len(axes) < 2 or not any(axis.has_ends for axis in axes):
        return [
            {path: Reads(some, (ALL,) * len(some), {}) for path, some in along.items()} for along in spans
        ]
    return _Narrowing(report, axes, spans).reads()


def _are_alike(report: Report, one: int, other: int) -> bool:
    """Whether units read the same along both axes."""
    sizes = report.inputs[0][1].sizes
    return sizes[one] == sizes[other] and all(
        layer.arrangement is None
        and layer.along[one : one + 1] == (one,)
        and layer.along[other : other + 1] == (other,)
        and layer.rules[one] == layer.rules[other]
        for layer in report.layers
        if layer.in_shape.rank
    )


class _Narrowing:
    """What units read along one axis where they have not all ways to the input along the others."""

    def __init__(self, report: Report, axes: Sequence[AxisFollowed], spans: Sequence[Spans]) -> None:
        self.report = report
        self.ways = Ways()
        by_axis = {axis: axis.ways_of_each(self.ways) for axis in dict.fromkeys(axes) if axis.has_ends}
        self.by_unit = [by_axis.get(axis, {}) for axis in axes]
        self.spans = spans
        self.known: list[dict[tuple[str, int], tuple[Inside, ...]]] = [{} for _ in axes]
        """By axis what is read by each set of ways."""
        self.unknown: set[str] = set()
        for at, axis in enumerate(axes):
            self._follow(at, axis)

    def reads(self) -> list[dict[str, Reads]]:
        return [
            {path: self._reads(at, path) for path in along if path not in self.unknown}
            for at, along in enumerate(self.spans)
        ]

    def _follow(self, at: int, axis: AxisFollowed) -> None:
        pending: dict[str, list[int]] = {}
        for path in self.spans[at]:
            sets = sorted({self._both(others) for others in self._combinations(at, path)} - {NONE, ALL})
            if len(sets) > MOST_SETS:
                self.unknown.add(path)
            elif sets:
                pending[path] = sets
        while pending:
            by_path = {path: sets.pop() for path, sets in pending.items()}
            wanted = {path: axis.wanted[path] for path in by_path}
            found = AxisFollowed(self.report, at, wanted, axis.most, self.ways, by_path).of_each()
            self.unknown.update(by_path.keys() - found.keys())
            self.known[at].update({(path, by_path[path]): some for path, some in found.items()})
            pending = {path: sets for path, sets in pending.items() if sets}

    def _combinations(self, at: int, path: str) -> Iterator[tuple[int, ...]]:
        """The sets of ways that units can have along the other axes, in order."""
        others = [each.get(path, {}) for axis, each in enumerate(self.by_unit) if axis != at]
        return product(*[sorted({ALL, *each.values()}) for each in others])

    def _both(self, others: tuple[int, ...]) -> int:
        return reduce(self.ways.both, others, ALL)

    def _by(self, at: int, path: str, others: tuple[int, ...]) -> tuple[Inside, ...]:
        """What units read along an axis by these ways along the others."""
        ways = self._both(others)
        if ways == NONE:
            return (None,) * len(self.spans[at][path])
        return self.spans[at][path] if ways == ALL else self.known[at][path, ways]

    def _reads(self, at: int, path: str) -> Reads:
        spans, of_unit = self.spans[at][path], self.by_unit[at].get(path, {})
        telling = {ways for ways in {*of_unit.values()} - {ALL} if self._tells(at, path, ways)}
        ways = [of_unit.get(unit, ALL) for unit in range(len(spans))]
        narrowed = {others: self._by(at, path, others) for others in self._combinations(at, path)}
        return Reads(
            spans,
            tuple([one if one in telling else ALL for one in ways]),
            {others: some for others, some in narrowed.items() if some != spans},
        )

    def _tells(self, at: int, path: str, ways: int) -> bool:
        """Whether a set of ways along this axis changes what is read along another."""
        for other in range(len(self.spans)):
            if other == at or path not in self.spans[other]:
                continue
            place = at - (other < at)
            for others in self._combinations(other, path):
                if others[place] == ways:
                    usual = (*others[:place], ALL, *others[place + 1 :])
                    if self._by(other, path, others) != self._by(other, path, usual):
                        return True
        return False


def units_reading(report: Report, position: tuple[int, ...]) -> dict[str, tuple[Units, ...]]:
    """By path, along each axis the first and the last of the units that see a position: along all axes the
    hull of what they really read contains it.
    """
    local = [
        {
            layer.path: units_seeing(layer.field.axes[axis], at, layer.field.units[axis])
            for layer in report.layers
            if axis < len(layer.field.axes)
        }
        for axis, at in enumerate(position)
    ]
    # No others read it; of these some lie at a border, where a part of their receptive fields is not read.
    wanted = [
        {path: range(one[0], one[1] + 1) for path, one in some.items() if isinstance(one, tuple)}
        for some in local
    ]
    axes = [AxisFollowed(report, axis, some) for axis, some in enumerate(wanted)]
    reads = _reads(report, axes)
    found: dict[str, tuple[Units, ...]] = {}
    for layer in report.layers:
        path, fields = layer.path, layer.field.axes
        units = [some[path] for some in local[: len(fields)]]
        is_seen = all(units[axis] is not None for axis, field in enumerate(fields) if field.maps)
        along = {axis: some[path] for axis, some in enumerate(reads) if path in some}
        boxes = list(_boxes(along, position)) if is_seen else []
        for axis in range(len(fields)):
            if axis in along or (path in wanted[axis] and not is_seen):
                some = [box[axis] for box in boxes]
                units[axis] = (min(one[0] for one in some), max(one[1] for one in some)) if some else None
            elif path in wanted[axis] and path not in axes[axis].unknown:
                units[axis] = TOO_MANY_WAYS if reads[axis] else TOO_MANY
        found[path] = tuple(units)
    return found


def _boxes(along: Mapping[int, Reads], position: Sequence[int]) -> Iterator[dict[int, Interval]]:
    """The first and the last unit along each of some axes that read a position, of those whose ways are the
    same; along the other axes all ways count.
    """
    choices = [sorted({*along[at].ways}) if at in along else (ALL,) for at in range(len(position))]
    for chosen in product(*choices):
        box: dict[int, Interval] = {}
        for at, reads in along.items():
            spans = reads.narrowed.get((*chosen[:at], *chosen[at + 1 :]), reads.spans)
            seeing = [
                unit
                for unit, (ways, span) in enumerate(zip(reads.ways, spans, strict=True))
                if ways == chosen[at] and isinstance(span, tuple) and span[0] <= position[at] <= span[1]
            ]
            if seeing:
                box[at] = (seeing[0], seeing[-1])
        if len(box) == len(along):
            yield box


def _together(report: Report, wanted: Sequence[Mapping[str, range]]) -> list[dict[str, Inside]]:
    """What units read along each axis. A way to the input that along one axis ends in padding leads nowhere
    along the others either: where there are such ways, these are followed again without them.
    """
    axes = [AxisFollowed(report, axis, some) for axis, some in enumerate(wanted)]
    found = [one.found() for one in axes]
    if len(axes) == 1 or not any(one.has_ends for one in axes):
        return found
    ways = Ways()
    open_ways = [one.open_ways(ways) if one.has_ends else {} for one in axes]
    for at, axis in enumerate(axes):
        others = [one for place, one in enumerate(open_ways) if place != at]
        by_path: dict[str, int] = {}
        for path in axis.wanted:
            for other in others:
                by_path[path] = ways.both(by_path.get(path, ALL), other.get(path, ALL))
        if any(number != ALL for number in by_path.values()):
            found[at] = AxisFollowed(report, at, axis.wanted, ways=ways, by_path=by_path).found()
    return found
