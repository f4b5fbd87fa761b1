"""Caffe's joins, concatenation and arithmetic, and the cut of a blob into several."""

from __future__ import annotations

from itertools import pairwise

from cnncalc.geometry.shape import Shape, total
from cnncalc.importers.caffe.translation import Layer, Made, step


@step("eltwise")
def eltwise(layer: Layer) -> Made:
    given = layer.parameters("eltwise")
    given.ignore("stable_prod_grad")
    coefficients = [value.text for value in given.message.values("coeff")]
    given.ignore("coeff")
    kind = given.word("operation", "SUM")
    given.done()
    op = {"SUM": "add", "1": "add", "PROD": "mul", "0": "mul", "MAX": "max", "2": "max"}.get(kind)
    if op is None:
        layer.refuse(f"`operation: {kind}` is not understood")
        return None
    if op == "add" and [one.startswith("-") for one in coefficients] == [False, True]:
        op = "sub"
    if len(layer.inputs) == 1:
        return [layer.inputs[0]]
    return [layer.add_to(layer.inputs, op, layer.shape, layer.name)]


@step("axpy")
def axpy(layer: Layer) -> Made:
    """A factor per channel times a map, plus another map (SENet's branch of Caffe)."""
    if len(layer.inputs) != 3:
        layer.refuse(f"{len(layer.inputs)} inputs, 3 are understood")
        return None
    factor, tensor, added = layer.inputs
    shape = layer.building.shapes[tensor]
    gated = layer.add_to((tensor, factor), "mul", shape, f"{layer.name}.mul")
    return [layer.add_to((gated, added), "add", shape, layer.name)]


@step("concat")
def concat(layer: Layer) -> Made:
    given = layer.parameters("concat")
    axis = given.whole("axis", given.whole("concat_dim", 1))
    given.done()
    if axis not in (1, -layer.shape.rank - 1):
        layer.refuse(f"`axis: {axis}` is not the channels'")
        return None
    if len(layer.inputs) == 1:
        return [layer.inputs[0]]
    shapes = [layer.building.shapes[tensor] for tensor in layer.inputs]
    shape = Shape(total([one.channels for one in shapes]), shapes[0].sizes)
    return [layer.add_to(layer.inputs, "concat", shape, layer.name)]


@step("slice")
def slice(layer: Layer) -> Made:
    given = layer.parameters("slice")
    axis, points = given.whole("axis", given.whole("slice_dim", 1)), given.wholes("slice_point")
    given.done()
    channels = layer.shape.channels
    if axis != 1 or channels is None or (not points and channels % layer.outputs):
        layer.refuse(f"`axis: {axis}` of {layer.shape} in {layer.outputs} is not understood")
        return None
    points = points or [channels // layer.outputs * number for number in range(1, layer.outputs)]
    borders = [0, *points, channels]
    if sorted(set(borders)) != borders or len(borders) != layer.outputs + 1:
        layer.refuse(f"`slice_point` {points} does not cut {channels} channels into {layer.outputs}")
        return None
    return [
        layer.add_to(
            layer.inputs[:1],
            "slice",
            Shape(after - before, layer.shape.sizes),
            f"{layer.name}.{number}",
            channels=(before, after - before),
        )
        for number, (before, after) in enumerate(pairwise(borders))
    ]
