"""A computed network layer by layer, with what each one reads along each axis at these sizes."""

from __future__ import annotations

from typing import NamedTuple

from cnncalc.analysis.report import LayerReport, Report
from cnncalc.analysis.run import analyze
from cnncalc.geometry.shape import Shape
from cnncalc.layers.base import Layer
from cnncalc.network.graph import Node
from cnncalc.network.model import Model
from cnncalc.questions.answers import failure


class Placed(NamedTuple):
    """One layer at its place; inputs are numbers of tensors, the network's inputs being the first ones."""

    record: LayerReport
    node: Node
    """The layer, or the structure whose shapes called for it."""
    inputs: tuple[int, ...]
    sees_all: bool
    """Whether its outputs depend on all positions whatever its windows are."""


class Trace(NamedTuple):
    """The tensors of a network at some sizes, as far as the main output depends on them."""

    report: Report
    shapes: tuple[Shape, ...]
    layers: tuple[Placed | None, ...]
    """Behind the inputs' places; ``None`` where the main output does not need it."""
    main: int

    @property
    def inputs(self) -> int:
        return len(self.shapes) - len(self.layers)

    def placed(self) -> list[tuple[int, Placed]]:
        """The layers that the main output needs, with the numbers of their tensors."""
        numbered = enumerate(self.layers, self.inputs)
        return [(number, layer) for number, layer in numbered if layer is not None]


def trace(model: Model) -> Trace:
    """Compute a model at its own input.

    Raises:
        NoAnswer: where it cannot be computed there.
    """
    report = analyze(model)
    if report.failed is not None:
        raise failure(report)
    numbers = {name: at for at, (name, _) in enumerate(report.inputs)}
    nodes = {node.path: node for node in model.graph.nodes}
    shapes = [shape for _, shape in report.inputs]
    layers: list[Placed] = []
    for record in report.layers:
        inputs = tuple([numbers[path] for path in record.inputs])
        layers.append(_placed(record, inputs, nodes))
        numbers[record.path] = len(shapes)
        shapes.append(record.shape)
    main = numbers[report.outputs[0].path]
    needed = _needed(layers, main, len(report.inputs))
    kept = tuple(
        layer if number in needed else None for number, layer in enumerate(layers, len(report.inputs))
    )
    return Trace(report, tuple(shapes), kept, main)


def _placed(record: LayerReport, inputs: tuple[int, ...], nodes: dict[str, Node]) -> Placed:
    node = nodes.get(record.path)
    if node is None:
        # A layer that shapes called for: the structure around it has its place.
        return Placed(record, nodes[record.path.rpartition("/")[0]], inputs, False)
    layer = node.layer
    return Placed(record, node, inputs, isinstance(layer, Layer) and (layer.sees_all or layer.flattens))


def _needed(layers: list[Placed], main: int, first: int) -> set[int]:
    """The tensors that the main output depends on."""
    needed, todo = {main}, [main]
    while todo:
        number = todo.pop()
        if number < first:
            continue
        for source in layers[number - first].inputs:
            if source not in needed:
                needed.add(source)
                todo.append(source)
    return needed
