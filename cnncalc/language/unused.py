"""Which variables and blocks of a file are used, by the words in it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cnncalc.language.nodes import Mapping, Scalar, Sequence, YamlNode

_WORD = re.compile(r"[^\W\d]\w*")
_PROSE = frozenset({"name", "description", "source", "note", "framework"})
"""Keys whose values are no expressions."""


def unused_variables(root: YamlNode) -> Iterator[Scalar]:
    """The keys under ``vars`` that occur nowhere else.

    A word counts as a use wherever it may be an expression or an operation, so that what is reported is
    unused for certain.
    """
    variables = list(_definitions(root, "vars"))
    if variables:
        _, words = _mentioned(root)
        yield from (key for key in variables if key.text not in words)


def unused_blocks(root: YamlNode) -> Iterator[Scalar]:
    """The keys under ``blocks`` that occur nowhere else, counted as those of ``unused_variables`` are."""
    blocks = list(_definitions(root, "blocks"))
    if blocks:
        keys, words = _mentioned(root)
        yield from (key for key in blocks if key.text not in keys and key.text not in words)


def _definitions(root: YamlNode, section: str) -> Iterator[Scalar]:
    """The keys of a section of the file and of its models."""
    models = root.get("models") if isinstance(root, Mapping) else None
    variants = [node for _, node in models.entries] if isinstance(models, Mapping) else []
    for node in (root, *variants):
        found = node.get(section) if isinstance(node, Mapping) else None
        if isinstance(found, Mapping):
            yield from (key for key, _ in found.entries)


def _mentioned(root: YamlNode) -> tuple[set[str], set[str]]:
    """The keys that name operations, and the words of all values but prose."""
    keys: set[str] = set()
    words: set[str] = set()
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Scalar):
            words.add(node.text)
            words.update(_WORD.findall(node.text))
        elif id(node) not in seen:
            seen.add(id(node))
            waiting.extend(node.items if isinstance(node, Sequence) else _values(node, keys))
    return keys, words


def _values(node: Mapping, keys: set[str]) -> Iterator[YamlNode]:
    for key, value in node.entries:
        if key.text in ("vars", "blocks") and isinstance(value, Mapping):
            yield from (defined for _, defined in value.entries)
        elif key.text not in _PROSE or not isinstance(value, Scalar):
            keys.add(key.text)
            yield value
