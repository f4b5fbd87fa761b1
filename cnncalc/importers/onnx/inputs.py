"""Which axis of an input holds the channels: what the first layer that reads it tells."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any

from cnncalc.geometry.shape import Shape
from cnncalc.importers.onnx.file import Constant, OnnxGraph, OnnxNode
from cnncalc.importers.onnx.layout import BATCH, CHANNELS, Layout, known, plain, whole


class Order(Enum):
    """What the axes of an input behind the batch are."""

    FIRST = "channels, positions"
    LAST = "positions, channels"
    TOKENS = "numbers of tokens"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_THROUGH = _words(
    """Abs Add Cast CastLike Clip DequantizeLinear Div Dropout Exp Identity LeakyRelu Log Mul Neg Pad Pow
    QuantizeLinear Relu Resize Sigmoid Sqrt Sub Tanh"""
)
"""Operators that leave each axis where it is."""
_FIRST = _words(
    """AveragePool BatchNormalization Conv ConvInteger ConvTranspose GlobalAveragePool GlobalMaxPool
    InstanceNormalization LRN MaxPool QLinearConv"""
)
"""Operators whose channels are the axis behind the batch."""
_RECURRENT = ("LSTM", "GRU", "RNN")


def order_of(graph: OnnxGraph, name: str, axes: Sequence[int | None] | None) -> Order:
    """The order that the first layer tells that reads an input, or what comes of it number by number."""
    if axes is None or len(axes) < 2:
        return Order.FIRST
    constants = _constants(graph)
    reached = {name: tuple(range(len(axes)))}
    last = len(axes) - 1
    for node in graph.nodes:
        tensor = next((one for one in node.inputs if one in reached), None)
        if tensor is None:
            continue
        # The axis of the input that each axis of the tensor is; -1 for one of size 1 that was added.
        order = reached[tensor]
        found = _told(node, order, last, axes, constants, tensor)
        if found is not None:
            return found
        moved = _moved(node, order, constants)
        if moved is not None:
            reached.update(dict.fromkeys(node.outputs, moved))
    return Order.FIRST


def layout_of(order: Order, shape: Shape, batch: int) -> Layout:
    """The layout of an input of a shape."""
    if order is Order.FIRST:
        return plain(shape, batch)
    positions = tuple(whole(axis, size) for axis, size in enumerate(known(shape)) if axis)
    channels = () if order is Order.TOKENS else (whole(CHANNELS, known(shape)[0]),)
    return (whole(BATCH, batch), *positions, *channels)


def _told(
    node: OnnxNode,
    order: tuple[int, ...],
    last: int,
    axes: Sequence[int | None],
    constants: dict[str, Constant],
    tensor: str,
) -> Order | None:
    """What a node tells of the input; ``None`` where it tells nothing."""
    operator, others = node.operator, [constants.get(one) for one in node.inputs if one != tensor]
    if operator == "Gather" and last == 1 and node.inputs[1] == tensor:
        table = others[0]
        return Order.TOKENS if table is not None and len(table.dims) == 2 else None
    if last < 2:
        return None
    if operator in _FIRST:
        return Order.LAST if order[:1] == (0,) and order[1:2] == (last,) else Order.FIRST
    if operator in _RECURRENT and last == 2:
        return Order.LAST if order[-1] == last else None
    if operator in ("MatMul", "Gemm") and order[-1] == last and others and others[0] is not None:
        return Order.LAST if len(others[0].dims) == 2 and node.inputs[0] == tensor else None
    if operator == "LayerNormalization" and order[-1] == last:
        return Order.LAST if node.attributes.get("axis", -1) in (-1, last) else None
    if operator in ("ReduceMean", "ReduceMax") and order == tuple(range(last + 1)):
        reduced = _numbers(node, "axes", 1, constants)
        wanted = [axis % (last + 1) for axis in reduced] if reduced else []
        return Order.LAST if sorted(wanted) == list(range(1, last)) else None
    if operator == "Reshape" and axes[last] == 1 and order == tuple(range(last + 1)):
        sizes: Sequence[int] = _numbers(node, "shape", 1, constants) or ()
        return Order.LAST if len(sizes) == last + 1 and sizes[1] == 1 and sizes[last] != 1 else None
    return None


def _moved(node: OnnxNode, order: tuple[int, ...], constants: dict[str, Constant]) -> tuple[int, ...] | None:
    """The axes behind a node that moves them at most; ``None`` where it does something else."""
    if node.operator in _THROUGH:
        return order
    if node.operator == "Transpose":
        places: Sequence[int] = node.attributes.get("perm", range(len(order))[::-1])
        return tuple(order[one] for one in places) if len(places) == len(order) else None
    if node.operator == "Unsqueeze":
        added = _numbers(node, "axes", 1, constants)
        if added is None:
            return None
        rank = len(order) + len(added)
        rest = iter(order)
        new = {one % rank for one in added}
        return (
            tuple(-1 if place in new else next(rest) for place in range(rank))
            if len(new) == len(added)
            else None
        )
    return None


def _constants(graph: OnnxGraph) -> dict[str, Constant]:
    """The constants of a graph by name, those of nodes too."""
    found = dict(graph.constants)
    for node in graph.nodes:
        value = node.attributes.get("value")
        if node.operator == "Constant" and isinstance(value, Constant):
            found[node.outputs[0]] = value
    return found


def _numbers(node: OnnxNode, name: str, place: int, constants: dict[str, Constant]) -> Any:
    """Whole numbers that are an attribute or, in newer opsets, an input."""
    if name in node.attributes:
        return node.attributes[name]
    given = constants.get(node.inputs[place]) if len(node.inputs) > place else None
    return None if given is None else given.values
