"""Mermaid text of a network: structures as subgraphs, sizes on the edges, within Mermaid's limits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from cnncalc.analysis.report import Report
from cnncalc.exporters.chart import FOLDED, INPUT, JOIN, LAYER, OUTPUT, Box, Chart, chart, depth_of, printable
from cnncalc.exporters.refusing import Refusals
from cnncalc.exporters.registry import Settings

MOST_CHARACTERS = 50_000
MOST_EDGES = 500
"""Beyond these Mermaid draws nothing: ``maxTextSize`` and ``maxEdges`` of its configuration."""
_SHAPES = {INPUT: "([{}])", OUTPUT: "([{}])", LAYER: "[{}]", JOIN: "({})", FOLDED: "[[{}]]"}


def write(report: Report, settings: Settings) -> str:
    """A flowchart, folded further than asked for where it would be larger than Mermaid draws.

    Raises:
        ExportError: where it is too large even with everything folded.
    """
    deepest = depth_of(report)
    wanted = min(settings.depth or deepest, deepest)
    for depth in range(wanted, 0, -1):
        drawn = chart(report, depth)
        if len(drawn.arrows) > MOST_EDGES:
            continue
        text = "\n".join([*_lines(drawn, _note(depth, wanted)), ""])
        if len(text) <= MOST_CHARACTERS:
            return text
    refusals = Refusals("Mermaid")
    refusals.about(
        report.name,
        f"with every structure folded it is still more than {MOST_EDGES} edges or {MOST_CHARACTERS:,} "
        "characters, beyond which nothing is drawn",
        "put its layers into blocks or named structures, or export it as `dot`",
    )
    refusals.check()
    raise AssertionError


def _note(depth: int, wanted: int) -> str | None:
    """A comment on what was folded to keep the limits."""
    return None if depth == wanted else f"%% folded to depth {depth} of {wanted}, for Mermaid's limits"


def _lines(drawn: Chart, note: str | None) -> Iterator[str]:
    yield "flowchart TB"
    if note is not None:
        yield f"  {note}"
    for depth, item in drawn.walk():
        margin = "  " * depth
        if item is None:
            yield f"{margin}end"
        elif isinstance(item, Box):
            yield f"{margin}n{item.number}{_SHAPES[item.kind].format(_quoted(item.lines))}"
        else:
            yield f"{margin}subgraph g{item.number} [{_quoted([item.name])}]"
    for arrow in drawn.arrows:
        yield f"  n{arrow.source} -->|{_quoted([arrow.size])}| n{arrow.target}"


def _quoted(lines: Iterable[str]) -> str:
    return '"' + "<br>".join(map(_escaped, lines)) + '"'


_MEANT = re.compile(r"""["#<>&%:;`\\*{}|~]|(?<!\w)_|_(?!\w)|(?<=\])\(|^\s|\s$|^[-+]|^\d+(?=[.)])""")
"""What Mermaid could read as a tag, an entity, a directive, Markdown or the end of a text."""


def _escaped(text: str) -> str:
    return _MEANT.sub(lambda found: "".join(f"#{ord(c)};" for c in found[0]), printable(text))
