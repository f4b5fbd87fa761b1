"""One layer of an analysed network in Keras, channels last."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, NamedTuple

from cnncalc.analysis.report import LayerReport
from cnncalc.errors import Fault
from cnncalc.exporters.calls import Call, Value, alike, given, placed, written
from cnncalc.exporters.refusing import Inexpressible
from cnncalc.geometry.shape import Shape
from cnncalc.layers.convolution import has_bias


class Translation(NamedTuple):
    """A layer as Keras layers in sequence, or as an expression of its inputs ``{0}``, ``{1}`` ..."""

    modules: tuple[Call, ...] = ()
    expression: str = ""


Made = Translation | Call | tuple[Call, ...]
Maker = Callable[[LayerReport, Any, tuple[Shape, ...]], Made]


def translated(record: LayerReport, shapes: tuple[Shape, ...]) -> Translation:
    """A layer in Keras.

    Raises:
        Inexpressible: for what Keras cannot express.
    """
    layer = record.layer
    assert layer is not None
    maker = MAKERS.get(layer.op)
    if maker is None:
        raise Inexpressible("Keras has no such layer", "write the layers that it is made of")
    if not record.in_shape.known or not record.shape.known:
        raise Inexpressible("its sizes are not known", "give `--input`")
    try:
        made = maker(record, layer, shapes)
    except Fault as fault:
        raise Inexpressible(fault.message, fault.help) from fault
    if isinstance(made, Call):
        made = (made,)
    found = made if isinstance(made, Translation) else Translation(made)
    is_fixed = getattr(layer, "learned", True) is False or bool(record.frozen)
    if not is_fixed:
        return found
    return found._replace(modules=tuple(map(_frozen, found.modules)))


_WITHOUT_WEIGHTS = ("ZeroPadding", "Cropping", "Reshape", "Flatten")


def _frozen(module: Call) -> Call:
    """A module that is not trained."""
    if module.function.removeprefix("layers.").startswith(_WITHOUT_WEIGHTS):
        return module
    return module._replace(arguments=(*module.arguments, given("trainable", False, True)))


def _over(record: LayerReport, name: str) -> str:
    return f"layers.{name}{record.in_shape.rank}D"


def _pairs(record: LayerReport) -> list[tuple[int, int]]:
    windows: Any = record.windows
    if windows is None or any(window.padding is None for window in windows):
        raise Inexpressible("its padding is not known", "give `--input`")
    return [(window.before, window.after) for window in windows]


def _border(name: str, record: LayerReport, pairs: list[tuple[int, int]]) -> Call:
    """`ZeroPadding` or `Cropping` by pairs."""
    value: Any = pairs[0] if len(pairs) == 1 else tuple(pairs)
    if all(before == after for before, after in pairs):
        value = alike(tuple(before for before, _ in pairs))
    return Call(_over(record, name), (placed("padding", value),))


def _is_same(record: LayerReport, layer: Any) -> bool:
    """Whether the padding is what Keras's `same` gives."""
    if layer.padding.mode == "same":
        return True
    if not any(map(any, _pairs(record))):
        return False
    windows: Any = record.windows
    for window, size in zip(windows, record.in_shape.sizes, strict=True):
        outputs = -(-(size or 0) // window.stride)
        total = max((outputs - 1) * window.stride + window.extent - (size or 0), 0)
        if window.padding != (total // 2, total - total // 2):
            return False
    return True


def _padded(record: LayerReport, layer: Any) -> tuple[tuple[Call, ...], str]:
    """What comes before a window, and the word for its padding."""
    if _is_same(record, layer):
        return (), "same"
    pairs = _pairs(record)
    if not any(map(any, pairs)):
        return (), "valid"
    if any(number < 0 for pair in pairs for number in pair):
        raise Inexpressible("its padding is negative", "use `crop`")
    if layer.padding.mode == "causal" and record.in_shape.rank == 1:
        return (), "causal"
    return (_border("ZeroPadding", record, pairs),), "valid"


def _field(record: LayerReport, name: str) -> Any:
    windows: Any = record.windows
    return alike(tuple(getattr(window, name) for window in windows))


def conv(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    before, padding = _padded(record, layer)
    made = Call(
        _over(record, "Conv"),
        (
            placed("filters", layer.out),
            placed("kernel_size", _field(record, "kernel")),
            given("strides", _field(record, "stride"), 1),
            given("padding", padding, "valid"),
            given("dilation_rate", _field(record, "dilation"), 1),
            given("groups", layer.groups, 1),
            given("use_bias", has_bias(layer.bias, layer.learned), True),
        ),
    )
    return (*before, made)


def depthwise(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    if record.in_shape.rank == 3:
        raise Inexpressible("Keras has depthwise convolutions over 1 and 2 axes")
    before, padding = _padded(record, layer)
    made = Call(
        _over(record, "DepthwiseConv"),
        (
            placed("kernel_size", _field(record, "kernel")),
            given("strides", _field(record, "stride"), 1),
            given("padding", padding, "valid"),
            given("depth_multiplier", layer.mult, 1),
            given("dilation_rate", _field(record, "dilation"), 1),
            given("use_bias", has_bias(layer.bias, layer.learned), True),
        ),
    )
    return (*before, made)


def conv_transpose(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    """Keras pads these by `same` or not at all; what other padding cuts away is cropped afterwards."""
    if layer.groups != 1 or len(shapes) > 1:
        raise Inexpressible("Keras has no groups for it, and no size that another layer has")
    windows: Any = record.windows
    is_same = layer.padding.mode == "same"
    cut = [] if is_same else [(window.before, window.after) for window in windows]
    extra = tuple(window.output_padding for window in windows)
    says_extra = any(extra) or any(map(any, cut))
    made = Call(
        _over(record, "Conv") + "Transpose",
        (
            placed("filters", layer.out),
            placed("kernel_size", _field(record, "kernel")),
            given("strides", _field(record, "stride"), 1),
            given("padding", "same" if is_same else "valid", "valid"),
            given("output_padding", alike(extra) if says_extra else None),
            given("dilation_rate", _field(record, "dilation"), 1),
            given("use_bias", has_bias(layer.bias, layer.learned), True),
        ),
    )
    return (made, _border("Cropping", record, cut)) if any(map(any, cut)) else made


def _rearranged(record: LayerReport, inner: tuple[int, ...], order: tuple[int, ...]) -> Made:
    """Positions and channels as more axes, these in another order, and what comes out of them."""
    shape: Any = (*record.shape.sizes, record.shape.channels)
    return (
        Call("layers.Reshape", (placed("target_shape", inner),)),
        Call("layers.Permute", (placed("dims", tuple(one + 1 for one in order)),)),
        Call("layers.Reshape", (placed("target_shape", shape),)),
    )


def pixel_shuffle(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    rank, sizes = record.in_shape.rank, record.in_shape.sizes
    inner: Any = (*sizes, *(layer.factor,) * rank, record.shape.channels)
    order = (*(one for axis in range(rank) for one in (axis, rank + axis)), 2 * rank)
    return _rearranged(record, inner, order)


def pixel_unshuffle(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    rank = record.in_shape.rank
    inner: Any = (
        *(one for size in record.shape.sizes for one in (size, layer.factor)),
        record.in_shape.channels,
    )
    order = (*range(0, 2 * rank, 2), *range(1, 2 * rank, 2), 2 * rank)
    return _rearranged(record, inner, order)


def channel_shuffle(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    rank, channels = record.in_shape.rank, record.in_shape.channels or 0
    inner: Any = (*record.in_shape.sizes, layer.groups, channels // layer.groups)
    return _rearranged(record, inner, (*range(rank), rank + 1, rank))


def _pool(name: str) -> Maker:
    def make(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
        if _field(record, "dilation") != 1:
            raise Inexpressible("Keras's pools have no dilation")
        is_same = _is_same(record, layer)
        pairs = [] if is_same else _pairs(record)
        kernel = _field(record, "kernel")
        made = Call(
            _over(record, name),
            (
                placed("pool_size", kernel),
                given("strides", _field(record, "stride"), kernel),
                given("padding", "same" if is_same else "valid", "valid"),
            ),
        )
        return _behind_border(name, made, pairs) if any(map(any, pairs)) else made

    return make


def _behind_border(name: str, pool: Call, pairs: list[tuple[int, int]]) -> Translation:
    """A pool over a border that no maximum is taken from."""
    if name != "MaxPooling":
        raise Inexpressible("Keras pads average pools by `same` or not at all", "write `padding: same`")
    border = [[0, 0], *map(list, pairs), [0, 0]]
    return Translation((), f'{written(pool)}(ops.pad({{0}}, {border}, constant_values=float("-inf")))')


def _global(name: str) -> Maker:
    def make(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
        return Call(_over(record, f"Global{name}Pooling"), (given("keepdims", True, False),))

    return make


def _adaptive(name: str) -> Maker:
    def make(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
        pairs = list(zip(record.in_shape.sizes, record.shape.sizes, strict=True))
        steps = [size // out for size, out in pairs if size is not None and out]
        if any(size is None or not out or size % out for size, out in pairs):
            raise Inexpressible("its bins differ in size, which no pool of Keras's does", "use `avgpool`")
        return Call(_over(record, f"{name}Pooling"), (placed("pool_size", alike(tuple(steps))),))

    return make


def flatten(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    return Call("layers.Flatten")


def linear(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    made = Call(
        "layers.Dense",
        (placed("units", layer.out), given("use_bias", has_bias(layer.bias, layer.learned), True)),
    )
    flattens = record.in_shape.rank > 0 and record.shape.rank == 0
    return (Call("layers.Flatten"), made) if flattens else made


def embedding(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    if layer.vocab is None:
        raise Inexpressible("it says no `vocab`, the number of different tokens", "give one")
    line = Call("layers.Reshape", (placed("target_shape", record.in_shape.sizes),))  # type: ignore[arg-type]
    table = (placed("input_dim", layer.vocab), placed("output_dim", layer.out))
    return (line, Call("layers.Embedding", table))


def _recurrent(name: str) -> Maker:
    def make(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
        found = []
        for place in range(layer.layers):
            every = layer.sequence or place < layer.layers - 1
            inner = Call(
                f"layers.{name}", (placed("units", layer.hidden), given("return_sequences", every, False))
            )
            both = Call("layers.Bidirectional", (placed("layer", inner),))
            found.append(both if layer.bidirectional else inner)
        return tuple(found)

    return make


def _norm(name: str, *arguments: tuple[str, str]) -> Maker:
    """A normalization that learns what the record counts."""

    def make(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
        own = tuple(given(argument, getattr(layer, field)) for field, argument in arguments)
        learned = (record.weights, record.biases) if record.shares is None else (1, 1)
        return Call(
            f"layers.{name}",
            (*own, given("center", bool(learned[1]), True), given("scale", bool(learned[0]), True)),
        )

    return make


def instance_norm(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    return Call(
        "layers.GroupNormalization",
        (
            given("groups", -1),
            given("center", bool(record.biases), True),
            given("scale", bool(record.weights), True),
        ),
    )


def prelu(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    axes = tuple(range(1, 1 + record.in_shape.rank + (not layer.per_channel)))
    return Call("layers.PReLU", (given("shared_axes", axes, ()),))


def _plain(name: str, *fields: tuple[str, str, Any], **fixed: Value) -> Maker:
    def make(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
        taken = tuple(given(argument, getattr(layer, field), default) for field, argument, default in fields)
        return Call(f"layers.{name}", (*taken, *(given(key, value) for key, value in fixed.items())))

    return make


def _activation(name: str) -> Maker:
    def make(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
        return Call("layers.Activation", (placed("activation", name),))

    return make


def _expression(text: str) -> Maker:
    def make(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
        return Translation((), text)

    return make


def dropout(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    return Call("layers.Dropout", (placed("rate", layer.rate),))


def drop_path(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    noise = f"(None, {', '.join('1' * (record.in_shape.rank + 1))})"
    return Translation((), f"layers.Dropout({layer.rate}, noise_shape={noise})({{0}})")


def power(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    return Translation((), f"ops.power({{0}}, {layer.exponent})")


def clipped(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    return Translation((), f"ops.clip({{0}}, {layer.low}, {layer.high})")


def celu(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    return Translation((), f"ops.celu({{0}}, {layer.alpha})")


def cut_channels(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    first, count = layer.channels
    return Translation((), f"{{0}}[..., {first}:{first + count}]")


def upsample(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    rank = record.in_shape.rank
    factors = () if layer.factor is None else layer.factor.over(rank, "factor")
    if not factors or any(one.denominator > 1 for one in factors) or layer.align_corners:
        return _resized(record, layer)
    size = alike(tuple(map(int, factors)))
    if layer.mode != "nearest" and rank != 2:
        raise Inexpressible(f"Keras interpolates over 2 axes, not over {rank}", "use `mode: nearest`")
    mode = (given("interpolation", layer.mode, "nearest"),) if rank == 2 else ()
    return Call(_over(record, "UpSampling"), (placed("size", size), *mode))


def _resized(record: LayerReport, layer: Any) -> Made:
    if record.in_shape.rank != 2 or layer.align_corners:
        raise Inexpressible("Keras resizes maps of 2 axes, and without `align_corners`")
    height, width = record.shape.sizes
    return Call(
        "layers.Resizing",
        (
            placed("height", height),
            placed("width", width),
            given("interpolation", layer.mode, "bilinear"),
        ),
    )


def upsample_to(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    made = _resized(record, layer)
    assert isinstance(made, Call)
    height, width = record.shape.sizes
    return Translation((), f'layers.Resizing({height}, {width}, interpolation="{layer.mode}")({{0}})')


def pad(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    margins = layer.margins.over((1,) * record.in_shape.rank)
    return _border("ZeroPadding", record, [(one.before, one.after) for one in margins])


def crop(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    margins = layer.margins.over((1,) * record.in_shape.rank)
    return _border("Cropping", record, [(one.before, one.after) for one in margins])


def crop_to(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    parts = []
    for rule, size in zip(record.rules, record.shape.sizes, strict=True):
        first = -(getattr(rule, "before", None) or 0)
        parts.append(f"{first}:{first + (size or 0)}")
    return Translation((), f"{{0}}[:, {', '.join(parts)}]")


def _reshaped(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    """Axes laid out anew without another order of the positions."""
    if getattr(layer, "extra", 0):
        raise Inexpressible("Keras has no layer for learned or left out tokens")
    shape: Any = (*record.shape.sizes, record.shape.channels)
    return Call("layers.Reshape", (placed("target_shape", shape),))


def token(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    return Translation((), f"{{0}}[:, {layer.place}]")


def _join(name: str) -> Maker:
    def make(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
        if len(record.inputs) == 1:
            return Translation((), "{0}")
        if name == "Subtract" and len(record.inputs) > 2:
            raise Inexpressible("Keras subtracts one tensor from another, not several")
        return Translation((), f"layers.{name}()([{', '.join(_spread(record, shapes))}])")

    return make


def _spread(record: LayerReport, shapes: tuple[Shape, ...]) -> list[str]:
    """The inputs of a join, vectors beside maps as maps of one position."""
    rank, texts = record.shape.rank, []
    for place, shape in enumerate(shapes):
        if shape.rank == rank:
            texts.append(f"{{{place}}}")
            continue
        size = ", ".join(map(str, (*(1,) * rank, prod(filter(None, shape.axes)))))
        texts.append(f"layers.Reshape(({size}))({{{place}}})")
    return texts


def divide(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    first, *others = _spread(record, shapes)
    for other in others:
        first = f"ops.divide({first}, {other})"
    return Translation((), first)


def attention(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    is_plain = layer.project and layer.window is None and layer.position == "none" and not layer.kv
    if not is_plain or layer.bias != layer.out_bias:
        raise Inexpressible("Keras's MultiHeadAttention has no such variant")
    channels = record.in_shape.channels
    assert channels is not None
    head = channels // layer.heads if layer.head is None else layer.head
    value = f", value_dim={layer.value}" if layer.value is not None else ""
    bias = "" if layer.bias else ", use_bias=False"
    return Translation((), f"layers.MultiHeadAttention({layer.heads}, {head}{value}{bias})({{0}}, {{0}})")


MAKERS: dict[str, Maker] = {
    "conv": conv,
    "depthwise": depthwise,
    "conv_transpose": conv_transpose,
    "maxpool": _pool("MaxPooling"),
    "avgpool": _pool("AveragePooling"),
    "global_avgpool": _global("Average"),
    "global_maxpool": _global("Max"),
    "adaptive_avgpool": _adaptive("Average"),
    "adaptive_maxpool": _adaptive("Max"),
    "flatten": flatten,
    "linear": linear,
    "embedding": embedding,
    "lstm": _recurrent("LSTM"),
    "gru": _recurrent("GRU"),
    "rnn": _recurrent("SimpleRNN"),
    "attention": attention,
    "bn": _norm("BatchNormalization"),
    "gn": _norm("GroupNormalization", ("groups", "groups")),
    "ln": _norm("LayerNormalization"),
    "instance_norm": instance_norm,
    "relu": _plain("ReLU"),
    "relu6": _plain("ReLU", max_value=6),
    "leaky_relu": _plain("LeakyReLU", ("slope", "negative_slope", None)),
    "prelu": prelu,
    "elu": _plain("ELU", ("alpha", "alpha", 1.0)),
    "celu": celu,
    "softmax": _plain("Softmax"),
    "identity": _plain("Identity"),
    **{
        op: _activation(name)
        for op, name in {
            "sigmoid": "sigmoid",
            "tanh": "tanh",
            "gelu": "gelu",
            "silu": "silu",
            "selu": "selu",
            "mish": "mish",
            "hardswish": "hard_swish",
            "hardsigmoid": "hard_sigmoid",
            "softplus": "softplus",
            "softsign": "softsign",
            "exp": "exponential",
            "logsigmoid": "log_sigmoid",
            "tanhshrink": "tanh_shrink",
            "glu": "glu",
        }.items()
    },
    **{
        op: _expression(f"ops.{name}({{0}})")
        for op, name in {
            "square": "square",
            "sqrt": "sqrt",
            "rsqrt": "rsqrt",
            "log": "log",
            "abs": "abs",
            "neg": "negative",
        }.items()
    },
    "pow": power,
    "hardtanh": clipped,
    "dropout": dropout,
    "drop_path": drop_path,
    "slice": cut_channels,
    "channel_shuffle": channel_shuffle,
    "pixel_shuffle": pixel_shuffle,
    "pixel_unshuffle": pixel_unshuffle,
    "channel_mean": _expression("ops.mean({0}, axis=-1, keepdims=True)"),
    "channel_max": _expression("ops.max({0}, axis=-1, keepdims=True)"),
    "l2norm": _plain("UnitNormalization"),
    "upsample": upsample,
    "upsample_to": upsample_to,
    "pad": pad,
    "crop": crop,
    "crop_to": crop_to,
    "squeeze": _reshaped,
    "tokens": _reshaped,
    "to_map": _reshaped,
    "token": token,
    "concat": _join("Concatenate"),
    "add": _join("Add"),
    "sub": _join("Subtract"),
    "mul": _join("Multiply"),
    "max": _join("Maximum"),
    "div": divide,
}
"""How each operation is said in Keras."""
