"""Documents as GitHub-flavoured Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cnncalc.render.document import Document
from cnncalc.render.listing import Grid, Listing, grid
from cnncalc.render.surface import Surface


def render(document: Document, surface: Surface) -> str:
    """All listings; ends in a newline where there is any."""
    return "\n".join(["\n\n".join(_blocks(listing)) + "\n" for listing in document.listings(surface)])


def _blocks(listing: Listing[Any]) -> Iterator[str]:
    """A heading, the table, notes, and the totals as a second table."""
    whole = grid(listing)
    if listing.details:
        yield f"<details><summary>{literal(listing.details)}</summary>"
    if listing.title:
        yield f"{'#' * listing.level} {literal(listing.title)}"
    yield from map(literal, listing.lead)
    if whole.columns:
        heads = [column.title for column in whole.columns]
        yield table(heads, [column.right for column in whole.columns], _rows(whole, listing))
    if listing.failure is not None:
        yield f"**x {literal(listing.failure)}**"
    yield from (literal(f"? {reason}") for reason in whole.reasons)
    yield from map(prose, listing.notes)
    yield from (prose(column.note) for column in whole.columns if column.note is not None)
    if listing.totals:
        totals = [tuple(literal(text) for text in total) for total in listing.totals]
        yield table(["total", "exact", "rounded"], [False, True, True], totals)
    if listing.drawing:
        yield "\n".join(["```text", *listing.drawing, "```"])
    if listing.details:
        yield "</details>"


def _rows(whole: Grid, listing: Listing[Any]) -> list[tuple[str, ...]]:
    columns = []
    for column, texts in zip(whole.columns, whole.cells, strict=True):
        cells = [_code(text) if column.has_names else literal(text) for text in texts]
        if column.strong is not None:
            cells = [
                f"**{cell}**" if cell and column.strong(item) else cell
                for cell, item in zip(cells, listing.items, strict=True)
            ]
        columns.append(cells)
    return list(zip(*columns, strict=True))


def table(heads: list[str], rights: list[bool], rows: list[tuple[str, ...]]) -> str:
    """A table of cells that are Markdown already."""
    rule = ["---:" if right else "---" for right in rights]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [heads, rule, *rows])


def _code(text: str) -> str:
    """A text as code within a table."""
    text = text.replace("|", "\\|")
    return f"`` {text} ``" if "`" in text else f"`{text}`" if text else ""


_SPECIAL = str.maketrans({character: f"\\{character}" for character in "\\`*_[]<>|#~"})


def literal(text: str) -> str:
    """The text with nothing in it that Markdown would read as a mark."""
    return text.translate(_SPECIAL)


def prose(text: str) -> str:
    """The same, but what is between two backticks is code."""
    parts = text.split("`")
    if len(parts) % 2 == 0 or not all(parts[1::2]):
        return literal(text)
    return "".join(f"`{part}`" if at % 2 else literal(part) for at, part in enumerate(parts))
