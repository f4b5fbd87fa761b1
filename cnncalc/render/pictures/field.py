"""The region of the input that a unit sees: its centre, what of it is padding, and the unit beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import log
from typing import NamedTuple

from cnncalc.analysis.report import LayerReport, Report
from cnncalc.errors import InputError
from cnncalc.geometry.receptive_field import Interval
from cnncalc.questions.answers import layer_of, other_axes
from cnncalc.render.pictures import Drawing
from cnncalc.render.pictures.common import (
    AXES,
    Said,
    absent,
    failed,
    input_sizes,
    nothing,
    side_by_side,
    title,
    titled,
)
from cnncalc.render.pictures.growth import main_path
from cnncalc.render.pictures.regions import NAMES, Region, Strip, has_unit, region, strips, swatch
from cnncalc.render.pictures.svg import (
    DASHES,
    GRID,
    LINE,
    SERIES,
    Element,
    Number,
    Panel,
    group,
    hatched,
    label,
    photo,
    rect,
    strokes,
    text,
    width_of,
)
from cnncalc.support.numbers import by

SIDE = 400
"""The longer side of the input with what is seen of its padding, in pixels."""
LEGEND = 296
MOST = len(SERIES)
"""Layers in one panel."""


class Ground(NamedTuple):
    """Where positions of the input are in a panel: its first row and column, and pixels for each of them."""

    top: int
    left: int
    scale: float

    def placed(self, seen: Sequence[Interval]) -> tuple[float, float, float, float]:
        """Left, top, width and height of rows and columns."""
        (top, bottom), (left, right) = seen
        return (
            (left - self.left) * self.scale,
            (top - self.top) * self.scale,
            (right + 1 - left) * self.scale,
            (bottom + 1 - top) * self.scale,
        )

    def rect(self, seen: Sequence[Interval], kind: str, title: str = "", **data: Number | str) -> Element:
        """The same as a rectangle."""
        x, y, width, height = self.placed(seen)
        return rect(x, y, width, height, kind, title, **data)


def draw(drawing: Drawing) -> str:
    """The input of each network with the regions of units in it."""
    if len(drawing.layers) > MOST:
        raise InputError(f"{len(drawing.layers)} layers are named, and at most {MOST} can be drawn")
    return side_by_side("Regions of the input", drawing.reports, lambda report: [_drawn(report, drawing)])


def _drawn(report: Report, drawing: Drawing) -> Said:
    regions = _regions(report, drawing)
    return _panel(report, regions, drawing.behind), " ".join(f"{' '.join(_said(one))}." for one in regions)


def _regions(report: Report, drawing: Drawing) -> list[Region]:
    """Those of the layers asked for, else of some layers on the main path."""
    sizes = input_sizes(report)
    if drawing.at is not None and len(drawing.at) != len(sizes):
        raise InputError(other_axes(report.name, len(sizes), drawing.at))
    if drawing.layers:
        named = [layer_of(report, path) for path in drawing.layers]
        return [_known(report, layer, drawing.at, sizes) for layer in named]
    found = [
        one
        for layer in _candidates(report)
        if drawing.at is None or has_unit(layer, drawing.at)
        if (one := region(layer, drawing.at, sizes)) is not None
    ]
    if not found:
        at = "" if drawing.at is None else f" of unit {','.join(map(str, drawing.at))}"
        raise absent(report, f"no layer is known to see a part of the input{at}")
    return _some(found)


def _known(
    report: Report, layer: LayerReport, at: tuple[int, ...] | None, sizes: Sequence[int | None]
) -> Region:
    found = region(layer, at, sizes) if len(layer.field.axes) == len(sizes) else None
    if found is None:
        reason = layer.field.reason or "it sees all of an input of unknown size"
        raise nothing(report, f"what `{layer.path}` sees is not known: {reason}")
    return found


def _candidates(report: Report) -> list[LayerReport]:
    """The layers on the main path that see a part of the input, but for those that change nothing."""
    main = set(main_path(report))
    rank = len(input_sizes(report))
    local = [
        layer
        for layer in report.layers
        if layer.path in main
        and len(layer.field.axes) == rank
        and any(axis.maps for axis in layer.field.axes)
    ]
    return [
        layer for at, layer in enumerate(local) if at == 0 or layer.field.axes != local[at - 1].field.axes
    ]


def _some(found: list[Region]) -> list[Region]:
    """The last one, and those whose sizes are nearest to its thirds on a logarithmic scale."""
    extents = [max(last - first + 1 for first, last in one.spans) for one in found]
    wanted = [extents[-1] ** (part / 3) for part in (1, 2)]
    near = {min(range(len(found)), key=lambda at: abs(log(extents[at] / size))) for size in wanted}
    return [found[at] for at in sorted({*near, len(found) - 1})]


def _panel(report: Report, regions: list[Region], behind: str) -> Panel:
    sizes = input_sizes(report)
    inside = (
        _frame(sizes, regions, behind) if len(sizes) == 2 and None not in sizes else _strips(report, regions)
    )
    note = "dashed: the unit beside it; hatched: padding"
    return titled(title(report), inside, (*failed(report), note))


def _strips(report: Report, regions: list[Region]) -> Panel:
    """Each axis of the input as a strip."""
    sizes = input_sizes(report)
    names = AXES.get(len(sizes), ("",) * len(sizes))
    elements: list[Element] = []
    y = 0.0
    for axis, (name, size) in enumerate(zip(names, sizes, strict=True)):
        rows = [
            Strip(f"{one.layer.path} {one.unit[axis]}", one.spans[axis], at, one.next[axis], one.layer.path)
            for at, one in enumerate(regions)
        ]
        some, height = strips(name, size, rows, NAMES + SIDE + 80)
        elements.append(group(*some, y=y))
        y += height + GRID
    legend = _legend(regions, NAMES + SIDE + 80)
    below = group(*legend.elements, y=y + GRID)
    return Panel(legend.width, y + GRID + legend.height, (*elements, below))


def _frame(sizes: Sequence[int | None], regions: list[Region], behind: str) -> Panel:
    """The input as a frame, and regions as rectangles in it and beyond it."""
    spans: list[tuple[Interval, ...]] = [one.spans for one in regions]
    spans += [tuple(beside) for one in regions if len(beside := _beside(one)) == 2]
    lows = [min(0, *(span[axis][0] for span in spans)) for axis in (0, 1)]
    highs = [max(sizes[axis] or 1, *(span[axis][1] + 1 for span in spans)) for axis in (0, 1)]
    scale = SIDE / max(high - low for low, high in zip(lows, highs, strict=True))
    ground = Ground(lows[0], lows[1], scale)

    whole: tuple[Interval, ...] = tuple((0, (size or 1) - 1) for size in sizes)
    wide, high = ((highs[axis] - lows[axis]) * scale for axis in (1, 0))
    elements: list[Element] = [ground.rect(whole, "frame", data_input=by(sizes))]
    if behind:
        elements.append(photo(*ground.placed(whole), behind))
    for at, one in sorted(enumerate(regions), key=lambda pair: -pair[0]):
        elements += _rectangle(at, one, ground, whole)
    legend = _legend(regions, LEGEND)
    elements.append(group(*legend.elements, x=wide + 3 * GRID))
    return Panel(wide + 3 * GRID + legend.width, max(high, legend.height), tuple(elements))


def _beside(one: Region) -> tuple[Interval, ...]:
    """The unit beside this one along the last axis that has another one."""
    for axis in reversed(range(len(one.spans))):
        span = one.next[axis]
        if span is not None:
            return (*one.spans[:axis], span, *one.spans[axis + 1 :])
    return ()


def _rectangle(at: int, one: Region, ground: Ground, whole: tuple[Interval, ...]) -> Iterator[Element]:
    colour = SERIES[at]
    for part in _outside(one.spans, whole):
        yield hatched(*ground.placed(part), f"hatch-{colour}")
    if beside := _beside(one):
        yield ground.rect(beside, f"dash-{colour}", "the unit beside it")
    dash: dict[str, str] = {"stroke_dasharray": DASHES[at]} if DASHES[at] else {}
    yield ground.rect(
        one.spans,
        f"line-{colour}",
        " ".join(_said(one)),
        data_layer=one.layer.path,
        data_unit=",".join(map(str, one.unit)),
        data_region=" ".join(f"{first}..{last}" for first, last in one.spans),
        **dash,
    )
    x, y, width, height = ground.placed(one.spans)
    cx, cy = x + width / 2, y + height / 2
    arm = min(5, width / 3, height / 3)
    yield strokes([[(cx - arm, cy), (cx + arm, cy)], [(cx, cy - arm), (cx, cy + arm)]], f"line-{colour}")


def _outside(spans: Sequence[Interval], whole: Sequence[Interval]) -> Iterator[tuple[Interval, Interval]]:
    """The parts of a region that are padding: above and below, and left and right of what is between."""
    (top, bottom), (left, right) = spans
    (first, last), (start, end) = whole
    if top < first:
        yield (top, min(bottom, first - 1)), (left, right)
    if bottom > last:
        yield (max(top, last + 1), bottom), (left, right)
    inner = (max(top, first), min(bottom, last))
    if inner[0] <= inner[1]:
        if left < start:
            yield inner, (left, min(right, start - 1))
        if right > end:
            yield inner, (max(left, end + 1), right)


def _said(one: Region) -> list[str]:
    """A region in words."""
    names = {1: ("positions",), 2: ("rows", "columns"), 3: ("depths", "rows", "columns")}[len(one.spans)]
    seen = [
        f"all {name}" if whole else f"{name} {first} to {last}"
        for name, whole, (first, last) in zip(names, one.whole, one.spans, strict=True)
    ]
    unit = ",".join(map(str, one.unit))
    size = by(last - first + 1 for first, last in one.spans)
    stride = one.layer.field.stride
    paces = "" if None in stride else f", stride {stride[0] if len({*stride}) == 1 else by(stride)}"
    if paces and not all(axis.uniform for axis in one.layer.field.axes):
        paces += " on average"
    return [
        one.layer.path,
        f"unit {unit} of {by(one.layer.field.units)}",
        f"sees {', '.join(seen)}",
        f"{size}{paces}",
    ]


def _legend(regions: list[Region], width: float) -> Panel:
    """What is drawn, in words beside each other's line; as wide as numbers are long, which are never cut."""
    said = [_said(one) for one in regions]
    room = max([width - 32, *(width_of(words) for _, *others in said for words in others)])
    found = []
    for at, (path, unit, seen, size) in enumerate(said):
        numbers = ((unit, ""), (size, ""), (seen, "soft"))
        lines = [
            label(32, 13, path, room, "bold"),
            *(text(32, 13 + line * LINE, *one) for line, one in enumerate(numbers, start=1)),
        ]
        found.append(group(swatch(at, 9), *lines, y=at * (4 * LINE + GRID)))
    return Panel(32 + room, len(said) * (4 * LINE + GRID), tuple(found))
