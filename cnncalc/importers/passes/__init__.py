"""From a flat list of items to a structure worth reading: small passes, one after another."""

from __future__ import annotations

from collections.abc import Callable

from cnncalc.frameworks import framework_named
from cnncalc.frameworks.rules import Framework
from cnncalc.importers.items import Network
from cnncalc.importers.passes.blocks import with_blocks
from cnncalc.importers.passes.concats import completed_prefixes, regrouped, shared_prefixes
from cnncalc.importers.passes.dead import without_dead, without_idle, without_sources
from cnncalc.importers.passes.folding import folded
from cnncalc.importers.passes.gathering import with_dense_blocks
from cnncalc.importers.passes.labelling import labelled
from cnncalc.importers.passes.laying import laid_out, main_output, names_of
from cnncalc.importers.passes.nesting import nested
from cnncalc.importers.passes.repeats import with_repeats
from cnncalc.importers.passes.shortcuts import with_projections
from cnncalc.language.written import Block, Piece, Sheet

ON_ITEMS: tuple[Callable[[Network], Network], ...] = (
    without_idle,
    without_dead,
    without_sources,
    completed_prefixes,
    shared_prefixes,
    regrouped,
)
"""Passes over the flat list, in their order; the nesting follows, then those of ``structured``."""


def cleaned(network: Network, flat: bool = False) -> Network:
    """The network after the passes over its flat list.

    Raises:
        Refused: where a layer reads nothing.
    """
    for normalise in ON_ITEMS[:3] if flat else ON_ITEMS:
        network = normalise(network)
    return network


def structured(network: Network, flat: bool = False, all_named: bool = False) -> Sheet:
    """The file that a cleaned network is written as; ``flat`` leaves the structure out, ``all_named`` gives
    every layer of the list a name.
    """
    rules = framework_named(network.framework)
    assert rules is not None
    main = main_output(network)
    inputs = _input_names(network)
    pieces = laid_out(nested(network, rules, flat), network, main)
    pieces, names = names_of(pieces, network, inputs, all_named)
    blocks: list[Block] = []
    if not flat:
        pieces, blocks = _structured(pieces, network)
        pieces = labelled(pieces, {*names.values(), *inputs.values()})
    return Sheet(
        name=network.name,
        inputs=tuple((inputs[tensor], shape) for tensor, shape in network.inputs),
        pieces=pieces,
        framework=network.framework,
        blocks=tuple(blocks),
        source=network.source or None,
        description=network.description,
        names=names,
    )


def _structured(pieces: tuple[Piece, ...], network: Network) -> tuple[tuple[Piece, ...], list[Block]]:
    shapes = {**dict(network.inputs), **{one.output: one.shape for one in network.items}}
    pieces = folded(pieces)
    pieces = with_projections(pieces, shapes)
    pieces = with_dense_blocks(pieces)
    (pieces,), blocks = with_blocks([pieces], network.classes)
    known = {block.name: block for block in blocks}
    blocks = [block._replace(pieces=with_repeats(block.pieces, known)) for block in blocks]
    return with_repeats(pieces, known), blocks


def _input_names(network: Network) -> dict[str, str]:
    """The names of the network's inputs in the spec, by tensor."""
    if len(network.inputs) == 1:
        return {network.inputs[0][0]: "input"}
    names: dict[str, str] = {}
    for tensor, _ in network.inputs:
        given = network.names.get(tensor, tensor)
        bare = "".join(letter if letter.isalnum() or letter in "_-." else "_" for letter in given) or "input"
        while bare in names.values() or bare == "prev":
            bare += "_"
        names[tensor] = bare
    return names


__all__ = ["Framework", "cleaned", "structured"]
