"""How a drawing is written: one file per form, such as a picture or a page, and the registry of the forms.

To add a form: a file here, named as the form, with ``render(request: Request, surface: Surface) -> str``, and
a line in ``FORMS``. The endings of ``draw --output``, its help and errors follow from that line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from cnncalc.network.model import Model
from cnncalc.render.document import Document
from cnncalc.render.formats import Format, Formats
from cnncalc.render.pictures import Drawing

FORMS = Formats(
    __name__,
    Format("svg", "a picture", (".svg",), one_kind=True),
    Format("html", "a page for the browser with all there is to see", (".html",)),
)


class Request(NamedTuple):
    """What is to be drawn, and as which kind of picture; ``None`` where none was named."""

    what: str | None
    drawing: Drawing
    models: tuple[Model, ...] = ()
    """What the reports are of, one for each, where it is known."""
    texts: Mapping[str, Sequence[str]] = {}
    """The lines of the specs, by the files of the reports."""
    comparison: Document | None = None
    """How several networks are compared on a page; by their sums where it is not given."""
