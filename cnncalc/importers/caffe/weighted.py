"""Caffe's inner products, normalizations and learned factors and offsets."""

from __future__ import annotations

from cnncalc.geometry.shape import Shape
from cnncalc.importers.caffe.translation import Layer, Made, pairs, step


@step("innerproduct")
def inner_product(layer: Layer) -> Made:
    given = layer.parameters("inner_product")
    given.ignore("weight_filler", "bias_filler", "transpose")
    given.only("axis", "1")
    out, bias = given.whole("num_output", 0), given.flag("bias_term", True)
    given.done()
    tensor = layer.add_weighted("linear", Shape(out), out=out, bias=bias)
    return [tensor]


@step("margininnerproduct")
def margin_inner_product(layer: Layer) -> Made:
    """The angular softmax of SphereFace: a product without bias; its margin is of the training."""
    given = layer.parameters("margin_inner_product")
    given.ignore("weight_filler", "type", "iteration", "base", "gamma", "power", "lambda_min")
    out = given.whole("num_output", 0)
    given.done()
    return [layer.add("linear", Shape(out), out=out, bias=False)]


@step("batchnorm")
def batch_norm(layer: Layer) -> Made:
    given = layer.parameters("batch_norm")
    given.ignore("use_global_stats", "moving_average_fraction", "eps")
    given.done()
    return [layer.add("bn", layer.shape)]


@step("bn")
def bn(layer: Layer) -> Made:
    """The batch normalisation of SegNet's and PSPNet's branches of Caffe, which learns two per channel."""
    given = layer.parameters("bn")
    given.ignore(
        "slope_filler",
        "shift_filler",
        "scale_filler",
        "bn_mode",
        "momentum",
        "frozen",
        "eps",
        "bias_filler",
        "icnet",
        "slice_group",
    )
    given.done()
    return [layer.add("bn", layer.shape, scale=True)]


@step("scale")
def scale(layer: Layer) -> Made:
    given = layer.parameters("scale")
    given.ignore("filler", "bias_filler")
    axis, axes = given.whole("axis", 1), given.whole("num_axes", 1)
    bias = given.flag("bias_term", False)
    given.done()
    if len(layer.inputs) == 2 and not bias:
        return [layer.add_to(layer.inputs, "mul", layer.shape, layer.name)]
    if len(layer.inputs) != 1 or axis not in (1, -layer.shape.rank) or axes != 1:
        layer.refuse(f"`axis: {axis}`, `num_axes: {axes}` with {len(layer.inputs)} inputs is not understood")
        return None
    return [layer.add("scale", layer.shape, bias=bias)]


@step("bias")
def bias(layer: Layer) -> Made:
    given = layer.parameters("bias")
    given.ignore("filler")
    axis, axes = given.whole("axis", 1), given.whole("num_axes", 1)
    given.done()
    if len(layer.inputs) != 1 or axis != 1 or axes != 1:
        layer.refuse(f"`axis: {axis}`, `num_axes: {axes}` with {len(layer.inputs)} inputs is not understood")
        return None
    return [layer.add("shift", layer.shape)]


@step("normalize")
def normalize(layer: Layer) -> Made:
    """Unit length over the channels and a learned factor (SSD's branch of Caffe)."""
    given = layer.parameters("norm")
    given.ignore("scale_filler", "eps")
    given.only("across_spatial", "false")
    shared = given.flag("channel_shared", True)
    given.done()
    unit = layer.add("l2norm", layer.shape)
    return [layer.add_to((unit,), "scale", layer.shape, f"{layer.name}.scale", per_channel=not shared)]


@step("lrn")
def lrn(layer: Layer) -> Made:
    given = layer.parameters("lrn")
    given.ignore("alpha", "beta", "k")
    region, size = given.word("norm_region", "ACROSS_CHANNELS"), given.whole("local_size", 5)
    given.done()
    if region in ("WITHIN_CHANNEL", "1"):
        return [_within_channel(layer, size)]
    return [layer.add("lrn", layer.shape, size=size)]


def _within_channel(layer: Layer, size: int) -> str:
    """Response normalisation over positions: a map times a power of the mean of its squares around.

    Source: src/caffe/layers/lrn_layer.cpp of BVLC/caffe
    """
    shape, rank = layer.shape, layer.shape.rank
    square = layer.add_to(layer.inputs, "square", shape, f"{layer.name}.square")
    pads = pairs((size // 2,) * rank)
    mean = layer.add_to(
        (square,),
        "avgpool",
        shape,
        f"{layer.name}.mean",
        kernel=(size,) * rank,
        stride=(1,) * rank,
        padding=pads,
    )
    power = layer.add_to((mean,), "pow", shape, f"{layer.name}.power", exponent=-0.75)
    return layer.add_to((*layer.inputs, power), "mul", shape, layer.name)
