"""Documents as LaTeX tables with the rules of the package booktabs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from cnncalc.render.document import Document
from cnncalc.render.listing import Listing, grid
from cnncalc.render.surface import Surface


def render(document: Document, surface: Surface) -> str:
    """A table for each listing, to be read by ``input``; ends in a newline where there is any."""
    whole = surface._replace(unicode=True)  # glyphs become commands, whatever the terminal has
    tables = ["\n".join(_lines(listing)) + "\n" for listing in document.listings(whole)]
    return "\n".join(["% needs \\usepackage{booktabs,longtable}\n", *tables]) if tables else ""


def _lines(listing: Listing[Any]) -> Iterator[str]:
    """The title and the description as a paragraph, the table, remarks, and the sums as a second table."""
    whole = grid(listing)
    title = listing.title or listing.details
    if title:
        yield f"\\paragraph{{{escaped(title)}}}"
    yield from map(escaped, listing.lead)
    if whole.columns:
        columns = []
        for column, texts in zip(whole.columns, whole.cells, strict=True):
            marked = [column.strong is not None and column.strong(item) for item in listing.items]
            columns.append(
                [
                    f"\\textbf{{{escaped(text)}}}" if strong and text else escaped(text)
                    for text, strong in zip(texts, marked, strict=True)
                ]
            )
        heads = [escaped(column.title) for column in whole.columns]
        yield from _table([column.right for column in whole.columns], zip(*columns, strict=True), heads)
    if listing.failure is not None:
        yield f"\\noindent\\textbf{{x {escaped(listing.failure)}}}\\par"
    remarks = (*(f"? {reason}" for reason in whole.reasons), *listing.notes)
    notes = (column.note for column in whole.columns if column.note is not None)
    yield from (f"\\noindent {escaped(remark)}\\par" for remark in (*remarks, *notes))
    if listing.totals:
        yield from _table([False, True, True], (tuple(map(escaped, total)) for total in listing.totals))


def _table(
    rights: list[bool], rows: Iterable[tuple[str, ...]], heads: list[str] | None = None
) -> Iterator[str]:
    """A table that may go on over pages; cells are LaTeX already."""
    yield f"\\begin{{longtable}}{{@{{}}{''.join('r' if right else 'l' for right in rights)}@{{}}}}"
    yield "\\toprule"
    if heads is not None:
        yield f"{' & '.join(heads)} \\\\"
        yield "\\midrule"
        yield "\\endhead"
    for cells in rows:
        yield f"{' & '.join(cells)} \\\\"
    yield "\\bottomrule"
    yield "\\end{longtable}"


_SPECIAL = {
    "\\": "\\textbackslash{}",
    "~": "\\textasciitilde{}",
    "^": "\\textasciicircum{}",
    "<": "\\textless{}",
    ">": "\\textgreater{}",
    "|": "\\textbar{}",
    "[": "{[}",  # this one and the next would be read as a part of the end of the line before
    "*": "{*}",
    "--": "-{}-",
    "→": "$\\rightarrow$",
    "·": "$\\cdot$",
    "…": "\\ldots{}",
    **{character: f"\\{character}" for character in "&%$#_{}"},
}
_TO_ESCAPE = re.compile("█+|" + "|".join(map(re.escape, _SPECIAL)))
_TREE = " │├└─"
"""What a name in a tree is indented by; of it LaTeX has the blanks only."""


def escaped(text: str) -> str:
    """The text with nothing in it that LaTeX would read as a command; an indent before it stays as blanks."""
    body = text.lstrip(_TREE)
    indent = "~" * (len(text) - len(body))
    return indent + _TO_ESCAPE.sub(lambda found: _SPECIAL.get(found[0]) or _bar(len(found[0])), body)


def _bar(cells: int) -> str:
    return f"\\rule{{{cells / 4:g}em}}{{1.5ex}}"
