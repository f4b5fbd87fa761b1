"""The one pass over a network: nodes and input shapes to a Report. Asks layers questions, knows no concrete
layer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from cnncalc.analysis.answers import Answers
from cnncalc.analysis.causality import Ends, through
from cnncalc.analysis.effort import Follower
from cnncalc.analysis.hints import Hints, beside_own_axes, channels_last
from cnncalc.analysis.joins import WHOLE_MAP, Joins, joined_ends, one_per_line
from cnncalc.analysis.memory import Peaks, peaks
from cnncalc.analysis.recall import Evaluated, NoRecall, Recall, Rest
from cnncalc.analysis.report import LayerReport, Output, ReceptiveField, Report
from cnncalc.analysis.sums import UNKNOWN_SUMS, Sums, sums_of
from cnncalc.analysis.tensors import Pace, Tensor, input_tensor, paces_through, relative_strides
from cnncalc.analysis.weights import owner_of_weights
from cnncalc.errors import Diagnostic, Fault, InputError, Severity
from cnncalc.frameworks import Framework, framework_named, unknown_framework
from cnncalc.geometry.arrangement import Along
from cnncalc.geometry.axis import NEEDS_SIZE
from cnncalc.geometry.receptive_field import AxisField, FieldMemory, JoinMemory
from cnncalc.geometry.shape import MOST_AXES, Shape, Size, as_shape
from cnncalc.layers.base import Adapter, Layer, Params
from cnncalc.network.graph import Graph, Node
from cnncalc.network.model import Model
from cnncalc.support.process import paused_collection
from cnncalc.support.words import listed

MOST_REASONS = 3

OneShape = str | Shape | Sequence[Size]
Given = OneShape | Mapping[str, OneShape]
"""A shape for the one input, or shapes by the inputs' names."""


def analyze(model: Model, input: Given | None = None, framework: str | None = None) -> Report:
    """Compute every layer's shape, parameters, cost and receptive field.

    Args:
        model: one of the models that ``load`` returns.
        input: another input shape than the spec's, channels first, such as ``"3x224x224"`` or
            ``(3, 224, 224)``; of several inputs a mapping by name.
        framework: another framework's rules than the spec's.

    Returns:
        The report; at a layer that cannot be computed it ends and says so in ``failed`` and ``diagnostics``.

    Raises:
        TypeError: for what is no model, shape or name.
        InputError: a ``ValueError``, for an input or a framework that does not exist.
    """
    rules = rules_of(model, framework)
    report = _analysis(model, rules, with_input(model.inputs, input), JoinMemory(), NoRecall()).report
    if input is not None:
        remarks = channels_last(model.inputs, report)
        report = report._replace(diagnostics=(*remarks, *report.diagnostics)) if remarks else report
        report = beside_own_axes(model.inputs, report)
    if report.failed is None:
        return report
    from cnncalc.analysis.working_size import explained  # here, because only errors need it

    return explained(report, model, rules)


class Analysis(NamedTuple):
    """One analysis, and what of it was added up already."""

    report: Report
    head: tuple[LayerReport, ...]
    """The layers before the rest."""
    rest: Rest | None

    @property
    def sums(self) -> Sums:
        """The figures of all layers; unknown where the analysis ended early."""
        if self.report.failed is not None:
            return UNKNOWN_SUMS
        head = sums_of(self.head)
        return head if self.rest is None else head.before(self.rest.sums)


class Analyses:
    """Analyses of one model at one input after the other; what comes of the same maps is worked out once."""

    def __init__(self, model: Model, framework: str | None = None) -> None:
        self.model = model
        self._rules = rules_of(model, framework)
        self._cuts = model.graph.cuts()
        self._begin()

    def _begin(self) -> None:
        self._fields, self._recall = FieldMemory(), Recall(self._cuts)

    def of(self, input: Given | None) -> Analysis:
        """What is computed at one input, without what ``analyze`` remarks on it as a whole."""
        if self._recall.is_full:
            self._begin()
        inputs = with_input(self.model.inputs, input)
        return _analysis(self.model, self._rules, inputs, self._fields, self._recall)


def _analysis(
    model: Model,
    rules: Framework,
    inputs: tuple[tuple[str, Shape], ...],
    fields: FieldMemory,
    recall: Recall,
) -> Analysis:
    with paused_collection():
        run = _Run(model.graph, rules, inputs, fields, recall)
        failed = run.evaluate()
    outputs = () if failed else tuple([run.output(index) for index in model.graph.outputs])
    held = Peaks(None, None) if failed else run.peaks()
    report = Report(
        name=model.name,
        file=model.file,
        framework=rules.name,
        inputs=inputs,
        layers=tuple(run.records),
        outputs=outputs,
        peak=held.plain,
        diagnostics=one_per_line(run.diagnostics),
        failed=failed,
        description=model.description,
        peak_in_place=held.in_place,
        network=model.network,
    )
    return Analysis(report, tuple(run.records[: run.head]), run.rest)


def rules_of(model: Model, name: str | None) -> Framework:
    """The named framework, or the model's own.

    Raises:
        InputError: where there is none of that name.
        TypeError: for a name that is not text, and for what is no model.
    """
    if not isinstance(model, Model):
        raise TypeError(f"a model is what `load` returns one of, not {type(model).__name__}")
    if name is None:
        return model.framework
    if not isinstance(name, str):
        raise TypeError(f"a framework is given by its name, not as {type(name).__name__}")
    found = framework_named(name)
    if found is None:
        raise InputError("; ".join(unknown_framework(name)))
    return found


def with_input(inputs: tuple[tuple[str, Shape], ...], given: Given | None) -> tuple[tuple[str, Shape], ...]:
    """The inputs of a model with the shapes that are given for some of them.

    Raises:
        InputError: for an input that does not exist.
    """
    if given is None:
        return inputs
    names = [name for name, _ in inputs]
    if isinstance(given, str | list | tuple):
        if len(names) > 1:
            raise InputError(
                f"the network has several inputs, name one: {listed(f'{name}=...' for name in names)}"
            )
        given = {names[0]: given}
    if not isinstance(given, Mapping):
        raise TypeError(
            f"an input is a shape such as '3x224x224' or (3, 224, 224), or shapes by name, "
            f"not {type(given).__name__}"
        )
    unknown = [name for name in given if name not in names]
    if unknown:
        raise InputError(f"no input is named {unknown[0]!r}: there is {listed(names)}")
    shapes = {name: as_shape(shape) for name, shape in given.items()}
    return tuple((name, shapes.get(name, shape)) for name, shape in inputs)


class _Run:
    """The state of one pass: the tensors so far, and the records made of them."""

    def __init__(
        self,
        graph: Graph,
        framework: Framework,
        inputs: tuple[tuple[str, Shape], ...],
        fields: FieldMemory,
        recall: Recall,
    ) -> None:
        self.graph = graph
        self.inputs = inputs
        self.recall = recall
        self.tensors = [recall.unique(-1, input_tensor(name, shape)) for name, shape in inputs]
        self.made: list[range] = [range(0) for _ in inputs]
        """The records of each node; a node decided by shapes has none or several."""
        self.records: list[LayerReport] = []
        self.rest: Rest | None = None
        """What is remembered: after the last node that was evaluated, in the end after the first one."""
        self.head = 0
        """How many records there are before it."""
        self.spent: list[int] = []
        """The units of receptive fields that were looked at before each node."""
        self.last_join = max((at for at, node in enumerate(graph.nodes) if len(node.inputs) > 1), default=0)
        """The last node of several inputs; what only they are compared by is not followed any further."""
        self.apart = len(inputs) - 1
        """The last node whose results depend on more than its inputs."""
        self.diagnostics: list[Diagnostic] = []
        self.follower = Follower(framework, fields)
        self.joins = Joins(tuple([shape for _, shape in inputs]), self.follower)
        self.hints = Hints(graph.nodes, len(inputs), self.tensors, framework)

    def evaluate(self) -> str | None:
        """Go through the nodes; the path of the layer that failed, if one did."""
        self.spent += [self.follower.units] * len(self.tensors)
        remembers = self.recall.remembers
        for at, node in enumerate(self.graph.nodes[len(self.tensors) :], len(self.tensors)):
            if remembers and self._knows_rest(at - 1):
                break
            first, warnings = len(self.records), len(self.diagnostics)
            self.spent.append(self.follower.units)
            inputs = [self.tensors[index] for index in node.inputs]
            if remembers and self._recalls(at, tuple(inputs)):
                continue
            try:
                if isinstance(node.layer, Adapter):
                    tensor = self._adapted(node, node.layer)
                else:
                    tensor = self._evaluated(node, inputs)
            except Fault as fault:
                fault.message, fault.help = self.hints.message(fault, node), self.hints.help(fault, node)
                self._diagnose(fault, "error", node)
                return node.path
            if remembers:
                tensor = self._remembered(at, node, tuple(inputs), tensor, first, warnings)
            self.tensors.append(tensor)
            self.made.append(range(first, len(self.records)))
        return None

    def _recalls(self, at: int, inputs: tuple[Tensor, ...]) -> bool:
        """Take what a node makes of these inputs from memory, if it is there."""
        known = self.recall.of(at, inputs)
        if known is None or not self.follower.recalls(known.units):
            return False
        first = len(self.records)
        self.tensors.append(known.tensor)
        self.records += known.records
        self.made.append(range(first, len(self.records)))
        return True

    def _remembered(
        self, at: int, node: Node, inputs: tuple[Tensor, ...], tensor: Tensor, first: int, warnings: int
    ) -> Tensor:
        """What a node made, kept with its records from ``first`` on where it depends on its inputs alone."""
        tensor = self.recall.unique(at, tensor)
        if warnings == len(self.diagnostics) and self._is_by_itself(node, tensor):
            records, units = tuple(self.records[first:]), self.follower.units - self.spent[at]
            self.recall.keep(at, Evaluated(inputs, tensor, records, units))
        else:
            self.apart = at
        return tensor

    def _knows_rest(self, at: int) -> bool:
        """Take everything after a node from memory, if it is there."""
        rest = self.recall.rest(at, self.tensors[at])
        if rest is None or not self.follower.recalls(rest.units):
            return False
        self.rest = rest
        for part in rest.parts():
            self.tensors += part.tensors
            self.records += part.records
        return True

    def peaks(self) -> Peaks:
        """The most elements in memory at once, stretch by stretch from the end; what follows each narrow
        place is remembered.
        """
        found, last = Peaks(0, 0), len(self.made) - 1
        ends, end = [self.output(index).path for index in self.graph.outputs], len(self.records)
        if self.rest is not None:
            found, ends, end = self.rest.peaks, [self.tensors[last].path], self.made[last].stop
        self.head = end
        for at in reversed(self._narrow_places()):
            tensor, start = self.tensors[at], self.made[at].stop
            records = self.records[start:end]
            found = found.or_more(peaks([(tensor.path, tensor.shape)], records, ends))
            if at >= self.apart:
                self._remember(at, tuple(self.tensors[at + 1 : last + 1]), tuple(records), found)
            ends, end, last = [tensor.path], start, at
        return found.or_more(peaks(self.inputs, self.records[:end], ends))

    def _remember(
        self, at: int, tensors: tuple[Tensor, ...], records: tuple[LayerReport, ...], found: Peaks
    ) -> None:
        """Keep what follows a node: what was made up to the rest so far, and that rest."""
        sums = sums_of(records)
        self.rest = Rest(
            tensor=self.tensors[at],
            tensors=tensors,
            records=records,
            units=self.follower.units - self.spent[at + 1],
            peaks=found,
            sums=sums if self.rest is None else sums.before(self.rest.sums),
            following=self.rest,
        )
        self.head = self.made[at].stop
        self.recall.keep_rest(at, self.rest)

    def _narrow_places(self) -> list[int]:
        """The nodes through which everything goes, the first of each size."""
        found: list[int] = []
        for at in self.recall.cuts:
            if at >= len(self.made) - 1:
                break
            is_new = not found or self.tensors[at].shape.sizes != self.tensors[found[-1]].shape.sizes
            if at >= len(self.inputs) and is_new:
                found.append(at)
        return found

    def output(self, index: int) -> Output:
        return Output(self.tensors[index].path, self.tensors[index].shape)

    def _adapted(self, node: Node, adapter: Adapter) -> Tensor:
        """Evaluate the layers that the shapes call for, in sequence."""
        source, target = (self.tensors[index] for index in node.inputs)
        tensor = source
        for number, (label, layer) in enumerate(
            adapter.layers(source.shape, target.shape, relative_strides(source, target))
        ):
            inner = node._replace(path=f"{node.path}/{label}", op=layer.op, layer=layer)
            tensor = self._evaluated(inner, [tensor], number)
        return tensor

    def _evaluated(self, node: Node, inputs: list[Tensor], place: int = 0) -> Tensor:
        """Evaluate one layer and record it; ``place`` is its place among the layers of its node."""
        layer = node.layer
        assert isinstance(layer, Layer)
        if len(inputs) > 1:
            layer = layer.aligned(inputs[0].fields, inputs[1].fields)
        answers = self.follower.ask(layer, tuple([tensor.shape for tensor in inputs]))
        fields, along = self._fields(node, layer, inputs, answers)
        why = _why(node, answers.missing, inputs)
        params, shares = self._params(node, answers, place)
        paths = tuple([tensor.path for tensor in inputs])
        field = ReceptiveField(fields, _units(answers.shape.sizes, along))
        self.records.append(
            LayerReport(
                path=node.path,
                op=node.op,
                line=node.origin.location.line if node.origin.location else 0,
                inputs=paths,
                in_shape=answers.in_shape,
                shape=answers.shape,
                windows=answers.windows,
                weights=params.weights,
                biases=params.biases,
                buffers=params.buffers,
                macs=answers.macs,
                field=field,
                shares=shares,
                is_join=layer.is_join,
                reasons=() if answers.is_known and field.is_simple else _reasons(answers, field, why),
                rules=answers.rules,
                frozen=params.learned if node.is_frozen else 0,
                followed=paths if layer.reads_units else paths[:1],
                along=along,
                arrangement=answers.arrangement,
                in_place=layer.in_place,
                layer=layer,
                origin=node.origin,
            )
        )
        for fact in answers.advice:
            self._diagnose(fact, "warning", node)
        meets_others = len(self.tensors) < self.last_join
        return Tensor(
            path=node.path,
            shape=answers.shape,
            fields=fields,
            paces=self._paces(layer, inputs, answers) if meets_others else (),
            why=() if answers.shape.known else why,
            along=along,
            ends=self._ends(layer, inputs, answers, along) if meets_others else (),
        )

    def _ends(
        self, layer: Layer, inputs: list[Tensor], answers: Answers, along: tuple[Along, ...]
    ) -> tuple[Ends | None, ...]:
        """How the paths to a layer's output are padded along each input axis."""
        if answers.arrangement is not None or not answers.shape.sizes:
            return (None,) * len(along)
        ends = inputs[0].ends
        if layer.reads_units:
            sources = [tensor for tensor in inputs if len(tensor.ends) == len(along)]
            fields = tuple([tensor.fields for tensor in sources])
            ends = joined_ends(fields, tuple([tensor.ends for tensor in sources])) if sources else ()
        if len(ends) != len(along):
            return (None,) * len(along)
        rules = answers.rules
        if along == (0, 1) and ends[0] is ends[1] and rules[0] is rules[1]:
            return (through(ends[0], rules[0]),) * 2
        return tuple(
            [
                end if axis is None else through(end, rules[axis])
                for end, axis in zip(ends, along, strict=True)
            ]
        )

    def _params(self, node: Node, answers: Answers, place: int) -> tuple[Params, str | None]:
        """The numbers that a layer stores itself, and the path of the one whose it uses instead."""
        if node.share is None:
            return answers.params, None
        owners = [self.records[index] for index in self.made[node.share]]
        path = owner_of_weights(answers, owners, place, self.graph.nodes[node.share].path)
        return Params(), path if answers.params != Params() else None

    def _fields(
        self, node: Node, layer: Layer, inputs: list[Tensor], answers: Answers
    ) -> tuple[tuple[AxisField, ...], tuple[Along, ...]]:
        """What the units of a layer see, and along which of its axes that changes."""
        place, fields, along = len(self.tensors), inputs[0].fields, inputs[0].along
        if layer.reads_units and len(inputs) > 1:
            fields, along, faults = self.joins.fields(inputs, answers.in_shape, place)
            for fault in faults:
                self._diagnose(fault, "warning", node)
        if answers.flattens:
            return (WHOLE_MAP,) * len(fields), (None,) * len(fields)
        if answers.arrangement is not None:
            pairs = tuple(map(answers.arrangement.through, fields, along))
            return tuple([field for field, _ in pairs]), tuple([axis for _, axis in pairs])
        if layer.sees_all and answers.in_shape.rank:
            return tuple([self.follower.joined(field, WHOLE_MAP, place) for field in fields]), along
        read = self.follower.each_through(fields, along, answers.reads, place)
        if layer.others_read == "all" and len(inputs) > 1:
            read = [self.follower.joined(field, WHOLE_MAP, place) for field in read]
        return tuple(read), along

    def _paces(self, layer: Layer, inputs: list[Tensor], answers: Answers) -> tuple[Pace, ...]:
        if not answers.shape.rank:
            return ()
        if answers.arrangement is not None:
            return (Pace(len(self.tensors), Fraction(1)),) * answers.shape.rank
        if answers.keeps_pace and not layer.is_join and len(inputs[0].paces) == len(answers.reads):
            return inputs[0].paces
        return paces_through(inputs if layer.is_join else inputs[:1], answers.reads, len(self.tensors))

    def _is_by_itself(self, node: Node, tensor: Tensor) -> bool:
        """Whether what a node makes depends on its inputs alone: not on the layer whose weights it uses, the
        sizes of the network's inputs, nor the offsets of branches that other joins have reported.
        """
        if node.share is not None:
            return False
        joins = isinstance(node.layer, Layer) and node.layer.reads_units
        return not joins or (
            not self.joins.looked_at_inputs and all(field.aligned for field in tensor.fields)
        )

    def _diagnose(self, fault: Fault, severity: Severity, node: Node) -> None:
        self.diagnostics.append(node.origin.place(fault, node.path, severity))


def _units(sizes: tuple[Size, ...], along: tuple[Along, ...]) -> tuple[Size, ...]:
    """The size of a map along each axis of the input."""
    if along == _IN_ORDER[len(sizes)]:
        return sizes
    return tuple([None if axis is None else sizes[axis] for axis in along])


_IN_ORDER = tuple([tuple(range(rank)) for rank in range(MOST_AXES + 1)])


_COPY = re.compile(r"\[[0-9]+\]")


def _why(node: Node, own: str | None, inputs: list[Tensor]) -> tuple[str, ...]:
    """Why something of a layer's output may be unknown: its own doing, and that of its inputs."""
    if own is None and not inputs[0].why and (len(inputs) == 1 or not any(one.why for one in inputs)):
        return ()
    reasons = [] if own is None else [f"`{_COPY.sub('', node.path)}` {own}"]  # all copies in one word
    # The nearest few say enough, and a long chain does not gather all of its layers.
    return tuple(
        dict.fromkeys([*reasons, *(reason for tensor in inputs for reason in tensor.why[:MOST_REASONS])])
    )[:MOST_REASONS]


def _reasons(answers: Answers, field: ReceptiveField, why: tuple[str, ...]) -> tuple[str, ...]:
    """Why a number of the record is unknown, each reason once."""
    reason = field.reason
    own = () if answers.is_known else why or (NEEDS_SIZE,)
    return tuple(dict.fromkeys(own if reason is None else (*own, reason)))
