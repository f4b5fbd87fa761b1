"""The nodes of a graph by what they make, and which of them others depend on."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from cnncalc.importers.onnx.file import Constant, OnnxGraph, OnnxNode


class Graph:
    """The nodes of one list by what they make, and the constants that are known."""

    def __init__(self, nodes: tuple[OnnxNode, ...], held: Mapping[str, Any]) -> None:
        self.makers = {name: node for node in nodes for name in node.outputs if name}
        self.held = held
        self.reads = Counter(name for node in nodes for name in node.inputs)

    def maker(self, name: str, *operators: str) -> OnnxNode | None:
        """The node that makes a tensor, where it is one of these operators."""
        node = self.makers.get(name)
        found = node is not None and node.operator in operators and not node.domain and has_inputs(node)
        return node if found else None

    def number(self, name: str) -> float | None:
        """The one number that a constant is."""
        held = self.held.get(name)
        node = self.makers.get(name)
        if node is not None and node.operator in ("Constant", "Identity", "Cast"):
            if node.operator != "Constant":
                return self.number(node.inputs[0]) if node.inputs else None
            value = node.attributes.get("value", node.attributes.get("value_float"))
            held = value if isinstance(value, Constant) else None
            if isinstance(value, float):
                return value
        if isinstance(held, Constant) and held.elements == 1 and held.values:
            return float(held.values[0])
        return None

    def constant(self, name: str) -> Constant | None:
        """The constant that a name is, or that a node makes."""
        held = self.held.get(name)
        node = self.makers.get(name)
        if node is not None and node.operator == "Constant":
            held = node.attributes.get("value")
        return held if isinstance(held, Constant) else None

    def is_constant(self, name: str, depth: int = 4) -> bool:
        """Whether a tensor is computed of constants alone."""
        node = self.makers.get(name)
        if node is None or node.operator == "Constant":
            return self.constant(name) is not None
        return depth > 0 and all(self.is_constant(one, depth - 1) for one in node.inputs if one)

    def values(self, name: str) -> tuple[Any, ...]:
        """The values of a constant list; none where they are not known."""
        found = self.constant(name)
        return () if found is None else found.values or ()

    def with_number(self, node: OnnxNode, number: float) -> str | None:
        """The other input of a node of two, one of which is about that number."""
        if len(node.inputs) != 2:
            return None
        for one, other in (node.inputs, node.inputs[::-1]):
            found = self.number(one)
            if found is not None and math.isclose(found, number, rel_tol=1e-3, abs_tol=1e-9):
                return other
        return None


_INPUTS = dict.fromkeys(("Add", "Sub", "Mul", "Div", "Pow", "MatMul", "Reshape", "Expand"), 2) | {
    "InstanceNormalization": 3
}


def has_inputs(node: OnnxNode) -> bool:
    """Whether a node has as many inputs as its operator."""
    count = len(node.inputs)
    return count == _INPUTS.get(node.operator, count) > 0


def needed(nodes: tuple[OnnxNode, ...], outputs: Iterable[str]) -> list[OnnxNode]:
    """The nodes that outputs depend on, in order of evaluation."""
    makers = {name: place for place, node in enumerate(nodes) for name in node.outputs if name}
    wanted: set[int] = set()
    waiting = [name for name in outputs if name in makers]
    while waiting:
        place = makers[waiting.pop()]
        if place in wanted:
            continue
        wanted.add(place)
        waiting.extend(name for name in _read_by(nodes[place]) if name in makers)
    return [nodes[place] for place in sorted(wanted)]


def _read_by(node: OnnxNode) -> Iterable[str]:
    yield from node.inputs
    for value in node.attributes.values():
        if isinstance(value, OnnxGraph):
            for inner in value.nodes:
                yield from _read_by(inner)
            yield from value.outputs
