"""Nodes to items, one after another: what each name holds, and what is not understood."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from math import prod
from typing import Any, NamedTuple, cast

from cnncalc.errors import Fault, Location
from cnncalc.geometry.shape import Shape
from cnncalc.importers.items import Item, Problem, Refused, item, unknown_item
from cnncalc.importers.onnx.file import Constant, OnnxFunction, OnnxGraph, OnnxModel, OnnxNode, Reference
from cnncalc.importers.onnx.inputs import Order
from cnncalc.importers.onnx.layout import (
    BATCH,
    CHANNELS,
    Atom,
    Layout,
    as_line,
    known,
    plain,
    rearrangement,
    sizes_of,
    transposed,
    whole,
)
from cnncalc.importers.unforeseen import reported

MOST_DEPTH = 32
"""Functions and branches within each other."""
MOST_NODES = 200_000
"""Nodes of a graph after functions are expanded."""
UNRUNNABLE = "no runtime can run the file as it is: export it again"


class Feature(NamedTuple):
    """A tensor computed from the network's inputs: the map of an item, and how its axes lie in the tensor."""

    tensor: str
    layout: Layout

    @property
    def sizes(self) -> tuple[int, ...]:
        return sizes_of(self.layout)


class Lost(NamedTuple):
    """A tensor that depends on something not understood."""


KEYS = 8
"""Added to the axes of a map where they are those of keys."""
ATTENTION_HELP = (
    "attention in another form may be read from PyTorch: `cnncalc import package.module:callable`"
)


class Scores(NamedTuple):
    """How much each query of attention weighs each key: half of an item."""

    query: str
    key: str
    layout: Layout
    """Batch, positions of queries, those of keys, and heads, which are the channels here."""
    heads: int
    head: int
    """Channels of a head."""
    blocks: tuple[int, ...] | None
    """The sizes of blocks of positions that attend within themselves."""
    moved: tuple[int, ...]
    """By how much each axis is moved round."""
    has_table: bool = False
    along: tuple[int, ...] = ()
    """Axes along which there is a learned vector for each offset."""
    is_masked: bool = False
    weighed: bool = False
    """Whether the softmax is done."""
    reads: int = 1
    """Products that read the queries."""

    def sizes(self, translation: Translation) -> tuple[int, ...]:
        """Along each axis the positions of queries that attend to one another."""
        return self.blocks or known(translation.shapes[self.query])[1:]

    def key_sizes(self, translation: Translation) -> tuple[int, ...]:
        return self.blocks or known(translation.shapes[self.key])[1:]


class Term(NamedTuple):
    """The products of queries with learned vectors, brought into some order."""

    table: str
    """The weight that has the vectors."""
    rows: int
    width: int
    steps: tuple[tuple[Atom, int], ...]
    """How far apart in the product queries are along each part of an axis."""
    codes: tuple[int, ...]
    """Which element of the product each element is, its vectors the fastest; -1 for what is none."""

    def step_of(self, atom: Atom) -> int:
        """How far apart in the product queries are along a part of an axis that scores have."""
        for one, step in self.steps:
            if (
                (one.axis, one.moved) == (atom.axis, atom.moved)
                and one.stride <= atom.stride
                and atom.stride * atom.size <= one.stride * one.size
            ):
                return step * (atom.stride // one.stride)
        raise Unknown("what learned vectors give is of other queries", ATTENTION_HELP)


class Offsets(NamedTuple):
    """What is to be added to scores: what learned vectors give for each query."""

    query: str
    dims: tuple[int, ...]
    terms: tuple[Term, ...]


class Spread(NamedTuple):
    """A feature some axes of which, of size 1, are repeated: only what is joined elementwise reads it."""

    feature: Feature
    sizes: tuple[int, ...]


Held = Feature | Constant | Lost | Scores | Offsets | Spread


class Unknown(Exception):
    """What is not understood of a node: the reason, and what would help."""

    def __init__(self, reason: str, help: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.help = help


Handler = Callable[["Translation", "Call"], None]
OPERATORS: dict[str, Handler] = {}
"""What translates each operator that is not folded away; filled by the modules of ``FAMILIES``."""

FAMILIES = (
    "layers",
    "deformable",
    "elementwise",
    "joins",
    "shaping",
    "resizing",
    "reductions",
    "recurrent",
    "quantized",
)


def operator(*names: str) -> Callable[[Handler], Handler]:
    """Register what translates an operator."""

    def register(handler: Handler) -> Handler:
        OPERATORS.update(dict.fromkeys(names, handler))
        return handler

    return register


class Call:
    """One node with what its inputs hold. Attributes that no handler asks for are not understood, and neither
    are inputs that depend on the network's.
    """

    def __init__(
        self, node: OnnxNode, inputs: tuple[Held | None, ...], attributes: Mapping[str, Any]
    ) -> None:
        self.node = node
        self._inputs = inputs
        self._attributes = attributes
        self._asked: set[str] = set()
        self._read: set[int] = set()

    @property
    def inputs(self) -> tuple[Held | None, ...]:
        """All of them, which are read with it."""
        self._read.update(range(len(self._inputs)))
        return self._inputs

    def first(self, *kinds: type) -> Any:
        """The first input that holds one of these, which alone is read with it; ``None`` where none does."""
        for place, held in enumerate(self._inputs):
            if isinstance(held, kinds):
                return self.input(place)
        return None

    def attribute(self, name: str, default: Any = None) -> Any:
        """An attribute of the type of its default, or of the one that it has in all operators."""
        self._asked.add(name)
        found = self._attributes.get(name)
        if found is None:
            return default
        wanted = _TYPES.get(name) or (float | int if isinstance(default, float | int) else type(default))
        if default is None and name not in _TYPES:
            return found
        has_text = type(found) is tuple and any(isinstance(one, str) for one in found)
        if has_text or not isinstance(found, wanted):
            raise Unknown(f"attribute `{name}` is {found}")
        return found

    def ignore(self, *names: str) -> None:
        """Attributes on which no shape and no count depends."""
        self._asked.update(names)

    def ignore_input(self, place: int) -> None:
        """An input on whose values no shape and no count depends."""
        self._read.add(place)

    def must_be(self, name: str, *allowed: Any) -> None:
        """Refuse an attribute with another value than these; the first is the default."""
        found = self.attribute(name, allowed[0])
        if found not in allowed:
            raise Unknown(f"attribute `{name}` is {found}")

    def as_operator(self, operator: str, places: Sequence[int]) -> Call:
        """The node as another operator of some of its inputs; the others are known to change nothing."""
        self._read.update(range(len(self._inputs)))
        node = self.node._replace(operator=operator, inputs=tuple(self.node.inputs[one] for one in places))
        found = Call(node, tuple(self._inputs[one] for one in places), self._attributes)
        found._asked = self._asked
        return found

    def unread(self) -> list[str]:
        """The attributes and the inputs that no handler asked for."""
        attributes = [f"attribute `{name}`" for name in sorted(set(self._attributes) - self._asked)]
        return attributes + [
            f"input {place} (`{name}`)"
            for place, name in enumerate(self.node.inputs)
            if place not in self._read
            and isinstance(self._inputs[place], Feature | Scores | Offsets | Spread)
        ]

    def input(self, place: int) -> Held | None:
        self._read.add(place)
        return self._inputs[place] if place < len(self._inputs) else None

    def feature(self, place: int = 0) -> Feature:
        found = self.input(place)
        if isinstance(found, Spread):
            raise Unknown(
                f"its input {place} is of {_sizes(found.feature.sizes)} repeated to {_sizes(found.sizes)}"
            )
        if not isinstance(found, Feature):
            raise Unknown(f"input {place} is {'missing' if found is None else 'a constant'}")
        return found

    def constant(self, place: int, what: str) -> Constant:
        found = self.input(place)
        if not isinstance(found, Constant):
            raise Unknown(f"{what} is {'missing' if found is None else 'computed from the input'}")
        if found.picks is not None and found.values is None:
            raise Unknown(f"{what} is looked up in a weight")
        return found

    def values(self, place: int, what: str) -> tuple[Any, ...] | None:
        """The values of an optional constant input; ``None`` where it is absent."""
        if self.input(place) is None:
            return None
        found = self.constant(place, what)
        if found.values is None:
            raise Unknown(f"{what} has no values in the file")
        if any(isinstance(one, str) for one in found.values[:1]):
            raise Unknown(f"{what} is text")
        return found.values


class Names(dict[str, Held]):
    """What each name of the graph holds, and the names of each tensor."""

    def __init__(self) -> None:
        super().__init__()
        self.of: dict[str, list[str]] = {}

    def __setitem__(self, name: str, held: Held) -> None:
        super().__setitem__(name, held)
        if type(held) is Feature:
            self.of.setdefault(held.tensor, []).append(name)


class Translation:
    """The items of one model at given input shapes."""

    def __init__(self, model: OnnxModel, file: str, partial: bool) -> None:
        for family in FAMILIES:
            import_module(f"cnncalc.importers.onnx.{family}")
        self.model = model
        self.file = file
        self.partial = partial
        self.opset = model.opset
        self.batch = 1
        self.items: list[Item] = []
        self.places: dict[str, int] = {}
        self.shapes: dict[str, Shape] = {}
        self.orders: dict[str, Order] = {}
        """What the axes of each input are."""
        self.held = Names()
        self.problems: list[Problem] = []
        self.classes: dict[str, str] = {}
        self.weights: dict[str, int] = {}
        """Elements of each initialiser used as a weight; vectors are counted by layer."""
        self.vectors = 0
        self.buffers = 0
        self.macs = 0
        self.nodes = 0
        self.folded = 0
        """Elements of the constants that were computed."""
        self.kernels: dict[str, str] = {}
        """The item that used each kernel first."""
        self.uses: Counter[str] = Counter()
        self.reads: Counter[str] = Counter()
        """Uses of the values of each name, not of its shape alone."""
        self.fixed: list[str] = []
        """Labels of constants that change values but are nothing learned."""
        self.has_moved_batch = False
        """Whether an output has the batch behind other axes."""
        self.moved: list[tuple[str, str]] = []
        """Labels of resizes that read other positions than ours, and how they lay them."""

    # Walking

    def graph(self, graph: OnnxGraph, depth: int = 0) -> None:
        """Translate the nodes that outputs depend on."""
        self.held.update(graph.constants)
        self.walk(needed(graph.nodes, graph.outputs), graph.values, depth)

    def walk(
        self, nodes: Iterable[OnnxNode], values: Mapping[str, tuple[int | None, ...]], depth: int
    ) -> None:
        if depth > MOST_DEPTH:
            raise Unknown(f"functions or branches are nested more than {MOST_DEPTH} deep")
        from cnncalc.importers.onnx.patterns import named

        nodes = named(tuple(nodes), self.held)
        self.uses.update(name for node in nodes for name in node.inputs)
        self.reads.update(name for node in nodes if node.operator != "Shape" for name in node.inputs)
        for node in nodes:
            self.nodes += 1
            if self.nodes > MOST_NODES:
                raise Refused([Problem("", "graph", f"more than {MOST_NODES:,} nodes")])
            self._node(node, values, depth)

    def _node(self, node: OnnxNode, values: Mapping[str, tuple[int | None, ...]], depth: int) -> None:
        inputs = tuple(self.held.get(name) if name else None for name in node.inputs)
        if any(isinstance(one, Lost) for one in inputs):
            if not self._knows(node):
                help = _AFTERWARDS if self.partial else None
                self.problems.append(Problem(_said(node), _operator(node), UNKNOWN, help))
            self._lose(node)
            return
        missing = next((name for name in node.inputs if name and name not in self.held), None)
        counts = (self.vectors, self.buffers, self.macs)
        sizes = (len(self.items), len(self.weights), len(self.kernels))
        try:
            if missing is not None:
                raise Unknown(f"input `{missing}` comes from nowhere")
            with reported(self.file, _said(node)):
                self._translate(node, inputs, depth)
        except Unknown as unknown:
            self.vectors, self.buffers, self.macs = counts
            self._take_back(*sizes)
            self._unknown(node, inputs, values, unknown)
        except Fault as fault:
            place = Location(self.file, 1, 1, node=_said(node))
            problem = Problem("", node.operator, fault.message, fault.help, place, code=fault.code)
            self.problems.append(problem)
            self._lose(node)

    def _take_back(self, items: int, weights: int, kernels: int) -> None:
        """Leave out what a node added before it proved not to be understood."""
        for one in self.items[items:]:
            self.places.pop(one.output, None)
            self.shapes.pop(one.output, None)
        del self.items[items:]
        for table, kept in ((self.weights, weights), (self.kernels, kernels)):
            for name in list(table)[kept:]:
                table.pop(name)

    def _knows(self, node: OnnxNode) -> bool:
        """Whether an operator is one that is translated or computed, with whatever attributes."""
        from cnncalc.importers.onnx.folding import is_folded

        return (node.domain, node.operator) in self.model.functions or (
            node.domain in DOMAINS
            and (node.operator in OPERATORS or node.operator == "If" or is_folded(node.operator))
        )

    def _translate(self, node: OnnxNode, inputs: tuple[Held | None, ...], depth: int) -> None:
        function = self.model.functions.get((node.domain, node.operator))
        if function is not None:
            self._function(node, function, inputs, depth)
            return
        if node.domain not in DOMAINS:
            raise Unknown(f"domain `{node.domain}`")
        for scope, kind in node.classes:
            self.classes.setdefault(scope, kind)
        if node.operator == "If":
            self._branch(node, inputs, depth)
            return
        from cnncalc.importers.onnx.folding import folded

        constants = folded(self, Call(node, inputs, node.attributes))
        if constants is not None:
            self.held.update(zip(node.outputs, constants, strict=False))
            return
        call = Call(node, inputs, node.attributes)
        self._handler(node, inputs)(self, call)
        unread = call.unread()
        if unread:
            raise Unknown(f"{unread[0]} is not understood")
        for name in node.outputs:
            if name and name not in self.held and self.uses[name]:
                self.held[name] = Lost()
                raise Unknown(f"output `{name}` of the operator is used")

    def _handler(self, node: OnnxNode, inputs: tuple[Held | None, ...]) -> Handler:
        from cnncalc.importers.onnx.attention import continued

        found = OPERATORS.get(node.operator)
        if found is None:
            raise Unknown(UNKNOWN)
        return continued if any(isinstance(one, Scores | Offsets) for one in inputs) else found

    def _unknown(
        self,
        node: OnnxNode,
        inputs: tuple[Held | None, ...],
        values: Mapping[str, tuple[int | None, ...]],
        unknown: Unknown,
    ) -> None:
        self.problems.append(Problem(_said(node), _operator(node), unknown.reason, unknown.help))
        tensors = list(dict.fromkeys(tensor for one in inputs for tensor in _tensors_of(one)))
        self._lose(node)
        if self.partial and tensors:
            self._stand_in(node, tensors, values)
            is_stated = any(isinstance(self.held.get(name), Feature) for name in node.outputs)
            self.problems[-1] = self.problems[-1]._replace(help=_STATED if is_stated else _UNSTATED)

    def _stand_in(
        self, node: OnnxNode, tensors: list[str], values: Mapping[str, tuple[int | None, ...]]
    ) -> None:
        """A custom for each output of a node that is used and whose shape the file states. The first has the
        parameters; how many multiply-accumulates there are is not known.
        """
        weights = [one for name in node.inputs if isinstance(one := self.held.get(name), Constant)]
        params = sum(one.elements for one in weights if one.is_float)
        for output in node.outputs:
            axes = values.get(output)
            is_used = self.uses[output] or output in self.model.graph.outputs
            if not is_used or not axes or None in axes[1:] or len(axes) > 5:
                continue
            shape = Shape(axes[1] if len(axes) > 1 else 1, tuple(axes[2:]))
            self.add(
                unknown_item(
                    node.operator,
                    tensors,
                    output,
                    reason=self.problems[-1].reason,
                    label=node.label,
                    shape=shape,
                    params=params,
                )
            )
            self.vectors += params
            params = 0
            self.held[output] = Feature(output, plain(shape, self.batch))

    def _lose(self, node: OnnxNode) -> None:
        self.held.update(dict.fromkeys(filter(None, node.outputs), Lost()))

    def _function(
        self, node: OnnxNode, function: OnnxFunction, inputs: tuple[Held | None, ...], depth: int
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
        self.walk(needed(tuple(inner), wanted), {}, depth + 1)
        for name, found in zip(node.outputs, wanted, strict=False):
            self.held[name] = self.held.get(found, Lost())

    def _branch(self, node: OnnxNode, inputs: tuple[Held | None, ...], depth: int) -> None:
        condition = inputs[0]
        if not isinstance(condition, Constant) or not condition.values:
            raise Unknown("the condition depends on the input")
        branch = node.attributes.get("then_branch" if condition.values[0] else "else_branch")
        if not isinstance(branch, OnnxGraph):
            raise Unknown("the branch is missing")
        self.graph(branch, depth + 1)
        for name, found in zip(node.outputs, branch.outputs, strict=False):
            self.held[name] = self.held.get(found, Lost())

    # Items

    def add(self, one: Item) -> str:
        self.places[one.output] = len(self.items)
        self.items.append(one)
        if one.shape is not None:
            self.shapes[one.output] = one.shape
        return one.output

    def layer(
        self,
        call: Call,
        op: str,
        inputs: str | Iterable[str],
        shape: Shape,
        layout: Layout,
        **arguments: Any,
    ) -> Feature:
        """Add an item for a node, whose first output it makes."""
        output = call.node.outputs[0]
        self.add(item(op, inputs, output, label=call.node.label, shape=shape, **arguments))
        found = Feature(output, layout)
        self.held[output] = found
        return found

    def maker(self, tensor: str) -> Item | None:
        """The item that makes a tensor; ``None`` of an input."""
        place = self.places.get(tensor)
        return None if place is None else self.items[place]

    def forget(self, outputs: Iterable[str]) -> None:
        """Take out items that became part of another one."""
        gone = set(outputs)
        if not gone:
            return
        first = min(self.places.pop(output) for output in gone)
        self.items[first:] = [one for one in self.items[first:] if one.output not in gone]
        for place, one in enumerate(self.items[first:], first):
            self.places[one.output] = place

    def same(self, call: Call, op: str, feature: Feature, **arguments: Any) -> None:
        """An item that changes no shape; ``note`` is its own."""
        self.layer(call, op, feature.tensor, self.shapes[feature.tensor], feature.layout, **arguments)

    def alias(self, call: Call, held: Held) -> None:
        """A node that changes nothing."""
        self.held[call.node.outputs[0]] = held

    def settled(self, feature: Feature, what: str) -> Feature:
        """The feature as a map whose axes are batch, channels and positions, rearranged where need be."""
        shape = self.shapes[feature.tensor]
        if feature.layout == plain(shape, self.batch):
            return feature
        squeezed = self._squeezed(feature, shape)
        if squeezed is not None:
            return squeezed
        found = rearrangement(feature.layout, shape, self.batch)
        if found is None and shape.rank > 1:
            layout, line = as_line(feature.layout, shape)
            if rearrangement(layout, line, self.batch) is not None:
                output = f"{feature.tensor}|tokens"
                if output not in self.places:
                    self.add(item("tokens", feature.tensor, output, shape=line))
                return self.settled(Feature(output, layout), what)
        if found is None:
            raise Unknown(
                f"{what}: the axes of its input {_sizes(feature.sizes)} are in no order that a spec has"
            )
        output = f"{feature.tensor}|{found.op}|{'x'.join(map(str, feature.sizes))}"
        if output not in self.places:
            maker = self.maker(feature.tensor)
            label = "" if maker is None else maker.label
            tensor, arguments = feature.tensor, found.arguments
            if maker is not None and found.op == "to_map" and maker.op == "crop":
                (extra, behind), *_ = cast("Any", maker.given("margins"))
                if not behind:  # the map is of the tokens behind those that are not of it
                    tensor, arguments = maker.inputs[0], {**arguments, "extra": extra}
            self.add(item(found.op, tensor, output, label=label, shape=found.shape, **arguments))
        return Feature(output, plain(found.shape, self.batch))

    def with_channels(self, feature: Feature, axis: int, what: str) -> Feature:
        """The feature as a map whose channels are an axis of the tensor, the others its positions."""
        order = (0, axis, *(one for one in range(1, len(feature.layout)) if one != axis))
        found = self.settled(Feature(feature.tensor, transposed(feature.layout, order)), what)
        back = sorted(range(len(order)), key=order.__getitem__)
        return Feature(found.tensor, transposed(found.layout, back))

    def _squeezed(self, feature: Feature, shape: Shape) -> Feature | None:
        """A vector where axes of size 1 are missing: ``Cx1x1`` read as ``C``."""
        batch = whole(BATCH, self.batch)
        channels = whole(CHANNELS, known(shape)[0])
        if (
            len(feature.layout) >= 2
            and feature.layout[:2] == (batch, channels)
            and not any(feature.layout[2:])
        ):
            return feature
        return None

    def is_private(self, tensor: str, parts: int = 1) -> bool:
        """Whether each name of a tensor is read at most once, but for one that is read for each of its
        ``parts``, and none is given out.
        """
        names = [
            name
            for name in dict.fromkeys(self.held.of.get(tensor, ()))
            if isinstance(held := self.held[name], Feature) and held.tensor == tensor
        ]
        several = [self.reads[name] for name in names if self.reads[name] > 1]
        return (not several or several == [parts]) and not set(names).intersection(self.model.graph.outputs)

    def spatial(self, feature: Feature) -> int:
        """Positions of the feature's map."""
        return prod(known(self.shapes[feature.tensor])[1:])

    # Counts

    def count_kernel(self, weight: Constant, output: str) -> str | None:
        """Count a weight once; the item that shares it, where one does."""
        name = weight.name or output
        first = self.kernels.setdefault(name, output)
        self.weights[name] = weight.elements
        return first if first != output else None

    def count_vector(self, *vectors: Constant | None) -> None:
        self.vectors += sum(vector.elements for vector in vectors if vector is not None)

    @property
    def params(self) -> int:
        return sum(self.weights.values()) + self.vectors


DOMAINS = {"", "com.microsoft"}
_LISTS = """axes perm pads kernel_shape strides dilations output_padding output_shape pooled_shape scales
    starts ends shape split"""
_TYPES: dict[str, Any] = {
    **dict.fromkeys(_LISTS.split(), tuple),
    **dict.fromkeys(("axis", "blocksize", "hidden_size", "size", "max", "min", "ratio"), int | float),
}
"""Of attributes that handlers give no default."""


def _tensors_of(held: Held | None) -> tuple[str, ...]:
    """The tensors that what a name holds is computed from."""
    if isinstance(held, Scores):
        return (held.query, held.key)
    if isinstance(held, Offsets):
        return (held.query,)
    found = held.feature if isinstance(held, Spread) else held
    return (found.tensor,) if isinstance(found, Feature) else ()


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


def needed(nodes: tuple[OnnxNode, ...], outputs: Iterable[str]) -> list[OnnxNode]:
    """The nodes that outputs depend on, in order of evaluation."""
    makers = {name: place for place, node in enumerate(nodes) for name in node.outputs if name}
    wanted: set[int] = set()
    waiting = [name for name in outputs if name in makers]
    while waiting:
        place = makers[waiting.pop()]
        if place in wanted:
            continue
        wanted.add(place)
        waiting.extend(name for name in _read_by(nodes[place]) if name in makers)
    return [nodes[place] for place in sorted(wanted)]


def _read_by(node: OnnxNode) -> Iterable[str]:
    yield from node.inputs
    for value in node.attributes.values():
        if isinstance(value, OnnxGraph):
            for inner in value.nodes:
                yield from _read_by(inner)
            yield from value.outputs


def _resolved(value: Any, given: Mapping[str, Any]) -> Any:
    return given.get(value.name) if isinstance(value, Reference) else value


def _sizes(sizes: tuple[int, ...]) -> str:
    return "x".join(map(str, sizes))
