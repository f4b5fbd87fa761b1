"""Diagnostics in full: what was found, the place with its source line, and what would work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cnncalc.errors import Diagnostic, Location
from cnncalc.render.surface import BOLD, BOLD_RED, BOLD_YELLOW, CYAN, PLAIN, Surface
from cnncalc.render.text import cells, inert, wrapped
from cnncalc.support.numbers import plural

LONGEST_EXCERPT = 100
"""Characters of a source line that are shown around the caret."""
BEFORE_CARET = 40
NARROWEST = 20
"""Characters of an excerpt or a line of prose at least, however narrow the terminal is."""


def render(diagnostics: Iterable[Diagnostic], surface: Surface = PLAIN) -> str:
    """All of them, a blank line between two; ends in a newline where there is any."""
    blocks = ["\n".join(_lines(diagnostic, surface)) for diagnostic in diagnostics]
    return "\n\n".join(blocks) + "\n" if blocks else ""


def closing_line(diagnostics: Sequence[Diagnostic], surface: Surface = PLAIN) -> str:
    """How many there are, below a list of several errors; nothing below a single one."""
    errors = sum(one.severity == "error" for one in diagnostics)
    if errors < 2:
        return ""
    warnings = len(diagnostics) - errors
    files = len({one.location.file for one in diagnostics if one.location is not None})
    line = (
        plural(errors, "error")
        + (f" and {plural(warnings, 'warning')}" if warnings else "")
        + (f" in {plural(files, 'file')}" if files > 1 else "")
    )
    return f"\n{surface.styled(line, BOLD)}\n"


CHAIN_END = 3
"""Calls that are shown at each end of a long chain."""


def _lines(found: Diagnostic, surface: Surface) -> list[str]:
    style = BOLD_RED if found.severity == "error" else BOLD_YELLOW
    path = f" ({inert(found.path)})" if found.path else ""
    code = f"{found.severity}[{found.code}]"
    place = found.location
    margin = " " * (len(str(place.line)) if place else 1)
    first, *more = _prose(f"{code}: {inert(found.message)}{'' if place else path}", "  ", surface)
    lines = [
        surface.styled(code, style) + surface.styled(first.removeprefix(code), BOLD),
        *(surface.styled(line, BOLD) for line in more),
    ]
    if place is not None:
        where = inert(place.said)
        lines.append(f"{margin}{surface.styled('-->', CYAN)} {where}{path}")
        lines += _excerpt(place, found.excerpt, margin, style, surface) if found.excerpt else []
    for text in _calls(found.chain):
        lines += _prose(f"{margin} = {inert(text)}", f"{margin}   ", surface)
    if found.help:
        first, *more = _prose(f"{margin} = help: {inert(found.help)}", f"{margin}         ", surface)
        lines += [first.replace("help", surface.styled("help", CYAN), 1), *more]
    return lines


def _prose(text: str, indent: str, surface: Surface) -> list[str]:
    """A text in lines that are broken between words where a terminal is too narrow for it."""
    if surface.width is None or cells(text) <= surface.width:
        return [text]
    body = text.lstrip(" ")
    blanks = text[: len(text) - len(body)]
    first, *more = wrapped(body, max(surface.width - max(len(blanks), len(indent)), NARROWEST))
    return [blanks + first, *(indent + line for line in more)]


def _calls(chain: tuple[str, ...]) -> list[str]:
    """The calls of blocks that led to a place; of a long chain both ends."""
    calls = [f"in {call}" for call in chain]
    if len(calls) <= 2 * CHAIN_END + 1:
        return calls
    left_out = len(calls) - 2 * CHAIN_END
    return [*calls[:CHAIN_END], f"... {left_out} more blocks ...", *calls[-CHAIN_END:]]


def _excerpt(place: Location, line: str, margin: str, style: str, surface: Surface) -> list[str]:
    gap = surface.glyph("…", "...")
    room = LONGEST_EXCERPT
    if surface.width is not None:
        room = min(room, surface.width - len(f"{place.line} | ") - 2 * len(gap))
        room = max(room // 2 if cells(line) > len(line) else room, NARROWEST)
    text, start = _around(line, place.column - 1, gap, room)
    caret = max(0, min(place.column - 1 - start, len(text)))
    width = max(1, min(place.width, len(text) - caret))
    before, meant = inert(text[:caret]), inert(text[caret : caret + width])
    marks = surface.styled("^" * max(1, cells(meant)), style)
    bar = surface.styled("|", CYAN)
    return [
        f"{margin} {bar}",
        f"{place.line} {bar} {before}{meant}{inert(text[caret + width :])}",
        f"{margin} {bar} {' ' * cells(before)}{marks}",
    ]


def _around(line: str, column: int, gap: str, room: int) -> tuple[str, int]:
    """The part of a line around a column, and by how much columns are shifted in it."""
    if len(line) <= room:
        return line.expandtabs(1), 0
    first = min(max(0, column - min(BEFORE_CARET, room // 2)), len(line) - room)
    last = first + room
    head, tail = gap if first else "", gap if last < len(line) else ""
    return head + line[first:last].expandtabs(1) + tail, first - len(head)
