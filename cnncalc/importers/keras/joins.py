"""Keras' joins: concatenation and arithmetic, of tensors or of a tensor and a number."""

from __future__ import annotations

from itertools import pairwise

from cnncalc.geometry.shape import Shape, Size, total
from cnncalc.importers.keras.translation import Call, Made, Tensor, layer, operation

_WORDS = {
    "Add": "add",
    "Average": "add",
    "Subtract": "sub",
    "Multiply": "mul",
    "Divide": "div",
    "TrueDivide": "div",
    "Maximum": "max",
}


@operation("Add", "Subtract", "Multiply", "Divide", "TrueDivide", "Maximum", "Minimum")
@layer("Add", "Subtract", "Multiply", "Maximum", "Minimum", "Average")
def arithmetic(call: Call) -> Made:
    """Arithmetic of tensors; an operation with a number changes no shape and no count."""
    if len(call.tensors) == 1:
        return [_scaled(call)]
    if call.kind == "Minimum":
        return [_minimum(call)]
    return [joined(call, _WORDS[call.kind])]


def joined(call: Call, op: str) -> Tensor:
    """The arithmetic of all tensors, of which some may have one position or channel."""
    ranks = max(tensor.shape.rank for tensor in call.tensors)
    maps = [tensor.shape for tensor in call.tensors if tensor.shape.rank == ranks]
    sizes = tuple(_broadcast(one) for one in zip(*(shape.sizes for shape in maps), strict=True))
    channels = _broadcast(tuple(tensor.shape.channels for tensor in call.tensors))
    return call.add(op, Shape(channels, sizes), *call.tensors)


def _minimum(call: Call) -> Tensor:
    """The smallest of several tensors: of all negated the largest, negated."""
    negated = tuple(
        call.add("neg", one.shape, one, label=f"{call.label}.neg_{place}")
        for place, one in enumerate(call.tensors)
    )
    largest = joined(call._replace(tensors=negated, label=f"{call.label}.max"), "max")
    return call.add("neg", largest.shape, largest)


def _broadcast(sizes: tuple[Size, ...]) -> Size:
    wide = {size for size in sizes if size != 1}
    return 1 if not wide else wide.pop() if len(wide) == 1 else None


def _scaled(call: Call) -> Tensor:
    """A tensor plus or times a number, which changes no count; a relu6 over 6 is hardsigmoid."""
    items = call.building.items
    last = items[-1] if items else None
    by = 1 / 6 if call.kind == "Multiply" else 6
    numbers = call.arguments if call.kind == "Multiply" else call.arguments[1:]
    is_sixth = call.kind in ("Multiply", "Divide", "TrueDivide") and any(
        isinstance(one, int | float) and abs(one / by - 1) < 1e-6 for one in numbers
    )
    follows = last is not None and last.output == call.first.id
    if is_sixth and follows and last is not None and last.op == "relu6":
        items[-1] = last._replace(op="hardsigmoid")
    return call.first


@operation("Concatenate", settings=("axis",))
@layer("Concatenate", settings=("axis",))
def concatenate(call: Call) -> Made:
    axis = call.settings.get("axis", call.options.get("axis", -1))
    if not call.is_channels(axis):
        call.refuse(f"`axis={axis}` is not the channels'")
        return None
    if len(call.tensors) == 1:
        return [call.first]
    tensors = _of_one_rank(call)
    channels = total([tensor.shape.channels for tensor in tensors])
    return [call.add("concat", Shape(channels, tensors[0].shape.sizes), *tensors)]


def _of_one_rank(call: Call) -> list[Tensor]:
    """All tensors as vectors, where some are and Keras has the maps of one position beside them as such."""
    if len({tensor.shape.rank for tensor in call.tensors}) == 1:
        return list(call.tensors)
    return [
        call.add("flatten", Shape(one.shape.channels), one, label=f"{call.label}.flatten_{place}")
        if one.shape.rank and one.shape.is_point
        else one
        for place, one in enumerate(call.tensors)
    ]


@operation("Split", settings=("indices_or_sections", "axis"))
def split(call: Call) -> Made:
    """Parts of the channels, as many as are said or between places."""
    places, channels = call.settings.get("indices_or_sections"), call.shape.channels
    if isinstance(places, int) and channels is not None and places > 0 and channels % places == 0:
        places = list(range(channels // places, channels, channels // places))
    if not call.is_channels(call.settings.get("axis", 0)) or not isinstance(places, list) or channels is None:
        call.refuse(f"{call.settings.get('indices_or_sections')} parts of {call.shape} are not understood")
        return None
    ends = [0, *places, channels]
    if any(not isinstance(one, int) for one in ends) or sorted(set(ends)) != ends:
        call.refuse(f"the places {places} do not divide {channels} channels")
        return None
    return [
        call.add(
            "slice",
            Shape(end - start, call.shape.sizes),
            label=f"{call.label}.{number}",
            channels=(start, end - start),
        )
        for number, (start, end) in enumerate(pairwise(ends))
    ]


@layer("CustomScaleLayer", settings=("scale",))
def scaled_residual(call: Call) -> Made:
    """The sum of a tensor and a multiple of another (Inception-ResNet)."""
    return [call.add("add", call.shape, *call.tensors)]
