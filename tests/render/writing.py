"""Documents in a format, as commands write them."""

from __future__ import annotations

from collections.abc import Sequence

from cnncalc.render.listings.comparison import Comparison
from cnncalc.render.listings.networks import Entry, Networks
from cnncalc.render.outputs import FORMATS
from cnncalc.render.surface import Surface
from cnncalc.render.view import View


def networks(entries: Sequence[Entry], view: View, format: str, surface: Surface) -> str:
    """Each network for itself."""
    return FORMATS.render(format, Networks(entries, view), surface)


def compared(entries: Sequence[Entry], format: str, surface: Surface) -> str:
    """Networks compared with the first of them."""
    return FORMATS.render(format, Comparison(entries), surface)
