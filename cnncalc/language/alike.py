"""Items of one list that are written alike: what was read for the first of them is what the others are."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from cnncalc.language.context import Context, Scope
from cnncalc.language.nodes import Scalar, Sequence, YamlNode, size_of
from cnncalc.layers.base import Layer
from cnncalc.network.structure import HeadBody, LayerBody, Part

MOST_NODES = 16
"""Nodes of an argument that is compared; longer ones are seldom alike."""

ReadParts: TypeAlias = Callable[[Scalar, YamlNode | None, Scope, str], tuple[Part, ...]]
"""Reads an operation with its argument in a scope at a path."""
_Written: TypeAlias = "tuple[str, bool] | tuple[_Written | str, ...] | None"


class Read(NamedTuple):
    """What an operation and its argument mean."""

    parts: tuple[Part, ...]
    labels: tuple[str, ...]
    is_head: bool
    layer: Layer | None
    """Where it is nothing but a layer after the one before it."""
    items: int
    """Layers that a shorthand has made, and"""
    reread: int
    """nodes that were read again, as the context counts them."""


class Alike:
    """The items of one list so far, all read in one scope."""

    __slots__ = ("_by_key", "_context", "_known")

    def __init__(self, context: Context) -> None:
        self._context = context
        self._known: dict[_Written, Read] = {}
        self._by_key: dict[int, Read] = {}

    def read(self, key: Scalar, argument: YamlNode | None, scope: Scope, path: str, parts: ReadParts) -> Read:
        """The parts of an item. Kept are those of layers alone that nothing is wrong with: they say nothing
        of the place where they are written.
        """
        if key.text in scope.file.blocks or (argument is not None and size_of(argument) > MOST_NODES):
            return self._anew(key, argument, scope, path, parts)
        written = (key.text, _written(argument))
        known = self._known.get(written)
        if known is not None:
            self.count(known, key, scope, path)
            return known
        findings = self._context.findings
        read = self._anew(key, argument, scope, path, parts)
        if findings == self._context.findings and all(map(_is_layer, read.parts)):
            self._known[written] = self._by_key[id(key)] = read
        return read

    def of(self, first: Scalar) -> Read | None:
        """The same of an item that repeats the one with this key, where that was kept."""
        return self._by_key.get(id(first))

    def count(self, read: Read, key: Scalar, scope: Scope, path: str) -> None:
        """Take note of what is made once more, as if it had been read."""
        self._context.reread += read.reread
        for _ in range(read.items):
            self._context.count_item(key, scope, path)

    def _anew(
        self, key: Scalar, argument: YamlNode | None, scope: Scope, path: str, parts: ReadParts
    ) -> Read:
        items, reread = self._context.items_read, self._context.reread
        made = parts(key, argument, scope, path)
        return Read(
            parts=made,
            labels=tuple([part.label for part in made]),
            is_head=any(isinstance(part.body, HeadBody) for part in made),
            layer=_only_layer(made),
            items=self._context.items_read - items,
            reread=self._context.reread - reread,
        )


def _is_layer(part: Part) -> bool:
    return isinstance(part.body, LayerBody) and not part.body.references


def _only_layer(parts: tuple[Part, ...]) -> Layer | None:
    """The layer that some parts are, where there is but one, and that reads the tensor before it."""
    body = parts[0].body
    if len(parts) > 1 or not isinstance(body, LayerBody) or body.references or not body.reads_current:
        return None
    return body.layer


def _written(node: YamlNode | None) -> _Written:
    """A node without its place, to be compared."""
    if node is None:
        return None
    if isinstance(node, Scalar):
        return (node.text, node.quoted)
    if isinstance(node, Sequence):
        return ("list", *[_written(item) for item in node.items])
    return tuple([(key.text, _written(value)) for key, value in node.entries])
