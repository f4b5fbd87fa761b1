"""A computed network layer by layer, with what each one reads along each axis at these sizes."""

from __future__ import annotations

from fractions import Fraction
from math import lcm
from typing import NamedTuple

from cnncalc.analysis.report import LayerReport, Report
from cnncalc.analysis.run import analyze
from cnncalc.frameworks.rules import Framework
from cnncalc.geometry.axis import IDENTITY, IDENTITY_TAPS, Past, Taps, Unknown, Whole
from cnncalc.geometry.shape import Shape, Size
from cnncalc.layers.base import Layer
from cnncalc.network.graph import Node
from cnncalc.network.model import Model
from cnncalc.questions.answers import failure, refusal

BEFORE = "ask about the part of the network before it, in a spec that ends there"


class Placed(NamedTuple):
    """One layer at its place; inputs are numbers of tensors, the network's inputs being the first ones."""

    record: LayerReport
    node: Node
    """The layer, or the structure whose shapes called for it."""
    inputs: tuple[int, ...]
    sees_all: bool
    """Whether its outputs depend on all positions whatever its windows are."""
    joins: bool
    """Whether its units read units of all inputs, not of the first one alone."""
    rearranges: bool
    """Whether its axes are others than its input's."""
    fixed: Size
    """The units that it makes along some axis whatever the size of its input, where it does."""


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
        layers.append(_placed(record, inputs, nodes, model.framework))
        numbers[record.path] = len(shapes)
        shapes.append(record.shape)
    main = numbers[report.outputs[0].path]
    needed = _needed(layers, main, len(report.inputs))
    kept = tuple(
        layer if number in needed else None for number, layer in enumerate(layers, len(report.inputs))
    )
    return Trace(report, tuple(shapes), kept, main)


def _placed(
    record: LayerReport, inputs: tuple[int, ...], nodes: dict[str, Node], framework: Framework
) -> Placed:
    node = nodes.get(record.path)
    if node is None:
        # A layer that shapes called for: the structure around it has its place.
        around = nodes[record.path.rpartition("/")[0]]
        return Placed(record, around, inputs, sees_all=False, joins=False, rearranges=False, fixed=None)
    layer = node.layer
    assert isinstance(layer, Layer)
    return Placed(
        record,
        node,
        inputs,
        sees_all=layer.sees_all or layer.flattens or layer.others_read == "all",
        joins=layer.reads_units,
        rearranges=layer.arrangement(record.in_shape) is not None,
        fixed=_fixed(layer, record, len(inputs), framework),
    )


def _fixed(layer: Layer, record: LayerReport, inputs: int, framework: Framework) -> Size:
    """The units that a layer makes of a map of any size; ``None`` where these depend on the size."""
    if layer.is_join or not record.rules or all(rule is IDENTITY for rule in record.rules):
        return None
    shape = Shape(record.in_shape.channels, (None,) * record.in_shape.rank)
    sizes = [rule.output_size(None) for rule in layer.axes((shape,) * inputs, framework)]
    return next((size for size in sizes if size is not None), None)


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


def check_local(model: Model, found: Trace, consequence: str) -> None:
    """That every unit of the main output sees a part of the input only.

    Raises:
        NoAnswer: naming the layer that sees all.
    """
    for _, layer in found.placed():
        record = layer.record
        along = zip(record.rules, record.in_shape.sizes, strict=False)
        if layer.sees_all or any(isinstance(rule.reads(size), Whole) for rule, size in along):
            raise refusal(
                model,
                f"`{record.path}` ({record.op}) sees the whole map: {consequence}",
                layer.node,
                BEFORE,
            )
        if layer.fixed is not None:
            raise refusal(
                model,
                f"`{record.path}` ({record.op}) makes {layer.fixed} units of a map of any size: "
                f"{consequence}",
                layer.node,
                f"write a factor in place of its size, or {BEFORE}" if record.op == "upsample" else BEFORE,
            )
        if layer.rearranges:
            message = f"`{record.path}` ({record.op}) lays the axes out anew"
            raise refusal(model, message, layer.node, BEFORE)
        if layer.joins and any(_is_spread(found.shapes[one], record.shape) for one in layer.inputs):
            message = f"`{record.path}` spreads a single position over the whole map"
            raise refusal(model, message, layer.node, BEFORE)


def _is_spread(given: Shape, made: Shape) -> bool:
    """Whether an input of a join is of one unit along an axis that is longer."""
    if given.rank != made.rank:
        return True
    return any(one == 1 != other for one, other in zip(given.sizes, made.sizes, strict=True))


def alignment(model: Model, found: Trace, axis: int) -> tuple[int, Fraction]:
    """After how many positions of the input all maps repeat, and those per unit of the main output."""
    steps: dict[int, Fraction] = dict.fromkeys(range(found.inputs), Fraction(1))
    period = 1
    for number, layer in found.placed():
        reads = taps_of(model, layer, axis)
        step = steps[layer.inputs[0]]
        if layer.joins and any(steps[one] != step for one in layer.inputs):
            message = f"`{layer.record.path}` joins maps of different strides"
            raise refusal(model, message, layer.node, "ask about each of its branches by itself")
        period = lcm(period, (step * reads.advance).numerator)
        steps[number] = step * Fraction(reads.advance, len(reads.runs))
    return period, steps[found.main]


def taps_of(model: Model, layer: Placed, axis: int) -> Taps:
    """What a layer reads along an axis, periodically.

    Raises:
        NoAnswer: where that is not known.
    """
    record = layer.record
    reads = record.rules[axis].reads(record.in_shape.sizes[axis])
    if isinstance(reads, Past):
        # What comes before is in the state that is carried along.
        return IDENTITY_TAPS
    if isinstance(reads, Unknown):
        raise refusal(model, f"what `{record.path}` reads {reads.reason}", layer.node)
    assert isinstance(reads, Taps)
    return reads
