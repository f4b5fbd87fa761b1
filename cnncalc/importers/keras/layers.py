"""Keras' layers and operations as items, by their arguments and Keras' own sizes.

Source: https://keras.io/api/layers and keras/src/layers of keras-team/keras
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from math import prod
from typing import Any, NamedTuple

from cnncalc.frameworks import TENSORFLOW
from cnncalc.frameworks.rules import AxisPadding
from cnncalc.geometry.shape import Shape, Size, total
from cnncalc.importers.building import Building, fitted
from cnncalc.importers.keras.legacy import modern


class Tensor(NamedTuple):
    """A tensor on the way: its id among the items, and the shape it has there, channels first.

    A vector that Keras has after a global pool is a map of one position here.
    """

    id: str
    shape: Shape


class Call(NamedTuple):
    """One call of a layer: its settings, the tensors it is given, and where items go."""

    kind: str
    module: str
    name: str
    label: str
    settings: Mapping[str, Any]
    tensors: tuple[Tensor, ...]
    arguments: tuple[Any, ...]
    options: Mapping[str, Any]
    building: Building
    channels_first: bool
    owner: str | None
    """The tensor of an earlier call, whose weights this one uses."""

    @property
    def weights(self) -> list[str]:
        """The tensors that this call has made, whose items may hold weights."""
        names = {self.label}
        return [item.output for item in self.building.items[-8:] if item.label in names]

    @property
    def first(self) -> Tensor:
        return self.tensors[0]

    @property
    def shape(self) -> Shape:
        """The shape of the first tensor it is given."""
        return self.tensors[0].shape

    def add(self, op: str, shape: Shape, tensor: Tensor | None = None, /, **arguments: Any) -> Tensor:
        """An item that reads one tensor, the first where none is named; ``has_weights`` and ``label`` are of
        the item, all else its arguments.
        """
        inputs = ((tensor or self.first).id,)
        share = self.owner if arguments.pop("has_weights", False) else None
        label = arguments.pop("label", self.label)
        made = self.building.add(op, inputs, shape, label, share=share, **arguments)
        return Tensor(made, shape)

    def join(self, op: str, shape: Shape) -> Tensor:
        """An item that reads all tensors."""
        ids = [tensor.id for tensor in self.tensors]
        return Tensor(self.building.add(op, ids, shape, self.label), shape)

    def refuse(self, reason: str) -> None:
        self.building.refuse(self.label, self.kind, reason)

    def unless(self, name: str, *values: object) -> bool:
        """Whether a setting, where it is there, is one of the values that are understood; noted where not."""
        if name not in self.settings or self.settings[name] in values:
            return True
        self.refuse(f"`{name}={self.settings[name]}` is not understood")
        return False

    def whole(self, name: str, default: int = 0) -> int:
        """A positive whole number among the settings."""
        value = self.settings.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            self.refuse(f"`{name}={value}` is no positive whole number")
            return 1
        return value

    def per_axis(self, name: str, default: Any = 1) -> tuple[int, ...]:
        """One positive whole number per axis."""
        value = self.settings.get(name, default)
        rank = self.shape.rank
        values = value if isinstance(value, list | tuple) else (value,) * rank
        if len(values) != rank or any(
            isinstance(one, bool) or not isinstance(one, int) or one < 1 for one in values
        ):
            self.refuse(f"`{name}={value}` is not one whole number for each of {rank} axes")
            return (1,) * rank
        return tuple(values)

    def needs_map(self) -> bool:
        if self.shape.rank:
            return True
        self.refuse(f"it needs a map, its input is a vector of {self.shape}")
        return False

    def is_channels(self, axis: object) -> bool:
        """Whether an axis, counted with the batch, is the channels'."""
        if isinstance(axis, list | tuple) and len(axis) == 1:
            axis = axis[0]
        rank = self.shape.rank
        channels = 1 if self.channels_first or not rank else rank + 1
        return axis in (channels, channels - rank - 2)


Made = list[Tensor] | None

ACTIVATIONS = {
    "linear": None,
    "relu": "relu",
    "relu6": "relu6",
    "leaky_relu": "leaky_relu",
    "sigmoid": "sigmoid",
    "hard_sigmoid": "hardsigmoid",
    "tanh": "tanh",
    "hard_tanh": "hardtanh",
    "tanh_shrink": "tanhshrink",
    "softmax": "softmax",
    "softplus": "softplus",
    "softsign": "softsign",
    "elu": "elu",
    "selu": "selu",
    "celu": "celu",
    "gelu": "gelu",
    "silu": "silu",
    "swish": "silu",
    "hard_silu": "hardswish",
    "hard_swish": "hardswish",
    "mish": "mish",
    "log_sigmoid": "logsigmoid",
    "glu": "glu",
    "exponential": "exp",
    "exp": "exp",
}
"""Keras' activations by the words of the spec language; ``None`` for none."""

# What holds for training or for the values of weights alone, in any layer.
_PADDINGS = {"valid": AxisPadding(), "same": AxisPadding(same=True), "causal": AxisPadding(causal=True)}
_ALWAYS = re.compile(
    r".*_(initializer|regularizer|constraint)|name|trainable|dtype|data_format|quantization_config|autocast|seed"
    r"|activity_regularizer|lora_rank|lora_alpha|batch_input_shape|batch_shape|epsilon|momentum|synchronized"
    r"|build_config|dynamic|sparse|ragged|implementation|unroll|noise_shape|supports_masking|mask_zero"
)


def translate(call: Call) -> Made:
    """Append the items of a call; its outputs, or ``None`` where it is not understood, which is noted."""
    before = len(call.building.problems)
    call = _per_step(call)
    kind = _unversioned(call.kind)
    in_turn = (_OPERATIONS,) if ".ops" in call.module else (_LAYERS, _OPERATIONS)
    entry = next((known[kind] for known in in_turn if kind in known), None)
    if entry is None:
        call.refuse("there is no such layer in the spec language")
        return None
    if not call.tensors:
        call.refuse("it is given no tensor")
        return None
    step, settings = entry
    unknown = [name for name in call.settings if name not in settings and not _ALWAYS.fullmatch(name)]
    for name in unknown:
        call.refuse(f"the argument `{name}={call.settings[name]}` is not understood")
    if len(call.building.problems) > before:
        return None
    first = len(call.building.items)
    made = step(call)
    if call.settings.get("trainable") is False:
        _freeze(call, first)
    return None if len(call.building.problems) > before else made


def _freeze(call: Call, first: int) -> None:
    """Note that what a layer learns is not trained; ``first`` is the place of its first item."""
    items = call.building.items
    items[first:] = [one._replace(frozen=one.op in _LEARN) for one in items[first:]]


_LEARN = frozenset(
    (
        "attention",
        "bn",
        "conv",
        "conv_transpose",
        "depthwise",
        "embedding",
        "gn",
        "gru",
        "instance_norm",
        "linear",
        "ln",
        "lstm",
        "prelu",
        "rnn",
        "scale",
    )
)


def _per_step(call: Call) -> Call:
    """A layer that is applied to each step of a sequence by itself, where it works on channels alone."""
    inner = call.settings.get("layer")
    if call.kind != "TimeDistributed" or not isinstance(inner, dict) or call.shape.rank != 1:
        return call
    inner = modern(inner)
    kind = inner.get("class_name")
    if kind not in ("Dense", "Activation", "Dropout", "LayerNormalization"):
        return call
    return call._replace(kind=kind, settings={**inner.get("config", {}), "name": call.name})


def _unversioned(kind: str) -> str:
    """``BatchNormalizationV1`` and the like, of old files."""
    return re.sub(r"V[12]$", "", kind) if kind not in _LAYERS else kind


def _activated(call: Call, tensor: Tensor, name: str = "activation") -> Tensor:
    """The activation that a layer has built in, as an item of its own."""
    value = call.settings.get(name)
    op = _activation_of(call, value)
    return tensor if op is None else call.add(op, tensor.shape, tensor, label=f"{call.label}.{op}")


def _activation_of(call: Call, value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, dict):
        config = value.get("config")
        value = config if isinstance(config, str) else value.get("class_name")
    if not isinstance(value, str) or value not in ACTIVATIONS:
        call.refuse(f"the activation `{value}` is not understood")
        return None
    return ACTIVATIONS[value]


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


def _conv(call: Call) -> Made:
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
    return [_activated(call, made)]


def _depthwise(call: Call) -> Made:
    if not (call.needs_map() and call.unless("groups", 1)):
        return None
    bias = bool(call.settings.get("use_bias", True))
    made = _depthwise_part(call, bias, call.label)
    return None if made is None else [_activated(call, made)]


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


def _separable(call: Call) -> Made:
    """A depthwise convolution without bias and a pointwise one, which has Keras' single bias."""
    if not call.needs_map():
        return None
    if call.owner is not None:
        call.refuse("a separable convolution that is called again is not understood")
        return None
    depthwise = _depthwise_part(call, False, f"{call.label}.depthwise")
    if depthwise is None:
        return None
    filters, rank = call.whole("filters"), call.shape.rank
    made = call.add(
        "conv",
        Shape(filters, depthwise.shape.sizes),
        depthwise,
        kernel=(1,) * rank,
        out=filters,
        bias=bool(call.settings.get("use_bias", True)),
    )
    return [_activated(call, made)]


def _transposed(call: Call) -> Made:
    if not call.needs_map():
        return None
    kernel, stride = call.per_axis("kernel_size"), call.per_axis("strides")
    dilation, filters = call.per_axis("dilation_rate"), call.whole("filters")
    word, extra = call.settings.get("padding", "valid"), call.settings.get("output_padding")
    if word not in ("valid", "same") or extra is not None:
        call.refuse(f"`padding={word}`, `output_padding={extra}` is not understood")
        return None
    windows = [
        TENSORFLOW.transposed_window(k, s, _PADDINGS[word], d, 0)
        for k, s, d in zip(kernel, stride, dilation, strict=True)
    ]
    made = call.add(
        "conv_transpose",
        Shape(filters, fitted(windows, call.shape.sizes)),
        has_weights=True,
        kernel=kernel,
        out=filters,
        stride=stride,
        padding=word,
        dilation=dilation,
        bias=bool(call.settings.get("use_bias", True)),
    )
    return [_activated(call, made)]


def _pool(op: str) -> Callable[[Call], Made]:
    def step(call: Call) -> Made:
        if not call.needs_map():
            return None
        kernel = call.per_axis("pool_size", 2)
        given = call.settings.get("strides")
        stride = kernel if given is None else call.per_axis("strides")
        padded = _padded(call, kernel, stride, (1,) * call.shape.rank)
        if padded is None:
            return None
        shape = Shape(call.shape.channels, padded[1])
        return [call.add(op, shape, kernel=kernel, stride=stride, padding=padded[0])]

    return step


def _global_pool(op: str) -> Callable[[Call], Made]:
    def step(call: Call) -> Made:
        if not call.needs_map():
            return None
        return [call.add(op, Shape(call.shape.channels, (1,) * call.shape.rank))]

    return step


def _dense(call: Call) -> Made:
    units = call.whole("units")
    sizes = () if call.shape.is_point else call.shape.sizes
    made = call.add(
        "linear",
        Shape(units, sizes),
        has_weights=True,
        out=units,
        bias=bool(call.settings.get("use_bias", True)),
    )
    return [_activated(call, made)]


def _batch_norm(call: Call) -> Made:
    if not (call.unless("renorm", False) and _on_channels(call)):
        return None
    return [call.add("bn", call.shape, has_weights=True, **_learned(call))]


def _on_channels(call: Call) -> bool:
    axis = call.settings.get("axis", -1)
    if call.is_channels(axis):
        return True
    call.refuse(f"`axis={axis}` is not the channels'")
    return False


def _learned(call: Call) -> dict[str, bool | None]:
    """Which of factor and offset a normalisation learns, where not both."""
    gamma, beta = call.settings.get("scale", True), call.settings.get("center", True)
    return {"gamma": None if gamma else False, "beta": None if beta else False}


def _layer_norm(call: Call) -> Made:
    if not (call.unless("rms_scaling", False) and _on_channels(call)):
        return None
    return [call.add("ln", call.shape, has_weights=True, **_learned(call))]


def _group_norm(call: Call) -> Made:
    if not _on_channels(call):
        return None
    groups = call.settings.get("groups", 32)
    if groups == -1:
        return [call.add("instance_norm", call.shape, has_weights=True, affine=True, **_learned(call))]
    return [call.add("gn", call.shape, has_weights=True, groups=call.whole("groups", 32), **_learned(call))]


def _unit_norm(call: Call) -> Made:
    return [call.add("l2norm", call.shape)] if _on_channels(call) else None


def _activation(call: Call) -> Made:
    return [_activated(call, call.first)]


def _relu(call: Call) -> Made:
    highest, slope = call.settings.get("max_value"), call.settings.get("negative_slope", 0.0)
    if not call.unless("threshold", 0, 0.0, None):
        return None
    if highest is not None and (highest != 6 or slope):
        call.refuse(f"`max_value={highest}`, `negative_slope={slope}` is not understood")
        return None
    return [call.add("relu6" if highest is not None else "leaky_relu" if slope else "relu", call.shape)]


def _word(op: str) -> Callable[[Call], Made]:
    """A layer that keeps the shape and learns nothing."""

    def step(call: Call) -> Made:
        return [call.add(op, call.shape)]

    return step


def _prelu(call: Call) -> Made:
    shared = call.settings.get("shared_axes") or []
    spatial = list(range(2, call.shape.rank + 2) if call.channels_first else range(1, call.shape.rank + 1))
    if call.shape.rank and sorted(shared) != spatial:
        call.refuse(f"`shared_axes={shared}`: a slope per position is not understood")
        return None
    return [call.add("prelu", call.shape, has_weights=True, per_channel=True)]


def _nothing(call: Call) -> Made:
    return [call.first]


def _normalization(call: Call) -> Made:
    """Statistics that are measured before training: mean and variance per channel, and their count."""
    if call.settings.get("mean") is not None or call.settings.get("invert"):
        return [call.first]
    channels = call.shape.channels
    if not _on_channels(call) or channels is None:
        return None
    return [
        call.add(
            "custom", call.shape, params=0, macs=0, buffers=2 * channels + 1, note="Keras' Normalization"
        )
    ]


def _zero_padding(call: Call) -> Made:
    return _margins(call, "pad", "padding", 1)


def _cropping(call: Call) -> Made:
    return _margins(call, "crop", "cropping", -1)


def _margins(call: Call, op: str, name: str, sign: int) -> Made:
    if not call.needs_map():
        return None
    value, rank = call.settings.get(name, 1), call.shape.rank
    parts = value if isinstance(value, list) else [value] * rank
    if rank == 1 and isinstance(value, list) and len(value) == 2 and not isinstance(value[0], list):
        parts = [value]
    pairs = [tuple(one) if isinstance(one, list) else (one, one) for one in parts]
    if len(pairs) != rank or any(
        len(pair) != 2 or any(isinstance(one, bool) or not isinstance(one, int) or one < 0 for one in pair)
        for pair in pairs
    ):
        call.refuse(f"`{name}={value}` is not a pair for each of {rank} axes")
        return None
    if not any(map(sum, pairs)):
        return [call.first]
    sizes = tuple(
        None if size is None else size + sign * sum(pair)
        for size, pair in zip(call.shape.sizes, pairs, strict=True)
    )
    return [call.add(op, Shape(call.shape.channels, sizes), margins=tuple(pairs))]


def _upsampling(call: Call) -> Made:
    if not call.needs_map():
        return None
    mode, factor = call.settings.get("interpolation", "nearest"), call.per_axis("size", 2)
    if mode not in ("nearest", "bilinear", "bicubic"):
        call.refuse(f"`interpolation={mode}` is not understood")
        return None
    sizes = tuple(
        None if size is None else size * one for size, one in zip(call.shape.sizes, factor, strict=True)
    )
    return [call.add("upsample", Shape(call.shape.channels, sizes), factor=factor, mode=mode)]


def _resizing(call: Call) -> Made:
    """To a given size, whatever comes in."""
    modes = {"nearest": "nearest", "bilinear": "bilinear", "bicubic": "bicubic"}
    mode = modes.get(call.settings.get("interpolation", "bilinear"))
    size = (call.whole("height"), call.whole("width"))
    if call.shape.rank != 2 or mode is None:
        call.refuse(
            f"of {call.shape}, `interpolation={call.settings.get('interpolation')}` is not understood"
        )
        return None
    if not all(
        call.unless(name, False) for name in ("crop_to_aspect_ratio", "pad_to_aspect_ratio", "antialias")
    ):
        return None
    return [call.add("upsample", Shape(call.shape.channels, size), size=size, mode=mode)]


def _local(call: Call) -> Made:
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
    return [_activated(call, made)]


def _flatten(call: Call) -> Made:
    if not call.shape.rank:
        return [call.first]
    return [call.add("flatten", Shape(call.shape.elements()))]


def _reshape(call: Call) -> Made:
    """A reshape that adds or drops axes of size 1, or makes a vector."""
    wanted = call.settings.get("target_shape")
    if not isinstance(wanted, list) or not all(isinstance(one, int) for one in wanted):
        call.refuse(f"`target_shape={wanted}` is not understood")
        return None
    count = call.shape.elements()
    dims: list[Size] = list(wanted)
    if dims.count(-1) == 1 and count is not None:
        dims[dims.index(-1)] = count // max(prod(one for one in wanted if one != -1), 1)
    shape = Shape(dims[0], tuple(dims[1:])) if call.channels_first else Shape(dims[-1], tuple(dims[:-1]))
    if shape == call.shape or (
        shape.is_point and call.shape.is_point and shape.channels == call.shape.channels
    ):
        return [Tensor(call.first.id, call.shape)]
    if len(dims) == 1 and shape.channels == count:
        return [call.add("flatten", shape)]
    if not call.shape.rank and 2 <= len(dims) <= 4 and count is not None and shape.elements() == count:
        return [call.add("to_map", shape, size=shape.sizes)]
    if not call.channels_first and shape.channels == call.shape.channels and shape.elements() == count:
        if shape.rank == 1 < call.shape.rank:
            return [call.add("tokens", shape)]
        if call.shape.rank == 1 < shape.rank:
            return [call.add("to_map", shape, size=shape.sizes)]
    rows = _rows(call, dims)
    if rows is not None:
        return [rows]
    call.refuse(f"a reshape of {call.shape} (channels first) to {wanted} is not understood")
    return None


def _rows(call: Call, dims: list[Size]) -> Tensor | None:
    """The rows of a map as a sequence, the columns of each as channels, as readers of text have them."""
    channels, sizes = call.shape.channels, call.shape.sizes
    if call.channels_first or len(sizes) != 2 or channels is None or None in sizes:
        return None
    height, width = (size or 0 for size in sizes)
    if dims != [height, width * channels]:
        return None
    along = (1, width)
    made = call.add("unfold", Shape(width * channels, (height, 1)), kernel=along, stride=along)
    return call.add("squeeze", Shape(width * channels, (height,)), made, axis=1)


def _sum(op: str) -> Callable[[Call], Made]:
    """Arithmetic of tensors; an operation with a number changes no shape and no count."""

    def step(call: Call) -> Made:
        if len(call.tensors) == 1:
            return [_scaled(call)]
        ranks = max(tensor.shape.rank for tensor in call.tensors)
        maps = [tensor.shape for tensor in call.tensors if tensor.shape.rank == ranks]
        sizes = tuple(_broadcast(one) for one in zip(*(shape.sizes for shape in maps), strict=True))
        channels = _broadcast(tuple(tensor.shape.channels for tensor in call.tensors))
        return [call.join(op, Shape(channels, sizes))]

    return step


def _broadcast(sizes: tuple[Size, ...]) -> Size:
    wide = {size for size in sizes if size != 1}
    return 1 if not wide else wide.pop() if len(wide) == 1 else None


def _scaled(call: Call) -> Tensor:
    """A tensor plus or times a number, which changes no count; a relu6 over 6 is hardsigmoid."""
    items = call.building.items
    last = items[-1] if items else None
    is_sixth = any(isinstance(one, float) and abs(one * 6 - 1) < 1e-6 for one in call.arguments)
    follows = last is not None and last.output == call.first.id
    if call.kind == "Multiply" and is_sixth and follows and last is not None and last.op == "relu6":
        items[-1] = last._replace(op="hardsigmoid")
    return call.first


def _concatenate(call: Call) -> Made:
    axis = call.settings.get("axis", call.options.get("axis", -1))
    if not call.is_channels(axis):
        call.refuse(f"`axis={axis}` is not the channels'")
        return None
    if len(call.tensors) == 1:
        return [call.first]
    channels = total([tensor.shape.channels for tensor in call.tensors])
    return [call.join("concat", Shape(channels, call.shape.sizes))]


def _layer_scale(call: Call) -> Made:
    return [call.add("scale", call.shape, has_weights=True)]


def _scaled_residual(call: Call) -> Made:
    """The sum of a tensor and a multiple of another (Inception-ResNet)."""
    return [call.join("add", call.shape)]


def _self_attention(call: Call) -> Made:
    """Attention of a sequence to itself; the widths of all heads are those of the keys."""
    ids = {tensor.id for tensor in call.tensors}
    if call.shape.rank != 1 or len(ids) != 1 or call.shape.channels is None:
        call.refuse(f"{len(ids)} tensors, the first of {call.shape}: only a sequence to itself is understood")
        return None
    heads, width = call.whole("num_heads"), call.whole("key_dim")
    if not (
        call.unless("value_dim", None, width)
        and call.unless("output_shape", None)
        and call.unless("attention_axes", None, [1], 1)
        and call.unless("sliding_window", None)
        and call.unless("use_gate", False, None)
    ):
        return None
    if call.options.get("use_causal_mask") or call.options.get("attention_mask") is not None:
        call.refuse("a mask is not understood")
        return None
    bias = bool(call.settings.get("use_bias", True))
    return [
        call.add("attention", call.shape, has_weights=True, heads=heads, head=width, bias=bias, out_bias=bias)
    ]


def _embedding(call: Call) -> Made:
    out = call.whole("output_dim")
    shape = Shape(out, call.shape.sizes if call.shape.rank else (call.shape.channels,))
    return [call.add("embedding", shape, has_weights=True, out=out, vocab=call.whole("input_dim"))]


def _recurrent(op: str) -> Callable[[Call], Made]:
    def step(call: Call) -> Made:
        if call.shape.rank != 1:
            call.refuse(f"it needs a sequence, its input is {call.shape} (channels first)")
            return None
        if not call.unless("return_state", False):
            return None
        return [_recurrence(call, op, call.settings, bidirectional=False)]

    return step


def _recurrence(call: Call, op: str, settings: Mapping[str, Any], bidirectional: bool) -> Tensor:
    hidden, sequence = settings.get("units"), bool(settings.get("return_sequences", False))
    if isinstance(hidden, bool) or not isinstance(hidden, int) or hidden < 1:
        call.refuse(f"`units={hidden}` is no positive whole number")
        hidden = 1
    if settings.get("use_bias") is False:
        call.refuse("`use_bias=False` is not understood")
    channels = hidden * (2 if bidirectional else 1)
    shape = Shape(channels, call.shape.sizes if sequence else ())
    given: dict[str, Any] = {"hidden": hidden, "bidirectional": bidirectional or None}
    if not sequence:
        given["sequence"] = False
    if op == "gru" and not settings.get("reset_after", False):  # absent before Keras had the choice
        call.refuse("`reset_after=False` has one bias for each gate, a `gru` has two")
    return call.add(op, shape, has_weights=True, **given)


def _bidirectional(call: Call) -> Made:
    inner = call.settings.get("layer")
    op = _RECURRENT.get(inner.get("class_name", "")) if isinstance(inner, dict) else None
    if op is None or call.settings.get("merge_mode", "concat") != "concat" or call.shape.rank != 1:
        call.refuse("only LSTM, GRU and SimpleRNN on a sequence, joined by concat, are understood")
        return None
    assert isinstance(inner, dict)
    return [_recurrence(call, op, inner.get("config") or {}, bidirectional=True)]


_RECURRENT = {"LSTM": "lstm", "GRU": "gru", "SimpleRNN": "rnn"}

_POOL = ("pool_size", "strides", "padding")
_GLOBAL = ("keepdims",)
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
_SEPARABLE = (*_DEPTHWISE, "filters")
_NORM = ("axis", "center", "scale")
_CELLS = (
    "units",
    "activation",
    "recurrent_activation",
    "use_bias",
    "unit_forget_bias",
    "dropout",
    "recurrent_dropout",
    "return_sequences",
    "return_state",
    "go_backwards",
    "stateful",
    "reset_after",
    "time_major",
    "zero_output_for_mask",
    "use_cudnn",
)

_RANDOM = (
    "factor",
    "height_factor",
    "width_factor",
    "mode",
    "fill_mode",
    "fill_value",
    "interpolation",
    "value_range",
)
"""Of layers that change examples in training and nothing after it."""
Entry = tuple[Callable[[Call], Made], tuple[str, ...]]
"""What a layer does, and the settings that it understands besides those of every layer."""


def _by_rank(name: str, step: Callable[[Call], Made], settings: tuple[str, ...]) -> dict[str, Entry]:
    """``Conv1D``, ``Conv2D``, ``Conv3D``."""
    return {f"{name}{rank}D": (step, settings) for rank in (1, 2, 3)}


_LAYERS: dict[str, Entry] = {
    **_by_rank("Conv", _conv, _CONV),
    **_by_rank("Convolution", _conv, _CONV),
    **_by_rank("DepthwiseConv", _depthwise, _DEPTHWISE),
    **_by_rank("SeparableConv", _separable, _SEPARABLE),
    **_by_rank("MaxPooling", _pool("maxpool"), _POOL),
    **_by_rank("AveragePooling", _pool("avgpool"), _POOL),
    **_by_rank("GlobalAveragePooling", _global_pool("global_avgpool"), _GLOBAL),
    **_by_rank("GlobalMaxPooling", _global_pool("global_maxpool"), _GLOBAL),
    **_by_rank("LocallyConnected", _local, _CONV),
    **_by_rank("ZeroPadding", _zero_padding, ("padding",)),
    **_by_rank("Cropping", _cropping, ("cropping",)),
    **_by_rank("UpSampling", _upsampling, ("size", "interpolation")),
    **{
        f"Conv{rank}DTranspose": (_transposed, (*_CONV, "output_padding", "output_shape"))
        for rank in (1, 2, 3)
    },
    **_by_rank("SpatialDropout", _word("dropout"), ("rate",)),
    "Dense": (_dense, ("units", "activation", "use_bias")),
    "BatchNormalization": (
        _batch_norm,
        (*_NORM, "renorm", "renorm_clipping", "renorm_momentum", "fused", "virtual_batch_size", "adjustment"),
    ),
    "SyncBatchNormalization": (_batch_norm, _NORM),
    "LayerNormalization": (_layer_norm, (*_NORM, "rms_scaling")),
    "GroupNormalization": (_group_norm, (*_NORM, "groups")),
    "UnitNormalization": (_unit_norm, ("axis", "order")),
    "Activation": (_activation, ("activation",)),
    "ReLU": (_relu, ("max_value", "negative_slope", "threshold")),
    "LeakyReLU": (_word("leaky_relu"), ("negative_slope", "alpha")),
    "ELU": (_word("elu"), ("alpha",)),
    "PReLU": (_prelu, ("shared_axes",)),
    "Softmax": (_word("softmax"), ("axis",)),
    "Dropout": (_word("dropout"), ("rate",)),
    "GaussianDropout": (_word("dropout"), ("rate",)),
    "AlphaDropout": (_word("dropout"), ("rate",)),
    "GaussianNoise": (_nothing, ("stddev",)),
    "ActivityRegularization": (_nothing, ("l1", "l2")),
    "StochasticDepth": (_word("drop_path"), ("drop_path_rate", "rate")),
    "Identity": (_nothing, ()),
    "Rescaling": (_nothing, ("scale", "offset")),
    "Normalization": (_normalization, ("axis", "mean", "variance", "invert")),
    "Masking": (_nothing, ("mask_value",)),
    **dict.fromkeys(
        (
            "RandomBrightness",
            "RandomContrast",
            "RandomFlip",
            "RandomRotation",
            "RandomTranslation",
            "RandomZoom",
        ),
        (_nothing, _RANDOM),
    ),
    "Resizing": (
        _resizing,
        (
            "height",
            "width",
            "interpolation",
            "crop_to_aspect_ratio",
            "pad_to_aspect_ratio",
            "fill_mode",
            "fill_value",
            "antialias",
        ),
    ),
    "Flatten": (_flatten, ()),
    "Reshape": (_reshape, ("target_shape",)),
    "Add": (_sum("add"), ()),
    "Subtract": (_sum("sub"), ()),
    "Multiply": (_sum("mul"), ()),
    "Maximum": (_sum("max"), ()),
    "Average": (_sum("add"), ()),
    "Concatenate": (_concatenate, ("axis",)),
    "LayerScale": (_layer_scale, ("init_values", "projection_dim")),
    "CustomScaleLayer": (_scaled_residual, ("scale",)),
    "MultiHeadAttention": (
        _self_attention,
        (
            "num_heads",
            "key_dim",
            "value_dim",
            "dropout",
            "use_bias",
            "output_shape",
            "attention_axes",
            "query_shape",
            "key_shape",
            "value_shape",
            "flash_attention",
            "sliding_window",
            "use_gate",
        ),
    ),
    "Embedding": (_embedding, ("input_dim", "output_dim", "input_length")),
    "LSTM": (_recurrent("lstm"), _CELLS),
    "GRU": (_recurrent("gru"), _CELLS),
    "SimpleRNN": (_recurrent("rnn"), _CELLS),
    "Bidirectional": (_bidirectional, ("layer", "merge_mode", "backward_layer")),
}
"""Every layer that is understood, by its class."""

_OPERATIONS: dict[str, Entry] = {
    "Add": (_sum("add"), ()),
    "Subtract": (_sum("sub"), ()),
    "Multiply": (_sum("mul"), ()),
    "Divide": (_sum("div"), ()),
    "TrueDivide": (_sum("div"), ()),
    "Maximum": (_sum("max"), ()),
    "Concatenate": (_concatenate, ("axis",)),
    "Relu": (_word("relu"), ()),
    "Relu6": (_word("relu6"), ()),
    "Sigmoid": (_word("sigmoid"), ()),
    "Tanh": (_word("tanh"), ()),
    "Softmax": (_word("softmax"), ("axis",)),
    "Silu": (_word("silu"), ()),
    "Gelu": (_word("gelu"), ("approximate",)),
    "HardSigmoid": (_word("hardsigmoid"), ()),
    "HardSilu": (_word("hardswish"), ()),
    "Square": (_word("square"), ()),
    "Sqrt": (_word("sqrt"), ()),
    "Exp": (_word("exp"), ()),
    "Absolute": (_word("abs"), ()),
    "Negative": (_word("neg"), ()),
}
"""Operations on tensors that stand among the layers; some have the class name of a layer."""
