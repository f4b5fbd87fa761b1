"""Documents as a page for the browser, those that have one."""

from __future__ import annotations

from cnncalc.render.document import Document
from cnncalc.render.surface import PLAIN, Surface


def render(document: Document, surface: Surface = PLAIN) -> str:
    """The document's page; nothing where there is nothing to show."""
    return document.page()
