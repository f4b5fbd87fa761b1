"""Diagnostics in full: what was found, the place with its source line, and what would work."""

from __future__ import annotations

from collections.abc import Iterable

from cnncalc.errors import Diagnostic, Location
from cnncalc.render.surface import BOLD_RED, BOLD_YELLOW, CYAN, PLAIN, Surface
from cnncalc.render.text import cells, inert

LONGEST_EXCERPT = 100
"""Characters of a source line that are shown around the caret."""
BEFORE_CARET = 40


def render(diagnostics: Iterable[Diagnostic], surface: Surface = PLAIN) -> str:
    """All of them, a blank line between two; ends in a newline where there is any."""
    blocks = ["\n".join(_lines(diagnostic, surface)) for diagnostic in diagnostics]
    return "\n\n".join(blocks) + "\n" if blocks else ""


CHAIN_END = 3
"""Calls that are shown at each end of a long chain."""


def _lines(found: Diagnostic, surface: Surface) -> list[str]:
    style = BOLD_RED if found.severity == "error" else BOLD_YELLOW
    path = f" ({inert(found.path)})" if found.path else ""
    head = f"{surface.styled(f'{found.severity}[{found.code}]', style)}: {inert(found.message)}"
    place = found.location
    margin = " " * (len(str(place.line)) if place else 1)
    if place is None:
        lines = [head + path]
    else:
        where = f"{inert(place.file)}:{place.line}:{place.column}"
        lines = [head, f"{margin}{surface.styled('-->', CYAN)} {where}{path}"]
        lines += _excerpt(place, found.excerpt, margin, surface) if found.excerpt else []
    lines += [f"{margin} = {inert(text)}" for text in _calls(found.chain)]
    lines += [f"{margin} = help: {inert(found.help)}"] if found.help else []
    return lines


def _calls(chain: tuple[str, ...]) -> list[str]:
    """The calls of blocks that led to a place; of a long chain both ends."""
    calls = [f"in {call}" for call in chain]
    if len(calls) <= 2 * CHAIN_END + 1:
        return calls
    left_out = len(calls) - 2 * CHAIN_END
    return [*calls[:CHAIN_END], f"... {left_out} more blocks ...", *calls[-CHAIN_END:]]


def _excerpt(place: Location, line: str, margin: str, surface: Surface) -> list[str]:
    text, start = _around(line, place.column - 1, surface.glyph("…", "..."))
    caret = max(0, min(place.column - 1 - start, len(text)))
    width = max(1, min(place.width, len(text) - caret))
    before, meant = inert(text[:caret]), inert(text[caret : caret + width])
    marks = surface.styled("^" * max(1, cells(meant)), BOLD_RED)
    bar = surface.styled("|", CYAN)
    return [
        f"{margin} {bar}",
        f"{place.line} {bar} {before}{meant}{inert(text[caret + width :])}",
        f"{margin} {bar} {' ' * cells(before)}{marks}",
    ]


def _around(line: str, column: int, gap: str) -> tuple[str, int]:
    """The part of a line around a column, and by how much columns are shifted in it."""
    if len(line) <= LONGEST_EXCERPT:
        return line.expandtabs(1), 0
    first = min(max(0, column - BEFORE_CARET), len(line) - LONGEST_EXCERPT)
    last = first + LONGEST_EXCERPT
    head, tail = gap if first else "", gap if last < len(line) else ""
    return head + line[first:last].expandtabs(1) + tail, first - len(head)
