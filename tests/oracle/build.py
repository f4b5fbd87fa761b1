"""Reads a spec by itself, without cnncalc, and hands its layers to a backend in the order of evaluation."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from typing import Any, NamedTuple, Protocol

import yaml

SIBLINGS = ("name", "from", "repeat", "share", "expect", "note")
WORDS = ("mode", "kind", "target")
WINDOWS = (
    "deform_conv",
    "conv",
    "depthwise",
    "conv_transpose",
    "maxpool",
    "avgpool",
    "lppool",
    "unfold",
    "separable",
)
MOVING = ("flatten", "linear", "spp", "tokens", "token", "to_map", "squeeze")
"""Operations after which the axes are others."""
WITH_BIAS = ("deform_conv", "conv", "depthwise", "conv_transpose", "linear", "separable", "inception")
PRIMARY = {
    "conv": "out",
    "depthwise": "mult",
    "conv_transpose": "out",
    "deform_conv": "out",
    "to_map": "size",
    "token": "place",
    "squeeze": "axis",
    "separable": "out",
    "maxpool": "kernel",
    "avgpool": "kernel",
    "lppool": "kernel",
    "unfold": "kernel",
    "adaptive_avgpool": "out",
    "adaptive_maxpool": "out",
    "roi_pool": "out",
    "spp": "levels",
    "ppm": "bins",
    "linear": "out",
    "gn": "groups",
    "lrn": "size",
    "dropout": "rate",
    "leaky_relu": "slope",
    "elu": "alpha",
    "embedding": "out",
    "channel_shuffle": "groups",
    "pixel_shuffle": "factor",
    "pixel_unshuffle": "factor",
    "slice": "channels",
    "upsample": "factor",
    "upsample_to": "target",
    "pad": "margins",
    "crop": "margins",
    "crop_to": "target",
    "spp_level": "bins",
    "attention": "heads",
    "lstm": "hidden",
    "gru": "hidden",
    "rnn": "hidden",
    "eca": "kernel",
    "pow": "exponent",
}
SHORT = {"k": "kernel", "s": "stride", "p": "padding", "d": "dilation"}

Env = Mapping[str, Any]


class Refusal(Exception):
    """PyTorch does not accept a layer."""


class Backend(Protocol):
    """Computes layers."""

    def apply(self, op: str, args: dict[str, Any], tensors: list[Any], tie: int | None) -> Any:
        """One layer; its weights are those of the ``tie``-th layer where given."""
        ...

    def shape(self, tensor: Any) -> tuple[int, ...]: ...

    @property
    def count(self) -> int:
        """The number of layers computed so far."""
        ...


class Value(NamedTuple):
    """A tensor, and the input positions per unit along each axis."""

    tensor: Any
    jump: tuple[Fraction, ...]


class Binding(NamedTuple):
    """What a name stands for: a tensor, and for each copy of the item the layers that another may share."""

    value: Value
    copies: list[range]
    values: tuple[Value, ...] = ()
    """What each copy gave."""


class Scope:
    """The names of a list, inside those of the lists around it, and the numbers that expressions may use."""

    def __init__(self, env: Env, parent: Scope | None = None) -> None:
        self.env = env
        self.parent = parent
        self.names: dict[str, Binding] = {}

    def has(self, name: str) -> bool:
        return name in self.names or (self.parent is not None and self.parent.has(name))

    def find(self, name: str) -> Binding:
        if name in self.names:
            return self.names[name]
        if self.parent is None:
            raise KeyError(name)
        return self.parent.find(name)

    def values(self, reference: str) -> tuple[Value, ...]:
        """The tensor of a name, that of one of its copies (``c[-1]``), or those of all (``c[*]``)."""
        name, _, index = reference.removesuffix("]").partition("[")
        binding = self.find(name)
        if not index:
            return (binding.value,)
        return binding.values if index == "*" else (binding.values[int(index)],)


def _divisible(number: float, divisor: int) -> int:
    near = max(divisor, int(number + divisor / 2) // divisor * divisor)
    return near + divisor if near < 0.9 * number else near


FUNCTIONS: dict[str, Any] = {
    "min": min,
    "max": max,
    "abs": abs,
    "ceil": math.ceil,
    "floor": math.floor,
    "round": round,
    "divisible": _divisible,
}


def evaluate(value: Any, env: Env) -> Any:
    """A number, a list of numbers, or a word as it is."""
    if isinstance(value, list):
        return [evaluate(item, env) for item in value]
    if not isinstance(value, str):
        return value
    if re.fullmatch(r"[0-9]+(x[0-9]+)+", value):
        return [int(part) for part in value.split("x")]
    try:
        number = eval(value, {"__builtins__": {}}, {**FUNCTIONS, **env})
    except NameError:
        return value
    return int(number) if isinstance(number, float) and number.is_integer() else number


def variables(texts: Mapping[str, Any]) -> dict[str, Any]:
    """Variables that may use each other in any order."""
    env: dict[str, Any] = {}
    for _ in texts:
        for name, text in texts.items():
            value = evaluate(text, env)
            if not isinstance(value, str):
                env[name] = value
    return env


class Network(NamedTuple):
    """One network of a spec file."""

    name: str
    keys: dict[str, Any]
    env: dict[str, Any]

    @property
    def framework(self) -> str:
        return str(self.keys.get("framework", "pytorch"))

    @property
    def inputs(self) -> dict[str, list[int]]:
        given = self.keys["input"]
        named = given if isinstance(given, dict) else {"input": given}
        return {name: evaluate(shape, self.env) for name, shape in named.items()}


def networks(text: str) -> Iterator[Network]:
    """The networks of a spec with all their cases; ``name`` is the variant's, a slash and the case's follow."""
    file = yaml.load(text, Loader=yaml.CSafeLoader)
    variants = file.get("models") or {"": {}}
    for name, own in variants.items():
        keys = {**file, **own}
        for merged in ("vars", "blocks"):
            keys[merged] = {**file.get(merged, {}), **own.get(merged, {})}
        ours, theirs = own.get("defaults", {}), file.get("defaults", {})
        keys["defaults"] = {op: {**theirs.get(op, {}), **ours.get(op, {})} for op in (*theirs, *ours)}
        yield Network(name, keys, variables(keys["vars"]))
        for number, case in enumerate(keys.get("cases", ()), 1):
            inner = {**keys, **{key: value for key, value in case.items() if key in ("input", "framework")}}
            inner["expect"] = case.get("expect")
            texts = {**keys["vars"], **case.get("vars", {})}
            yield Network(f"{name}/{case.get('name', number)}", inner, variables(texts))


class Builder:
    """Walks through a network."""

    def __init__(self, network: Network, backend: Backend) -> None:
        self.network = network
        self.backend = backend
        self.blocks: dict[str, Any] = network.keys.get("blocks") or {}
        self.defaults: dict[str, Any] = network.keys.get("defaults") or {}
        self.inputs: dict[str, Binding] = {}
        self.ties: list[int] = []
        """The layers whose weights the next ones use."""
        self.own_stop: int | None = None
        """The number of layers before the norm and the activation of the last plain layer."""

    def run(self, tensors: dict[str, Any]) -> Value:
        """Compute the network for these inputs.

        Raises:
            Refusal: where PyTorch does not accept a layer.
        """
        for name, tensor in tensors.items():
            rank = len(self.backend.shape(tensor)) - 1
            self.inputs[name] = Binding(Value(tensor, (Fraction(1),) * rank), [])
        scope = Scope(self.network.env)
        scope.names.update(self.inputs)
        first = next(iter(self.inputs.values())).value
        return self.run_list(self.network.keys["layers"], first, scope)

    def run_list(self, items: list[Any], value: Value, scope: Scope) -> Value:
        for item in items:
            value = self.run_item(item if isinstance(item, dict) else {item: None}, value, scope)
        return value

    def run_item(self, item: dict[str, Any], value: Value, scope: Scope) -> Value:
        (op,) = (key for key in item if key not in SIBLINGS)
        out = scope.values(item["from"])[0] if item.get("from", "prev") != "prev" else value
        shared = scope.find(item["share"]).copies if "share" in item else None
        repeat = item.get("repeat")
        copies: list[range] = []
        values: list[Value] = []
        for number in range(1 if repeat is None else evaluate(repeat, scope.env)):
            env = scope.env if repeat is None else {**scope.env, "i": number}
            first, self.own_stop = self.backend.count, None
            if shared is not None:
                self.ties = list(shared[0 if len(shared) == 1 else number])
            out = self.run_op(op, item[op], out, scope, env)
            is_plain = op not in self.blocks and op not in STRUCTURES
            values.append(out)
            copies.append(range(first, self.own_stop if is_plain and self.own_stop else self.backend.count))
            if shared is not None and self.ties:
                raise Refusal("shared with fewer layers")
        if shared is not None and len(shared) not in (1, len(copies)):
            raise Refusal("shared with another number of copies")
        if "name" in item:
            scope.names[item["name"]] = Binding(out, copies, tuple(values))
        return value if op == "head" else out

    def run_op(self, op: str, argument: Any, value: Value, scope: Scope, env: Env) -> Value:
        if op in self.blocks:
            return self.run_block(self.blocks[op], argument, value, scope, env)
        structure = STRUCTURES.get(op)
        if structure is not None:
            return structure(self, argument, value, scope, env)
        match = re.fullmatch(r"([a-z_0-9]*?[a-z_])([0-9]+(?:x[0-9]+)*)", op)
        kernel = None
        if match and match[1] in WINDOWS:
            op, kernel = match[1], [int(part) for part in match[2].split("x")]
        args = self.arguments(op, argument, env)
        if kernel is not None:
            args["kernel"] = kernel
        if op == "separable":
            return self.separable(args, value, scope, env)
        if op == "deform_conv":
            return self.deformed(args, value, scope, env)
        return self.layer(op, args, [value], scope, env)

    def run_block(self, block: dict[str, Any], argument: Any, value: Value, outer: Scope, env: Env) -> Value:
        params = [str(param).partition("=") for param in block.get("params", ())]
        given = (
            argument
            if isinstance(argument, dict)
            else {}
            if argument is None
            else {params[0][0].strip(): argument}
        )
        inner = dict(self.network.env)
        if "i" in env:
            inner["i"] = env["i"]
        scope = Scope(inner)
        scope.names.update(self.inputs)
        for name, _, default in params:
            key = name.strip()
            inner[key] = evaluate(given[key], env) if key in given else evaluate(default.strip(), inner)
            if isinstance(inner[key], str) and outer.has(inner[key]):
                scope.names[key] = outer.find(inner[key])
        return self.run_list(block["layers"], value, scope)

    def arguments(self, op: str, argument: Any, env: Env) -> dict[str, Any]:
        """The arguments by their long names, evaluated, with the file's defaults and the bias that a norm makes needless."""
        named = (
            argument if isinstance(argument, dict) else {} if argument is None else {PRIMARY[op]: argument}
        )
        args = {
            SHORT.get(key, key): value if key in WORDS else evaluate(value, env)
            for key, value in named.items()
        }
        for key, default in self.defaults.get(op, {}).items():
            args.setdefault(SHORT.get(key, key), evaluate(default, self.network.env))
        if op in WITH_BIAS and args.get("norm") == "bn":
            args.setdefault("bias", False)
        return args

    def layer(self, op: str, args: dict[str, Any], values: list[Value], scope: Scope, env: Env) -> Value:
        """A layer with its norm and its activation."""
        after = [args.pop("norm", None), args.pop("act", None)]
        if "target" in args:
            values = [
                *values,
                scope.find(args["target"]).value if isinstance(args["target"], str) else args["target"],
            ]
        value = self.emit(op, args, values)
        self.own_stop = self.backend.count
        for word in after:
            if word not in (None, "none", False):
                name, argument = next(iter(word.items())) if isinstance(word, dict) else (word, None)
                value = self.emit(name, self.arguments(name, argument, env), [value])
        return value

    def emit(self, op: str, args: dict[str, Any], values: list[Value]) -> Value:
        tie = self.ties.pop(0) if self.ties else None
        tensor = self.backend.apply(op, args, [value.tensor for value in values], tie)
        return Value(
            tensor, _jump(op, args, values[0].jump, self.network.framework, self.backend.shape(tensor))
        )

    # Structures

    def seq(self, argument: Any, value: Value, scope: Scope, env: Env) -> Value:
        items = argument["layers"] if isinstance(argument, dict) else argument
        return self.run_list(items, value, Scope(env, scope))

    def join(self, op: str, argument: Any, value: Value, scope: Scope, env: Env) -> Value:
        branches = list(argument.values()) if isinstance(argument, dict) else argument
        values = [one for branch in branches for one in self.branch(branch, value, scope, env)]
        return self.emit(op, {}, values)

    def branch(self, branch: Any, value: Value, scope: Scope, env: Env) -> tuple[Value, ...]:
        if branch == "prev":
            return (value,)
        if isinstance(branch, str):
            return scope.values(branch)
        return (self.run_list(branch, value, Scope(env, scope)),)

    def residual(self, argument: Any, value: Value, scope: Scope, env: Env) -> Value:
        given = argument if isinstance(argument, dict) else {"body": argument}
        body = self.run_list(given["body"], value, Scope(env, scope))
        shortcut = given.get("shortcut", "identity")
        if isinstance(shortcut, list):
            short = self.run_list(shortcut, value, Scope(env, scope))
        else:
            short = value if shortcut == "identity" else self.project(value, body)
        return self.emit("residual", {}, [body, short])

    def project(self, value: Value, body: Value) -> Value:
        stride = [there / here for here, there in zip(value.jump, body.jump, strict=True)]
        source, target = (self.backend.shape(one.tensor) for one in (value, body))
        if source == target and all(step == 1 for step in stride):
            return value
        if any(step.denominator != 1 for step in stride):
            raise Refusal(f"a projection has no stride {stride}")
        args = {"kernel": 1, "stride": [int(step) for step in stride], "out": target[0], "bias": False}
        return self.emit("bn", {}, [self.emit("conv", args, [value])])

    def dense_block(self, argument: Any, value: Value, scope: Scope, env: Env) -> Value:
        repeat = evaluate(argument["repeat"], env)
        inputs = [value]
        for number in range(repeat):
            new = self.run_list(argument["body"], value, Scope({**env, "i": number}, scope))
            inputs = [value, new]
            if number < repeat - 1:
                value = self.emit("concat", {}, inputs)
        return self.emit("dense_block", {}, inputs)

    def inception(self, argument: Any, value: Value, scope: Scope, env: Env) -> Value:
        args = self.arguments("inception", argument, env)
        own: dict[str, Any] = {key: args.pop(key) for key in ("bias", "norm", "act") if key in args}
        values = [self._tower(key, widths, own, value, scope, env) for key, widths in args.items()]
        return self.emit("inception", {}, values)

    def _tower(
        self, key: str, widths: Any, own: dict[str, Any], value: Value, scope: Scope, env: Env
    ) -> Value:
        def conv(kernel: list[int], out: int, value: Value) -> Value:
            padding = [[(k - 1) // 2, k // 2] for k in kernel]
            args = self.arguments("conv", {"kernel": kernel, "out": out, "padding": padding, **own}, env)
            return self.layer("conv", args, [value], scope, env)

        point = [1] * len(value.jump)
        if key == "pool":
            value = self.emit("maxpool", {"kernel": 3, "stride": 1, "padding": 1}, [value])
            return value if widths is True else conv(point, widths, value)
        kernel = [int(part) for part in key.split("x")]
        if isinstance(widths, list):
            return conv(kernel, widths[1], conv(point, widths[0], value))
        return conv(kernel, widths, value)

    def separable(self, args: dict[str, Any], value: Value, scope: Scope, env: Env) -> Value:
        after: dict[str, Any] = {key: args.pop(key) for key in ("norm", "act") if key in args}
        out = args.pop("out")
        bias = {"bias": args["bias"]} if "bias" in args else {}
        value = self.emit("depthwise", args, [value])
        return self.layer("conv", {"kernel": 1, "out": out, **bias, **after}, [value], scope, env)

    def deformed(self, args: dict[str, Any], value: Value, scope: Scope, env: Env) -> Value:
        """The convolution that makes the offsets, with a factor per tap where modulated, and the one whose taps they move."""
        rank = len(value.jump)
        groups, modulated = args.pop("offset_groups", 1), args.pop("modulated", False)
        window: dict[str, Any] = {
            key: args[key] for key in ("kernel", "stride", "padding", "dilation") if key in args
        }
        taps = math.prod(per_axis(args["kernel"], rank))
        offsets = self.emit("conv", {"out": groups * taps * (rank + modulated), **window}, [value])
        return self.layer("deform_conv", args, [value, offsets], scope, env)

    def spp(self, argument: Any, value: Value, scope: Scope, env: Env) -> Value:
        args = self.arguments("spp", argument, env)
        levels = args.pop("levels")
        values = []
        for bins in levels if isinstance(levels, list) else [levels]:
            level = self.emit("spp_level", {"bins": bins, **args}, [value])
            values.append(self.emit("flatten", {}, [level]))
        return self.emit("spp", {}, values)

    def ppm(self, argument: Any, value: Value, scope: Scope, env: Env) -> Value:
        args = self.arguments("ppm", argument, env)
        own = {key: args[key] for key in ("bias", "norm", "act") if key in args}
        values = [value]
        for bins in args["bins"]:
            pooled = self.emit(f"adaptive_{args.get('kind', 'avg')}pool", {"out": bins}, [value])
            conv = self.arguments("conv", {"kernel": 1, "out": args["out"], **own}, env)
            reduced = self.layer("conv", conv, [pooled], scope, env)
            values.append(self.emit("upsample_to", {"mode": args.get("mode", "bilinear")}, [reduced, value]))
        return self.emit("ppm", {}, values)


def _joining(op: str) -> Callable[[Builder, Any, Value, Scope, Env], Value]:
    def join(builder: Builder, argument: Any, value: Value, scope: Scope, env: Env) -> Value:
        return builder.join(op, argument, value, scope, env)

    return join


STRUCTURES: dict[str, Callable[[Builder, Any, Value, Scope, Env], Value]] = {
    "seq": Builder.seq,
    "head": Builder.seq,
    "residual": Builder.residual,
    "dense_block": Builder.dense_block,
    "inception": Builder.inception,
    "spp": Builder.spp,
    "ppm": Builder.ppm,
    "concat": _joining("concat"),
    "add": _joining("add"),
    "mul": _joining("mul"),
    "sub": _joining("sub"),
    "div": _joining("div"),
    "max": _joining("max"),
}


def _jump(
    op: str, args: dict[str, Any], jump: tuple[Fraction, ...], framework: str, shape: tuple[int, ...]
) -> tuple[Fraction, ...]:
    """The input positions per unit after a layer that gave this shape."""
    rank = len(jump)
    if op in ("conv", "depthwise", "unfold", "custom", "deform_conv"):
        step = per_axis(args.get("stride", 1), rank)
    elif op in ("maxpool", "avgpool", "lppool"):
        step = pool_stride(args, rank, framework)
    elif op == "pixel_unshuffle":
        step = per_axis(args["factor"], rank)
    elif op == "conv_transpose":
        return _divided(jump, per_axis(args.get("stride", 1), rank))
    elif op in ("upsample", "pixel_shuffle") and "factor" in args:
        factor = args["factor"]
        if isinstance(factor, float):
            return tuple(one / Fraction(str(factor)) for one in jump)
        return _divided(jump, per_axis(factor, rank))
    elif op in MOVING or len(shape) == 1:
        # Only what lies between two layers of equally many axes is asked for.
        return (Fraction(1),) * (len(shape) - 1)
    else:
        return jump
    return tuple(one * by for one, by in zip(jump, step, strict=True))


def _divided(jump: tuple[Fraction, ...], by: list[int]) -> tuple[Fraction, ...]:
    return tuple(one / step for one, step in zip(jump, by, strict=True))


def per_axis(value: Any, rank: int) -> list[int]:
    """One number per axis; a wrong number of them is what PyTorch refuses too."""
    values = value if isinstance(value, list) else [value]
    if len(values) not in (1, rank):
        raise Refusal(f"{value} for {rank} axes")
    return [int(one) for one in (values * rank if len(values) == 1 else values)]


def pool_stride(args: dict[str, Any], rank: int, framework: str) -> list[int]:
    default = 1 if framework == "caffe" else args["kernel"]
    return per_axis(args.get("stride", default), rank)
