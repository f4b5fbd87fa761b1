"""W504: positions at the end of a map that no window reads, because the number of windows is rounded down."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.advice.base import Network, Remark
from cnncalc.analysis.report import LayerReport
from cnncalc.frameworks import Framework
from cnncalc.frameworks.rules import Ceil
from cnncalc.geometry.participation import dropped_end
from cnncalc.geometry.shape import Size, product
from cnncalc.layers.base import Layer
from cnncalc.layers.pooling import Pool
from cnncalc.support.numbers import by


def remarks(network: Network) -> Iterator[Remark]:
    """A remark per layer that leaves something of its input unread at the end of an axis."""
    for _, _, layer, record in network.layers():
        lost = _lost_along(record)
        if any(lost):
            yield Remark(
                record.path, _message(record, lost), _help(record, lost) + _ceil(layer, network.framework)
            )


def dropped_positions(layer: LayerReport) -> Size:
    """How many positions of a layer's input map are beyond its last windows."""
    lost = _lost_along(layer)
    return _unread(layer, lost) if any(missing != 0 for missing in lost) else 0


def _lost_along(layer: LayerReport) -> list[Size]:
    return [
        dropped_end(window, size)
        for window, size in zip(layer.windows or (), layer.in_shape.sizes, strict=False)
    ]


def _unread(layer: LayerReport, lost: list[Size]) -> Size:
    whole, read = product(layer.in_shape.sizes), product(_read(layer, lost))
    return None if whole is None or read is None else whole - read


def _read(layer: LayerReport, lost: list[Size]) -> tuple[Size, ...]:
    """The positions that are read along each axis."""
    pairs = zip(layer.in_shape.sizes, lost, strict=True)
    return tuple(None if size is None or missing is None else size - missing for size, missing in pairs)


def _message(layer: LayerReport, lost: list[Size]) -> str:
    sizes = layer.in_shape.sizes
    unread, whole = _unread(layer, lost), product(sizes)
    message = f"rounding down drops {_which(sizes, lost)}"
    return (
        message if len(sizes) == 1 or unread is None else f"{message}: {unread:,} of {whole:,} are never read"
    )


def _which(sizes: tuple[Size, ...], lost: list[Size]) -> str:
    """The positions that are dropped, once where all axes are alike."""
    texts = [
        _positions(size, missing)
        for size, missing in zip(sizes, lost, strict=True)
        if size is not None and missing
    ]
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


def _help(layer: LayerReport, lost: list[Size]) -> str:
    smaller = _read(layer, lost)
    steps = [
        window.stride if missing else 0 for window, missing in zip(layer.windows or (), lost, strict=True)
    ]
    larger = [None if size is None else size + step for size, step in zip(smaller, steps, strict=True)]
    return f"maps of {by(smaller)} and {by(larger)} are read completely; or pad the end"


def _ceil(layer: Layer, framework: Framework) -> str:
    can_round_up = isinstance(layer, Pool) and framework.pool_ceil is not Ceil.ABSENT
    return ", or round up with `ceil: true`" if can_round_up else ""
