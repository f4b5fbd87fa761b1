"""Documents as comma-separated values: every item, plain numbers, `true` and `false`, unknown ones empty."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO
from itertools import repeat

from cnncalc.render.document import Document, Rows
from cnncalc.render.listing import Raw
from cnncalc.render.surface import Surface
from cnncalc.render.text import inert


def render(document: Document, surface: Surface) -> str:
    """A table under each head; the first columns say which listing a row belongs to."""
    return "".join(pieces(document))


def pieces(document: Document) -> Iterator[str]:
    """The same listing by listing, as they come."""
    for at, rows in enumerate(document.rows()):
        if at:
            yield "\n"
        yield from _table(rows)


def _table(rows: Rows) -> Iterator[str]:
    for at, (labels, listing) in enumerate(rows.parts):
        stream = StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        if at == 0:
            writer.writerow([*rows.names, *(column.key for column in listing.columns)])
        same = [repeat(inert(label), len(listing.items)) for label in labels]
        columns = [_written(column.raws(listing.items)) for column in listing.columns]
        writer.writerows(zip(*same, *columns, strict=True))
        yield stream.getvalue()


def _written(cells: list[Raw]) -> list[Raw]:
    if bool in set(map(type, cells)):
        return [str(cell).lower() if isinstance(cell, bool) else cell for cell in cells]
    if "".join([cell for cell in cells if isinstance(cell, str)]).isprintable():
        return cells
    return [inert(cell) if isinstance(cell, str) else cell for cell in cells]
