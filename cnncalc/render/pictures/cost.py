"""Parameters, MACs and activations by layer or stage, as bars."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from cnncalc.analysis.report import Report, Totals, totals_of
from cnncalc.geometry.shape import Size
from cnncalc.render.pictures import Drawing
from cnncalc.render.pictures.common import (
    Folding,
    absent,
    copies,
    failed,
    folding,
    group_names,
    title,
    titled,
)
from cnncalc.render.pictures.svg import (
    GRID,
    LINE,
    SERIES,
    Element,
    Panel,
    label,
    line,
    rect,
    sheet,
    text,
    width_of,
)
from cnncalc.render.rows import rows
from cnncalc.render.text import brief, exact
from cnncalc.support.numbers import plural

NAMES, BAR, NUMBER = 176, 104, 64
"""Room for the names, for the bars of one figure, and at least for its numbers."""
MOST_ROWS = 40
"""Rows up to which layers are not folded unasked."""


class Figure(NamedTuple):
    """One column of bars."""

    key: str
    title: str
    of: Callable[[Totals], Size]


FIGURES = (
    Figure("params", "parameters", lambda sums: sums.params),
    Figure("macs", "MACs", lambda sums: sums.macs),
    Figure("activations", "activations", lambda sums: sums.activations),
)


class Bars(NamedTuple):
    """The rows of a network: paths with the sums of everything in them, and how many layers are left out."""

    report: Report
    rows: tuple[tuple[str, Totals], ...]
    hidden: int

    @property
    def largest(self) -> tuple[int, ...]:
        """The largest number of each figure."""
        return tuple(max((figure.of(sums) or 0 for _, sums in self.rows), default=0) for figure in FIGURES)


class Scale(NamedTuple):
    """Where the bars of a figure begin and end, and the number that the longest one shows."""

    start: float
    end: float
    largest: int


def draw(drawing: Drawing) -> str:
    """A panel per network, the bars of all of them on the same scales."""
    found = [_bars(report, drawing.depth) for report in drawing.reports]
    if not any(bars.rows for bars in found):
        raise absent(drawing.reports[0], "there is no layer whose cost could be drawn")
    scales = _scales(found)
    words = " ".join(
        f"{title(bars.report)}: "
        + ", ".join(f"{exact(figure.of(bars.report.totals))} {figure.title}" for figure in FIGURES)
        + "."
        for bars in found
    )
    names = ", ".join(title(report) for report in drawing.reports)
    return sheet(f"Parameters, MACs and activations: {names}", words, [_panel(one, scales) for one in found])


def _bars(report: Report, depth: int | None) -> Bars:
    """A row per layer, or per structure at a depth; of many layers, that at which they are few enough."""
    shown = rows(report.layers, None, all_layers=False)
    if depth is None and len(shown.layers) <= MOST_ROWS:
        return Bars(report, tuple((one.path, totals_of((one,))) for one in shown.layers), shown.hidden)
    fold = folding(report, MOST_ROWS) if depth is None else Folding(depth)
    groups = group_names(fold, report.layers)
    return Bars(
        report, tuple((copies(fold, path, some), totals_of(some)) for path, some in groups.items()), 0
    )


def _scales(found: list[Bars]) -> list[Scale]:
    """One scale per figure for all networks, with room for their longest number."""
    scales: list[Scale] = []
    start = float(NAMES)
    for figure, largest in zip(FIGURES, zip(*(bars.largest for bars in found), strict=True), strict=True):
        totals = [exact(figure.of(bars.report.totals)) for bars in found]
        room = max(
            BAR + NUMBER,
            BAR + 4 + GRID + width_of(brief(max(largest))),
            *[GRID + width_of(words, bold=True) for words in totals],
        )
        scales.append(Scale(start, start + room, max(largest)))
        start += room
    return scales


def _panel(bars: Bars, scales: list[Scale]) -> Panel:
    width = scales[-1].end
    elements: list[Element] = []
    for figure, scale in zip(FIGURES, scales, strict=True):
        elements.append(text(scale.start, 12, figure.title, "bold"))
    y = float(LINE)
    for path, sums in bars.rows:
        elements += _row(path, sums, scales, y)
        y += LINE
    elements.append(line(0, y + 4, width, y + 4, "axis"))
    elements.append(text(0, y + 6 + 13, "total", "bold"))
    for figure, scale in zip(FIGURES, scales, strict=True):
        words = exact(figure.of(bars.report.totals))
        elements.append(text(scale.start, y + 6 + 13, words, "bold", data_total=words))
    notes = [*failed(bars.report)]
    if bars.hidden:
        keeps = "that keeps its shape" if bars.hidden == 1 else "that keep their shape"
        notes.append(f"{plural(bars.hidden, 'layer')} without parameters {keeps} not shown")
    return titled(title(bars.report), Panel(width, y + 6 + LINE, tuple(elements)), notes)


def _row(path: str, sums: Totals, scales: list[Scale], y: float) -> Iterator[Element]:
    yield label(0, y + 13, path, NAMES - GRID)
    for at, (figure, scale) in enumerate(zip(FIGURES, scales, strict=True)):
        value = figure.of(sums)
        long = BAR * (value or 0) / max(scale.largest, 1)
        said = f"{path}: {exact(value)} {figure.title}"
        data = {"data_layer": path, "data_figure": figure.key, "data_value": exact(value)}
        if value:
            yield rect(scale.start, y + 3, max(long, 0.5), 12, f"fill-{SERIES[at]}", said, **data)
        yield text(scale.start + long + 4, y + 13, brief(value), "" if value else "soft", title=said)
