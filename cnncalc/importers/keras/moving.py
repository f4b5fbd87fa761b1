"""Keras' reshapes: maps, sequences and vectors of the same numbers."""

from __future__ import annotations

from math import prod

from cnncalc.geometry.shape import Shape, Size
from cnncalc.importers.keras.translation import Call, Made, Tensor, layer


@layer("Flatten")
def flatten(call: Call) -> Made:
    if not call.shape.rank:
        return [call.first]
    return [call.add("flatten", Shape(call.shape.elements()))]


@layer("Reshape", settings=("target_shape",))
def reshape(call: Call) -> Made:
    """A reshape that adds or drops axes of size 1, or makes a vector."""
    wanted = call.settings.get("target_shape")
    if not isinstance(wanted, list) or not all(isinstance(one, int) for one in wanted):
        call.refuse(f"`target_shape={wanted}` is not understood")
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
