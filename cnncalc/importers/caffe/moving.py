"""Caffe's moves of elements between axes: shuffled channels, and blocks of positions as channels."""

from __future__ import annotations

from cnncalc.geometry.shape import Shape
from cnncalc.importers.caffe.translation import Layer, Made, step


@step("shufflechannel")
def shuffle(layer: Layer) -> Made:
    given = layer.parameters("shuffle_channel")
    groups = given.whole("group", 1)
    given.done()
    return [layer.add("channel_shuffle", layer.shape, groups=groups)]


@step("reorg")
def reorg(layer: Layer) -> Made:
    """Space to depth (YOLOv2 in Caffe)."""
    given = layer.parameters("reorg")
    step = given.whole("stride", 2)
    given.only("reverse", "false")
    given.done()
    channels, sizes = layer.shape.channels, layer.shape.sizes
    if channels is None or step < 1 or any(size is not None and size % step for size in sizes):
        layer.refuse(f"`stride: {step}` does not divide {layer.shape}")
        return None
    shape = Shape(channels * step ** len(sizes), tuple(size and size // step for size in sizes))
    return [layer.add("pixel_unshuffle", shape, factor=step)]
