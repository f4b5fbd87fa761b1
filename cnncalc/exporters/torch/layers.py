"""One layer of an analysed network as PyTorch modules, or as an expression where it reads several tensors."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

from cnncalc.analysis.report import LayerReport
from cnncalc.errors import Fault
from cnncalc.exporters.calls import Argument, Call, Name, Product, Value, alike, given, placed
from cnncalc.exporters.refusing import Inexpressible
from cnncalc.frameworks.rules import Framework
from cnncalc.geometry.shape import Shape
from cnncalc.geometry.window import TransposedWindow, Window
from cnncalc.layers.convolution import has_bias

MODULE = "{module}"
"""Where an expression calls the layer's module."""
NONE = Name('-float("inf")')


class Translation(NamedTuple):
    """A layer as modules in sequence; ``expression`` is what is computed where one call is not all of it."""

    modules: tuple[Call, ...] = ()
    expression: str = ""
    """With ``{0}``, ``{1}`` ... for the inputs and ``{module}`` for the last module."""


class Around(NamedTuple):
    """What a layer depends on besides its own arguments."""

    framework: Framework
    shapes: tuple[Shape, ...]
    """Of its inputs."""


Made = Translation | Call | tuple[Call, ...]
Maker = Callable[[LayerReport, Any, Around], Made]


def translated(record: LayerReport, around: Around) -> Translation:
    """A layer in PyTorch.

    Raises:
        Inexpressible: for what PyTorch cannot express.
    """
    layer = record.layer
    assert layer is not None
    maker = MAKERS.get(layer.op)
    if maker is None:
        raise Inexpressible("PyTorch has no such layer", "write the layers that it is made of")
    if None in (record.in_shape.channels, record.shape.channels):
        raise Inexpressible(
            "its number of channels is not known", "give the input's channels: `input: [3, H, W]`"
        )
    try:
        made = maker(record, layer, around)
    except Fault as fault:
        raise Inexpressible(fault.message, fault.help) from fault
    if isinstance(made, Call):
        made = (made,)
    found = made if isinstance(made, Translation) else Translation(made)
    return found._replace(modules=tuple(_as_trained(call, record, layer) for call in found.modules))


def _as_trained(call: Call, record: LayerReport, layer: Any) -> Call:
    """The module with its parameters fixed or frozen, where they are."""
    if call.function not in _WITHOUT_WEIGHTS and getattr(layer, "learned", True) is False:
        return Call("fixed", (placed("module", call),))
    if call.function not in _WITHOUT_WEIGHTS and record.frozen:
        return call._replace(suffix=".requires_grad_(False)")
    return call


_WITHOUT_WEIGHTS = ("Pad", "nn.Flatten")


def _module(name: str, record: LayerReport) -> str:
    return f"nn.{name}{record.in_shape.rank}d"


def _windows(record: LayerReport) -> tuple[Window, ...]:
    """The windows of a layer, whose padding must be known."""
    windows = record.windows
    if windows is None or any(window.padding is None for window in windows):
        raise Inexpressible("its padding depends on the input's size", "give `--input`")
    return windows  # type: ignore[return-value]


def _flat(pairs: list[tuple[int, int]]) -> tuple[int, ...]:
    """Pairs in the order of ``F.pad``: the last axis first."""
    return tuple(number for pair in reversed(pairs) for number in pair)


def _pad(pairs: list[tuple[int, int]], value: Value = 0) -> Call:
    return Call("Pad", (placed("padding", _flat(pairs)), given("value", value, 0)))


def _padding(pairs: list[tuple[int, int]]) -> Value | None:
    """The padding of a module; ``None`` where it is not the same before and after."""
    if any(before != after or before < 0 for before, after in pairs):
        return None
    return alike(tuple(before for before, _ in pairs))  # type: ignore[no-any-return]


def _window(windows: tuple[Window | TransposedWindow, ...], *fields: str) -> dict[str, Any]:
    return {field: alike(tuple(getattr(window, field) for window in windows)) for field in fields}


def _conv(record: LayerReport, layer: Any, out: int, groups: int) -> tuple[Call, ...]:
    windows = _windows(record)
    shape = _window(windows, "kernel", "stride", "dilation")
    pairs = [(window.before or 0, window.after or 0) for window in windows]
    padding = _padding(pairs)
    if layer.padding.mode == "same" and shape["stride"] == 1:
        padding = "same" if padding is None else padding
    conv = Call(
        _module("Conv", record),
        (
            placed("in_channels", record.in_shape.channels),
            placed("out_channels", out),
            given("kernel_size", shape["kernel"]),
            given("stride", shape["stride"], 1),
            given("padding", 0 if padding is None else padding, 0),
            given("dilation", shape["dilation"], 1),
            given("groups", groups, 1),
            given("bias", has_bias(layer.bias, layer.learned), True),
        ),
    )
    return (conv,) if padding is not None else (_pad(pairs), conv)


def conv(record: LayerReport, layer: Any, around: Around) -> Made:
    return _conv(record, layer, layer.out, layer.groups)


def depthwise(record: LayerReport, layer: Any, around: Around) -> Made:
    channels = record.in_shape.channels
    assert channels is not None
    return _conv(record, layer, channels * layer.mult, channels)


def conv_transpose(record: LayerReport, layer: Any, around: Around) -> Made:
    windows: Any = record.windows
    if windows is None or not all(isinstance(window, TransposedWindow) for window in windows):
        raise Inexpressible("its output padding depends on the input's size", "give `--input`")
    shape = _window(windows, "kernel", "stride", "dilation", "output_padding")
    pairs = [(window.before, window.after) for window in windows]
    padding = _padding(pairs)
    is_named = isinstance(layer.size, str)
    made = Call(
        _module("ConvTranspose", record),
        (
            placed("in_channels", record.in_shape.channels),
            placed("out_channels", layer.out),
            given("kernel_size", shape["kernel"]),
            given("stride", shape["stride"], 1),
            given("padding", 0 if padding is None else padding, 0),
            given("output_padding", 0 if is_named else shape["output_padding"], 0),
            given("groups", layer.groups, 1),
            given("bias", has_bias(layer.bias, layer.learned), True),
            given("dilation", shape["dilation"], 1),
        ),
    )
    if padding is None:
        return (made, _pad([(-before, -after) for before, after in pairs]))
    if is_named:
        return Translation((made,), "{module}({0}, output_size={1}.shape[2:])")
    return made


def _pool(record: LayerReport) -> tuple[dict[str, Any], Value, list[tuple[int, int]], bool]:
    """Kernel, stride and dilation; the padding that PyTorch's module does itself, or the pairs to pad first;
    and whether it rounds up.
    """
    windows = _windows(record)
    pairs = [(window.before or 0, window.after or 0) for window in windows]
    up = any(window.rounding.up for window in windows)
    if up and not all(map(_as_pytorch, windows, record.in_shape.sizes)):
        ends = [_end(*one) for one in zip(windows, record.in_shape.sizes, record.shape.sizes, strict=True)]
        pairs = [(before, after) for (before, _), after in zip(pairs, ends, strict=True)]
        up = False
    padding = _padding(pairs)
    if any(2 * before > window.kernel for (before, _), window in zip(pairs, windows, strict=True)):
        padding = None
    return _window(windows, "kernel", "stride", "dilation"), padding, pairs, up


def _as_pytorch(window: Window, size: int | None) -> bool:
    """Whether PyTorch's ceil mode counts as many windows."""
    if window.rounding.drop_in_padding or size is None:
        return True
    pytorch = window._replace(rounding=window.rounding._replace(drop_in_padding=True))
    return pytorch.output_size(size) == window.output_size(size)


def _end(window: Window, size: int | None, out: int | None) -> int:
    """The padding at the end with which the last window just fits."""
    assert size is not None
    assert out is not None
    return (out - 1) * window.stride + window.extent - size - (window.before or 0)


def maxpool(record: LayerReport, layer: Any, around: Around) -> Made:
    shape, padding, pairs, up = _pool(record)
    pool = Call(
        _module("MaxPool", record),
        (
            given("kernel_size", shape["kernel"]),
            given("stride", shape["stride"]),
            given("padding", 0 if padding is None else padding, 0),
            given("dilation", shape["dilation"], 1),
            given("ceil_mode", up, False),
        ),
    )
    return pool if padding is not None else (_pad(pairs, NONE), pool)


def avgpool(record: LayerReport, layer: Any, around: Around) -> Made:
    shape, padding, pairs, up = _pool(record)
    if shape["dilation"] != 1:
        raise Inexpressible("PyTorch's average pools have no dilation", "use a depthwise convolution")
    excludes = around.framework.name not in ("pytorch", "caffe")
    pool = Call(
        _module("AvgPool", record),
        (
            given("kernel_size", shape["kernel"]),
            given("stride", shape["stride"]),
            given("padding", 0 if padding is None else padding, 0),
            given("ceil_mode", up, False),
            given("count_include_pad", not (excludes and padding not in (None, 0)), True),
        ),
    )
    if padding is not None:
        return pool
    if excludes:
        raise Inexpressible(
            f"{around.framework.title} leaves padding out of the mean, which PyTorch does only where it is "
            "the same before and after",
            "write the padding as one number per axis",
        )
    return (_pad(pairs), pool)


def lppool(record: LayerReport, layer: Any, around: Around) -> Made:
    shape, _, pairs, up = _pool(record)
    if shape["dilation"] != 1:
        raise Inexpressible("PyTorch's LPPool has no dilation")
    pool = Call(
        _module("LPPool", record),
        (
            placed("norm_type", layer.power),
            given("kernel_size", shape["kernel"]),
            given("stride", shape["stride"]),
            given("ceil_mode", up, False),
        ),
    )
    return (_pad(pairs), pool) if any(map(any, pairs)) else pool


def _adaptive(kind: str) -> Maker:
    def make(record: LayerReport, layer: Any, around: Around) -> Made:
        out = alike(layer.out.over(record.in_shape.rank, "out")) if hasattr(layer, "out") else 1
        return Call(_module(f"Adaptive{kind}Pool", record), (placed("output_size", out),))

    return make


def global_lppool(record: LayerReport, layer: Any, around: Around) -> Made:
    return _applied(
        "torch.linalg.vector_norm",
        given("ord", layer.power, 2),
        given("dim", _axes_of(record)),
        given("keepdim", True),
    )


def _axes_of(record: LayerReport) -> tuple[int, ...]:
    return tuple(range(2, 2 + record.in_shape.rank))


def spp_level(record: LayerReport, layer: Any, around: Around) -> Made:
    kind = {"max": "Max", "avg": "Avg"}[layer.kind]
    if layer.bins == 1 or layer.mode == "adaptive":
        return Call(_module(f"Adaptive{kind}Pool", record), (placed("output_size", layer.bins),))
    if record.windows is None:
        raise Inexpressible("its windows depend on the input's size", "give `--input`, or `mode: adaptive`")
    return (maxpool if kind == "Max" else avgpool)(record, layer, around)


def roi_pool(record: LayerReport, layer: Any, around: Around) -> Made:
    raise Inexpressible(
        "its regions come from outside the network",
        "use `adaptive_maxpool` for the region that is the whole map",
    )


def linear(record: LayerReport, layer: Any, around: Around) -> Made:
    flattens = record.in_shape.rank > 0 and record.shape.rank == 0
    read = record.in_shape.elements() if flattens else record.in_shape.channels
    if flattens and read is not None and not record.in_shape.is_point:
        read = Product.of(*record.in_shape.axes)  # type: ignore[arg-type]
    if read is None:
        raise Inexpressible("how many features it reads is not known", "give `--input`")
    made = Call(
        "PositionwiseLinear" if record.shape.rank else "nn.Linear",
        (
            placed("in_features", read),
            placed("out_features", layer.out),
            given("bias", has_bias(layer.bias, layer.learned), True),
        ),
    )
    return (Call("nn.Flatten"), made) if flattens else made


def flatten(record: LayerReport, layer: Any, around: Around) -> Made:
    return Call("nn.Flatten")


def embedding(record: LayerReport, layer: Any, around: Around) -> Made:
    if layer.vocab is None:
        raise Inexpressible("it says no `vocab`, the number of different tokens", "give one")
    return Call("TokenEmbedding", (placed("num_embeddings", layer.vocab), placed("embedding_dim", layer.out)))


def _affine(record: LayerReport, norm: Call, word: str, default: bool) -> Made:
    """A normalization that learns what the record counts."""
    learns = bool(record.weights or record.biases or _ties(record))
    made = norm._replace(arguments=(*norm.arguments, given(word, learns, default)))
    if _ties(record) or bool(record.weights) == bool(record.biases):
        return made
    return Call("without", (placed("norm", made), placed("name", "bias" if record.weights else "weight")))


def _ties(record: LayerReport) -> bool:
    return record.shares is not None


def bn(record: LayerReport, layer: Any, around: Around) -> Made:
    rank = max(1, record.in_shape.rank)
    channels = placed("num_features", record.in_shape.channels)
    return _affine(record, Call(f"nn.BatchNorm{rank}d", (channels,)), "affine", True)


def gn(record: LayerReport, layer: Any, around: Around) -> Made:
    arguments = (placed("num_groups", layer.groups), placed("num_channels", record.in_shape.channels))
    return _affine(record, Call("nn.GroupNorm", arguments), "affine", True)


def ln(record: LayerReport, layer: Any, around: Around) -> Made:
    name = "ChannelNorm" if record.in_shape.rank else "nn.LayerNorm"
    channels = placed("normalized_shape", record.in_shape.channels)
    return _affine(record, Call(name, (channels,)), "elementwise_affine", True)


def instance_norm(record: LayerReport, layer: Any, around: Around) -> Made:
    if not record.in_shape.rank:
        raise Inexpressible("a vector has no positions to normalize over")
    channels = placed("num_features", record.in_shape.channels)
    return _affine(record, Call(_module("InstanceNorm", record), (channels,)), "affine", False)


def lrn(record: LayerReport, layer: Any, around: Around) -> Made:
    return Call(
        "nn.LocalResponseNorm",
        (placed("size", layer.size), given("alpha", layer.alpha, 1e-4), given("beta", layer.beta, 0.75)),
    )


def scale(record: LayerReport, layer: Any, around: Around) -> Made:
    channels = record.in_shape.channels if layer.per_channel else 1
    return Call("Scale", (placed("channels", channels), given("bias", layer.bias, False)))


def shift(record: LayerReport, layer: Any, around: Around) -> Made:
    channels = record.in_shape.channels if layer.per_channel else 1
    sizes = record.in_shape.sizes if layer.per_position else (1,) * record.in_shape.rank
    if None in sizes or channels is None:
        raise Inexpressible("how many offsets it has depends on the input's size", "give `--input`")
    return Call("Shift", tuple(placed("size", size) for size in (channels, *sizes)))


def prelu(record: LayerReport, layer: Any, around: Around) -> Made:
    channels = record.in_shape.channels if layer.per_channel else 1
    return Call("nn.PReLU", (given("num_parameters", channels, 1),))


def _plain(name: str, *fields: tuple[str, str, Any], **fixed: Value) -> Maker:
    """A module whose arguments are those of the layer: field, argument, PyTorch's default."""

    def make(record: LayerReport, layer: Any, around: Around) -> Made:
        taken = tuple(given(argument, getattr(layer, field), default) for field, argument, default in fields)
        return Call(f"nn.{name}", (*taken, *(given(key, value) for key, value in fixed.items())))

    return make


def _applied(function: str, *arguments: Argument) -> Call:
    return Call("Apply", (placed("function", Name(function)), *arguments))


def _function(name: str, *fixed: Argument) -> Maker:
    def make(record: LayerReport, layer: Any, around: Around) -> Made:
        return _applied(name, *fixed)

    return make


def dropout(record: LayerReport, layer: Any, around: Around) -> Made:
    return Call("nn.Dropout", (given("p", layer.rate, 0.5),))


def drop_path(record: LayerReport, layer: Any, around: Around) -> Made:
    return Call("DropPath", (placed("rate", layer.rate),))


def power(record: LayerReport, layer: Any, around: Around) -> Made:
    return _applied("torch.pow", given("exponent", layer.exponent))


def channel_shuffle(record: LayerReport, layer: Any, around: Around) -> Made:
    return Call("nn.ChannelShuffle", (placed("groups", layer.groups),))


def cut_channels(record: LayerReport, layer: Any, around: Around) -> Made:
    first, count = layer.channels
    return _applied("torch.narrow", given("dim", 1), given("start", first), given("length", count))


def squeeze(record: LayerReport, layer: Any, around: Around) -> Made:
    axes = [layer.axis] if layer.axis is not None else _points(record)
    return _applied("torch.squeeze", given("dim", alike(tuple(axis + 2 for axis in axes)) if axes else ()))


def _points(record: LayerReport) -> list[int]:
    return [axis for axis, size in enumerate(record.in_shape.sizes) if size == 1]


def tokens(record: LayerReport, layer: Any, around: Around) -> Made:
    if not layer.extra:
        return Call("nn.Flatten", (placed("start_dim", 2),))
    return Call("Tokens", (placed("extra", layer.extra), placed("channels", record.in_shape.channels)))


def to_map(record: LayerReport, layer: Any, around: Around) -> Made:
    if not record.in_shape.rank:
        sizes = (record.shape.channels, *layer.size)
        return Call("nn.Unflatten", (placed("dim", 1), placed("unflattened_size", sizes)))
    back = Call("nn.Unflatten", (placed("dim", 2), placed("unflattened_size", layer.size)))
    if not layer.extra:
        return back
    size = record.in_shape.sizes[0]
    if size is None:
        raise Inexpressible("how many tokens there are is not known", "give `--input`")
    count = given("length", size - layer.extra)
    return (_applied("torch.narrow", given("dim", 2), given("start", layer.extra), count), back)


def token(record: LayerReport, layer: Any, around: Around) -> Made:
    return _applied("torch.select", given("dim", 2), given("index", layer.place))


def unfold(record: LayerReport, layer: Any, around: Around) -> Made:
    windows = _windows(record)
    pairs = [(window.before or 0, window.after or 0) for window in windows]
    ones = (1,) * len(windows)
    made = Call(
        "Unfold",
        (
            given("kernel_size", tuple(window.kernel for window in windows)),
            given("stride", tuple(window.stride for window in windows), ones),
            given("dilation", tuple(window.dilation for window in windows), ones),
        ),
    )
    return (_pad(pairs), made) if any(map(any, pairs)) else made


def _shuffle(name: str) -> Maker:
    def make(record: LayerReport, layer: Any, around: Around) -> Made:
        module = f"nn.{name}" if record.in_shape.rank == 2 else f"{name}Nd"
        return Call(module, (placed("factor", layer.factor),))

    return make


def _mode(layer: Any, rank: int) -> tuple[Argument, ...]:
    linear = {1: "linear", 2: "bilinear", 3: "trilinear"}[rank]
    mode = {"nearest": "nearest", "bilinear": linear, "bicubic": "bicubic"}[layer.mode]
    return (given("mode", mode, "nearest"), given("align_corners", True if layer.align_corners else None))


def upsample(record: LayerReport, layer: Any, around: Around) -> Made:
    rank, sizes = record.in_shape.rank, record.shape.sizes
    if layer.size is not None:
        what = given("size", alike(layer.size.over(rank, "size")))
    else:
        factors = layer.factor.over(rank, "factor")
        if all(map(_is_exact, factors, record.in_shape.sizes, sizes)):
            what = given("scale_factor", alike(tuple(map(_number, factors))))
        elif None in sizes:
            raise Inexpressible("its factor is no binary fraction and its size unknown", "give `--input`")
        else:
            what = given("size", alike(sizes))
    return Call("nn.Upsample", (what, *_mode(layer, rank)))


def _number(factor: Fraction) -> float | int:
    return int(factor) if factor.denominator == 1 else float(factor)


def _is_exact(factor: Fraction, size: int | None, out: int | None) -> bool:
    """Whether the factor as a floating-point number makes the same size."""
    return float(factor) == factor or (size is not None and int(size * float(factor)) == out)


def upsample_to(record: LayerReport, layer: Any, around: Around) -> Made:
    mode = ", ".join(
        f'{one.name}="{one.value}"' if isinstance(one.value, str) else f"{one.name}={one.value}"
        for one in _mode(layer, record.in_shape.rank)
        if one.value != one.default
    )
    return Translation((), f"F.interpolate({{0}}, size={{1}}.shape[2:]{', ' if mode else ''}{mode})")


def pad(record: LayerReport, layer: Any, around: Around) -> Made:
    return _border(record, layer, 1)


def crop(record: LayerReport, layer: Any, around: Around) -> Made:
    return _border(record, layer, -1)


def _border(record: LayerReport, layer: Any, sign: int) -> Call:
    margins = layer.margins.over((1,) * record.in_shape.rank)
    return _pad([(sign * one.before, sign * one.after) for one in margins])


def crop_to(record: LayerReport, layer: Any, around: Around) -> Made:
    if layer.offset is None and not layer.align:
        return Translation((), "cropped({0}, {1})")
    offsets = _offsets(record)
    return Translation((), f"cropped({{0}}, {{1}}, offset={offsets})")


def _offsets(record: LayerReport) -> tuple[int, ...]:
    """Where a crop begins along each axis."""
    found = []
    for rule in record.rules:
        before = getattr(rule, "before", None)
        if before is None:
            raise Inexpressible("where it begins is not known", "give `--input`")
        found.append(-before)
    return tuple(found)


def concat(record: LayerReport, layer: Any, around: Around) -> Made:
    if len(record.inputs) == 1:
        return Translation((), "{0}")
    inputs = ", ".join(f"{{{place}}}" for place in range(len(record.inputs)))
    return Translation((), f"torch.cat([{inputs}], dim=1)")


def _spread(record: LayerReport, around: Around) -> list[str]:
    """The inputs of an element-wise join, those of fewer axes with axes of size 1 at their end."""
    rank, texts = record.shape.rank, []
    for place, shape in enumerate(around.shapes):
        missing = rank - shape.rank
        index = f"[{', '.join(([':', ':'] if not shape.rank else ['...']) + ['None'] * missing)}]"
        texts.append(f"{{{place}}}{index if missing else ''}")
    return texts


def _elementwise(sign: str) -> Maker:
    def make(record: LayerReport, layer: Any, around: Around) -> Made:
        return Translation((), f" {sign} ".join(_spread(record, around)))

    return make


def maximum(record: LayerReport, layer: Any, around: Around) -> Made:
    text, *others = _spread(record, around)
    for other in others:
        text = f"torch.maximum({text}, {other})"
    return Translation((), text)


def _recurrent(name: str) -> Maker:
    def make(record: LayerReport, layer: Any, around: Around) -> Made:
        if around.framework.biases_of(layer.op) != 2:
            raise Inexpressible(
                f"PyTorch's {name} has two biases for each gate, {around.framework.title}'s has "
                f"{around.framework.biases_of(layer.op)}",
                "`--framework pytorch` has its biases",
            )
        return Call(
            f"{name}Layer",
            (
                placed("input_size", record.in_shape.channels),
                placed("hidden_size", layer.hidden),
                given("num_layers", layer.layers, 1),
                given("bidirectional", layer.bidirectional, False),
                given("sequence", layer.sequence, True),
            ),
        )

    return make


def eca(record: LayerReport, layer: Any, around: Around) -> Made:
    return Call("ChannelConv", (placed("kernel_size", layer.kernel),))


def attention(record: LayerReport, layer: Any, around: Around) -> Made:
    channels = record.in_shape.channels
    assert channels is not None
    if layer.position == "axes":
        raise Inexpressible("positions by axes are no part of PyTorch's attention")
    if layer.window is not None or layer.position == "table":
        return _block_attention(record, layer)
    made = Call(
        "Attention",
        (
            placed("channels", channels),
            placed("heads", layer.heads),
            given("head", layer.head),
            given("value", layer.value),
            given("bias", layer.bias, True),
            given("out_bias", layer.out_bias, True),
            given("project", layer.project, True),
            given("source", around.shapes[-1].channels, channels),
        ),
    )
    return Translation((made,), "{module}({0}, {1})") if layer.kv else made


def _block_attention(record: LayerReport, layer: Any) -> Call:
    """Attention within blocks, of which a table of positions over the whole map is one."""
    rank = record.in_shape.rank
    sizes: Any = record.in_shape.sizes if layer.window is None else layer.window.over(rank, "window")
    if None in sizes:
        raise Inexpressible("how many offsets it has depends on the input's size", "give `--input`")
    return Call(
        "BlockAttention",
        (
            placed("channels", record.in_shape.channels),
            placed("heads", layer.heads),
            given("window", sizes),
            given("shift", layer.shift.over(rank, "shift"), (0,) * rank),
            given("table", layer.position == "table", False),
            given("head", layer.head),
            given("value", layer.value),
            given("bias", layer.bias, True),
            given("out_bias", layer.out_bias, True),
            given("project", layer.project, True),
        ),
    )


MAKERS: dict[str, Maker] = {
    "conv": conv,
    "depthwise": depthwise,
    "conv_transpose": conv_transpose,
    "maxpool": maxpool,
    "avgpool": avgpool,
    "lppool": lppool,
    "global_avgpool": _adaptive("Avg"),
    "global_maxpool": _adaptive("Max"),
    "global_lppool": global_lppool,
    "adaptive_avgpool": _adaptive("Avg"),
    "adaptive_maxpool": _adaptive("Max"),
    "roi_pool": roi_pool,
    "spp_level": spp_level,
    "flatten": flatten,
    "linear": linear,
    "embedding": embedding,
    "lstm": _recurrent("LSTM"),
    "gru": _recurrent("GRU"),
    "rnn": _recurrent("RNN"),
    "eca": eca,
    "attention": attention,
    "bn": bn,
    "gn": gn,
    "ln": ln,
    "instance_norm": instance_norm,
    "lrn": lrn,
    "scale": scale,
    "shift": shift,
    "relu": _plain("ReLU"),
    "relu6": _plain("ReLU6"),
    "leaky_relu": _plain("LeakyReLU", ("slope", "negative_slope", 0.01)),
    "prelu": prelu,
    "sigmoid": _plain("Sigmoid"),
    "tanh": _plain("Tanh"),
    "gelu": _plain("GELU"),
    "silu": _plain("SiLU"),
    "elu": _plain("ELU", ("alpha", "alpha", 1.0)),
    "selu": _plain("SELU"),
    "mish": _plain("Mish"),
    "hardswish": _plain("Hardswish"),
    "hardsigmoid": _plain("Hardsigmoid"),
    "softmax": _plain("Softmax", dim=1),
    "identity": _plain("Identity"),
    "dropout": dropout,
    "drop_path": drop_path,
    "square": _function("torch.square"),
    "pow": power,
    "sqrt": _function("torch.sqrt"),
    "rsqrt": _function("torch.rsqrt"),
    "exp": _function("torch.exp"),
    "log": _function("torch.log"),
    "abs": _function("torch.abs"),
    "neg": _function("torch.neg"),
    "softplus": _plain("Softplus"),
    "softsign": _plain("Softsign"),
    "hardtanh": _plain("Hardtanh", ("low", "min_val", -1.0), ("high", "max_val", 1.0)),
    "celu": _plain("CELU", ("alpha", "alpha", 1.0)),
    "logsigmoid": _plain("LogSigmoid"),
    "tanhshrink": _plain("Tanhshrink"),
    "channel_shuffle": channel_shuffle,
    "slice": cut_channels,
    "channel_mean": _function("torch.mean", given("dim", 1), given("keepdim", True)),
    "channel_max": _function("torch.amax", given("dim", 1), given("keepdim", True)),
    "glu": _plain("GLU", dim=1),
    "l2norm": _function("F.normalize", given("dim", 1)),
    "squeeze": squeeze,
    "tokens": tokens,
    "to_map": to_map,
    "token": token,
    "unfold": unfold,
    "pixel_shuffle": _shuffle("PixelShuffle"),
    "pixel_unshuffle": _shuffle("PixelUnshuffle"),
    "upsample": upsample,
    "upsample_to": upsample_to,
    "pad": pad,
    "crop": crop,
    "crop_to": crop_to,
    "concat": concat,
    "add": _elementwise("+"),
    "sub": _elementwise("-"),
    "mul": _elementwise("*"),
    "div": _elementwise("/"),
    "max": maximum,
}
"""How each operation is said in PyTorch."""
