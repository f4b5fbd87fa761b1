"""Keras' convolutions and pools, padded by a word."""

from __future__ import annotations

from math import prod

from cnncalc.frameworks import TENSORFLOW
from cnncalc.frameworks.rules import AxisPadding
from cnncalc.geometry.shape import Shape, Size
from cnncalc.importers.building import fitted
from cnncalc.importers.keras.elementwise import activated
from cnncalc.importers.keras.translation import Call, Made, Tensor, layer, operation

_PADDINGS = {"valid": AxisPadding(), "same": AxisPadding(same=True), "causal": AxisPadding(causal=True)}
_CONV = ("filters", "kernel_size", "strides", "padding", "dilation_rate", "groups", "activation", "use_bias")
_DEPTHWISE = (
    "kernel_size",
    "strides",
    "padding",
    "depth_multiplier",
    "dilation_rate",
    "groups",
    "activation",
    "use_bias",
)


@layer("Conv{}D", "Convolution{}D", settings=_CONV)
def conv(call: Call) -> Made:
    if not call.needs_map():
        return None
    kernel, stride = call.per_axis("kernel_size"), call.per_axis("strides")
    dilation, filters = call.per_axis("dilation_rate"), call.whole("filters")
    padded = _padded(call, kernel, stride, dilation)
    if padded is None:
        return None
    shape = Shape(filters, padded[1])
    made = call.add(
        "conv",
        shape,
        has_weights=True,
        kernel=kernel,
        out=filters,
        stride=stride,
        padding=padded[0],
        dilation=dilation,
        groups=call.whole("groups", 1),
        bias=bool(call.settings.get("use_bias", True)),
    )
    return [activated(call, made)]


@layer("DepthwiseConv{}D", settings=_DEPTHWISE)
def depthwise(call: Call) -> Made:
    if not (call.needs_map() and call.unless("groups", 1)):
        return None
    bias = bool(call.settings.get("use_bias", True))
    made = _depthwise_part(call, bias, call.label)
    return None if made is None else [activated(call, made)]


@layer("SeparableConv{}D", settings=(*_DEPTHWISE, "filters"))
def separable(call: Call) -> Made:
    """A depthwise convolution without bias and a pointwise one, which has Keras' single bias."""
    if not call.needs_map():
        return None
    depthwise = _depthwise_part(call, False, f"{call.label}.depthwise")
    if depthwise is None:
        return None
    filters, rank = call.whole("filters"), call.shape.rank
    made = call.add(
        "conv",
        Shape(filters, depthwise.shape.sizes),
        depthwise,
        has_weights=True,
        kernel=(1,) * rank,
        out=filters,
        bias=bool(call.settings.get("use_bias", True)),
    )
    return [activated(call, made)]


def _depthwise_part(call: Call, bias: bool, label: str) -> Tensor | None:
    kernel, stride = call.per_axis("kernel_size"), call.per_axis("strides")
    dilation, mult = call.per_axis("dilation_rate"), call.whole("depth_multiplier", 1)
    padded = _padded(call, kernel, stride, dilation)
    if padded is None:
        return None
    channels = call.shape.channels
    return call.add(
        "depthwise",
        Shape(None if channels is None else channels * mult, padded[1]),
        has_weights=True,
        label=label,
        kernel=kernel,
        mult=mult,
        stride=stride,
        padding=padded[0],
        dilation=dilation,
        bias=bias,
    )


@layer("Conv{}DTranspose", settings=(*_CONV, "output_padding", "output_shape"))
def transposed(call: Call) -> Made:
    if not call.needs_map():
        return None
    kernel, stride = call.per_axis("kernel_size"), call.per_axis("strides")
    dilation, filters = call.per_axis("dilation_rate"), call.whole("filters")
    word = call.settings.get("padding", "valid")
    if word not in ("valid", "same"):
        call.refuse(f"`padding={word}` is not understood")
        return None
    cuts = None
    if call.settings.get("output_padding") is not None:
        extra = call.per_axis("output_padding", least=0)
        if any(more >= step for more, step in zip(extra, stride, strict=True)):
            call.refuse(f"`output_padding={list(extra)}` is not less than the strides {list(stride)}")
            return None
        cuts = [_cut(*one, word) for one in zip(kernel, dilation, extra, strict=True)]
    windows = [
        TENSORFLOW.transposed_window(k, s, pads, d, more)
        for k, s, d, (pads, more) in zip(
            kernel, stride, dilation, cuts or [(_PADDINGS[word], 0)] * len(kernel), strict=True
        )
    ]
    made = call.add(
        "conv_transpose",
        Shape(filters, fitted(windows, call.shape.sizes)),
        has_weights=True,
        kernel=kernel,
        out=filters,
        stride=stride,
        padding=tuple((pads.before, pads.after) for pads, _ in cuts) if cuts else word,
        output_padding=tuple(more for _, more in cuts) if cuts else None,
        dilation=dilation,
        bias=bool(call.settings.get("use_bias", True)),
    )
    return [activated(call, made)]


def _cut(kernel: int, dilation: int, extra: int, word: str) -> tuple[AxisPadding, int]:
    """What a transposed convolution with an output padding cuts away, and how much it adds at the end.

    Source: keras/src/backend/common/backend_utils.py; TensorFlow cuts the smaller half before
    """
    extent = (kernel - 1) * dilation + 1
    cut = extent - extent % 2 - extra if word == "same" else -extra
    return (AxisPadding(cut // 2, cut - cut // 2), 0) if cut >= 0 else (AxisPadding(), -cut)


@layer("AdaptiveMaxPooling{}D", "AdaptiveAveragePooling{}D", settings=("output_size",))
def adaptive_pool(call: Call) -> Made:
    if not call.needs_map():
        return None
    out = call.per_axis("output_size")
    return [call.add(f"adaptive_{_op_of(call)}", Shape(call.shape.channels, out), out=out)]


@layer("LocallyConnected{}D", settings=_CONV)
def locally_connected(call: Call) -> Made:
    """A convolution with weights of its own for each position, which no layer of a spec has."""
    if not (call.needs_map() and call.unless("padding", "valid")):
        return None
    kernel, stride, filters = call.per_axis("kernel_size"), call.per_axis("strides"), call.whole("filters")
    padded = _padded(call, kernel, stride, (1,) * call.shape.rank)
    channels, sizes = call.shape.channels, () if padded is None else padded[1]
    if channels is None or not sizes or None in sizes:
        call.refuse(f"of {call.shape} its weights are not known: pass --input")
        return None
    positions = prod(size or 0 for size in sizes)
    weights = positions * prod(kernel) * channels * filters
    biases = positions * filters if call.settings.get("use_bias", True) else 0
    made = call.add(
        "custom",
        Shape(filters, sizes),
        kernel=kernel,
        stride=stride,
        out=filters,
        params=weights + biases,
        macs=weights,
        note=f"Keras' {call.kind}: weights of its own for each position",
    )
    return [activated(call, made)]


def _padded(
    call: Call, kernel: tuple[int, ...], stride: tuple[int, ...], dilation: tuple[int, ...]
) -> tuple[str, tuple[Size, ...]] | None:
    """The padding as a spec has it, and the sizes that come out."""
    word = call.settings.get("padding", "valid")
    if not isinstance(word, str) or word not in _PADDINGS:
        call.refuse(f"`padding={word}` is not understood")
        return None
    sizes = call.shape.sizes
    windows = [
        TENSORFLOW.conv_window(k, s, _PADDINGS[word], d, size)
        for size, k, s, d in zip(sizes, kernel, stride, dilation, strict=True)
    ]
    return word, fitted(windows, sizes)


@layer("MaxPooling{}D", "AveragePooling{}D", settings=("pool_size", "strides", "padding"))
def pool(call: Call) -> Made:
    if not call.needs_map():
        return None
    kernel = call.per_axis("pool_size", 2)
    given = call.settings.get("strides")
    stride = kernel if given is None else call.per_axis("strides")
    padded = _padded(call, kernel, stride, (1,) * call.shape.rank)
    if padded is None:
        return None
    shape = Shape(call.shape.channels, padded[1])
    return [call.add(_op_of(call), shape, kernel=kernel, stride=stride, padding=padded[0])]


@layer("GlobalMaxPooling{}D", "GlobalAveragePooling{}D", settings=("keepdims",))
def global_pool(call: Call) -> Made:
    if not call.needs_map():
        return None
    if call.is_reordered:
        return _over_features(call)
    return [call.add(f"global_{_op_of(call)}", Shape(call.shape.channels, (1,) * call.shape.rank))]


def _over_features(call: Call) -> Made:
    """A sequence pooled over the features of each step: a number for each, as a vector."""
    if not call.unless("keepdims", False):
        return None
    return [call.add("flatten", Shape(call.shape.sizes[0]), _of_channels(call))]


@operation("Mean", "Sum", "Max", settings=("axis", "keepdims", "initial", "where"))
def reduced(call: Call) -> Made:
    """A mean, sum or maximum over all positions, as a pool, or over the channels."""
    axes, rank = call.positions(call.settings.get("axis")), call.shape.rank
    keeps = bool(call.settings.get("keepdims"))
    if rank and axes == set(range(rank)):
        shape = Shape(call.shape.channels, (1,) * rank)
        return [call.add(f"global_{_op_of(call)}", shape, note=_note_of(call))]
    if axes == {-1} and (keeps or rank == 1):
        return [_of_channels(call)] if keeps else _over_features(call)
    call.refuse(f"`axis={call.settings.get('axis')}`, `keepdims={keeps}` of {call.shape} is not understood")
    return None


def _of_channels(call: Call) -> Tensor:
    op = "channel_max" if "Max" in call.kind else "channel_mean"
    return call.add(op, Shape(1, call.shape.sizes), label=f"{call.label}.{op}", note=_note_of(call))


def _note_of(call: Call) -> str | None:
    return "a sum, not a mean" if call.kind == "Sum" else None


def _op_of(call: Call) -> str:
    return "maxpool" if "Max" in call.kind else "avgpool"
