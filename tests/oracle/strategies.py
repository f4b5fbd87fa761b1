"""Random networks as spec texts: mostly valid ones, small, over one to three axes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import count
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

import yaml
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st

from tests.rotation import todays

Test = TypeVar("Test", bound=Callable[..., None])
Draw = Callable[[st.SearchStrategy[Any]], Any]
Items = list[Any]

STEADY = settings(
    deadline=None,
    derandomize=True,
    max_examples=400,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=(
        Phase.explicit,
        Phase.generate,
    ),  # shrinking a network takes minutes, and the failing spec is short
    print_blob=False,
)
"""The same networks in every run."""

NETWORKS: Mapping[str, int] = MappingProxyType(
    {
        "shapes, 1-D": 900,
        "shapes, 2-D": 800,
        "shapes, 3-D": 120,
        "shapes, often unfit": 1500,
        "flops, 2-D": 60,
        "fields, 1-D": 800,
        "fields, 2-D": 400,
        "fields, 3-D": 60,
        "fields, small maps": 400,
        "exported values": 60,
    }
)
"""How many random networks each test runs in PyTorch within three days: 5,100 in all."""
SHARES = 3


def networks_of(test: str) -> Callable[[Test], Test]:
    """As many random networks as ``NETWORKS`` says, of which each day has a share that is the same in every run."""
    shares = todays(range(SHARES), SHARES)
    steady = settings(STEADY, max_examples=NETWORKS[test] * len(shares) // SHARES)
    return lambda hold: seed(shares[0])(steady(hold))


ACTIVATIONS = (
    *("relu", "relu6", "leaky_relu", "sigmoid", "tanh", "gelu", "silu"),
    *("elu", "selu", "mish", "hardswish", "hardsigmoid", "softmax"),
)
FUNCTIONS = (
    *("square", "pow", "sqrt", "rsqrt", "exp", "log", "abs", "neg", "softplus", "softsign", "hardtanh"),
    *("celu", "logsigmoid", "tanhshrink", "drop_path"),
)
WIDTHS = (1, 2, 3, 4, 6, 8)
MOST_CHANNELS = 64


class Flow(NamedTuple):
    """What is known of the current tensor while a network is written."""

    rank: int
    channels: int
    wild: bool
    """Whether layers may be written that often do not fit."""
    numbers: Iterator[int]
    """For names that differ."""


def chance(draw: Draw, percent: int) -> bool:
    return bool(draw(st.integers(0, 99)) < percent)


def pick(draw: Draw, *options: Any) -> Any:
    return draw(st.sampled_from(options))


def axis_values(draw: Draw, rank: int, low: int, high: int) -> Any:
    """One number, one per axis as a list, or written with x."""
    if rank == 1 or chance(draw, 60):
        return draw(st.integers(low, high))
    values = [draw(st.integers(low, high)) for _ in range(rank)]
    return "x".join(map(str, values)) if low > 0 and chance(draw, 30) else values


def divisor(draw: Draw, *numbers: int) -> int:
    return int(pick(draw, *[by for by in range(1, 9) if all(number % by == 0 for number in numbers)]))


def padding(draw: Draw, flow: Flow, most: int) -> Any:
    style = draw(st.integers(0, 9))
    if style < 4:
        return draw(st.integers(0, most))
    if style < 6:
        return "half"
    if style < 8:
        return axis_values(draw, flow.rank, 0, most)
    pairs = [[draw(st.integers(0, most)), draw(st.integers(0, most))] for _ in range(flow.rank)]
    return pairs if style == 8 else "valid"


def after(draw: Draw, channels: int, args: dict[str, Any]) -> dict[str, Any]:
    """Perhaps a norm, an activation, a bias."""
    if chance(draw, 25):
        args["norm"] = pick(draw, "bn", {"gn": divisor(draw, channels)}, "ln", "instance_norm", "none")
    if chance(draw, 20):
        args["act"] = pick(draw, *ACTIVATIONS, {"prelu": {"per_channel": True}}, "none")
    if chance(draw, 20):
        args["bias"] = pick(draw, True, False)
    return args


def convolution(draw: Draw, flow: Flow) -> tuple[Items, Flow]:
    out = pick(draw, *WIDTHS)
    most = 5 if flow.wild else 3
    args: dict[str, Any] = {"out": out, "padding": padding(draw, flow, 2)}
    args[pick(draw, "stride", "s")] = axis_values(draw, flow.rank, 1, 2)
    if chance(draw, 30):
        args["dilation"] = axis_values(draw, flow.rank, 1, 2)
    if chance(draw, 30):
        args["groups"] = draw(st.integers(1, 4)) if flow.wild else divisor(draw, out, flow.channels)
    if chance(draw, 10):
        args.update(padding="same")
        if not flow.wild:
            args.pop("s", args.pop("stride", None))
    after(draw, out, args)
    if chance(draw, 50):
        name = "conv" + "x".join(str(draw(st.integers(1, most))) for _ in range(flow.rank))
        return [{name: args}], flow._replace(channels=out)
    return [{"conv": {"kernel": axis_values(draw, flow.rank, 1, most), **args}}], flow._replace(channels=out)


def keeping(draw: Draw, flow: Flow, out: int, stride: int = 1) -> tuple[Items, Flow]:
    """A convolution that gives ceil(n / stride) whatever its kernel."""
    kernel = pick(draw, 1, 3, 5)
    args: dict[str, Any] = {"out": out, "kernel": kernel, "padding": kernel // 2, "stride": stride}
    if chance(draw, 20):
        args["padding"], args["dilation"] = kernel // 2 * 2, 2
    return [{"conv": after(draw, out, args)}], flow._replace(channels=out)


def depthwise(draw: Draw, flow: Flow) -> tuple[Items, Flow]:
    mult = draw(st.integers(1, 2))
    kernel = axis_values(draw, flow.rank, 1, 3)
    args = {
        "mult": mult,
        "kernel": kernel,
        "stride": axis_values(draw, flow.rank, 1, 2),
        "padding": padding(draw, flow, 2),
    }
    return [{"depthwise": after(draw, mult * flow.channels, args)}], flow._replace(
        channels=mult * flow.channels
    )


def separable(draw: Draw, flow: Flow) -> tuple[Items, Flow]:
    out = pick(draw, *WIDTHS)
    args: dict[str, Any] = {"out": out, "padding": "half", "stride": draw(st.integers(1, 2))}
    if chance(draw, 30):
        args["mult"] = 2
    return [{f"separable{pick(draw, 1, 3, 5)}": after(draw, out, args)}], flow._replace(channels=out)


def transposed(draw: Draw, flow: Flow) -> tuple[Items, Flow]:
    out = pick(draw, *WIDTHS)
    kernel, stride = axis_values(draw, flow.rank, 1, 4), axis_values(draw, flow.rank, 1, 3)
    args: dict[str, Any] = {"out": out, "kernel": kernel, "stride": stride}
    if chance(draw, 50):
        args["padding"] = padding(draw, flow, 1)
    if chance(draw, 30):
        args["dilation"] = axis_values(draw, flow.rank, 1, 2)
    if chance(draw, 30):
        args["output_padding"] = axis_values(draw, flow.rank, 0, 2 if flow.wild else 1)
    if chance(draw, 30):
        args["groups"] = divisor(draw, out, flow.channels)
    return [{"conv_transpose": after(draw, out, args)}], flow._replace(channels=out)


def pooling(draw: Draw, flow: Flow) -> tuple[Items, Flow]:
    op = pick(draw, "maxpool", "maxpool", "avgpool", "avgpool", "lppool")
    kernel = draw(st.integers(1, 3))
    args: dict[str, Any] = {"kernel": kernel}
    if chance(draw, 60):
        args["stride"] = axis_values(draw, flow.rank, 1, 3)
    if op != "lppool" or flow.wild:
        args["padding"] = draw(st.integers(0, kernel // 2 + flow.wild))
    if chance(draw, 40):
        args["ceil"] = pick(draw, True, False)
    if op == "maxpool" and chance(draw, 30):
        args["dilation"] = axis_values(draw, flow.rank, 1, 2)
    if chance(draw, 10) and "ceil" not in args and op == "maxpool":
        args["padding"] = [
            [draw(st.integers(0, kernel // 2)), draw(st.integers(0, kernel // 2))] for _ in range(flow.rank)
        ]
    return [{op: args}], flow


def binned(draw: Draw, flow: Flow) -> tuple[Items, Flow]:
    op = pick(draw, "adaptive_avgpool", "adaptive_maxpool", "roi_pool")
    return [{op: axis_values(draw, flow.rank, 2, 6)}], flow


def resampled(draw: Draw, flow: Flow) -> tuple[Items, Flow]:
    mode: dict[str, Any] = {"mode": pick(draw, "nearest", "bilinear")} if chance(draw, 60) else {}
    if mode.get("mode") == "bilinear" and chance(draw, 40):
        mode["align_corners"] = True
    if chance(draw, 20):
        return [{"upsample": {"factor": pick(draw, 1.5, 1.25, 2.5), **mode}}], flow
    if chance(draw, 70):
        return [
            {"upsample": {"factor": axis_values(draw, flow.rank, 1, 3 if flow.rank < 3 else 2), **mode}}
        ], flow
    return [{"upsample": {"size": axis_values(draw, flow.rank, 4, 12), **mode}}], flow


def bordered(draw: Draw, flow: Flow) -> tuple[Items, Flow]:
    op = pick(draw, "pad", "crop")
    if chance(draw, 50):
        return [{op: axis_values(draw, flow.rank, 0, 2)}], flow
    return [{op: [[draw(st.integers(0, 2)), draw(st.integers(0, 2))] for _ in range(flow.rank)]}], flow


def shuffled(draw: Draw, flow: Flow) -> tuple[Items, Flow]:
    if flow.channels % 2**flow.rank == 0 and chance(draw, 50):
        return [{"pixel_shuffle": 2}], flow._replace(channels=flow.channels // 2**flow.rank)
    even = [{"upsample": {"size": 6}}, {"pixel_unshuffle": 2}]
    if flow.wild or flow.channels * 2**flow.rank > MOST_CHANNELS:
        even = even[:1]
        return even, flow
    return even, flow._replace(channels=flow.channels * 2**flow.rank)


def unfolded(draw: Draw, flow: Flow) -> tuple[Items, Flow]:
    kernel = draw(st.integers(1, 3 if flow.rank == 1 else 2))
    args = {"kernel": kernel, "stride": axis_values(draw, flow.rank, 1, 2), "padding": padding(draw, flow, 1)}
    if flow.channels * kernel**flow.rank > MOST_CHANNELS:
        return [], flow
    return [{"unfold": args}], flow._replace(channels=flow.channels * kernel**flow.rank)


def on_channels(draw: Draw, flow: Flow) -> tuple[Items, Flow]:
    op = pick(
        draw,
        *("channel_shuffle", "slice", "scale", "prelu", "lrn", "dropout", "activation", "norm", "function"),
        *("shift", "attention", "eca", "gate", "glu", "l2norm"),
    )
    if op == "glu" and flow.channels % 2 == 0:
        return ["glu"], flow._replace(channels=flow.channels // 2)
    if op == "slice":
        first = draw(st.integers(0, flow.channels - 1))
        taken = draw(st.integers(1, flow.channels - first + flow.wild))
        return [{"slice": [first, taken]}], flow._replace(channels=taken)
    if op == "glu" and flow.channels % 2:
        op = "l2norm"
    item: Any = {
        "function": pick(draw, *FUNCTIONS),
        "shift": {"shift": {"per_position": chance(draw, 50), "per_channel": chance(draw, 60)}},
        "attention": {"attention": {"heads": divisor(draw, flow.channels), "bias": chance(draw, 50)}},
        "eca": {"mul": {"map": [], "gate": ["global_avgpool", {"eca": pick(draw, 1, 3)}, "sigmoid"]}},
        "gate": {
            pick(draw, "mul", "add", "sub", "div", "max"): {
                "map": [],
                "gate": [pick(draw, "channel_mean", "channel_max"), "sigmoid"],
            }
        },
        "channel_shuffle": {
            "channel_shuffle": draw(st.integers(1, 4)) if flow.wild else divisor(draw, flow.channels)
        },
        "scale": pick(draw, "scale", {"scale": {"bias": True}}, {"scale": {"per_channel": False}}),
        "prelu": pick(draw, "prelu", {"prelu": {"per_channel": True}}),
        "activation": pick(draw, *ACTIVATIONS, "identity"),
        "norm": pick(
            draw,
            "bn",
            {"bn": {"scale": False}},
            {"bn": {"gamma": False}},
            {"ln": {"beta": False}},
            {"gn": divisor(draw, flow.channels)},
            "ln",
            {"instance_norm": {"affine": True}},
        ),
    }.get(op, op)
    return [item], flow


def branch(draw: Draw, flow: Flow, out: int, stride: int) -> Items:
    items: Items = []
    if chance(draw, 40):
        width = pick(draw, *WIDTHS)
        more, flow = keeping(draw, flow, width)
        items += more
    more, _ = keeping(draw, flow, out, stride)
    return items + more


def joined(draw: Draw, flow: Flow) -> tuple[Items, Flow]:
    """Branches of equal stride, named or listed."""
    op, stride = pick(draw, "concat", "concat", "add", "mul"), draw(st.integers(1, 2))
    branching = draw(st.integers(1, 3))
    outs = (
        [pick(draw, *WIDTHS)] * branching
        if op != "concat"
        else [pick(draw, *WIDTHS) for _ in range(branching)]
    )
    if flow.wild and chance(draw, 20):
        outs[-1] += 1
    branches: list[Any] = [branch(draw, flow, out, stride) for out in outs]
    if stride == 1 and chance(draw, 30) and (op == "concat" or flow.channels == outs[0]):
        branches.append("prev")
        outs.append(flow.channels)
    if op == "concat" and sum(outs) > MOST_CHANNELS:
        return [], flow
    listed = "prev" in branches or chance(draw, 50)
    item: Any = branches if listed else {f"b{number}": items for number, items in enumerate(branches)}
    return [{op: item}], flow._replace(channels=sum(outs) if op == "concat" else outs[0])


def shifted(draw: Draw, flow: Flow) -> tuple[Items, Flow]:
    """Branches that crop the map alike but at other ends, so that they are not aligned."""
    first, second = draw(st.integers(0, 2)), draw(st.integers(0, 2))
    out = pick(draw, *WIDTHS)
    ones = [{"conv1": {"out": out}} if flow.rank == 1 else {"conv": {"kernel": 1, "out": out}}]
    left = [{"crop": [[first, 2 - first]] * flow.rank}, *ones]
    right = [{"crop": [[second, 2 - second]] * flow.rank}, *ones]
    return [{pick(draw, "add", "mul"): {"left": left, "right": right}}], flow._replace(channels=out)


def gate(draw: Draw, flow: Flow) -> tuple[Items, Flow]:
    point = [pick(draw, "global_avgpool", "global_maxpool", {"adaptive_avgpool": 1})]
    point += [
        {"conv": {"kernel": 1, "out": 2, "act": "relu"}},
        {"conv": {"kernel": 1, "out": flow.channels, "act": "sigmoid"}},
    ]
    item: Any = pick(
        draw, {"mul": ["prev", point]}, {"mul": {"gate": point, "map": []}}, {"add": [point, "prev"]}
    )
    return [item], flow


def residual(draw: Draw, flow: Flow) -> tuple[Items, Flow]:
    style = pick(draw, "identity", "project", "list", "bare")
    out = flow.channels if style in ("identity", "bare") else pick(draw, *WIDTHS)
    stride = 1 if style in ("identity", "bare") else draw(st.integers(1, 2))
    body = branch(draw, flow, out, stride)
    if style == "bare":
        return [{"residual": body}], flow
    shortcut = branch(draw, flow, out, stride) if style == "list" else style
    return [{"residual": {"body": body, "shortcut": shortcut}}], flow._replace(channels=out)


def inception(draw: Draw, flow: Flow) -> tuple[Items, Flow]:
    args: dict[str, Any] = {}
    total = 0
    for kernel in (1, 3, 5):
        out = pick(draw, 1, 2, 4)
        if chance(draw, 60):
            args["x".join([str(kernel)] * flow.rank)] = [pick(draw, 1, 2), out] if chance(draw, 50) else out
            total += out
    if chance(draw, 50) or not args:
        pooled = True if chance(draw, 30) else 2
        if flow.rank == 2 or args:
            args["pool"] = pooled
            total += flow.channels if pooled is True else 2
    if not args:
        return [], flow
    if chance(draw, 40):
        args["norm"], args["act"] = "bn", "relu"
    return [{"inception": args}], flow._replace(channels=total)


def dense(draw: Draw, flow: Flow) -> tuple[Items, Flow]:
    repeat, growth = draw(st.integers(0, 3)), pick(draw, 1, 2)
    by_copy = chance(draw, 40)
    body = [
        *pick(draw, [], ["bn", "relu"]),
        {"conv": {"kernel": 3, "padding": 1, "out": f"{growth} + i" if by_copy else growth}},
    ]
    added = sum(growth + (copy if by_copy else 0) for copy in range(repeat))
    return [{"dense_block": {"repeat": repeat, "body": body}}], flow._replace(channels=flow.channels + added)


def pyramid(draw: Draw, flow: Flow) -> tuple[Items, Flow]:
    bins = pick(draw, [1, 2], [2, 3], [1])
    args: dict[str, Any] = {
        "bins": bins,
        "out": 2,
        "mode": pick(draw, "bilinear", "nearest"),
        "kind": pick(draw, "avg", "max"),
    }
    if chance(draw, 30):
        args["norm"] = "bn"
    return [{"ppm": args}], flow._replace(channels=flow.channels + 2 * len(bins))


def headed(draw: Draw, flow: Flow) -> tuple[Items, Flow]:
    items, _ = one_of(draw, flow, SIMPLE)
    return [{"head": [*items, "global_avgpool", {"linear": draw(st.integers(1, 10))}]}], flow


def nested(draw: Draw, flow: Flow) -> tuple[Items, Flow]:
    items: Items = []
    for _ in range(draw(st.integers(1, 2))):
        more, flow = one_of(draw, flow, SIMPLE)
        items += more
    return ([{"seq": items}], flow) if items else ([], flow)


def repeated(draw: Draw, flow: Flow) -> tuple[Items, Flow]:
    """A layer or a block several times, with widths by copy."""
    copies = draw(st.integers(0, 3))
    if chance(draw, 50):
        items, _ = keeping(draw, flow, flow.channels)
        return [{**items[0], "repeat": copies}], flow
    out = pick(draw, *WIDTHS)
    units = {"unit": {"c": out, "s": "2 if i == 0 else 1"}, "repeat": copies}
    return [units], flow._replace(channels=out) if copies else flow


def block(draw: Draw, flow: Flow) -> tuple[Items, Flow]:
    out = pick(draw, *WIDTHS)
    return [{"unit": pick(draw, out, {"c": out, "s": 2})}], flow._replace(channels=out)


def recalled(draw: Draw, flow: Flow) -> tuple[Items, Flow]:
    """A name, something that changes the size, and a join with the named tensor brought to that size."""
    name = f"skip{next(flow.numbers)}"
    stem, flow = keeping(draw, flow, pick(draw, *WIDTHS))
    stem[0]["name"] = name
    away, other = one_of(draw, flow, (convolution, pooling, transposed, bordered))
    if not away:
        return stem, flow
    mode = pick(draw, "nearest", "bilinear")
    if chance(draw, 50):
        back: Items = [{"upsample_to": {"target": name, "mode": mode}}]
    else:
        back = (
            [{"upsample": {"factor": 2}}, {"pad": 2}, {"crop_to": name}]
            if not flow.wild
            else [{"crop_to": name}]
        )
    again = [{"concat": [name, "prev"]}] if chance(draw, 70) else [{"identity": None, "from": name}]
    channels = flow.channels + other.channels if "concat" in again[0] else flow.channels
    return [*stem, *away, *back, *again], flow._replace(channels=channels)


def shared(draw: Draw, flow: Flow) -> tuple[Items, Flow]:
    name = f"first{next(flow.numbers)}"
    items, _ = keeping(draw, flow, flow.channels)
    if chance(draw, 30):
        items = [{"residual": items}]
    again = dict(items[0])
    if flow.wild and chance(draw, 30):
        again = {"conv": {"kernel": 3, "padding": 1, "out": pick(draw, flow.channels, 3)}}
    return [{**items[0], "name": name}, "relu", {**again, "share": name}], flow


def recurrent(draw: Draw, flow: Flow) -> tuple[Items, Flow]:
    """Over a sequence of one axis."""
    if flow.rank != 1 and not (flow.wild and chance(draw, 10)):
        return [], flow
    hidden, both = pick(draw, 1, 2, 3, 5), chance(draw, 40)
    args: dict[str, Any] = {"hidden": hidden}
    if chance(draw, 40):
        args["layers"] = draw(st.integers(1, 3))
    if both:
        args["bidirectional"] = True
    op = pick(draw, "lstm", "gru", "rnn")
    return [{op: hidden if args == {"hidden": hidden} else args}], flow._replace(channels=hidden * (1 + both))


def attending(draw: Draw, flow: Flow) -> tuple[Items, Flow]:
    """Heads of widths of their own, over all positions or within blocks."""
    heads, head, value = draw(st.integers(1, 3)), pick(draw, 1, 2, 4), pick(draw, 1, 3)
    args: dict[str, Any] = {"heads": heads, "head": head}
    if chance(draw, 50):
        args["value"] = value
    for flag in ("bias", "out_bias", "project"):
        if chance(draw, 30):
            args[flag] = pick(draw, True, False)
    if chance(draw, 50):
        window = draw(st.integers(2, 5))
        args["window"] = window
        if chance(draw, 50):
            args["shift"] = axis_values(draw, flow.rank, 0, window - 1)
    kept = args.get("project", True)
    out = flow.channels if kept else heads * args.get("value", head)
    return [{"attention": args}], flow._replace(channels=out)


def deformed(draw: Draw, flow: Flow) -> tuple[Items, Flow]:
    """Taps that offsets move: in two dimensions, as torchvision has it."""
    if flow.rank != 2:
        return [], flow
    out = pick(draw, *WIDTHS)
    args: dict[str, Any] = {"out": out, "padding": padding(draw, flow, 2)}
    args["stride"] = axis_values(draw, flow.rank, 1, 2)
    if chance(draw, 30):
        args["dilation"] = axis_values(draw, flow.rank, 1, 2)
    if chance(draw, 40):
        args["offset_groups"] = divisor(draw, flow.channels)
    if chance(draw, 40):
        args["groups"] = divisor(draw, out, flow.channels)
    if chance(draw, 40):
        args["modulated"] = True
    name = f"deform_conv{draw(st.integers(1, 3))}x{draw(st.integers(1, 3))}"
    return [{name: after(draw, out, args)}], flow._replace(channels=out)


def copied(draw: Draw, flow: Flow) -> tuple[Items, Flow]:
    """Copies of a layer that a join reads one by one, or all together."""
    name, copies = f"copy{next(flow.numbers)}", draw(st.integers(1, 3))
    if chance(draw, 40):
        item = {"conv": {"kernel": 3, "padding": 1, "out": "2 + i"}}
        widths = [2 + copy for copy in range(copies)]
    else:
        (item,), _ = keeping(draw, flow, flow.channels)
        widths = [flow.channels] * copies
    layers: Items = [{**item, "repeat": copies, "name": name}]
    one = draw(st.integers(-copies, copies - 1 + flow.wild))
    if one >= copies:
        one = -1
    style = pick(draw, "all", "all and prev", "one", "add")
    if style == "one":
        return [*layers, {"identity": None, "from": f"{name}[{one}]"}], flow._replace(channels=widths[one])
    if style == "add" and len(set(widths)) == 1:
        return [*layers, {"add": [f"{name}[*]", f"{name}[{one}]"]}], flow._replace(channels=widths[0])
    read = [f"{name}[*]"] if style == "all" else [f"{name}[{one}]", "prev", f"{name}[*]"]
    total = sum(widths) if style == "all" else widths[one] + widths[-1] + sum(widths)
    if total > MOST_CHANNELS:
        return layers, flow._replace(channels=widths[-1])
    return [*layers, {"concat": read}], flow._replace(channels=total)


def squeezed(draw: Draw, flow: Flow) -> tuple[Items, Flow]:
    """One axis pooled to a single position and left out."""
    if flow.rank == 1:
        return [], flow
    axis = draw(st.integers(0, flow.rank - 1))
    sizes = [1 if at == axis else draw(st.integers(4, 9)) for at in range(flow.rank)]
    pooled = {pick(draw, "adaptive_avgpool", "adaptive_maxpool"): sizes}
    return [pooled, pick(draw, "squeeze", {"squeeze": axis})], flow._replace(rank=flow.rank - 1)


def lined(draw: Draw, flow: Flow) -> tuple[Items, Flow]:
    """The positions in a line, what works on a line, and perhaps a map again."""
    sizes = [draw(st.integers(2, 4)) for _ in range(flow.rank)]
    extra = draw(st.integers(0, 2))
    layers: Items = [{"adaptive_maxpool": sizes}, {"tokens": {"extra": extra}} if extra else "tokens"]
    line = flow._replace(rank=1)
    for _ in range(draw(st.integers(0, 2))):
        more, line = one_of(draw, line, (attending, recurrent, on_channels))
        layers += more
    if chance(draw, 60):
        back: Any = {"size": sizes, "extra": extra} if extra else sizes
        return [*layers, {"to_map": back}], flow._replace(channels=line.channels)
    return layers, line


Kind = Callable[[Draw, Flow], tuple[Items, Flow]]
SIMPLE: tuple[Kind, ...] = (
    convolution,
    convolution,
    convolution,
    depthwise,
    separable,
    transposed,
    pooling,
    pooling,
    resampled,
    bordered,
    unfolded,
    shuffled,
    on_channels,
    on_channels,
)
STRUCTURED: tuple[Kind, ...] = (
    joined,
    joined,
    shifted,
    gate,
    residual,
    residual,
    inception,
    dense,
    pyramid,
    headed,
    nested,
    repeated,
    block,
    recalled,
    recalled,
    shared,
)


NEWER: tuple[Kind, ...] = (recurrent, attending, deformed, copied, copied)
"""Of language 1.1, beside those that are among ``SIMPLE`` and ``STRUCTURED``."""
MOVING: tuple[Kind, ...] = (squeezed, lined, lined)
"""After which there are other axes."""


def one_of(draw: Draw, flow: Flow, kinds: tuple[Kind, ...]) -> tuple[Items, Flow]:
    kind: Kind = draw(st.sampled_from(kinds))
    return kind(draw, flow)


def ending(draw: Draw, flow: Flow, moved: bool) -> Items:
    """The end of a classifier: a pool to a size, a vector, linear layers."""
    if moved and chance(draw, 30):
        line: Items = [] if flow.rank == 1 else [{"tokens": {"extra": 1}}]
        line += pick(draw, [{"token": 0}], [{"gru": {"hidden": 4, "sequence": False}}])
        return [*line, {"linear": after_linear(draw)}]
    start: Items = pick(
        draw,
        ["global_avgpool"],
        ["global_maxpool", "flatten"],
        ["flatten"],
        [{"adaptive_avgpool": 2}, "flatten"],
        [
            {
                "spp": {
                    "levels": [2, 1],
                    "mode": pick(draw, "paper", "exact", "adaptive"),
                    "kind": pick(draw, "max", "avg"),
                }
            }
        ],
        [{"spp": [3, 1]}],
    )
    return [*start, {"linear": after_linear(draw)}, {"linear": 3}]


def after_linear(draw: Draw) -> Any:
    return pick(draw, 5, {"out": 4, "act": "relu"}, {"out": 6, "norm": "bn"}, {"out": 2, "bias": False})


UNIT = {
    "params": ["c", "s=1"],
    "layers": [
        {
            "residual": {
                "body": [{"conv": {"kernel": 3, "out": "c", "stride": "s", "padding": 1, "norm": "bn"}}],
                "shortcut": "project",
            }
        },
        "relu",
    ],
}


@st.composite
def specs(
    draw: Draw,
    *,
    ranks: tuple[int, ...] = (1, 2, 3),
    sizes: tuple[int, int] = (7, 14),
    wild: bool = False,
    ended: bool = True,
    more: tuple[Kind, ...] = (),
) -> str:
    """The text of a spec with up to five items of the network, some of them of ``more`` kinds, and perhaps an end."""
    rank = pick(draw, *ranks)
    channels = pick(draw, *WIDTHS)
    low, high = sizes
    shape = [channels, *(draw(st.integers(low, high if rank < 3 else min(high, 8))) for _ in range(rank))]
    flow = Flow(rank, channels, wild and chance(draw, 60), count(1))
    layers: Items = []
    for _ in range(draw(st.integers(1, 5))):
        kinds = SIMPLE if chance(draw, 45) else STRUCTURED
        items, flow = one_of(draw, flow, more if more and chance(draw, 30) else kinds)
        layers += items
    if ended and chance(draw, 40):
        layers += ending(draw, flow, squeezed in more)
    spec = {"input": shape, "blocks": {"unit": UNIT}, "layers": layers or ["identity"]}
    text: str = yaml.dump(spec, Dumper=_Plain, sort_keys=False, default_flow_style=None, width=200)
    return text


class _Plain(yaml.CSafeDumper):
    """Writes equal parts out instead of referring to them."""

    def ignore_aliases(self, data: Any) -> bool:
        return True
