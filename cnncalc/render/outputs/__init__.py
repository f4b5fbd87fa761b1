"""How a result is written: one file per format, and the registry that everything about formats derives from.

To add a format: a file here, named as the format, with ``render(document: Document, surface: Surface)`` that
gives the text, and a line in ``FORMATS``. The option ``--format``, its help, completion and errors, the
choice by the ending of ``--output`` and the tests follow from that line; a test says what is missing of one
that is half there. ``PICTURED`` has one format more, for the documents that can be seen as a picture, and
``COMPARED`` another one, for a comparison, which is a page, too: it has all that there are.
"""

from __future__ import annotations

from cnncalc.render.formats import Format, Formats

FORMATS = Formats(
    __name__,
    Format(
        "table", "for reading", (".txt",), lead=True, failure=True, notes=True, drawing=True, terminal=True
    ),
    Format("json", "for programs", (".json",), diagnostics=True),
    Format("csv", "for spreadsheets", (".csv",), streams=True),
    Format("jsonl", "for programs, a line per row", (".jsonl", ".ndjson"), streams=True),
    Format(
        "markdown",
        "for pull requests",
        (".markdown", ".md"),
        lead=True,
        failure=True,
        notes=True,
        drawing=True,
        details=True,
    ),
    Format(
        "html",
        "for notebooks and the web",
        (".html", ".htm"),
        lead=True,
        failure=True,
        notes=True,
        drawing=True,
        details=True,
    ),
    Format("latex", "for papers", (".tex",), lead=True, failure=True, notes=True),
)
PICTURED = Formats(
    __name__, *FORMATS, Format("svg", "a picture, of `pool`, `spp`, `compare` and `sweep`", (".svg",))
)
"""The formats of a document with a ``picture``."""
_BEFORE = PICTURED.names.index("html")
COMPARED = Formats(
    __name__,
    *list(PICTURED)[:_BEFORE],
    PICTURED["html"]._replace(name="page", about="the page of `draw`, of `compare`"),
    *list(PICTURED)[_BEFORE:],
)
"""The formats of a document with a ``page``, to which its endings lead before they lead to a table."""
