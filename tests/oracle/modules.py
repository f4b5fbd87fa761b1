"""Every operation as PyTorch modules; shapes, parameters and multiply-accumulates are read off what PyTorch made and ran."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from tests.oracle.build import Builder, Network, Refusal, per_axis, pool_stride

torch: Any = pytest.importorskip("torch")
nn: Any = torch.nn
F: Any = torch.nn.functional
torch.set_num_threads(1)

Args = dict[str, Any]
Module = Any
Tensor = Any
Maker = Callable[[Args, list[Tensor]], Module]


class Record(NamedTuple):
    """What PyTorch says of one layer."""

    op: str
    shape: tuple[int, ...]
    weights: int
    biases: int
    buffers: int
    macs: int


class Trace(NamedTuple):
    """The layers that ran, and what stopped the network if something did."""

    records: list[Record]
    error: str | None


class Function(nn.Module):  # type: ignore[misc]
    """A function as a module."""

    def __init__(self, function: Callable[..., Tensor], **modules: Module) -> None:
        super().__init__()
        self.function = function
        for name, module in modules.items():
            self.add_module(name, module)

    def forward(self, *tensors: Tensor) -> Tensor:
        return self.function(*tensors)


class Scale(nn.Module):  # type: ignore[misc]
    """A learned factor, and perhaps an offset, per channel."""

    def __init__(self, channels: int, bias: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        y = x.movedim(1, -1) * self.weight
        return (y if self.bias is None else y + self.bias).movedim(-1, 1)


def pads(padding: Any, kernel: list[int]) -> list[list[int]]:
    """The padding of each axis before and after, of all forms but ``same``."""
    if padding == "valid":
        padding = 0
    if padding == "half":
        return [[k // 2, k // 2] for k in kernel]
    if isinstance(padding, list) and isinstance(padding[0], list):
        if len(padding) not in (1, len(kernel)):
            raise Refusal(f"{padding} for {len(kernel)} axes")
        return padding * len(kernel) if len(padding) == 1 else padding
    return [[p, p] for p in per_axis(padding, len(kernel))]


def flat(pairs: list[list[int]]) -> list[int]:
    """Pairs in the order of ``F.pad``: the last axis first."""
    return [number for pair in reversed(pairs) for number in pair]


def is_even(pairs: list[list[int]]) -> bool:
    return all(before == after for before, after in pairs)


def of_rank(name: str, rank: int) -> Any:
    if rank not in (1, 2, 3):
        raise Refusal(f"no {name} over {rank} axes")
    return getattr(nn, f"{name}{rank}d")


def conv(args: Args, xs: list[Tensor]) -> Module:
    channels, rank = xs[0].shape[1], xs[0].dim() - 2
    return _conv(args, channels, args["out"], args.get("groups", 1), rank)


def depthwise(args: Args, xs: list[Tensor]) -> Module:
    channels, rank = xs[0].shape[1], xs[0].dim() - 2
    return _conv(args, channels, channels * args.get("mult", 1), channels, rank)


def _conv(args: Args, channels: int, out: int, groups: int, rank: int) -> Module:
    kernel = per_axis(args["kernel"], rank)
    given = {
        "kernel_size": kernel,
        "stride": per_axis(args.get("stride", 1), rank),
        "dilation": per_axis(args.get("dilation", 1), rank),
        "groups": groups,
        "bias": args.get("bias", True),
    }
    make = of_rank("Conv", rank)
    if args.get("padding") == "same":
        return make(channels, out, padding="same", **given)
    pairs = pads(args.get("padding", 0), kernel)
    if is_even(pairs):
        return make(channels, out, padding=[pair[0] for pair in pairs], **given)
    return nn.Sequential(Function(lambda x: F.pad(x, flat(pairs))), make(channels, out, **given))


def conv_transpose(args: Args, xs: list[Tensor]) -> Module:
    channels, rank = xs[0].shape[1], xs[0].dim() - 2
    kernel = per_axis(args["kernel"], rank)
    pairs = pads(args.get("padding", 0), kernel)
    given = {
        "kernel_size": kernel,
        "stride": per_axis(args.get("stride", 1), rank),
        "dilation": per_axis(args.get("dilation", 1), rank),
        "output_padding": per_axis(args.get("output_padding", 0), rank),
        "groups": args.get("groups", 1),
        "bias": args.get("bias", True),
    }
    make = of_rank("ConvTranspose", rank)
    if is_even(pairs):
        return make(channels, args["out"], padding=[pair[0] for pair in pairs], **given)
    cut = Function(lambda x: F.pad(x, flat([[-before, -after] for before, after in pairs])))
    return nn.Sequential(make(channels, args["out"], **given), cut)


def pool(name: str, empty: float) -> Maker:
    """A sliding pool; uneven padding, which PyTorch lacks, is filled with ``empty`` first."""

    def make(args: Args, xs: list[Tensor]) -> Module:
        rank = xs[0].dim() - 2
        kernel = per_axis(args["kernel"], rank)
        framework = args.get("framework", "pytorch")
        given: Args = {
            "kernel_size": kernel,
            "stride": pool_stride(args, rank, framework),
            "ceil_mode": args.get("ceil", framework == "caffe"),
        }
        dilation = per_axis(args.get("dilation", 1), rank)
        if name == "MaxPool":
            given["dilation"] = dilation
        elif dilation != [1] * rank:
            raise Refusal(f"{name} has no dilation")
        if args.get("padding") == "same":
            pairs = _same_pads(kernel, dilation, given["stride"])
        else:
            pairs = pads(args.get("padding", 0), kernel)
        if name == "LPPool":
            if any(map(any, pairs)):
                raise Refusal("LPPool has no padding")
            if rank == 1:
                given.update(kernel_size=kernel[0], stride=given["stride"][0])
            return of_rank(name, rank)(args.get("power", 2), **given)
        if is_even(pairs):
            return of_rank(name, rank)(padding=[pair[0] for pair in pairs], **given)
        if any(2 * max(pair) > k for pair, k in zip(pairs, kernel, strict=True)):
            raise Refusal("padding beyond half the kernel")
        return nn.Sequential(
            Function(lambda x: F.pad(x, flat(pairs), value=empty)), of_rank(name, rank)(**given)
        )

    return make


def _same_pads(kernel: list[int], dilation: list[int], stride: list[int]) -> list[list[int]]:
    if stride != [1] * len(stride):
        raise Refusal("padding same with a stride")
    totals = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
    return [[total // 2, total - total // 2] for total in totals]


def adaptive(name: str) -> Maker:
    def make(args: Args, xs: list[Tensor]) -> Module:
        rank = xs[0].dim() - 2
        return of_rank(f"Adaptive{name}Pool", rank)(per_axis(args.get("out", 1), rank))

    return make


def spp_level(args: Args, xs: list[Tensor]) -> Module:
    """A level by its mode, with the windows of He et al. 2014, of the widened form, of Caffe, or adaptive."""
    sizes, bins = xs[0].shape[2:], args["bins"]
    mode, name = args.get("mode", "paper"), {"max": "Max", "avg": "Avg"}[args.get("kind", "max")]
    rank = len(sizes)
    if mode == "adaptive":
        return of_rank(f"Adaptive{name}Pool", rank)([bins] * rank)
    if mode == "caffe":
        kernel = [-(-size // bins) for size in sizes]
        padding = [(k * bins - size + 1) // 2 for k, size in zip(kernel, sizes, strict=True)]
        if any(p >= k for p, k in zip(padding, kernel, strict=True)):
            raise Refusal("Caffe aborts: padding not below the kernel")
        padded = Function(lambda x: F.pad(x, flat([[p, p] for p in padding]), value=-1e9))
        return nn.Sequential(padded, Function(lambda x: _caffe_windows(x, kernel, padding, sizes)))
    stride = [size // bins for size in sizes]
    if mode == "exact":
        kernel = [size - (bins - 1) * step for size, step in zip(sizes, stride, strict=True)]
    else:
        kernel = [-(-size // bins) for size in sizes]
    if 0 in stride:
        raise Refusal("a stride of 0")
    return of_rank(f"{name}Pool", rank)(kernel, stride)


def _caffe_windows(x: Tensor, kernel: list[int], padding: list[int], sizes: Any) -> Tensor:
    y = of_rank("MaxPool", len(kernel))(kernel, kernel, ceil_mode=True)(x)
    for axis, (k, p, size) in enumerate(zip(kernel, padding, sizes, strict=True), 2):
        if (y.shape[axis] - 1) * k >= size + p:
            y = y.narrow(axis, 0, y.shape[axis] - 1)
    return y


def linear(args: Args, xs: list[Tensor]) -> Module:
    if not is_point(xs[0]) and args.get("framework", "pytorch") in ("pytorch", "onnx"):
        raise ValueError("a map is not flattened")
    return nn.Sequential(nn.Flatten(), nn.Linear(xs[0][0].numel(), args["out"], bias=args.get("bias", True)))


def embedding(args: Args, xs: list[Tensor]) -> Module:
    table = nn.Embedding(args["vocab"], args["out"])
    if xs[0].dim() != 3 or xs[0].shape[1] != 1:
        raise Refusal("no row of tokens")
    return Function(lambda x: table(x[:, 0].long()).movedim(-1, 1), table=table)


def batch_norm(args: Args, xs: list[Tensor]) -> Module:
    affine = args.get("scale", args.get("framework", "pytorch") != "caffe")
    norm = of_rank("BatchNorm", max(1, xs[0].dim() - 2))(xs[0].shape[1], affine=affine)
    return without(norm, args)


def without(norm: Module, args: Args) -> Module:
    """A normalization less the factors or the offsets that it is not to have."""
    for name, argument in (("weight", "gamma"), ("bias", "beta")):
        if args.get(argument) is False:
            norm.register_parameter(name, None)
    return norm


def group_norm(args: Args, xs: list[Tensor]) -> Module:
    return without(nn.GroupNorm(args["groups"], xs[0].shape[1], affine=args.get("affine", True)), args)


def layer_norm(args: Args, xs: list[Tensor]) -> Module:
    norm = without(nn.LayerNorm(xs[0].shape[1], elementwise_affine=args.get("affine", True)), args)
    return Function(lambda x: norm(x.movedim(1, -1)).movedim(-1, 1), norm=norm)


def local_response_norm(args: Args, xs: list[Tensor]) -> Module:
    return nn.LocalResponseNorm(args.get("size", 5))


def channel_shuffle(args: Args, xs: list[Tensor]) -> Module:
    return nn.ChannelShuffle(args["groups"])


def instance_norm(args: Args, xs: list[Tensor]) -> Module:
    return of_rank("InstanceNorm", xs[0].dim() - 2)(xs[0].shape[1], affine=args.get("affine", False))


def upsample(args: Args, xs: list[Tensor]) -> Module:
    rank = xs[0].dim() - 2
    mode = _mode(args, rank)
    aligned = {"align_corners": True} if args.get("align_corners") else {}
    if "size" in args:
        return nn.Upsample(size=tuple(per_axis(args["size"], rank)), mode=mode, **aligned)
    factor = args["factor"]
    factors = [factor] * rank if isinstance(factor, float) else per_axis(factor, rank)
    return nn.Upsample(scale_factor=tuple(map(float, factors)), mode=mode, **aligned)


def upsample_to(args: Args, xs: list[Tensor]) -> Module:
    rank = xs[0].dim() - 2
    return Function(lambda x, like: F.interpolate(x, size=like.shape[2:], mode=_mode(args, rank)))


def _mode(args: Args, rank: int) -> str:
    linear = {1: "linear", 2: "bilinear", 3: "trilinear"}[rank]
    if args.get("mode") == "bicubic":
        return "bicubic"
    return "nearest" if args.get("mode", "nearest") == "nearest" else linear


def border(sign: int) -> Maker:
    def make(args: Args, xs: list[Tensor]) -> Module:
        pairs = pads(args["margins"], [1] * (xs[0].dim() - 2))
        return Function(lambda x: F.pad(x, [sign * number for number in flat(pairs)]))

    return make


def crop_to(args: Args, xs: list[Tensor]) -> Module:
    def cut(x: Tensor, like: Tensor) -> Tensor:
        for axis in range(2, x.dim()):
            spare = x.shape[axis] - like.shape[axis]
            if spare < 0:
                raise ValueError("smaller than the target")
            x = x.narrow(axis, spare // 2, like.shape[axis])
        return x

    return Function(cut)


def unfold(args: Args, xs: list[Tensor]) -> Module:
    """Windows as channels: a convolution whose filters each pick one position, held against ``F.unfold`` in two dimensions."""
    channels, rank = xs[0].shape[1], xs[0].dim() - 2
    kernel = per_axis(args["kernel"], rank)
    count = torch.Size(kernel).numel()
    given = {
        "stride": per_axis(args.get("stride", 1), rank),
        "dilation": per_axis(args.get("dilation", 1), rank),
    }
    pairs = pads(args.get("padding", 0), kernel)

    def patches(x: Tensor) -> Tensor:
        x = F.pad(x, flat(pairs))
        pick = (
            torch.eye(count, device=x.device, dtype=x.dtype)
            .view(count, 1, *kernel)
            .repeat(channels, *(1,) * (rank + 1))
        )
        y = getattr(F, f"conv{rank}d")(x, pick, groups=channels, **given)
        if rank == 2:
            assert torch.allclose(F.unfold(x, kernel, **given).view_as(y), y)
        return y

    return Function(patches)


def pixel_shuffle(args: Args, xs: list[Tensor]) -> Module:
    factor, rank = args["factor"], xs[0].dim() - 2
    if rank == 2:
        return nn.PixelShuffle(factor)
    if rank == 1:
        return Function(lambda x: x.unflatten(1, (-1, factor)).transpose(2, 3).flatten(2))
    beside = (0, 1, 5, 2, 6, 3, 7, 4)

    def larger(x: Tensor) -> Tensor:
        y = x.unflatten(1, (-1, factor, factor, factor)).permute(beside)
        return y.flatten(6).flatten(4, 5).flatten(2, 3)

    return Function(larger)


def pixel_unshuffle(args: Args, xs: list[Tensor]) -> Module:
    factor, rank = args["factor"], xs[0].dim() - 2
    if rank == 2:
        return nn.PixelUnshuffle(factor)
    if rank == 1:
        return Function(lambda x: x.unflatten(2, (-1, factor)).transpose(2, 3).flatten(1, 2))
    split = (0, 1, 3, 5, 7, 2, 4, 6)

    def blocks(x: Tensor) -> Tensor:
        y = x.unflatten(4, (-1, factor)).unflatten(3, (-1, factor)).unflatten(2, (-1, factor))
        return y.permute(split).flatten(1, 4)

    return Function(blocks)


def cut_channels(args: Args, xs: list[Tensor]) -> Module:
    first, count = args["channels"]
    return Function(lambda x: x.narrow(1, first, count))


def together(function: Callable[..., Tensor]) -> Maker:
    """A function of all inputs, without arguments of its own."""

    def make(args: Args, xs: list[Tensor]) -> Module:
        return Function(function)

    return make


def joined(*xs: Tensor) -> Tensor:
    return torch.cat(xs, 1)


def elementwise(combine: Callable[[Tensor, Tensor], Tensor]) -> Maker:
    """Tensors of shapes that PyTorch broadcasts, vectors taken as maps of one point."""

    def run(*xs: Tensor) -> Tensor:
        rank = max(x.dim() for x in xs)
        spread = [x[(...,) + (None,) * (rank - x.dim())] if is_point(x) else x for x in xs]
        # As plain numbers: a trace for ONNX has tensors for sizes, which are never equal.
        torch.broadcast_shapes(*[tuple(map(int, x.shape)) for x in spread])
        total = spread[0]
        for x in spread[1:]:
            total = combine(total, x)
        return total

    return together(run)


def is_point(x: Tensor) -> bool:
    return all(size == 1 for size in x.shape[2:])


def plain(name: str, **given: Any) -> Maker:
    def make(args: Args, xs: list[Tensor]) -> Module:
        return getattr(nn, name)(**given)

    return make


def custom(args: Args, xs: list[Tensor]) -> Module:
    """Windows of the given geometry, without weights; what it counts is what the spec says."""
    window = _conv(
        {"kernel": 1, **args, "bias": False}, 1, args.get("out", xs[0].shape[1]), 1, xs[0].dim() - 2
    )
    return Function(lambda x: window(x[:, :1]))


class Shift(nn.Module):  # type: ignore[misc]
    """A learned offset per channel, per position, or for all."""

    def __init__(self, x: Tensor, args: Args) -> None:
        super().__init__()
        channels = x.shape[1] if args.get("per_channel", True) else 1
        sizes = x.shape[2:] if args.get("per_position") else (1,) * (x.dim() - 2)
        self.bias = nn.Parameter(torch.zeros(channels, *sizes))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.bias


FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "square": torch.square,
    "pow": lambda x: x**2,
    "sqrt": torch.sqrt,
    "rsqrt": torch.rsqrt,
    "exp": torch.exp,
    "log": torch.log,
    "abs": torch.abs,
    "neg": torch.neg,
    "softplus": F.softplus,
    "softsign": F.softsign,
    "hardtanh": F.hardtanh,
    "celu": F.celu,
    "logsigmoid": F.logsigmoid,
    "tanhshrink": F.tanhshrink,
    "drop_path": lambda x: x,
    "glu": lambda x: F.glu(x, 1),
    "l2norm": lambda x: F.normalize(x, dim=1),
    "channel_mean": lambda x: x.mean(1, keepdim=True),
    "channel_max": lambda x: x.amax(1, keepdim=True),
    "global_lppool": lambda x: x.flatten(2).norm(dim=2)[(...,) + (None,) * (x.dim() - 2)],
}


def squeeze(args: Args, xs: list[Tensor]) -> Module:
    axis = args.get("axis")
    if axis is not None:
        return Function(lambda x: x.squeeze(2 + axis))
    return Function(lambda x: x.reshape(*x.shape[:2], *[size for size in x.shape[2:] if size != 1]))


def eca(args: Args, xs: list[Tensor]) -> Module:
    conv = nn.Conv1d(1, 1, args["kernel"], padding=args["kernel"] // 2, bias=False)

    def weigh(x: Tensor) -> Tensor:
        lines = x.flatten(2).transpose(1, 2).reshape(-1, 1, x.shape[1])
        return conv(lines).reshape(x.shape[0], -1, x.shape[1]).transpose(1, 2).reshape(x.shape)

    return Function(weigh, conv=conv)


class Attention(nn.Module):  # type: ignore[misc]
    """Four linear layers, and the two products between them, over all positions or within blocks of them."""

    def __init__(self, args: Args, channels: int, rank: int) -> None:
        super().__init__()
        self.window = per_axis(args["window"], rank) if "window" in args else None
        self.shift = per_axis(args.get("shift", 0), rank)
        self.heads = args["heads"]
        if "head" not in args and channels % self.heads:
            raise ValueError("channels are no multiple of the heads")
        head = args.get("head", channels // self.heads)
        value = args.get("value", head)
        bias = args.get("bias", True)
        self.queries = nn.Linear(channels, self.heads * head, bias=bias)
        self.keys = nn.Linear(channels, self.heads * head, bias=bias)
        self.values = nn.Linear(channels, self.heads * value, bias=bias)
        self.out = (
            nn.Linear(self.heads * value, channels, bias=args.get("out_bias", True))
            if args.get("project", True)
            else nn.Identity()
        )

    def forward(self, x: Tensor) -> Tensor:
        """As Swin does: the map filled up to whole blocks and moved; which blocks are masked changes no count."""
        if self.window is None:
            return self.attend(x)
        axes = tuple(range(2, x.dim()))
        fill = [[0, -size % by] for size, by in zip(x.shape[2:], self.window, strict=True)]
        moved = F.pad(x, flat(fill)).roll([-shift for shift in self.shift], axes)
        blocks, sizes = moved, moved.shape[2:]
        for axis, by in reversed(list(zip(axes, self.window, strict=True))):
            blocks = blocks.unflatten(axis, (-1, by))
        outer, inner = range(2, blocks.dim(), 2), range(3, blocks.dim(), 2)
        order = (0, *outer, 1, *inner)
        blocks = blocks.permute(order)
        counts = blocks.shape[: x.dim() - 1]
        y = self.attend(blocks.flatten(0, x.dim() - 2))
        y = y.unflatten(0, counts).permute([order.index(at) for at in range(len(order))])
        y = y.reshape(*y.shape[:2], *sizes).roll(self.shift, axes)
        for axis, size in zip(axes, x.shape[2:], strict=True):
            y = y.narrow(axis, 0, size)
        return y

    def attend(self, x: Tensor) -> Tensor:
        line = x.flatten(2).transpose(1, 2)
        parts = (part(line) for part in (self.queries, self.keys, self.values))
        queries, keys, values = (part.unflatten(2, (self.heads, -1)).transpose(1, 2) for part in parts)
        mixed = F.scaled_dot_product_attention(queries, keys, values).transpose(1, 2).flatten(2)
        return self.out(mixed).transpose(1, 2).unflatten(2, x.shape[2:])

    def multiplications(self, x: Tensor) -> int:
        """Those of the two products."""
        widths = int(self.queries.out_features + self.values.out_features)
        sizes = x.shape[2:]
        block = sizes if self.window is None else self.window
        filled = [-(-size // by) * by for size, by in zip(sizes, block, strict=True)]
        return int(math.prod(filled) * math.prod(block) * widths)


def attention(args: Args, xs: list[Tensor]) -> Module:
    return Attention(args, xs[0].shape[1], xs[0].dim() - 2)


class Tokens(nn.Module):  # type: ignore[misc]
    """The positions in a line, after learned ones."""

    def __init__(self, channels: int, extra: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(channels, extra)) if extra else None

    def forward(self, x: Tensor) -> Tensor:
        line = x.flatten(2)
        if self.weight is None:
            return line
        return torch.cat([self.weight.expand(x.shape[0], -1, -1), line], 2)


def to_map(args: Args, xs: list[Tensor]) -> Module:
    size = args["size"] if isinstance(args["size"], list) else [args["size"]]
    if xs[0].dim() == 2:
        return Function(lambda x: x.unflatten(1, [-1, *size]))
    return Function(lambda x: x[:, :, args.get("extra", 0) :].unflatten(2, size))


def token(args: Args, xs: list[Tensor]) -> Module:
    return Function(lambda x: x[:, :, args.get("place", 0)])


def deformed(args: Args, xs: list[Tensor]) -> Module:
    """At offsets of zero, a convolution."""
    module = conv(args, xs)
    assert module(xs[0]).shape[2:] == xs[1].shape[2:], "offsets for other positions"
    return Function(lambda *tensors: module(tensors[0]), module=module)


class Recurrent(nn.Module):  # type: ignore[misc]
    """A recurrent layer over the one axis of a map; its parameters by the two names that are counted."""

    def __init__(self, name: str, args: Args, channels: int) -> None:
        super().__init__()
        both = args.get("bidirectional", False)
        self.sequence = args.get("sequence", True)
        self.inner = getattr(nn, name)(
            channels, args["hidden"], args.get("layers", 1), bidirectional=both, batch_first=True
        )

    def forward(self, x: Tensor) -> Tensor:
        if x.dim() != 3:
            raise ValueError("no sequence")
        y = self.inner(x.transpose(1, 2))[0].transpose(1, 2)
        return y if self.sequence else y[:, :, -1]


def recurrent(name: str) -> Maker:
    return lambda args, xs: Recurrent(name, args, xs[0].shape[1])


MAKERS: dict[str, Maker] = {
    "conv": conv,
    "depthwise": depthwise,
    "conv_transpose": conv_transpose,
    "maxpool": pool("MaxPool", -1e9),
    "avgpool": pool("AvgPool", 0),
    "lppool": pool("LPPool", 0),
    "global_avgpool": adaptive("Avg"),
    "global_maxpool": adaptive("Max"),
    "adaptive_avgpool": adaptive("Avg"),
    "adaptive_maxpool": adaptive("Max"),
    "roi_pool": adaptive("Max"),
    "spp_level": spp_level,
    "linear": linear,
    "flatten": plain("Flatten"),
    "embedding": embedding,
    "bn": batch_norm,
    "gn": group_norm,
    "ln": layer_norm,
    "instance_norm": instance_norm,
    "lrn": local_response_norm,
    "scale": lambda args, xs: Scale(
        xs[0].shape[1] if args.get("per_channel", True) else 1, args.get("bias", False)
    ),
    "shift": lambda args, xs: Shift(xs[0], args),
    **{name: together(function) for name, function in FUNCTIONS.items()},
    "eca": eca,
    "attention": attention,
    "lstm": recurrent("LSTM"),
    "gru": recurrent("GRU"),
    "rnn": recurrent("RNN"),
    "squeeze": squeeze,
    "tokens": lambda args, xs: Tokens(xs[0].shape[1], args.get("extra", 0)),
    "to_map": to_map,
    "token": token,
    "deform_conv": deformed,
    "prelu": lambda args, xs: nn.PReLU(xs[0].shape[1] if args.get("per_channel") else 1),
    "relu": plain("ReLU"),
    "relu6": plain("ReLU6"),
    "leaky_relu": plain("LeakyReLU"),
    "sigmoid": plain("Sigmoid"),
    "tanh": plain("Tanh"),
    "gelu": plain("GELU"),
    "silu": plain("SiLU"),
    "elu": plain("ELU"),
    "selu": plain("SELU"),
    "mish": plain("Mish"),
    "hardswish": plain("Hardswish"),
    "hardsigmoid": plain("Hardsigmoid"),
    "softmax": plain("Softmax", dim=1),
    "identity": plain("Identity"),
    "dropout": plain("Dropout"),
    "channel_shuffle": channel_shuffle,
    "pixel_shuffle": pixel_shuffle,
    "pixel_unshuffle": pixel_unshuffle,
    "slice": cut_channels,
    "upsample": upsample,
    "upsample_to": upsample_to,
    "pad": border(1),
    "crop": border(-1),
    "crop_to": crop_to,
    "unfold": unfold,
    "custom": custom,
    "concat": together(joined),
    "inception": together(joined),
    "dense_block": together(joined),
    "spp": together(joined),
    "ppm": together(joined),
    "add": elementwise(lambda one, other: one + other),
    "residual": elementwise(lambda one, other: one + other),
    "mul": elementwise(lambda one, other: one * other),
    "sub": elementwise(lambda one, other: one - other),
    "div": elementwise(lambda one, other: one / other),
    "max": elementwise(torch.maximum),
}


class Modules:
    """The backend that runs a network of modules for one input."""

    def __init__(self, framework: str = "pytorch", device: str = "cpu") -> None:
        self.framework = framework
        self.device = device
        self.records: list[Record] = []
        self.modules: list[Module] = []

    @property
    def count(self) -> int:
        return len(self.records)

    def shape(self, tensor: Tensor) -> tuple[int, ...]:
        return tuple(tensor.shape[1:])

    def apply(self, op: str, args: Args, tensors: list[Tensor], tie: int | None) -> Tensor:
        try:
            with torch.device(self.device), torch.no_grad():
                return self._apply(op, {**args, "framework": self.framework}, tensors, tie)
        except (RuntimeError, ValueError, AssertionError) as error:
            raise Refusal(f"{op}: {error}") from error

    def _apply(self, op: str, args: Args, tensors: list[Tensor], tie: int | None) -> Tensor:
        if self.device != "meta" or tie is not None:
            module, record, y = self._computed(op, args, tensors, tie)
        else:
            layer = repr((op, args, [tuple(one.shape) for one in tensors]))
            if layer not in _WITHOUT_NUMBERS:
                _WITHOUT_NUMBERS[layer] = self._computed(op, args, tensors, None)
            module, record, y = _WITHOUT_NUMBERS[layer]
        self.records.append(record)
        self.modules.append(module)
        return y

    def _computed(
        self, op: str, args: Args, tensors: list[Tensor], tie: int | None
    ) -> tuple[Module, Record, Tensor]:
        module = MAKERS[op](args, tensors).eval()
        if tie is not None:
            _tie(module, self.modules[tie])
        macs = [0]
        for part in module.modules():
            if isinstance(part, Attention):
                macs.append(part.multiplications(tensors[0]))
            if isinstance(part, (nn.RNNBase)):
                weights = (value for name, value in part.named_parameters() if "weight" in name)
                macs.append(tensors[0].shape[2] * sum(value.numel() for value in weights))
            if isinstance(part, (nn.modules.conv._ConvNd, nn.Linear)):
                part.register_forward_hook(lambda part, xs, y: macs.append(multiplications(part, xs[0], y)))
        y = module(*tensors)
        if 0 in y.shape:
            raise ValueError("nothing left")
        counts = (0, 0, 0) if tie is not None else stored(module)
        if op == "custom":
            counts, macs = (args["params"], 0, 0), [args["macs"]]
        return module, Record(op, self.shape(y), *counts, sum(macs)), y


_WITHOUT_NUMBERS: dict[str, tuple[Module, Record, Tensor]] = {}
"""By operation, arguments and shapes, what PyTorch made of a layer where tensors have a shape alone."""


def multiplications(part: Module, x: Tensor, y: Tensor) -> int:
    """Each output of a convolution is one filter's worth; of a transposed one each input is spread by one filter."""
    if isinstance(part, nn.Linear):
        return int(part.weight.numel() * (x.numel() // part.in_features))
    filtered = x if part.transposed else y
    return int(filtered.numel() * part.weight[0].numel())


def stored(module: Module) -> tuple[int, int, int]:
    """Weights, biases and buffers; ``num_batches_tracked`` is a counter of training steps and no part of the network."""
    named = [(name.rpartition(".")[2], value.numel()) for name, value in module.named_parameters()]
    weights = sum(count for name, count in named if name.startswith("weight"))
    biases = sum(count for name, count in named if name.startswith("bias"))
    assert weights + biases == sum(count for _, count in named)
    buffers = sum(
        value.numel() for name, value in module.named_buffers() if not name.endswith("num_batches_tracked")
    )
    return weights, biases, buffers


def _tie(module: Module, other: Module) -> None:
    """Let a module use another one's parameters."""
    if type(module) is not type(other):
        raise ValueError("shared between different kinds")
    there = [(name, value.shape) for name, value in other.named_parameters()]
    if there != [(name, value.shape) for name, value in module.named_parameters()]:
        raise ValueError("shared between different shapes")
    for part, original in zip(module.modules(), other.modules(), strict=True):
        for name in original._parameters:
            setattr(part, name, getattr(original, name))


def inputs_of(network: Network, device: str = "cpu") -> dict[str, Tensor]:
    return {name: torch.rand(1, *shape, device=device) for name, shape in network.inputs.items()}


def run(network: Network, device: str = "cpu") -> Trace:
    """Run a network in PyTorch."""
    backend = Modules(network.framework, device)
    try:
        Builder(network, backend).run(inputs_of(network, device))
    except Refusal as refusal:
        return Trace(backend.records, str(refusal))
    return Trace(backend.records, None)
