"""A page of its own for the browser: all there is to see of networks, with a unit to move."""

from __future__ import annotations

from cnncalc.analysis.report import Report
from cnncalc.errors import InputError
from cnncalc.questions.answers import layer_of, other_axes
from cnncalc.render.drawings import Request
from cnncalc.render.listings.comparison import Comparison
from cnncalc.render.page import Shown, document
from cnncalc.render.pictures import Drawing
from cnncalc.render.pictures.common import input_sizes
from cnncalc.render.surface import PLAIN, Surface
from cnncalc.support.words import shown


def render(request: Request, surface: Surface = PLAIN) -> str:
    """The page.

    Raises:
        InputError: for a layer or a unit that does not exist.
    """
    drawing = request.drawing
    for report in drawing.reports:
        _check(report, drawing)
    models = request.models or (None,) * len(drawing.reports)
    networks = [
        Shown(report, model, request.texts.get(report.file, ()))
        for report, model in zip(drawing.reports, models, strict=True)
    ]
    return document(networks, drawing, request.comparison or Comparison(drawing.reports))


def _check(report: Report, drawing: Drawing) -> None:
    """That the network has the layer and the unit that are to be shown first."""
    if len(drawing.layers) > 1:
        raise InputError(f"a page begins with one layer, and {len(drawing.layers)} are named")
    axes = len(input_sizes(report))
    if drawing.at is not None and len(drawing.at) != axes:
        raise InputError(other_axes(report.name, axes, drawing.at))
    for layer in (layer_of(report, path) for path in drawing.layers):
        units = layer.field.units
        for at, size in zip(drawing.at or (), units, strict=False):
            if size is not None and at >= size:
                raise InputError(f"{shown(layer.path)} has units up to {size - 1} along an axis, not {at}")
