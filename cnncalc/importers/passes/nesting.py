"""Series merged and joins nested: the structure of a network from its graph alone.

A chain of layers, each read by the next alone, is one list. A join whose inputs all come from one tensor,
directly
or by lists that nothing else reads, is a structure fed with that tensor. Both are done again and again in
order of
evaluation, so that what is inside is nested first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from cnncalc.frameworks.rules import Framework
from cnncalc.importers.items import Item, Network
from cnncalc.importers.passes.arguments import layer, refers
from cnncalc.language.written import CURRENT, Branch, Piece

JOINS = ("concat", "add", "mul", "sub", "div", "max")


class Chain(NamedTuple):
    """A list that is read from one tensor, or begins with a join of several."""

    inputs: tuple[str, ...]
    pieces: tuple[Piece, ...]
    output: str
    refers: tuple[str, ...] = ()
    """Tensors that layers in it name."""


def nested(network: Network, framework: Framework, flat: bool = False) -> tuple[Chain, ...]:
    """The chains of a network that are left, in order of evaluation; one where all could be nested."""
    nest = _Nest(network, flat)
    for one in network.items:
        chain = _chain(one, framework)
        nest.add(nest.with_offsets(chain) if one.op == "deform_conv" else chain)
    return tuple(nest.chains.values())


def _chain(one: Item, framework: Framework) -> Chain:
    if one.op in JOINS:
        branches = tuple(Branch("", tensor=tensor) for tensor in one.inputs)
        piece = Piece(op=one.op, branches=branches, items=(one,), note=one.note, output=one.output)
        return Chain(one.inputs, (piece,), one.output)
    named = refers(one)
    named += (one.share,) if one.share is not None else ()
    return Chain(one.inputs[:1], (layer(one, framework),), one.output, named)


def _following(chain: Chain) -> tuple[Piece, ...]:
    """The pieces behind others that make what they read; a join of that one tensor reads the current one."""
    first, *others = chain.pieces
    branches = tuple(
        branch._replace(tensor=CURRENT) if branch.tensor == chain.inputs[0] else branch
        for branch in first.branches
    )
    return (first._replace(branches=branches), *others)


class _Nest:
    """Chains by the tensor they make, and how often each tensor is read."""

    def __init__(self, network: Network, flat: bool) -> None:
        self.chains: dict[str, Chain] = {}
        self.flat = flat
        self.outputs = set(network.outputs)
        self.readers: Counter[str] = Counter()
        self.named: set[str] = set()
        for one in network.items:
            self.readers.update(one.inputs)
            self.named.update(refers(one))
            if one.share is not None:
                self.named.add(one.share)

    def add(self, chain: Chain) -> None:
        """Add a chain, nested and merged with those before it as far as possible."""
        if chain.pieces[0].op in JOINS and not self.flat:
            chain = self._nested(chain)
        if len(set(chain.inputs)) == 1 and self._is_private(chain.inputs[0]) and len(chain.inputs) == 1:
            before = self.chains.pop(chain.inputs[0])
            pieces = before.pieces + _following(chain)
            chain = Chain(before.inputs, pieces, chain.output, before.refers + chain.refers)
        self.chains[chain.output] = chain

    def with_offsets(self, chain: Chain) -> Chain:
        """A deformable convolution with the convolution that makes its offsets, which is part of it."""
        (piece,) = chain.pieces
        tensor, offsets = piece.items[0].inputs
        (maker,) = self.chains.pop(offsets).pieces
        self.readers[tensor] -= 1
        return chain._replace(pieces=(piece._replace(items=maker.items + piece.items),))

    def _is_private(self, tensor: str) -> bool:
        """Whether a chain makes a tensor that is read once and given out or named nowhere."""
        return (
            tensor in self.chains
            and self.readers[tensor] == 1
            and tensor not in self.outputs
            and tensor not in self.named
        )

    def _nested(self, chain: Chain) -> Chain:
        """A join with its branches, where they all begin at one tensor."""
        join = chain.pieces[0]
        source = self._common_source(chain.inputs)
        if source is None:
            return chain
        branches: list[Branch] = []
        refers: list[str] = []
        for tensor in chain.inputs:
            if tensor == source:
                branches.append(Branch("", tensor=CURRENT))
                continue
            branch = self.chains.pop(tensor)
            refers.extend(branch.refers)
            branches.append(Branch("", branch.pieces))
        self.readers[source] -= len(chain.inputs) - 1
        piece = structure(join, tuple(branches))
        return Chain((source,), (piece,), chain.output, tuple(refers))

    def _common_source(self, inputs: Iterable[str]) -> str | None:
        """The tensor from which each input comes: it itself, or that from which its private chain begins."""
        inputs = tuple(inputs)
        choices: list[set[str]] = []
        for tensor in inputs:
            found = {tensor}
            chain = self.chains.get(tensor)
            if chain is not None and self._is_private(tensor) and len(chain.inputs) == 1:
                found.add(chain.inputs[0])
            choices.append(found)
        common = set.intersection(*choices)
        if not common or len(set(inputs)) == 1:
            return None
        if len(common) == 1:
            return common.pop()
        return next((tensor for tensor in inputs if tensor in common), None)


def structure(join: Piece, branches: tuple[Branch, ...]) -> Piece:
    """A join and its branches by the word that says most."""
    if join.op == "add" and len(branches) == 2:
        return _residual(join, branches)
    return join._replace(branches=branches)


def _residual(join: Piece, branches: tuple[Branch, ...]) -> Piece:
    """The longer branch is the body; what is beside it the shortcut."""
    body, shortcut = sorted(branches, key=lambda branch: -_weight(branch.pieces))
    if branches[0] is not body and _weight(branches[0].pieces) == _weight(branches[1].pieces):
        body, shortcut = branches
    named = (body._replace(name="body"), shortcut._replace(name="shortcut"))
    return join._replace(op="residual", branches=named)


def _weight(pieces: tuple[Piece, ...]) -> int:
    """The layers of a list, those inside included."""
    return sum(
        len(piece.items) + sum(_weight(branch.pieces) for branch in piece.branches) for piece in pieces
    )
