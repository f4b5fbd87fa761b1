"""Documents as JSON lines: an object for every row, by the names of the columns; unknown numbers are null."""

from __future__ import annotations

import json
from collections.abc import Iterator

from cnncalc.render.document import Document
from cnncalc.render.listing import records
from cnncalc.render.surface import Surface


def render(document: Document, surface: Surface) -> str:
    """A line per row; the first keys say which listing it belongs to."""
    return "".join(pieces(document))


def pieces(document: Document) -> Iterator[str]:
    """The same listing by listing, as they come."""
    for rows in document.rows():
        for labels, listing in rows.parts:
            head: dict[str, object] = dict(zip(rows.names, labels, strict=True))
            lines = [head | record for record in records(listing.columns, listing.items)]
            yield "".join(f"{json.dumps(record)}\n" for record in lines)
