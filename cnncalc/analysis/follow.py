"""One input axis followed through a network: which units of each tensor are read, and what these see."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice

from cnncalc.analysis.report import LayerReport, Report
from cnncalc.analysis.ways import ALL, NONE, Ways
from cnncalc.geometry.arrangement import Along
from cnncalc.geometry.axis import IDENTITY_TAPS, NEEDS_SIZE, Past, Taps
from cnncalc.geometry.receptive_field import Interval
from cnncalc.geometry.shape import Shape, Size

MOST_UNITS = 3_000_000
"""Units that are followed along one axis."""
TOO_MANY = f"takes more than {MOST_UNITS:,} units to be followed"

Seen = dict[tuple[str, int], dict[int, Interval | None]]
"""By tensor and the ways followed from there, what each unit sees."""
Inside = Interval | str | None
"""First and last position; ``None`` where no local path reads any, a reason where it is not known."""
Spans = dict[str, tuple[Inside, ...]]
"""By layer what each of its units sees, in order."""
Reader = Callable[[int], Iterable[int]]
"""The units of an input that a unit of a layer reads."""


class AxisFollowed:
    """One input axis: which units of each tensor are read for the wanted units of the layers behind it, and
    what these see. Units are kept by the tensor and the ways from there to the input that are followed.
    """

    def __init__(
        self,
        report: Report,
        axis: int,
        wanted: Mapping[str, range],
        most: int = MOST_UNITS,
        ways: Ways | None = None,
        by_path: Mapping[str, int] | None = None,
    ) -> None:
        self.report = report
        self.axis = axis
        self.wanted = wanted
        """The units of each layer that are asked for."""
        self.most = most
        self.ways = ways or Ways()
        self.by_path = by_path or {}
        """By layer, the ways that are followed; all of them unless given."""
        self.has_ends = False
        """Whether some unit that is read sees nothing of the input, though others of its layer could."""
        self._known: Seen = {}
        self.sizes: dict[str, Size] = {}
        """Of each tensor that has this axis: how many units differ along it."""
        self.places: dict[str, Along] = {}
        self.unknown: dict[str, str] = {}
        for name, shape in report.inputs:
            if axis < shape.rank:
                self._enter(name, shape, axis)
        for layer in report.layers:
            if axis < len(layer.along):
                self._enter(layer.path, layer.shape, layer.along[axis])
                self._inherit(layer)

    def _enter(self, path: str, shape: Shape, along: Along) -> None:
        self.places[path] = along
        self.sizes[path] = 1 if along is None else shape.sizes[along]
        if self.sizes[path] is None:
            self.unknown[path] = NEEDS_SIZE

    def _inherit(self, layer: LayerReport) -> None:
        """What is not known of a layer's inputs is not known of it."""
        for path in self._sources(layer):
            if path in self.unknown:
                self.unknown.setdefault(layer.path, self.unknown[path])

    def _sources(self, layer: LayerReport) -> list[str]:
        """The inputs through which a layer sees a part of this axis."""
        if not layer.field.axes[self.axis].maps:
            return []
        return [path for path in layer.followed if path in self.places]

    def found(self) -> dict[str, Inside]:
        """By layer, what its wanted units read."""
        seen = self.seen()
        if seen is None:
            return dict.fromkeys((layer.path for layer in self.report.layers), TOO_MANY)
        answers: dict[str, Inside] = {}
        for layer in self.report.layers:
            path = layer.path
            if path not in self.places:
                answers[path] = NEEDS_SIZE
            elif path in self.unknown:
                answers[path] = self.unknown[path]
            else:
                read = seen.get((path, self.by_path.get(path, ALL)), {})
                answers[path] = _hull(
                    span for unit in self._wanted(layer) if (span := read.get(unit)) is not None
                )
        return answers

    def of_each(self) -> Spans:
        """What every unit of the layers sees of which all are wanted; nothing of those that are not known."""
        seen: Seen = self.seen() or {}
        found: Spans = {}
        for path in self.wanted:
            own = seen.get((path, self.by_path.get(path, ALL)))
            if own is not None and path not in self.unknown:
                found[path] = tuple([own.get(unit) for unit in range(self.sizes[path] or 0)])
        return found

    def seen(self) -> Seen | None:
        """What each unit that is wanted or read sees; ``None`` where they are too many."""
        needed = self._needed()
        if needed is None:
            return None
        for name, _ in self.report.inputs:
            for ways, units in needed.get(name, {}).items():
                self._known[name, ways] = {unit: (unit, unit) for unit in units}
        for layer in self.report.layers:
            path = layer.path
            if path in self.places and path not in self.unknown:
                for ways, units in needed.get(path, {}).items():
                    self._known[path, ways] = spans = self._through(layer, ways, units)
                    if self._sources(layer) and None in spans.values():
                        self.has_ends = True
        return self._known

    def open_ways(self, ways: Ways) -> dict[str, int]:
        """By layer, the ways by which its wanted units reach the input along this axis; after ``seen``."""
        return {path: ways.either(each.values()) for path, each in self.ways_of_each(ways).items()}

    def ways_of_each(self, ways: Ways) -> dict[str, dict[int, int]]:
        """The same of each of the wanted units."""
        reached: dict[str, dict[int, int]] = {}
        answers: dict[str, dict[int, int]] = {}
        for layer in self.report.layers:
            path = layer.path
            sources = self._sources(layer)
            units = self._known.get((path, ALL))
            if units is None or not sources:
                continue
            found: dict[int, int] = {}
            read_by = {source: self._reader(layer, source) for source in sources}
            for unit in units:
                inputs = []
                for source in layer.followed:
                    known = reached.get(source)
                    if source not in sources:
                        inputs.append(ALL)
                    elif known is None:
                        inputs.append(ALL if any(True for _ in read_by[source](unit)) else NONE)
                    else:
                        inputs.append(ways.either(known[one] for one in read_by[source](unit)))
                found[unit] = ways.through(tuple(inputs))
            reached[path] = found
            if wanted := self._wanted(layer):
                answers[path] = {unit: found[unit] for unit in wanted}
        return answers

    def _wanted(self, layer: LayerReport) -> range:
        """The units that are asked for, as far as they exist."""
        path = layer.path
        some, size = self.wanted.get(path, range(0)), self.sizes[path] or 0
        return (
            range(min(len(some), 1)) if self.places[path] is None else range(some.start, min(some.stop, size))
        )

    def _needed(self) -> dict[str, dict[int, set[int]]] | None:
        """The units of each tensor that are read, by the ways followed; ``None`` where they are too many."""
        needed: dict[str, dict[int, set[int]]] = {}
        followed = 0
        for layer in reversed(self.report.layers):
            path = layer.path
            size = self.sizes.get(path)
            if path in self.unknown or size is None:
                continue
            by_ways = needed.setdefault(path, {})
            by_ways.setdefault(self.by_path.get(path, ALL), set()).update(self._wanted(layer))
            for source, at in self._numbered_sources(layer):
                reader = self._reader(layer, source)
                for ways, units in by_ways.items():
                    inner = self.ways.of_input(ways, at, len(layer.followed))
                    if inner == NONE:
                        continue
                    into = needed.setdefault(source, {}).setdefault(inner, set())
                    followed += _add(into, units, reader, self.most - followed)
                    if followed > self.most:
                        return None
        return needed

    def _numbered_sources(self, layer: LayerReport) -> list[tuple[str, int]]:
        sources = self._sources(layer)
        return [(path, at) for at, path in enumerate(layer.followed) if path in sources]

    def _reader(self, layer: LayerReport, source: str) -> Reader:
        """The units of an input that a unit reads, without those beyond its map."""
        size, place = self.sizes[source] or 0, self.places[source]
        if layer.arrangement is not None:
            arrangement, along = layer.arrangement, self.places[layer.path]
            return lambda unit: arrangement.made_of(unit, place, along)
        if place is None:
            return lambda _: range(1)
        whole = layer.in_shape.sizes[place]
        taps = layer.rules[place].reads(whole)
        if isinstance(taps, Past):
            return lambda unit: range(min(unit + 1, size))
        if whole != size or not isinstance(taps, Taps):
            # A single unit that is spread over the map is no local path.
            return lambda _: range(0)
        if taps == IDENTITY_TAPS and (self.sizes[layer.path] or 0) <= size:
            return _same
        return _taken(taps, size)

    def _through(self, layer: LayerReport, ways: int, units: set[int]) -> dict[int, Interval | None]:
        inner = [
            (
                self._reader(layer, source),
                self._known.get((source, self.ways.of_input(ways, at, len(layer.followed))), {}),
            )
            for source, at in self._numbered_sources(layer)
        ]
        if len(inner) == 1 and inner[0][0] is _same:
            given = inner[0][1]
            return {unit: given.get(unit) for unit in units}
        return {
            unit: _hull(
                span for read, seen in inner for one in read(unit) if (span := seen.get(one)) is not None
            )
            for unit in units
        }


def _same(unit: int) -> tuple[int]:
    """Of a layer whose units each read the unit at their place."""
    return (unit,)


def _add(into: set[int], units: set[int], reader: Reader, most: int) -> int:
    """Add the units that are read, as long as they are no more than ``most``; how many these were, one more
    than that where they are more.
    """
    if reader is _same:
        into |= units
        return len(units)
    followed = 0
    for unit in units:
        read = tuple(islice(reader(unit), most - followed + 1))
        followed += len(read)
        if followed > most:
            break
        into.update(read)
    return followed


def _taken(taps: Taps, size: int) -> Reader:
    """The units of a map of some size that a unit reads by these taps."""
    runs, advance = taps.runs, taps.advance
    period = len(runs)

    def read(unit: int) -> range:
        turn, residue = divmod(unit, period)
        start, step, length = runs[residue]
        if not length:
            return range(0)
        start += turn * advance
        end = min(start + length * step, size)
        return range(start if start >= 0 else start % step, end, step)

    return read


def _hull(spans: Iterator[Interval]) -> Interval | None:
    first = last = None
    for span in spans:
        first = span[0] if first is None or span[0] < first else first
        last = span[1] if last is None or span[1] > last else last
    return None if first is None or last is None else (first, last)
