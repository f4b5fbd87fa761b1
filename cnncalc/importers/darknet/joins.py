"""Darknet's sections that read earlier ones: concatenated, added or multiplied."""

from __future__ import annotations

from cnncalc.geometry.shape import Shape, total
from cnncalc.importers.darknet.elementwise import activated
from cnncalc.importers.darknet.translation import Layer, section


@section("route", options="layers groups group_id")
def route(layer: Layer) -> str | None:
    tensors = layer.tensors("layers")
    groups, group = layer.positive("groups", 1), layer.whole("group_id", 0)
    if groups > 1:
        parts = [_part(layer, tensor, groups, group) for tensor in tensors]
        tensors = [part for part in parts if part is not None]
    if len(tensors) <= 1:
        return tensors[0] if tensors else None
    shapes = [layer.building.shapes[tensor] for tensor in tensors]
    shape = Shape(total([one.channels for one in shapes]), shapes[0].sizes)
    return layer.add("concat", shape, *tensors)


def _part(layer: Layer, tensor: str, groups: int, group: int) -> str | None:
    """One of several groups of a tensor's channels."""
    channels = layer.building.shapes[tensor].channels
    if channels is None or channels % groups or not 0 <= group < groups:
        layer.refuse(f"group {group} of {groups} groups of {channels} channels is not whole")
        return None
    count = channels // groups
    return _channels(layer, tensor, group * count, count, "part")


@section("shortcut", options="from activation weights_type weights_normalization")
def shortcut(layer: Layer) -> str | None:
    tensors = layer.tensors("from")
    weights = layer.word("weights_type", "none")
    if weights != "none":
        return layer.unknown(f"weights_type={weights}")
    if not tensors:
        return None
    here = layer.input
    for tensor in tensors:
        here = _sum(layer, here, tensor)
    return activated(layer, here, "linear")


def _sum(layer: Layer, here: str, other: str) -> str:
    """The sum of two tensors; of unlike numbers of channels Darknet adds those that both have."""
    other = _sampled(layer, here, other)
    shape, added = layer.building.shapes[here], layer.building.shapes[other]
    if shape.channels == added.channels or shape.channels is None or added.channels is None:
        return layer.add("add", shape, here, other)
    if added.channels > shape.channels:
        return layer.add("add", shape, here, _channels(layer, other, 0, shape.channels, "shared"))
    shared = _channels(layer, here, 0, added.channels, "shared")
    rest = _channels(layer, here, added.channels, shape.channels - added.channels, "rest")
    summed = layer.add("add", added, shared, other, part="sum")
    return layer.add("concat", shape, summed, rest)


def _sampled(layer: Layer, here: str, other: str) -> str:
    """A larger map at every second or third position, as Darknet's shortcuts read it.

    Source: ``shortcut_cpu`` in src/blas.c
    """
    shape, read = layer.building.shapes[here], layer.building.shapes[other]
    pairs = zip(shape.sizes, read.sizes, strict=False)
    steps = [1 if wanted is None or size is None else size // wanted for wanted, size in pairs]
    if all(step <= 1 for step in steps) or any(step < 1 for step in steps):
        return other
    return layer.add(
        "maxpool",
        shape._replace(channels=read.channels),
        other,
        part="sampled",
        kernel=(1,) * len(steps),
        stride=tuple(steps),
    )


def _channels(layer: Layer, tensor: str, first: int, count: int, part: str) -> str:
    shape = Shape(count, layer.building.shapes[tensor].sizes)
    return layer.add("slice", shape, tensor, part=part, channels=(first, count))


@section("scale_channels", options="from activation scale_wh")
def scale_channels(layer: Layer) -> str | None:
    tensors = layer.tensors("from")
    if layer.whole("scale_wh", 0):
        return layer.unknown("`scale_wh=1` scales positions, which is not understood")
    if not tensors:
        return None
    made = layer.add("mul", layer.building.shapes[tensors[0]], tensors[0], layer.input)
    return activated(layer, made, "linear")


@section("sam", options="from activation")
def spatial_attention(layer: Layer) -> str | None:
    tensors = layer.tensors("from")
    if not tensors:
        return None
    return activated(layer, layer.add("mul", layer.shape, layer.input, tensors[0]), "linear")
