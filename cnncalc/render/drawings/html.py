"""A page of its own for the browser: all there is to see of networks, with a unit to move."""

from __future__ import annotations

from cnncalc.errors import InputError
from cnncalc.render.drawings import Request
from cnncalc.render.page import Shown, document
from cnncalc.render.pictures.common import layer_of
from cnncalc.render.surface import PLAIN, Surface


def render(request: Request, surface: Surface = PLAIN) -> str:
    """The page.

    Raises:
        InputError: for one kind of picture, since a page shows more, and for a layer that does not exist.
    """
    if request.what is not None:
        raise InputError(
            f"a page shows more than `--what {request.what}`: leave it out, or write an SVG file"
        )
    drawing = request.drawing
    for path in drawing.layers:
        layer_of(drawing.reports[0], path)
    models = request.models or (None,) * len(drawing.reports)
    networks = [
        Shown(report, model, request.texts.get(report.file, ()))
        for report, model in zip(drawing.reports, models, strict=True)
    ]
    return document(networks, drawing)
