"""When pieces are the same but for their numbers: what they have in common, and the numbers in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from cnncalc.language.written import Branch, Expression, Piece
from cnncalc.layers.base import OPERATIONS
from cnncalc.layers.fields import Field, Padding, PerAxis

NUMERIC = ("int", "axes", "padding")


class Leaf(NamedTuple):
    """One number of a piece, by the argument that it fills."""

    field: str
    value: Any


def key_of(piece: Piece) -> Any:
    """What pieces that differ in numbers alone have in common; pieces of one key have as many leaves."""
    return (
        piece.op,
        tuple((name, _value_key(value)) for name, value in _arguments(piece) if name != "shortcut"),
        tuple(
            (branch.name, branch.tensor, tuple(map(key_of, branch.pieces)))
            for branch in _written_branches(piece)
        ),
        piece.repeat is None,
        piece.frozen,
        piece.is_plain,
    )


def leaves_of(piece: Piece) -> Iterator[Leaf]:
    """The numbers of a piece, those inside it included, in a fixed order."""
    for name, value in _arguments(piece):
        yield from _leaves(name, value)
    for branch in _written_branches(piece):
        for inner in branch.pieces:
            yield from leaves_of(inner)
    if piece.repeat is not None:
        yield Leaf("n", piece.repeat)


def rebuilt(piece: Piece, values: Iterator[Any]) -> Piece:
    """The piece with other numbers, or expressions, in the order of ``leaves_of``; without items."""
    arguments = {name: _filled(value, values) for name, value in _arguments(piece)}
    branches = []
    written = {id(branch) for branch in _written_branches(piece)}
    for branch in piece.branches:
        if id(branch) in written:
            branch = branch._replace(pieces=tuple([rebuilt(inner, values) for inner in branch.pieces]))
        branches.append(branch)
    repeat = piece.repeat if piece.repeat is None else next(values)
    kept = {name: value for name, value in arguments.items() if not _is_default(piece.op, name, value)}
    return piece._replace(arguments=kept, branches=tuple(branches), repeat=repeat)


def _written_branches(piece: Piece) -> tuple[Branch, ...]:
    """The branches that stand in the text; a projected shortcut is a word."""
    if piece.op == "residual" and (piece.arguments.get("shortcut") or piece.branches[1].tensor is not None):
        return piece.branches[:1]
    return piece.branches


def _arguments(piece: Piece) -> Iterator[tuple[str, Any]]:
    """The arguments with the numbers that are left out, so that those given can be compared with them."""
    given = piece.arguments
    defaults = _defaults(piece.op)
    for name, default in defaults.items():
        if name in given:
            yield name, given[name]
        elif default is not None:
            yield name, default
    for name, value in given.items():
        if name not in defaults:
            yield name, value


@cache
def _defaults(op: str) -> Mapping[str, int | None]:
    """The arguments of an operation, the primary one first, and the numbers that absent ones are."""
    fields = OPERATIONS[op].fields if op in OPERATIONS else {}
    ordered = sorted(fields.items(), key=lambda one: not one[1].primary)
    return {name: default_of(field) for name, field in ordered}


def default_of(field: Field[Any]) -> int | None:
    """The number that an absent argument is."""
    if field.kind not in NUMERIC:
        return None
    default = field.default
    if isinstance(default, PerAxis):
        return default.values[0]
    if isinstance(default, Padding):
        return 0
    return default if isinstance(default, int) else None


def _is_default(op: str, name: str, value: Any) -> bool:
    field = OPERATIONS[op].fields.get(name) if op in OPERATIONS else None
    if field is None or isinstance(value, Expression) or field.required:
        return False
    default = default_of(field)
    return default is not None and value == default


def _is_number(value: Any) -> bool:
    return isinstance(value, Expression) or (isinstance(value, int) and not isinstance(value, bool))


def _is_uniform(value: tuple[Any, ...]) -> bool:
    return len(value) > 1 and _is_number(value[0]) and len(set(value)) == 1


def _value_key(value: Any) -> Any:
    if _is_number(value):
        return int
    if isinstance(value, tuple):
        return ("each", len(value)) if _is_uniform(value) else tuple(map(_value_key, value))
    if isinstance(value, Mapping):
        return tuple((name, _value_key(one)) for name, one in value.items())
    return value


def _leaves(name: str, value: Any) -> Iterator[Leaf]:
    if _is_number(value):
        yield Leaf(name, value)
    elif isinstance(value, tuple) and _is_uniform(value):
        yield Leaf(name, value[0])
    elif isinstance(value, tuple):
        for one in value:
            yield from _leaves(name, one)
    elif isinstance(value, Mapping):
        for inner, one in value.items():
            yield from _leaves(inner, one)


def _filled(value: Any, values: Iterator[Any]) -> Any:
    if _is_number(value):
        return next(values)
    if isinstance(value, tuple) and _is_uniform(value):
        return (next(values),) * len(value)
    if isinstance(value, tuple):
        return tuple([_filled(one, values) for one in value])
    if isinstance(value, Mapping):
        return {name: _filled(one, values) for name, one in value.items()}
    return value
