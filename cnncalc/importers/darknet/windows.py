"""Darknet's convolutions and pools, by its own sizes."""

from __future__ import annotations

from math import prod

from cnncalc.geometry.shape import Shape
from cnncalc.geometry.window import Window
from cnncalc.importers.building import fitted
from cnncalc.importers.darknet.elementwise import activated
from cnncalc.importers.darknet.translation import Layer, section

_POOL = "size stride stride_x stride_y padding"


@section(
    "convolutional",
    options="""filters groups size stride stride_x stride_y dilation pad padding activation
    batch_normalize cbn share_index""",
    needs_map=True,
)
def convolutional(layer: Layer) -> str:
    filters, size = layer.positive("filters", 1), layer.positive("size", 1)
    groups, stride = layer.positive("groups", 1), layer.strides()
    dilation = 1 if size == 1 else layer.positive("dilation", 1)
    pads = size // 2 if layer.whole("pad", 0) else layer.whole("padding", 0)
    normalized = bool(layer.whole("batch_normalize", 0) or layer.whole("cbn", 0))
    # Darknet counts the outputs without the dilation, and pads by it.
    windows = [Window(size, step, pads, pads) for step in stride]
    shape = Shape(filters, fitted(windows, layer.shape.sizes))
    tensor = layer.add(
        "conv",
        shape,
        share=_shared(layer),
        kernel=(size, size),
        out=filters,
        stride=stride,
        padding=((pads * dilation, pads * dilation),) * 2,
        dilation=(dilation, dilation),
        groups=groups,
        bias=not normalized,
    )
    layer.weights[len(layer.made)] = tensor
    if normalized:
        tensor = layer.add("bn", shape, tensor, part="bn")
    return activated(layer, tensor, "logistic")


def _shared(layer: Layer) -> str | None:
    """The item whose weights a convolution uses instead of its own."""
    if "share_index" not in layer.section.options:
        return None
    index = layer.whole("share_index", 0)
    found = layer.weights.get(index if index >= 0 else len(layer.made) + index)
    if found is None:
        layer.refuse(f"`share_index={index}` names no convolution before this one")
    return found


@section("local", options="filters size stride pad activation", needs_map=True)
def local(layer: Layer) -> str:
    """A convolution with weights of its own for each position, which no layer of a spec has.

    Source: ``make_local_layer`` in src/local_layer.c
    """
    filters, size = layer.positive("filters", 1), layer.positive("size", 1)
    stride, pad = layer.positive("stride", 1), int(bool(layer.whole("pad", 0)))
    sizes = fitted([Window(size, stride, pad, pad)] * 2, layer.shape.sizes)
    channels = layer.shape.channels
    if (pad and size != 3) or None in sizes or channels is None:
        return layer.unknown(f"of {layer.shape} with `size={size}`, `pad={pad}` it is not understood")
    positions = prod(size or 0 for size in sizes)
    weights = positions * size * size * channels * filters
    tensor = layer.add(
        "custom",
        Shape(filters, sizes),
        note="[local]: weights of its own for each position",
        kernel=(size, size),
        stride=(stride, stride),
        padding=((pad, pad),) * 2,
        out=filters,
        params=weights + positions * filters,
        macs=weights,
    )
    return activated(layer, tensor, "logistic")


@section("maxpool", options=_POOL, needs_map=True)
def maxpool(layer: Layer) -> str:
    return _pool(layer, "maxpool")


@section("local_avgpool", options=_POOL, needs_map=True)
def avgpool(layer: Layer) -> str:
    return _pool(layer, "avgpool")


def _pool(layer: Layer, op: str) -> str:
    stride = layer.strides()
    size = layer.positive("size", layer.positive("stride", 1))
    pads = layer.whole("padding", size - 1)
    before = pads // 2
    windows = [Window(size, step, before, pads - before) for step in stride]
    # One position more at the end is what rounding up gives these, and reads the same.
    rounds_up = size == stride[0] == stride[1] and pads == size - 1 == 1
    return layer.add(
        op,
        Shape(layer.shape.channels, fitted(windows, layer.shape.sizes)),
        kernel=(size, size),
        stride=stride,
        padding=((0, 0),) * 2 if rounds_up else ((before, pads - before),) * 2,
        ceil=rounds_up,
    )


@section("avgpool", needs_map=True)
def global_avgpool(layer: Layer) -> str:
    return layer.add("global_avgpool", Shape(layer.shape.channels, (1, 1)))
