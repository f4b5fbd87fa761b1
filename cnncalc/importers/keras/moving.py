"""Keras' reshapes: maps, sequences and vectors of the same numbers."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

from cnncalc.geometry.shape import Shape, Size
from cnncalc.importers.keras.translation import Call, Made, Tensor, layer, operation


@layer("Flatten")
def flatten(call: Call) -> Made:
    if not call.shape.rank:
        return [call.first]
    return [call.add("flatten", Shape(call.shape.elements()))]


@layer("Reshape", settings=("target_shape",))
def reshape(call: Call) -> Made:
    return _reshaped(call, call.settings.get("target_shape"))


@operation("Reshape", settings=("newshape",))
def reshape_with_batch(call: Call) -> Made:
    wanted = call.settings.get("newshape")
    if not isinstance(wanted, list) or wanted[:1] not in ([-1], [None]):
        call.refuse(f"`newshape={wanted}` does not keep the batch")
        return None
    return _reshaped(call, wanted[1:])


def _reshaped(call: Call, wanted: object) -> Made:
    """A reshape that adds or drops axes of size 1, or makes a vector."""
    if not isinstance(wanted, list) or not wanted or not all(isinstance(one, int) for one in wanted):
        call.refuse(f"a reshape to {wanted} is not understood")
        return None
    count = call.shape.elements()
    dims: list[Size] = list(wanted)
    if dims.count(-1) == 1 and count is not None:
        dims[dims.index(-1)] = count // max(prod(one for one in wanted if one != -1), 1)
    shape = Shape(dims[0], tuple(dims[1:])) if call.channels_first else Shape(dims[-1], tuple(dims[:-1]))
    if shape == call.shape or (
        shape.is_point and call.shape.is_point and shape.channels == call.shape.channels
    ):
        return [Tensor(call.first.id, call.shape)]
    if len(dims) == 1 and shape.channels == count:
        return [call.add("flatten", shape)]
    if not call.shape.rank and 2 <= len(dims) <= 4 and count is not None and shape.elements() == count:
        return [call.add("to_map", shape, size=shape.sizes)]
    if not call.channels_first and shape.channels == call.shape.channels and shape.elements() == count:
        if shape.rank == 1 < call.shape.rank:
            return [call.add("tokens", shape)]
        if call.shape.rank == 1 < shape.rank:
            return [call.add("to_map", shape, size=shape.sizes)]
    rows = _rows(call, dims)
    if rows is not None:
        return [rows]
    call.refuse(f"a reshape of {call.shape} (channels first) to {wanted} is not understood")
    return None


def _rows(call: Call, dims: list[Size]) -> Tensor | None:
    """The rows of a map as a sequence, the columns of each as channels, as readers of text have them."""
    channels, sizes = call.shape.channels, call.shape.sizes
    if call.channels_first or len(sizes) != 2 or channels is None or None in sizes:
        return None
    height, width = (size or 0 for size in sizes)
    if dims != [height, width * channels]:
        return None
    along = (1, width)
    made = call.add("unfold", Shape(width * channels, (height, 1)), kernel=along, stride=along)
    return call.add("squeeze", Shape(width * channels, (height,)), made, axis=1)


@layer("Permute", settings=("dims",))
def permute(call: Call) -> Made:
    dims = call.settings.get("dims")
    if dims != list(range(1, call.shape.rank + 2)):
        call.refuse(f"`dims={dims}` changes the order of axes, which no layer of a spec does")
        return None
    return [call.first]


@layer("RepeatVector", settings=("n",))
def repeat_vector(call: Call) -> Made:
    """A vector at each of several positions."""
    count, channels = call.whole("n"), call.shape.channels
    point = call.first
    if not call.shape.rank:
        point = call.add("to_map", Shape(channels, (1,)), label=f"{call.label}.to_map", size=(1,))
    elif call.shape.rank > 1 or not call.shape.is_point:
        call.refuse(f"it needs a vector, its input is {call.shape}")
        return None
    return [call.add("upsample", Shape(channels, (count,)), point, size=(count,))]


@operation("ExpandDims", "Squeeze", settings=("axis",))
def unit_axes(call: Call) -> Made:
    """Axes of size 1 of a vector, which is the same as a map of one position."""
    if not call.shape.is_point:
        call.refuse(f"an axis of size 1 in {call.shape} is not understood")
        return None
    return [call.first]


@operation("DepthToSpace", "SpaceToDepth", settings=("block_size", "data_format"))
def blocks(call: Call) -> Made:
    """Channels as blocks of positions or back, in TensorFlow's order."""
    factor, (channels, sizes) = call.whole("block_size"), call.shape
    back = call.kind == "DepthToSpace"
    if call.channels_first or len(sizes) != 2 or channels is None or (back and channels % factor**2):
        call.refuse(f"blocks of {factor}x{factor} in {call.shape} are not understood")
        return None
    new = tuple(size and (size * factor if back else size // factor) for size in sizes)
    shape = Shape(channels // factor**2 if back else channels * factor**2, new)
    op, note = "pixel_shuffle" if back else "pixel_unshuffle", "TensorFlow has the channels in another order"
    return [call.add(op, shape, note=note, factor=factor)]


_ALL = {"class_name": "__slice__", "config": {}}


@operation("GetItem")
def part(call: Call) -> Made:
    """Some of the channels or positions, or one position of a sequence."""
    rank = call.shape.rank
    index = call.arguments[1] if len(call.arguments) > 1 else None
    index = index if isinstance(index, tuple) else (index,)
    for place, one in enumerate(index):
        if isinstance(one, Mapping) and one.get("class_name") == "__ellipsis__":
            missing = rank + 3 - len(index)
            index = (*index[:place], *[_ALL] * missing, *index[place + 1 :])
            break
    if len(index) == rank + 2 and _is_reversal(index[-1]):
        index = index[:-1]  # the order of channels changes no count
    if call.channels_first or len(index) > rank + 2 or not _is_all(index[0]):
        call.refuse("of its batch or its axes a part is taken that is not understood")
        return None
    if rank == 1 and len(index) >= 2 and isinstance(index[1], int) and all(map(_is_all, index[2:])):
        return [call.add("token", Shape(call.shape.channels), place=index[1])]
    tensor = call.first
    axes = (*call.shape.sizes, call.shape.channels)
    ends = [_ends(one, size) for one, size in zip(index[1:], axes, strict=False)]
    ends += [(0, 0)] * (rank + 1 - len(ends))
    if None in ends:
        call.refuse("of its axes a part is taken that is not understood")
        return None
    *margins, (first, behind) = (one for one in ends if one is not None)
    if any(map(any, margins)):
        sizes = tuple(size and size - sum(one) for size, one in zip(call.shape.sizes, margins, strict=True))
        shape = Shape(call.shape.channels, sizes)
        tensor = call.add("crop", shape, label=f"{call.label}.crop", margins=tuple(margins))
    if first or behind:
        count = (call.shape.channels or 0) - first - behind
        shape = Shape(count, tensor.shape.sizes)
        tensor = call.add("slice", shape, tensor, channels=(first, count))
    return [tensor]


def _is_all(one: object) -> bool:
    return _ends(one, None) == (0, 0)


def _slice_of(one: object) -> Mapping[str, Any] | None:
    """Start, stop and step, as Keras 3 and Keras 2 write them."""
    if not isinstance(one, Mapping):
        return None
    found = one.get("config") if one.get("class_name") == "__slice__" else one
    return found if isinstance(found, Mapping) and set(found) <= {"start", "stop", "step"} else None


def _is_reversal(one: object) -> bool:
    found = _slice_of(one)
    return found is not None and found.get("step") == -1 and found.get("start") is found.get("stop") is None


def _ends(one: object, size: Size) -> tuple[int, int] | None:
    """How much a slice leaves out at both ends of an axis; ``None`` where it is none, or not known."""
    config = _slice_of(one)
    if config is None:
        return None
    start, stop, step = (config.get(name) for name in ("start", "stop", "step"))
    if step not in (None, 1) or not all(isinstance(end, int | None) for end in (start, stop)):
        return None
    if start in (None, 0) and stop is None:
        return (0, 0)
    if size is None:
        return None
    first, last, _ = slice(start, stop).indices(size)
    return (first, size - last) if first < last else None
