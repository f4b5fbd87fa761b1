"""Listings as Rich tables for a terminal, a pipe or a text file."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from io import StringIO
from typing import Any

from rich.box import Box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cnncalc.render.document import Document
from cnncalc.render.listing import GAP, Grid, Listing, Total, grid, line_width, widest
from cnncalc.render.listing import widths as widths_of
from cnncalc.render.surface import BOLD, DIM, RED, Surface
from cnncalc.render.text import cells

DIVIDER = 1
"""Of these, what the box draws."""
COMFORTABLE = 24
"""A name is folded down to this width before a column is dropped for it."""
MOST_BY_RICH = 40
"""Rows beyond these are padded without Rich, which takes ten times as long for a row as its analysis."""
NARROWEST = 12
"""A name is folded down to this width where nothing is left to drop."""

_RULED = Box("    \n    \n ── \n    \n    \n    \n    \n    \n")
_RULED_ASCII = Box("    \n    \n -- \n    \n    \n    \n    \n    \n", ascii=True)


def render(document: Document, surface: Surface) -> str:
    """All listings, a blank line between two; ends in a newline where there is any."""
    return "\n".join([drawn(listing, surface) for listing in document.listings(surface)])


def drawn(listing: Listing[Any], surface: Surface) -> str:
    """One listing, ending in a newline. Numbers are never cut: what does not fit is left out and named."""
    whole = grid(listing)
    shown, dropped = _fitting(whole, surface.width)
    title = listing.title or listing.details
    lines = [surface.styled(title, BOLD)] if title else []
    lines += [surface.styled(line, DIM) for line in listing.lead]
    if shown.columns:
        lines += ["", *_body(shown, surface)] if lines else _body(shown, surface)
    if listing.failure is not None:
        lines.append(surface.styled(f"x {listing.failure}", RED))
    notes = [f"? {reason}" for reason in whole.reasons] + list(listing.notes)
    notes += [column.note for column in shown.columns if column.note is not None]
    if dropped:
        notes.append(f"left out for want of width: {', '.join(dropped)}")
    lines += ["", *(surface.styled(note, DIM) for note in notes)] if notes else []
    lines += ["", *totals(listing.totals)] if listing.totals else []
    lines += ["", *listing.drawing] if listing.drawing else []
    return "\n".join(lines) + "\n"


def totals(rows: tuple[Total, ...]) -> list[str]:
    """The sums, titles to the left and numbers to the right."""
    return aligned([list(texts) for texts in zip(*rows, strict=True)], [False, True, True])


def aligned(columns: list[list[str]], rights: list[bool]) -> list[str]:
    """Lines of cells padded to their column's width."""
    table = Table.grid()
    widths = [widest(column) for column in columns]
    for place, (right, width) in enumerate(zip(rights, widths, strict=True)):
        _add_column(table, "", place, width, GAP, right)
    _add_rows(table, columns, rights, GAP)
    return _drawn(table, line_width(widths), Surface())


def _body(shown: Grid, surface: Surface) -> list[str]:
    """The table itself, measured so that nothing in it is cut."""
    widths = widths_of(shown)
    names = next((at for at, column in enumerate(shown.columns) if column.folds), None)
    if names is not None and surface.width is not None:
        widths[names] = min(widths[names], max(NARROWEST, surface.width - line_width(widths) + widths[names]))
    box = _RULED if surface.unicode else _RULED_ASCII
    table = Table(
        box=box, show_edge=False, pad_edge=False, padding=0, header_style="bold", border_style="dim"
    )
    for place, (column, width) in enumerate(zip(shown.columns, widths, strict=True)):
        _add_column(table, column.title, place, width, GAP - DIVIDER, column.right, column.folds)
    rights = [column.right for column in shown.columns]
    folded = {at for at, column in enumerate(shown.columns) if column.folds}
    _add_rows(table, [texts[:MOST_BY_RICH] for texts in shown.cells], rights, GAP - DIVIDER, folded)
    return [
        *_drawn(table, line_width(widths), surface),
        *_padded([texts[MOST_BY_RICH:] for texts in shown.cells], widths, rights),
    ]


def _padded(columns: Sequence[Sequence[str]], widths: Sequence[int], rights: Sequence[bool]) -> Iterator[str]:
    """Rows as Rich draws them; what is wider than its column goes on in the next line."""
    if all(widest(texts) <= width for texts, width in zip(columns, widths, strict=True)):
        padded = map(_justified_column, columns, widths, rights)
        yield from [(" " * GAP).join(row).rstrip() for row in zip(*padded, strict=True)]
        return
    for row in zip(*columns, strict=True):
        texts: Sequence[str] = row
        while texts is row or any(texts):
            ends = list(map(_fitting_characters, texts, widths))
            pieces = [text[:end] for text, end in zip(texts, ends, strict=True)]
            yield (" " * GAP).join(map(_justified, pieces, widths, rights)).rstrip()
            texts = [text[end:] for text, end in zip(texts, ends, strict=True)]


def _justified_column(texts: Sequence[str], width: int, right: bool) -> list[str]:
    if all(map(str.isascii, texts)):
        return [text.rjust(width) for text in texts] if right else [text.ljust(width) for text in texts]
    return [_justified(text, width, right) for text in texts]


def _justified(text: str, width: int, right: bool) -> str:
    gap = " " * (width - cells(text))
    return gap + text if right else text + gap


def _fitting_characters(text: str, width: int) -> int:
    """How many characters of a text fit into a width, one at least."""
    if cells(text) <= width:
        return len(text)
    used = 0
    for place, character in enumerate(text):
        used += cells(character)
        if used > width:
            return max(place, 1)
    return len(text)


# The gap between columns is part of their cells: as padding Rich would wrap each cell, which doubles the time
# of a table. Only
# what goes on in the next line needs it there, too.


def _add_column(
    table: Table, title: str, place: int, width: int, gap: int, right: bool, folds: bool = False
) -> None:
    table.add_column(
        Text(_spaced(title, place, gap, right)),
        justify="right" if right else "left",
        overflow="fold",
        no_wrap=not folds,
        width=width + (gap if place else 0),
    )


def _add_rows(
    table: Table,
    columns: Sequence[Sequence[str]],
    rights: Sequence[bool],
    gap: int,
    folded: Container[int] = (),
) -> None:
    spaced = [
        [Padding(Text(text), (0, 0, 0, gap)) for text in column]
        if place and place in folded
        else [Text(_spaced(text, place, gap, right)) for text in column]
        for place, (column, right) in enumerate(zip(columns, rights, strict=True))
    ]
    for row in zip(*spaced, strict=True):
        table.add_row(*row)


def _spaced(text: str, place: int, gap: int, right: bool) -> str:
    """The text behind its gap; a column to the right has it by its width."""
    return text if right or not place else " " * gap + text


def _drawn(table: Table, width: int, surface: Surface) -> list[str]:
    """The lines of a table on a console as wide as it needs."""
    target = StringIO()
    console = Console(
        file=target,
        width=max(width, 1),
        force_terminal=surface.colour,
        color_system="standard" if surface.colour else None,
        legacy_windows=False,
        markup=False,
        highlight=False,
        emoji=False,
    )
    console.print(table, soft_wrap=False)
    return [line.rstrip() for line in target.getvalue().splitlines()]


def _fitting(whole: Grid, width: int | None) -> tuple[Grid, tuple[str, ...]]:
    """What fits into the width, and the titles of the columns left out, in their order."""
    if width is None:
        return whole, ()
    widths = widths_of(whole)
    widths = [
        min(size, COMFORTABLE) if column.folds else size
        for column, size in zip(whole.columns, widths, strict=True)
    ]
    kept = list(range(len(widths)))
    while line_width([widths[at] for at in kept]) > width:
        least = max(kept, key=lambda at: (whole.columns[at].rank, at))
        if whole.columns[least].rank == 0:
            break
        kept.remove(least)
    # A wide column that had to go may have taken narrow ones of less rank with it.
    for at in sorted(set(range(len(widths))) - set(kept), key=lambda at: (whole.columns[at].rank, at)):
        if line_width([widths[at], *(widths[other] for other in kept)]) <= width:
            kept = sorted([*kept, at])
    shown = whole._replace(
        columns=tuple(whole.columns[at] for at in kept), cells=tuple(whole.cells[at] for at in kept)
    )
    return shown, tuple(column.title for at, column in enumerate(whole.columns) if at not in kept)
