"""Normalisation and activation as arguments of the convolution or linear layer before them."""

from __future__ import annotations

from typing import Any

from cnncalc.language.written import Branch, Piece
from cnncalc.layers.activation import Activation
from cnncalc.layers.base import OPERATIONS
from cnncalc.layers.normalization import Normalization


def is_afterwards(piece: Piece) -> bool:
    """Whether a piece may be the norm or activation of the layer before it."""
    return piece.op in OPERATIONS and issubclass(OPERATIONS[piece.op], Activation | Normalization)


def folded(pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """A list, and those inside it, with ``norm`` and ``act`` where they can be."""
    found: list[Piece] = []
    for piece in pieces:
        inner = piece._replace(branches=tuple(map(_branch, piece.branches)))
        joined = _joined(found[-1], inner) if found else None
        if joined is None:
            found.append(inner)
        else:
            found[-1] = joined
    return tuple(map(_without_redundant_bias, found))


def _branch(branch: Branch) -> Branch:
    return branch._replace(pieces=folded(branch.pieces))


def _joined(layer: Piece, after: Piece) -> Piece | None:
    """A layer with what follows it as an argument; ``None`` where it cannot be one."""
    meaning = OPERATIONS.get(layer.op) if layer.op in OPERATIONS else None
    if (
        meaning is None
        or "act" not in meaning.fields
        or layer.note
        or after.note
        or after.share
        or after.frozen
    ):
        return None
    if after.op not in OPERATIONS or layer.frozen or layer.share or layer.name:
        return None
    kind = OPERATIONS[after.op]
    if issubclass(kind, Activation) and "act" not in layer.arguments:
        name = "act"
    elif issubclass(kind, Normalization) and not {"norm", "act"} & set(layer.arguments):
        name = "norm"
    else:
        return None
    return layer._replace(
        arguments={**layer.arguments, name: _word(after)},
        items=layer.items + after.items,
        output=after.output,
        name=after.name,
    )


def _word(after: Piece) -> Any:
    """An operation as the value of ``norm`` or ``act``: its word, or a word with arguments."""
    if not after.arguments:
        return after.op
    primary = OPERATIONS[after.op].primary()
    if primary is not None and list(after.arguments) == [primary.spec_name]:
        return {after.op: after.arguments[primary.spec_name]}
    return {after.op: dict(after.arguments)}


def _without_redundant_bias(piece: Piece) -> Piece:
    """``norm: bn`` makes a bias absent by default: what is not there need not be said, what is must be."""
    norm = piece.arguments.get("norm")
    if norm != "bn" and not (isinstance(norm, dict) and "bn" in norm):
        return piece
    arguments = dict(piece.arguments)
    if arguments.get("bias") is False:
        del arguments["bias"]
    elif arguments.get("learned", True) or arguments.get("bias"):
        arguments = _before(arguments, "norm", "bias", True)
    return piece._replace(arguments=arguments)


def _before(arguments: dict[str, Any], place: str, name: str, value: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, old in arguments.items():
        if key == place:
            found[name] = value
        found[key] = old
    return found
