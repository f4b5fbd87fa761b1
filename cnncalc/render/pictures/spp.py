"""The bins of a spatial pyramid's levels over the map, and what of it they do not read."""

from __future__ import annotations

from collections.abc import Sequence

from cnncalc.analysis.report import LayerReport, Report
from cnncalc.geometry.axis import Run
from cnncalc.geometry.participation import counts, interval, runs
from cnncalc.geometry.pyramid import Pyramid
from cnncalc.geometry.receptive_field import Interval
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
from cnncalc.render.pictures.pool import WIDE, strip
from cnncalc.render.pictures.svg import GRID, LINE, Element, Panel, beside, group, hatched, rect, sheet, text
from cnncalc.support.numbers import by

SIDE = 232
"""The longer side of a map, in pixels."""

Axis = tuple[int, tuple[Run, ...]]
"""The size of an axis, and what each bin along it reads."""


def draw(drawing: Drawing) -> str:
    """The levels of the pyramids in each network, or the layers asked for."""
    return side_by_side(
        "Bins of a spatial pyramid", drawing.reports, lambda report: [_levels_of(report, drawing)]
    )


def _levels_of(report: Report, drawing: Drawing) -> Said:
    """The levels of a network beside each other."""
    layers = [layer_of(report, name) for name in drawing.layers] or _levels(report)
    axes = [_axes(report, layer) for layer in layers]
    levels = [panel(layer.path, one) for layer, one in zip(layers, axes, strict=True)]
    words = " ".join(f"{layer.path}: {_said(one)}." for layer, one in zip(layers, axes, strict=True))
    return titled(title(report), beside(levels)), words


def drawn(pyramids: Sequence[Pyramid]) -> str:
    """Pyramids that belong to no network; a level that its mode does not have is left out."""
    panels, words = [], []
    for pyramid in pyramids:
        for tier in pyramid.tiers:
            wanted = by((tier.bins,) * len(pyramid.sizes))
            head = f"mode {pyramid.mode}, {wanted} bins"
            axes = [(axis.size, axis.reads) for axis in tier.axes]
            if tier.fault is not None:
                panels.append(titled(head, Panel(SIDE, 0, ()), [f"x {tier.fault.message}"]))
                words.append(f"{head}: {tier.fault.message}.")
                continue
            obtained = "" if all(axis.obtained == axis.bins for axis in tier.axes) else " asked for"
            panels.append(panel(f"{head}{obtained}", axes))
            words.append(f"{head}{obtained}: {_said(axes)}.")
    return sheet(f"Spatial pyramid on a map of {by(pyramids[0].sizes)}", " ".join(words), panels)


def _levels(report: Report) -> list[LayerReport]:
    found = [layer for layer in report.layers if layer.op == "spp_level" and layer.in_shape.rank]
    found = found or [
        layer for layer in report.layers if layer.op.startswith("adaptive_") and layer.in_shape.rank
    ]
    if not found:
        raise absent(report, "there is no spatial pyramid", "name a pool by --layer")
    return found


def _axes(report: Report, layer: LayerReport) -> list[Axis]:
    if not layer.rules or len(layer.rules) != layer.in_shape.rank:
        raise nothing(report, f"`{layer.path}` ({layer.op}) has no bins that could be drawn")
    sizes = positions(report, layer)
    return [(size, runs(rule, size)) for rule, size in zip(layer.rules, sizes, strict=True)]


def _said(axes: Sequence[Axis]) -> str:
    bins = by(len(reads) for _, reads in axes)
    along = "; ".join(
        f"along {name} {tally(counts(reads, size))}"
        for name, (size, reads) in zip(AXES[len(axes)], axes, strict=True)
    )
    return f"{bins} bins over {by(size for size, _ in axes)} positions; {along}"


def panel(head: str, axes: Sequence[Axis]) -> Panel:
    """A map with its bins, or each axis by itself where there are not two."""
    bins = f"{by(len(reads) for _, reads in axes)} bins on {by(size for size, _ in axes)}"
    if len(axes) == 2:
        return titled(head, _map(axes[0], axes[1], bins))
    elements: list[Element] = [text(0, 13, bins)]
    y = float(LINE + 4)
    for size, reads in dict.fromkeys((size, reads) for size, reads in axes):
        part = strip(reads, size)
        elements.append(group(*part.elements, y=y))
        y += part.height + GRID
    return titled(head, Panel(WIDE, y, tuple(elements)))


def _map(rows: Axis, columns: Axis, bins: str) -> Panel:
    """Bins as rectangles, every other one set in a little so that those that overlap can be told apart."""
    (top, bottom), (left, right) = map(_extent, (rows, columns))
    scale = SIDE / max(bottom - top, right - left)
    wide, high = columns[0] * scale, rows[0] * scale
    elements: list[Element] = [rect(0, 0, wide, high, "frame")]
    for axis, (size, reads) in enumerate((rows, columns)):
        for start, end in _unread(counts(reads, size)):
            area = (0, start * scale, wide, (end - start) * scale)
            x, y, width, height = area if axis == 0 else (start * scale, 0, (end - start) * scale, high)
            elements.append(hatched(x, y, width, height, "warn"))
    for down, one in enumerate(rows[1]):
        for across, other in enumerate(columns[1]):
            elements.append(_bin(down, across, one, other, scale))
    whole = group(*elements, x=-left * scale, y=-top * scale)
    below = (bottom - top) * scale + LINE
    said = [text(0, below, bins, data_bins=bins)]
    often = (rows, columns) if rows != columns else (rows,)
    for name, (size, reads) in zip(AXES[2] if len(often) == 2 else ("",), often, strict=True):
        below += LINE
        windows = " ".join(dict.fromkeys(str(run.length) for run in reads))
        said.append(text(0, below, f"{name} windows of {windows}".strip(), "soft"))
        unread = counts(reads, size).count(0)
        if unread:
            below += LINE
            said.append(text(0, below, f"{name} {unread} of {size} positions not read".strip(), "alarm"))
    return Panel(max((right - left) * scale, SIDE), below + 4, (whole, *said))


def _extent(axis: Axis) -> Interval:
    """From the first position of the map or of padding that is read to the end of the last."""
    size, reads = axis
    spans = [interval(run) for run in reads]
    return min(0, *(span[0] for span in spans)), max(size, *(span[1] + 1 for span in spans))


def _bin(down: int, across: int, one: Run, other: Run, scale: float) -> Element:
    (top, bottom), (left, right) = interval(one), interval(other)
    odd = (down + across) % 2
    inset = min(3.0 if odd else 1.0, (bottom + 1 - top) * scale / 4, (right + 1 - left) * scale / 4)
    return rect(
        left * scale + inset,
        top * scale + inset,
        (right + 1 - left) * scale - 2 * inset,
        (bottom + 1 - top) * scale - 2 * inset,
        "over-b" if odd else "over-a",
        f"bin {down},{across}: rows {top} to {bottom}, columns {left} to {right}",
        data_bin=f"{down},{across}",
        data_region=f"{top}..{bottom} {left}..{right}",
    )


def _unread(often: tuple[int, ...]) -> list[tuple[int, int]]:
    """Where positions are not read, the ends not included."""
    found: list[tuple[int, int]] = []
    for position, count in enumerate(often):
        if count == 0:
            start = found.pop()[0] if found and found[-1][1] == position else position
            found.append((start, position + 1))
    return found
