"""A picture of one kind, in a file of its own."""

from __future__ import annotations

from cnncalc.render.drawings import Request
from cnncalc.render.pictures import USUAL, draw
from cnncalc.render.surface import PLAIN, Surface


def render(request: Request, surface: Surface = PLAIN) -> str:
    """The kind asked for, else the usual one."""
    return draw(request.what or USUAL, request.drawing)
