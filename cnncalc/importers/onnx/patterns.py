"""Operators that exporters write as several nodes, named before they are translated."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from cnncalc.importers.onnx.file import OnnxNode
from cnncalc.importers.onnx.graphs import Graph, has_inputs, needed
from cnncalc.importers.onnx.moments import group_norm, keras_moments, moments

Found = OnnxNode | None


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


def _named(node: OnnxNode, graph: Graph) -> OnnxNode:
    for pattern in _PATTERNS.get(node.operator, ()) if has_inputs(node) else ():
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
    for gate in _factors(node.outputs[0], graph, 4):
        total = graph.maker(gate, "Add")
        inner = graph.with_number(total, 1) if total is not None else None
        curve = graph.maker(inner, "Erf", "Tanh") if inner else None
        for x in sorted(_sources(curve.inputs[0], graph, 8)) if curve is not None else ():
            factors = _factors(node.outputs[0], graph, 4, x)
            numbers = [number for one in factors if (number := graph.number(one)) is not None]
            others = [one for one in factors if graph.number(one) is None]
            if sorted(others) == sorted((x, gate)) and math.prod(numbers) == 0.5:
                return _one(node, "Gelu", x)
    return None


def _factors(name: str, graph: Graph, depth: int, whole: str = "") -> list[str]:
    """What is multiplied to make a tensor; one of them may be a product itself, which is left ``whole``."""
    made = graph.maker(name, "Mul")
    if made is None or not depth or len(made.inputs) != 2 or name == whole:
        return [name]
    return [one for given in made.inputs for one in _factors(given, graph, depth - 1, whole)]


def _sources(name: str, graph: Graph, depth: int) -> set[str]:
    """The tensors from which arithmetic with numbers makes a tensor."""
    made = graph.maker(name, "Mul", "Div", "Add", "Pow", "Sqrt")
    found = {name}
    if made is not None and depth:
        for one in made.inputs:
            found |= _sources(one, graph, depth - 1)
    return found


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
    "Mul": (gelu, gated, hard_sigmoid, glu, moments, group_norm),
    "Neg": (log_sigmoid,),
    "Log": (log_sigmoid,),
    "Sub": (tanh_shrink, keras_moments),
    "Div": (hard_sigmoid, unit_length, moments),
    "Concat": (bins, rolled),
    "Add": (moments, keras_moments, group_norm),
    "Reshape": (group_norm,),
}
"""Each is anchored at its last operator."""
