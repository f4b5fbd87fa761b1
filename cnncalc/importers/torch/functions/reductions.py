"""Means, sums and maxima over dimensions: global pools, sums of groups, pools over the channels, softmax."""

from __future__ import annotations

from functools import partial, reduce
from math import prod
from typing import Any

from cnncalc.geometry.shape import Shape
from cnncalc.importers.torch.functions.arithmetic import added, joined, maximum, minimum
from cnncalc.importers.torch.functions.arrangement import part, unpadded
from cnncalc.importers.torch.functions.attention import Scores
from cnncalc.importers.torch.functions.elementwise import applied
from cnncalc.importers.torch.functions.indices import Indices
from cnncalc.importers.torch.functions.lengths import length_of, normalize
from cnncalc.importers.torch.functions.pooling import KEPT
from cnncalc.importers.torch.rearrange import require_no_batch, whole
from cnncalc.importers.torch.views import CHANNELS, View, merged, size_of
from cnncalc.importers.torch.walk import Const, NotUnderstood, Walk, handles, no_map

POOLS = {"mean": "global_avgpool", "sum": "global_avgpool", "max": "global_maxpool", "norm": "global_lppool"}
ALONG = {"mean": "adaptive_avgpool", "sum": "adaptive_avgpool", "max": "adaptive_maxpool"}
OVER_CHANNELS = {"mean": "channel_mean", "sum": "channel_mean", "max": "channel_max"}
A_SUM = "a sum, not a mean"
_NOTES = {"sum": A_SUM}


def reduced(walk: Walk, kind: str, input: Any, dim: Any, keepdim: bool) -> View:
    """A map with some dimensions reduced to one value."""
    if not isinstance(input, View):
        raise no_map(input)
    view = unpadded(walk, input)
    is_of_all = dim is None or dim == () or dim == []
    if is_of_all:
        dim = tuple(range(len(view.dims)))
    dims = {one % len(view.dims) for one in (dim if isinstance(dim, list | tuple) else (dim,))}
    if not is_of_all:
        require_no_batch(walk, view, dims)
    held = [factor for one in dims for factor in view.dims[one]]
    axes = {factor.axis for factor in held}
    if not held:
        found = view
    elif CHANNELS not in axes:
        found = _over_positions(walk, kind, view, dims)
    elif axes == {CHANNELS}:
        found = _over_channels(walk, kind, view, dims)
    else:
        raise NotUnderstood("it goes over channels and positions at once")
    left = tuple(() if index in dims else one for index, one in enumerate(found.dims))
    if not keepdim:
        left = tuple(one for index, one in enumerate(left) if index not in dims)
    return found._replace(dims=left)


def _over_positions(walk: Walk, kind: str, view: View, dims: set[int]) -> View:
    view = whole(walk, view)
    shape = walk.shapes[view.node]
    held = [factor for one in dims for factor in view.dims[one]]
    reached = {axis: prod(one.size for one in held if one.axis == axis) for axis in range(1, shape.rank + 1)}
    if any(size == 1 and walk.axis_size(view.node, axis) > 1 for axis, size in reached.items()):
        return _along_axes(walk, kind, view, reached)
    if any(size != walk.axis_size(view.node, axis) for axis, size in reached.items()):
        raise NotUnderstood("it goes over a part of the positions")
    op = POOLS.get(kind)
    if op is None or not walk.knows(op):
        raise NotUnderstood(f"the {kind} over all positions")
    node = walk.emit(op, view.node, Shape(shape.channels, (1,) * shape.rank), note=_NOTES.get(kind))
    if view.node in walk.other_sizes:
        walk.other_sizes[node] = (1,) * shape.rank
    left = tuple(tuple(one for one in dim if one.axis == CHANNELS) for dim in view.dims)
    return View(node, left, (0,) * (shape.rank + 1))


def _along_axes(walk: Walk, kind: str, view: View, reached: dict[int, int]) -> View:
    """A mean along some axes only: bins as many as there are positions along the others."""
    shape = walk.shapes[view.node]
    sizes = tuple(
        1 if reached[axis] == walk.axis_size(view.node, axis) else walk.axis_size(view.node, axis)
        for axis in range(1, shape.rank + 1)
    )
    if any(reached[axis] not in (1, walk.axis_size(view.node, axis)) for axis in reached):
        raise NotUnderstood("it goes over a part of the positions")
    op = ALONG.get(kind)
    if op is None:
        raise NotUnderstood(f"the {kind} along one axis")
    node = walk.emit(op, view.node, Shape(shape.channels, sizes), out=sizes, note=_NOTES.get(kind))
    _remark_kept(walk, view.node, node, reached)
    pooled = {axis for axis in reached if reached[axis] > 1}
    left = tuple(tuple(one for one in dim if one.axis not in pooled) for dim in view.dims)
    return View(node, left, view.offsets)


def _remark_kept(walk: Walk, node: str, made: str, reached: dict[int, int]) -> None:
    """Sizes along the other axes are numbers in the spec; say so where they follow those of the input."""
    sizes, others = walk.shapes[made].sizes, walk.other_sizes.get(node)
    if others is None:
        return
    kept = [axis for axis in reached if reached[axis] == 1 and others[axis - 1] != sizes[axis - 1]]
    pooled = {axis for axis in reached if reached[axis] > 1}
    walk.other_sizes[made] = tuple(1 if axis in pooled else size for axis, size in enumerate(others, 1))
    if kept:
        walk.remark(KEPT)


def _over_channels(walk: Walk, kind: str, view: View, dims: set[int]) -> View:
    held = merged(factor for one in sorted(dims) for factor in view.dims[one])
    shape = walk.shapes[view.node]
    if size_of(held) == shape.channels:
        view, op = whole(walk, view), OVER_CHANNELS.get(kind)
        if op is None or not walk.knows(op):
            raise NotUnderstood(f"the {kind} over the channels")
        node = walk.emit(op, view.node, Shape(1, shape.sizes), note=_NOTES.get(kind))
        walk.keep_sizes(node, view.node)
        left = tuple(tuple(one for one in dim if one.axis > CHANNELS) for dim in view.dims)
        return view._replace(node=node, dims=left)
    if kind not in ("sum", "mean", "max") or len(dims) > 1:
        raise NotUnderstood(f"the {kind} over a part of the channels")
    dim = dims.pop()
    views = [part(walk, view, dim, index, 1) for index in range(size_of(view.dims[dim]))]
    dims.add(dim)
    return added(walk, views) if kind != "max" else reduce(partial(joined, walk, "max"), views)


@handles("mean")
def mean(walk: Walk, input: Any, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> View:
    return reduced(walk, "mean", input, dim, keepdim)


@handles("sum")
def total(walk: Walk, input: Any, dim: Any = None, keepdim: bool = False, **kw: Any) -> Any:
    return reduced(walk, "sum", input, dim, keepdim)


@handles("amax")
def amax(walk: Walk, input: Any, dim: Any = (), keepdim: bool = False) -> View:
    return reduced(walk, "max", input, dim, keepdim)


@handles("amin")
def amin(walk: Walk, input: Any, dim: Any = (), keepdim: bool = False) -> View:
    """Of what is negated the largest, negated."""
    return applied(walk, "neg", reduced(walk, "max", applied(walk, "neg", input), dim, keepdim))


@handles("max", "min")
def extreme(walk: Walk, input: Any, dim: Any = None, keepdim: bool = False, other: Any = None) -> Any:
    """The largest or smallest value along a dimension and, as far as the function gives that, where it is;
    or the larger or smaller of two maps.
    """
    is_largest = walk.call.function.strip("_") == "max"
    other = dim if isinstance(dim, View | Const) else other
    if other is not None:
        return (maximum if is_largest else minimum)(walk, input, other)
    found = (amax if is_largest else amin)(walk, input, dim, keepdim)
    more = walk.call.outputs[1:]
    return [found, *(Indices(walk.recording.shape(one)) for one in more)] if more else found


@handles("var")
def variance(
    walk: Walk,
    input: Any,
    dim: Any = None,
    unbiased: Any = None,
    keepdim: bool = False,
    correction: Any = None,
) -> View:
    """The mean of the squares of what differs from the mean."""
    if isinstance(dim, bool):
        dim = None
    mean_of = reduced(walk, "mean", input, dim, keepdim=True)
    squares = applied(walk, "square", joined(walk, "sub", input, mean_of))
    return reduced(walk, "mean", squares, dim, keepdim)


@handles("std")
def deviation(walk: Walk, input: Any, *args: Any, **kwargs: Any) -> View:
    return applied(walk, "sqrt", variance(walk, input, *args, **kwargs))


@handles("var_mean", "std_mean")
def with_mean(
    walk: Walk,
    input: Any,
    dim: Any = None,
    unbiased: Any = None,
    keepdim: bool = False,
    correction: Any = None,
) -> list[View]:
    """A variance or deviation and the mean."""
    spread = variance if walk.call.function == "var_mean" else deviation
    return [spread(walk, input, dim, unbiased, keepdim), reduced(walk, "mean", input, dim, keepdim)]


@handles("softmin")
def softmin(walk: Walk, input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Any:
    return softmax(walk, applied(walk, "neg", input), dim)


def _implied(dims: int) -> int:
    """The dimension of a softmax that names none, as PyTorch still chooses it."""
    return 0 if dims in (0, 1, 3) else 1


@handles("softmax", "log_softmax")
def softmax(walk: Walk, input: Any, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Any:
    """Over the channels a layer; over positions what it is made of: the exponential divided by its sum."""
    if not isinstance(input, View | Scores):
        raise no_map(input)
    if dim is None:
        dim = _implied(len(input.shape))
    if isinstance(input, Scores):
        if dim not in (-1, len(input.shape) - 1):
            raise NotUnderstood("a softmax over the queries")
        return input
    view = whole(walk, input)
    require_no_batch(walk, view, {dim % len(view.dims)})
    axes = {one.axis for one in view.dims[dim % len(view.dims)]}
    if axes <= {CHANNELS}:
        return applied(walk, "softmax", view)
    if CHANNELS in axes or min(axes) < 0:
        raise NotUnderstood("it goes over channels and positions at once")
    powers = applied(walk, "exp", view)
    found = joined(walk, "div", powers, reduced(walk, "sum", powers, dim, keepdim=True))
    return applied(walk, "log", found) if walk.call.function.strip("_") == "log_softmax" else found


@handles("norm", "vector_norm", "linalg_vector_norm")
def norm(
    walk: Walk,
    input: Any,
    p: Any = 2,
    dim: Any = None,
    keepdim: bool = False,
    ord: Any = None,
    dtype: Any = None,
) -> Any:
    if (ord if ord is not None else p) not in (2, 2.0, "fro"):
        raise NotUnderstood(f"a norm of order {p}")
    length = length_of(walk, input, dim) if isinstance(input, View) and not input.pads else None
    if length is not None:
        return length
    return reduced(walk, "norm", input, dim, keepdim)


@handles("pairwise_distance")
def pairwise_distance(
    walk: Walk, x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> View:
    """The length of the difference of two vectors: the root of the sum of its squares."""
    if p != 2:
        raise NotUnderstood(f"a norm of order {p:g}")
    squares = applied(walk, "square", joined(walk, "sub", x1, x2))
    return applied(walk, "sqrt", reduced(walk, "sum", squares, -1, keepdim))


@handles("cosine_similarity")
def cosine_similarity(walk: Walk, x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> View:
    """The sum of the products of two vectors of unit length."""
    units = [normalize(walk, one, dim=dim) for one in (x1, x2)]
    return reduced(walk, "sum", joined(walk, "mul", *units), dim, keepdim=False)


__all__ = ["A_SUM", "reduced"]
