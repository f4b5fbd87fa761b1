"""The network that advice is given on, with its numbers and what several kinds of advice ask of them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from cnncalc.analysis.answers import ask
from cnncalc.analysis.report import LayerReport, Report
from cnncalc.errors import Diagnostic, Fault, Origin
from cnncalc.frameworks import Framework, framework_named
from cnncalc.geometry.receptive_field import AxisField
from cnncalc.geometry.shape import Shape, Size
from cnncalc.geometry.window import TransposedWindow, Window
from cnncalc.layers.base import Adapter, Layer
from cnncalc.network.graph import Node
from cnncalc.network.model import Model
from cnncalc.support.numbers import percent


class Remark(NamedTuple):
    """One piece of advice: the path of the layer it is about, what was found with its numbers, and what would
    be better.
    """

    path: str
    message: str
    help: str | None = None


class Cost(NamedTuple):
    """What a layer stores and computes, and the shape that it makes."""

    shape: Shape
    params: Size
    macs: Size


class Network:
    """A model and its whole report; the node of each layer, and who reads it."""

    def __init__(self, model: Model, report: Report) -> None:
        framework = framework_named(report.framework)
        assert framework is not None
        self.model = model
        self.report = report
        self.nodes = model.graph.nodes
        self.framework: Framework = framework

    @cached_property
    def records(self) -> dict[str, LayerReport]:
        """The layers by their paths."""
        return {layer.path: layer for layer in self.report.layers}

    def records_of(self, index: int) -> tuple[LayerReport, ...]:
        """The records that a node made: none of an input, none or several where shapes decide, else one."""
        return self._made[index]

    @cached_property
    def _made(self) -> tuple[tuple[LayerReport, ...], ...]:
        """The records of each node, in the order of the nodes."""
        records, place = self.report.layers, 0
        made = []
        for node in self.nodes:
            first = place
            if isinstance(node.layer, Adapter):
                inside = f"{node.path}/"
                while place < len(records) and records[place].path.startswith(inside):
                    place += 1
            elif node.layer is not None:
                place += 1
            made.append(records[first:place])
        return tuple(made)

    @cached_property
    def consumers(self) -> tuple[tuple[int, ...], ...]:
        """For each node, the nodes that read its output."""
        readers: list[list[int]] = [[] for _ in self.nodes]
        for index, node in enumerate(self.nodes):
            for source in node.inputs:
                readers[source].append(index)
        return tuple(map(tuple, readers))

    def layer_at(self, index: int) -> Layer | None:
        """The layer of a node; ``None`` for an input and for what shapes decide."""
        layer = self.nodes[index].layer
        return layer if isinstance(layer, Layer) else None

    @cached_property
    def origins(self) -> dict[str, Origin]:
        return {node.path: node.origin for node in self.nodes}

    def layers(self) -> Iterator[tuple[int, Node, Layer, LayerReport]]:
        """The nodes that are one layer each, with their places in the graph and their records."""
        for index, node in enumerate(self.nodes):
            record = self.records.get(node.path)
            if record is not None and isinstance(node.layer, Layer):
                yield index, node, node.layer, record

    def field_at(self, path: str) -> tuple[AxisField, ...] | None:
        """What the units of a tensor see; ``None`` for an input, whose units see themselves."""
        record = self.records.get(path)
        return None if record is None else record.field.axes

    def cost(self, layer: Layer, shape: Shape) -> Cost:
        """What a layer would cost at an input.

        Raises:
            Fault: where it does not fit there.
        """
        answers = ask(layer, (shape,), self.framework)
        return Cost(answers.shape, answers.params.learned, answers.macs)

    def diagnostic(self, code: str, remark: Remark) -> Diagnostic:
        """A remark with its place."""
        return self._origin(remark.path).place(
            Fault(code, remark.message, remark.help), remark.path, "warning"
        )

    def _origin(self, path: str) -> Origin:
        """The place of a layer; layers that shapes made necessary have that of the structure around them."""
        while path:
            origin = self.origins.get(path)
            if origin is not None and origin.location is not None:
                return origin
            path = path.rpartition("/")[0]
        return self.model.origin


def sliding_windows(layer: LayerReport) -> tuple[Window, ...]:
    """The sliding windows of a layer, one for each axis that has one."""
    return tuple(window for window in layer.windows or () if isinstance(window, Window))


def transposed_windows(layer: LayerReport) -> tuple[TransposedWindow, ...]:
    """The windows of a transposed convolution, one for each axis that has one."""
    return tuple(window for window in layer.windows or () if isinstance(window, TransposedWindow))


def is_beyond(window: Window, size: Size) -> bool:
    """Whether at most one tap of a dilated window is inside an axis of this length, wherever it is laid."""
    return size is not None and window.kernel > 1 and window.dilation > 1 and window.dilation >= size


def share(part: int, whole: int) -> str:
    """A part in per cent, such as 43.8 %."""
    return f"{100 * part / whole:.1f} %"


def saving(new: Cost | tuple[Size, Size], old: tuple[Size, Size]) -> str:
    """Parameters and MACs of two ways to do the same thing, the better one first."""
    params, macs = (new.params, new.macs) if isinstance(new, Cost) else new
    parts = [
        f"{better:,} {what} instead of {worse:,} ({percent(better, worse)})"
        for what, better, worse in (("parameters", params, old[0]), ("MACs", macs, old[1]))
        if better is not None and worse
    ]
    return ", ".join(parts)
