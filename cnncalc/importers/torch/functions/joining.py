"""Functions that make one tensor of several: cat, stack."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

from cnncalc.geometry.shape import Shape
from cnncalc.importers.torch.functions.arrangement import unpadded
from cnncalc.importers.torch.rearrange import as_map, of_vector, spread_out, whole
from cnncalc.importers.torch.views import (
    CHANNELS,
    COPIES,
    Dim,
    Factor,
    Pieces,
    View,
    merged,
    size_of,
    whole_axis,
)
from cnncalc.importers.torch.walk import Const, NotUnderstood, Walk, handles


@handles("cat", "concat", "concatenate")
def cat(walk: Walk, tensors: Sequence[Any], dim: int = 0, axis: int | None = None) -> View | Pieces:
    """Channels one after another; the strided parts of one map are its blocks."""
    dim = dim if axis is None else axis
    if len(tensors) == 2 and isinstance(tensors[0], Const) and isinstance(tensors[1], View):
        return _with_tokens(walk, tensors[0], tensors[1], dim)
    views = [unpadded(walk, one) for one in _views(walk, tensors)]
    dim %= len(views[0].dims)
    if len(views) == 1:
        return views[0]
    found = _rejoined(views, dim) or _blocks(walk, views, dim)
    if found is not None:
        return found
    views = [_with_copies(walk, whole(walk, one), dim) for one in views]
    if any(walk.shapes[view.node].rank for view in views):
        views = [of_vector(walk, view, dim) for view in views]
    flat = _end_to_end(walk, views, dim)
    if flat is not None:
        return flat
    for view in views:
        size = walk.axis_size(view.node, CHANNELS)
        if not _is_channels(view, dim, size):
            if all(_is_of_positions(one, dim) for one in views):
                return Pieces(dim, tuple(views))
            raise NotUnderstood("it joins along a dimension that is not that of the channels of each map")
    return _joined(walk, views, dim)


def _with_copies(walk: Walk, view: View, dim: int) -> View:
    return spread_out(walk, view, dim) if view.factors(COPIES) else view


def _end_to_end(walk: Walk, views: list[View], dim: int) -> View | None:
    """Maps flattened one after another: those that are vectors already, or of which each row is that of
    a position (the boxes of detectors) and that are given out so; ``None`` for others.
    """
    rows = views[0].dims[dim + 1 :]
    if any(any(view.dims[:dim]) or any(view.rolls) for view in views):
        return None
    is_vector = [not walk.shapes[view.node].rank for view in views]
    are_channels = all(_is_channels(view, dim, walk.axis_size(view.node, CHANNELS)) for view in views)
    if are_channels and (any(rows) or all(is_vector) or not any(is_vector)):
        return None
    if any(rows) and not _is_given_out(walk):
        return None
    shapes = [walk.shapes[view.node] for view in views]
    nodes = []
    for view, shape in zip(views, shapes, strict=True):
        length = shape.elements() or 1
        if size_of(one for dim in view.dims for one in dim) != length:
            return None
        vector = Shape(length, ())
        nodes.append(walk.emit("flatten", view.node, vector) if shape.rank else view.node)
    lengths = [walk.shapes[node].channels or 1 for node in nodes]
    node = walk.emit("concat", nodes, Shape(sum(lengths), ()))
    dims: list[Dim] = [()] * len(views[0].dims)
    stride = 1
    for place in reversed(range(dim, len(dims))):
        size = sum(lengths) // stride if place == dim else views[0].shape[place]
        dims[place] = (Factor(CHANNELS, stride, size),) if size > 1 else ()
        stride *= size
    return View(node, tuple(dims), (0,))


_KEEPS_ROWS = (
    "view",
    "reshape",
    "sigmoid",
    "softmax",
    "exp",
    "permute",
    "transpose",
    "contiguous",
    "getitem",
)


def _is_given_out(walk: Walk) -> bool:
    """Whether what a call makes is only rearranged from here on, or changed element by element."""
    reached = {ref.number for ref in walk.call.outputs}
    for call in walk.recording.calls[walk.now + 1 :]:
        if reached & {ref.number for ref in call.inputs}:
            if call.function.strip("_") not in _KEEPS_ROWS:
                return False
            reached |= {ref.number for ref in call.outputs}
    return True


def _views(walk: Walk, tensors: Sequence[Any]) -> list[View]:
    tensors = [walk.as_input(one) if isinstance(one, Const) else one for one in tensors]
    if not all(isinstance(one, View) for one in tensors):
        raise NotUnderstood("one of its tensors is no map")
    return list(tensors)


def _with_tokens(walk: Walk, first: Const, view: View, dim: int) -> View:
    """Learned tokens before the positions of a map."""
    view = whole(walk, unpadded(walk, view))
    dim %= len(view.dims)
    shape = walk.shapes[view.node]
    line = merged(one for axis, size in enumerate(shape.sizes) for one in whole_axis(axis + 1, size or 1))
    last = [one for one in range(len(view.dims)) if view.dims[one] and one != dim]
    if (
        view.dims[dim] != line
        or len(last) != 1
        or view.dims[last[0]] != whole_axis(CHANNELS, shape.channels or 1)
    ):
        raise NotUnderstood("one of its tensors does not depend on the input")
    extra = first.shape[dim]
    if walk.numel([first]) != extra * (shape.channels or 1):
        raise NotUnderstood("tokens that are not all learned")
    made = Shape(shape.channels, (size_of(line) + extra,))
    node = walk.emit("tokens", view.node, made, (first,), extra=extra)
    dims = list(view.dims)
    dims[dim] = whole_axis(1, size_of(line) + extra)
    return View(node, tuple(dims), (0, 0))


def _is_of_positions(view: View, dim: int) -> bool:
    return all(one.axis > CHANNELS for one in view.dims[dim]) and CHANNELS in {
        one.axis for other in view.dims for one in other
    }


def _is_channels(view: View, dim: int, size: int) -> bool:
    if view.dims[dim] == whole_axis(CHANNELS, size):
        return True
    if size == 1 and not view.dims[dim]:
        return True
    return size_of(view.dims[dim]) == size and all(one.axis == CHANNELS for one in view.dims[dim])


def _joined(walk: Walk, views: list[View], dim: int) -> View:
    from cnncalc.importers.torch.rearrange import positionwise

    views = [
        view if walk.axis_size(view.node, CHANNELS) == 1 else positionwise(walk, view, dim) for view in views
    ]
    others = {tuple(one for index, one in enumerate(view.dims) if index != dim) for view in views}
    shapes = [walk.shapes[view.node] for view in views]
    ranks = {walk.shapes[view.node].rank for view in views}
    if len(others) > 1 and len(ranks) > 1 and not any(view.dims[0] for view in views):
        views = [_as_plain(walk, view, dim) for view in views]
        others = {view.dims[:dim] + view.dims[dim + 1 :] for view in views}
    if len(others) > 1 or len({view.rolls for view in views}) > 1:
        raise NotUnderstood("its tensors are arranged in different ways")
    shapes = [walk.shapes[view.node] for view in views]
    sizes = max((shape.sizes for shape in shapes), key=len)
    channels = sum(shape.channels or 0 for shape in shapes)
    node = walk.emit("concat", [view.node for view in views], Shape(channels, sizes))
    dims = list(views[0].dims)
    dims[dim] = whole_axis(CHANNELS, channels)
    return View(node, tuple(dims), (0,) * (1 + len(sizes)), views[0].rolls)


def _as_plain(walk: Walk, view: View, channels: int) -> View:
    """A view of a map of its own positions alone, such as one frame of several."""
    axes = [place for place in range(1, len(view.dims)) if place != channels]
    node = as_map(walk, view, channels, axes)
    dims: list[Dim] = [()] * len(view.dims)
    dims[channels], *_ = walk.plain_view(node).dims[1:]
    for place, dim in zip(axes, walk.plain_view(node).dims[2:], strict=False):
        dims[place] = dim
    return View(node, tuple(dims), (0,) * (1 + walk.shapes[node].rank))


def _rejoined(views: list[View], dim: int) -> View | None:
    """The parts of one map put together again as they were."""
    first = views[0]
    if len({view.node for view in views}) > 1 or any(len(view.dims[dim]) != 1 for view in views):
        return None
    factors = [view.dims[dim][0] for view in views]
    axis, stride = factors[0].axis, factors[0].stride
    start = first.offsets[axis] if axis >= 0 else 0
    for view, factor in zip(views, factors, strict=True):
        expected = tuple(start if index == axis else one for index, one in enumerate(first.offsets))
        if (factor.axis, factor.stride) != (axis, stride) or view.offsets != expected or axis < 0:
            return None
        if view.dims[:dim] + view.dims[dim + 1 :] != first.dims[:dim] + first.dims[dim + 1 :]:
            return None
        start += stride * factor.size
    dims = list(first.dims)
    dims[dim] = (Factor(axis, stride, sum(one.size for one in factors)),)
    return first._replace(dims=tuple(dims))


def _blocks(walk: Walk, views: list[View], dim: int) -> View | None:
    """Every n-th position of one map, from each start, as channels: ``pixel_unshuffle``."""
    first = views[0]
    shape = walk.shapes[first.node]
    rank = shape.rank
    steps = {one.stride for axis in range(1, rank + 1) for one in first.factors(axis)}
    if len({view.node for view in views}) > 1 or len(steps) != 1 or not rank:
        return None
    step = steps.pop()
    starts = {view.offsets[1:] for view in views}
    alike = {(view.dims, view.offsets[0]) for view in views}
    if step < 2 or len(views) != step**rank or starts != set(product(range(step), repeat=rank)):
        return None
    if len(alike) > 1 or any((size or 1) % step for size in shape.sizes):
        return None
    channels = shape.channels or 1
    if first.dims[dim] != whole_axis(CHANNELS, channels) or first.offsets[0]:
        return None
    made = Shape(channels * step**rank, tuple((size or 1) // step for size in shape.sizes))
    node = walk.emit("pixel_unshuffle", first.node, made, factor=step)
    dims: list[Dim] = [
        merged(Factor(one.axis, one.stride // step, one.size) if one.axis > 0 else one for one in found)
        for found in first.dims
    ]
    # The order within the new channels is that of the parts; no number depends on it.
    dims[dim] = whole_axis(CHANNELS, made.channels or 1)
    return View(node, tuple(dims), (0,) * (rank + 1), first.rolls)


@handles("stack")
def stack(walk: Walk, tensors: Sequence[Any], dim: int = 0) -> View:
    """A new dimension over several maps: their channels one after another."""
    line = _line(walk, tensors, dim)
    if line is not None:
        return line
    views = [whole(walk, unpadded(walk, one)) for one in _views(walk, tensors)]
    dim %= len(views[0].dims) + 1
    if len({view.dims for view in views}) > 1 or len({view.rolls for view in views}) > 1:
        raise NotUnderstood("its tensors are arranged in different ways")
    shape = walk.shapes[views[0].node]
    channels = shape.channels or 1
    made = Shape(channels * len(views), shape.sizes)
    node = walk.emit("concat", [view.node for view in views], made)
    dims = list(views[0].dims)
    dims.insert(dim, (Factor(CHANNELS, channels, len(views)),))
    return View(node, tuple(dims), views[0].offsets, views[0].rolls)


def _line(walk: Walk, tensors: Sequence[Any], dim: int) -> View | None:
    """All positions of a line put together again, one by one."""
    if not all(isinstance(one, View) and not one.pads and not one.rolls for one in tensors):
        return None
    first: View = tensors[0]
    size = walk.axis_size(first.node, 1) if walk.shapes[first.node].rank == 1 else 0
    if size < 2 or size != len(tensors) or first.factors(1):
        return None
    if any(one != first._replace(offsets=(first.offsets[0], at)) for at, one in enumerate(tensors)):
        return None
    dims = list(first.dims)
    dims.insert(dim % (len(dims) + 1), whole_axis(1, size))
    return first._replace(dims=tuple(dims))


__all__ = ["cat", "stack"]
