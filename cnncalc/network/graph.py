"""Names resolved and nodes in order of evaluation: from the steps of a structure to a graph without
cycles.
"""

from __future__ import annotations

from itertools import islice
from typing import NamedTuple, NoReturn

from cnncalc.errors import MOST_ERRORS, TOO_MANY_ERRORS, Diagnostic, Fault, Origin
from cnncalc.layers.base import Adapter, Layer
from cnncalc.network.expectation import Expectation
from cnncalc.network.naming import Names, copy_named
from cnncalc.network.structure import (
    AdapterBody,
    Body,
    Branch,
    Current,
    Entry,
    HeadBody,
    JoinBody,
    LayerBody,
    LayerStep,
    Part,
    Ref,
    SeriesBody,
    Step,
    Steps,
)
from cnncalc.support.words import MAX_CANDIDATES, did_you_mean, shown

RAISE_LIMIT = "lower a `repeat`, or pass --max-layers"
MOST_LAYERS = 200_000
"""A file with more layers than this in all models and cases is rejected, unless it is loaded with another
limit.
"""
INPUTS_PER_LAYER = 10
"""Inputs of all layers together, on average."""
MOST_CHARACTERS = 64_000_000
"""Characters of the paths of all layers together."""


class Node(NamedTuple):
    """One layer to be evaluated. ``inputs`` are indices of earlier nodes; the network's inputs are the first
    ones.
    """

    path: str
    op: str
    layer: Layer | Adapter | None
    inputs: tuple[int, ...]
    origin: Origin
    share: int | None = None
    is_frozen: bool = False
    """Whether its parameters are not trained."""


class ExpectedOf(NamedTuple):
    """A step's ``expect``, with the path it is about and the nodes at its borders."""

    expectation: Expectation
    path: str
    output: int
    entry: int


class Graph(NamedTuple):
    """A network ready for analysis."""

    nodes: tuple[Node, ...]
    outputs: tuple[int, ...]
    """The main output first, then the heads."""
    expectations: tuple[ExpectedOf, ...]

    @property
    def layer_count(self) -> int:
        """The nodes that are not inputs."""
        return sum(node.layer is not None for node in self.nodes)

    def ends(self) -> tuple[str, ...]:
        """The paths of what may be meant as an output: the main one, the heads, and what no layer reads."""
        read = {source for node in self.nodes for source in node.inputs}
        idle = [at for at, node in enumerate(self.nodes) if node.layer is not None and at not in read]
        return tuple([self.nodes[at].path for at in dict.fromkeys((*self.outputs, *idle))])

    def cuts(self) -> tuple[int, ...]:
        """The nodes through which everything goes, in their order: no later one, and no output, reads an
        earlier one.
        """
        found = []
        earliest = min(self.outputs, default=0)
        for at in range(len(self.nodes) - 1, -1, -1):
            if earliest >= at:
                found.append(at)
            node = self.nodes[at]
            earliest = min(earliest, *node.inputs, at if node.share is None else node.share)
        return tuple(reversed(found))


class _Binding(NamedTuple):
    """What a name refers to: the output tensor, and the nodes of each copy, those of norm and activation
    apart.
    """

    output: int
    copies: tuple[range, ...]
    ends: tuple[int, ...] | None = None
    """What comes out of each copy; ``None`` where nothing is repeated."""
    is_open: bool = False
    """Whether the number of copies is not known, one being there for all."""


class _ListNames:
    """The names of one list, inside those of the enclosing lists."""

    def __init__(self, prefix: str, parent: _ListNames | None, caller: _ListNames | None, depth: int) -> None:
        self.prefix = prefix
        self.parent = parent
        self.caller = caller
        self.depth = depth
        self.entry = 0
        self.origin = Origin()
        self.names: dict[str, _Binding | int] = {}
        """Those of single layers are the indices of their nodes."""
        self.numbering = Names()

    def find(self, ref: Ref) -> _Binding | None:
        scope: _ListNames | None = self
        while scope is not None and scope.depth > ref.depth:
            scope = scope.parent or scope.caller
        while scope is not None:
            if ref.name in scope.names:
                found = scope.names[ref.name]
                return _Binding(found, (range(found, found + 1),)) if isinstance(found, int) else found
            scope = scope.parent
        return None

    def current_at(self, depth: int, current: int) -> int:
        """The current tensor of a list, or of the call of a block from inside it."""
        scope: _ListNames | None = self
        while scope is not None and scope.depth > depth:
            current = scope.entry
            scope = scope.parent or scope.caller
        return current

    def visible(self) -> list[str]:
        """The names in scope, the nearest last; not more than are worth comparing."""
        found: list[str] = []
        scope: _ListNames | None = self
        while scope is not None:
            found.extend(islice(reversed(scope.names), MAX_CANDIDATES - len(found)))
            scope = scope.parent
        return found[::-1]


def build_graph(
    steps: Steps, inputs: tuple[str, ...], most_layers: int = MOST_LAYERS, before: int = 0
) -> tuple[Graph, list[Diagnostic]]:
    """The graph of a network with these inputs, and what is wrong with its names.

    Use the graph only where nothing is wrong. ``before`` layers of the file are in other graphs.

    Raises:
        OverLimit: for a network that exceeds a limit.
    """
    builder = _GraphBuilder(inputs, most_layers, before)
    main = builder.series(steps, builder.root, 0)
    graph = Graph(tuple(builder.nodes), (main, *builder.heads), tuple(builder.expectations))
    return graph, builder.diagnostics


class _GraphBuilder:
    def __init__(self, inputs: tuple[str, ...], most_layers: int, before: int) -> None:
        self.most_layers = most_layers
        self.before = before
        self.references = 0
        self.characters = 0
        self.idle = 0
        """Copies without a layer in them."""
        self.nodes = [Node(name, "input", None, (), Origin()) for name in inputs]
        self.heads: list[int] = []
        self.expectations: list[ExpectedOf] = []
        self.diagnostics: list[Diagnostic] = []
        self.inputs = {name: _Binding(index, ()) for index, name in enumerate(inputs)}
        self.root = self._scope("", None, None, 0)
        self.root.numbering.taken.update(inputs)

    def _scope(
        self, prefix: str, parent: _ListNames | None, caller: _ListNames | None, depth: int
    ) -> _ListNames:
        scope = _ListNames(prefix, parent, caller, depth)
        if parent is None:
            scope.names.update(self.inputs)
        return scope

    def series(self, steps: Steps, scope: _ListNames, current: int) -> int:
        """The nodes of a list, from the tensor ``current`` on; the index of the tensor at its end."""
        scope.entry = current
        self._reserve_names(steps, scope)
        for step in steps:
            if isinstance(step, LayerStep):
                name = scope.numbering.own(step.label)
                path, op = scope.prefix + name, step.layer.op
                current = scope.names[name] = self._node(path, op, step.layer, (current,), step.origin)
            else:
                current = self._step(step, scope, current)
        return current

    def _reserve_names(self, steps: Steps, scope: _ListNames) -> None:
        for step in steps:
            if isinstance(step, LayerStep) or step.name is None:
                continue
            if step.name in scope.numbering.taken:
                fault = Fault(
                    "E208",
                    f"the name `{shown(step.name)}` is used twice",
                    "give each item of a list another name",
                )
                self._report(fault, step.origin, scope.prefix + step.name)
            scope.numbering.taken.add(step.name)

    def _step(self, step: Step, scope: _ListNames, current: int) -> int:
        numbering = scope.numbering
        origin = step.origin if step.origin.location is not None else scope.origin
        names = [
            step.name if place == 0 and step.name else numbering.own(label)
            for place, label in enumerate(step.labels)
        ]
        path = scope.prefix + names[0] if names else scope.prefix
        entry = current if step.source is None else self._resolve(step.source, scope, current, path)
        tensor, copies, before = entry, [], len(self.nodes)
        ends: list[int] = []
        for number, parts in enumerate(step.copies):
            index = f"[{number}]" if step.is_repeated else ""
            first = stop = len(self.nodes)
            for place, (name, part) in enumerate(zip(names, parts, strict=False)):
                tensor = self._part(part, f"{scope.prefix}{name}{index}", scope, tensor, origin)
                stop = len(self.nodes) if place == 0 else stop
            copies.append(range(first, stop))
            ends.append(tensor)
            if len(self.nodes) == first:
                self._count_idle(origin, path)
        if step.is_frozen:
            self.nodes[before:] = [node._replace(is_frozen=True) for node in self.nodes[before:]]
        if step.share is not None:
            self._share(step.share, tuple(copies), scope, path, step.is_open)
        if names:
            outputs = tuple(ends) if step.is_repeated else None
            scope.names[names[0]] = _Binding(tensor, tuple(copies), outputs, step.is_open)
            if step.expectations:
                self.expectations += [ExpectedOf(one, path, tensor, entry) for one in step.expectations]
        return current if step.is_head else tensor

    def _part(self, part: Part, path: str, scope: _ListNames, current: int, origin: Origin) -> int:
        body: Body = part.body
        if isinstance(body, LayerBody):
            inputs: tuple[int, ...] = (current,) if body.reads_current else ()
            if body.references:
                inputs += tuple([self._reference(ref, scope, current, path) for ref in body.references])
            return self._node(path, body.layer.op, body.layer, inputs, origin)
        if isinstance(body, SeriesBody):
            return self._nested(body, path + "/", scope, current, origin)
        if isinstance(body, HeadBody):
            self.heads.append(self._nested(SeriesBody(body.steps), path + "/", scope, current, origin))
            return self.heads[-1]
        return self._join(body, path, scope, current, origin)

    def _nested(self, body: SeriesBody, prefix: str, scope: _ListNames, current: int, origin: Origin) -> int:
        """A list inside a list; steps made by a shorthand have the place of the shorthand."""
        parent, caller = (None, scope) if body.is_block else (scope, None)
        inner = self._scope(prefix, parent, caller, scope.depth + body.is_block)
        inner.origin = origin
        return self.series(body.steps, inner, current)

    def _join(self, body: JoinBody, path: str, scope: _ListNames, current: int, origin: Origin) -> int:
        entry = current
        if body.lead:
            entry = self._nested(SeriesBody(body.lead), path + "/", scope, current, origin)
        inputs: list[int] = []
        for branch in body.branches:
            if isinstance(branch, Ref) and (named := copy_named(branch.name)) and named[1] is None:
                inputs += self._all_copies(branch, named[0], scope, path)
            else:
                inputs.append(self._branch(branch, path, scope, entry, inputs, origin))
        if not inputs:
            fault = Fault("E106", f"{body.op} has nothing to join: there are no copies", "raise the `repeat`")
            self._report(fault, origin, path)
            return entry
        return self._node(path, body.op, body.layer, tuple(inputs), origin)

    def _all_copies(self, ref: Ref, base: str, scope: _ListNames, path: str) -> tuple[int, ...]:
        """The tensors at the end of each copy."""
        whole = scope.find(ref)
        if whole is not None:
            return (whole.output,)
        found = scope.find(ref._replace(name=base))
        if found is None or found.ends is None:
            self._unknown_name(ref, scope, path)
            return ()
        return found.ends

    def _branch(
        self,
        branch: Branch | Ref | Current,
        path: str,
        scope: _ListNames,
        entry: int,
        before: list[int],
        origin: Origin,
    ) -> int:
        if not isinstance(branch, Branch):
            return self._reference(branch, scope, entry, path)
        prefix = f"{path}/{branch.name}" if branch.name else path
        if isinstance(branch.body, AdapterBody):
            return self._node(prefix, "adapter", branch.body.adapter, (entry, before[-1]), origin)
        return self._nested(branch.body, prefix + "/", scope, entry, origin)

    def _node(
        self, path: str, op: str, layer: Layer | Adapter, inputs: tuple[int, ...], origin: Origin
    ) -> int:
        self.references += len(inputs)
        self.characters += len(path)
        if self.before + len(self.nodes) - len(self.inputs) >= self.most_layers:
            self._stop(too_many_layers(self.most_layers), origin, path)
        if self.references > INPUTS_PER_LAYER * self.most_layers:
            message = f"more than {INPUTS_PER_LAYER * self.most_layers:,} inputs of layers"
            self._stop(
                Fault("E102", message, "join tensors that are joined repeatedly only once"), origin, path
            )
        if self.characters > MOST_CHARACTERS:
            message = f"the paths of all layers have more than {MOST_CHARACTERS:,} characters"
            self._stop(Fault("E102", message, "use shorter names"), origin, path)
        self.nodes.append(Node(path, op, layer, inputs, origin))
        return len(self.nodes) - 1

    def _count_idle(self, origin: Origin, path: str) -> None:
        self.idle += 1
        if self.idle > self.most_layers:
            self._stop(
                Fault(
                    "E102",
                    f"more than {self.most_layers:,} copies without a layer in them",
                    "lower a `repeat`",
                ),
                origin,
                path,
            )

    def _report(self, fault: Fault, origin: Origin, path: str | None) -> None:
        if len(self.diagnostics) == MOST_ERRORS:
            self._stop(Fault("E102", *TOO_MANY_ERRORS), origin, path)
        self.diagnostics.append(origin.place(fault, path))

    def _stop(self, fault: Fault, origin: Origin, path: str | None) -> NoReturn:
        raise OverLimit([*self.diagnostics, origin.place(fault, path)])

    def _reference(self, ref: Ref | Current | Entry, scope: _ListNames, current: int, path: str) -> int:
        if isinstance(ref, Ref):
            return self._resolve(ref, scope, current, path)
        return scope.entry if isinstance(ref, Entry) else current

    def _resolve(self, ref: Ref, scope: _ListNames, current: int, path: str) -> int:
        if ref.name == "prev":
            return scope.current_at(ref.depth, current)
        binding = self._binding(ref, scope)
        if binding is not None:
            return binding.output
        self._unknown_name(ref, scope, path)
        return current

    def _binding(self, ref: Ref, scope: _ListNames) -> _Binding | None:
        """What a name stands for; a copy of a repeated item is named by its index."""
        found, named = scope.find(ref), copy_named(ref.name)
        if found is not None or named is None or named[1] is None:
            return found
        base, index = scope.find(ref._replace(name=named[0])), named[1]
        if base is not None and base.is_open:
            return base
        if base is None or base.ends is None or not -len(base.ends) <= index < len(base.ends):
            return None
        return _Binding(base.ends[index], (base.copies[index],))

    def _unknown_name(self, ref: Ref, scope: _ListNames, path: str) -> None:
        known = scope.visible()
        guess = did_you_mean(ref.name, [*known, "prev"])
        help = (
            f"did you mean `{shown(guess)}`?"
            if guess
            else f"names so far: {', '.join(map(shown, known[-8:]))}"
        )
        named = copy_named(ref.name)
        if named is not None and (base := scope.find(ref._replace(name=named[0]))) is not None:
            help = _copies_in_words(named[0], named[1], base)
        if ref.name in scope.numbering.taken:
            itself = path.rpartition("/")[2] == ref.name
            help = "an item cannot refer to itself" if itself else "it comes later; refer to an earlier name"
        fault = Fault("E201", f"no earlier tensor is named `{shown(ref.name)}`", help)
        self._report(fault, ref.origin, path)

    def _share(
        self, ref: Ref, copies: tuple[range, ...], scope: _ListNames, path: str, is_open: bool
    ) -> None:
        """Let each node use the weights of its counterpart: copy by copy, or all copies those of one."""
        shared = self._binding(ref, scope)
        if shared is None:
            self._unknown_name(ref, scope, path)
            return
        originals = shared.copies if len(shared.copies) != 1 else shared.copies * len(copies)
        if len(originals) != len(copies) and (is_open or shared.is_open):
            return
        if len(originals) != len(copies):
            message = f"`{shown(ref.name)}` has {len(originals)} copies, but this has {len(copies)}"
            self._report(Fault("E209", message, _SHARE_HELP), ref.origin, path)
            return
        for there, here in zip(originals, copies, strict=True):
            fault = self._share_nodes(there, here)
            if fault is not None:
                self._report(fault, ref.origin, path)
                return

    def _share_nodes(self, originals: range, users: range) -> Fault | None:
        """Point users to originals; a fault where they differ."""
        if len(originals) != len(users):
            return Fault(
                "E209",
                f"{_layers(len(users))} cannot share the weights of {_layers(len(originals))}",
                _SHARE_HELP,
            )
        for original, user in zip(originals, users, strict=True):
            there, here = self.nodes[original], self.nodes[user]
            if there.op != here.op:
                return Fault(
                    "E209", f"`{shown(there.path)}` is of kind {there.op}, but this is {here.op}", _SHARE_HELP
                )
            self.nodes[user] = here._replace(share=original if there.share is None else there.share)
        return None


def _copies_in_words(name: str, index: int | None, binding: _Binding) -> str:
    """Which copies of an item can be named."""
    base = shown(name)
    if binding.ends is None:
        return f"`{base}` has no copies, it says no `repeat`: name it `{base}`"
    if index is None:
        return f'all copies are joined in a list only: `concat: ["{base}[*]"]`; `{base}` is the last one'
    count = len(binding.ends)
    return f"`{base}` has {f'the copies {base}[0] .. {base}[{count - 1}]' if count else 'no copies'}"


_SHARE_HELP = "share weights only between layers of the same kind and shape"


class OverLimit(Exception):
    """A network that exceeds a limit; ``diagnostics`` has what was found before, and the limit last."""

    def __init__(self, diagnostics: list[Diagnostic]) -> None:
        super().__init__(diagnostics[-1].message)
        self.diagnostics = diagnostics


def too_many_layers(most: int) -> Fault:
    """The limit on layers, as a fault."""
    return Fault("E102", f"more than {most:,} layers in the file", RAISE_LIMIT)


def _layers(count: int) -> str:
    return "1 layer" if count == 1 else f"{count} layers"
