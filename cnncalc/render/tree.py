"""Layers as a tree of rows: a structure heads its layers, and copies that are alike are one row."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Sequence
from typing import NamedTuple

from cnncalc.analysis.report import LayerReport
from cnncalc.render.surface import Surface
from cnncalc.render.text import inert

_INDEX = re.compile(r"\[([0-9]+)\]\Z")


class Row(NamedTuple):
    """One row of a table of layers."""

    layer: LayerReport
    """Of copies the last one; of a structure that is no layer itself the layer at its end."""
    label: str
    copies: int = 1
    """How often the row counts in a sum."""
    is_head: bool = False
    """Whether it is a structure that is no layer itself, so that it counts nothing."""
    is_structure: bool = False
    """Whether other rows are below it."""


class Node:
    """A structure or a layer by the last part of its path, while the tree grows."""

    __slots__ = ("below", "copies", "first", "layer", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.layer: LayerReport | None = None
        self.below: list[Node] = []
        self.copies = 1
        self.first: int | None = None
        """The index of the first of several copies, where these are not all that there are."""

    @property
    def last(self) -> LayerReport:
        """The layer at its end."""
        node = self
        while node.layer is None:
            node = node.below[-1]
        return node.layer

    @property
    def label(self) -> str:
        """The name, with the indices that it stands for where it does not stand for all."""
        if self.copies == 1:
            return inert(self.name)
        base = inert(_INDEX.sub("", self.name))
        return base if self.first is None else f"{base}[{self.first}..{self.first + self.copies - 1}]"


def paths(layers: Sequence[LayerReport]) -> list[Row]:
    """A row per layer under its whole path."""
    return [Row(layer, inert(layer.path)) for layer in layers]


def tree(layers: Sequence[LayerReport], by_field: bool, surface: Surface, folded: bool = True) -> list[Row]:
    """The rows of layers in evaluation order; copies whose fields differ are apart where ``by_field``."""
    top = grown(layers)
    if folded and any("[" in layer.path for layer in layers):
        top.below = _folded(top.below, by_field, {})
    branch, last_branch = surface.glyph("├─ ", "|- "), surface.glyph("└─ ", "`- ")
    bar, gap = surface.glyph("│  ", "|  "), "   "

    def rows(below: list[Node], margin: str, copies: int, depth: int) -> Iterator[Row]:
        for at, node in enumerate(below):
            label, times = node.label, node.copies
            while node.layer is None and len(node.below) == 1 and node.below[0].copies == 1:
                node = node.below[0]
                label = f"{label}/{node.label}"
            is_last = at == len(below) - 1
            mark = "" if not depth else last_branch if is_last else branch
            count = copies * times
            yield Row(
                layer=node.layer or node.last,
                label=f"{margin}{mark}{label}{f' x{times}' if times > 1 else ''}",
                copies=count,
                is_head=node.layer is None,
                is_structure=bool(node.below),
            )
            deeper = "" if not depth else margin + (gap if is_last else bar)
            yield from rows(node.below, deeper, count, depth + 1)

    return list(rows(top.below, "", 1, 0))


def grown(layers: Sequence[LayerReport]) -> Node:
    """The tree of all paths. A layer that joins what is below its path heads it."""
    top = Node("")
    trunk, names = [top], list[str]()
    for layer in layers:
        parts = layer.path.split("/")
        shared = 0
        for part, name in zip(parts, names, strict=False):
            if part != name:
                break
            shared += 1
        if shared == len(parts) and trunk[shared].layer is not None:
            shared -= 1
        del trunk[shared + 1 :]
        for part in parts[shared:]:
            node = Node(part)
            trunk[-1].below.append(node)
            trunk.append(node)
        trunk[-1].layer = layer
        names = parts
    return top


def _folded(nodes: list[Node], by_field: bool, seen: dict[Hashable, int]) -> list[Node]:
    """Siblings with copies that are alike, but for their place, as one; and so everywhere below."""
    for node in nodes:
        node.below = _folded(node.below, by_field, seen)
    found: list[Node] = []
    run: list[list[Node]] = []
    likeness = -1
    for group in _copies(nodes):
        key = _likeness(group, by_field, seen) if _INDEX.search(group[0].name) else -1
        if run and (key == -1 or key != likeness):
            found += _as_one(run, nodes)
            run = []
        run.append(group)
        likeness = key
    return found + _as_one(run, nodes) if run else found


def _copies(nodes: list[Node]) -> Iterator[list[Node]]:
    """Siblings that follow each other with the same index: what one round of a repetition has made."""
    group: list[Node] = []
    index = None
    for node in nodes:
        match = _INDEX.search(node.name)
        own = match[1] if match else None
        if group and (own is None or own != index):
            yield group
            group = []
        group.append(node)
        index = own
    if group:
        yield group


def _likeness(group: list[Node], by_field: bool, seen: dict[Hashable, int]) -> int:
    """A number that is the same for groups that are alike."""
    return seen.setdefault(tuple(_signature(node, by_field, seen) for node in group), len(seen))


def _signature(node: Node, by_field: bool, seen: dict[Hashable, int]) -> int:
    layer = node.layer
    own: Hashable = None
    if layer is not None:
        counts = (layer.weights, layer.biases, layer.frozen, layer.buffers, layer.macs)
        field = (layer.field.axes, layer.field.units) if by_field else None
        window = (layer.in_shape, layer.windows, layer.shape)
        own = (layer.op, window, counts, layer.shares, layer.reasons, field)
    below = tuple(_signature(one, by_field, seen) for one in node.below)
    name = _INDEX.sub("", node.name)
    return seen.setdefault((name, own, node.copies, node.first, below), len(seen))


def _as_one(run: list[list[Node]], siblings: list[Node]) -> list[Node]:
    """The last of copies that are alike, standing for all of them; or the only one as it is."""
    shown = run[-1]
    if len(run) == 1:
        return shown
    for at, node in enumerate(shown):
        base = _INDEX.sub("", node.name)
        first = _INDEX.search(run[0][at].name)
        all_of_it = sum(_INDEX.sub("", one.name) == base for one in siblings) == len(run)
        node.copies = len(run)
        node.first = None if all_of_it or first is None else int(first[1])
    return shown
