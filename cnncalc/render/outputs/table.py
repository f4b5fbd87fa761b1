"""Listings as tables for a terminal, a pipe or a text file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from cnncalc.render.document import Document
from cnncalc.render.listing import GAP, Column, Grid, Listing, Total, grid, line_width, widest
from cnncalc.render.listing import widths as widths_of
from cnncalc.render.surface import BOLD, DIM, RED, STYLES, UNSURE, Surface
from cnncalc.render.text import UNKNOWN, cells, cut_between, wrapped

READABLE = 100
"""Columns of prose where the surface does not limit them."""
NARROWEST = 12
"""What may go on in the next line is folded down to this width where nothing is left to drop."""
FEWEST = 2
"""Columns that stay however narrow a terminal is."""


def render(document: Document, surface: Surface) -> str:
    """All listings, a blank line between two; ends in a newline where there is any."""
    return "\n".join([drawn(listing, surface) for listing in document.listings(surface)])


def drawn(listing: Listing[Any], surface: Surface) -> str:
    """One listing, ending in a newline. Numbers are never cut: what does not fit is left out and named."""
    whole = grid(listing)
    shown, dropped = _fitting(whole, surface.width)
    title = listing.title or listing.details
    lines = [surface.styled(line, BOLD) for line in _prose(title, surface.width)] if title else []
    for paragraph in listing.lead:
        lines += [surface.styled(line, DIM) for line in wrapped(paragraph, surface.width or READABLE)]
    if shown.columns:
        lines += (
            ["", *_body(shown, listing.items, surface)] if lines else _body(shown, listing.items, surface)
        )
    if listing.failure is not None:
        lines += [surface.styled(line, RED) for line in _prose(f"x {listing.failure}", surface.width)]
    notes = [f"{UNKNOWN} {reason}" for reason in whole.reasons] + list(listing.notes)
    notes += [column.note for column in shown.columns if column.note is not None]
    if dropped:
        notes.append(f"not shown for lack of width: {', '.join(dropped)}")
    if listing.hint:
        notes.append(listing.hint)
    if notes:
        lines.append("")
        lines += [surface.styled(line, DIM) for note in notes for line in _prose(note, surface.width)]
    lines += ["", *totals(listing.totals, surface)] if listing.totals else []
    lines += ["", *listing.drawing] if listing.drawing else []
    return "\n".join(lines) + "\n"


def _prose(text: str, width: int | None) -> list[str]:
    return [text] if width is None else wrapped(text, width)


def totals(rows: tuple[Total, ...], surface: Surface) -> list[str]:
    """The sums, titles to the left and numbers to the right."""
    columns = [list(texts) for texts in zip(*rows, strict=True)]
    if surface.width is not None and line_width(list(map(widest, columns))) > surface.width:
        columns.pop()  # a rounded number says nothing that the exact one does not
    widths = list(map(widest, columns))
    if surface.width is not None and line_width(widths) > surface.width:
        widths[0] = surface.width - line_width(widths) + widths[0]
        if widths[0] < NARROWEST:
            return _stacked(rows, surface.width)
    rights = [False, True, True][: len(columns)]
    return list(_rows(columns, widths, rights, [wrapped, None, None][: len(columns)], Surface()))


def _stacked(rows: tuple[Total, ...], width: int) -> list[str]:
    """The sums where a title and a number have no room beside each other."""
    return [line for title, exact, _ in rows for line in (*wrapped(title, width), f"  {exact}")]


def aligned(columns: list[list[str]], rights: list[bool], width: int | None = None) -> list[str]:
    """Lines of cells padded to their column's width; the last column goes on in the next line at words."""
    widths = [widest(column) for column in columns]
    if width is not None and not rights[-1]:
        widths[-1] = min(widths[-1], max(width - line_width(widths) + widths[-1], NARROWEST))
    folds = [None if right else wrapped for right in rights]
    return list(_rows(columns, widths, rights, folds, Surface()))


def _body(shown: Grid, items: Sequence[Any], surface: Surface) -> list[str]:
    """The head, a rule and the rows, measured so that nothing in them is cut."""
    widths = widths_of(shown)
    folding = [at for at, column in enumerate(shown.columns) if column.folds]
    while folding and surface.width is not None and line_width(widths) > surface.width:
        longest = max(folding, key=lambda at: widths[at])
        if widths[longest] <= NARROWEST:
            break
        widths[longest] -= 1
    rights = [column.right for column in shown.columns]
    heads = [
        _justified(column.title, width, column.right)
        for column, width in zip(shown.columns, widths, strict=True)
    ]
    return [
        surface.styled((" " * GAP).join(heads).rstrip(), BOLD),
        surface.styled(surface.glyph("─", "-") * line_width(widths), DIM),
        *_rows(
            shown.cells,
            widths,
            rights,
            [_fold(column) for column in shown.columns],
            surface,
            [_painter(column, items, surface) for column in shown.columns] if surface.colour else None,
        ),
    ]


Fold = Callable[[str, int], list[str]]
"""How a text goes on in the next line."""
Painter = Callable[[int, str], str]
"""Of the row of a number, a text in its style."""


def _fold(column: Column[Any]) -> Fold | None:
    if not column.folds:
        return None
    return wrapped if column.prose else cut_between


def _painter(column: Column[Any], items: Sequence[Any], surface: Surface) -> Painter:
    def paint(row: int, text: str) -> str:
        if not text or text.isspace():
            return text
        if text.strip() == UNKNOWN:
            return surface.styled(text, UNSURE)
        kind = column.kind if column.kind_of is None else column.kind_of(items[row])
        if kind == "count" and text.strip() == "0":
            return surface.styled(text, DIM)
        strong = column.strong is not None and column.strong(items[row])
        return surface.styled(text, ";".join(filter(None, (BOLD if strong else "", STYLES.get(kind, "")))))

    return paint


def _rows(
    columns: Sequence[Sequence[str]],
    widths: Sequence[int],
    rights: Sequence[bool],
    folds: Sequence[Fold | None],
    surface: Surface,
    painters: Sequence[Painter] | None = None,
) -> Iterator[str]:
    """The rows, padded; what is wider than its column goes on in the next line."""
    gap = " " * GAP
    if painters is None and all(widest(texts) <= width for texts, width in zip(columns, widths, strict=True)):
        padded = map(_justified_column, columns, widths, rights)
        yield from [gap.join(row).rstrip() for row in zip(*padded, strict=True)]
        return
    for number, row in enumerate(zip(*columns, strict=True)):
        parts = [
            [text] if fold is None or cells(text) <= width else fold(text, width)
            for text, width, fold in zip(row, widths, folds, strict=True)
        ]
        for at in range(max(map(len, parts))):
            line = [
                _justified(part[at] if at < len(part) else "", width, right)
                for part, width, right in zip(parts, widths, rights, strict=True)
            ]
            while line and not line[-1].strip():
                line.pop()
            if line:
                line[-1] = line[-1].rstrip()
            if painters is not None:
                line = [painters[place](number, text) for place, text in enumerate(line)]
            yield gap.join(line)


def _justified_column(texts: Sequence[str], width: int, right: bool) -> list[str]:
    if all(map(str.isascii, texts)):
        return [text.rjust(width) for text in texts] if right else [text.ljust(width) for text in texts]
    return [_justified(text, width, right) for text in texts]


def _justified(text: str, width: int, right: bool) -> str:
    gap = " " * (width - cells(text))
    return gap + text if right else text + gap


def _fitting(whole: Grid, width: int | None) -> tuple[Grid, tuple[str, ...]]:
    """What fits into the width, and the titles of the columns left out, in their order."""
    if width is None:
        return whole, ()
    widths = widths_of(whole)
    widths = [
        min(size, max(NARROWEST, width // (3 if column.prose else 2))) if column.folds else size
        for column, size in zip(whole.columns, widths, strict=True)
    ]
    kept = list(range(len(widths)))
    while line_width([widths[at] for at in kept]) > width:
        least = max(kept, key=lambda at: (whole.columns[at].rank, at))
        if whole.columns[least].rank < (1 if len(kept) <= FEWEST else 0):
            break
        kept.remove(least)
    # A wide column that had to go may have taken narrow ones of less rank with it.
    for at in sorted(set(range(len(widths))) - set(kept), key=lambda at: (whole.columns[at].rank, at)):
        if line_width([widths[at], *(widths[other] for other in kept)]) <= width:
            kept = sorted([*kept, at])
    shown = whole._replace(
        columns=tuple(whole.columns[at] for at in kept), cells=tuple(whole.cells[at] for at in kept)
    )
    left_out = [
        column.title for at, column in enumerate(whole.columns) if at not in kept and not column.decorative
    ]
    return shown, tuple(left_out)
