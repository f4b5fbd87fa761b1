"""A network along one axis: the layers that decide about sizes, whatever these are."""

from __future__ import annotations

from typing import NamedTuple

from cnncalc.errors import Fault
from cnncalc.frameworks.rules import Framework
from cnncalc.geometry.arrangement import Arrangement
from cnncalc.geometry.axis import IDENTITY, AxisRule, Unlaid
from cnncalc.geometry.receptive_field import LOCAL
from cnncalc.geometry.shape import Shape, Size
from cnncalc.geometry.window import Window
from cnncalc.layers.base import Adapter, Layer
from cnncalc.network.graph import Node
from cnncalc.network.model import Model

Line = tuple[int, int]
"""A size ``a + b*q``."""
VECTOR: Line = (0, 0)
"""In the place of a size: a layer has made a vector of the single position."""


class Unanswered(Exception):
    """Why a question has no answer for this network; ``node`` is the layer at fault, where one is."""

    def __init__(self, reason: str, node: Node | None = None, help: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.node = node
        self.help = help


class Verdict(NamedTuple):
    """What becomes of some sizes of the input."""

    fault: Fault | None = None
    node: Node | None = None
    """The layer that refuses."""
    sizes: tuple[Line, ...] = ()
    """At the layer that refuses: the sizes of its inputs."""
    whole: bool = True
    kept: bool = False
    flat: tuple[Line, ...] = ()
    """The sizes of the maps that are flattened."""
    same: bool = False
    """Whether these are the ones asked for."""
    dropping: tuple[Node, ...] = ()
    """The layers that drop positions."""

    @property
    def valid(self) -> bool:
        return self.fault is None


class Result(NamedTuple):
    """What a layer makes of sizes, for the q of a span."""

    first: int
    last: float
    size: Line | None
    fault: Fault | None = None
    drops: bool = False


class _Opened(NamedTuple):
    """What a layer says of inputs whose sizes are open."""

    rank: int
    """Of its input."""
    channels: Size
    rules: tuple[AxisRule, ...] | None
    """``None`` where it makes a vector."""
    fixed: tuple[Size, ...]
    """Along each axis how many units come out, where that is known before any size is chosen; nothing where
    the axes are laid out anew.
    """
    laid: Arrangement | None


class Job(NamedTuple):
    """A node whose size is not simply that of its input."""

    at: int
    """The place of the node."""
    node: Node
    kind: object
    """Jobs of equal kind make the same of the same sizes."""
    shapes: tuple[Shape, ...]
    """Of the inputs, their sizes left open."""
    channels: Size


class Along:
    """The nodes of a network that decide about sizes along one axis."""

    def __init__(self, model: Model, framework: Framework, axis: int) -> None:
        self.model = model
        self.framework = framework
        self.axis = axis
        self.nodes = model.graph.nodes
        self.own = [shape.sizes[axis] if shape.rank > axis else None for _, shape in model.inputs]
        self.varied = self._varied()
        self.refused: Verdict | None = None
        """Where the network is refused whatever its size."""
        self.shapes: list[Shape] = []
        self.where: list[int | None] = []
        """Which axis of each node's output the sizes are along; ``None`` where they are along none."""
        self.root: list[int] = []
        """The node that each node has its size from."""
        self.rules: list[AxisRule | None] = []
        """What each layer that makes a map does along the axis where sizes are open."""
        self.jobs: list[Job] = []
        self.flattened: list[int] = []
        self.loose: set[int] = set()
        """The nodes from a layer on that makes a vector of a single position, and a map of several."""
        self.has_adapters = any(isinstance(node.layer, Adapter) for node in self.nodes)
        self.fixed: dict[int, Line] = {}
        """The nodes that are of one size whatever the input's."""
        self._openings: dict[tuple[Layer, tuple[Shape, ...]], _Opened] = {}
        self.memory: dict[tuple[object, ...], list[Result]] = {}
        """What layers made of sizes, by what they do and what they were given."""
        self._compile()

    def _varied(self) -> tuple[bool, ...]:
        """Which inputs take the size asked about: those that are as large as the first one."""
        rank = self.model.inputs[0][1].rank
        return tuple(
            shape.rank == rank and own == self.own[0]
            for (_, shape), own in zip(self.model.inputs, self.own, strict=True)
        )

    def is_like(self, other: Along) -> bool:
        """Whether sizes along another axis of the network are found in the same way."""
        return self.own == other.own and self.rules == other.rules

    # What does not depend on sizes

    def _compile(self) -> None:
        for index, node in enumerate(self.nodes):
            self.root.append(index)
            if node.layer is None:
                shape = self.model.inputs[index][1]
                self.where.append(self.axis if shape.rank > self.axis else None)
                self.shapes.append(Shape(shape.channels, (None,) * shape.rank))
                continue
            try:
                self.shapes.append(self._open(index, node))
            except Fault as fault:
                self.refused = Verdict(fault, node)
                return

    def _open(self, index: int, node: Node) -> Shape:
        """The shape of a node's output with the sizes left open."""
        given = tuple([self.shapes[one] for one in node.inputs])
        wheres = [self.where[one] for one in node.inputs]
        to = next((where for where in wheres if where is not None), None)
        layer = node.layer
        if not self.loose.isdisjoint(node.inputs):
            self.loose.add(index)
        if isinstance(layer, Adapter):
            self.where.append(to)
            self._add(index, node, given, given[1].channels, (index,))
            return given[1] if given[0].rank == given[1].rank else given[0]
        assert layer is not None
        opened = self._opened(node, layer, given)
        if (
            opened.rules is not None
            and wheres[0] is not None
            and self._flattens_a_point(layer, given[0], wheres[0])
        ):
            self.loose.add(index)
        if layer.flattens and opened.rules is None:
            self.flattened += [index] if opened.rank else []
        if opened.rules is None:
            self.where.append(None)
            if opened.rank or (not opened.rank and None in [shape.channels for shape in given]):
                self._add(index, node, given, opened.channels, (index,))
            return Shape(opened.channels)
        if opened.laid is not None:
            self.where.append(None if to is None else opened.laid.through(LOCAL, to)[1])
            self._add(index, node, given, opened.channels, (layer, given, to))
            sizes = opened.laid.sizes
            return Shape(opened.channels, (None,) * len(sizes) if opened.rank else sizes)
        self.where.append(to)
        rule = None if wheres[0] is None else opened.rules[wheres[0]]
        self.rules.append(rule)
        self._place(index, node, layer, given, rule, opened.channels)
        return Shape(
            opened.channels, tuple([None if at == to else one for at, one in enumerate(opened.fixed)])
        )

    def _flattens_a_point(self, layer: Layer, given: Shape, where: int) -> bool:
        """Whether a layer makes a vector of a map of one position along this axis."""
        sizes = (*given.sizes[:where], 1, *given.sizes[where + 1 :])
        return layer.flattens and layer.flattens_map(given._replace(sizes=sizes), self.framework)

    def _place(
        self,
        index: int,
        node: Node,
        layer: Layer,
        given: tuple[Shape, ...],
        rule: AxisRule | None,
        channels: Size,
    ) -> None:
        """Where the size of a node's output is from."""
        roots = [self.root[one] for one in node.inputs]
        is_alone = len(given) == 1 or layer.others_read == "all"
        fixed = None if rule is None else _fixed(rule, None)
        if index in self.loose:
            self._add(index, node, given, channels, (layer, given, self.where[node.inputs[0]]))
        elif (layer.is_join and len(set(roots)) == 1) or (is_alone and rule is not None and keeps_size(rule)):
            self.root[index] = roots[0]
        elif fixed is not None:
            self.fixed[index] = (fixed, 0)
        else:
            ranks = tuple([shape.rank for shape in given])
            kind = (type(layer), ranks) if layer.is_join else (layer, given, self.where[node.inputs[0]])
            self._add(index, node, given, channels, kind)

    def _opened(self, node: Node, layer: Layer, given: tuple[Shape, ...]) -> _Opened:
        """What a layer says of inputs whose sizes are open."""
        known = self._openings.get((layer, given))
        if known is None:
            layer = layer.beside(given)
            shape = layer.combine(given)
            rules = layer.axes((shape, *given[1:]), self.framework)
            layer.params(shape, self.framework)
            makes_map = shape.rank > 0 and not layer.flattens_map(shape, self.framework)
            channels = layer.out_channels(shape)
            laid = _laid(node, layer, shape) if makes_map or not shape.rank else None
            known = _Opened(
                shape.rank,
                channels,
                rules if makes_map or laid is not None else None,
                tuple(map(_fixed, rules, shape.sizes)) if makes_map and laid is None else (),
                laid,
            )
            self._openings[(layer, given)] = known
        return known

    def _add(self, index: int, node: Node, shapes: tuple[Shape, ...], channels: Size, kind: object) -> None:
        self.jobs.append(Job(index, node, kind, shapes, channels))


def _laid(node: Node, layer: Layer, shape: Shape) -> Arrangement | None:
    try:
        return layer.arrangement(shape)
    except Fault as fault:
        raise Unanswered(fault.message, node, fault.help) from None


def _fixed(rule: AxisRule, size: Size) -> Size:
    """How many units come out, where that is known before any size is chosen."""
    return None if isinstance(rule, Unlaid) else rule.output_size(size)


def keeps_size(rule: AxisRule) -> bool:
    """Whether as many units come out as go in, whatever their number, and all of them are read."""
    if rule is IDENTITY:
        return True
    return (
        isinstance(rule, Window)
        and rule.stride == 1
        and rule.padding is not None
        and min(rule.padding) >= 0
        and sum(rule.padding) == rule.extent - 1
    )
