"""Functions of each element by itself."""

from __future__ import annotations

from typing import Any

from cnncalc.importers.limits import NO_LIMIT, clipping
from cnncalc.importers.torch.functions.lengths import Length, kept
from cnncalc.importers.torch.rearrange import whole
from cnncalc.importers.torch.views import View, whole_axis
from cnncalc.importers.torch.walk import Const, NotUnderstood, Walk, handles, no_map


def applied(walk: Walk, op: str, input: Any, weights: tuple[Const, ...] = (), **arguments: Any) -> View:
    """An operation on every element of a map, however it is arranged."""
    if not isinstance(input, View):
        raise no_map(input)
    if not walk.knows(op):
        raise NotUnderstood(f"the language has no `{op}`")
    view = whole(walk, input)
    node = walk.emit(op, view.node, walk.shapes[view.node], weights, **arguments)
    walk.keep_sizes(node, view.node)
    return view._replace(node=node)


def _plain(name: str, op: str) -> None:
    def handler(walk: Walk, input: Any, inplace: bool = False) -> View:
        return applied(walk, op, input)

    handles(name)(handler)


for _name, _op in {
    "relu": "relu",
    "relu6": "relu6",
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "silu": "silu",
    "selu": "selu",
    "mish": "mish",
    "hardswish": "hardswish",
    "hardsigmoid": "hardsigmoid",
    "square": "square",
    "sqrt": "sqrt",
    "rsqrt": "rsqrt",
    "exp": "exp",
    "log": "log",
    "abs": "abs",
    "neg": "neg",
    "softsign": "softsign",
    "logsigmoid": "logsigmoid",
    "tanhshrink": "tanhshrink",
}.items():
    _plain(_name, _op)


@handles("gelu")
def gelu(walk: Walk, input: Any, approximate: str = "none") -> View:
    return applied(walk, "gelu", input)


@handles("leaky_relu")
def leaky_relu(walk: Walk, input: Any, negative_slope: float = 0.01, inplace: bool = False) -> View:
    return applied(walk, "leaky_relu", input, slope=negative_slope)


@handles("elu")
def elu(walk: Walk, input: Any, alpha: float = 1.0, inplace: bool = False) -> View:
    return applied(walk, "elu", input, alpha=alpha)


@handles("hardtanh")
def hardtanh(
    walk: Walk, input: Any, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> Any:
    return clamp(walk, input, min_val, max_val)


@handles("clamp", "clip", "clamp_min", "clamp_max")
def clamp(walk: Walk, input: Any, min: float | None = None, max: float | None = None) -> Any:
    if walk.call.function.strip("_") == "clamp_max":
        min, max = None, min
    if isinstance(input, Length) and isinstance(min, int | float) and max is None:
        return kept(walk, input)
    if min == 0 and max is None:
        return applied(walk, "relu", input)
    if min == 0 and max == 6:
        return applied(walk, "relu6", input)
    if not isinstance(min, int | float | None) or not isinstance(max, int | float | None):
        raise NotUnderstood(f"bounds of {min} and {max}")
    if min is not None and max is not None and min >= max:
        raise NotUnderstood(f"a range from {min:g} to {max:g}, which is empty")
    low, high = (None if one is None or abs(one) >= NO_LIMIT else one for one in (min, max))
    if low is None and high is None:
        return input
    given, note = clipping(low, high)
    return applied(walk, "hardtanh", input, note=note, **given)


@handles("prelu")
def prelu(walk: Walk, input: Any, weight: Const) -> View:
    if not isinstance(weight, Const):
        raise NotUnderstood("its slopes depend on the input")
    return applied(walk, "prelu", input, (weight,), per_channel=weight.shape not in ((), (1,)))


@handles("softplus")
def softplus(walk: Walk, input: Any, beta: float = 1, threshold: float = 20) -> View:
    return applied(walk, "softplus", input)


@handles("celu")
def celu(walk: Walk, input: Any, alpha: float = 1.0, inplace: bool = False) -> View:
    return applied(walk, "celu", input)


@handles("pow", "float_power")
def power(walk: Walk, input: Any, exponent: Any) -> Any:
    if not isinstance(exponent, int | float):
        raise NotUnderstood("its exponent is not a number")
    if exponent == 1:
        return input
    if exponent == 2 and walk.knows("square"):
        return applied(walk, "square", input)
    return applied(walk, "pow", input, exponent=exponent)


@handles("dropout", "dropout2d", "dropout3d", "alpha_dropout", "feature_dropout")
def dropout(
    walk: Walk, input: Any, p: float = 0.5, training: bool = True, inplace: bool = False, **kw: Any
) -> Any:
    """Kept where it is one in training; the recording is of inference."""
    if not p or not isinstance(input, View):
        return input
    view = whole(walk, input)
    node = walk.emit("dropout", view.node, walk.shapes[view.node], rate=float(p))
    walk.keep_sizes(node, view.node)
    return view._replace(node=node)


@handles("glu")
def glu(walk: Walk, input: Any, dim: int = -1) -> Any:
    from cnncalc.geometry.shape import Shape
    from cnncalc.importers.torch.rearrange import positionwise

    if not walk.knows("glu"):
        raise NotUnderstood("the language has no `glu`")
    dim = dim % len(input.dims)
    view = positionwise(walk, input, dim)
    shape = walk.shapes[view.node]
    channels = (shape.channels or 2) // 2
    node = walk.emit("glu", view.node, Shape(channels, shape.sizes))
    dims = list(view.dims)
    dims[dim] = whole_axis(0, channels)
    return view._replace(node=node, dims=tuple(dims))


__all__ = ["applied"]
