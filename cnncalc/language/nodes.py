"""The nodes of a spec file: texts, lists and mappings with their places."""

from __future__ import annotations

from typing import TypeAlias

_NULLS = frozenset({"", "~", "null"})


class Scalar:
    """One value as written; what type it has is up to the field it fills. Places count from 1."""

    __slots__ = ("column", "line", "quoted", "text", "width")

    def __init__(self, text: str, quoted: bool, line: int, column: int, width: int) -> None:
        self.text = text
        self.quoted = quoted
        self.line = line
        self.column = column
        self.width = width
        """Characters in its first source line, quotes included; at least 1."""

    @property
    def is_null(self) -> bool:
        """Whether nothing is written here, or one of YAML's words for it."""
        return not self.quoted and self.text in _NULLS

    @property
    def is_empty(self) -> bool:
        """Whether nothing is written here; where a text is wanted, ``null`` is one like any other."""
        return not self.quoted and not self.text

    def __repr__(self) -> str:
        return f"Scalar({self.text!r}, {self.line}:{self.column})"


class Sequence:
    """A list of nodes; an aliased node is one object in several lists."""

    __slots__ = ("column", "items", "line", "size")

    def __init__(self, items: list[YamlNode], line: int, column: int) -> None:
        self.items = items
        self.line = line
        self.column = column
        self.size = 1
        """Nodes in it, itself and those that aliases stand for included; known once it is complete."""

    def __repr__(self) -> str:
        return f"Sequence({self.items!r})"


class Mapping:
    """Keys, each once, with their nodes, in the order of the file; complete when it is first asked for a
    key.
    """

    __slots__ = ("_by_text", "column", "entries", "line", "size")

    def __init__(self, entries: list[tuple[Scalar, YamlNode]], line: int, column: int) -> None:
        self.entries = entries
        self.line = line
        self.column = column
        self.size = 1
        """As of a list."""
        self._by_text: dict[str, YamlNode] | None = None

    @property
    def keys(self) -> list[str]:
        """The texts of the keys, in order."""
        return [key.text for key, _ in self.entries]

    def get(self, key: str) -> YamlNode | None:
        """The node under a key, ``None`` where the key is absent."""
        if self._by_text is None:
            self._by_text = {scalar.text: node for scalar, node in self.entries}
        return self._by_text.get(key)

    def __repr__(self) -> str:
        return f"Mapping({self.entries!r})"


YamlNode: TypeAlias = Scalar | Sequence | Mapping


def size_of(node: YamlNode) -> int:
    """Nodes in a node, itself included."""
    return 1 if isinstance(node, Scalar) else node.size
