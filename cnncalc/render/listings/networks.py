"""Networks one by one: layers, sums, and the variants of a file side by side beneath them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from cnncalc.analysis.report import Report
from cnncalc.render.document import Document, Rows
from cnncalc.render.listing import Listing
from cnncalc.render.listings import layers
from cnncalc.render.surface import Surface
from cnncalc.render.view import Unread, View

Entry = Report | Unread


class Networks(Document):
    """What the commands ``params``, ``rf``, ``shapes`` and ``summary`` show."""

    def __init__(self, entries: Sequence[Entry], view: View) -> None:
        self.entries = entries
        self.view = view

    def listings(self, surface: Surface) -> Iterator[Listing[Any]]:
        """A table per network; a description that variants share is not repeated."""
        is_named = len({entry.file for entry in self.entries}) > 1
        for _, group in groupby(reports_of(self.entries), key=lambda report: report.file):
            variants = tuple(group)
            lead: tuple[str, ...] = ()
            for report in variants:
                listing = layers.listing(report, self.view, surface, is_named)
                yield listing._replace(lead=()) if listing.lead == lead else listing
                lead = listing.lead
            if len(variants) > 1 and any(report.failed is None for report in variants):
                from cnncalc.render.listings.comparison import beside

                yield beside(variants, self.view.command, surface)

    def rows(self) -> tuple[Rows, ...]:
        """Every layer, under the names of file and model."""
        parts = [
            ((report.file, report.name), layers.complete(report, self.view))
            for report in reports_of(self.entries)
        ]
        return (Rows(("file", "model"), parts),)

    def json(self) -> str:
        from cnncalc.render.records import render

        return render(self.entries, self.view)


def reports_of(entries: Sequence[Entry]) -> list[Report]:
    """The networks that could be read."""
    return [entry for entry in entries if isinstance(entry, Report)]
