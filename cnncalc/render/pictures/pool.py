"""Windows along the axes of a map, and how often each position is read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cnncalc.analysis.report import LayerReport, Report
from cnncalc.geometry.axis import Run
from cnncalc.geometry.participation import Pooled, counts, interval, pooled
from cnncalc.geometry.receptive_field import Interval
from cnncalc.geometry.window import Window
from cnncalc.questions.answers import layer_of
from cnncalc.render.axes import tally
from cnncalc.render.pictures import Drawing
from cnncalc.render.pictures.common import (
    AXES,
    Said,
    absent,
    nothing,
    positions,
    side_by_side,
    title,
    titled,
)
from cnncalc.render.pictures.svg import (
    GRID,
    LINE,
    Element,
    Panel,
    group,
    line,
    lines_of,
    rect,
    sheet,
    text,
)
from cnncalc.support.numbers import by, plural

WIDE = 560
CELL = 28
"""A position of the map at most, in pixels."""
MOST_SIDE = 20
"""Positions of a side up to which a map of two axes is drawn."""


def draw(drawing: Drawing) -> str:
    """The layers asked for, else the first pool of each network."""
    return side_by_side("Windows", drawing.reports, lambda report: _panels(report, drawing))


def _panels(report: Report, drawing: Drawing) -> Iterator[Said]:
    for layer in [layer_of(report, name) for name in drawing.layers] or [_first(report)]:
        axes = _pooled(report, layer)
        head = f"{title(report)}: {layer.path}"
        yield panel(head, axes), described(head, axes)


def drawn(axes: Sequence[Pooled], framework: str) -> str:
    """A pool that belongs to no network."""
    head = f"Pooling a map of {by(one.size for one in axes)} · {framework}"
    return sheet(head, described(head, axes), [panel(head, axes)])


def described(head: str, axes: Sequence[Pooled]) -> str:
    """The windows in words."""
    names = AXES[len(axes)]
    along = [
        f"along {name} {plural(len(one.reads), 'window')} of {one.window.kernel}, "
        f"stride {one.window.stride}: {tally(one.counts)}"
        for name, one in zip(names, axes, strict=True)
    ]
    return f"{head}. {'; '.join(along)}."


def _first(report: Report) -> LayerReport:
    for layer in report.layers:
        if "pool" in layer.op and _is_windowed(layer):
            return layer
    raise absent(report, "there is no pool with windows", "name a layer with windows by --layer")


def _is_windowed(layer: LayerReport) -> bool:
    return bool(layer.windows) and all(isinstance(one, Window) for one in layer.windows or ())


def _pooled(report: Report, layer: LayerReport) -> tuple[Pooled, ...]:
    if not _is_windowed(layer):
        raise nothing(report, f"`{layer.path}` ({layer.op}) has no windows that could be drawn")
    return tuple(
        pooled(window, size)
        for window, size in zip(layer.windows or (), positions(report, layer), strict=True)
        if isinstance(window, Window)
    )


def panel(head: str, axes: Sequence[Pooled]) -> Panel:
    """Each axis that is unlike those before it, and the map of two."""
    elements: list[Element] = []
    y = 0.0
    wide = 0.0
    for axis in dict.fromkeys(axes):
        names = " and ".join(n for n, same in zip(AXES[len(axes)], axes, strict=True) if same == axis)
        window = axis.window
        more = "".join(
            f", {word} {value}"
            for word, value, usual in (
                ("padding", window.before, 0),
                ("dilation", window.dilation, 1),
            )
            if value != usual
        )
        said = f"{names}: {axis.size:,} positions, {plural(len(axis.reads), 'window')} of {window.kernel}, "
        elements.append(text(0, y + 13, f"{said}stride {window.stride}{more}"))
        part = strip(axis.reads, axis.size)
        elements.append(group(*part.elements, y=y + LINE + 4))
        y += LINE + 4 + part.height
        for one in lines_of(tally(axis.counts), WIDE):
            elements.append(text(0, y + 13, one, "soft"))
            y += LINE
        y += 2 * GRID
        wide = max(wide, part.width)
    if len(axes) == 2 and max(axis.size for axis in axes) <= MOST_SIDE:
        square = _map(axes[0].counts, axes[1].counts)
        elements.append(text(0, y + 13, "how often each position of the map is read"))
        elements.append(group(*square.elements, y=y + LINE + 4))
        y += LINE + 4 + square.height
        wide = max(wide, square.width)
    return titled(head, Panel(max(wide, WIDE), y, tuple(elements)))


def strip(reads: Sequence[Run], size: int) -> Panel:
    """The positions of an axis with how often each is read, and the windows below it in lanes."""
    spans = [interval(run) for run in reads]
    first, last = min(0, *(span[0] for span in spans)), max(size - 1, *(span[1] for span in spans))
    cell = min(CELL, WIDE / (last - first + 1))
    often = counts(tuple(reads), size)
    elements = list(_positions(often, first, last, cell))
    lanes: list[int] = []
    for number, (run, (start, end)) in enumerate(zip(reads, spans, strict=True)):
        lane = next((at for at, until in enumerate(lanes) if until < start), len(lanes))
        lanes[lane : lane + 1] = [end]
        elements += _window(number, run, (start - first) * cell, 28 + lane * 12, cell)
    return Panel((last - first + 1) * cell, 28 + len(lanes) * 12 + 4, tuple(elements))


LEAST_CELL = 4
"""Pixels of a position below which neighbours that are read equally often are one box."""
LEAST_OUTLINED = 2
"""Pixels of a box below which its outline would hide its shade."""


def _positions(often: tuple[int, ...], first: int, last: int, cell: float) -> Iterator[Element]:
    """A box per position, or per run of equal ones, shaded by its count; those of padding are dashed."""
    most = max(often)
    for start, end in _runs(often, first, last, cell >= LEAST_CELL):
        x, width = (start - first) * cell, (end + 1 - start) * cell
        if not 0 <= start < len(often):
            yield rect(x, 0, width, 22, "dash-a", "padding")
            continue
        count = often[start]
        where = f"position {start}" if start == end else f"positions {start} to {end}"
        said = f"{where}: read {_times(count)}"
        yield shade(x, 0, width, 22, count, most, said, data_position=start, data_end=end)
        if cell >= 14:
            yield text(x + cell / 2, 15, str(count), "small middle" if count else "small middle alarm")


def _runs(often: tuple[int, ...], first: int, last: int, is_apart: bool) -> list[Interval]:
    """Each position by itself, or with its neighbours of the same count; padding is a run of its own."""
    found: list[Interval] = []
    counts: list[int | None] = []
    for position in range(first, last + 1):
        count = often[position] if 0 <= position < len(often) else None
        if found and not is_apart and counts[-1] == count:
            found[-1] = (found[-1][0], position)
        else:
            found.append((position, position))
            counts.append(count)
    return found


def shade(
    x: float, y: float, width: float, height: float, count: int, most: int, title: str, **data: int | str
) -> Element:
    """A cell the darker the more often it is read; one that is not read is crossed out by its colour."""
    kind = "cell" if count else "cell never"
    depth = 0.05 + 0.4 * count / max(most, 1)
    if width < LEAST_OUTLINED:
        data["style"] = "stroke:none"
    return rect(x, y, width, height, kind, title, fill_opacity=round(depth, 3), data_count=count, **data)


def _times(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")


def _window(number: int, run: Run, x: float, y: float, cell: float) -> Iterator[Element]:
    """A window as a bar, or as the positions that a dilated one reads."""
    last = run.start + (run.length - 1) * run.step
    inset = min(1.5, cell / 4)
    long = (last - run.start + 1) * cell
    said = f"window {number}: {run.start} to {last}"
    data = {"data_window": number, "data_first": run.start, "data_last": last}
    if run.step == 1:
        yield rect(x + inset, y, long - 2 * inset, 8, "fill-a", said, **data)
        return
    yield line(x + cell / 2, y + 4, x + long - cell / 2, y + 4, "line-a")
    yield rect(x + inset, y, long - 2 * inset, 8, "over-none", said, **data)
    for tap in range(run.length):
        yield rect(x + tap * run.step * cell + inset, y, cell - 2 * inset, 8, "fill-a")


def _map(rows: tuple[int, ...], columns: tuple[int, ...]) -> Panel:
    """The product of two axes, position by position."""
    cell = min(CELL, WIDE / max(len(rows), len(columns)))
    most = max(rows) * max(columns)
    elements = []
    for y, down in enumerate(rows):
        for x, across in enumerate(columns):
            count = down * across
            said = f"row {y}, column {x}: read {_times(count)}"
            elements.append(
                shade(x * cell, y * cell, cell, cell, count, most, said, data_row=y, data_column=x)
            )
            if cell >= 16:
                kind = "small middle" if count else "small middle alarm"
                elements.append(text((x + 0.5) * cell, (y + 0.5) * cell + 4, str(count), kind))
    return Panel(len(columns) * cell, len(rows) * cell, tuple(elements))
