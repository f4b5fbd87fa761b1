"""Which parts of a network become classes, with the statements of each; what differs in numbers is one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple, Protocol

from cnncalc.exporters.calls import MISSING, Call
from cnncalc.exporters.expressions import Expression, Loop, New, Sequence, joined
from cnncalc.exporters.tree import Copies, Leaf, Scope, is_numbered, label_of


class Made(Protocol):
    """A layer as an exporter wrote it."""

    @property
    def modules(self) -> tuple[Call, ...]: ...
    @property
    def expression(self) -> str: ...
    def _replace(self, *, modules: tuple[Call, ...]) -> Any: ...


class Statement(NamedTuple):
    """One line of a forward pass: a module applied, or an expression over tensors."""

    module: Expression | None
    expression: str
    """Empty where the module is called with the inputs."""
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    where: tuple[str, ...]
    """The scopes of the class that it is in, and its own name."""
    is_leaf: bool = True
    owner: str | None = None
    """The layer whose module it uses as well."""
    ops: tuple[str, ...] = ()
    what: str = ""
    """Of a structure that is a class of its own, the block that it calls, or the join at its end."""
    is_absent: bool = False
    """Whether other instances of the class have it, and this one passes its input on."""

    @property
    def chains(self) -> bool:
        """Whether it may be one of several modules in sequence."""
        return (
            self.module is not None
            and not self.expression
            and len(self.inputs) == len(self.outputs) == 1
            and self.owner is None
        )


class Part(NamedTuple):
    """One instance of a class: its statements, and the tensors that enter and leave."""

    statements: tuple[Statement, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


class Kind:
    """A class to be written, with all of its instances."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.instances: list[Part] = []


class Structure:
    """The classes of a network, the root last."""

    def __init__(self, root: Scope[Made]) -> None:
        self.root = root
        self.kinds: list[Kind] = []
        self.pinned = _shared(root)
        self._readers = Counter(tensor for leaf in root.leaves() for tensor in set(leaf.inputs))
        self._number_of: dict[object, int] = {}
        self._signatures: dict[int, object] = {}
        _fill_in(root, self)
        self._classes = self._chosen()
        self.main = self._part(root, ())

    def signature(self, scope: Scope[Made] | Copies[Made] | Leaf[Made]) -> object:
        """What two parts have in common that differ in numbers only."""
        found = self._signatures.get(id(scope))
        if found is None:
            found = self._signed(scope)
            self._signatures[id(scope)] = found
        return found

    def forget(self) -> None:
        """Work out the signatures anew, as something has changed."""
        self._signatures.clear()

    def _signed(self, part: Scope[Made] | Copies[Made] | Leaf[Made]) -> object:
        if isinstance(part, Leaf):
            return (tuple(map(_shape_of, part.made.modules)), part.made.expression)
        if isinstance(part, Copies):
            if self._loops(part):
                return ("loop", self.signature(part.copies[0]))
            whole: Scope[Made] = Scope("")
            whole.children = list(part.copies)
            return self._signed_list(whole)
        return self._signed_list(part)

    def _signed_list(self, scope: Scope[Made]) -> object:
        local: dict[str, int] = {}
        signed: list[object] = []
        for child in scope.children:
            inputs = child.inputs if not isinstance(child, Copies) else _inputs_of(child)
            reads = tuple([local.setdefault(tensor, len(local)) for tensor in inputs])
            outputs = child.outputs if not isinstance(child, Copies) else _outputs_of(child)
            makes = tuple([local.setdefault(tensor, len(local)) for tensor in outputs])
            signed.append((self.signature(child), reads, makes))
        leaves = tuple([local.get(tensor, -1) for tensor in scope.outputs])
        return (tuple(signed), leaves)

    def _loops(self, part: Copies[Made]) -> bool:
        """Whether copies are a chain of equals."""
        copies = part.copies
        if any(len(copy.inputs) != 1 or len(copy.outputs) != 1 for copy in copies) or self.is_pinned(part):
            return False
        if any(one.outputs != other.inputs for one, other in pairwise(copies)):
            return False
        if any(self._leaks(one, other) for one, other in pairwise(copies)):
            return False
        return len({self.signature(copy) for copy in copies}) == 1

    def _leaks(self, copy: Scope[Made], after: Scope[Made]) -> bool:
        """Whether something else than the next copy reads what a copy gives."""
        tensor = copy.outputs[0]
        readers = sum(tensor in leaf.inputs for leaf in after.leaves())
        return tensor in self.root.outputs or self._readers[tensor] > readers

    def is_pinned(self, part: Scope[Made] | Copies[Made]) -> bool:
        return any(leaf.output in self.pinned for leaf in part.leaves())

    def _chosen(self) -> set[object]:
        """The signatures of what becomes a class: calls of blocks, copies that are no plain sequence, and
        whatever occurs at several places, the largest first.
        """
        chosen: set[object] = set()
        blocks = [scope for scope in _scopes(self.root) if scope.block]
        calls = Counter(map(self.signature, blocks))
        for scope in blocks:
            signature = self.signature(scope)
            if self._is_worth(scope) and (not _is_sequence(scope) or calls[signature] > 1):
                chosen.add(signature)
        for part in _copies(self.root):
            if self._loops(part) and not _is_sequence(part.copies[0]):
                chosen.add(self.signature(part.copies[0]))
        while True:
            sites = self._sites(chosen)
            several = [
                (sum(1 for _ in scope.leaves()), signature)
                for signature, (scope, places) in sites.items()
                if places > 1 and not _is_sequence(scope) and self._is_worth(scope)
            ]
            if not several:
                return chosen
            most = max(size for size, _ in several)
            chosen.update(signature for size, signature in several if size == most)

    def _is_worth(self, scope: Scope[Made]) -> bool:
        if self.is_pinned(scope) or len(scope.inputs) < 1 or not scope.outputs:
            return False
        return sum(1 for leaf in scope.leaves() if leaf.made.modules) > 1

    def _sites(self, chosen: set[object]) -> dict[object, tuple[Scope[Made], int]]:
        """How many places of classes each other structure is at."""
        found: dict[object, tuple[Scope[Made], int]] = {}
        seen: set[object] = set()
        waiting: list[Scope[Made]] = [self.root]
        while waiting:
            for child in waiting.pop().children:
                inner = [child] if not isinstance(child, Copies) else child.copies
                if isinstance(child, Copies) and self._loops(child):
                    inner = child.copies[:1]
                for scope in inner:
                    if not isinstance(scope, Scope):
                        continue
                    signature = self.signature(scope)
                    if signature in chosen:
                        if signature not in seen:
                            seen.add(signature)
                            waiting.append(scope)
                        continue
                    before = found.get(signature, (scope, 0))
                    found[signature] = (scope, before[1] + 1)
                    waiting.append(scope)
        return found

    def _part(self, scope: Scope[Made], where: tuple[str, ...]) -> Part:
        statements = [one for child in scope.children for one in self._statements(child, where)]
        return Part(tuple(statements), tuple(scope.inputs), tuple(scope.outputs))

    def _statements(
        self, child: Leaf[Made] | Scope[Made] | Copies[Made], where: tuple[str, ...]
    ) -> Iterator[Statement]:
        inside = (*where, child.name)
        if isinstance(child, Leaf):
            yield self._leaf(child, inside)
        elif isinstance(child, Copies):
            loop = self._loop(child)
            if loop is not None:
                inputs, outputs = child.copies[0].inputs, child.copies[-1].outputs
                yield Statement(loop, "", tuple(inputs), tuple(outputs), inside, is_leaf=False)
                return
            for copy in child.copies:
                yield from self._statements(copy, inside)
        elif self.signature(child) in self._classes and not self.is_pinned(child):
            new = self._instance(child)
            ends = tuple(child.inputs), tuple(child.outputs)
            yield Statement(new, "", *ends, inside, is_leaf=False, what=child.block or _join_of(child))
        else:
            for one in child.children:
                yield from self._statements(one, inside)

    def _leaf(self, leaf: Leaf[Made], where: tuple[str, ...]) -> Statement:
        modules = leaf.made.modules
        return Statement(
            module=joined(list(modules)) if modules else None,
            expression=leaf.made.expression,
            inputs=tuple(leaf.inputs),
            outputs=(leaf.output,),
            where=where,
            owner=leaf.record.shares or (leaf.output if leaf.output in self.pinned else None),
            ops=(leaf.record.op,),
            is_absent=leaf.is_absent,
        )

    def _loop(self, part: Copies[Made]) -> Loop | None:
        if not self._loops(part):
            return None
        copies: list[Expression] = []
        for copy in part.copies:
            if self.signature(copy) in self._classes:
                copies.append(self._instance(copy))
                continue
            statements = self._part(copy, ()).statements
            modules = [one.module for one in statements if one.chains and one.module is not None]
            if len(modules) != len(statements):
                return None
            copies.append(joined(modules))
        return Loop(tuple(copies))

    def _instance(self, scope: Scope[Made]) -> New:
        signature = self.signature(scope)
        part = self._part(scope, ())
        number = self._number_of.get(signature)
        if number is None:
            number = self._number_of[signature] = len(self.kinds)
            self.kinds.append(Kind(_name_of(scope)))
        kind = self.kinds[number]
        kind.instances.append(part)
        return New(number, len(kind.instances) - 1)


def _fill_in(root: Scope[Made], structure: Structure) -> None:
    """Let structures of one name that differ in a branch only be alike, such as a shortcut that is projected
    or not: one that has no such branch gets it marked as absent.
    """
    named: dict[str, list[Scope[Made]]] = {}
    for scope in _scopes(root):
        name = scope.block or label_of(scope.name)
        if not structure.is_pinned(scope):
            named.setdefault(name, []).append(scope)
    for scopes in named.values():
        whole: dict[tuple[tuple[int, ...], str], tuple[Scope[Made], Scope[Made]]] = {}
        for scope in scopes:
            for place, child in _branches(scope):
                whole.setdefault((place, child.name), (scope, child))
        for (place, name), (model, branch) in whole.items():
            for scope in scopes:
                if not any(child.name == name for _, child in _branches(scope)):
                    _insert(scope, place, branch, model, structure)


def _branches(scope: Scope[Made]) -> Iterator[tuple[tuple[int, ...], Scope[Made]]]:
    """The branches of the joins in a scope, with where their joins are."""
    for number, child in enumerate(scope.children):
        if isinstance(child, Scope) and child.children and not child.block:
            last = child.children[-1]
            if isinstance(last, Leaf) and last.record.is_join:
                for branch in child.children:
                    if isinstance(branch, Scope) and _is_sequence(branch):
                        yield (number,), branch


def _insert(
    scope: Scope[Made], place: tuple[int, ...], branch: Scope[Made], model: Scope[Made], structure: Structure
) -> None:
    """Add a branch, marked as absent, where that makes two structures alike."""
    here = scope.children[place[0]] if place[0] < len(scope.children) else None
    there = model.children[place[0]]
    if not isinstance(here, Scope) or not isinstance(there, Scope):
        return
    join, wanted = here.children[-1], there.children[-1]
    if not isinstance(join, Leaf) or not isinstance(wanted, Leaf) or len(join.inputs) != len(wanted.inputs):
        return
    reads = [number for number, tensor in enumerate(wanted.inputs) if tensor in branch.outputs]
    if len(reads) != 1 or len(branch.inputs) != 1:
        return
    tensor = join.inputs[reads[0]]
    absent = _absent(branch, tensor, f"{join.output} less {branch.name}")
    position = there.children.index(branch)
    join.inputs[reads[0]] = absent.outputs[0]
    here.children.insert(position, absent)
    structure.forget()
    if structure.signature(scope) != structure.signature(model):
        here.children.pop(position)
        join.inputs[reads[0]] = tensor
        structure.forget()


def _absent(branch: Scope[Made], tensor: str, output: str) -> Scope[Made]:
    """A branch of another instance without its numbers."""
    found: Scope[Made] = Scope(branch.name)
    leaves, source = list(branch.leaves()), tensor
    for number, leaf in enumerate(leaves):
        made = leaf.made._replace(modules=tuple(map(_blank, leaf.made.modules)))
        one = Leaf(leaf.name, leaf.record, made)
        one.is_absent = True
        one.inputs = [tensor]
        tensor = output if number == len(leaves) - 1 else f"{output} {number}"
        one.output = tensor
        found.children.append(one)
    found.inputs, found.outputs = [source], [output]
    return found


def _blank(call: Call) -> Call:
    return call._replace(
        arguments=tuple([one._replace(value=MISSING) if one.is_number else one for one in call.arguments])
    )


def _shape_of(call: Call) -> object:
    """A call less its numbers."""
    return (
        call.function,
        tuple(
            [
                (one.name, _shape_of(one.value) if isinstance(one.value, Call) else None)
                if one.is_number or isinstance(one.value, Call)
                else (one.name, one.value)
                for one in call.arguments
            ]
        ),
        call.suffix,
    )


def _name_of(scope: Scope[Made]) -> str:
    """What a class is named after: its block, what it was called in the spec, or the join at its end."""
    if scope.block:
        return scope.block
    join = _join_of(scope)
    label = label_of(scope.name)
    if label == "body" or join == "dense_block":
        return "dense_layer"
    if label[0].isdigit() and join:
        return join
    return label.rstrip("0123456789_") or label


def _join_of(scope: Scope[Made]) -> str:
    last = scope.children[-1]
    return last.record.op if isinstance(last, Leaf) and last.record.is_join else ""


def _shared(root: Scope[Made]) -> set[str]:
    """The layers that share weights, on either side."""
    pairs = [(leaf.output, leaf.record.shares) for leaf in root.leaves() if leaf.record.shares]
    return {path for pair in pairs for path in pair if path}


def _scopes(scope: Scope[Made]) -> Iterator[Scope[Made]]:
    """All scopes within one."""
    for child in scope.children:
        for inner in child.copies if isinstance(child, Copies) else [child]:
            if isinstance(inner, Scope):
                yield inner
                yield from _scopes(inner)


def _copies(root: Scope[Made]) -> Iterator[Copies[Made]]:
    for scope in (root, *_scopes(root)):
        yield from (child for child in scope.children if isinstance(child, Copies))


def _is_sequence(scope: Scope[Made]) -> bool:
    """Whether a scope is modules one behind the other."""
    before: list[str] | None = None
    for leaf in scope.leaves():
        if not leaf.made.modules or leaf.made.expression or len(leaf.inputs) != 1:
            return False
        if before is not None and leaf.inputs != before:
            return False
        before = leaf.outputs
    return len(scope.outputs) == 1


def _inputs_of(part: Copies[Made]) -> list[str]:
    own = {tensor for copy in part.copies for tensor in copy.outputs}
    return list(dict.fromkeys(tensor for copy in part.copies for tensor in copy.inputs if tensor not in own))


def _outputs_of(part: Copies[Made]) -> list[str]:
    """What leaves the copies as a whole: what more than the next copy reads, and what the last gives."""
    if not part.copies:
        return []
    found = [
        tensor
        for copy, after in pairwise(part.copies)
        for tensor in copy.outputs
        if tensor not in after.inputs
    ]
    return [*found, *part.copies[-1].outputs]


def parts_in_sequence(
    statements: tuple[Statement, ...], outputs: tuple[str, ...], is_root: bool
) -> list[list[Statement]]:
    """The statements of a class in runs, each of which is one module."""
    uses = Counter(tensor for one in statements for tensor in one.inputs)
    uses.update(outputs)
    runs: list[list[Statement]] = []
    for one in statements:
        last = runs[-1][-1] if runs else None
        follows = (
            last is not None
            and last.chains
            and one.chains
            and one.inputs == last.outputs
            and uses[last.outputs[0]] == 1
        )
        if follows and last is not None and not (is_root and _is_border(last, one)):
            runs[-1].append(one)
        else:
            runs.append([one])
    return runs


def _is_border(last: Statement, one: Statement) -> bool:
    """Whether the main module of a network has another attribute from here on: at stages with a name of their
    own, and where the map becomes a vector.
    """
    if _stage(last) != _stage(one):
        return True
    return bool(set(one.ops) & ENDS) and not set(last.ops) & ENDS


ENDS = {"flatten", "global_avgpool", "global_maxpool", "adaptive_avgpool", "adaptive_maxpool"}


def _stage(one: Statement) -> str:
    """The named structure of the top level that a statement is in; empty for the layers beside them."""
    top = one.where[0]
    return "" if (one.is_leaf and len(one.where) == 1) or is_numbered(top) else top


__all__ = ["ENDS", "Kind", "Part", "Sequence", "Statement", "Structure", "parts_in_sequence"]
