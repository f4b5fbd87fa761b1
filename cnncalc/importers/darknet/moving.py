"""Darknet's moves of elements between positions and channels."""

from __future__ import annotations

from cnncalc.geometry.shape import Shape
from cnncalc.importers.darknet.translation import Layer, section


@section("reorg", options="stride reverse", needs_map=True)
def reorg(layer: Layer) -> str:
    """Space to depth; Darknet's first version of it has an order of elements of its own."""
    return _reordered(layer, "the elements are in an order of Darknet's own")


@section("reorg3d", options="stride reverse", needs_map=True)
def reorg3d(layer: Layer) -> str:
    return _reordered(layer, None)


def _reordered(layer: Layer, note: str | None) -> str:
    step, channels = layer.positive("stride", 1), layer.shape.channels
    back, area = bool(layer.whole("reverse", 0)), step**2
    if channels is None or (back and channels % area):
        return layer.unknown(f"{channels} channels do not fill {step}x{step} positions")
    sizes = tuple(
        None if size is None else size * step if back else size // step for size in layer.shape.sizes
    )
    shape = Shape(channels // area if back else channels * area, sizes)
    return layer.add("pixel_shuffle" if back else "pixel_unshuffle", shape, note=note, factor=step)
