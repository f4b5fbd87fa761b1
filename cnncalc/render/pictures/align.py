"""Whether a join's branches are centred alike, and how many inputs each output of an enlargement sums."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import lcm

from cnncalc.analysis.report import LayerReport, Report
from cnncalc.errors import InputError
from cnncalc.geometry.participation import runs
from cnncalc.geometry.receptive_field import LOCAL, AxisField
from cnncalc.geometry.window import TransposedWindow
from cnncalc.questions.answers import layer_of, other_axes
from cnncalc.render.pictures import Drawing
from cnncalc.render.pictures.common import (
    AXES,
    Said,
    absent,
    input_sizes,
    nothing,
    positions,
    side_by_side,
    title,
    titled,
)
from cnncalc.render.pictures.pool import WIDE, shade
from cnncalc.render.pictures.regions import NAMES, Strip, middle, strips
from cnncalc.render.pictures.svg import GRID, LINE, Element, Panel, group, text
from cnncalc.render.text import exact
from cnncalc.support.numbers import by

MOST_PHASES = 4
"""Units next to each other that are drawn, where they see alternately unlike parts."""
MOST_OUTPUTS = 16
"""Outputs along an axis whose sums are drawn."""
NOTES = 104
CELL = 22

Fields = dict[str, tuple[AxisField, ...]]
"""By tensor, what its units see along each axis."""


def draw(drawing: Drawing) -> str:
    """The layers asked for; else of each network a join and an enlargement, those that are amiss first."""
    return side_by_side("Alignment", drawing.reports, lambda report: _panels(report, drawing))


def _panels(report: Report, drawing: Drawing) -> Iterator[Said]:
    fields = _fields(report)
    for layer in [layer_of(report, path) for path in drawing.layers] or _chosen(report, fields):
        if _enlarges(layer):
            yield _checkerboard(report, layer), f"{layer.path}: how many inputs each output sums."
        else:
            words = f"{layer.path}: the regions of the input that its branches see, and their centres."
            yield _join(report, layer, fields, drawing.at), words


def _chosen(report: Report, fields: Fields) -> list[LayerReport]:
    joins = [layer for layer in report.layers if len(_branches(layer, fields)) > 1]
    joins.sort(key=lambda layer: layer.field.aligned)
    larger = [layer for layer in report.layers if _enlarges(layer)]
    amiss = [layer for layer in larger if any(len(set(_sums(one))) > 1 for one in _inner(layer))]
    found = joins[:1] + amiss[:1] or larger[:1]
    if not found:
        raise absent(report, "there is neither a join of branches nor a transposed convolution")
    return found


def _enlarges(layer: LayerReport) -> bool:
    windows = layer.windows or ()
    return any(isinstance(one, TransposedWindow) and one.stride > 1 for one in windows)


def _inner(layer: LayerReport) -> list[TransposedWindow]:
    return [one for one in layer.windows or () if isinstance(one, TransposedWindow)]


def _sums(window: TransposedWindow) -> tuple[int, ...]:
    """How many inputs the outputs of one period sum, far from the borders."""
    size = 2 * window.kernel * window.dilation + window.stride
    sums = [run.length for run in runs(window, size)]
    return tuple(sums[: window.stride])


def _fields(report: Report) -> Fields:
    """What each tensor's units see."""
    fields = {one.path: one.field.axes for one in report.layers}
    fields.update({name: (LOCAL,) * shape.rank for name, shape in report.inputs})
    return fields


def _branches(layer: LayerReport, fields: Fields) -> list[tuple[str, tuple[AxisField, ...]]]:
    """The branches that a layer joins and that see a part of the input, with their fields."""
    if not layer.is_join:
        return []
    found = [(path, fields[path]) for path in dict.fromkeys(layer.followed) if path in fields]
    rank = len(layer.field.axes)
    return [one for one in found if len(one[1]) == rank and all(axis.maps for axis in one[1])]


def _join(report: Report, layer: LayerReport, known: Fields, at: tuple[int, ...] | None) -> Panel:
    """Per axis the regions of each branch, unit by unit where these alternate."""
    branches = _branches(layer, known)
    if len(branches) < 2:
        raise nothing(report, f"`{layer.path}` ({layer.op}) does not join branches that each see a part")
    unit = at if at is not None else middle(layer)
    if len(unit) != len(layer.field.axes):
        raise InputError(other_axes(report.name, len(layer.field.axes), unit))
    elements: list[Element] = []
    notes: list[str] = []
    y = 0.0
    sizes = input_sizes(report)
    alike: dict[object, list[str]] = {}
    axes = list(zip(AXES[len(sizes)], sizes, unit, strict=True))
    for axis, (name, size, first) in enumerate(axes):
        alike.setdefault((tuple(one[axis] for _, one in branches), size, first), []).append(name)
    for names in alike.values():
        axis = AXES[len(sizes)].index(names[0])
        _, size, first = axes[axis]
        fields = [one[axis] for _, one in branches]
        name = " and ".join(names)
        rows, centres = _rows(branches, axis, first)
        if not rows:
            notes.append(f"{name}: {fields[0].unknown_start or fields[0].unknown or 'not known'}")
            continue
        some, height = strips(name, size, rows, NAMES + WIDE - NOTES, is_close=True)
        elements.append(group(*some, y=y))
        y += height + GRID
        notes.append(f"{name}: {_apart(centres)}")
    head = f"{title(report)}: {layer.path}"
    return titled(head, Panel(NAMES + WIDE, y, tuple(elements)), notes)


def _rows(
    branches: list[tuple[str, tuple[AxisField, ...]]], axis: int, first: int
) -> tuple[list[Strip], list[list[Fraction]]]:
    """A strip per branch and unit, and the centres of the branches unit by unit."""
    period = lcm(*(len(one.spans) for _, fields in branches for one in fields[axis].maps))
    rows, centres = [], []
    for unit in range(first, first + min(period, MOST_PHASES)):
        spans = [(path, fields[axis].at(unit)) for path, fields in branches]
        here = []
        for at, (path, span) in enumerate(spans):
            if span is not None:
                centre = Fraction(sum(span), 2)
                here.append(centre)
                rows.append(Strip(f"{unit}: {path}", span, at, None, path, f"centre {_decimal(centre)}"))
        centres.append(here)
    return rows, centres


def _decimal(number: Fraction) -> str:
    return str(number) if number.denominator == 1 else f"{float(number):g}"


def _apart(centres: list[list[Fraction]]) -> str:
    distances = {max(here) - min(here) for here in centres if here}
    if distances == {0}:
        return "the centres are at the same place"
    least, most = min(distances), max(distances)
    far = _decimal(most) if least == most else f"{_decimal(least)} to {_decimal(most)}"
    return f"the centres are {far} input position{'' if far == '1' else 's'} apart"


def _checkerboard(report: Report, layer: LayerReport) -> Panel:
    """The first outputs, the darker the more inputs they sum; on a map the product of both axes."""
    windows, sizes = _inner(layer), positions(report, layer)
    if len(windows) != len(sizes):
        raise nothing(report, f"`{layer.path}` has no windows along some axis")
    along = [_counts(window, size) for window, size in zip(windows, sizes, strict=True)]
    elements: list[Element] = []
    y = 0.0
    for name, window, counts in zip(AXES[len(windows)], windows, along, strict=True):
        kernel = f"{name}: kernel {window.kernel}, stride {window.stride}"
        elements.append(text(0, y + 13, f"{kernel}: inputs that each output sums"))
        for position, number in enumerate(counts):
            elements += _cell(position * CELL, y + LINE + 4, number, max(counts), data_output=position)
        y += LINE + 4 + CELL + 2 * GRID
    if len(along) == 2:
        rows, columns = along
        elements.append(text(0, y + 13, "inputs that each output of the map sums"))
        for down, one in enumerate(rows):
            for across, other in enumerate(columns):
                top = y + LINE + 4 + down * CELL
                most = max(rows) * max(columns)
                elements += _cell(across * CELL, top, one * other, most, data_row=down, data_column=across)
        y += LINE + 4 + len(rows) * CELL + GRID
    shown = by(len(counts) for counts in along)
    notes = [f"the first {shown} of {by(exact(size) for size in layer.shape.sizes)} outputs"]
    if all(len(set(_sums(window))) == 1 for window in windows):
        notes.append("away from the borders every output sums equally many inputs")
    else:
        notes.append(
            "away from the borders the number of inputs varies by phase, which shows as a checkerboard"
        )
    return titled(f"{title(report)}: {layer.path}", Panel(MOST_OUTPUTS * CELL, y, tuple(elements)), notes)


def _counts(window: TransposedWindow, size: int) -> list[int]:
    """How many of the inputs that there are each of the first outputs reads."""
    reads = runs(window, size)[:MOST_OUTPUTS]
    return [sum(1 for tap in range(run.length) if 0 <= run.start + tap * run.step < size) for run in reads]


def _cell(x: float, y: float, number: int, most: int, **data: int) -> list[Element]:
    said = f"{number} inputs"
    return [
        shade(x, y, CELL, CELL, number, most, said, **data),
        text(x + CELL / 2, y + CELL / 2 + 4, str(number), "small middle"),
    ]
