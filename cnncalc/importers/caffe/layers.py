"""Caffe's layers as items, by the parameters and defaults of its own declarations.

Source: src/caffe/proto/caffe.proto of BVLC/caffe, and the layers' files beside it
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

from cnncalc.errors import Fault
from cnncalc.frameworks import CAFFE
from cnncalc.frameworks.rules import AxisPadding
from cnncalc.geometry.shape import Shape, total
from cnncalc.geometry.window import TransposedWindow, Window
from cnncalc.importers.building import Building, fitted
from cnncalc.importers.caffe.prototxt import Message


class Layer(NamedTuple):
    """One layer: its type in lower case, its parameters, the tensors it reads, and where items go."""

    kind: str
    name: str
    message: Message
    inputs: tuple[str, ...]
    outputs: int
    building: Building
    owners: dict[str, str]

    @property
    def shape(self) -> Shape:
        """The shape of the first tensor it reads."""
        return self.building.shapes[self.inputs[0]]

    def parameters(self, name: str) -> Parameters:
        """A message of parameters, such as ``convolution_param``."""
        return Parameters(self, self.message.message(f"{name}_param"))

    def add(self, op: str, shape: Shape | None, **arguments: object) -> str:
        """An item that reads the first tensor."""
        return self.add_to(self.inputs[:1], op, shape, self.name, **arguments)

    def add_to(
        self, inputs: tuple[str, ...], op: str, shape: Shape | None, label: str, **arguments: object
    ) -> str:
        """An item that reads some tensors."""
        return self.building.add(op, inputs, shape, label, **arguments)  # type: ignore[arg-type]

    def refuse(self, reason: str) -> None:
        self.building.refuse(self.name, self.message.text("type") or self.kind, reason, self.message.line)


class Parameters:
    """The parameters of a layer, of which each must be asked for or be known to change nothing."""

    def __init__(self, layer: Layer, message: Message) -> None:
        self.layer = layer
        self.message = message
        self.asked = {"engine"}

    def whole(self, name: str, default: int) -> int:
        """A whole number."""
        found = self.wholes(name)
        return found[-1] if found else default

    def wholes(self, name: str) -> list[int]:
        """Whole numbers of a field that may be repeated."""
        self.asked.add(name)
        numbers: list[int] = []
        for value in self.message.values(name):
            if re.fullmatch(r"[-+]?[0-9]{1,9}", value.text):
                numbers.append(int(value.text))
            else:
                self.layer.refuse(f"`{name}: {value.text}` is no whole number")
        return numbers

    def number(self, name: str, default: float) -> float:
        """A number on which no size or count depends."""
        self.asked.add(name)
        text = self.message.text(name)
        try:
            return float(text) if text else default
        except ValueError:
            self.layer.refuse(f"`{name}: {text}` is not a number")
            return default

    def flag(self, name: str, default: bool) -> bool:
        """True or false."""
        self.asked.add(name)
        text = self.message.text(name)
        if text in ("", "true", "True", "t", "1", "false", "False", "f", "0"):
            return text in ("true", "True", "t", "1") if text else default
        self.layer.refuse(f"`{name}: {text}` is neither true nor false")
        return default

    def word(self, name: str, default: str) -> str:
        """One of a few words."""
        self.asked.add(name)
        return self.message.text(name) or default

    def ignore(self, *names: str) -> None:
        """Fields that change no shape and no count."""
        self.asked.update(names)

    def only(self, name: str, value: str) -> None:
        """A field that is understood with one value alone."""
        found = self.word(name, value)
        if found != value:
            self.layer.refuse(f"`{name}: {found}` is not understood")

    def done(self) -> None:
        """Refuse what was not asked for."""
        for name in dict.fromkeys(field.name for field in self.message.fields):
            if name not in self.asked:
                self.layer.refuse(f"the parameter `{name}` is not understood")

    def per_axis(self, name: str, default: int, rank: int, pair: str | None = None) -> tuple[int, ...]:
        """One number per axis: given once, per axis, or as ``_h`` and ``_w``."""
        stem = pair or name
        both = (self.whole(f"{stem}_h", -1), self.whole(f"{stem}_w", -1))
        values = self.wholes(name)
        if both != (-1, -1):
            return tuple(default if one < 0 else one for one in both)
        if len(values) in (0, 1):
            return (values[0] if values else default,) * rank
        if len(values) != rank:
            self.layer.refuse(f"`{name}` has {len(values)} values for {rank} axes")
            return (default,) * rank
        return tuple(values)


Made = list[str] | None


def translate(layer: Layer) -> Made:
    """Append the items of a layer; the tensors of its tops, or ``None`` where the layer is not understood."""
    step = _STEPS.get(layer.kind)
    if step is None:
        layer.refuse("there is no such layer in the spec language")
        return None
    if layer.kind in NEEDS_MAP and layer.shape.rank == 0:
        layer.refuse(f"it needs a map, the layer before gives a vector of {layer.shape}")
        return None
    return step(layer)


def _shared(layer: Layer) -> str | None:
    """The earlier item with the weights that this layer names too."""
    names = [param.text("name") for param in layer.message.messages("param")]
    names += [value.text for value in layer.message.values("param")]
    return layer.owners.get(names[0]) if names and names[0] else None


def _own(layer: Layer, tensor: str) -> str:
    """Note the names that a layer gives its weights."""
    names = [param.text("name") for param in layer.message.messages("param")]
    names += [value.text for value in layer.message.values("param")]
    if names and names[0]:
        layer.owners.setdefault(names[0], tensor)
    return tensor


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


def _pairs(padding: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    return tuple((one, one) for one in padding)


def _convolution(layer: Layer) -> Made:
    given = layer.parameters("convolution")
    given.ignore("weight_filler", "bias_filler", "force_nd_im2col")
    given.only("axis", "1")
    kernel, stride, padding, dilation = _windows(layer, given)
    out, groups = given.whole("num_output", 0), given.whole("group", 1)
    bias = given.flag("bias_term", True)
    given.done()
    if layer.kind in ("convolutiondepthwise", "depthwiseconvolution", "convolutiondepthwise2d"):
        groups = layer.shape.channels or groups
    windows = [Window(k, s, p, p, d) for k, s, p, d in zip(kernel, stride, padding, dilation, strict=True)]
    tensor = layer.add(
        "conv",
        Shape(out, fitted(windows, layer.shape.sizes)),
        share=_shared(layer),
        kernel=kernel,
        out=out,
        stride=stride,
        padding=_pairs(padding),
        dilation=dilation,
        groups=groups,
        bias=bias,
    )
    return [_own(layer, tensor)]


def _deconvolution(layer: Layer) -> Made:
    given = layer.parameters("convolution")
    given.ignore("weight_filler", "bias_filler", "force_nd_im2col")
    given.only("axis", "1")
    kernel, stride, padding, dilation = _windows(layer, given)
    out, groups = given.whole("num_output", 0), given.whole("group", 1)
    bias = given.flag("bias_term", True)
    given.done()
    windows = [
        TransposedWindow(k, s, p, p, d) for k, s, p, d in zip(kernel, stride, padding, dilation, strict=True)
    ]
    tensor = layer.add(
        "conv_transpose",
        Shape(out, fitted(windows, layer.shape.sizes)),
        share=_shared(layer),
        kernel=kernel,
        out=out,
        stride=stride,
        padding=_pairs(padding),
        dilation=dilation,
        groups=groups,
        bias=bias,
    )
    return [_own(layer, tensor)]


def _pooling(layer: Layer) -> Made:
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
            padding=_pairs(padding),
            ceil=rounds_up,
        )
    ]


def _inner_product(layer: Layer) -> Made:
    given = layer.parameters("inner_product")
    given.ignore("weight_filler", "bias_filler", "transpose")
    given.only("axis", "1")
    out, bias = given.whole("num_output", 0), given.flag("bias_term", True)
    given.done()
    tensor = layer.add("linear", Shape(out), share=_shared(layer), out=out, bias=bias)
    return [_own(layer, tensor)]


def _margin_inner_product(layer: Layer) -> Made:
    """The angular softmax of SphereFace: a product without bias; its margin is of the training."""
    given = layer.parameters("margin_inner_product")
    given.ignore("weight_filler", "type", "iteration", "base", "gamma", "power", "lambda_min")
    out = given.whole("num_output", 0)
    given.done()
    return [layer.add("linear", Shape(out), out=out, bias=False)]


def _relu(layer: Layer) -> Made:
    given = layer.parameters("relu")
    slope = given.number("negative_slope", 0.0)
    given.done()
    return [layer.add("leaky_relu" if slope else "relu", layer.shape)]


def _prelu(layer: Layer) -> Made:
    given = layer.parameters("prelu")
    given.ignore("filler")
    shared = given.flag("channel_shared", False)
    given.done()
    return [layer.add("prelu", layer.shape, per_channel=not shared)]


def _power(layer: Layer) -> Made:
    given = layer.parameters("power")
    given.ignore("scale", "shift")
    power = given.number("power", 1.0)
    given.done()
    return [layer.inputs[0]] if power == 1 else [layer.add("pow", layer.shape, exponent=power)]


def _elementwise(op: str, parameters: str = "", *ignored: str) -> Callable[[Layer], Made]:
    """A layer that changes each number by itself; ``ignored`` are parameters that change no count."""

    def step(layer: Layer) -> Made:
        if parameters:
            given = layer.parameters(parameters)
            given.ignore(*ignored)
            given.done()
        return [layer.add(op, layer.shape)]

    return step


def _clip(layer: Layer) -> Made:
    given = layer.parameters("clip")
    low, high = given.number("min", 0.0), given.number("max", 6.0)
    given.done()
    return [layer.add("relu6" if (low, high) == (0, 6) else "hardtanh", layer.shape)]


def _same(layer: Layer) -> Made:
    return [layer.inputs[0]] * layer.outputs


def _lrn(layer: Layer) -> Made:
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
    pads = _pairs((size // 2,) * rank)
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


def _batch_norm(layer: Layer) -> Made:
    given = layer.parameters("batch_norm")
    given.ignore("use_global_stats", "moving_average_fraction", "eps")
    given.done()
    return [layer.add("bn", layer.shape)]


def _bn(layer: Layer) -> Made:
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


def _scale(layer: Layer) -> Made:
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


def _bias(layer: Layer) -> Made:
    given = layer.parameters("bias")
    given.ignore("filler")
    axis, axes = given.whole("axis", 1), given.whole("num_axes", 1)
    given.done()
    if len(layer.inputs) != 1 or axis != 1 or axes != 1:
        layer.refuse(f"`axis: {axis}`, `num_axes: {axes}` with {len(layer.inputs)} inputs is not understood")
        return None
    return [layer.add("shift", layer.shape)]


def _eltwise(layer: Layer) -> Made:
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


def _axpy(layer: Layer) -> Made:
    """A factor per channel times a map, plus another map (SENet's branch of Caffe)."""
    if len(layer.inputs) != 3:
        layer.refuse(f"{len(layer.inputs)} inputs, 3 are understood")
        return None
    factor, tensor, added = layer.inputs
    shape = layer.building.shapes[tensor]
    gated = layer.add_to((tensor, factor), "mul", shape, f"{layer.name}.mul")
    return [layer.add_to((gated, added), "add", shape, layer.name)]


def _concat(layer: Layer) -> Made:
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


def _slice(layer: Layer) -> Made:
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


def _crop(layer: Layer) -> Made:
    given = layer.parameters("crop")
    axis, offsets = given.whole("axis", 2), given.wholes("offset")
    given.done()
    if axis != 2 or len(layer.inputs) != 2:
        layer.refuse(f"`axis: {axis}` with {len(layer.inputs)} inputs is not understood")
        return None
    target = layer.building.shapes[layer.inputs[1]]
    offsets = (offsets or [0]) * (layer.shape.rank if len(offsets) <= 1 else 1)
    shape = Shape(layer.shape.channels, target.sizes)
    return [layer.add_to(layer.inputs, "crop_to", shape, layer.name, offset=tuple(offsets))]


def _shuffle(layer: Layer) -> Made:
    given = layer.parameters("shuffle_channel")
    groups = given.whole("group", 1)
    given.done()
    return [layer.add("channel_shuffle", layer.shape, groups=groups)]


def _unpooling(layer: Layer) -> Made:
    """Each value back to the place where the pool found it (SegNet's branch of Caffe); the mask that says
    where is the pool's second top.
    """
    given = layer.parameters("upsample")
    factors = (
        given.whole("scale_h", given.whole("scale", 2)),
        given.whole("scale_w", given.whole("scale", 2)),
    )
    wanted = (given.whole("upsample_h", 0), given.whole("upsample_w", 0))
    less = (int(given.flag("pad_out_h", False)), int(given.flag("pad_out_w", False)))
    given.done()
    if min(factors) < 1 or min(wanted) < 0:
        layer.refuse(f"factors of {factors}, sizes of {wanted} are not understood")
        return None
    shape = layer.shape
    enlarged = tuple(
        None if size is None else size * factor for size, factor in zip(shape.sizes, factors, strict=False)
    )
    if min(wanted):
        less = tuple((size or 0) - one for size, one in zip(enlarged, wanted, strict=True))  # type: ignore[assignment]
    if shape.rank != 2 or any(not 0 <= one < factor for one, factor in zip(less, factors, strict=True)):
        layer.refuse(
            f"sizes of {wanted[0]}x{wanted[1]} from {shape} by {factors[0]}x{factors[1]} are not understood"
        )
        return None
    note = "an unpooling: each value goes back to where the pool found it, zeros around it"
    made = layer.building.add(
        "upsample", layer.inputs[:1], Shape(shape.channels, enlarged), layer.name, note=note, factor=factors
    )
    if not any(less):
        return [made]
    sizes = tuple(None if size is None else size - one for size, one in zip(enlarged, less, strict=True))
    margins = tuple((0, one) for one in less)
    return [
        layer.add_to((made,), "crop", Shape(shape.channels, sizes), f"{layer.name}.crop", margins=margins)
    ]


def _interp(layer: Layer) -> Made:
    """Bilinear resizing in which the corners stay corners (DeepLab's and PSPNet's branches of Caffe).

    Source: src/caffe/layers/interp_layer.cpp of hszhao/PSPNet
    """
    given = layer.parameters("interp")
    wanted = (given.whole("height", 0), given.whole("width", 0))
    larger, smaller = given.whole("zoom_factor", 1), given.whole("shrink_factor", 1)
    given.only("pad_beg", "0")
    given.only("pad_end", "0")
    given.ignore("use_blob_size")
    given.done()
    if min(larger, smaller) < 1 or min(wanted) < 0:
        layer.refuse(f"`zoom_factor: {larger}`, `shrink_factor: {smaller}`, {wanted} are not understood")
        return None
    given_as: dict[str, object] = {"mode": "bilinear", "align_corners": True}
    if len(layer.inputs) == 2:
        shape = Shape(layer.shape.channels, layer.building.shapes[layer.inputs[1]].sizes)
        return [layer.add_to(layer.inputs, "upsample_to", shape, layer.name, **given_as)]
    sizes = tuple(
        size if size is None else _zoomed((size - 1) // smaller + 1, larger) for size in layer.shape.sizes
    )
    if min(wanted):
        sizes = wanted
    if None in sizes:
        layer.refuse(f"the size that comes out of {layer.shape} has to be known: pass --input")
        return None
    return [layer.add("upsample", Shape(layer.shape.channels, sizes), size=sizes, **given_as)]


def _zoomed(size: int, factor: int) -> int:
    return size + (size - 1) * (factor - 1)


def _reorg(layer: Layer) -> Made:
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


def _spp(layer: Layer) -> Made:
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


def _roi_pooling(layer: Layer) -> Made:
    given = layer.parameters("roi_pooling")
    given.ignore("spatial_scale")
    out = (given.whole("pooled_h", 1), given.whole("pooled_w", 1))
    given.done()
    return [layer.add("roi_pool", Shape(layer.shape.channels, out), out=out)]


def _normalize(layer: Layer) -> Made:
    """Unit length over the channels and a learned factor (SSD's branch of Caffe)."""
    given = layer.parameters("norm")
    given.ignore("scale_filler", "eps")
    given.only("across_spatial", "false")
    shared = given.flag("channel_shared", True)
    given.done()
    unit = layer.add("l2norm", layer.shape)
    return [layer.add_to((unit,), "scale", layer.shape, f"{layer.name}.scale", per_channel=not shared)]


_STEPS: dict[str, Callable[[Layer], Made]] = {
    "convolution": _convolution,
    "convolutiondepthwise": _convolution,
    "depthwiseconvolution": _convolution,
    "deconvolution": _deconvolution,
    "pooling": _pooling,
    "innerproduct": _inner_product,
    "margininnerproduct": _margin_inner_product,
    "relu": _relu,
    "relu6": _elementwise("relu6"),
    "prelu": _prelu,
    "elu": _elementwise("elu", "elu", "alpha"),
    "sigmoid": _elementwise("sigmoid", "sigmoid"),
    "tanh": _elementwise("tanh", "tanh"),
    "absval": _elementwise("abs"),
    "bnll": _elementwise("softplus"),
    "exp": _elementwise("exp", "exp", "base", "scale", "shift"),
    "log": _elementwise("log", "log", "base", "scale", "shift"),
    "swish": _elementwise("silu", "swish", "beta"),
    "selu": _elementwise("selu"),
    "hswish": _elementwise("hardswish"),
    "mish": _elementwise("mish"),
    "power": _power,
    "clip": _clip,
    "softmax": _elementwise("softmax", "softmax", "axis"),
    "softmaxwithloss": _elementwise("softmax", "softmax", "axis"),
    "softmaxloss": _elementwise("softmax", "softmax", "axis"),
    "dropout": _elementwise("dropout", "dropout", "dropout_ratio", "scale_train", "sample_weights_test"),
    "spatialdropout": _elementwise("dropout"),
    "split": _same,
    "lrn": _lrn,
    "batchnorm": _batch_norm,
    "bn": _bn,
    "scale": _scale,
    "bias": _bias,
    "eltwise": _eltwise,
    "axpy": _axpy,
    "concat": _concat,
    "slice": _slice,
    "crop": _crop,
    "shufflechannel": _shuffle,
    "upsample": _unpooling,
    "interp": _interp,
    "reorg": _reorg,
    "spp": _spp,
    "roipooling": _roi_pooling,
    "normalize": _normalize,
}
NEEDS_MAP = frozenset(
    (
        "convolution",
        "convolutiondepthwise",
        "depthwiseconvolution",
        "deconvolution",
        "pooling",
        "crop",
        "interp",
        "reorg",
        "roipooling",
        "spp",
        "upsample",
    )
)
