"""Graphviz text of a network: structures as clusters, sizes on the edges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cnncalc.analysis.report import Report
from cnncalc.exporters.chart import FOLDED, INPUT, JOIN, LAYER, OUTPUT, Box, Chart, chart, printable
from cnncalc.exporters.registry import Settings

_STYLES = {
    INPUT: ", shape=oval",
    OUTPUT: ", shape=oval",
    LAYER: "",
    JOIN: ", style=rounded",
    FOLDED: ", peripheries=2",
}
_HEAD = """\
  graph [rankdir=TB, fontname="Helvetica", fontsize=11, labeljust=l, style=rounded, color="#888888"];
  node [shape=box, fontname="Helvetica", fontsize=10, margin="0.12,0.06"];
  edge [fontname="Helvetica", fontsize=9, color="#555555", fontcolor="#555555"];"""


def write(report: Report, settings: Settings) -> str:
    """A directed graph; nothing is drawn here, ``dot -Tsvg`` does that."""
    return "\n".join([*_lines(chart(report, settings.depth)), ""])


def _lines(drawn: Chart) -> Iterator[str]:
    yield f"digraph {_quoted([drawn.name])} {{"
    yield _HEAD
    for depth, item in drawn.walk():
        margin = "  " * depth
        if item is None:
            yield f"{margin}}}"
        elif isinstance(item, Box):
            yield f"{margin}n{item.number} [label={_quoted(item.lines)}{_STYLES[item.kind]}];"
        else:
            yield f"{margin}subgraph cluster_{item.number} {{"
            yield f"{margin}  label={_quoted([item.name])};"
    for arrow in drawn.arrows:
        size = _quoted([f" {arrow.size}"])  # away from the line
        yield f"  n{arrow.source} -> n{arrow.target} [label={size}];"
    yield "}"


def _quoted(lines: Iterable[str]) -> str:
    """A text in quotes in which nothing is a command; ``&`` would begin an entity."""
    return '"' + "\\n".join(map(_escaped, lines)) + '"'


def _escaped(text: str) -> str:
    return printable(text).replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
