"""Functions that only arrange: reshape, permute, slices, splits; none of them is an item by itself."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from cnncalc.geometry.shape import Shape
from cnncalc.importers.torch.functions.attention import Scores, Turned, turned
from cnncalc.importers.torch.functions.lengths import Length, kept
from cnncalc.importers.torch.functions.states import States, joined_states, state_of
from cnncalc.importers.torch.rearrange import as_map, is_shuffled, ordered, padded, whole
from cnncalc.importers.torch.views import (
    CHANNELS,
    COPIES,
    Dim,
    Factor,
    Unfit,
    View,
    merged,
    narrowed,
    reshaped,
    size_of,
    whole_axis,
)
from cnncalc.importers.torch.walk import Const, NotUnderstood, Walk, handles, no_map


def unpadded(walk: Walk, view: Any) -> View:
    """A view without a border left open."""
    if isinstance(view, States):
        return joined_states(walk, view)
    if not isinstance(view, View):
        raise no_map(view)
    return padded(walk, view) if view.pads else view


def dimension(view: View, dim: int) -> int:
    """A dimension's number from the front."""
    return dim % len(view.dims)


def numbers(values: Sequence[Any]) -> tuple[int, ...]:
    """Sizes given one by one or as a list."""
    if len(values) == 1 and isinstance(values[0], list | tuple):
        values = values[0]
    if not all(isinstance(one, int) for one in values):
        raise NotUnderstood("a size is not a number")
    return tuple(values)


@handles(
    "contiguous",
    "clone",
    "detach",
    "float",
    "type_as",
    "data",
    "alias",
    "requires_grad",
    "identity",
    "to",
    "type",
    "lift_fresh_copy",
    "alias_copy",
    "long",
    "int",
    "half",
    "double",
    "bfloat16",
    "cpu",
    "cuda",
)
def same(walk: Walk, input: Any, *args: Any, **kwargs: Any) -> Any:
    """The same values."""
    return input


@handles(
    "new_zeros", "new_ones", "new_full", "new_empty", "zeros_like", "ones_like", "full_like", "empty_like"
)
def constant(walk: Walk, input: Any, *args: Any, **kwargs: Any) -> Const:
    """A new tensor that has nothing of the input but its device, type or shape."""
    return Const(walk.recording.shape(walk.call.outputs[0]))


@handles("randn_like", "rand_like", "randint_like", "new_tensor")
def noise(walk: Walk, input: Any, *args: Any, **kwargs: Any) -> Const:
    """Random numbers, which have nothing of the input but its shape."""
    return Const(walk.recording.shape(walk.call.outputs[0]))


@handles("view", "reshape")
def reshape(walk: Walk, input: Any, *shape: Any, **kwargs: Any) -> Any:
    """Another shape of the same elements in order."""
    if kwargs.get("shape") or kwargs.get("size"):
        shape = (kwargs.get("shape") or kwargs.get("size"),)
    elif kwargs:
        raise NotUnderstood("the dtype of a view is not known here")
    if len(shape) == 1 and isinstance(shape[0], str):
        return input
    if isinstance(input, Scores):
        return input._replace(shape=walk.recording.shape(walk.call.outputs[0]))
    return with_shape(walk, input, numbers(shape))


def with_shape(walk: Walk, input: View, shape: Sequence[int]) -> View:
    """A view in another shape; -1 is what is left."""
    view = unpadded(walk, input)
    total = size_of(one for dim in view.dims for one in dim)
    known = 1
    for size in shape:
        known *= size if size != -1 else 1
    full = [total // known if size == -1 else size for size in shape]
    try:
        return view._replace(dims=reshaped(view.dims, full))
    except Unfit:
        raise NotUnderstood("it cuts axes in a way that cannot be followed") from None


@handles("view_as", "reshape_as")
def reshape_as(walk: Walk, input: View, other: Any) -> View:
    """The shape of another tensor."""
    return with_shape(walk, input, walk.recording.shape(walk.call.outputs[0]))


@handles("flatten")
def flatten(walk: Walk, input: View, start_dim: int = 0, end_dim: int = -1) -> View:
    """Dimensions taken together."""
    return with_shape(walk, input, walk.recording.shape(walk.call.outputs[0]))


@handles("unflatten")
def unflatten(walk: Walk, input: View, dim: int, sizes: Any) -> View:
    """A dimension taken apart."""
    return with_shape(walk, input, walk.recording.shape(walk.call.outputs[0]))


@handles("squeeze", "unsqueeze")
def squeeze(walk: Walk, input: View, *dim: Any) -> View:
    """Dimensions of size 1 left out or put in."""
    return with_shape(walk, input, walk.recording.shape(walk.call.outputs[0]))


@handles("permute")
def permute(walk: Walk, input: Any, *dims: Any) -> Any:
    """Dimensions in another order."""
    if isinstance(input, Scores | Turned):
        return turned(walk, input, numbers(dims))
    view = unpadded(walk, input)
    order = [dimension(view, one) for one in numbers(dims)]
    return view._replace(dims=tuple(view.dims[one] for one in order))


@handles("transpose", "swapaxes", "swapdims")
def transpose(walk: Walk, input: Any, dim0: int, dim1: int) -> Any:
    """Two dimensions exchanged."""
    if isinstance(input, Scores | Turned):
        order = list(range(len(input.shape)))
        order[dim0], order[dim1] = order[dim1], order[dim0]
        return turned(walk, input, order)
    view = unpadded(walk, input)
    dims = list(view.dims)
    first, second = dimension(view, dim0), dimension(view, dim1)
    dims[first], dims[second] = dims[second], dims[first]
    return view._replace(dims=tuple(dims))


@handles("movedim", "moveaxis")
def movedim(walk: Walk, input: View, source: int, destination: int) -> View:
    """One dimension moved."""
    view = unpadded(walk, input)
    dims = list(view.dims)
    moved = dims.pop(dimension(view, source))
    dims.insert(dimension(view, destination), moved)
    return view._replace(dims=tuple(dims))


@handles("T", "t", "mT")
def transposed(walk: Walk, input: View) -> Any:
    """The last two dimensions exchanged."""
    return transpose(walk, input, -1, -2)


@handles("expand")
def expand(walk: Walk, input: Any, *size: Any) -> Any:
    """The same values again along dimensions of size 1."""
    return expanded(walk, input)


@handles("expand_as")
def expand_as(walk: Walk, input: Any, other: Any) -> Any:
    """The same values again up to the shape of another tensor."""
    return expanded(walk, input)


def expanded(walk: Walk, input: Any) -> Any:
    """A view in the shape of the call's result, with copies."""
    if isinstance(input, Length):
        return kept(walk, input)
    view = unpadded(walk, input)
    shape = walk.recording.shape(walk.call.outputs[0])
    dims: list[Dim] = [()] * (len(shape) - len(view.dims)) + list(view.dims)
    for index, size in enumerate(shape):
        if size_of(dims[index]) != size:
            dims[index] = (Factor(COPIES, 0, size),)
    found = view._replace(dims=tuple(dims))
    if walk.other is not None and walk.other_call is not None:
        walk.copied[found] = walk.other.shape(walk.other_call.outputs[0])[2:]
    return found


@handles("repeat", "tile")
def repeat(walk: Walk, input: Any, *repeats: Any, **kwargs: Any) -> Any:
    """The same values again; channels one behind the other are joined."""
    if isinstance(input, Length):
        return kept(walk, input)
    times = numbers(repeats or tuple(kwargs.values()))
    view = unpadded(walk, input)
    times = (1,) * (len(view.dims) - len(times)) + times
    view = view._replace(dims=((),) * (len(times) - len(view.dims)) + view.dims)
    for dim, count in enumerate(times):
        if count > 1 and view.dims[dim]:
            view = _repeated(walk, view, dim, count)
    return expanded(walk, view)


def _repeated(walk: Walk, view: View, dim: int, count: int) -> View:
    """A dimension some times over, which is more of the channels."""
    view = whole(walk, view)
    if view.dims[dim] != whole_axis(CHANNELS, walk.axis_size(view.node, CHANNELS)):
        raise NotUnderstood("it repeats what is not all channels of a map")
    shape = walk.shapes[view.node]
    node = walk.emit("concat", [view.node] * count, Shape((shape.channels or 1) * count, shape.sizes))
    walk.keep_sizes(node, view.node)
    dims = list(view.dims)
    dims[dim] = whole_axis(CHANNELS, (shape.channels or 1) * count)
    return view._replace(node=node, dims=tuple(dims))


@handles("unfold", "im2col")
def unfold(walk: Walk, input: Any, *args: Any, **kwargs: Any) -> View:
    """Windows as channels of positions in a line; or, of a tensor, one dimension cut into pieces."""
    if len(walk.recording.shape(walk.call.outputs[0])) > len(walk.recording.shape(walk.call.inputs[0])):
        return _pieces(walk, unpadded(walk, input), *args, **kwargs)
    return _windows(walk, unpadded(walk, input), *args, **kwargs)


def _windows(
    walk: Walk, view: View, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> View:
    node = as_map(walk, view, 1, (2, 3))
    kernel, step, spacing, border = (
        tuple(one) if isinstance(one, list | tuple) else (one, one)
        for one in (kernel_size, stride, dilation, padding)
    )
    sizes = tuple(
        ((size or 1) + 2 * around - reach * (taps - 1) - 1) // every + 1
        for size, taps, every, reach, around in zip(
            walk.shapes[node].sizes, kernel, step, spacing, border, strict=True
        )
    )
    made = Shape((walk.shapes[node].channels or 1) * prod(kernel), sizes)
    node = walk.emit("unfold", node, made, kernel=kernel, stride=step, padding=border, dilation=spacing)
    channels, *axes = (whole_axis(axis, size or 1) for axis, size in enumerate(made.axes))
    return View(node, ((), channels, merged(one for dim in axes for one in dim)), (0,) * 3)


def _pieces(walk: Walk, view: View, dimension: int, size: int, step: int) -> View:
    if size != step:
        raise NotUnderstood(f"windows of {size} positions every {step}, which overlap or leave some out")
    dim = dimension % len(view.dims)
    count = size_of(view.dims[dim]) // size
    if count * size < size_of(view.dims[dim]):
        view = part(walk, view, dim, 0, count * size)
    sizes = [*view.shape[:dim], count, size, *view.shape[dim + 1 :]]
    found = with_shape(walk, view, sizes)
    dims = list(found.dims)
    dims.append(dims.pop(dim + 1))
    return found._replace(dims=tuple(dims))


@handles("roll")
def roll(walk: Walk, input: View, shifts: Any, dims: Any = None) -> View:
    """Dimensions moved cyclically."""
    view = unpadded(walk, input)
    pairs = zip(*((one if isinstance(one, list | tuple) else (one,)) for one in (shifts, dims)), strict=True)
    rolls = list(view.rolls or (0,) * len(view.offsets))
    for shift, dim in pairs:
        found = view.dims[dimension(view, dim)]
        if len(found) != 1 or found[0].axis < 1 or found[0].size != walk.axis_size(view.node, found[0].axis):
            raise NotUnderstood("it moves what is no axis of the map")
        axis = found[0].axis
        rolls[axis] = (rolls[axis] + shift) % found[0].size
    return view._replace(rolls=tuple(rolls) if any(rolls) else ())


def part(walk: Walk, view: View, dim: int, start: int, count: int, step: int = 1) -> View:
    """A range of a dimension; of shuffled channels, after a ``channel_shuffle``."""
    if is_shuffled(walk, view, dim) and count < size_of(view.dims[dim]):
        view = ordered(walk, view, dim)
    try:
        found, offsets = narrowed(view.dims[dim], start, count, step)
    except Unfit:
        raise NotUnderstood("it takes a part that cannot be followed") from None
    if any(view.rolls) and any(axis != CHANNELS for axis in offsets):
        raise NotUnderstood("it takes a part of a map that was moved cyclically")
    dims = list(view.dims)
    dims[dim] = found
    return view._replace(
        dims=tuple(dims),
        offsets=tuple(one + offsets.get(axis, 0) for axis, one in enumerate(view.offsets)),
    )


@handles("narrow")
def narrow(walk: Walk, input: View, dim: int, start: int, length: int) -> View:
    """A range of a dimension."""
    view = unpadded(walk, input)
    return part(walk, view, dimension(view, dim), start, length)


@handles("select")
def select(walk: Walk, input: View, dim: int, index: int) -> View:
    """One index of a dimension, which is left out."""
    return _selected(walk, unpadded(walk, input), dim, index, walk.other_argument("index"))


def _selected(walk: Walk, view: View, dim: int, index: int, other: Any) -> View:
    """One index of a dimension; ``other`` is the index at the second size."""
    dim = dimension(view, dim)
    size = size_of(view.dims[dim])
    found = part(walk, view, dim, index % size, 1)
    _see_whether_last(
        walk, view, dim, index, is_last=index in (-1, size - 1) and (index < 0 or other != index)
    )
    return found._replace(dims=found.dims[:dim] + found.dims[dim + 1 :])


def _see_whether_last(walk: Walk, view: View, dim: int, index: int, is_last: bool) -> None:
    """Keep in mind that a position is the last one, whatever the size."""
    line, size = view.dims[dim], walk.axis_size(view.node, 1) if walk.shapes[view.node].rank else 0
    if len(line) != 1 or line[0].axis != 1 or line[0].size != size or size == 1:
        return
    if is_last and walk.shapes[view.node].rank == 1:
        walk.last.add((view.node, size - 1))
    elif index < 0 or is_last:
        walk.remark_here(f"a position counted from the end is kept as the position {index % size}")


@handles("unbind")
def unbind(walk: Walk, input: View, dim: int = 0) -> list[View]:
    """Every index of a dimension."""
    view = unpadded(walk, input)
    dim = dimension(view, dim)
    return [_selected(walk, view, dim, index, index) for index in range(size_of(view.dims[dim]))]


@handles("chunk", "split", "tensor_split", "split_with_sizes")
def split(
    walk: Walk,
    input: View,
    split_size_or_sections: Any = None,
    dim: int = 0,
    *,
    chunks: Any = None,
    split_size: Any = None,
    split_sizes: Any = None,
    indices_or_sections: Any = None,
) -> list[View]:
    """Ranges of a dimension one after another, as long as the recording says."""
    view = unpadded(walk, input)
    dim, start, found = dimension(view, dim), 0, []
    for ref in walk.call.outputs:
        count = walk.recording.shape(ref)[dim]
        found.append(part(walk, view, dim, start, count))
        start += count
    return found


@handles("setitem")
def write(walk: Walk, input: Any, index: Any, value: Any) -> Any:
    """Nothing: a tensor that is filled part by part is not followed."""
    raise NotUnderstood("it writes into a part of a tensor", "`torch.cat` or `torch.stack` join parts")


@handles("slice")
def slice_of(
    walk: Walk, input: View, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> View:
    """A range of a dimension, as torch.export writes it."""
    view = unpadded(walk, input)
    dim = dimension(view, dim)
    return _range(walk, view, dim, slice(start, end, step))


@handles("getitem")
def getitem(walk: Walk, input: View, index: Any) -> View:
    """Indexing with numbers, ranges, ``None`` and ``...``."""
    if isinstance(input, States):
        first = index[0] if isinstance(index, tuple) and index else index
        if type(first) is int:
            return state_of(walk, input, index)
        input = joined_states(walk, input)
    if not isinstance(input, View):
        raise no_map(input)
    view = unpadded(walk, input)
    parts = indices(index, len(view.dims))
    if any(isinstance(one, Const | View | list) for one in parts):
        raise NotUnderstood("it picks elements by a list of indices")
    dim, others = 0, indices(walk.other_argument("index"), len(view.dims))
    for place, one in enumerate(parts):
        if one is None:
            view = view._replace(dims=(*view.dims[:dim], (), *view.dims[dim:]))
            dim += 1
        elif isinstance(one, slice):
            _see_whether_idle(walk, sum(part is not None for part in parts[:place]), one, others[place])
            view = _range(walk, view, dim, one)
            dim += 1
        elif isinstance(one, int) and not isinstance(one, bool):
            view = _selected(walk, view, dim, one, others[place])
        else:
            raise NotUnderstood(f"an index is {one!r}")
    return view


def _see_whether_idle(walk: Walk, dim: int, one: slice, other: Any) -> None:
    """Say so where a range takes everything at the recorded size, but not at the second one."""
    if walk.other is None or walk.other_call is None or not isinstance(other, slice):
        return
    shapes = (walk.recording.shape(walk.call.inputs[0]), walk.other.shape(walk.other_call.inputs[0]))
    is_whole, is_whole_there = (
        dim < len(shape) and range(shape[dim])[taken] == range(shape[dim])
        for shape, taken in zip(shapes, (one, other), strict=True)
    )
    if is_whole and not is_whole_there:
        walk.remark_here(
            f"a range that takes all {shapes[0][dim]} positions at the recorded size is left out"
        )


def indices(index: Any, dims: int) -> list[Any]:
    """One index for each dimension that is given one, and each that is put in."""
    parts = list(index) if isinstance(index, tuple) else [index]
    places = [place for place, one in enumerate(parts) if one is ...]
    if places:
        taken = sum(one is not None and one is not ... for one in parts)
        parts[places[0] : places[0] + 1] = [slice(None)] * (dims - taken)
    return parts


def _range(walk: Walk, view: View, dim: int, one: slice) -> View:
    size = size_of(view.dims[dim])
    indices = range(size)[one]
    if len(indices) == size and indices.step == 1:
        return view
    if not indices or indices.step < 1:
        raise NotUnderstood(f"a range is {one.start}:{one.stop}:{one.step}")
    if len(indices) == 1:
        _see_whether_last(walk, view, dim, one.start or 0, is_last=one.start == -1)
    return part(walk, view, dim, indices.start, len(indices), indices.step)


@handles("pixel_shuffle")
def pixel_shuffle(walk: Walk, input: View, upscale_factor: int) -> View:
    """Channels to positions, as arithmetic of factors."""
    batch, channels, *sizes = unpadded(walk, input).shape
    factor, rank = upscale_factor, len(sizes)
    view = with_shape(walk, input, (batch, channels // factor**rank, *(factor,) * rank, *sizes))
    order = [0, 1, *(one for axis in range(rank) for one in (2 + rank + axis, 2 + axis))]
    view = permute(walk, view, *order)
    return with_shape(walk, view, walk.recording.shape(walk.call.outputs[0]))


@handles("pixel_unshuffle")
def pixel_unshuffle(walk: Walk, input: View, downscale_factor: int) -> View:
    """Positions to channels, as arithmetic of factors."""
    batch, channels, *sizes = unpadded(walk, input).shape
    factor, rank = downscale_factor, len(sizes)
    pairs = [one for size in sizes for one in (size // factor, factor)]
    view = with_shape(walk, input, (batch, channels, *pairs))
    view = permute(
        walk, view, 0, 1, *(3 + 2 * axis for axis in range(rank)), *(2 + 2 * axis for axis in range(rank))
    )
    return with_shape(walk, view, walk.recording.shape(walk.call.outputs[0]))


@handles("channel_shuffle")
def channel_shuffle(walk: Walk, input: View, groups: int) -> View:
    """Channels of groups alternately, as arithmetic of factors."""
    batch, channels, *sizes = unpadded(walk, input).shape
    view = with_shape(walk, input, (batch, groups, channels // groups, *sizes))
    return with_shape(walk, transpose(walk, view, 1, 2), (batch, channels, *sizes))


@handles("pad", "constant_pad_nd")
def pad(walk: Walk, input: View, pad: Any, mode: str = "constant", value: float | None = None) -> View:
    """A border; zeros wait for a convolution or pool that takes them up as its padding."""
    view = unpadded(walk, input)
    pads, other = _pairs(view, pad), _pairs(view, walk.other_argument("pad"))
    if mode in ("reflect", "replicate"):
        waiting = view._replace(pads=pads, other_pads=other, fill=float("nan"))
        return padded(walk, waiting) if any(map(any, (*pads, *other))) else view
    if mode == "circular":
        help = 'with zeros instead (`padding_mode="zeros"`) all sizes and counts are the same'
        raise NotUnderstood("a border of the values at the opposite side (circular)", help)
    if mode != "constant" or (value or 0) not in (0, float("-inf")):
        raise NotUnderstood(f"a border of mode {mode} with the value {value}")
    if not any(map(any, (*pads, *other))):
        return view
    if any(one < 0 for pair in pads for one in pair):
        for dim, (before, after) in enumerate(pads):
            cut = max(0, -before), max(0, -after)
            view = part(walk, view, dim, cut[0], size_of(view.dims[dim]) - sum(cut))
        pads = tuple((max(0, before), max(0, after)) for before, after in pads)
        other = pads
        if not any(map(any, pads)):
            return view
    return view._replace(pads=pads, other_pads=other, fill=value or 0.0)


def _pairs(view: View, pad: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Borders from the last dimension on, as PyTorch has them, by dimension."""
    found = [(0, 0)] * len(view.dims)
    for index in range(len(pad) // 2):
        found[len(found) - 1 - index] = (pad[2 * index], pad[2 * index + 1])
    return tuple(found)


__all__ = ["CHANNELS", "dimension", "indices", "numbers", "part", "unpadded", "with_shape"]
