"""Listings as comma-separated values: every item, plain numbers, unknown ones empty."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import StringIO
from typing import Any

from cnncalc.render.listing import Listing
from cnncalc.render.text import inert


def render(listings: Sequence[tuple[tuple[str, ...], Listing[Any]]], names: tuple[str, ...] = ()) -> str:
    """All listings under one head; the first columns, ``names``, say which listing a row belongs to."""
    stream = StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    for at, (labels, listing) in enumerate(listings):
        if at == 0:
            writer.writerow([*names, *(column.key for column in listing.columns)])
        for item in listing.items:
            cells = (*labels, *(column.raw(item) for column in listing.columns))
            writer.writerow([inert(cell) if isinstance(cell, str) else cell for cell in cells])
    return stream.getvalue()
