"""Normalisation that exporters write as several nodes, by mean and variance or by groups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cnncalc.importers.onnx.file import OnnxNode
from cnncalc.importers.onnx.graphs import Graph


class Normal(NamedTuple):
    """A tensor less its mean and divided by its deviation, along some axes."""

    source: str
    axes: tuple[int, ...]

    def node(self, end: OnnxNode, gamma: str = "", beta: str = "") -> OnnxNode:
        """It, with its factors and offsets, in place of the node that ends it."""
        inputs = (self.source, gamma, beta)
        return end._replace(
            operator="MeanVarianceNormalization", inputs=inputs, attributes={"axes": self.axes}
        )


def moments(node: OnnxNode, graph: Graph) -> OnnxNode | None:
    """(x - mean) / sqrt(variance + epsilon), and that times gamma, and plus beta."""
    found = _with_vectors(node, graph)
    if found is None:
        return None
    end, gamma, beta = found
    normal = _normal(end, graph)
    return None if normal is None else normal.node(node, gamma, beta)


def _with_vectors(node: OnnxNode, graph: Graph) -> tuple[str, str, str] | None:
    """What a node makes without its factors and offsets, and these: none, the factors, or both."""
    ends = [(node.outputs[0], "")]
    if node.operator == "Add":
        ends = [one for one in _orders(node) if _is_vector(graph, one[1]) and graph.reads[one[0]] == 1]
    for end, beta in ends:
        product = graph.maker(end, "Mul")
        for inner, gamma in _orders(product) if product is not None else ():
            if _is_vector(graph, gamma) and graph.reads[inner] == 1:
                return inner, gamma, beta
    return None if node.operator == "Add" else (node.outputs[0], "", "")


def _orders(node: OnnxNode) -> Iterator[tuple[str, str]]:
    """The two inputs of a node in both orders."""
    if len(node.inputs) == 2:
        yield node.inputs[0], node.inputs[1]
        yield node.inputs[1], node.inputs[0]


def _is_vector(graph: Graph, name: str) -> bool:
    """Whether factors or offsets are constants, and more than one number."""
    return graph.is_constant(name) and graph.number(name) is None


def _normal(name: str, graph: Graph) -> Normal | None:
    quotient = graph.maker(name, "Div", "Mul")
    if quotient is None:
        return None
    for difference, deviation in _orders(quotient):
        less = graph.maker(difference, "Sub")
        variance = _variance(deviation, graph, is_inverse=quotient.operator == "Mul")
        if less is not None and variance is not None:
            return _checked(less.inputs[0], less.inputs[1], variance, graph)
        if quotient.operator == "Div":
            return None
    return None


def _checked(source: str, mean: str, variance: str, graph: Graph) -> Normal | None:
    """The normalisation of a tensor, where the mean and the variance are its own and along the same axes."""
    axes = _mean_of(mean, source, graph)
    return Normal(source, axes) if axes and _is_variance(variance, source, axes, graph) else None


def _mean_of(name: str, source: str, graph: Graph) -> tuple[int, ...]:
    """The axes along which one tensor is the mean of another; none where it is not."""
    mean = graph.maker(name, "ReduceMean")
    return _axes(name, graph) if mean is not None and mean.inputs[0] == source else ()


def _axes(name: str, graph: Graph) -> tuple[int, ...]:
    """The axes along which a tensor is a mean, which keep size 1; none where it is none."""
    mean = graph.maker(name, "ReduceMean")
    if mean is None or mean.attributes.get("keepdims", 1) != 1:
        return ()
    given = mean.attributes.get("axes") or (graph.values(mean.inputs[1]) if len(mean.inputs) > 1 else ())
    return tuple(sorted(map(int, given))) if isinstance(given, tuple) else ()


def _variance(name: str, graph: Graph, is_inverse: bool) -> str | None:
    """The variance of which a tensor is the root, or one divided by the root; epsilon is left out."""
    made = graph.maker(name, "Sqrt", "Pow", "Reciprocal", "Div", "Add")
    if made is None:
        return None
    if made.operator == "Add":
        inner = _but_number(made, graph)
        return None if inner is None else _variance(inner, graph, is_inverse)
    if made.operator == "Sqrt":
        return None if is_inverse else _but_epsilon(made.inputs[0], graph)
    if made.operator == "Pow":
        is_root = graph.number(made.inputs[1]) == (-0.5 if is_inverse else 0.5)
        return _but_epsilon(made.inputs[0], graph) if is_root else None
    if not is_inverse or (made.operator == "Div" and graph.number(made.inputs[0]) != 1):
        return None
    return _variance(made.inputs[-1], graph, is_inverse=False)


def _but_epsilon(name: str, graph: Graph) -> str:
    total = graph.maker(name, "Add")
    inner = None if total is None else _but_number(total, graph)
    return name if inner is None else inner


def _but_number(node: OnnxNode, graph: Graph) -> str | None:
    """The input of a node beside a number."""
    return next((one for one, other in _orders(node) if graph.number(other) is not None), None)


def _is_variance(name: str, source: str, axes: tuple[int, ...], graph: Graph) -> bool:
    """Whether a tensor is the variance of another; a number may correct it for the mean's being its own."""
    scaled = graph.maker(name, "Mul", "Div")
    inner = None if scaled is None else _but_number(scaled, graph)
    if inner is not None:
        return _is_variance(inner, source, axes, graph)
    less = graph.maker(name, "Sub")
    if less is not None:  # the mean of squares less the square of the mean
        squares, mean = less.inputs[0], _squared(less.inputs[1], graph)
        made = graph.maker(squares, "ReduceMean")
        is_of_squares = made is not None and _squared(made.inputs[0], graph) == source
        return is_of_squares and _axes(squares, graph) == axes == _mean_of(mean, source, graph)
    made = graph.maker(name, "ReduceMean")
    root = None if made is None else graph.maker(_squared(made.inputs[0], graph), "Sub")
    if root is None or source not in root.inputs or _axes(name, graph) != axes:
        return False
    mean = root.inputs[1] if root.inputs[0] == source else root.inputs[0]
    return _mean_of(mean, source, graph) == axes


def _squared(name: str, graph: Graph) -> str:
    """What a tensor is the square of; nothing where it is none."""
    made = graph.maker(name, "Mul", "Pow")
    if made is None:
        return ""
    is_square = (
        made.inputs[0] == made.inputs[1] if made.operator == "Mul" else graph.number(made.inputs[1]) == 2
    )
    return made.inputs[0] if is_square else ""


def keras_moments(node: OnnxNode, graph: Graph) -> OnnxNode | None:
    """X * k + (beta - mean * k), where k is gamma / sqrt(variance + epsilon)."""
    for product, rest in _orders(node) if node.operator == "Add" else ((node.inputs[0], node.inputs[1]),):
        made = graph.maker(product, "Mul")
        for source, factor in _orders(made) if made is not None else ():
            split = _factor(factor, graph)
            if split is None:
                continue
            variance, gamma = split
            mean, beta = (
                _offset(rest, factor, graph) if node.operator == "Add" else (_times(rest, factor, graph), "")
            )
            normal = _checked(source, mean, variance, graph) if mean else None
            if normal is not None:
                return normal.node(node, gamma, beta)
    return None


def _factor(name: str, graph: Graph) -> tuple[str, str] | None:
    """The variance of which a factor is the inverse root, and the gamma that is in it."""
    bare = _variance(name, graph, is_inverse=True)
    if bare is not None:
        return bare, ""
    made = graph.maker(name, "Mul")
    for inverse, gamma in _orders(made) if made is not None else ():
        variance = _variance(inverse, graph, is_inverse=True)
        if variance is not None and _is_vector(graph, gamma):
            return variance, gamma
    return None


def _offset(name: str, factor: str, graph: Graph) -> tuple[str, str]:
    """The mean and the beta of beta - mean * factor; no mean where it is something else."""
    less = graph.maker(name, "Sub")
    if less is not None and _is_vector(graph, less.inputs[0]):
        return _times(less.inputs[1], factor, graph), less.inputs[0]
    total = graph.maker(name, "Add")
    for product, beta in _orders(total) if total is not None else ():
        if _is_vector(graph, beta):
            return _negative(product, factor, graph), beta
    return _negative(name, factor, graph), ""


def _negative(name: str, factor: str, graph: Graph) -> str:
    """The mean of -mean * factor."""
    outer = graph.maker(name, "Neg")
    if outer is not None:
        return _times(outer.inputs[0], factor, graph)
    inner = graph.maker(_times(name, factor, graph), "Neg")
    return "" if inner is None else inner.inputs[0]


def _times(name: str, factor: str, graph: Graph) -> str:
    """The other factor of a product with one; nothing where it is none."""
    made = graph.maker(name, "Mul")
    return next((one for one, other in _orders(made) if other == factor), "") if made is not None else ""


def group_norm(node: OnnxNode, graph: Graph) -> OnnxNode | None:
    """A map in groups, instance norm of these, the map again, and factors and offsets for each channel."""
    found = _with_vectors(node, graph)
    if found is None:
        return None
    end, gamma, beta = found
    after = graph.maker(end, "Reshape")
    norm = graph.maker(after.inputs[0], "InstanceNormalization") if after is not None else None
    before = graph.maker(norm.inputs[0], "Reshape") if norm is not None else None
    if norm is None or before is None:
        return None
    ones, zeros = (graph.constant(name) for name in norm.inputs[1:3])
    if ones is None or zeros is None or set(ones.values or ()) != {1} or set(zeros.values or ()) != {0}:
        return None
    inputs, given = (before.inputs[0], gamma, beta), {"num_groups": ones.elements}
    return node._replace(operator=f"{norm.operator} of groups", inputs=inputs, attributes=given)
