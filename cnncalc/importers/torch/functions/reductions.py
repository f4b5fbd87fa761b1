"""Means, sums and maxima over dimensions: global pools, sums of groups, pools over the channels."""

from __future__ import annotations

from math import prod
from typing import Any

from cnncalc.geometry.shape import Shape
from cnncalc.importers.torch.functions.arithmetic import added
from cnncalc.importers.torch.functions.arrangement import part, unpadded
from cnncalc.importers.torch.functions.lengths import length_of
from cnncalc.importers.torch.rearrange import require_no_batch, whole
from cnncalc.importers.torch.views import CHANNELS, View, merged, size_of
from cnncalc.importers.torch.walk import NotUnderstood, Walk, handles

POOLS = {"mean": "global_avgpool", "sum": "global_avgpool", "max": "global_maxpool", "norm": "global_lppool"}
OVER_CHANNELS = {"mean": "channel_mean", "sum": "channel_mean", "max": "channel_max"}


def reduced(walk: Walk, kind: str, input: Any, dim: Any, keepdim: bool) -> View:
    """A map with some dimensions reduced to one value."""
    if not isinstance(input, View):
        raise NotUnderstood("it works on what is no map")
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
    note = "a sum, not a mean" if kind == "sum" else None
    node = walk.emit(op, view.node, Shape(shape.channels, (1,) * shape.rank), note=note)
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
    op = {"mean": "adaptive_avgpool", "max": "adaptive_maxpool"}.get(kind)
    if op is None:
        raise NotUnderstood(f"the {kind} along one axis")
    node = walk.emit(op, view.node, Shape(shape.channels, sizes), out=sizes)
    pooled = {axis for axis in reached if reached[axis] > 1}
    left = tuple(tuple(one for one in dim if one.axis not in pooled) for dim in view.dims)
    return View(node, left, view.offsets)


def _over_channels(walk: Walk, kind: str, view: View, dims: set[int]) -> View:
    held = merged(factor for one in sorted(dims) for factor in view.dims[one])
    shape = walk.shapes[view.node]
    if size_of(held) == shape.channels:
        view, op = whole(walk, view), OVER_CHANNELS.get(kind)
        if op is None or not walk.knows(op):
            raise NotUnderstood(f"the {kind} over the channels")
        note = "a sum, not a mean" if kind == "sum" else None
        node = walk.emit(op, view.node, Shape(1, shape.sizes), note=note)
        if view.node in walk.other_sizes:
            walk.other_sizes[node] = walk.other_sizes[view.node]
        left = tuple(tuple(one for one in dim if one.axis > CHANNELS) for dim in view.dims)
        return view._replace(node=node, dims=left)
    if kind not in ("sum", "mean") or len(dims) > 1:
        raise NotUnderstood(f"the {kind} over a part of the channels")
    dim = dims.pop()
    views = [part(walk, view, dim, index, 1) for index in range(size_of(view.dims[dim]))]
    dims.add(dim)
    return added(walk, views)


@handles("mean")
def mean(walk: Walk, input: Any, dim: Any = None, keepdim: bool = False, dtype: Any = None) -> View:
    return reduced(walk, "mean", input, dim, keepdim)


@handles("amax")
def amax(walk: Walk, input: Any, dim: Any = (), keepdim: bool = False) -> View:
    return reduced(walk, "max", input, dim, keepdim)


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


__all__ = ["reduced"]
