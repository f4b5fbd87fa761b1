"""How the parts of a network are arranged: in series below each other, in branches beside each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

Edge = tuple[str, str]


class Chain(NamedTuple):
    """Parts in series, and of each two that follow each other whether anything leads on."""

    parts: tuple[Block, ...]
    links: tuple[bool, ...]


class Branch(NamedTuple):
    """One of several ways beside each other; without a part it only leads on what comes."""

    part: Block | None
    starts: bool
    """Whether it reads what comes before all of them."""
    ends: bool
    """Whether what comes after all of them reads it."""


class Fork(NamedTuple):
    """Branches beside each other."""

    branches: tuple[Branch, ...]


class Ladder(NamedTuple):
    """Parts below each other that are connected in no such order; what skips some of them is ``jumps``."""

    parts: tuple[str, ...]
    jumps: tuple[tuple[int, int], ...]
    """From one part to another one, -1 being what comes before and their number what comes after."""


Block = str | Chain | Fork | Ladder


class Piece(NamedTuple):
    """Some parts in an order in which each comes after what it reads, and what they read of each other."""

    parts: tuple[str, ...]
    edges: frozenset[Edge]
    starts: frozenset[str]
    """Those that read what comes before."""
    ends: frozenset[str]
    """Those that what comes after reads."""


def arranged(piece: Piece) -> Block:
    """Parts in series where one way leads through all of them, else as branches."""
    if len(piece.parts) == 1:
        return piece.parts[0]
    groups = _connected(piece)
    if len(groups) > 1:
        return Fork(tuple(_branch(piece, group) for group in groups))
    cuts = _cuts(piece)
    return _chain(piece, cuts) if cuts else _ladder(piece)


def ordered(parts: Sequence[str], edges: Iterable[Edge]) -> tuple[str, ...] | None:
    """Parts so that each comes after what it reads, else as they are; ``None`` where they read each other."""
    before: dict[str, set[str]] = {part: set() for part in parts}
    for one, other in edges:
        before[other].add(one)
    found: dict[str, None] = {}
    while len(found) < len(parts):
        part = next((one for one in parts if one not in found and before[one] <= found.keys()), None)
        if part is None:
            return None
        found[part] = None
    return tuple(found)


def _branch(piece: Piece, group: list[str]) -> Branch:
    part = _part(piece, group)
    return Branch(arranged(part), bool(part.starts), bool(part.ends))


def _part(piece: Piece, group: Sequence[str]) -> Piece:
    """Some of the parts, which nothing but what is around all of them is connected with."""
    inside = frozenset(group)
    edges = frozenset(edge for edge in piece.edges if inside.issuperset(edge))
    return Piece(tuple(group), edges, piece.starts & inside, piece.ends & inside)


def _connected(piece: Piece) -> list[list[str]]:
    """The parts in groups between which there are no edges, in the order of their first parts."""
    group = {part: part for part in piece.parts}

    def root(part: str) -> str:
        while group[part] != part:
            group[part] = group[group[part]]
            part = group[part]
        return part

    for one, other in piece.edges:
        group[root(other)] = root(one)
    found: dict[str, list[str]] = {}
    for part in piece.parts:
        found.setdefault(root(part), []).append(part)
    return list(found.values())


def _cuts(piece: Piece) -> list[int]:
    """The places of the parts that everything leads through."""
    count = len(piece.parts)
    place = {part: at for at, part in enumerate(piece.parts)}
    spans = [(place[one], place[other]) for one, other in piece.edges]
    spans += [(-1, place[part]) for part in piece.starts]
    spans += [(place[part], count) for part in piece.ends]
    change = [0] * (count + 2)
    for start, end in spans:
        if end - start > 1:
            change[start + 1] += 1
            change[end] -= 1
    found, over = [], 0
    for at in range(count):
        over += change[at]
        if not over:
            found.append(at)
    return found


def _chain(piece: Piece, cuts: list[int]) -> Block:
    """The parts that everything leads through, and between them what is between them."""
    parts: list[Block] = []
    held: list[frozenset[str]] = []
    for left, right in pairwise([-1, *cuts, len(piece.parts)]):
        between = piece.parts[left + 1 : right]
        if between:
            parts.append(_section(piece, between, left, right))
            held.append(frozenset(between))
        if right < len(piece.parts):
            parts.append(piece.parts[right])
            held.append(frozenset((piece.parts[right],)))
    links = []
    for at in range(1, len(parts)):
        before: frozenset[str] = frozenset().union(*held[:at])
        links.append(any(one in before and other not in before for one, other in piece.edges))
    return Chain(tuple(parts), tuple(links))


def _section(piece: Piece, between: tuple[str, ...], left: int, right: int) -> Block:
    inside = frozenset(between)
    first = None if left < 0 else piece.parts[left]
    last = None if right == len(piece.parts) else piece.parts[right]
    starts = (
        piece.starts & inside if first is None else {b for a, b in piece.edges if a == first and b in inside}
    )
    ends = piece.ends & inside if last is None else {a for a, b in piece.edges if b == last and a in inside}
    edges = frozenset(edge for edge in piece.edges if inside.issuperset(edge))
    part = Piece(between, edges, frozenset(starts), frozenset(ends))
    is_direct = (first, last) in piece.edges if first is not None and last is not None else False
    is_direct = is_direct or (first is None and last is not None and last in piece.starts)
    is_direct = is_direct or (last is None and first is not None and first in piece.ends)
    groups = _connected(part)
    if len(groups) == 1 and not is_direct:
        return arranged(part)
    branches = [_branch(part, group) for group in groups]
    return Fork((*branches, Branch(None, True, True)) if is_direct else tuple(branches))


def _ladder(piece: Piece) -> Ladder:
    count = len(piece.parts)
    place = {part: at for at, part in enumerate(piece.parts)}
    spans = [(place[one], place[other]) for one, other in piece.edges]
    spans += [(-1, place[part]) for part in piece.starts]
    spans += [(place[part], count) for part in piece.ends]
    return Ladder(piece.parts, tuple(sorted(set(spans))))
