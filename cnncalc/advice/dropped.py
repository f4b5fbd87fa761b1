"""W504: positions at the end of a map that no window reaches, because the number of windows is rounded down."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from cnncalc.advice.base import Network, Remark
from cnncalc.figures import by
from cnncalc.geometry.participation import phases_read, unread_end
from cnncalc.geometry.window import Window
from cnncalc.report import LayerReport

CODE = "W504"


def remarks(network: Network) -> Iterator[Remark]:
    """A remark per layer that leaves something of its input unread at the end of an axis."""
    for layer in network.report.layers:
        lost = _lost_along(layer)
        if any(lost):
            yield Remark(layer.path, _message(layer, lost), _help(layer, lost))


def dropped_positions(layer: LayerReport) -> int:
    """How many positions of a layer's input map lie behind its last windows; 0 where its size is not known."""
    lost = _lost_along(layer)
    return _unread(layer, lost) if any(lost) else 0


def _lost_along(layer: LayerReport) -> list[int]:
    return [_lost(window, size) for window, size in zip(layer.windows or (), layer.in_shape.sizes, strict=False)]


def _unread(layer: LayerReport, lost: list[int]) -> int:
    sizes = [size or 0 for size in layer.in_shape.sizes]
    return prod(sizes) - prod(size - missing for size, missing in zip(sizes, lost, strict=True))


def _lost(window: object, size: int | None) -> int:
    """Positions unread at the end; those of a stride that skips positions anyway are another matter."""
    if not isinstance(window, Window) or window.stride == 1 or size is None or phases_read(window) < window.stride:
        return 0
    return unread_end(window, size)


def _message(layer: LayerReport, lost: list[int]) -> str:
    sizes = [size or 0 for size in layer.in_shape.sizes]
    unread = _unread(layer, lost)
    message = f"rounding down drops {_which(sizes, lost)}"
    whole = "" if len(sizes) == 1 or None in layer.in_shape.sizes else f": {unread:,} of {prod(sizes):,} are never read"
    return message + whole


def _which(sizes: list[int], lost: list[int]) -> str:
    """The positions that are dropped, once where all axes are alike."""
    texts = [_positions(size, missing) for size, missing in zip(sizes, lost, strict=True) if missing]
    if len(lost) == 1:
        return texts[0]
    if len(set(texts)) == 1 and all(lost):
        return f"{texts[0]} along each axis"
    places = [place for place, missing in enumerate(lost, 1) if missing]
    return " and ".join(f"{text} along axis {place}" for text, place in zip(texts, places, strict=True))


def _positions(size: int, missing: int) -> str:
    if missing == 1:
        return f"the last of {size:,} positions ({size - 1})"
    return f"the last {missing:,} of {size:,} positions ({size - missing}..{size - 1})"


def _help(layer: LayerReport, lost: list[int]) -> str:
    windows = layer.windows or ()
    smaller = [(size or 0) - missing for size, missing in zip(layer.in_shape.sizes, lost, strict=True)]
    larger = [size + (window.stride if missing else 0) for size, missing, window in zip(smaller, lost, windows, strict=True)]
    return f"maps of {by(tuple(smaller))} and {by(tuple(larger))} are read whole; or pad the end" + _ceil(layer)


def _ceil(layer: LayerReport) -> str:
    return ", or round up with `ceil: true`" if layer.op in ("maxpool", "avgpool", "lppool") else ""
