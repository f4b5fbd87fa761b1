"""Documents as HTML without scripts: for a notebook, or as a page of their own."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

from cnncalc.render.document import Document
from cnncalc.render.listing import Column, Listing, Total, grid
from cnncalc.render.surface import PLAIN, Surface
from cnncalc.render.text import UNKNOWN

STYLE = """\
.cnncalc {font: 13px/1.45 ui-sans-serif, system-ui, sans-serif}
.cnncalc table {border-collapse: collapse; margin: .6em 0; font-variant-numeric: tabular-nums}
.cnncalc th, .cnncalc td {padding: .1em .7em; text-align: right; white-space: pre; border: 0}
.cnncalc th {border-bottom: 1px solid currentColor}
.cnncalc .left {text-align: left; white-space: pre-wrap}
.cnncalc .name {text-align: left; font-family: ui-monospace, monospace}
.cnncalc p {margin: .2em 0; max-width: 60em; opacity: .75}
.cnncalc .failure, .cnncalc .unknown {color: #c0392b; opacity: 1}
"""
"""Colours of its own only for what is amiss: the rest is legible on light and dark."""


def render(document: Document, surface: Surface) -> str:
    """A page of its own; nothing where there is nothing to show."""
    body = fragment(document, surface)
    return body and (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>cnncalc</title>\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"{body}</html>\n"
    )


def fragment(document: Document, surface: Surface = PLAIN) -> str:
    """What can be put into a page: the tables with their style."""
    lines = tables(document, surface)
    return lines and f'<div class="cnncalc">\n<style>{STYLE}</style>\n{lines}\n</div>\n'


def tables(document: Document, surface: Surface = PLAIN) -> str:
    """The tables alone, for a page with a style of its own."""
    return "\n".join(line for listing in document.listings(surface.unlimited) for line in _lines(listing))


def _lines(listing: Listing[Any]) -> Iterator[str]:
    """A heading, the table, remarks, and the sums as a second table."""
    whole = grid(listing)
    if listing.details:
        yield f"<details><summary>{escape(listing.details)}</summary>"
    if listing.title:
        yield f"<h{listing.level + 1}>{escape(listing.title)}</h{listing.level + 1}>"
    yield from map(_paragraph, listing.lead)
    if whole.columns:
        heads = "".join(_cell("th", column, column.title) for column in whole.columns)
        yield f"<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>"
        for item, texts in zip(listing.items, zip(*whole.cells, strict=True), strict=True):
            cells = zip(whole.columns, texts, strict=True)
            yield f"<tr>{''.join(_cell('td', column, text, item) for column, text in cells)}</tr>"
        yield "</tbody>\n</table>"
    if listing.failure is not None:
        yield f'<p class="failure">x {escape(listing.failure)}</p>'
    yield from (_paragraph(f"{UNKNOWN} {reason}") for reason in whole.reasons)
    yield from map(_paragraph, listing.notes)
    yield from (_paragraph(column.note) for column in whole.columns if column.note is not None)
    if listing.totals:
        yield f"<table>\n<tbody>\n{''.join(map(_total, listing.totals))}</tbody>\n</table>"
    if listing.drawing:
        yield f"<pre>{escape(chr(10).join(listing.drawing))}</pre>"
    if listing.details:
        yield "</details>"


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def _cell(tag: str, column: Column[Any], text: str, item: object = None) -> str:
    kind = "name" if column.has_names else "" if column.right else "left"
    if text == UNKNOWN:
        kind = f"{kind} unknown".strip()
    body = escape(text)
    if item is not None and column.strong is not None and text and column.strong(item):
        body = f"<b>{body}</b>"
    return f'<{tag} class="{kind}">{body}</{tag}>' if kind else f"<{tag}>{body}</{tag}>"


def _total(total: Total) -> str:
    numbers = f"<td>{total.exact}</td><td>{total.rounded}</td>"
    return f'<tr><td class="left">{escape(total.title)}</td>{numbers}</tr>\n'
