"""How the receptive field grows with depth, on a logarithmic scale beside the size of the input."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import log2
from typing import NamedTuple

from cnncalc.analysis.report import LayerReport, Report
from cnncalc.render.pictures import Drawing
from cnncalc.render.pictures.common import AXES, absent, failed, field_size, input_sizes, title, titled
from cnncalc.render.pictures.svg import (
    DASHES,
    GRID,
    LINE,
    SERIES,
    Element,
    Panel,
    circle,
    fitted,
    group,
    line,
    path,
    rect,
    sheet,
    spread,
    text,
    width_of,
)
from cnncalc.render.rows import rows
from cnncalc.render.text import exact
from cnncalc.support.numbers import plural

LEFT, PLOT, RIGHT, HIGH = 40, 480, 208, 288
BAND = 3 * GRID
"""The band above the plot for layers that see the whole input."""


class Point(NamedTuple):
    """A layer at its depth."""

    layer: LayerReport
    depth: int
    is_main: bool


class Scale(NamedTuple):
    """What the axes of all panels show: depths, and sizes in powers of 2."""

    depth: int
    power: int

    def x(self, depth: int) -> float:
        return LEFT + (PLOT - GRID) * depth / max(self.depth, 1)

    def y(self, size: int) -> float:
        return BAND + HIGH * (1 - log2(size) / self.power)


def draw(drawing: Drawing) -> str:
    """A curve per network, all of them on the same scales."""
    found = [(report, points(report)) for report in drawing.reports]
    sizes = [size for report, some in found for size in _sizes(report, some)]
    if not sizes:
        raise absent(drawing.reports[0], "no receptive field is known that could be drawn")
    deepest = max(point.depth for _, some in found for point in some)
    scale = Scale(deepest, max(int(max(sizes) - 1).bit_length(), 1))
    panels = [_panel(report, some, scale) for report, some in found]
    return sheet(_title(drawing.reports), " ".join(_described(*one) for one in found), panels)


def _title(reports: tuple[Report, ...]) -> str:
    return f"Growth of the receptive field: {', '.join(map(title, reports))}"


def _described(report: Report, some: list[Point]) -> str:
    last = report.last_local
    what = "" if last is None else f" At {last.path} it is {field_size(last)} input positions."
    return (
        f"The receptive field of each layer of {title(report)} by its depth, on a logarithmic scale, "
        f"in {plural(len(some), 'layer')}.{what}"
    )


def points(report: Report) -> list[Point]:
    """The layers that tables show, each at its depth, the number of them on the longest way to it."""
    shown = {layer.path for layer in rows(report.layers, None, all_layers=False).layers}
    depths: dict[str, int] = {}
    main = set(main_path(report))
    found = []
    for layer in report.layers:
        before = max((depths.get(name, 0) for name in layer.inputs), default=0)
        depths[layer.path] = before + (layer.path in shown)
        if layer.path in shown:
            found.append(Point(layer, depths[layer.path], layer.path in main))
    return found


def main_path(report: Report) -> Iterator[str]:
    """From the main output back to the input, at each join through the branch of the largest field."""
    layers: Mapping[str, LayerReport] = {layer.path: layer for layer in report.layers}
    at = report.main or (report.layers[-1] if report.layers else None)
    while at is not None:
        yield at.path
        before = [layers[name] for name in at.inputs if name in layers]
        at = max(before, key=_extent, default=None)


def _extent(layer: LayerReport) -> tuple[int, ...]:
    """How much a layer sees along the axes; one that only sees all is on no path of growth."""
    return tuple(size or 0 for size in layer.field.size)


def _sizes(report: Report, some: list[Point]) -> list[int]:
    known = [size for point in some for size in point.layer.field.size if size]
    return known + [size for size in input_sizes(report) if size] if known else []


def _panel(report: Report, some: list[Point], scale: Scale) -> Panel:
    rank = max((len(point.layer.field.axes) for point in some), default=0)
    axes = _series(some, rank)
    elements = [*_grid(scale), *_inputs(report, scale)]
    unknown = [
        point.layer
        for point in some
        if point.layer.field.reason is not None and not any(_extent(point.layer))
    ]
    for at, axis in enumerate(axes):
        elements += _curve(some, axis, at, scale)
    elements += _whole(some, scale)
    elements += _labels(report, some, axes, scale)
    below = BAND + HIGH + 2 * LINE + GRID
    elements += _legend(some, axes, rank, below)
    notes = [*failed(report)]
    if unknown:
        notes.append(f"{plural(len(unknown), 'layer')} not drawn: the field {unknown[0].field.reason}")
    return titled(title(report), Panel(LEFT + PLOT + RIGHT, below + GRID, tuple(elements)), notes)


def _series(some: list[Point], rank: int) -> tuple[int, ...]:
    """The axes that are drawn apart: one where all of them see equally much."""
    same = all(len({*point.layer.field.size}) <= 1 for point in some)
    return tuple(range(rank))[: 1 if same else rank]


def _grid(scale: Scale) -> Iterator[Element]:
    yield rect(LEFT, 0, PLOT, BAND, "box", "layers that see the whole input")
    yield text(LEFT - GRID, BAND - 8, "all", "soft end")
    step = max(1, -(-scale.power // 8))
    for power in range(0, scale.power + 1, step):
        y = scale.y(2**power)
        yield line(LEFT, y, LEFT + PLOT, y)
        if y > BAND + LINE / 2:
            yield text(LEFT - GRID, y + 4, exact(2**power), "soft end")
    bottom = scale.y(1)
    pace = next(
        one * 10**zeros for zeros in range(9) for one in (1, 2, 5) if scale.depth <= 12 * one * 10**zeros
    )
    for depth in range(0, scale.depth + 1, pace):
        yield line(scale.x(depth), bottom, scale.x(depth), bottom + 5, "axis")
        yield text(scale.x(depth), bottom + LINE, str(depth), "soft middle")
    yield line(LEFT, bottom, LEFT + PLOT, bottom, "axis")
    yield text(LEFT + PLOT + 2 * GRID, bottom + LINE, "layers deep", "soft")


def _inputs(report: Report, scale: Scale) -> Iterator[Element]:
    for size in {size for size in input_sizes(report) if size}:
        y = scale.y(size)
        yield line(LEFT, y, LEFT + PLOT, y, "axis", stroke_dasharray="6 4", data_input=size)


def _curve(some: list[Point], axis: int, at: int, scale: Scale) -> Iterator[Element]:
    placed = [
        (point, scale.x(point.depth), scale.y(size))
        for point in some
        if axis < len(point.layer.field.axes) and (size := point.layer.field.size[axis])
    ]
    colour = SERIES[at]
    yield path(
        [(scale.x(0), scale.y(1)), *((x, y) for point, x, y in placed if point.is_main)],
        f"line-{colour}",
        **({"stroke_dasharray": DASHES[at]} if at else {}),
    )
    for point, x, y in sorted(placed, key=lambda one: one[0].is_main):
        kind = f"fill-{colour}" if point.is_main else f"open-{colour}"
        yield circle(
            x,
            y,
            2.5 if point.is_main else 3,
            kind,
            f"{point.layer.path} ({point.layer.op}): {field_size(point.layer)}",
            data_layer=point.layer.path,
            data_axis=axis,
            data_field=point.layer.field.size[axis] or 0,
        )


def _whole(some: list[Point], scale: Scale) -> Iterator[Element]:
    for point in some:
        if any(point.layer.field.sees_all):
            x = scale.x(point.depth)
            yield rect(
                x - 3,
                BAND / 2 - 3,
                6,
                6,
                "fill-a" if point.is_main else "open-a",
                f"{point.layer.path} ({point.layer.op}): {field_size(point.layer)}",
                data_layer=point.layer.path,
                data_field="all",
            )


def _labels(report: Report, some: list[Point], axes: tuple[int, ...], scale: Scale) -> Iterator[Element]:
    """At the right end: the sizes of the input and of the last layers, moved apart where they are close."""
    sizes = input_sizes(report)
    names = AXES.get(len(sizes), ())
    wanted: list[tuple[float, str, str]] = []
    for size in dict.fromkeys(size for size in sizes if size):
        alone = (
            ""
            if len({*sizes}) == 1
            else " and ".join(n for n, s in zip(names, sizes, strict=True) if s == size)
        )
        wanted.append((scale.y(size), f"input {alone} {size:,}".replace("  ", " "), "soft"))
    for at, axis in enumerate(axes):
        last = [
            point
            for point in some
            if point.is_main and axis < len(point.layer.field.axes) and point.layer.field.size[axis]
        ]
        if last:
            layer, size = last[-1].layer, last[-1].layer.field.size[axis] or 0
            words = fitted(layer.path, RIGHT - GRID - width_of(f"{size:,}  "))
            wanted.append((scale.y(size), f"{size:,} {words}", SERIES[at]))
    places = spread([y for y, _, _ in wanted], LINE - 2, BAND + 6, scale.y(1))
    for (_, words, kind), y in zip(wanted, places, strict=True):
        yield text(LEFT + PLOT + GRID, y + 4, words, kind)


def _legend(some: list[Point], axes: tuple[int, ...], rank: int, y: float) -> list[Element]:
    x = float(LEFT)
    found = []
    for at, axis in enumerate(axes):
        name = "main path" if len(axes) == 1 else f"main path, {AXES[rank][axis]}"
        found.append(
            group(
                path(
                    [(x, y - 4), (x + 24, y - 4)],
                    f"line-{SERIES[at]}",
                    **({"stroke_dasharray": DASHES[at]} if at else {}),
                ),
                text(x + 32, y, name, "soft"),
            )
        )
        x += 32 + width_of(name) + 2 * GRID
    if not all(point.is_main for point in some):
        found.append(group(circle(x + 4, y - 4, 3, "open-a"), text(x + 14, y, "other branches", "soft")))
        x += 14 + width_of("other branches") + 2 * GRID
    if any(any(point.layer.field.sees_all) for point in some):
        found.append(group(rect(x, y - 7, 6, 6, "fill-a"), text(x + 14, y, "sees all", "soft")))
    return found
