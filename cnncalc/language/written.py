"""The structure of a spec to be written: items of lists, branches, blocks; what the writer makes text of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from cnncalc.geometry.shape import Shape

NO_ARGUMENTS: Mapping[str, Any] = MappingProxyType({})


class Expression(str):
    """A value that is computed where it is read, such as ``2*c``; never a word."""

    __slots__ = ()


class Branch(NamedTuple):
    """What a structure holds: a list of its own, or a tensor by its id."""

    name: str
    pieces: tuple[Piece, ...] = ()
    tensor: str | None = None
    """The tensor that is joined as it is; ``CURRENT`` is the one that the structure is fed with."""


CURRENT = ""
"""In the place of a tensor's id: the current tensor."""


class Piece(NamedTuple):
    """One item of a list: a layer, a structure with branches, or the use of a block."""

    op: str
    arguments: Mapping[str, Any] = NO_ARGUMENTS
    """Of a layer those that are written, of a block its parameters."""
    branches: tuple[Branch, ...] = ()
    items: tuple[Any, ...] = ()
    """What it stands for besides what is inside: a layer with its norm and activation, or a join."""
    inside: tuple[tuple[Piece, ...], ...] = ()
    """Of a block or ``repeat``: what each copy stands for, in full."""
    repeat: int | None = None
    source: str | None = None
    """The id of the tensor that it reads, where that is not the one before it."""
    targets: tuple[str, ...] = ()
    """The ids of further tensors that it refers to by name."""
    name: str | None = None
    note: str | None = None
    share: str | None = None
    """The id of the tensor whose maker's weights it uses."""
    frozen: bool = False
    output: str = ""
    """The id of the tensor that comes out."""

    @property
    def is_plain(self) -> bool:
        """Whether it can be moved into a block: it refers to nothing around it."""
        if self.source or self.targets or self.share or self.note or self.name:
            return False
        return all(
            branch.tensor in (None, CURRENT) and all(piece.is_plain for piece in branch.pieces)
            for branch in self.branches
        )


class Block(NamedTuple):
    """A definition under ``blocks``."""

    name: str
    params: tuple[tuple[str, Any], ...]
    """Each with its default, ``None`` where there is none."""
    pieces: tuple[Piece, ...]


class Sheet(NamedTuple):
    """A whole file with one network."""

    name: str
    inputs: tuple[tuple[str, Shape], ...]
    pieces: tuple[Piece, ...]
    framework: str
    blocks: tuple[Block, ...] = ()
    source: str | None = None
    description: str | None = None
    expect: Mapping[str, Any] = NO_ARGUMENTS
    names: Mapping[str, str] = NO_ARGUMENTS
    """The names of tensors by their ids."""


def evaluated(pieces: tuple[Piece, ...]) -> Iterator[Any]:
    """The items that a list stands for, in the order in which a spec of it is evaluated."""
    for piece in pieces:
        if piece.inside:
            for copy in piece.inside:
                yield from evaluated(copy)
            continue
        for branch in piece.branches:
            yield from evaluated(branch.pieces)
        yield from piece.items
