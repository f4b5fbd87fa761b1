"""A network along one axis, walked for all sizes a + b*q of a residue class by the layers' own rules."""

from __future__ import annotations

from fractions import Fraction
from math import inf
from typing import NamedTuple

from cnncalc.errors import Fault
from cnncalc.frameworks.rules import Framework
from cnncalc.geometry.arrangement import Arrangement
from cnncalc.geometry.axis import IDENTITY, AxisRule, Taps, Unknown, Unlaid
from cnncalc.geometry.participation import dropped_end
from cnncalc.geometry.ray import Curved, Finer, Ray, Span
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


class _Result(NamedTuple):
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
    laid: Arrangement | None


class _Job(NamedTuple):
    """A node whose size is not simply that of its input."""

    at: int
    """The place of the node."""
    node: Node
    kind: object
    """Jobs of equal kind make the same of the same sizes."""
    shapes: tuple[Shape, ...]
    """Of the inputs, their sizes left open."""
    channels: Size


class _Step(NamedTuple):
    """The distance of neighbouring units in units of the tensor ``of``; unknown where it is not followed."""

    of: int
    length: Fraction | None = Fraction(1)


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
        self.jobs: list[_Job] = []
        self.flattened: list[int] = []
        self.loose: set[int] = set()
        """The nodes from a layer on that makes a vector of a single position, and a map of several."""
        self.has_adapters = any(isinstance(node.layer, Adapter) for node in self.nodes)
        self.steps: list[_Step] = []
        self.fixed: dict[int, Line] = {}
        """The nodes that are of one size whatever the input's."""
        self._openings: dict[tuple[Layer, tuple[Shape, ...]], _Opened] = {}
        self._memory: dict[tuple[object, ...], list[_Result]] = {}
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
        if opened.rules is not None and opened.rank == 1 and self._flattens_a_point(layer, given[0]):
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
            return Shape(opened.channels, (None,) * len(opened.laid.sizes))
        self.where.append(to)
        rule = None if wheres[0] is None else opened.rules[wheres[0]]
        self.rules.append(rule)
        self._place(index, node, layer, given, rule, opened.channels)
        return Shape(opened.channels, (None,) * len(opened.rules))

    def _flattens_a_point(self, layer: Layer, given: Shape) -> bool:
        return layer.flattens and layer.flattens_map(given._replace(sizes=(1,)), self.framework)

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
        fixed = None if rule is None or isinstance(rule, Unlaid) else rule.output_size(None)
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
            known = _Opened(
                shape.rank,
                layer.out_channels(shape),
                rules if makes_map else None,
                _laid(node, layer, shape) if makes_map else None,
            )
            self._openings[(layer, given)] = known
        return known

    def _add(self, index: int, node: Node, shapes: tuple[Shape, ...], channels: Size, kind: object) -> None:
        self.jobs.append(_Job(index, node, kind, shapes, channels))

    # One walk

    def walk(self, line: Line, span: Span, wanted: tuple[Line, ...] | None = None) -> Verdict:
        """What becomes of an input of these sizes.

        Args:
            line: the input's size.
            span: the q it is asked for; narrowed to those for which all of the answer holds.
            wanted: the sizes that flattened maps are to have.

        Raises:
            Finer: where the residue class must be divided.
            Unanswered: where sizes cannot be followed.
        """
        if self.refused is not None:
            return self.refused
        sizes: list[Line | None] = [None] * len(self.nodes)
        for place, own in enumerate(self.own):
            sizes[place] = line if self.varied[place] else None if own is None else (own, 0)
        for index, fixed in self.fixed.items():
            sizes[index] = fixed
        channels: dict[int, Line | Size] = {}
        dropping: list[Node] = []
        self.steps = []
        for job in self.jobs:
            result = self._done(job, sizes, channels, span)
            if result.fault is not None:
                given = tuple(one for one in self._given(job, sizes) if one is not None)
                return Verdict(result.fault, job.node, given)
            sizes[job.at] = result.size
            if result.drops:
                dropping.append(job.node)
        flat = tuple(sizes[self.root[self.nodes[index].inputs[0]]] or (0, 0) for index in self.flattened)
        same = wanted is not None and all(
            span.sign(one[0] - other[0], one[1] - other[1]) == 0
            for one, other in zip(flat, wanted, strict=True)
        )
        return Verdict(
            None, None, (), not dropping, self._kept(sizes, line, span), flat, same, tuple(dropping)
        )

    def _kept(self, sizes: list[Line | None], line: Line, span: Span) -> bool:
        main = self.model.graph.outputs[0]
        out = sizes[self.root[main]] if self.shapes[main].rank else None
        return out is not None and span.sign(out[0] - line[0], out[1] - line[1]) == 0

    def _given(self, job: _Job, sizes: list[Line | None]) -> list[Line | None]:
        return [sizes[self.root[one]] if self.shapes[one].rank else None for one in job.node.inputs]

    def _done(
        self, job: _Job, sizes: list[Line | None], channels: dict[int, Line | Size], span: Span
    ) -> _Result:
        """What a job makes of its inputs, remembered for the q that it holds for."""
        if isinstance(job.node.layer, Adapter) or not self._is_map(job):
            return self._asked(job, sizes, channels, span)
        given = self._given(job, sizes)
        known = self._memory.setdefault((job.kind, *given), [])
        for result in known:
            if result.first <= span.at <= result.last:
                break
        else:
            inner = Span(span.at)
            result = self._asked(job, sizes, channels, inner)
            result = result._replace(first=inner.first, last=inner.last)
            known.append(result)
        span.narrow(result.first, result.last)
        return result

    def _is_map(self, job: _Job) -> bool:
        return bool(self.shapes[job.at].rank)

    def _asked(
        self, job: _Job, sizes: list[Line | None], channels: dict[int, Line | Size], span: Span
    ) -> _Result:
        shapes = [
            self._shape(one, shape, sizes, channels, span)
            for one, shape in zip(job.node.inputs, job.shapes, strict=True)
        ]
        try:
            if isinstance(job.node.layer, Adapter):
                return self._adapted(job, job.node.layer, shapes, sizes)
            assert isinstance(job.node.layer, Layer)
            return self._answer(job, job.node.layer, tuple(shapes), channels)
        except Fault as fault:
            return _Result(0, inf, None, fault)
        except Curved:
            raise Unanswered("multiplies sizes with each other", job.node) from None
        except Finer as finer:
            finer.args = (finer.factor, job.node)
            raise

    def _shape(
        self,
        index: int,
        open_shape: Shape,
        sizes: list[Line | None],
        channels: dict[int, Line | Size],
        span: Span,
    ) -> Shape:
        """A shape with its size along this axis as a number with q in it."""
        count = channels.get(index, open_shape.channels)
        line = sizes[self.root[index]]
        along = [] if line == VECTOR else list(open_shape.sizes)
        where = self.where[index]
        if where is not None and where < len(along) and line is not None:
            along[where] = Ray(*line, span)  # type: ignore[call-overload]
        known = Ray(*count, span) if isinstance(count, tuple) else count
        return Shape(known, tuple(along))  # type: ignore[arg-type]

    def _answer(
        self, job: _Job, layer: Layer, shapes: tuple[Shape, ...], channels: dict[int, Line | Size]
    ) -> _Result:
        shapes = _alike(shapes)
        shape = layer.combine(shapes)
        if layer.flattens_map(shape, self.framework) or not shape.rank:
            layer.axes((shape, *shapes[1:]), self.framework)
            count = layer.out_channels(shape)
            layer.params(shape, self.framework)
            channels[job.at] = _line(count)
            return _Result(0, inf, VECTOR if self.shapes[job.at].rank else None)
        where, to = self.where[job.node.inputs[0]], self.where[job.at]
        laid = layer.arrangement(shape)
        if laid is not None:
            return _Result(0, inf, None if to is None else _line(laid.sizes[to]))
        rules = layer.axes((shape, *shapes[1:]), self.framework)
        if to is None:
            return _Result(0, inf, None)
        if where is None:
            return _Result(0, inf, _line(shape.sizes[to]))
        rule, size = rules[where], shape.sizes[where]
        out = _line(rule.output_size(size))
        drops = bool(dropped_end(rule, size)) and not layer.is_join
        return _Result(0, inf, out, None, drops)

    def _adapted(self, job: _Job, adapter: Adapter, shapes: list[Shape], sizes: list[Line | None]) -> _Result:
        """The layers that shapes call for, along this axis alone."""
        source, target = shapes
        if source.rank and target.rank and source.rank == target.rank:
            source, target = (Shape(shape.channels, (shape.sizes[self.axis],)) for shape in (source, target))
        step = self._relative(job, sizes)
        size = source.sizes[0] if source.rank else None
        for _, layer in adapter.layers(source, target, (step,) * source.rank):
            if source.rank:
                size = layer.axes((source._replace(sizes=(size,)),), self.framework)[0].output_size(size)
        return _Result(0, inf, VECTOR if self.shapes[job.at].rank and not target.rank else _line(size))

    # The strides of tensors relative to each other, for adapters

    def _relative(self, job: _Job, sizes: list[Line | None]) -> Fraction | None:
        source, target = job.node.inputs
        steps = self._steps(target, sizes)
        one, other = steps[source], steps[target]
        if one.length is None or other.length is None:
            raise Unanswered("is projected by a stride that depends on the input's size", job.node)
        return other.length / one.length if one.of == other.of else None

    def _steps(self, last: int, sizes: list[Line | None]) -> list[_Step]:
        """The step of each node up to ``last``."""
        for index in range(len(self.steps), last + 1):
            node = self.nodes[index]
            if node.layer is None:
                self.steps.append(_Step(0))
            elif not self.shapes[index].rank:
                self.steps.append(_Step(index))
            elif isinstance(node.layer, Adapter):
                self.steps.append(self.steps[node.inputs[1]])
            elif node.layer.is_join:
                maps = [self.steps[one] for one in node.inputs if self.shapes[one].rank]
                self.steps.append(min(maps, key=lambda step: step.of))
            elif self.root[index] != index:
                self.steps.append(self.steps[node.inputs[0]])
            else:
                self.steps.append(self._step(index, node, node.layer, sizes))
        return self.steps

    def _step(self, index: int, node: Node, layer: Layer, sizes: list[Line | None]) -> _Step:
        before = self.steps[node.inputs[0]]
        here, out = sizes[self.root[node.inputs[0]]], sizes[index]
        given = [self.shapes[one] for one in node.inputs]
        rule = layer.axes((layer.combine(tuple(given)), *given[1:]), self.framework)[
            self.where[node.inputs[0]] or 0
        ]
        reads = rule.reads(None)
        taps = reads.taps if isinstance(reads, Unknown) else reads
        if isinstance(taps, Taps):
            ratio: Fraction | None = Fraction(taps.advance, len(taps.runs))
        elif not isinstance(reads, Unknown) or here is None or out is None:
            return _Step(index)
        else:
            ratio = _ratio(here, out)
        if ratio is None or before.length is None:
            return _Step(before.of, None)
        return _Step(before.of, before.length * ratio)


def _laid(node: Node, layer: Layer, shape: Shape) -> Arrangement | None:
    try:
        return layer.arrangement(shape)
    except Fault as fault:
        raise Unanswered(fault.message, node, fault.help) from None


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


def _line(size: object) -> Line | None:
    if size is None:
        return None
    return (size.a, size.b) if isinstance(size, Ray) else (int(size), 0)  # type: ignore[call-overload]


def _alike(shapes: tuple[Shape, ...]) -> tuple[Shape, ...]:
    """The same shapes, all channels as rays where some are, so that a set compares them."""
    counts: list[object] = [shape.channels for shape in shapes]
    spans = [count.span for count in counts if isinstance(count, Ray)]
    if not spans:
        return shapes
    return tuple(
        [
            shape._replace(channels=Ray(shape.channels, 0, spans[0]))  # type: ignore[arg-type]
            if isinstance(shape.channels, int)
            else shape
            for shape in shapes
        ]
    )


def _ratio(here: Line, out: Line) -> Fraction | None:
    """How many units come in for one that goes out, where that is the same for all q."""
    if out[1]:
        ratio = Fraction(here[1], out[1])
    elif here[1] or not out[0]:
        return None
    else:
        ratio = Fraction(here[0], out[0])
    return ratio if here[0] == ratio * out[0] else None
