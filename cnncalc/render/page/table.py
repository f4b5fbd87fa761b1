"""The page's table of layers: a tree that opens and closes, with bars behind the counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

from cnncalc.analysis.report import LayerReport, totals_of
from cnncalc.geometry.shape import Size
from cnncalc.render.columns import columns
from cnncalc.render.listing import Column
from cnncalc.render.text import UNKNOWN, brief, exact
from cnncalc.render.tree import Node, grown
from cnncalc.support.numbers import plural

MOST_OPEN = 40
"""Rows that are open at first, at most, where closing structures can make them so few."""
HEADS = (
    "layer",
    "operation",
    "window",
    "output",
    "parameters",
    "MACs",
    "receptive field",
    "stride",
    "remarks",
)
_COLUMNS: dict[str, Column[LayerReport]] = {column.key: column for column in columns("summary")}


class Line(NamedTuple):
    """One row: a layer, or a structure with the sums of what is below it."""

    level: int
    label: str
    layer: LayerReport
    """Of a structure that is no layer the one at its end."""
    is_layer: bool
    leaves: tuple[LayerReport, ...]
    """The layers that it stands for while what is below it is closed."""

    @property
    def opens(self) -> bool:
        return not self.is_layer or len(self.leaves) > 1


def table(layers: Sequence[LayerReport], depth: int | None) -> str:
    """The table; ``depth`` levels of it are open at first, or as many as are read at a glance."""
    lines = list(_lines(grown(layers).below, 1))
    level = depth or _level(lines)
    places = {layer.path: at for at, layer in enumerate(layers)}
    top = [totals_of(line.leaves) for line in lines if line.level == 1]
    largest = [
        max((sums.params or 0 for sums in top), default=0),
        max((sums.macs or 0 for sums in top), default=0),
    ]
    body = "\n".join(_row(line, places[line.layer.path], largest) for line in lines)
    heads = "".join(
        f'<th scope="col"{" class=n" if at in (4, 5) else ""}>{head}</th>' for at, head in enumerate(HEADS)
    )
    return (
        f'<table role="treegrid" aria-label="layers" data-level="{level}">\n'
        f"<thead><tr>{heads}</tr></thead>\n<tbody>\n{body}\n</tbody></table>"
    )


def _lines(nodes: Sequence[Node], level: int) -> Iterator[Line]:
    for node in nodes:
        label = node.label
        while node.layer is None and len(node.below) == 1:
            node = node.below[0]
            label = f"{label}/{node.label}"
        yield Line(level, label, node.last, node.layer is not None, tuple(_leaves(node)))
        yield from _lines(node.below, level + 1)


def _leaves(node: Node) -> Iterator[LayerReport]:
    if node.layer is not None:
        yield node.layer
    for one in node.below:
        yield from _leaves(one)


def _level(lines: Sequence[Line]) -> int:
    """The deepest level that shows no more rows than wanted, or the first."""
    deepest = max((line.level for line in lines), default=1)
    return next(
        (level for level in range(deepest, 1, -1) if sum(line.level <= level for line in lines) <= MOST_OPEN),
        1,
    )


def _row(line: Line, place: int, largest: Sequence[int]) -> str:
    layer = line.layer
    opens = ' aria-expanded="true"' if line.opens else ""
    caret = '<i aria-hidden="true"></i>' if line.opens else ""
    kind = "" if line.is_layer else ' class="head"'
    indent = f' style="--in:{line.level - 1}"' if line.level > 1 else ""
    cells = [
        f'<th scope="row"{indent}>{caret}{escape(line.label)}</th>',
        _text(_COLUMNS["op"].text(layer) if line.is_layer else plural(len(line.leaves), "layer")),
        _window(layer) if line.is_layer else _text(""),
        _cell("shape", layer),
        *_counts(line, largest),
        _cell("rf_size", layer),
        _cell("rf_stride", layer),
        _text(_COLUMNS["rf_flags"].text(layer), "warn"),
    ]
    return f'<tr aria-level="{line.level}" data-l="{place}"{kind}{opens}>{"".join(cells)}</tr>'


def _text(words: str, kind: str = "", title: str = "") -> str:
    attributes = (f' class="{kind}"' if kind and words else "") + (
        f' title="{escape(title)}"' if title else ""
    )
    return f"<td{attributes}>{escape(words)}</td>"


def _cell(key: str, layer: LayerReport) -> str:
    """A column's text, with the reason as its title where it is not known."""
    column = _COLUMNS[key]
    words = column.text(layer)
    reasons = column.reasons(layer) if column.reasons is not None and UNKNOWN in words else ()
    return _text(words, title="; ".join(reasons))


def _window(layer: LayerReport) -> str:
    """The kernel and a stride that is not 1, with all of it as the title."""
    texts = {key: _COLUMNS[key].text(layer) for key in ("kernel", "stride", "padding", "dilation")}
    if not texts["kernel"]:
        return _text("")
    words = texts["kernel"] + (f" / {texts['stride']}" if texts["stride"] != "1" else "")
    return _text(words, title=", ".join(f"{key} {text}" for key, text in texts.items() if text))


def _counts(line: Line, largest: Sequence[int]) -> Iterator[str]:
    """Rounded counts with the exact ones as titles, and a bar behind them, full for the largest row of the
    first level; of what can be closed the sum, and of a layer its own count while it is open.
    """
    sums = totals_of(line.leaves)
    for own, sum, most in zip(
        (line.layer.params, line.layer.macs), (sums.params, sums.macs), largest, strict=True
    ):
        reasons = "; ".join(line.layer.reasons) or "not known of every layer below"
        if not line.opens:
            yield _count(own, most, "n", reasons)
        elif not line.is_layer:
            yield _count(sum, most, "n", reasons, f" in {plural(len(line.leaves), 'layer')}")
        else:
            yield _count(own, most, "n own", reasons, " without what is below")
            yield _count(sum, most, "n sum", reasons, f" in {plural(len(line.leaves), 'layer')}")


def _count(number: Size, most: int, kind: str, reasons: str, more: str = "") -> str:
    words = brief(number)
    title = reasons if number is None else f"{exact(number)}{more}"
    titled = "" if title == words else f' title="{escape(title)}"'
    share = f"{min(number / most, 1):.3f}" if number and most else "0.000"
    bar = "" if share == "0.000" else f' style="--s:{share}"'
    zero = " zero" if number == 0 else ""
    return f'<td class="{kind}{zero}"{titled}{bar}>{words}</td>'
