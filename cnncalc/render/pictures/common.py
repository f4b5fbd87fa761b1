"""What kinds of pictures share: which layers are meant, titles, notes, and fields of every layer in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from cnncalc.analysis.report import LayerReport, Report
from cnncalc.errors import Diagnostic, NoAnswer
from cnncalc.geometry.participation import LONGEST_AXIS
from cnncalc.geometry.shape import Size
from cnncalc.render.listings.layers import failure, heading
from cnncalc.render.pictures.svg import LINE, Element, Panel, lines_of, sheet, text, width_of
from cnncalc.render.surface import PLAIN
from cnncalc.render.text import exact
from cnncalc.support.numbers import by

TOP = 24
"""Where what is below the title of a panel begins."""
AXES = {1: ("x",), 2: ("y", "x"), 3: ("z", "y", "x")}
"""The names of spatial axes by their number."""
LEAST = 320
"""The width of a panel at least, for what is said above and beneath it."""


def title(report: Report) -> str:
    """A network with what its numbers depend on."""
    return heading(report, report.framework, PLAIN)


def titled(words: str, panel: Panel, notes: Iterable[str] = ()) -> Panel:
    """A panel under its title and above its notes, which go on in the next line where they are long."""
    width = max(panel.width, min(width_of(words, 14, bold=True), 720), LEAST)
    lines = lines_of(words, width, 14, bold=True)
    head = [text(0, 13 + LINE * at, one, "bold large") for at, one in enumerate(lines)]
    top = TOP + LINE * (len(lines) - 1)
    bottom = top + panel.height
    foot = []
    for note in notes:
        for one in lines_of(note, width):
            bottom += LINE
            foot.append(text(0, bottom - 2, one, "soft"))
    return Panel(
        width, bottom, (*head, Element("g", (("transform", f"translate(0,{top})"),), panel.elements), *foot)
    )


def failed(report: Report) -> tuple[str, ...]:
    """What ended the analysis, as notes."""
    found = failure(report)
    return () if found is None else (f"x {found}",)


Said = tuple[Panel, str]
"""A panel, and the same in words."""


def _each(reports: Sequence[Report], ask: Callable[[Report], Iterable[Said]]) -> list[Said]:
    """The panels of each network; of one that has nothing to draw the reason, where another one has.

    Raises:
        NoAnswer: where none has.
    """
    found: list[Said] = []
    reasons: list[NoAnswer] = []
    for report in reports:
        try:
            found += ask(report)
        except NoAnswer as error:
            reasons.append(error)
            message = error.diagnostics[0].message
            found.append((titled(title(report), Panel(LEAST, 0, ()), [f"x {message}"]), f"{message}."))
    if len(reasons) == len(reports):
        raise reasons[0]
    return found


def side_by_side(what: str, reports: Sequence[Report], ask: Callable[[Report], Iterable[Said]]) -> str:
    """The panels of each network in one picture, with what they say in words.

    Raises:
        NoAnswer: where no network has anything to draw.
    """
    found = _each(reports, ask)
    names = ", ".join(title(report) for report in reports)
    return sheet(f"{what}: {names}", " ".join(said for _, said in found), [panel for panel, _ in found])


def absent(report: Report, message: str, help: str | None = None) -> NoAnswer:
    """Why there is no picture of a network that has none of what is drawn: the error that ended its
    analysis, where one did.
    """
    errors = [one for one in report.diagnostics if one.severity == "error"]
    return NoAnswer(errors[-1]) if report.failed is not None and errors else nothing(report, message, help)


def nothing(report: Report, message: str, help: str | None = None) -> NoAnswer:
    """Why there is no picture of a network."""
    return refusal(f"{report.name}: {message}", help)


def refusal(message: str, help: str | None = None) -> NoAnswer:
    """Why there is no picture."""
    return NoAnswer(Diagnostic("E320", "error", message, help))


def positions(report: Report, layer: LayerReport) -> tuple[int, ...]:
    """The sizes of the map that a layer reads, where they are known and can be drawn one by one."""
    sizes = layer.in_shape.sizes
    known = tuple(size for size in sizes if size is not None)
    if len(known) < len(sizes):
        raise nothing(
            report,
            f"the size of the map that `{layer.path}` reads is not known",
            "add `input: ...` or pass --input",
        )
    if max(known, default=0) > LONGEST_AXIS:
        raise nothing(
            report,
            f"`{layer.path}` reads {by(map(exact, known))} positions, of which at most "
            f"{LONGEST_AXIS:,} along an axis are drawn",
            "pass a smaller --input",
        )
    return known


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


class Folding(NamedTuple):
    """Which layers are one: those below so many components of their paths, and of these the copies."""

    depth: int
    of_copies: bool = False

    def __call__(self, path: str) -> str:
        """The path under which a layer is counted."""
        parts = path.split("/")[: self.depth]
        return "/".join(_base(part) if self.of_copies else part for part in parts)


def _base(part: str) -> str:
    return part.partition("[")[0] or part


def folding(report: Report, most: int) -> Folding:
    """The deepest folding with at most so many rows, else that of most."""
    paths = [layer.path for layer in report.layers]
    deepest = max((path.count("/") + 1 for path in paths), default=1)
    for of_copies in (False, True):
        for depth in range(deepest, 0, -1):
            found = Folding(depth, of_copies)
            if len({found(path) for path in paths}) <= most:
                return found
    return Folding(1, True)


def group_names(folded: Folding, layers: Iterable[LayerReport]) -> dict[str, list[LayerReport]]:
    """Layers by the path under which they are counted, in the order in which these begin."""
    groups: dict[str, list[LayerReport]] = {}
    for layer in layers:
        groups.setdefault(folded(layer.path), []).append(layer)
    return groups


def copies(folded: Folding, path: str, layers: Sequence[LayerReport]) -> str:
    """A path with how many copies are one in it."""
    if not folded.of_copies:
        return path
    plain = Folding(folded.depth)
    number = len({plain(layer.path) for layer in layers})
    return f"{path} x{number}" if number > 1 and plain(layers[0].path) != path else path
