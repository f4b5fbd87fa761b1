"""Runs of equal pieces become ``repeat``; a first copy that differs is an expression of the copy's index."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from cnncalc.importers.passes.alike import key_of, leaves_of
from cnncalc.language.written import Block, Branch, Expression, Piece

LONGEST = 12
"""Pieces of a group that is repeated."""
NO_BLOCKS: Mapping[str, Block] = MappingProxyType({})


def with_repeats(pieces: tuple[Piece, ...], blocks: Mapping[str, Block] = NO_BLOCKS) -> tuple[Piece, ...]:
    """A list, and those inside it, with runs folded."""
    pieces = tuple(
        piece._replace(branches=tuple(_branch(branch, blocks) for branch in piece.branches))
        for piece in pieces
    )
    pieces = _varied(pieces, blocks)
    found: list[Piece] = []
    place = 0
    while place < len(pieces):
        length, count = _run(pieces, place)
        if count > 1:
            found.append(_repeated(pieces[place : place + length * count], length))
            place += length * count
        else:
            found.append(pieces[place])
            place += 1
    return tuple(found)


def _branch(branch: Branch, blocks: Mapping[str, Block]) -> Branch:
    return branch._replace(pieces=with_repeats(branch.pieces, blocks))


def _run(pieces: tuple[Piece, ...], place: int) -> tuple[int, int]:
    """The length and number of the equal groups that begin here and save most; one where there are none."""
    best = (1, 1)
    for length in range(1, min(LONGEST, (len(pieces) - place) // 2) + 1):
        group = pieces[place : place + length]
        if all(piece.op == "head" for piece in group):
            continue  # a copy of a head would read the head before it
        count = 1
        while same(group, pieces[place + length * count : place + length * (count + 1)]):
            count += 1
        if (count - 1) * length > (best[1] - 1) * best[0]:
            best = (length, count)
    return best


def same(one: tuple[Piece, ...], other: tuple[Piece, ...]) -> bool:
    """Whether two groups say the same."""
    return len(one) == len(other) and all(
        here.is_plain and there.is_plain and _said(here) == _said(there)
        for here, there in zip(one, other, strict=True)
    )


def _said(piece: Piece) -> Any:
    return (key_of(piece), [leaf.value for leaf in leaves_of(piece)], piece.arguments.get("shortcut"))


def _repeated(run: tuple[Piece, ...], length: int) -> Piece:
    copies = tuple(run[start : start + length] for start in range(0, len(run), length))
    if length == 1 and run[0].repeat is None:
        return run[0]._replace(repeat=len(copies), inside=copies, output=run[-1].output)
    return Piece(
        op="seq",
        branches=(Branch("", run[:length]),),
        repeat=len(copies),
        inside=copies,
        output=run[-1].output,
    )


def _varied(pieces: tuple[Piece, ...], blocks: Mapping[str, Block]) -> tuple[Piece, ...]:
    """Uses of one block one after another, of which the first has other numbers."""
    found: list[Piece] = []
    place = 0
    while place < len(pieces):
        stop = place + 1
        first = pieces[place]
        if first.op in blocks and first.is_plain and first.repeat is None:
            rest = pieces[stop : stop + 1]
            if rest and rest[0].op == first.op and _may_follow(first, rest[0], blocks[first.op]):
                stop += 1
                while stop < len(pieces) and same(rest, pieces[stop : stop + 1]):
                    stop += 1
        if stop - place > 1 and _differences(first, pieces[place + 1], blocks[first.op]) <= stop - place - 1:
            found.append(_one_use(pieces[place:stop], blocks[first.op]))
        else:
            found.append(first)
            stop = place + 1
        place = stop
    return tuple(found)


def _may_follow(first: Piece, second: Piece, block: Block) -> bool:
    """Whether two uses differ in something else than the first parameter, which is what a stage has in
    common.
    """
    if second.repeat is not None or not second.is_plain or first.arguments == second.arguments:
        return False
    if any(isinstance(value, Expression) for one in (first, second) for value in one.arguments.values()):
        return False
    primary = block.params[0][0]
    return bool(first.arguments.get(primary) == second.arguments.get(primary))


def _differences(first: Piece, second: Piece, block: Block) -> int:
    """In how many parameters two uses differ."""
    return sum(
        first.arguments.get(name, default) != second.arguments.get(name, default)
        for name, default in block.params
    )


def _one_use(run: tuple[Piece, ...], block: Block) -> Piece:
    """Uses as one with ``repeat``; what the first has otherwise depends on the index."""
    first, second = run[0].arguments, run[1].arguments
    arguments: dict[str, Any] = {}
    for name, default in block.params:
        one, other = first.get(name, default), second.get(name, default)
        if one != other:
            arguments[name] = Expression(f"{one} if i == 0 else {other}")
        elif name in first or name in second:
            arguments[name] = one
    return run[0]._replace(
        arguments=arguments,
        repeat=len(run),
        inside=tuple((piece,) for piece in run),
        output=run[-1].output,
    )
