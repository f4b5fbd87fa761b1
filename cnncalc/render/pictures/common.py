"""What kinds of pictures share: which layers are meant, titles, notes, and fields of every layer in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cnncalc.analysis.report import LayerReport, Report
from cnncalc.errors import Diagnostic, InputError, NoAnswer
from cnncalc.geometry.shape import Size
from cnncalc.render.listings.layers import failure, heading
from cnncalc.render.pictures.svg import LINE, Element, Panel, text, width_of
from cnncalc.render.surface import PLAIN
from cnncalc.render.text import wrapped
from cnncalc.support.numbers import by
from cnncalc.support.words import did_you_mean, shown

TOP = 24
"""Where what is below the title of a panel begins."""
AXES = {1: ("x",), 2: ("y", "x"), 3: ("z", "y", "x")}
"""The names of spatial axes by their number."""
_SMALL = 11


def title(report: Report) -> str:
    """A network with what its numbers depend on."""
    return heading(report, report.framework, PLAIN)


def titled(words: str, panel: Panel, notes: Iterable[str] = ()) -> Panel:
    """A panel under its title and above its notes, which go on in the next line where they are long."""
    width = max(panel.width, min(width_of(words, 14, bold=True), 720))
    lines = wrapped(words, max(int(width / width_of("n", 14, bold=True) * 1.1), 20))
    head = [text(0, 13 + LINE * at, one, "bold large") for at, one in enumerate(lines)]
    top = TOP + LINE * (len(lines) - 1)
    bottom = top + panel.height
    foot = []
    for note in notes:
        for one in wrapped(note, int(width / width_of("n") * 1.1)):
            bottom += LINE
            foot.append(text(0, bottom - 2, one, "soft"))
    return Panel(
        width, bottom, (*head, Element("g", (("transform", f"translate(0,{top})"),), panel.elements), *foot)
    )


def failed(report: Report) -> tuple[str, ...]:
    """What ended the analysis, as notes."""
    found = failure(report)
    return () if found is None else (f"x {found}",)


def layer_of(report: Report, path: str) -> LayerReport:
    """The layer of a path.

    Raises:
        InputError: where there is none.
    """
    found = next((layer for layer in report.layers if layer.path == path), None)
    if found is not None:
        return found
    guess = did_you_mean(path, [layer.path for layer in report.layers])
    help = f"; did you mean {shown(guess)}?" if guess else ", `cnncalc rf --all --paths` lists them"
    raise InputError(f"{shown(report.name)} has no layer {shown(path)!r}{help}")


def nothing(report: Report, message: str, help: str | None = None) -> NoAnswer:
    """Why there is no picture of a network."""
    return refusal(f"{report.name}: {message}", help)


def refusal(message: str, help: str | None = None) -> NoAnswer:
    """Why there is no picture."""
    return NoAnswer(Diagnostic("E320", "error", message, help))


def field_size(layer: LayerReport) -> str:
    """The receptive field in a word."""
    field = layer.field
    sizes = ["all" if whole else size for whole, size in zip(field.sees_all, field.size, strict=True)]
    return "-" if not sizes else str(sizes[0]) if set(sizes) == {"all"} else by(sizes)


def input_sizes(report: Report) -> tuple[Size, ...]:
    """The size along each axis of the inputs, ``None`` where they differ or it is unknown."""
    rank = max((shape.rank for _, shape in report.inputs), default=0)
    shapes = [shape.sizes for _, shape in report.inputs if shape.rank == rank]
    along: Sequence[set[Size]] = [set(sizes) for sizes in zip(*shapes, strict=True)]
    return tuple(sizes.pop() if len(sizes) == 1 else None for sizes in along)


def folding_depth(report: Report, most: int) -> int | None:
    """The deepest folding with at most so many rows; ``None`` where none is needed."""
    paths = [layer.path.split("/") for layer in report.layers]
    for depth in range(max(map(len, paths), default=1), 1, -1):
        if len({tuple(path[:depth]) for path in paths}) <= most:
            return depth
    return 1 if paths else None
