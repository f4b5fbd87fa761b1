"""Bringing a view into the arrangement that an operation needs, and the operations that this takes."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from cnncalc.geometry.shape import MOST_AXES, Shape
from cnncalc.importers.torch.views import (
    CHANNELS,
    COPIES,
    Dim,
    Factor,
    View,
    merged,
    progression,
    size_of,
    whole_axis,
)
from cnncalc.importers.torch.walk import NotUnderstood, Walk
from cnncalc.support.numbers import by


def whole(walk: Walk, view: View) -> View:
    """A view that covers its map: borders, ranges and every n-th index become operations."""
    view = padded(walk, view) if view.pads else view
    rank = walk.shapes[view.node].rank
    for axis in range(rank + 1):
        if axis < len(view.offsets):
            view = _whole_axis(walk, view, axis)
    return view


def padded(walk: Walk, view: View) -> View:
    """A view whose border is an operation."""
    pads, other_pads = view.pads, view.other_pads
    view = whole(walk, view._replace(pads=(), other_pads=()))
    shape = walk.shapes[view.node]
    margins = [(0, 0)] * shape.rank
    for dim, pad, other in zip(view.dims, pads, other_pads, strict=True):
        if pad == (0, 0) == other:
            continue
        axis = dim[0].axis if len(dim) == 1 else None
        if axis is None or axis < 1 or dim[0].size != walk.axis_size(view.node, axis):
            raise NotUnderstood("zeros are put around something that is no axis of the map")
        if pad != other:
            walk.remark(
                f"{walk.path(walk.call) or 'the network'}: zeros whose number depends on the input size"
            )
        margins[axis - 1] = pad
    if not any(map(any, margins)):
        return view
    sizes = tuple((size or 0) + sum(pad) for size, pad in zip(shape.sizes, margins, strict=True))
    return _on(walk, view, "pad", Shape(shape.channels, sizes), margins=margins)


def _on(walk: Walk, view: View, op: str, shape: Shape, **arguments: Any) -> View:
    """An operation on the map of a view, which stays arranged as it is; axes that change size are whole
    dimensions.
    """
    node = walk.emit(op, view.node, shape, **arguments)
    sizes = (shape.channels or 1, *(size or 1 for size in shape.sizes))
    dims = []
    for dim in view.dims:
        if len(dim) == 1 and dim[0].axis >= 0 and dim[0].size == walk.axis_size(view.node, dim[0].axis):
            dims.append(whole_axis(dim[0].axis, sizes[dim[0].axis]))
        else:
            dims.append(dim)
    return View(node, tuple(dims), (0,) * len(sizes), view.rolls)


def _whole_axis(walk: Walk, view: View, axis: int) -> View:
    size = walk.axis_size(view.node, axis)
    factors, offset = view.factors(axis), view.offsets[axis]
    if prod(one.size for one in factors) == size:
        return view
    found = progression(factors)
    if found is None:
        raise NotUnderstood(
            "it takes out channels that are not in a row"
            if axis == CHANNELS
            else "it takes out positions that are in no even steps"
        )
    step, count = found
    if axis == CHANNELS:
        if step != 1:
            raise NotUnderstood("it takes out every n-th channel")
        node = _slice(walk, view.node, offset, count)
    elif count == 1 and walk.shapes[view.node].rank == 1:
        node = _token(walk, view.node, offset)
        return view._replace(node=node, offsets=view.offsets[:1], rolls=())
    else:
        node = _cut(walk, view.node, axis, offset, count, step)
    dims = tuple(
        tuple(Factor(one.axis, one.stride // step, one.size) if one.axis == axis else one for one in dim)
        for dim in view.dims
    )
    offsets = tuple(0 if index == axis else one for index, one in enumerate(view.offsets))
    return view._replace(node=node, dims=dims, offsets=offsets)


def _slice(walk: Walk, node: str, first: int, count: int) -> str:
    key = (node, CHANNELS, first, count, 1)
    if key not in walk.cuts:
        shape = walk.shapes[node]
        walk.cuts[key] = walk.emit("slice", node, Shape(count, shape.sizes), channels=(first, count))
        walk.keep_sizes(walk.cuts[key], node)
    return walk.cuts[key]


def _token(walk: Walk, node: str, place: int) -> str:
    """One position of a sequence as a vector, once however often it is read."""
    key = (node, 1, place, 1, 0)
    if key not in walk.cuts:
        given = -1 if (node, place) in walk.last else place
        walk.cuts[key] = walk.emit("token", node, Shape(walk.shapes[node].channels, ()), place=given)
    return walk.cuts[key]


def _cut(walk: Walk, node: str, axis: int, first: int, count: int, step: int) -> str:
    key = (node, axis, first, count, step)
    if key not in walk.cuts:
        walk.cuts[key] = _cut_anew(walk, node, axis, first, count, step)
    return walk.cuts[key]


def _cut_anew(walk: Walk, node: str, axis: int, first: int, count: int, step: int) -> str:
    shape = walk.shapes[node]
    size = walk.axis_size(node, axis)
    sizes = list(shape.sizes)
    end = size - (first + (count - 1) * step + 1)
    if step > 1 and end < step:
        end = 0  # a window of one position with a stride leaves these out by itself
    if first or end:
        margins = [(0, 0)] * shape.rank
        margins[axis - 1] = (first, end)
        sizes[axis - 1] = size - first - end
        node = walk.emit("crop", node, Shape(shape.channels, tuple(sizes)), margins=margins)
    if step > 1:
        stride = [1] * shape.rank
        stride[axis - 1] = step
        sizes[axis - 1] = count
        node = walk.emit(
            "maxpool", node, Shape(shape.channels, tuple(sizes)), kernel=(1,) * shape.rank, stride=stride
        )
    return node


def require_no_batch(walk: Walk, view: View, dims: set[int]) -> None:
    """Refuse what goes over the first axis of a tensor of batch, channels and positions."""
    if 0 in dims and not view.dims[0] and len(view.dims) == walk.shapes[view.node].rank + 2:
        raise NotUnderstood("it goes over the batch")


def materialised(walk: Walk, view: View) -> View:
    """A view that covers its map, whatever its arrangement; a map that was only rearranged is that map."""
    view = whole(walk, view)
    return (
        view
        if not view.factors(COPIES)
        else view._replace(dims=tuple(tuple(one for one in dim if one.axis != COPIES) for dim in view.dims))
    )


def as_map(walk: Walk, view: View, channels: int, axes: Sequence[int]) -> str:
    """The item that has dimension ``channels`` of a view as its channels and ``axes`` as its positions."""
    view = whole(walk, view)
    if any(view.rolls):
        raise NotUnderstood("the map was moved cyclically")
    view = spread_out(walk, view, channels)
    view = of_vector(walk, view, channels)
    view = space_to_channels(walk, view, channels)
    view = folded(walk, view, channels)
    view = channels_to_space(walk, view, channels, axes)
    shape = walk.shapes[view.node]
    wanted = (view.dims[channels], *(view.dims[axis] for axis in axes))
    rest = [dim for index, dim in enumerate(view.dims) if index != channels and index not in axes]
    if any(rest):
        raise NotUnderstood("the batch holds positions of the map, such as windows")
    if shape.rank == 0 and not any(wanted[1:]):
        return ordered(walk, view, channels).node
    if shape.rank == 0 and prod(map(size_of, wanted)) == shape.channels:
        sizes = tuple(map(size_of, wanted[1:]))
        return walk.emit("to_map", view.node, Shape(size_of(wanted[0]), sizes), size=sizes)
    if len(axes) == shape.rank and all(
        dim == whole_axis(axis, walk.axis_size(view.node, axis)) for axis, dim in enumerate(wanted) if axis
    ):
        return ordered(walk, view, channels).node
    return _retold(walk, view, wanted)


def _retold(walk: Walk, view: View, wanted: Sequence[Dim]) -> str:
    """The positions of a map in another order or number of axes."""
    shape = walk.shapes[view.node]
    channels, *axes = wanted
    positions = [one for dim in axes for one in dim]
    if any(one.axis != CHANNELS for one in channels) or any(one.axis == CHANNELS for one in positions):
        raise NotUnderstood("channels and positions are mixed in a way that no operation of the language has")
    if not any(shape.sizes) or all(size == 1 for size in shape.sizes):
        return ordered(walk, view, view.dims.index(channels)).node
    squeezed = _squeezed(walk, view, channels, axes)
    if squeezed is not None:
        return squeezed
    in_order = merged(positions) == _positions(walk, view.node)
    if len([dim for dim in axes if dim]) == 1 and in_order and walk.knows("tokens"):
        node = ordered(walk, view, view.dims.index(channels)).node
        return walk.emit("tokens", node, Shape(shape.channels, (size_of(positions),)))
    raise NotUnderstood("the positions of the map are put in another order")


def _squeezed(walk: Walk, view: View, channels: Dim, axes: Sequence[Dim]) -> str | None:
    """The map without some axes of size 1; ``None`` where that is not what is wanted."""
    shape = walk.shapes[view.node]
    alone = [axis for axis in range(1, shape.rank + 1) if walk.axis_size(view.node, axis) == 1]
    rest = [
        whole_axis(axis, shape.sizes[axis - 1] or 1) for axis in range(1, shape.rank + 1) if axis not in alone
    ]
    if not alone or not rest or list(axes) != rest:
        return None
    node = ordered(walk, view, view.dims.index(channels)).node if channels else view.node
    others = walk.other_sizes.get(view.node)
    sizes = tuple(size for axis, size in enumerate(shape.sizes, 1) if axis not in alone)
    made = walk.emit("squeeze", node, Shape(shape.channels, sizes))
    if others is not None:
        walk.other_sizes[made] = tuple(one for axis, one in enumerate(others, 1) if axis not in alone)
    return made


def ordered(walk: Walk, view: View, channels: int) -> View:
    """A view whose channels lie in the map's order; two factors changed are ``channel_shuffle``."""
    dim = view.dims[channels]
    size = walk.axis_size(view.node, CHANNELS)
    if dim == whole_axis(CHANNELS, size) or size == 1:
        return view
    if is_shuffled(walk, view, channels):
        node = walk.emit("channel_shuffle", view.node, walk.shapes[view.node], groups=dim[1].size)
        walk.keep_sizes(node, view.node)
        dims = list(view.dims)
        dims[channels] = whole_axis(CHANNELS, size)
        return view._replace(node=node, dims=tuple(dims))
    if any(one.axis != CHANNELS for one in dim):
        raise NotUnderstood("channels and positions are mixed in a way that no operation of the language has")
    raise NotUnderstood("the channels are put in an order that is no shuffle of groups")


def is_shuffled(walk: Walk, view: View, dim: int) -> bool:
    """Whether a dimension is all channels of a map, those of some groups alternately."""
    found = view.dims[dim]
    return (
        len(found) == 2
        and found[0].stride == 1
        and found[1] == Factor(CHANNELS, found[0].size, found[1].size)
        and size_of(found) == walk.axis_size(view.node, CHANNELS)
    )


def space_to_channels(walk: Walk, view: View, channels: int) -> View:
    """A view whose dimension of channels holds no positions: blocks of r x r are ``pixel_unshuffle``."""
    rank = walk.shapes[view.node].rank
    mixed = [one for one in view.dims[channels] if one.axis > CHANNELS]
    if not mixed or len(view.dims) == 1:
        return view
    blocks = {one.axis: one for one in mixed}
    sizes = {one.size for one in mixed}
    shape = walk.shapes[view.node]
    fits = (
        len(mixed) == rank
        and len(blocks) == rank
        and len(sizes) == 1
        and all(one.stride == 1 for one in mixed)
        and prod(one.size for one in view.dims[channels] if one.axis == CHANNELS) == shape.channels
    )
    if not fits:
        return view
    factor = mixed[0].size
    made = Shape((shape.channels or 1) * factor**rank, tuple((size or 1) // factor for size in shape.sizes))
    node = walk.emit("pixel_unshuffle", view.node, made, factor=factor)
    dims = [
        tuple(Factor(one.axis, one.stride // factor, one.size) if one.axis > CHANNELS else one for one in dim)
        for dim in view.dims
    ]
    dims[channels] = _unshuffled(view.dims[channels], factor, rank)
    found = View(node, tuple(dims), (0,) * (rank + 1))
    try:
        return ordered(walk, found, channels)
    except NotUnderstood:
        # The order within the new channels is the writer's choice; no number depends on it.
        dims[channels] = whole_axis(CHANNELS, made.channels or 1)
        return found._replace(dims=tuple(dims))


def _unshuffled(dim: Dim, factor: int, rank: int) -> Dim:
    """The factors of a dimension as those of the channels of ``pixel_unshuffle``: channel, row, column."""
    strides = {axis: factor ** (rank - axis) for axis in range(1, rank + 1)}
    block = factor**rank
    return merged(
        Factor(CHANNELS, strides[one.axis] if one.axis else one.stride * block, one.size) for one in dim
    )


def channels_to_space(walk: Walk, view: View, channels: int, axes: Sequence[int]) -> View:
    """A view whose positions hold no channels: r x r of these as positions are ``pixel_shuffle``."""
    rank = walk.shapes[view.node].rank
    inner = [view.dims[axis][-1] if view.dims[axis] else None for axis in axes]
    if len(axes) != rank or any(one is None or one.axis != CHANNELS for one in inner):
        return view
    sizes = {one.size for one in inner if one is not None}
    outer = [view.dims[axis][:-1] for axis in axes]
    fits = len(sizes) == 1 and all(
        dim == whole_axis(index + 1, walk.axis_size(view.node, index + 1)) for index, dim in enumerate(outer)
    )
    if not fits:
        return view
    factor = sizes.pop()
    shape = walk.shapes[view.node]
    made = Shape((shape.channels or 1) // factor**rank, tuple((size or 1) * factor for size in shape.sizes))
    node = walk.emit("pixel_shuffle", view.node, made, factor=factor)
    dims = list(view.dims)
    dims[channels] = whole_axis(CHANNELS, made.channels or 1)
    for index, axis in enumerate(axes):
        dims[axis] = whole_axis(index + 1, made.sizes[index] or 1)
    return View(node, tuple(dims), (0,) * (rank + 1))


def of_vector(walk: Walk, view: View, channels: int) -> View:
    """A vector that is read as channels of several positions as a map; others as they are."""
    if walk.shapes[view.node].rank or not 3 <= len(view.dims) <= 2 + MOST_AXES or view.dims[0]:
        return view
    sizes = tuple(size_of(dim) for place, dim in enumerate(view.dims) if place not in (0, channels))
    every = [one for dim in view.dims for one in dim]
    own = view.dims[channels]
    if prod(sizes) == 1 or any(one.axis != CHANNELS for one in every):
        return view
    if size_of(every) != walk.axis_size(view.node, CHANNELS):
        return view
    return _as_map_of(walk, view, channels, Shape(size_of(own), sizes))


def _as_map_of(walk: Walk, view: View, channels: int, shape: Shape) -> View:
    """A vector as a map. The order within it is the writer's choice; no number depends on it."""
    node = walk.emit("to_map", view.node, shape, size=shape.sizes)
    walk.other_sizes[node] = tuple(size or 1 for size in shape.sizes)
    places = [place for place in range(len(view.dims)) if place not in (0, channels)]
    dims: list[Dim] = [()] * len(view.dims)
    dims[channels] = whole_axis(CHANNELS, shape.channels or 1)
    for axis, place in enumerate(places, 1):
        dims[place] = whole_axis(axis, shape.sizes[axis - 1] or 1)
    return View(node, tuple(dims), (0,) * (1 + shape.rank))


def with_positions(walk: Walk, node: str, rank: int) -> str:
    """A vector as a map of one position; a map as it is."""
    shape = walk.shapes[node]
    if shape.rank or not rank:
        return node
    made = walk.emit("to_map", node, Shape(shape.channels, (1,) * rank), size=(1,) * rank)
    walk.other_sizes[made] = (1,) * rank
    return made


def folded(walk: Walk, view: View, channels: int) -> View:
    """A view whose channels hold whole axes of the map besides, such as the height of a line of text: windows
    as long as these axes, unfolded, of which one position is left along each.
    """
    shape, dim = walk.shapes[view.node], view.dims[channels]
    channels_before = walk.axis_size(view.node, CHANNELS)
    inside = sorted({one.axis for one in dim if one.axis > CHANNELS})
    left = [axis for axis in range(1, shape.rank + 1) if axis not in inside]
    held = {axis: merged(one for one in dim if one.axis == axis) for axis in (CHANNELS, *inside)}
    if not inside or not left or any(view.rolls) or any(one.axis < 0 for one in dim):
        return view
    if any(held[axis] != whole_axis(axis, walk.axis_size(view.node, axis)) for axis in held):
        return view
    kernel = tuple(
        walk.axis_size(view.node, axis) if axis in inside else 1 for axis in range(1, shape.rank + 1)
    )
    sizes = tuple(
        1 if axis in inside else walk.axis_size(view.node, axis) for axis in range(1, shape.rank + 1)
    )
    made = Shape(channels_before * prod(kernel), sizes)
    node = walk.emit("unfold", view.node, made, kernel=kernel)
    others = walk.other_sizes.get(view.node)
    for axis in reversed(inside):
        rest = tuple(one for place, one in enumerate(walk.shapes[node].sizes, 1) if place != axis)
        node = walk.emit("squeeze", node, Shape(made.channels, rest), axis=axis - 1)
    if others is not None:
        walk.other_sizes[node] = tuple(others[axis - 1] for axis in left)
    renamed = {axis: place for place, axis in enumerate(left, 1)}
    dims = [
        tuple(one._replace(axis=renamed.get(one.axis, one.axis)) for one in dim)
        if place != channels
        else whole_axis(CHANNELS, made.channels or 1)
        for place, dim in enumerate(view.dims)
    ]
    return View(node, tuple(dims), (0,) * (1 + len(left)))


def spread_out(walk: Walk, view: View, channels: int) -> View:
    """A view whose copies of one position are positions of the map."""
    if not view.factors(COPIES) or any(one.axis == COPIES for one in view.dims[channels]) or view.dims[0]:
        return view
    places = [place for place in range(1, len(view.dims)) if place != channels]
    sizes = tuple(size_of(view.dims[place]) for place in places)
    shape = walk.shapes[view.node]
    node = view.node if shape.rank else with_positions(walk, view.node, len(places))
    if walk.shapes[node].rank != len(places):
        raise NotUnderstood("it reads copies of a value along some of the axes")
    for axis, place in enumerate(places, 1):
        dim, size = view.dims[place], walk.axis_size(node, axis)
        if dim != whole_axis(axis, size) and not (size == 1 and all(one.axis == COPIES for one in dim)):
            raise NotUnderstood("it reads copies of a value along some of the axes")
    dims = list(view.dims)
    for axis, place in enumerate(places, 1):
        dims[place] = whole_axis(axis, sizes[axis - 1])
    made = resized(walk, node, sizes, walk.copied.get(view) if channels == 1 else None)
    return View(made, tuple(dims), (0,) * (1 + len(places)))


def resized(walk: Walk, node: str, sizes: tuple[int, ...], others: tuple[int, ...] | None) -> str:
    """A map with the positions of others of a size, which are found by the sizes at both inputs."""
    shape = Shape(walk.shapes[node].channels, sizes)
    target = None if others is None else walk.tensor_of(sizes, others)
    if target is not None:
        made = walk.emit("upsample_to", [node, target], shape)
    else:
        if walk.other is not None and others != sizes:
            walk.remark_here(f"copies of a value for each position are kept as {by(sizes)} at every size")
        made = walk.emit("upsample", node, shape, size=sizes)
    if others is not None:
        walk.other_sizes[made] = others
    return made


def positionwise(walk: Walk, view: View, dim: int) -> View:
    """A view whose dimension ``dim`` is all channels of its map, in order, and nothing else."""
    view = of_vector(walk, whole(walk, view), dim)
    view = folded(walk, space_to_channels(walk, view, dim), dim)
    size = walk.axis_size(view.node, CHANNELS)
    if view.dims[dim] == whole_axis(CHANNELS, size):
        return view
    if size_of(view.dims[dim]) == size and all(one.axis == CHANNELS for one in view.dims[dim]):
        return ordered(walk, view, dim)
    if any(one.axis == COPIES for one in view.dims[dim]):
        raise NotUnderstood("it works on copies of a value")
    if not any(one.axis == CHANNELS for one in view.dims[dim]):
        raise NotUnderstood("it works over the positions of the map")
    raise NotUnderstood("it works on a part of the channels, such as one head of several")


def as_vector(walk: Walk, view: View, dim: int) -> View:
    """A view whose dimension ``dim`` is the channels of a vector: a map is flattened."""
    view = whole(walk, view)
    shape = walk.shapes[view.node]
    others = [one for index, one in enumerate(view.dims) if index != dim]
    if any(others) or not any(one.axis > CHANNELS for one in view.dims[dim]):
        return view
    elements = prod(walk.axis_size(view.node, axis) for axis in range(shape.rank + 1))
    if size_of(view.dims[dim]) != elements:
        raise NotUnderstood("a part of the map is flattened")
    node = walk.emit("flatten", view.node, Shape(elements, ()))
    dims = list(view.dims)
    dims[dim] = whole_axis(CHANNELS, elements)
    return View(node, tuple(dims), (0,))


def given_out(walk: Walk, view: View) -> str:
    """The item that a module gives out: its map, which is a vector or a sequence where the tensor is one, and
    has as many channels and positions.
    """
    view = _of_other_sizes(walk, materialised(walk, view))
    shape = walk.shapes[view.node]
    if not shape.rank or not view.dims or view.dims[0]:
        return view.node
    filled = [place for place, dim in enumerate(view.dims) if dim]
    if len(view.dims) == 2 and shape.is_point:
        return walk.emit("flatten", view.node, Shape(shape.channels, ()))
    if len(filled) == 1:
        return as_vector(walk, view, filled[0]).node
    channels = view.dims.index(all_channels) if (all_channels := _channels(walk, view)) in view.dims else 0
    if len(view.dims) == 3 and shape.rank > 1 and channels and not any(view.rolls):
        (line,) = {1, 2} - {channels}
        if view.dims[line] == _positions(walk, view.node):
            return as_map(walk, view, channels, (line,))
    return view.node


def _of_other_sizes(walk: Walk, view: View) -> View:
    """A view of a map where channels that are positions, or the reverse, are an operation, and a vector that
    is given out as an image is a map.
    """
    rank = len(view.dims) - 2
    if rank < LEAST_OF_IMAGE or view.dims[0]:
        return view
    if not walk.shapes[view.node].rank:
        is_whole = merged(one for dim in view.dims for one in dim) == _channels(walk, view)
        return _as_map_of(walk, view, 1, Shape(view.shape[1], view.shape[2:])) if is_whole else view
    if rank != walk.shapes[view.node].rank:
        return view
    return channels_to_space(walk, space_to_channels(walk, view, 1), 1, range(2, 2 + rank))


LEAST_OF_IMAGE = 2
"""Axes of positions that make a tensor an image; with one it may be a line of boxes."""


def _channels(walk: Walk, view: View) -> Dim:
    """All channels of a map in order."""
    return whole_axis(CHANNELS, walk.axis_size(view.node, CHANNELS))


def _positions(walk: Walk, node: str) -> Dim:
    """All positions of a map in order."""
    rank = walk.shapes[node].rank
    return merged(one for axis in range(1, rank + 1) for one in whole_axis(axis, walk.axis_size(node, axis)))


def with_channels(view: View, node: str, dim: int, channels: int) -> View:
    """The view of an item that changed the channels in dimension ``dim`` and nothing else."""
    dims = list(view.dims)
    dims[dim] = whole_axis(CHANNELS, channels)
    return view._replace(node=node, dims=tuple(dims))


__all__ = [
    "as_map",
    "as_vector",
    "channels_to_space",
    "folded",
    "given_out",
    "is_shuffled",
    "materialised",
    "of_vector",
    "ordered",
    "padded",
    "positionwise",
    "space_to_channels",
    "spread_out",
    "whole",
    "with_channels",
    "with_positions",
]
