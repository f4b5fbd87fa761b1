"""What could not be nested, laid one after another: names for what is read again, heads for further
outputs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cnncalc.importers.items import Network
from cnncalc.importers.passes.folding import is_afterwards
from cnncalc.importers.passes.labelling import named_part
from cnncalc.importers.passes.nesting import Chain
from cnncalc.language.written import CURRENT, Branch, Piece


def laid_out(chains: Sequence[Chain], network: Network, main: str) -> tuple[Piece, ...]:
    """The one list of a network whose last tensor is the main output."""
    chains = _ordered(chains, main)
    read = {tensor for chain in chains for tensor in (*chain.inputs, *chain.refers)}
    current = network.inputs[0][0]
    given_out = [tensor for tensor, _ in network.inputs if tensor in network.outputs and tensor != main]
    found: list[Piece] = [_as_it_is(tensor, None if tensor == current else tensor) for tensor in given_out]
    for chain in chains:
        pieces = list(chain.pieces)
        is_head = chain.output in network.outputs and chain.output != main and chain.output not in read
        pieces[0] = _reading(pieces[0], chain, current)
        if is_head:
            source, pieces[0] = pieces[0].source, pieces[0]._replace(source=None)
            found.append(
                Piece(op="head", branches=(Branch("", tuple(pieces)),), source=source, output=chain.output)
            )
            continue
        found.extend(pieces)
        current = chain.output
        if chain.output in network.outputs and chain.output != main:
            found.append(_as_it_is(chain.output))
    if current != main or not chains:
        found.append(Piece(op="identity", source=None if main == current else main, output=f"{main}!"))
    return tuple(found)


def _as_it_is(tensor: str, source: str | None = None) -> Piece:
    """An output that is a tensor as it is."""
    identity = (Branch("", (Piece(op="identity"),)),)
    return Piece(op="head", branches=identity, source=source, output=f"{tensor}!")


def main_output(network: Network) -> str:
    """The output that ends the main path: the first one that nothing reads or shares weights with, else the
    last; of a spec its own.
    """
    if network.of_spec:
        return network.outputs[0]
    read = {tensor for one in network.items for tensor in (*one.inputs, one.share)}
    return next((tensor for tensor in network.outputs if tensor not in read), network.outputs[-1])


def _ordered(chains: Sequence[Chain], main: str) -> list[Chain]:
    """The chains with the one of the main output as late as possible: before those that need it."""
    needing = {main}
    for chain in chains:
        if needing & {*chain.inputs, *chain.refers}:
            needing.add(chain.output)
    last = [chain for chain in chains if chain.output == main]
    after = [chain for chain in chains if chain.output in needing and chain.output != main]
    return [chain for chain in chains if chain.output not in needing] + last + after


def _reading(piece: Piece, chain: Chain, current: str) -> Piece:
    """The first piece with what it reads, where that is not the current tensor."""
    if len(chain.inputs) > 1:
        branches = tuple(
            branch._replace(tensor=CURRENT) if branch.tensor == current else branch
            for branch in piece.branches
        )
        return piece._replace(branches=branches)
    source = chain.inputs[0]
    return piece if source == current else piece._replace(source=source)


def names_of(
    pieces: tuple[Piece, ...], network: Network, main_inputs: Mapping[str, str], all_named: bool = False
) -> tuple[tuple[Piece, ...], dict[str, str]]:
    """The pieces with names for the tensors that are referred to, or for all of them, and those names."""
    wanted = set(_referred(pieces))
    labels = {one.output: one.label for one in network.items}
    names = dict(main_inputs)
    taken = set(names.values())
    found: list[Piece] = []
    for place, piece in enumerate(pieces):
        if all_named or piece.output in wanted:
            name = _free(_own_name(pieces, place, labels) or piece.op, taken)
            taken.add(name)
            names[piece.output] = name
            piece = piece._replace(name=name)
        found.append(piece)
    return tuple(found), names


def _referred(pieces: tuple[Piece, ...]) -> list[str]:
    found: list[str] = []
    for piece in pieces:
        found.extend(filter(None, (piece.source, *piece.targets, piece.share)))
        for branch in piece.branches:
            if branch.tensor:
                found.append(branch.tensor)
            found.extend(_referred(branch.pieces))
    return found


def _own_name(pieces: tuple[Piece, ...], place: int, labels: Mapping[str, str]) -> str:
    """What the source calls what makes a tensor: a layer, or that before its norm and activation."""
    piece = pieces[place]
    label = named_part(labels.get(piece.output, ""))
    if label or not place or piece.source is not None or not is_afterwards(piece):
        return label
    return _own_name(pieces, place - 1, labels)


def _free(name: str, taken: set[str]) -> str:
    name = name.replace("/", ".").strip(".") or "tensor"
    name = f"{name}_" if name == "prev" else name
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}_{number}"
    return found
