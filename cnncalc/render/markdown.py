"""A listing as GitHub-flavoured Markdown."""

from __future__ import annotations

from typing import Any

from cnncalc.render.listing import Listing, grid


def render(listing: Listing[Any]) -> str:
    """A heading, the table, notes, and the totals as a second table; ends in a newline."""
    whole = grid(listing)
    blocks = [f"## {literal(listing.title)}"] if listing.title else []
    blocks += [literal(line) for line in listing.lead]
    heads = [column.title for column in whole.columns]
    columns = [
        [f"`` {_pipes(text)} ``" if "`" in text else f"`{_pipes(text)}`" for text in texts]
        if column.folds
        else [literal(text) for text in texts]
        for column, texts in zip(whole.columns, whole.cells, strict=True)
    ]
    blocks.append(table(heads, [column.right for column in whole.columns], list(zip(*columns, strict=True))))
    if listing.failure is not None:
        blocks.append(f"**x {literal(listing.failure)}**")
    blocks += [literal(f"? {reason}") for reason in whole.reasons]
    blocks += [
        literal(note)
        for note in (*listing.notes, *(column.note for column in whole.columns))
        if note is not None
    ]
    if listing.totals:
        totals = [tuple(literal(text) for text in total) for total in listing.totals]
        blocks.append(table(["total", "exact", "rounded"], [False, True, True], totals))
    if listing.drawing:
        blocks.append("\n".join(["```text", *listing.drawing, "```"]))
    return "\n\n".join(blocks) + "\n"


def table(heads: list[str], rights: list[bool], rows: list[tuple[str, ...]]) -> str:
    rule = ["---:" if right else "---" for right in rights]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [heads, rule, *rows])


def _pipes(text: str) -> str:
    return text.replace("|", "\\|")


_SPECIAL = str.maketrans({character: f"\\{character}" for character in "\\`*_[]<>|#~"})


def literal(text: str) -> str:
    """The text with nothing in it that Markdown would read as a mark."""
    return text.translate(_SPECIAL)
