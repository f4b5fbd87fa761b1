"""The one pass over a network: nodes and input shapes to a Report. Asks layers questions, knows no concrete
layer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from typing import NamedTuple

from cnncalc.analysis.report import LayerReport, Output, ReceptiveField, Report
from cnncalc.errors import Diagnostic, Fault, InputError, Severity
from cnncalc.frameworks import Framework, framework_named, unknown_framework
from cnncalc.geometry.axis import LONGEST_PERIOD, NEEDS_SIZE, TOO_IRREGULAR, AxisRule, Reads, Taps, Unknown
from cnncalc.geometry.receptive_field import LARGEST_ADVANCE, LOCAL, AxisField, FieldMemory, offset
from cnncalc.geometry.shape import LARGEST_SIZE, Shape, Size, as_shape, channels_first, common_sizes
from cnncalc.geometry.window import TransposedWindow, Window
from cnncalc.layers.base import Adapter, Layer, Params
from cnncalc.network.graph import Graph, Node
from cnncalc.network.model import Model
from cnncalc.support.collector import paused_collection
from cnncalc.support.figures import by
from cnncalc.support.suggest import listed

MOST_REASONS = 3
WHOLE_MAP = AxisField((), True)
SPREAD = "joins a map with a single unit, which sees a part of the input, at all positions"
MOST_UNITS = 1_000_000
"""Units that are looked at one by one for the receptive fields of a network, where layers see unevenly."""
TOO_MANY_UNITS = f"takes more than {MOST_UNITS:,} units of this network to be looked at one by one"


Given = str | Shape | Mapping[str, str | Shape]
"""A shape for the one input, or shapes by the inputs' names."""


def analyze(model: Model, input: Given | None = None, framework: str | None = None) -> Report:
    """Compute every layer's shape, parameters, cost and receptive field.

    Args:
        model: one of the models that ``load`` returns.
        input: another input shape than the spec's, channels first, such as ``"3x224x224"``; of several inputs
            a mapping by name.
        framework: another framework's rules than the spec's.

    Returns:
        The report; at a layer that cannot be computed it ends and says so in ``failed`` and ``diagnostics``.

    Raises:
        TypeError: for what is no model, shape or name.
        InputError: a ``ValueError``, for an input or a framework that does not exist.
    """
    return next(analyze_each(model, (input,), framework))


def analyze_each(
    model: Model, inputs: Iterable[Given | None], framework: str | None = None
) -> Iterator[Report]:
    """``analyze`` for one input after the other; what does not depend on their sizes is worked out once."""
    if not isinstance(model, Model):
        raise TypeError(f"a model is what `load` returns one of, not {type(model).__name__}")
    rules = model.framework if framework is None else _framework(framework)
    fields = FieldMemory()
    for input in inputs:
        yield _report(model, rules, _with_input(model.inputs, input), fields)


def _report(
    model: Model, rules: Framework, inputs: tuple[tuple[str, Shape], ...], fields: FieldMemory
) -> Report:
    with paused_collection():
        run = _Run(model.graph, rules, inputs, fields)
        failed = run.evaluate()
    return Report(
        model.name,
        model.file,
        rules.name,
        inputs,
        tuple(run.records),
        () if failed else tuple(run.output(index) for index in model.graph.outputs),
        None if failed else run.peak(),
        tuple(run.diagnostics),
        failed,
        model.description,
    )


def _framework(name: str) -> Framework:
    if not isinstance(name, str):
        raise TypeError(f"a framework is given by its name, not as {type(name).__name__}")
    found = framework_named(name)
    if found is None:
        raise InputError("; ".join(unknown_framework(name)))
    return found


def _with_input(inputs: tuple[tuple[str, Shape], ...], given: Given | None) -> tuple[tuple[str, Shape], ...]:
    if given is None:
        return inputs
    names = [name for name, _ in inputs]
    if isinstance(given, str | Shape):
        if len(names) > 1:
            raise InputError(
                f"the network has several inputs, name one: {listed(f'{name}=...' for name in names)}"
            )
        given = {names[0]: given}
    if not isinstance(given, Mapping):
        raise TypeError(
            f"an input is a shape such as '3x224x224', or shapes by name, not {type(given).__name__}"
        )
    unknown = [name for name in given if name not in names]
    if unknown:
        raise InputError(f"no input is named {unknown[0]!r}: there is {listed(names)}")
    shapes = {name: as_shape(shape) for name, shape in given.items()}
    return tuple((name, shapes.get(name, shape)) for name, shape in inputs)


class _Step(NamedTuple):
    """The distance of neighbouring units in units of the tensor ``of``, the last one from which it could be
    followed.
    """

    of: int
    """The index of its node; 0 stands for the inputs."""
    length: Fraction


class _Tensor(NamedTuple):
    """What is known of a node's output."""

    path: str
    shape: Shape
    fields: tuple[AxisField, ...]
    steps: tuple[_Step, ...]
    """Along the path from furthest back, per spatial axis."""
    why: tuple[str, ...]
    """Why something of its shape is not known, each reason once."""
    sources: frozenset[int]
    """The inputs it is computed from, by their places."""


class _Answers(NamedTuple):
    """What a layer says of given input shapes; the same for every copy of it there."""

    in_shape: Shape
    shape: Shape
    windows: tuple[Window | TransposedWindow, ...] | None
    reads: tuple[Reads, ...]
    params: Params
    macs: Size
    advice: tuple[Fault, ...]


class _Run:
    """The state of one pass: the tensors so far, and the records made of them."""

    def __init__(
        self, graph: Graph, framework: Framework, inputs: tuple[tuple[str, Shape], ...], fields: FieldMemory
    ) -> None:
        self.graph = graph
        self.framework = framework
        self.fields = fields
        self.inputs = len(inputs)
        self.tensors = [_input_tensor(place, name, shape) for place, (name, shape) in enumerate(inputs)]
        self.made: list[range] = [range(0) for _ in inputs]
        """The records of each node; a node decided by shapes has none or several."""
        self.records: list[LayerReport] = []
        self.diagnostics: list[Diagnostic] = []
        self.answers: dict[tuple[Layer, tuple[Shape, ...]], _Answers] = {}
        self.borders: dict[tuple[frozenset[int], int], tuple[tuple[Size, ...], str | None]] = {}
        self.units = 0
        """Those looked at one by one so far."""
        self.told: set[tuple[Fraction, Fraction]] = set()
        """The offsets of branches that have been reported; of one that many joins inherit, the first is
        enough.
        """

    def evaluate(self) -> str | None:
        """Go through the nodes; the path of the layer that failed, if one did."""
        for node in self.graph.nodes[len(self.tensors) :]:
            first = len(self.records)
            try:
                if isinstance(node.layer, Adapter):
                    tensor = self._adapted(node, node.layer)
                else:
                    tensor = self._evaluated(node, [self.tensors[index] for index in node.inputs])
            except Fault as fault:
                fault.help = self._help(fault, node)
                self._diagnose(fault, "error", node)
                return node.path
            self.tensors.append(tensor)
            self.made.append(range(first, len(self.records)))
        return None

    def _help(self, fault: Fault, node: Node) -> str | None:
        """What would mend an error, with what is known of the whole network."""
        if fault.code == "E306" and fault.help is None:
            return self._before_vector(node)
        if fault.code == "E304" and self._has_batch(node):
            sizes = ", ".join(map(_word, self.tensors[0].shape.sizes))
            return f"{fault.help}; or leave out a batch axis, there is none: `input: [{sizes}]`"
        meant = channels_first(self.tensors[0].shape) if fault.code == "E301" and self.inputs == 1 else None
        if meant is not None:
            first = f"channels come first: did you mean `input: [{', '.join(map(_word, meant.axes))}]`?"
            return f"{fault.help}; {first}" if fault.help else first
        return fault.help

    def _before_vector(self, node: Node) -> str:
        """Where a layer belongs that reads a vector: before the layer, or behind the input, that made it
        one.
        """
        source = node.inputs[0]
        while source >= self.inputs and all(
            not self.tensors[one].shape.rank for one in self.graph.nodes[source].inputs
        ):
            source = self.graph.nodes[source].inputs[0]
        tensor = self.tensors[source]
        if source >= self.inputs:
            return f"it belongs before `{tensor.path}`, which makes the map a vector"
        size = _word(tensor.shape.channels)
        shapes = f"`[{size}, 1, 1]` is a map of {size} channels, `[3, {size}, {size}]` an image"
        return f"the input `{tensor.path}` has no spatial axes: {shapes}"

    def _has_batch(self, node: Node) -> bool:
        """Whether a layer would fit without the first axis of the only input, which is then probably the
        batch.
        """
        rank = self.tensors[node.inputs[0]].shape.rank
        if self.inputs > 1 or not 1 < rank == self.tensors[0].shape.rank or not isinstance(node.layer, Layer):
            return False
        try:
            _answers(node.layer, (Shape(None, (None,) * (rank - 1)),) * len(node.inputs), self.framework)
        except Fault:
            return False
        return True

    def output(self, index: int) -> Output:
        return Output(self.tensors[index].path, self.tensors[index].shape)

    def _adapted(self, node: Node, adapter: Adapter) -> _Tensor:
        """Evaluate the layers that the shapes call for, in sequence."""
        source, target = (self.tensors[index] for index in node.inputs)
        tensor = source
        for number, (label, layer) in enumerate(
            adapter.layers(source.shape, target.shape, _relative(source, target))
        ):
            inner = node._replace(path=f"{node.path}/{label}", op=layer.op, layer=layer)
            tensor = self._evaluated(inner, [tensor], number)
        return tensor

    def _evaluated(self, node: Node, inputs: list[_Tensor], place: int = 0) -> _Tensor:
        """Evaluate one layer and record it; ``place`` is its place among the layers of its node."""
        layer = node.layer
        assert isinstance(layer, Layer)
        answers = self._ask(layer, tuple([tensor.shape for tensor in inputs]))
        fields = self._fields(node, layer, inputs, answers)
        why = _why(node, layer, inputs)
        params, macs, shares = answers.params, answers.macs, None
        if node.share is not None:
            path = self._shared(answers, node.share, place)
            shares = path if params != Params() else None
            params = Params()
        units = answers.shape.sizes if answers.shape.rank == len(fields) else (None,) * len(fields)
        sources = inputs[0].sources
        if layer.is_join and len({tensor.sources for tensor in inputs}) > 1:
            sources = sources.union(*(tensor.sources for tensor in inputs))
        field = ReceptiveField(fields, units, *self._borders(sources, len(fields)))
        self.records.append(
            LayerReport(
                node.path,
                node.op,
                node.origin.location.line if node.origin.location else 0,
                tuple([tensor.path for tensor in inputs]),
                answers.in_shape,
                answers.shape,
                answers.windows,
                params.weights,
                params.biases,
                params.buffers,
                macs,
                field,
                shares,
                layer.is_join,
                _reasons(answers, params, field, why),
            )
        )
        for fact in answers.advice:
            self._diagnose(fact, "warning", node)
        steps: tuple[_Step, ...] = ()
        if answers.shape.rank:
            lost = _Step(len(self.tensors), Fraction(1))
            before = _steps_before(inputs) if layer.is_join else inputs[0].steps
            steps = tuple([_step_through(*pair) or lost for pair in zip(before, answers.reads, strict=False)])
        return _Tensor(node.path, answers.shape, fields, steps, () if answers.shape.known else why, sources)

    def _borders(self, sources: frozenset[int], rank: int) -> tuple[tuple[Size, ...], str | None]:
        """The sizes that some inputs have in common along each axis, and why one is not known."""
        key = (sources, rank)
        known = self.borders.get(key)
        if known is None:
            known = self.borders[key] = _common_sizes(
                [self.tensors[place] for place in sorted(sources)], rank
            )
        return known

    def _ask(self, layer: Layer, shapes: tuple[Shape, ...]) -> _Answers:
        key = (layer, shapes)
        known = self.answers.get(key)
        if known is None:
            known = self.answers[key] = _answers(layer, shapes, self.framework, self._is_spent)
            self.units += sum(
                len(reads.runs) for reads in known.reads if isinstance(reads, Taps) and len(reads.runs) > 1
            )
        return known

    @property
    def _is_spent(self) -> bool:
        """Whether so many units were looked at that fields are followed no further where they are uneven."""
        return self.units > MOST_UNITS

    def _fields(
        self, node: Node, layer: Layer, inputs: list[_Tensor], answers: _Answers
    ) -> tuple[AxisField, ...]:
        fields = self._joined_fields(node, inputs, answers.in_shape) if layer.is_join else inputs[0].fields
        if answers.in_shape.rank and layer.flattens:
            return (WHOLE_MAP,) * len(fields)
        if layer.sees_all and answers.in_shape.rank:
            return tuple([self._joined(field, WHOLE_MAP) for field in fields])
        if len(fields) != len(answers.reads):
            return fields
        return tuple(map(self._through, fields, answers.reads))

    def _through(self, field: AxisField, reads: Reads) -> AxisField:
        if self._is_spent and field.units:
            return field.lost(TOO_MANY_UNITS)
        found = self.fields.through(field, reads, len(self.tensors))
        self.units += found.units
        return found

    def _joined(self, one: AxisField, other: AxisField) -> AxisField:
        if self._is_spent and (one.units or other.units):
            return one.joined(other.lost(TOO_MANY_UNITS), len(self.tensors))
        found = self.fields.joined(one, other, len(self.tensors))
        self.units += found.units
        return found

    def _joined_fields(self, node: Node, inputs: list[_Tensor], shape: Shape) -> tuple[AxisField, ...]:
        """The union over the branches, the view of a single unit being spread over the others' map."""
        spread = [tensor.shape.is_point and not shape.is_point for tensor in inputs]
        branches = [
            self._spread(tensor) if one else tensor.fields for tensor, one in zip(inputs, spread, strict=True)
        ]
        rank = max(map(len, branches))
        fields: tuple[AxisField, ...] = ()
        for tensor, branch in zip(inputs, branches, strict=True):
            if len(branch) != rank:
                continue
            if not fields:
                first, fields = tensor, branch
                continue
            joined = tuple(map(self._joined, fields, branch))
            if branch != fields:
                self._warn_of_offsets(node, (first, tensor), (fields, branch), joined)
            fields = joined
        return fields

    def _spread(self, tensor: _Tensor) -> tuple[AxisField, ...]:
        """What every unit sees of the input through a map of one unit: all, as far as that unit does."""
        sizes = zip(
            *[
                given.shape.sizes
                for given in self.tensors[: self.inputs]
                if given.shape.rank == len(tensor.fields)
            ],
            strict=True,
        )
        return tuple(
            [
                WHOLE_MAP if _sees_all(field, axis) else field.lost(SPREAD)
                for field, axis in zip(tensor.fields, sizes, strict=False)
            ]
        )

    def _warn_of_offsets(
        self,
        node: Node,
        tensors: tuple[_Tensor, _Tensor],
        branches: tuple[tuple[AxisField, ...], tuple[AxisField, ...]],
        joined: tuple[AxisField, ...],
    ) -> None:
        """Say which two branches have their centres apart, or that this is not known."""
        names = f"branches `{tensors[0].path}` and `{tensors[1].path}`"
        for one, other, result in zip(*branches, joined, strict=True):
            code = None if result.aligned else self._code_of_offset(one, other, result)
            if code is not None:
                fact = Fault(code, f"{names} are not aligned: {_apart(one, other)}", _align(one, other))
            elif one.maps and other.maps and one.shifts != other.shifts:
                fact = Fault(
                    "W503",
                    f"{names} are taken as aligned: their offset {result.unknown_start or result.unknown}",
                )
            else:
                continue
            self._diagnose(fact, "warning", node)
            return

    def _code_of_offset(self, one: AxisField, other: AxisField, joined: AxisField) -> str | None:
        """Of branches that are not aligned: W519 where no padding could mend it, ``None`` where all is said
        already.
        """
        is_first = one.aligned and other.aligned
        if not joined.maps or one.shifts != other.shifts or _differ_in_stride(one, other):
            return "W502" if is_first else None
        least, most = apart = offset(one.maps[0], other.maps[0])
        if least == -most:
            # As far to the left as to the right is what enlarging does to units that are centred alike.
            return "W519" if is_first else None
        if apart in self.told:
            return None
        self.told |= {apart, (-most, -least)}
        return "W502"

    def _shared(self, answers: _Answers, original: int, place: int) -> str:
        """The path of the record whose weights a node uses, which must be of the same shape."""
        records = self.made[original]
        there = self.records[records[place]] if place < len(records) else None
        if there is None or not _same_weights(there, answers):
            path = self.graph.nodes[original].path
            had = (
                "nothing"
                if there is None
                else _weights_in_words(there.windows, there.params, there.in_shape, there.shape)
            )
            has = _weights_in_words(answers.windows, answers.params.learned, answers.in_shape, answers.shape)
            message = f"the weights of `{path}` do not fit: they are {had}, here they are {has}"
            raise Fault("E209", message, "weights are shared between layers of the same kind and shape")
        return there.path

    def _diagnose(self, fault: Fault, severity: Severity, node: Node) -> None:
        self.diagnostics.append(node.origin.place(fault, node.path, severity))

    def peak(self) -> Size:
        """The most elements alive at once: a tensor lives from its evaluation to its last use, outputs to the
        end.
        """
        made = [(tensor.path, tensor.shape) for tensor in self.tensors[: self.inputs]]
        made += [(record.path, record.shape) for record in self.records]
        last_use = {path: at for at, (path, _) in enumerate(made)}
        for at, record in enumerate(self.records, self.inputs):
            last_use.update(dict.fromkeys(record.inputs, at))
        last_use.update({self.tensors[index].path: len(made) for index in self.graph.outputs})
        ends: dict[int, int] = {}
        alive = most = 0
        for at, (path, shape) in enumerate(made):
            elements = shape.elements()
            if elements is None:
                return None
            alive += elements
            most = max(most, alive)
            ends[last_use[path]] = ends.get(last_use[path], 0) + elements
            alive -= ends.pop(at, 0)
        return most


def _word(size: Size) -> str:
    """A size as a spec writes it."""
    return "any" if size is None else str(size)


def _input_tensor(place: int, name: str, shape: Shape) -> _Tensor:
    why = () if shape.known else (NEEDS_SIZE,)
    steps = (_Step(0, Fraction(1)),) * shape.rank
    return _Tensor(name, shape, (LOCAL,) * shape.rank, steps, why, frozenset([place]))


def _common_sizes(inputs: list[_Tensor], rank: int) -> tuple[tuple[Size, ...], str | None]:
    """The size along each axis that all inputs of this rank have, and why there is none."""
    maps = [tensor for tensor in inputs if tensor.shape.rank == rank]
    common = common_sizes(tensor.shape for tensor in maps)
    if any(None in tensor.shape.sizes for tensor in maps):
        return common, NEEDS_SIZE
    return (
        common,
        f"sees inputs of different sizes: {listed(tensor.path for tensor in maps)}"
        if None in common
        else None,
    )


def _answers(
    layer: Layer, shapes: tuple[Shape, ...], framework: Framework, is_spent: bool = False
) -> _Answers:
    """Ask a layer everything about given input shapes; no more than the first unit's reads where
    ``is_spent``.
    """
    in_shape = layer.combine(shapes)
    rules = layer.axes((in_shape, *shapes[1:]), framework)
    sizes = (
        ()
        if layer.flattens
        else tuple([rule.output_size(size) for rule, size in zip(rules, in_shape.sizes, strict=True)])
    )
    shape = _checked(Shape(layer.out_channels(in_shape), sizes))
    params = layer.params(in_shape, framework)
    longest = 1 if is_spent else LONGEST_PERIOD
    reads = tuple([rule.reads(size, longest) for rule, size in zip(rules, in_shape.sizes, strict=True)])
    if is_spent:
        reads = tuple([Unknown(TOO_MANY_UNITS) if one == Unknown(TOO_IRREGULAR) else one for one in reads])
    return _Answers(
        in_shape, shape, _windows(rules), reads, params, layer.macs(in_shape, shape), layer.advice(in_shape)
    )


_SMALLER = "lower a factor, a stride or a kernel"


def _checked(shape: Shape) -> Shape:
    """The same shape, where it is none of a slip or an attack."""
    largest = max((axis for axis in shape.axes if axis is not None), default=0)
    if largest > LARGEST_SIZE:
        raise Fault("E102", "channels or a size come out larger than 10**18, the largest possible", _SMALLER)
    return shape


def _windows(rules: tuple[AxisRule, ...]) -> tuple[Window | TransposedWindow, ...] | None:
    windows = tuple([rule for rule in rules if isinstance(rule, (Window, TransposedWindow))])
    return windows if windows and len(windows) == len(rules) else None


def _sees_all(field: AxisField, sizes: tuple[Size, ...]) -> bool:
    """Whether the first unit sees the whole of every input along an axis."""
    seen = field.at(0)
    return field.is_global or (
        seen is not None and seen[0] <= 0 and all(size is not None and seen[1] >= size - 1 for size in sizes)
    )


def _differ_in_stride(one: AxisField, other: AxisField) -> bool:
    return len(one.maps) != 1 or len(other.maps) != 1 or one.stride != other.stride


def _apart(one: AxisField, other: AxisField) -> str:
    """How far two branches' centres lie apart, in words."""
    if _differ_in_stride(one, other):
        return f"their strides are {_or_mixed(one.stride)} and {_or_mixed(other.stride)} input positions"
    least, most = offset(one.maps[0], other.maps[0])
    near, far = sorted((abs(least), abs(most)))
    unit = "input position" if far == 1 else "input positions"
    if least == most:
        return f"their centres are {far} {unit} apart"
    if least < 0 < most:
        return f"their centres are by turns up to {far} {unit} apart, to either side"
    return f"their centres are by turns {near} to {far} {unit} apart"


def _align(one: AxisField, other: AxisField) -> str | None:
    """What would bring the branches' centres together; nothing does where they differ by turns."""
    if _differ_in_stride(one, other):
        return "give the branches the same stride"
    least, most = offset(one.maps[0], other.maps[0])
    return "pad or crop the branches alike" if least == most else None


def _or_mixed(stride: Fraction | None) -> str:
    return "mixed" if stride is None else str(stride)


def _steps_before(inputs: list[_Tensor]) -> tuple[_Step, ...]:
    """The steps of the first of a join's inputs that can be followed furthest back."""
    maps = [tensor.steps for tensor in inputs if tensor.steps]
    return min(maps, key=lambda steps: max(step.of for step in steps), default=())


def _step_through(step: _Step, reads: Reads) -> _Step | None:
    """The step behind an operation; ``None`` where it cannot be followed."""
    taps = reads.taps if isinstance(reads, Unknown) else reads
    if not isinstance(taps, Taps):
        return None
    if taps.advance == len(taps.runs):
        return step
    length = step.length * Fraction(taps.advance, len(taps.runs))
    return (
        step._replace(length=length) if max(length.numerator, length.denominator) <= LARGEST_ADVANCE else None
    )


def _relative(source: _Tensor, target: _Tensor) -> tuple[Fraction | None, ...]:
    """The strides of one tensor relative to another it is computed from; ``None`` where they are not
    known.
    """
    if len(source.steps) != len(target.steps):
        return (None,) * source.shape.rank
    pairs = zip(source.steps, target.steps, strict=True)
    return tuple([other.length / one.length if one.of == other.of else None for one, other in pairs])


def _same_weights(there: LayerReport, here: _Answers) -> bool:
    """Whether two layers of one kind can have the same weights, as far as is known."""
    pairs: list[tuple[Size, Size]] = [
        (there.weights, here.params.weights),
        (there.biases, here.params.biases),
    ]
    pairs.append((there.shape.channels, here.shape.channels) if there.weights else (0, 0))
    if there.windows is not None and here.windows is not None:
        pairs.extend(
            (one.kernel, other.kernel) for one, other in zip(there.windows, here.windows, strict=False)
        )
    return all(one == other or one is None or other is None for one, other in pairs)


def _weights_in_words(
    windows: tuple[Window | TransposedWindow, ...] | None, params: Size, given: Shape, made: Shape
) -> str:
    kernel = f" of kernel {by(window.kernel for window in windows)}" if windows else ""
    return f"{'?' if params is None else params} parameters{kernel} from {given} to {made}"


def _why(node: Node, layer: Layer, inputs: list[_Tensor]) -> tuple[str, ...]:
    """Why something of a layer's output may be unknown: its own doing, and that of its inputs."""
    own = layer.missing()
    reasons = [] if own is None else [f"`{node.path}` {own}"]
    # The nearest few say enough, and a long chain does not gather all of its layers.
    return tuple(
        dict.fromkeys([*reasons, *(reason for tensor in inputs for reason in tensor.why[:MOST_REASONS])])
    )[:MOST_REASONS]


def _reasons(
    answers: _Answers, params: Params, field: ReceptiveField, why: tuple[str, ...]
) -> tuple[str, ...]:
    """Why a number of the record is unknown, each reason once."""
    unknown = not answers.shape.known or None in params or answers.macs is None
    reasons = [
        *((why or (NEEDS_SIZE,)) if unknown else ()),
        *((field.reason,) if field.reason is not None else ()),
    ]
    return tuple(dict.fromkeys(reasons))
