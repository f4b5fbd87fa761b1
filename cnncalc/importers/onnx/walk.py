"""The nodes of a graph, functions and branches within it, one after another, and what is not understood."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from cnncalc.errors import Fault, Location
from cnncalc.geometry.shape import Shape
from cnncalc.importers.items import Problem, Refused, unknown_item
from cnncalc.importers.onnx.attention import continued
from cnncalc.importers.onnx.call import Call
from cnncalc.importers.onnx.file import Constant, OnnxFunction, OnnxGraph, OnnxNode, Reference
from cnncalc.importers.onnx.folding import folded, in_graph, is_folded
from cnncalc.importers.onnx.graphs import needed
from cnncalc.importers.onnx.held import Feature, Held, Lost, Offsets, Scores, Unknown, tensors_of
from cnncalc.importers.onnx.layout import plain
from cnncalc.importers.onnx.operators import OPERATORS, Handler
from cnncalc.importers.onnx.patterns import named
from cnncalc.importers.onnx.translation import Translation
from cnncalc.importers.unforeseen import reported

MOST_DEPTH = 32
"""Functions and branches within each other."""
MOST_NODES = 200_000
"""Nodes of a graph after functions are expanded."""
Shapes = Mapping[str, tuple[int | None, ...]]
"""Of values of a graph, as far as the file states them."""
_OF_NODE = re.compile(r"(^|/)Constant(_\d+)?_output_0$")
"""The name of a constant that was a node before a tool made it an initialiser."""
DOMAINS = {"", "com.microsoft"}


def walk(translation: Translation, graph: OnnxGraph, depth: int = 0) -> None:
    """Translate the nodes that outputs depend on."""
    for name, constant in graph.constants.items():
        translation.held[name] = in_graph(constant) if _OF_NODE.search(name) else constant
    _walked(translation, needed(graph.nodes, graph.outputs), graph.values, depth)


def _walked(
    translation: Translation,
    nodes: Iterable[OnnxNode],
    values: Shapes,
    depth: int,
) -> None:
    if depth > MOST_DEPTH:
        raise Unknown(f"functions or branches are nested more than {MOST_DEPTH} deep")
    nodes = named(tuple(nodes), translation.held)
    translation.uses.update(name for node in nodes for name in node.inputs)
    translation.reads.update(name for node in nodes if node.operator != "Shape" for name in node.inputs)
    for node in nodes:
        translation.nodes += 1
        if translation.nodes > MOST_NODES:
            raise Refused([Problem("", "graph", f"more than {MOST_NODES:,} nodes")])
        _node(translation, node, values, depth)


def _node(translation: Translation, node: OnnxNode, values: Shapes, depth: int) -> None:
    inputs = tuple(translation.held.get(name) if name else None for name in node.inputs)
    if any(isinstance(one, Lost) for one in inputs):
        if not _knows(translation, node):
            help = _AFTERWARDS if translation.partial else None
            translation.problems.append(Problem(_said(node), _operator(node), UNKNOWN, help))
        _lose(translation, node)
        return
    missing = next((name for name in node.inputs if name and name not in translation.held), None)
    counts = (translation.vectors, translation.buffers, translation.macs)
    sizes = (len(translation.items), len(translation.weights), len(translation.kernels))
    try:
        if missing is not None:
            raise Unknown(f"input `{missing}` comes from nowhere")
        with reported(translation.file, _said(node)):
            _translate(translation, node, inputs, depth)
    except Unknown as unknown:
        translation.vectors, translation.buffers, translation.macs = counts
        translation.take_back(*sizes)
        _unknown(translation, node, inputs, values, unknown)
    except Fault as fault:
        place = Location(translation.file, 1, 1, node=_said(node))
        problem = Problem("", node.operator, fault.message, fault.help, place, code=fault.code)
        translation.problems.append(problem)
        _lose(translation, node)


def _knows(translation: Translation, node: OnnxNode) -> bool:
    """Whether an operator is one that is translated or computed, with whatever attributes."""
    return (node.domain, node.operator) in translation.model.functions or (
        node.domain in DOMAINS
        and (node.operator == "If" or is_folded(node.operator) or OPERATORS.get(node.operator) is not None)
    )


def _translate(translation: Translation, node: OnnxNode, inputs: tuple[Held | None, ...], depth: int) -> None:
    function = translation.model.functions.get((node.domain, node.operator))
    if function is not None:
        _function(translation, node, function, inputs, depth)
        return
    if node.domain not in DOMAINS:
        raise Unknown(f"domain `{node.domain}`")
    for scope, kind in node.classes:
        translation.classes.setdefault(scope, kind)
    if node.operator == "If":
        _branch(translation, node, inputs, depth)
        return
    constants = folded(translation, Call(node, inputs, node.attributes))
    if constants is not None:
        translation.held.update(zip(node.outputs, constants, strict=False))
        return
    call = Call(node, inputs, node.attributes)
    _handler(node, inputs)(translation, call)
    unread = call.unread()
    if unread:
        raise Unknown(f"{unread[0]} is not understood")
    for name in node.outputs:
        if name and name not in translation.held and translation.uses[name]:
            translation.held[name] = Lost()
            raise Unknown(f"output `{name}` of the operator is used")


def _handler(node: OnnxNode, inputs: tuple[Held | None, ...]) -> Handler:
    found = OPERATORS.get(node.operator)
    if found is None:
        raise Unknown(UNKNOWN)
    return continued if any(isinstance(one, Scores | Offsets) for one in inputs) else found


def _unknown(
    translation: Translation,
    node: OnnxNode,
    inputs: tuple[Held | None, ...],
    values: Shapes,
    unknown: Unknown,
) -> None:
    translation.problems.append(Problem(_said(node), _operator(node), unknown.reason, unknown.help))
    tensors = list(dict.fromkeys(tensor for one in inputs for tensor in tensors_of(one)))
    _lose(translation, node)
    if translation.partial and tensors:
        _stand_in(translation, node, tensors, values)
        is_stated = any(isinstance(translation.held.get(name), Feature) for name in node.outputs)
        translation.problems[-1] = translation.problems[-1]._replace(help=_STATED if is_stated else _UNSTATED)


def _stand_in(translation: Translation, node: OnnxNode, tensors: list[str], values: Shapes) -> None:
    """A custom for each output of a node that is used and whose shape the file states. The first has the
    parameters; how many multiply-accumulates there are is not known.
    """
    weights = [one for name in node.inputs if isinstance(one := translation.held.get(name), Constant)]
    params = sum(one.elements for one in weights if one.is_float)
    for output in node.outputs:
        axes = values.get(output)
        is_used = translation.uses[output] or output in translation.model.graph.outputs
        if not is_used or not axes or None in axes[1:] or len(axes) > 5:
            continue
        shape = Shape(axes[1] if len(axes) > 1 else 1, tuple(axes[2:]))
        translation.add(
            unknown_item(
                node.operator,
                tensors,
                output,
                reason=translation.problems[-1].reason,
                label=node.label,
                shape=shape,
                params=params,
            )
        )
        translation.vectors += params
        params = 0
        translation.held[output] = Feature(output, plain(shape, translation.batch))


def _lose(translation: Translation, node: OnnxNode) -> None:
    translation.held.update(dict.fromkeys(filter(None, node.outputs), Lost()))


def _function(
    translation: Translation,
    node: OnnxNode,
    function: OnnxFunction,
    inputs: tuple[Held | None, ...],
    depth: int,
) -> None:
    """The nodes of a function in place of its call, under names of their own."""
    prefix = f"{node.outputs[0] if node.outputs else node.name}/"
    names = dict(zip(function.inputs, node.inputs, strict=False))
    given = {**function.defaults, **node.attributes}
    inner = []
    for one in function.nodes:
        attributes = {name: _resolved(value, given) for name, value in one.attributes.items()}
        inner.append(
            one._replace(
                inputs=tuple(names.get(name, prefix + name) if name else "" for name in one.inputs),
                outputs=tuple(prefix + name if name else "" for name in one.outputs),
                attributes={name: value for name, value in attributes.items() if value is not None},
                label=node.label,
            )
        )
    wanted = tuple(prefix + name for name in function.outputs)
    _walked(translation, needed(tuple(inner), wanted), {}, depth + 1)
    for name, found in zip(node.outputs, wanted, strict=False):
        translation.held[name] = translation.held.get(found, Lost())


def _branch(translation: Translation, node: OnnxNode, inputs: tuple[Held | None, ...], depth: int) -> None:
    condition = inputs[0]
    if not isinstance(condition, Constant) or not condition.values:
        raise Unknown("the condition depends on the input")
    branch = node.attributes.get("then_branch" if condition.values[0] else "else_branch")
    if not isinstance(branch, OnnxGraph):
        raise Unknown("the branch is missing")
    walk(translation, branch, depth + 1)
    for name, found in zip(node.outputs, branch.outputs, strict=False):
        translation.held[name] = translation.held.get(found, Lost())


UNKNOWN = "no such operator is known"
_AFTERWARDS = "it comes after what is not understood"
_STATED = "it becomes a `custom` layer"
_UNSTATED = (
    "`--partial` needs the shape of its result, which is not in the file: "
    "`onnx.shape_inference.infer_shapes` writes what it knows, else add it to the graph's `value_info`"
)


def _operator(node: OnnxNode) -> str:
    """An operator with its domain, where that is not ONNX's own."""
    return f"{node.domain}.{node.operator}" if node.domain else node.operator


def _said(node: OnnxNode) -> str:
    """What a node is called in messages."""
    return node.name or next(iter(node.outputs), "")


def _resolved(value: Any, given: Mapping[str, Any]) -> Any:
    return given.get(value.name) if isinstance(value, Reference) else value
