"""Operators that exporters write as several nodes, named before they are translated."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from cnncalc.importers.onnx.file import Constant, OnnxNode
from cnncalc.importers.onnx.graphs import needed

Found = OnnxNode | None


class Graph:
    """The nodes of one list by what they make, and the constants that are known."""

    def __init__(self, nodes: tuple[OnnxNode, ...], held: Mapping[str, Any]) -> None:
        self.makers = {name: node for node in nodes for name in node.outputs if name}
        self.held = held

    def maker(self, name: str, *operators: str) -> OnnxNode | None:
        """The node that makes a tensor, where it is one of these operators."""
        node = self.makers.get(name)
        found = node is not None and node.operator in operators and not node.domain and _has_inputs(node)
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

    def values(self, name: str) -> tuple[Any, ...]:
        """The values of a constant list; none where they are not known."""
        held = self.held.get(name)
        node = self.makers.get(name)
        if node is not None and node.operator == "Constant":
            held = node.attributes.get("value")
        return held.values or () if isinstance(held, Constant) else ()

    def with_number(self, node: OnnxNode, number: float) -> str | None:
        """The other input of a node of two, one of which is about that number."""
        if len(node.inputs) != 2:
            return None
        for one, other in (node.inputs, node.inputs[::-1]):
            found = self.number(one)
            if found is not None and math.isclose(found, number, rel_tol=1e-3, abs_tol=1e-9):
                return other
        return None


def named(nodes: tuple[OnnxNode, ...], held: Mapping[str, Any]) -> list[OnnxNode]:
    """The nodes with those that end a pattern made one operator; what only the pattern read is dropped."""
    graph = Graph(nodes, held)
    found = [_named(node, graph) for node in nodes]
    if all(one is node for one, node in zip(found, nodes, strict=True)):
        return list(nodes)
    read = {name for node in nodes for name in node.inputs}
    ends = tuple(name for node in nodes for name in node.outputs if name not in read)
    inner = tuple(name for node in nodes for name in node.outputs)
    return needed(tuple(found), ends or inner)


_INPUTS = dict.fromkeys(("Add", "Sub", "Mul", "Div", "Pow", "MatMul", "Reshape", "Expand"), 2) | {
    "InstanceNormalization": 3
}


def _has_inputs(node: OnnxNode) -> bool:
    """Whether a node has as many inputs as its operator."""
    count = len(node.inputs)
    return count == _INPUTS.get(node.operator, count) > 0


def _named(node: OnnxNode, graph: Graph) -> OnnxNode:
    for pattern in _PATTERNS.get(node.operator, ()) if _has_inputs(node) else ():
        found = pattern(node, graph)
        if found is not None:
            return found
    return node


def _one(node: OnnxNode, operator: str, source: str) -> OnnxNode:
    return node._replace(operator=operator, inputs=(source,), attributes={})


def gated(node: OnnxNode, graph: Graph) -> Found:
    """X * sigmoid(x), x * hardsigmoid(x), x * tanh(softplus(x))."""
    if len(node.inputs) != 2:
        return None
    for x, gate in (node.inputs, node.inputs[::-1]):
        made = graph.maker(gate, "Sigmoid", "HardSigmoid", "Tanh")
        if made is None:
            continue
        if made.operator != "Tanh" and made.inputs[0] == x:
            return _one(node, "Silu" if made.operator == "Sigmoid" else "HardSwish", x)
        inner = graph.maker(made.inputs[0], "Softplus", "Mul")
        if made.operator == "Sigmoid" and inner is not None and inner.operator == "Mul" and x in inner.inputs:
            return _one(node, "QuickGelu", x)  # x * sigmoid(1.702 x)
        if (
            made.operator == "Tanh"
            and inner is not None
            and inner.operator == "Softplus"
            and inner.inputs[0] == x
        ):
            return _one(node, "Mish", x)
    return None


def hard_sigmoid(node: OnnxNode, graph: Graph) -> Found:
    """clip(x + 3, 0, 6) / 6, and x times that, multiplied before or after the division."""
    whole = _sixth(node, graph)
    if whole is not None:
        inner = _six(whole, graph)
        product = graph.maker(whole, "Mul")
        if inner is not None:
            return _one(node, "HardSigmoid", inner)
        return None if product is None else _swish(node, product, graph)
    if node.operator != "Mul" or len(node.inputs) != 2:
        return None
    for x, gate in (node.inputs, node.inputs[::-1]):
        made = graph.maker(gate, "Div", "Mul")
        source = None if made is None else _sixth(made, graph)
        if source is not None and _six(source, graph) == x:
            return _one(node, "HardSwish", x)
    return None


def _sixth(node: OnnxNode, graph: Graph) -> str | None:
    """What is divided by 6, or multiplied by a sixth."""
    if node.operator == "Mul":
        return graph.with_number(node, 1 / 6)
    is_six = len(node.inputs) == 2 and graph.number(node.inputs[1]) == 6
    return node.inputs[0] if is_six else None


def _swish(node: OnnxNode, product: OnnxNode, graph: Graph) -> Found:
    for x, gate in (product.inputs, product.inputs[::-1]):
        if _six(gate, graph) == x:
            return _one(node, "HardSwish", x)
    return None


def _six(name: str, graph: Graph) -> str | None:
    """The x of clip(x + 3, 0, 6)."""
    clip = graph.maker(name, "Clip")
    if clip is None:
        return None
    low = clip.attributes.get("min", graph.number(clip.inputs[1]) if len(clip.inputs) > 1 else None)
    high = clip.attributes.get("max", graph.number(clip.inputs[2]) if len(clip.inputs) > 2 else None)
    total = graph.maker(clip.inputs[0], "Add")
    return graph.with_number(total, 3) if total is not None and low == 0 and high == 6 else None


def gelu(node: OnnxNode, graph: Graph) -> Found:
    """X * (1 + erf(x / sqrt 2)) / 2 in its orders, and the form with tanh."""
    factors = _factors(node.outputs[0], graph, 4)
    numbers = [number for one in factors if (number := graph.number(one)) is not None]
    others = [one for one in factors if graph.number(one) is None]
    if len(others) != 2 or math.prod(numbers) != 0.5:
        return None
    for x, gate in (others, others[::-1]):
        total = graph.maker(gate, "Add")
        inner = graph.with_number(total, 1) if total is not None else None
        curve = graph.maker(inner, "Erf", "Tanh") if inner else None
        if curve is not None and x in _sources(curve.inputs[0], graph, 8):
            return _one(node, "Gelu", x)
    return None


def _factors(name: str, graph: Graph, depth: int) -> list[str]:
    """What is multiplied to make a tensor."""
    made = graph.maker(name, "Mul")
    if made is None or not depth or len(made.inputs) != 2:
        return [name]
    return [one for given in made.inputs for one in _factors(given, graph, depth - 1)]


def _sources(name: str, graph: Graph, depth: int) -> set[str]:
    """The tensors from which arithmetic with numbers makes a tensor."""
    made = graph.maker(name, "Mul", "Div", "Add", "Pow", "Sqrt")
    found = {name}
    if made is not None and depth:
        for one in made.inputs:
            found |= _sources(one, graph, depth - 1)
    return found


def layer_norm(node: OnnxNode, graph: Graph) -> Found:
    """(x - mean) / sqrt(var + eps) * gamma + beta."""
    if len(node.inputs) != 2:
        return None
    for scaled, beta in (node.inputs, node.inputs[::-1]):
        product = graph.maker(scaled, "Mul")
        if product is None or len(product.inputs) != 2:
            continue
        for normal, gamma in (product.inputs, product.inputs[::-1]):
            found = _standardised(normal, graph)
            if found is not None:
                return node._replace(
                    operator="LayerNormalization",
                    inputs=(found[0], gamma, beta),
                    attributes={"axis": found[1]},
                )
    return None


def _standardised(name: str, graph: Graph) -> tuple[str, int] | None:
    quotient = graph.maker(name, "Div")
    if quotient is None:
        return None
    difference, deviation = graph.maker(quotient.inputs[0], "Sub"), graph.maker(quotient.inputs[1], "Sqrt")
    if difference is None or deviation is None:
        return None
    mean = graph.maker(difference.inputs[1], "ReduceMean")
    total = graph.maker(deviation.inputs[0], "Add")
    if mean is None or total is None or mean.inputs[0] != difference.inputs[0]:
        return None
    axes = mean.attributes.get("axes")
    given = graph.held.get(mean.inputs[1]) if len(mean.inputs) > 1 else None
    if axes is None and isinstance(given, Constant):
        axes = given.values
    return (
        (difference.inputs[0], int(axes[0]))
        if axes is not None and len(axes) == 1 and axes[0] == -1
        else None
    )


def group_norm(node: OnnxNode, graph: Graph) -> Found:
    """A map in groups, instance norm of the groups, the map again, and a factor and offset per channel."""
    if len(node.inputs) != 2:
        return None
    for scaled, beta in (node.inputs, node.inputs[::-1]):
        product = graph.maker(scaled, "Mul")
        for back, gamma in () if product is None else (product.inputs, product.inputs[::-1]):
            after = graph.maker(back, "Reshape")
            norm = graph.maker(after.inputs[0], "InstanceNormalization") if after is not None else None
            before = graph.maker(norm.inputs[0], "Reshape") if norm is not None else None
            if norm is None or before is None:
                continue
            ones = graph.held.get(norm.inputs[1])
            maker = graph.makers.get(norm.inputs[1])
            if maker is not None and isinstance(maker.attributes.get("value"), Constant):
                ones = maker.attributes["value"]
            if isinstance(ones, Constant) and _per_channel(graph, gamma) and _per_channel(graph, beta):
                return node._replace(
                    operator="GroupNormalization",
                    inputs=(before.inputs[0], gamma, beta),
                    attributes={"num_groups": ones.elements},
                )
    return None


def _per_channel(graph: Graph, name: str) -> bool:
    maker = graph.makers.get(name)
    return isinstance(graph.held.get(name), Constant) or (
        maker is not None and maker.operator in ("Constant", "Unsqueeze", "Reshape", "Identity")
    )


def bins(node: OnnxNode, graph: Graph) -> Found:
    """Parts of one axis, each reduced to one position, joined along it: bins of different sizes."""
    axis = node.attributes.get("axis")
    parts = [graph.maker(name, "ReduceMax", "ReduceMean") for name in node.inputs]
    starts, ends, sources = [], [], set()
    for part in parts:
        cut = None if part is None else graph.maker(part.inputs[0], "Slice")
        if part is None or cut is None or len(cut.inputs) != 4:
            return None
        places = [graph.values(name) for name in (*part.inputs[1:2], *cut.inputs[1:4])]
        if len(places) != 4 or any(len(one) != 1 for one in places):
            return None
        (over,), (start,), (end,), (along,) = places
        if over != axis or along != axis or part.attributes.get("keepdims", 1) != 1:
            return None
        starts.append(start)
        ends.append(end)
        sources.add((cut.inputs[0], part.operator))
    if len(sources) != 1:
        return None
    source, operator = sources.pop()
    op = "adaptive_maxpool" if operator == "ReduceMax" else "adaptive_avgpool"
    given = {"axis": axis, "starts": tuple(starts), "ends": tuple(ends), "op": op}
    return node._replace(operator="Bins", inputs=(source,), attributes=given)


def rolled(node: OnnxNode, graph: Graph) -> Found:
    """An axis cut in two, its second part before its first: moved round."""
    axis, cuts = node.attributes.get("axis"), [graph.maker(name, "Slice") for name in node.inputs]
    if len(cuts) != 2 or axis is None:
        return None
    parts = [_stretch(cut, graph) for cut in cuts if cut is not None]
    if len(parts) != 2 or None in parts:
        return None
    (source, along, first, last), (other, other_along, start, by) = parts  # type: ignore[misc]
    if (source, along, start, first) != (other, other_along, 0, by) or last <= max(first, 0) or along != axis:
        return None
    return node._replace(operator="Roll", inputs=(source,), attributes={"axis": axis, "by": by, "end": last})


def _stretch(cut: OnnxNode, graph: Graph) -> tuple[str, int, int, int] | None:
    """The tensor that is cut along one axis, the axis, and where the cut begins and ends."""
    names = ("starts", "ends", "axes", "steps")
    given = [
        graph.values(cut.inputs[place]) if place < len(cut.inputs) else _listed(cut, name)
        for place, name in enumerate(names, 1)
    ]
    if [*map(len, given[:3])] != [1, 1, 1] or given[3] not in ((), (1,)):
        return None
    if not all(isinstance(one[0], int) for one in given[:3]):
        return None
    return (cut.inputs[0], int(given[2][0]), int(given[0][0]), int(given[1][0]))


def log_sigmoid(node: OnnxNode, graph: Graph) -> Found:
    """-softplus(-x), or the logarithm of sigmoid(x)."""
    inner = graph.maker(node.inputs[0], "Softplus" if node.operator == "Neg" else "Sigmoid")
    if inner is None or node.operator == "Log":
        return None if inner is None else _one(node, "LogSigmoid", inner.inputs[0])
    negative = graph.maker(inner.inputs[0], "Neg")
    return None if negative is None else _one(node, "LogSigmoid", negative.inputs[0])


def tanh_shrink(node: OnnxNode, graph: Graph) -> Found:
    """X - tanh(x)."""
    tanh = graph.maker(node.inputs[1], "Tanh") if len(node.inputs) == 2 else None
    return _one(node, "TanhShrink", tanh.inputs[0]) if tanh and tanh.inputs[0] == node.inputs[0] else None


def glu(node: OnnxNode, graph: Graph) -> Found:
    """One half of a tensor times the sigmoid of the other."""
    for one, gate in (node.inputs, node.inputs[::-1]) if len(node.inputs) == 2 else ():
        sigmoid, split = graph.maker(gate, "Sigmoid"), graph.maker(one, "Split")
        if sigmoid is None or split is None or split.outputs != (one, sigmoid.inputs[0]):
            continue
        sizes = _listed(split, "split") or (graph.values(split.inputs[1]) if split.inputs[1:] else ())
        if len(set(sizes)) < 2 and bool(sizes) == bool(split.inputs[1:] or "split" in split.attributes):
            given = {"axis": split.attributes.get("axis", 0)}
            return node._replace(operator="Glu", inputs=split.inputs[:1], attributes=given)
    return None


def _listed(node: OnnxNode, name: str) -> tuple[Any, ...]:
    """An attribute that is a list; empty where there is none."""
    found = node.attributes.get(name)
    return found if isinstance(found, tuple) else ()


def unit_length(node: OnnxNode, graph: Graph) -> Found:
    """A tensor divided by its norm along one axis, which is held away from 0 and spread over the axis."""
    if len(node.inputs) != 2:
        return None
    spread = graph.maker(node.inputs[1], "Expand")
    name = node.inputs[1] if spread is None else spread.inputs[0]
    bounded = graph.maker(name, "Clip", "Max", "Add")
    name = name if bounded is None else bounded.inputs[0]
    norm = graph.maker(name, "ReduceL2")
    if norm is None or norm.inputs[0] != node.inputs[0] or norm.attributes.get("keepdims", 1) != 1:
        return None
    numbers = [] if bounded is None else [graph.number(one) for one in bounded.inputs[1:] if one]
    axes = norm.attributes.get("axes") or (graph.values(norm.inputs[1]) if len(norm.inputs) > 1 else ())
    if None in numbers or len(axes) != 1:
        return None
    return node._replace(
        operator="LpNormalization", inputs=(node.inputs[0],), attributes={"axis": int(axes[0]), "p": 2}
    )


Pattern = Callable[[OnnxNode, Graph], Found]
_PATTERNS: dict[str, tuple[Pattern, ...]] = {
    "Mul": (gelu, gated, hard_sigmoid, glu),
    "Neg": (log_sigmoid,),
    "Log": (log_sigmoid,),
    "Sub": (tanh_shrink,),
    "Div": (hard_sigmoid, unit_length),
    "Concat": (bins, rolled),
    "Add": (layer_norm, group_norm),
}
"""Each is anchored at its last operator."""
