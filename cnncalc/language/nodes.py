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


class Repeated(Mapping):
    """A mapping written as an earlier one that starts in the same column; its entries are made when they are
    first asked for, as those who know the earlier one seldom do.
    """

    __slots__ = ("first",)

    def __init__(self, first: Mapping, line: int) -> None:
        self.first = first
        self.line = line
        self.column = first.column
        self.size = first.size
        self._by_text = None

    def key(self) -> Scalar:
        """Its first key."""
        return _moved(self.first.entries[0][0], self.line - self.first.line)

    def __getattr__(self, name: str) -> list[tuple[Scalar, YamlNode]]:
        if name != "entries":
            raise AttributeError(name)
        down = self.line - self.first.line
        self.entries = [(_moved(key, down), moved(value, down)) for key, value in self.first.entries]
        return self.entries


def moved(node: YamlNode, down: int) -> YamlNode:
    """The same node some lines further down; none of what is in it may have an anchor."""
    if isinstance(node, Scalar):
        return _moved(node, down)
    if isinstance(node, Mapping):
        return Repeated(node, node.line + down)
    found = Sequence([moved(item, down) for item in node.items], node.line + down, node.column)
    found.size = node.size
    return found


def _moved(node: Scalar, down: int) -> Scalar:
    return Scalar(node.text, node.quoted, node.line + down, node.column, node.width)


def size_of(node: YamlNode) -> int:
    """Nodes in a node, itself included."""
    return 1 if isinstance(node, Scalar) else node.size
