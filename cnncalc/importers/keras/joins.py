"""Keras' joins: concatenation and arithmetic, of tensors or of a tensor and a number."""

from __future__ import annotations

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


@operation("Add", "Subtract", "Multiply", "Divide", "TrueDivide", "Maximum")
@layer("Add", "Subtract", "Multiply", "Maximum", "Average")
def arithmetic(call: Call) -> Made:
    """Arithmetic of tensors; an operation with a number changes no shape and no count."""
    if len(call.tensors) == 1:
        return [_scaled(call)]
    ranks = max(tensor.shape.rank for tensor in call.tensors)
    maps = [tensor.shape for tensor in call.tensors if tensor.shape.rank == ranks]
    sizes = tuple(_broadcast(one) for one in zip(*(shape.sizes for shape in maps), strict=True))
    channels = _broadcast(tuple(tensor.shape.channels for tensor in call.tensors))
    return [call.join(_WORDS[call.kind], Shape(channels, sizes))]


def _broadcast(sizes: tuple[Size, ...]) -> Size:
    wide = {size for size in sizes if size != 1}
    return 1 if not wide else wide.pop() if len(wide) == 1 else None


def _scaled(call: Call) -> Tensor:
    """A tensor plus or times a number, which changes no count; a relu6 over 6 is hardsigmoid."""
    items = call.building.items
    last = items[-1] if items else None
    is_sixth = any(isinstance(one, float) and abs(one * 6 - 1) < 1e-6 for one in call.arguments)
    follows = last is not None and last.output == call.first.id
    if call.kind == "Multiply" and is_sixth and follows and last is not None and last.op == "relu6":
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
    channels = total([tensor.shape.channels for tensor in call.tensors])
    return [call.join("concat", Shape(channels, call.shape.sizes))]


@layer("CustomScaleLayer", settings=("scale",))
def scaled_residual(call: Call) -> Made:
    """The sum of a tensor and a multiple of another (Inception-ResNet)."""
    return [call.join("add", call.shape)]
