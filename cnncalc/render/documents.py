"""Whole documents: networks, comparisons and single listings in the format asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any

from cnncalc.analysis.report import Report
from cnncalc.render import layers
from cnncalc.render.listing import Listing
from cnncalc.render.surface import Surface
from cnncalc.render.view import Unread, View

Entry = Report | Unread


def networks(entries: Sequence[Entry], view: View, format: str, surface: Surface) -> str:
    """Each network for itself, and the variants of a file side by side beneath them."""
    if format == "json":
        from cnncalc.render.json import render

        return render(entries, view)
    reports = [entry for entry in entries if isinstance(entry, Report)]
    if format == "csv":
        return _csv(
            [((report.file, report.name), layers.complete(report, view)) for report in reports],
            ("file", "model"),
        )
    return "\n".join(map(_drawn(format, surface), _blocks(reports, view, format, surface)))


Group = tuple[str, Sequence[Report]]
"""Networks that are held against each other, under a title."""


def compared(
    entries: Sequence[Entry], format: str, surface: Surface, groups: Sequence[Group] = (), **more: Any
) -> str:
    """Networks held against the first of them, or of each group where there are some; JSON gets ``more``
    keys.
    """
    from cnncalc.render import compare

    reports = [entry for entry in entries if isinstance(entry, Report)]
    groups = groups or (("", reports),)
    if format == "json":
        from cnncalc.render.json import render

        return render(
            entries, View("compare"), comparison=compare.changes(reports) if reports else None, **more
        )
    if not reports:
        return ""
    if format == "csv":
        return _csv([((), compare.complete(group)) for _, group in groups])
    drawn = _drawn(format, surface)
    return "\n".join(
        drawn(_beside(group, "compare", format, surface)._replace(title=title)) for title, group in groups
    )


def _beside(reports: Sequence[Report], command: str, format: str, surface: Surface) -> Listing[Any]:
    """Networks in columns, or in lines below each other where a terminal is too narrow for them."""
    from cnncalc.render import compare, table

    whole = compare.listing(reports, command)
    return whole if format != "table" or table.fits(whole, surface.width) else compare.lines(reports, command)


def single(listing: Listing[Any], format: str, surface: Surface) -> str:
    """One listing as table, Markdown or CSV."""
    return _csv([((), listing)]) if format == "csv" else _drawn(format, surface)(listing)


def _blocks(reports: Sequence[Report], view: View, format: str, surface: Surface) -> Iterator[Listing[Any]]:
    for _, group in groupby(reports, key=lambda report: report.file):
        variants = tuple(group)
        lead: tuple[str, ...] = ()
        for report in variants:
            listing = layers.listing(report, view)
            yield listing._replace(lead=()) if listing.lead == lead else listing
            lead = listing.lead
        if len(variants) > 1 and any(report.failed is None for report in variants):
            yield _beside(variants, view.command, format, surface)


def _drawn(format: str, surface: Surface) -> Callable[[Listing[Any]], str]:
    if format == "markdown":
        from cnncalc.render import markdown

        return markdown.render
    from cnncalc.render import table

    return lambda listing: table.render(listing, surface)


def _csv(listings: Sequence[tuple[tuple[str, ...], Listing[Any]]], names: tuple[str, ...] = ()) -> str:
    from cnncalc.render import csv

    return csv.render(listings, names)
