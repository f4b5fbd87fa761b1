"""A document as JSON, format 1."""

from __future__ import annotations

from cnncalc.render.document import Document
from cnncalc.render.surface import Surface


def render(document: Document, surface: Surface) -> str:
    """As the document itself writes it: kinds differ in their keys."""
    return document.json()
