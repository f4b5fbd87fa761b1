"""Caffe's convolutions and pools, by its own rounding."""

from __future__ import annotations

from cnncalc.errors import Fault
from cnncalc.frameworks import CAFFE
from cnncalc.frameworks.rules import AxisPadding
from cnncalc.geometry.shape import Shape
from cnncalc.geometry.window import TransposedWindow, Window
from cnncalc.importers.building import fitted
from cnncalc.importers.caffe.translation import Layer, Made, Parameters, pairs, step

_DEPTHWISE = ("convolutiondepthwise", "depthwiseconvolution")
"""Types of branches of Caffe, in which each channel is a group."""


@step("convolution", "deconvolution", *_DEPTHWISE)
def convolution(layer: Layer) -> Made:
    given = layer.parameters("convolution")
    given.ignore("weight_filler", "bias_filler", "force_nd_im2col")
    given.only("axis", "1")
    kernel, stride, padding, dilation = _windows(layer, given)
    out, groups = given.whole("num_output", 0), given.whole("group", 1)
    bias = given.flag("bias_term", True)
    given.done()
    if layer.kind in _DEPTHWISE:
        groups = layer.shape.channels or groups
    op, window = ("conv", Window) if layer.kind != "deconvolution" else ("conv_transpose", TransposedWindow)
    windows = [window(k, s, p, p, d) for k, s, p, d in zip(kernel, stride, padding, dilation, strict=True)]
    tensor = layer.add_weighted(
        op,
        Shape(out, fitted(windows, layer.shape.sizes)),
        kernel=kernel,
        out=out,
        stride=stride,
        padding=pairs(padding),
        dilation=dilation,
        groups=groups,
        bias=bias,
    )
    return [tensor]


@step("pooling")
def pooling(layer: Layer) -> Made:
    given = layer.parameters("pooling")
    method = {"0": "MAX", "1": "AVE"}.get(given.word("pool", "MAX"), given.word("pool", "MAX"))
    if method not in ("MAX", "AVE"):
        layer.refuse(f"`pool: {method}` is not understood")
        return None
    op, rank = "maxpool" if method == "MAX" else "avgpool", layer.shape.rank
    if given.flag("global_pooling", False):
        given.ignore("kernel_size", "kernel_h", "kernel_w", "stride", "pad")
        given.done()
        return [layer.add(f"global_{op}", Shape(layer.shape.channels, (1,) * rank))]
    kernel, stride, padding, _ = _windows(layer, given)
    rounds_up = given.word("round_mode", "CEIL") in ("CEIL", "0") and given.flag("ceil_mode", True)
    given.done()
    try:
        windows = [
            CAFFE.pool_window(k, s, AxisPadding(p, p), 1, rounds_up, None, any(padding))
            for k, s, p in zip(kernel, stride, padding, strict=True)
        ]
    except Fault as fault:
        layer.refuse(fault.message)
        return None
    return [
        layer.add(
            op,
            Shape(layer.shape.channels, fitted(windows, layer.shape.sizes)),
            kernel=kernel,
            stride=stride,
            padding=pairs(padding),
            ceil=rounds_up,
        )
    ]


def _windows(
    layer: Layer, given: Parameters
) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    rank = layer.shape.rank
    kernel = given.per_axis("kernel_size", 0, rank, "kernel")
    stride, padding = given.per_axis("stride", 1, rank), given.per_axis("pad", 0, rank)
    dilation = given.per_axis("dilation", 1, rank)
    if min(kernel) < 1 or min(stride) < 1 or min(dilation) < 1 or min(padding) < 0:
        layer.refuse(f"a kernel of {kernel} with stride {stride} and padding {padding} is no window")
        return (1,) * rank, (1,) * rank, (0,) * rank, (1,) * rank
    return kernel, stride, padding, dilation


@step("spp")
def spp(layer: Layer) -> Made:
    given = layer.parameters("spp")
    height, method = given.whole("pyramid_height", 1), given.word("pool", "MAX")
    given.done()
    if method not in ("MAX", "AVE", "0", "1") or not 1 <= height <= 10:
        layer.refuse(f"`pool: {method}`, `pyramid_height: {height}` is not understood")
        return None
    levels = tuple(2**level for level in range(height))
    bins = sum(level**layer.shape.rank for level in levels)
    channels = layer.shape.channels
    shape = Shape(None if channels is None else channels * bins)
    kind = "max" if method in ("MAX", "0") else "avg"
    return [layer.add("spp", shape, levels=levels, mode="caffe", kind=kind)]


@step("roipooling")
def roi_pooling(layer: Layer) -> Made:
    given = layer.parameters("roi_pooling")
    given.ignore("spatial_scale")
    out = (given.whole("pooled_h", 1), given.whole("pooled_w", 1))
    given.done()
    return [layer.add("roi_pool", Shape(layer.shape.channels, out), out=out)]
