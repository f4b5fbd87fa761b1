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


class Section(NamedTuple):
    """Some parts in an order in which each comes after what it reads, and what they read of each other."""

    parts: tuple[str, ...]
    edges: frozenset[Edge]
    starts: frozenset[str]
    """Those that read what comes before."""
    ends: frozenset[str]
    """Those that what comes after reads."""


def arranged(section: Section) -> Block:
    """Parts in series where one way leads through all of them, else as branches."""
    if len(section.parts) == 1:
        return section.parts[0]
    groups = _connected(section)
    if len(groups) > 1:
        return Fork(tuple(_branch(section, group) for group in groups))
    cuts = _cuts(section)
    return _chain(section, cuts) if cuts else _ladder(section)


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


def _branch(section: Section, group: list[str]) -> Branch:
    part = _part(section, group)
    return Branch(arranged(part), bool(part.starts), bool(part.ends))


def _part(section: Section, group: Sequence[str]) -> Section:
    """Some of the parts, which nothing but what is around all of them is connected with."""
    inside = frozenset(group)
    edges = frozenset(edge for edge in section.edges if inside.issuperset(edge))
    return Section(tuple(group), edges, section.starts & inside, section.ends & inside)


def _connected(section: Section) -> list[list[str]]:
    """The parts in groups between which there are no edges, in the order of their first parts."""
    group = {part: part for part in section.parts}

    def root(part: str) -> str:
        while group[part] != part:
            group[part] = group[group[part]]
            part = group[part]
        return part

    for one, other in section.edges:
        group[root(other)] = root(one)
    found: dict[str, list[str]] = {}
    for part in section.parts:
        found.setdefault(root(part), []).append(part)
    return list(found.values())


def _cuts(section: Section) -> list[int]:
    """The places of the parts that everything leads through."""
    count = len(section.parts)
    place = {part: at for at, part in enumerate(section.parts)}
    spans = [(place[one], place[other]) for one, other in section.edges]
    spans += [(-1, place[part]) for part in section.starts]
    spans += [(place[part], count) for part in section.ends]
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


def _chain(section: Section, cuts: list[int]) -> Block:
    """The parts that everything leads through, and between them what is between them."""
    parts: list[Block] = []
    held: list[frozenset[str]] = []
    for left, right in pairwise([-1, *cuts, len(section.parts)]):
        between = section.parts[left + 1 : right]
        if between:
            parts.append(_between(section, between, left, right))
            held.append(frozenset(between))
        if right < len(section.parts):
            parts.append(section.parts[right])
            held.append(frozenset((section.parts[right],)))
    links = []
    for at in range(1, len(parts)):
        before: frozenset[str] = frozenset().union(*held[:at])
        links.append(any(one in before and other not in before for one, other in section.edges))
    return Chain(tuple(parts), tuple(links))


def _between(section: Section, between: tuple[str, ...], left: int, right: int) -> Block:
    inside = frozenset(between)
    first = None if left < 0 else section.parts[left]
    last = None if right == len(section.parts) else section.parts[right]
    starts = (
        section.starts & inside
        if first is None
        else {b for a, b in section.edges if a == first and b in inside}
    )
    ends = (
        section.ends & inside if last is None else {a for a, b in section.edges if b == last and a in inside}
    )
    edges = frozenset(edge for edge in section.edges if inside.issuperset(edge))
    part = Section(between, edges, frozenset(starts), frozenset(ends))
    is_direct = (first, last) in section.edges if first is not None and last is not None else False
    is_direct = is_direct or (first is None and last is not None and last in section.starts)
    is_direct = is_direct or (last is None and first is not None and first in section.ends)
    groups = _connected(part)
    if len(groups) == 1 and not is_direct:
        return arranged(part)
    branches = [_branch(part, group) for group in groups]
    return Fork((*branches, Branch(None, True, True)) if is_direct else tuple(branches))


def _ladder(section: Section) -> Ladder:
    count = len(section.parts)
    place = {part: at for at, part in enumerate(section.parts)}
    spans = [(place[one], place[other]) for one, other in section.edges]
    spans += [(-1, place[part]) for part in section.starts]
    spans += [(place[part], count) for part in section.ends]
    return Ladder(section.parts, tuple(sorted(set(spans))))
