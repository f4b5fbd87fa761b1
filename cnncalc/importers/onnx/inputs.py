"""Which axis of an input holds the channels: what the first layer that reads it tells."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from heapq import heappop, heappush
from typing import Any

from cnncalc.geometry.shape import Shape
from cnncalc.importers.onnx.file import Constant, OnnxGraph, OnnxNode
from cnncalc.importers.onnx.layout import BATCH, CHANNELS, Layout, known, plain, whole

MOST_NODES = 100
"""Nodes that are looked at for an input."""


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


class Orders:
    """The orders of the inputs of one graph."""

    def __init__(self, graph: OnnxGraph) -> None:
        self.nodes = graph.nodes
        self.constants = _constants(graph)
        self.readers: dict[str, list[int]] = {}
        for place, node in enumerate(graph.nodes):
            for name in node.inputs:
                self.readers.setdefault(name, []).append(place)

    def of(self, name: str, axes: Sequence[int | None] | None) -> Order:
        """What the first layer tells that reads an input, or what comes of it number by number."""
        if axes is None or len(axes) < 2:
            return Order.FIRST
        last = len(axes) - 1
        # The axis of the input that each axis of a tensor is; -1 for one of size 1 that was added.
        reached = {name: tuple(range(len(axes)))}
        waiting = self.readers.get(name, [])[:MOST_NODES]
        for _ in range(MOST_NODES):
            if not waiting:
                break
            node = self.nodes[heappop(waiting)]
            tensor = next(one for one in node.inputs if one in reached)
            found = _told(node, reached[tensor], last, axes, self.constants, tensor)
            if found is not None:
                return found
            moved = _moved(node, reached[tensor], self.constants)
            if moved is None:
                continue
            for output in node.outputs:
                reached.setdefault(output, moved)
                for place in self.readers.get(output, [])[:MOST_NODES]:
                    heappush(waiting, place)
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
    if operator == "Gather" and last == 1 and others and node.inputs[1] == tensor:
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
        has_channels = all(axis == 1 for axis in axes[2:])  # a vector, whose channels become positions
        is_turned = len(sizes) == last + 1 and sizes[1] == 1 and sizes[last] != 1
        return Order.LAST if is_turned and not has_channels else None
    return None


def _moved(node: OnnxNode, order: tuple[int, ...], constants: dict[str, Constant]) -> tuple[int, ...] | None:
    """The axes behind a node that moves them at most; ``None`` where it does something else."""
    if node.operator in _THROUGH:
        return order
    if node.operator == "Transpose":
        places = _numbers(node, "perm", 1, constants) or range(len(order))[::-1]
        return tuple(order[one] for one in places) if sorted(places) == list(range(len(order))) else None
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


def _numbers(node: OnnxNode, name: str, place: int, constants: dict[str, Constant]) -> tuple[int, ...] | None:
    """Whole numbers that are an attribute or, in newer opsets, an input; ``None`` where not known."""
    found: Any = node.attributes.get(name)
    if found is None and len(node.inputs) > place:
        given = constants.get(node.inputs[place])
        found = None if given is None else given.values
    is_list = isinstance(found, tuple | list) and all(isinstance(one, int) for one in found)
    return tuple(found) if is_list else None
