"""The analysed layers as they were nested in the spec: scopes, copies of repeated items, tensors between."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

from cnncalc.analysis.report import LayerReport, Report
from cnncalc.blocks import SHORTHANDS
from cnncalc.layers.base import OPERATIONS

_COPY = re.compile(r"(.*)\[(\d+)\]", re.DOTALL)
UNNAMED = "\0"
"""Between the label and the number of what had no name, where that cannot be told from the label."""
_NUMBERED = re.compile(rf"(.+)[_{UNNAMED}]\d+", re.DOTALL)
_KERNEL = re.compile(r"\d+(x\d+)*$")

T = TypeVar("T")


class Leaf(Generic[T]):
    """One layer, with what an exporter made of it."""

    def __init__(self, name: str, record: LayerReport, made: T) -> None:
        self.name = name
        self.record = record
        self.made = made
        self.inputs = list(record.inputs)
        self.output = record.path
        self.is_absent = False
        """Whether it is only there in other instances of a structure."""

    @property
    def outputs(self) -> list[str]:
        return [self.output]

    def leaves(self) -> Iterator[Leaf[T]]:
        yield self


class Scope(Generic[T]):
    """Layers of one list, join or call of a block."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.children: list[Leaf[T] | Scope[T] | Copies[T]] = []
        self.block: str | None = None
        """The block that it is a call of."""
        self.inputs: list[str] = []
        """Tensors made outside and read inside."""
        self.outputs: list[str] = []
        """Tensors made inside and read outside."""

    def leaves(self) -> Iterator[Leaf[T]]:
        for child in self.children:
            yield from child.leaves()


class Copies(Generic[T]):
    """The copies of a repeated item, each a scope."""

    def __init__(self, name: str, copies: list[Scope[T]]) -> None:
        self.name = name
        self.copies = copies

    def leaves(self) -> Iterator[Leaf[T]]:
        for copy in self.copies:
            yield from copy.leaves()


def tree_of(report: Report, made: Sequence[T]) -> Scope[T]:
    """The root, of which every list is a scope."""
    root: Scope[T] = Scope("")
    for record, one in zip(report.layers, made, strict=True):
        _place(root, record, one)
    _regroup(root)
    _name_blocks(root, 0)
    ends = {output.path for output in report.outputs}
    readers: dict[str, set[int]] = {}
    for number, leaf in enumerate(root.leaves()):
        for tensor in leaf.inputs:
            readers.setdefault(tensor, set()).add(number)
    numbers = {id(leaf): number for number, leaf in enumerate(root.leaves())}
    _border(root, readers, numbers, ends)
    root.inputs = [name for name, _ in report.inputs]
    root.outputs = [output.path for output in report.outputs]
    return root


def _place(root: Scope[T], record: LayerReport, made: T) -> None:
    scope = root
    *above, name = record.path.split("/")
    for part in above:
        last = scope.children[-1] if scope.children else None
        if not isinstance(last, Scope) or last.name != part:
            last = Scope(part)
            scope.children.append(last)
        scope = last
    last = scope.children[-1] if scope.children else None
    if isinstance(last, Scope) and last.name == name:  # the join of what is in that scope
        scope, name = last, f"{record.op}{UNNAMED}1"
    scope.children.append(Leaf(name, record, made))


def _regroup(scope: Scope[T]) -> None:
    """Let the copies of a repeated item be one child."""
    _complete_dense(scope)
    children: list[Leaf[T] | Scope[T] | Copies[T]] = []
    copies: list[Scope[T]] = []
    first, index = "", -1
    for child in scope.children:
        if isinstance(child, Scope):
            _regroup(child)
            child = _collapsed(child)
        found = _COPY.fullmatch(child.name)
        if found is None:
            copies, index = [], -1
            children.append(child)
            continue
        base, number = found[1], int(found[2])
        if not copies or not (number == index or (number > index and base == first)):
            first, copies = base, []
            children.append(Copies(base, copies))
        if not copies or number != index:
            copies.append(Scope(f"{first}[{number}]"))
        copies[-1].children.append(child)
        index = number
    scope.children = children
    for child in children:
        if isinstance(child, Copies):
            child.copies[:] = [_alone(copy) for copy in child.copies]


def _complete_dense(scope: Scope[T]) -> None:
    """Let the last copy of a dense block contain its join, as those before it do."""
    if len(scope.children) < 2:
        return
    last, before = scope.children[-1], scope.children[-2]
    if isinstance(last, Leaf) and last.record.op == "dense_block" and "[" in before.name:
        assert isinstance(before, Scope)
        before.children.append(last)
        scope.children.pop()


def _collapsed(scope: Scope[T]) -> Scope[T]:
    """A scope that contains nothing but a scope, as one of the name that was given."""
    only = scope.children[0]
    if len(scope.children) != 1 or not isinstance(only, Scope):
        return scope
    if not is_numbered(scope.name) or is_numbered(only.name):
        only.name = scope.name
    return only


def _alone(scope: Scope[T]) -> Scope[T]:
    """A scope that contains nothing but a scope, as that one."""
    only = scope.children[0]
    return only if len(scope.children) == 1 and isinstance(only, Scope) else scope


def _name_blocks(scope: Scope[T], consumed: int) -> None:
    """Find which scopes are calls of blocks, from the calls that led to their layers."""
    chains = [leaf.record.origin.chain for leaf in scope.leaves()]
    shared = min(map(len, chains), default=0)
    while shared > consumed and len({chain[:shared] for chain in chains}) > 1:
        shared -= 1
    if shared > consumed:
        block = _block_of(chains[0][consumed])
        if label_of(scope.name) == block or not is_numbered(scope.name):
            if label_of(scope.name) == block and "[" not in scope.name:
                scope.name = UNNAMED.join(scope.name.rsplit("_", 1))
            scope.block, consumed = block, consumed + 1
    for child in scope.children:
        for inner in child.copies if isinstance(child, Copies) else [child]:
            if isinstance(inner, Scope):
                _name_blocks(inner, consumed)


def _block_of(call: str) -> str:
    return call.split("`")[1] if call.count("`") > 1 else call


def label_of(name: str) -> str:
    """A name without the index of a copy and the number of an unnamed item."""
    found = _COPY.fullmatch(name)
    base = found[1] if found else name
    numbered = _NUMBERED.fullmatch(base)
    return numbered[1] if numbered else base


def is_numbered(name: str) -> bool:
    """Whether an item had no name of its own: its operation or shorthand, and a number."""
    found = _COPY.fullmatch(name)
    if not _NUMBERED.fullmatch(found[1] if found else name):
        return False
    if UNNAMED in name:
        return True
    label = _KERNEL.sub("", label_of(name))
    return label in OPERATIONS or label in SHORTHANDS or label in ("seq", "head", "body")


def _border(scope: Scope[T], readers: dict[str, set[int]], numbers: dict[int, int], ends: set[str]) -> None:
    """Find the tensors that enter and leave each scope."""
    inside = {numbers[id(leaf)] for leaf in scope.leaves()}
    own = {leaf.output for leaf in scope.leaves()}
    read = [tensor for leaf in scope.leaves() for tensor in leaf.inputs]
    scope.inputs = list(dict.fromkeys(tensor for tensor in read if tensor not in own))
    scope.outputs = [
        leaf.output
        for leaf in scope.leaves()
        if leaf.output in ends or not readers.get(leaf.output, set()) <= inside
    ]
    for child in scope.children:
        for inner in child.copies if isinstance(child, Copies) else [child]:
            if isinstance(inner, Scope):
                _border(inner, readers, numbers, ends)
