"""Sizes a + b*q of a residue class on their way through a network, by the layers' own rules."""

from __future__ import annotations

from fractions import Fraction
from math import inf
from typing import NamedTuple

from cnncalc.analysis.along import VECTOR, Along, Job, Line, Result, Unanswered, Verdict
from cnncalc.errors import Fault
from cnncalc.geometry.axis import Taps, Unknown
from cnncalc.geometry.participation import dropped_end
from cnncalc.geometry.ray import Curved, Finer, Ray, Span
from cnncalc.geometry.shape import Shape, Size
from cnncalc.layers.base import Adapter, Layer
from cnncalc.network.graph import Node


class _Step(NamedTuple):
    """The distance of neighbouring units in units of the tensor ``of``; unknown where it is not followed."""

    of: int
    length: Fraction | None = Fraction(1)


class _Passed(NamedTuple):
    """The q for which a job and all before it make what they made."""

    first: int
    last: float
    drops: bool


class Walk:
    """One residue class, walked for one q after the other: each time from the first layer on that makes
    something else of this q than of the one before.
    """

    def __init__(self, along: Along, line: Line) -> None:
        self.along = along
        self.line = line
        self.framework = along.framework
        self.shapes, self.where, self.root = along.shapes, along.where, along.root
        self.sizes: list[Line | None] = [None] * len(along.nodes)
        for place, own in enumerate(along.own):
            self.sizes[place] = line if along.varied[place] else None if own is None else (own, 0)
        for index, fixed in along.fixed.items():
            self.sizes[index] = fixed
        self.channels: dict[int, Line | Size] = {}
        """Of the nodes whose channels depend on sizes."""
        self.passed: list[_Passed] = []
        """What the jobs did, in their order, up to one that refused."""
        self.dropping: list[Node] = []
        self.steps: list[_Step] = []

    def at(self, span: Span, wanted: tuple[Line, ...] | None = None) -> Verdict:
        """What becomes of the input.

        Args:
            span: the q it is asked for; narrowed to those for which all of the answer holds.
            wanted: the sizes that flattened maps are to have.

        Raises:
            Finer: where the residue class must be divided.
            Unanswered: where sizes cannot be followed.
        """
        along, sizes = self.along, self.sizes
        if along.refused is not None:
            return along.refused
        self._return_to(span)
        for place in range(len(self.passed), len(along.jobs)):
            job = along.jobs[place]
            result = self.passes(job, span)
            if result.fault is not None:
                given = tuple(one for one in self._given(job) if one is not None)
                return Verdict(result.fault, job.node, given)
            sizes[job.at] = result.size
            self.passed.append(_Passed(span.first, span.last, result.drops))
            if result.drops:
                self.dropping.append(job.node)
        flat = tuple(sizes[self.root[along.nodes[index].inputs[0]]] or (0, 0) for index in along.flattened)
        same = wanted is not None and all(
            span.sign(one[0] - other[0], one[1] - other[1]) == 0
            for one, other in zip(flat, wanted, strict=True)
        )
        whole, dropping = not self.dropping, tuple(self.dropping)
        return Verdict(None, None, (), whole, self._kept(span), flat, same, dropping)

    def _return_to(self, span: Span) -> None:
        """Forget what the jobs did that make something else of this q."""
        passed = self.passed
        while passed and not passed[-1].first <= span.at <= passed[-1].last:
            at = self.along.jobs[len(passed) - 1].at
            self.channels.pop(at, None)
            del self.steps[at:]
            if passed.pop().drops:
                self.dropping.pop()
        if passed:
            span.narrow(passed[-1].first, passed[-1].last)

    def _kept(self, span: Span) -> bool:
        main = self.along.model.graph.outputs[0]
        out = self.sizes[self.root[main]] if self.shapes[main].rank else None
        return out is not None and span.sign(out[0] - self.line[0], out[1] - self.line[1]) == 0

    def _given(self, job: Job) -> list[Line | None]:
        return [self.sizes[self.root[one]] if self.shapes[one].rank else None for one in job.node.inputs]

    def passes(self, job: Job, span: Span) -> Result:
        """What a job makes of its inputs, remembered for the q that it holds for."""
        if isinstance(job.node.layer, Adapter) or not self._is_map(job):
            return self._asked(job, span)
        given = self._given(job)
        known = self.along.memory.setdefault((job.kind, *given), [])
        for result in known:
            if result.first <= span.at <= result.last:
                break
        else:
            inner = Span(span.at)
            result = self._asked(job, inner)
            result = result._replace(first=inner.first, last=inner.last)
            known.append(result)
        span.narrow(result.first, result.last)
        return result

    def _is_map(self, job: Job) -> bool:
        """Whether what comes out follows from sizes along this axis, and from no vector's channels."""
        return bool(self.shapes[job.at].rank and job.shapes[0].rank)

    def _asked(self, job: Job, span: Span) -> Result:
        shapes = [
            self._shape(one, shape, span) for one, shape in zip(job.node.inputs, job.shapes, strict=True)
        ]
        try:
            if isinstance(job.node.layer, Adapter):
                return self._adapted(job, job.node.layer, shapes)
            assert isinstance(job.node.layer, Layer)
            return self._answer(job, job.node.layer, tuple(shapes))
        except Fault as fault:
            return Result(0, inf, None, fault)
        except Curved:
            raise Unanswered(f"`{job.node.path}` multiplies sizes with each other", job.node) from None
        except Finer as finer:
            finer.args = (finer.factor, job.node)
            raise

    def _shape(self, index: int, open_shape: Shape, span: Span) -> Shape:
        """A shape with its size along this axis as a number with q in it."""
        count = self.channels.get(index, open_shape.channels)
        line = self.sizes[self.root[index]]
        along = [] if line == VECTOR else list(open_shape.sizes)
        where = self.where[index]
        if where is not None and where < len(along) and line is not None:
            along[where] = Ray(*line, span)  # type: ignore[call-overload]
        known = Ray(*count, span) if isinstance(count, tuple) else count
        return Shape(known, tuple(along))  # type: ignore[arg-type]

    def _answer(self, job: Job, layer: Layer, shapes: tuple[Shape, ...]) -> Result:
        shapes = _alike(shapes)
        shape = layer.combine(shapes)
        if layer.flattens_map(shape, self.framework) or not shape.rank:
            layer.axes((shape, *shapes[1:]), self.framework)
            count = layer.out_channels(shape)
            layer.params(shape, self.framework)
            self.channels[job.at] = _line(count)
            is_laid_out = layer.arrangement(shape) is not None
            if is_laid_out and count is None:
                raise Unanswered(
                    f"`{job.node.path}` makes a map of a vector whose length depends on several axes",
                    job.node,
                )
            return Result(0, inf, VECTOR if self.shapes[job.at].rank and not is_laid_out else None)
        where, to = self.where[job.node.inputs[0]], self.where[job.at]
        laid = layer.arrangement(shape)
        if laid is not None:
            return Result(0, inf, None if to is None else _line(laid.sizes[to]))
        rules = layer.axes((shape, *shapes[1:]), self.framework)
        if to is None:
            return Result(0, inf, None)
        if where is None:
            return Result(0, inf, _line(shape.sizes[to]))
        rule, size = rules[where], shape.sizes[where]
        out = _line(rule.output_size(size))
        drops = bool(dropped_end(rule, size)) and not layer.is_join
        return Result(0, inf, out, None, drops)

    def _adapted(self, job: Job, adapter: Adapter, shapes: list[Shape]) -> Result:
        """The layers that shapes call for, along this axis alone."""
        source, target = shapes
        if source.rank and target.rank and source.rank == target.rank:
            source, target = (
                Shape(shape.channels, (shape.sizes[self.along.axis],)) for shape in (source, target)
            )
        step = self._relative(job)
        size = source.sizes[0] if source.rank else None
        for _, layer in adapter.layers(source, target, (step,) * source.rank):
            if source.rank:
                size = layer.axes((source._replace(sizes=(size,)),), self.framework)[0].output_size(size)
        return Result(0, inf, VECTOR if self.shapes[job.at].rank and not target.rank else _line(size))

    # The strides of tensors relative to each other, for adapters

    def _relative(self, job: Job) -> Fraction | None:
        source, target = job.node.inputs
        steps = self._steps(target)
        one, other = steps[source], steps[target]
        if one.length is None or other.length is None:
            raise Unanswered(
                f"`{job.node.path}` is projected by a stride that depends on the input's size", job.node
            )
        return other.length / one.length if one.of == other.of else None

    def _steps(self, last: int) -> list[_Step]:
        """The step of each node up to ``last``."""
        for index in range(len(self.steps), last + 1):
            node = self.along.nodes[index]
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
                self.steps.append(self._step(index, node, node.layer))
        return self.steps

    def _step(self, index: int, node: Node, layer: Layer) -> _Step:
        before = self.steps[node.inputs[0]]
        here, out = self.sizes[self.root[node.inputs[0]]], self.sizes[index]
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
