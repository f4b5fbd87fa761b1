"""Elements moved between axes, as Keras layers: shuffles, blocks of pixels, tokens and maps."""

from __future__ import annotations

from typing import Any

from cnncalc.analysis.report import LayerReport
from cnncalc.exporters.calls import Call, placed
from cnncalc.exporters.keras.translation import Made, Translation, makes
from cnncalc.exporters.refusing import Inexpressible
from cnncalc.geometry.shape import Shape


@makes("channel_shuffle")
def channel_shuffle(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    rank, channels = record.in_shape.rank, record.in_shape.channels or 0
    inner: Any = (*record.in_shape.sizes, layer.groups, channels // layer.groups)
    return _rearranged(record, inner, (*range(rank), rank + 1, rank))


@makes("pixel_shuffle")
def pixel_shuffle(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    rank, sizes = record.in_shape.rank, record.in_shape.sizes
    inner: Any = (*sizes, *(layer.factor,) * rank, record.shape.channels)
    order = (*(one for axis in range(rank) for one in (axis, rank + axis)), 2 * rank)
    return _rearranged(record, inner, order)


@makes("pixel_unshuffle")
def pixel_unshuffle(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    rank = record.in_shape.rank
    inner: Any = (
        *(one for size in record.shape.sizes for one in (size, layer.factor)),
        record.in_shape.channels,
    )
    order = (*range(0, 2 * rank, 2), *range(1, 2 * rank, 2), 2 * rank)
    return _rearranged(record, inner, order)


def _rearranged(record: LayerReport, inner: tuple[int, ...], order: tuple[int, ...]) -> Made:
    """Positions and channels as more axes, these in another order, and what comes out of them."""
    shape: Any = (*record.shape.sizes, record.shape.channels)
    return (
        Call("layers.Reshape", (placed("target_shape", inner),)),
        Call("layers.Permute", (placed("dims", tuple(one + 1 for one in order)),)),
        Call("layers.Reshape", (placed("target_shape", shape),)),
    )


@makes("squeeze", "tokens", "to_map")
def reshaped(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    """Axes laid out anew without another order of the positions."""
    if getattr(layer, "extra", 0):
        raise Inexpressible("Keras has no layer for learned or left out tokens")
    shape: Any = (*record.shape.sizes, record.shape.channels)
    return Call("layers.Reshape", (placed("target_shape", shape),))


@makes("token")
def token(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    return Translation((), f"{{0}}[:, {layer.place}]")
