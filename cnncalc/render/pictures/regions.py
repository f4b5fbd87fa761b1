"""Which part of the input a unit sees, with its neighbour, and such parts along an axis as strips."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from cnncalc.analysis.report import LayerReport
from cnncalc.errors import InputError
from cnncalc.geometry.receptive_field import Interval
from cnncalc.geometry.shape import Size
from cnncalc.render.pictures.svg import (
    DASHES,
    GRID,
    LINE,
    SERIES,
    Element,
    hatched,
    label,
    line,
    path,
    rect,
    strokes,
    text,
    width_of,
)
from cnncalc.support.numbers import by
from cnncalc.support.words import shown


class Region(NamedTuple):
    """The input intervals of one unit of a layer, and of the next one, both ends included."""

    layer: LayerReport
    unit: tuple[int, ...]
    spans: tuple[Interval, ...]
    next: tuple[Interval | None, ...]
    """Along each axis what the unit after this one, or else the one before it, sees."""
    whole: tuple[bool, ...]
    """Whether the layer sees all of an axis, so that the interval is the input's."""


def middle(layer: LayerReport) -> tuple[int, ...]:
    """The unit in the middle of a map; 0 along axes of an unknown size."""
    return tuple(0 if units is None else units // 2 for units in layer.field.units)


def region(layer: LayerReport, at: tuple[int, ...] | None, sizes: Sequence[Size]) -> Region | None:
    """What one unit sees; ``None`` where it is not known.

    Raises:
        InputError: where the layer has no such unit.
    """
    field = layer.field
    unit = _unit(layer, at)
    spans: list[Interval] = []
    beside: list[Interval | None] = []
    for axis, units, place, size in zip(field.axes, field.units, unit, sizes, strict=True):
        span = axis.at(place)
        if span is None and axis.is_global and axis.unknown is None and size is not None:
            spans.append((0, size - 1))
            beside.append(None)
            continue
        if span is None:
            return None
        spans.append(span)
        has_next = units is None or place + 1 < units
        beside.append(axis.at(place + 1) if has_next else axis.at(place - 1) if place else None)
    return Region(layer, unit, tuple(spans), tuple(beside), field.sees_all)


def has_unit(layer: LayerReport, at: tuple[int, ...]) -> bool:
    """Whether a layer's map has a unit."""
    return len(at) == len(layer.field.units) and all(
        units is None or place < units for place, units in zip(at, layer.field.units, strict=True)
    )


def _unit(layer: LayerReport, at: tuple[int, ...] | None) -> tuple[int, ...]:
    if at is None:
        return middle(layer)
    if not has_unit(layer, at):
        place = ",".join(map(str, at))
        raise InputError(f"{shown(layer.path)} has no unit {place}: its map is {by(layer.field.units)}")
    return at


class Strip(NamedTuple):
    """A part of an axis with what is said of it."""

    words: str
    span: Interval
    series: int
    next: Interval | None = None
    path: str = ""
    note: str = ""
    """What is said at its right."""


NAMES = 200
"""Room for the words of strips."""
ROW = 22


def strips(
    name: str, size: Size, some: Sequence[Strip], width: int, is_close: bool = False
) -> tuple[list[Element], float]:
    """An axis of the input with parts of it below each other, and how high this is; where ``is_close`` no
    more of the axis than these parts.

    What is beyond the input is padding, which is hatched; a tick is the centre.
    """
    ends = [span for one in some for span in (one.span, one.next) if span]
    whole = [] if is_close and ends else [(0, 0 if size is None else size - 1)]
    first = min(span[0] for span in (*whole, *ends))
    last = max(span[1] for span in (*whole, *ends))
    scale = (width - NAMES) / (last + 1 - first)

    def x(position: float) -> float:
        return NAMES + (position - first) * scale

    said = f"{name}, input unknown" if size is None else f"{name}, input {size:,}"
    elements = [label(0, 13, said, NAMES - GRID, "soft")]
    if size is not None:
        start, end = max(first, 0), min(last, size - 1)
        if start <= end:
            elements.append(rect(x(start), 2, (end + 1 - start) * scale, 14, "frame", data_input=size))
        if scale >= 6 and start < end:
            cells = [[(x(one), 2), (x(one), 16)] for one in range(start + 1, end + 1)]
            elements.append(strokes(cells, "rule"))
    elements += _ends(x, first, last, size)
    y = float(ROW + LINE)
    for one in some:
        elements += _strip(one, x, y, size, scale)
        if one.note:
            elements.append(text(width + GRID, y + 11, one.note, "soft"))
        y += ROW if one.next is None else ROW + GRID
    return elements, y


def _ends(x: Callable[[float], float], first: int, last: int, size: Size) -> Iterator[Element]:
    """The numbers of the first and the last position, and of the input's ends where there is room."""
    placed: list[tuple[float, str]] = []
    wanted = [first, last] + ([] if size is None else [0, size - 1])
    for position in dict.fromkeys(one for one in wanted if first <= one <= last):
        words = str(position)
        centre, half = x(position + 0.5), width_of(words, 10) / 2 + 2
        if all(abs(centre - other) > half + width_of(said, 10) / 2 + 2 for other, said in placed):
            placed.append((centre, words))
            yield text(centre, ROW + 6, words, "soft small middle")


def _strip(one: Strip, x: Callable[[float], float], y: float, size: Size, scale: float) -> Iterator[Element]:
    colour, (start, end) = SERIES[one.series % len(SERIES)], one.span
    yield label(0, y + 11, one.words, NAMES - GRID)
    if size is not None:
        for from_, to in ((start, min(end, -1)), (max(start, size), end)):
            if to >= from_:
                yield hatched(x(from_), y, (to + 1 - from_) * scale, 12, f"hatch-{colour}")
    yield rect(
        x(start),
        y,
        (end + 1 - start) * scale,
        12,
        f"over-{colour}",
        f"{one.words}: {start} to {end}",
        data_layer=one.path,
        data_first=start,
        data_last=end,
    )
    centre = x((start + end + 1) / 2)
    yield line(centre, y - 2, centre, y + 14, f"line-{colour}")
    if one.next is not None:
        first, last = one.next
        yield rect(
            x(first),
            y + 12 + 3,
            (last + 1 - first) * scale,
            6,
            f"dash-{colour}",
            f"the unit beside it: {first} to {last}",
        )


def swatch(series: int, y: float) -> Element:
    """The line of a series, for a legend."""
    colour = SERIES[series % len(SERIES)]
    dash = {"stroke_dasharray": DASHES[series]} if DASHES[series] else {}
    return path([(0, y), (24, y)], f"line-{colour}", **dash)
