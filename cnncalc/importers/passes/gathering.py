"""Concats of a tensor with what equal lists make of it, one after another: a dense block."""

from __future__ import annotations

from cnncalc.importers.passes.repeats import same
from cnncalc.language.written import CURRENT, Branch, Piece

FEWEST = 2
"""Copies of a dense block."""


def with_dense_blocks(pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """A list, and those inside it, with dense blocks."""
    pieces = tuple(piece._replace(branches=tuple(map(_branch, piece.branches))) for piece in pieces)
    found: list[Piece] = []
    place = 0
    while place < len(pieces):
        stop = place + 1
        if _gathers(pieces[place]):
            while (
                stop < len(pieces)
                and _gathers(pieces[stop])
                and same(pieces[place : place + 1], pieces[stop : stop + 1])
            ):
                stop += 1
        if stop - place >= FEWEST:
            found.append(_dense(pieces[place:stop]))
        else:
            found.append(pieces[place])
            stop = place + 1
        place = stop
    return tuple(found)


def _branch(branch: Branch) -> Branch:
    return branch._replace(pieces=with_dense_blocks(branch.pieces))


def _gathers(piece: Piece) -> bool:
    return (
        piece.op == "concat"
        and piece.is_plain
        and len(piece.branches) == 2
        and piece.branches[0].tensor == CURRENT
        and bool(piece.branches[1].pieces)
    )


def _dense(run: tuple[Piece, ...]) -> Piece:
    body = run[0].branches[1].pieces
    return Piece(
        op="dense_block",
        arguments={"repeat": len(run)},
        branches=(Branch("body", body),),
        inside=tuple((piece,) for piece in run),
        output=run[-1].output,
    )
