"""A spec's text as a document to edit: places as offsets, and what changes the text without changing what it
says.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from cnncalc.errors import CnncalcError, Location
from cnncalc.language import nodes
from cnncalc.language.nodes import Mapping, Scalar, YamlNode
from cnncalc.language.parser import parse
from cnncalc.language.source import LINE_BREAK, Source


class Edit(NamedTuple):
    """Characters ``start`` to ``end`` replaced."""

    start: int
    end: int
    text: str


class Stays(Exception):
    """Why an expectation cannot be rewritten."""


class Document:
    """A source with its nodes by place, and the places as offsets."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.root, _ = parse(source)
        self.values = dict(reversed([((node.line, node.column), node) for node in _values(self.root)]))
        """The first node of each place: where a list begins with a list, the outer one."""
        self.breaks = list(re.finditer(LINE_BREAK, source.text))
        self.starts = [0, *(found.end() for found in self.breaks)]
        self.ends = [*(found.start() for found in self.breaks), len(source.text)]
        self.keys = sorted((key.line, key.column) for key in _keys(self.root))
        """The places of all keys."""
        self.said = _skeleton(self.root)

    def says_the_same(self, edits: Sequence[Edit]) -> bool:
        """Whether the text would mean the same after some edits, apart from expectations."""
        try:
            after, wrong = parse(Source(self.source.name, applied(self.source.text, edits)))
        except CnncalcError:
            return False
        return not wrong and _skeleton(after) == self.said

    def offset(self, line: int, column: int) -> int:
        return self.starts[line - 1] + column - 1

    def extent(self, node: Scalar) -> tuple[int, int]:
        """Where a value's text starts and ends.

        Raises:
            Stays: where it goes on in another line, or is an alias of a text that stands elsewhere.
        """
        start = self.offset(node.line, node.column)
        raw = self.source.text[start : start + node.width]
        if raw.startswith("*") and not node.quoted:
            return start, start + node.width
        whole = (
            raw == node.text
            if not node.quoted
            else len(raw) > 1 and raw[0] in "'\"" and raw[1:-1] == node.text and raw[0] == raw[-1]
        )
        if not whole:
            raise Stays("it is written over several lines or with escapes")
        return start, start + node.width

    def replacement(self, node: Scalar, text: str) -> Edit:
        """Another text in the same quotes."""
        start, end = self.extent(node)
        quote = self.source.text[start] if node.quoted else ""
        return Edit(start, end, f"{quote}{text}{quote}")

    def whole_list(self, node: nodes.Sequence, texts: Sequence[str]) -> list[Edit]:
        """A list of another length: in brackets, or an item in each line."""
        start = self.offset(node.line, node.column)
        if self.source.text[start] == "[":
            end = _closing(self.source.text, start) + 1
            if "#" in self.source.text[start:end]:
                raise Stays("it has another length, and there are comments between its items")
            return [Edit(start, end, f"[{', '.join(texts)}]")]
        return self._block_list(node, texts)

    def _block_list(self, node: nodes.Sequence, texts: Sequence[str]) -> list[Edit]:
        edits = [self._item_edit(item, text) for item, text in zip(node.items, texts, strict=False)]
        for item in node.items[len(texts) :]:
            self._item_edit(item, "")
            edits.append(Edit(self.ends[item.line - 2], self.ends[item.line - 1], ""))
        last = node.items[-1]
        at = self.ends[last.line - 1]
        lead = self.source.text[self.starts[last.line - 1] : self.offset(last.line, last.column)]
        more = "".join(f"{self.line_break}{lead}{text}" for text in texts[len(node.items) :])
        return [*edits, Edit(at, at, more)] if more else edits

    def _item_edit(self, item: YamlNode, text: str) -> Edit:
        lead = self.source.excerpt(item.line)[: item.column - 1]
        if not isinstance(item, Scalar) or not re.fullmatch(r"\s*-\s+", lead):
            raise Stays("its items are not each on a line of their own")
        return self.replacement(item, text)

    @property
    def line_break(self) -> str:
        return self.breaks[0][0] if self.breaks else "\n"

    def insertion(self, place: Location, line: str) -> Edit | None:
        """A key put behind the others of the block mapping at a place, or before those of one in braces."""
        node = self.values.get((place.line, place.column))
        if not isinstance(node, Mapping):
            return None
        opened = self.offset(node.line, node.column)
        if not node.entries:
            return Edit(opened + 1, opened + 1, line) if self.source.text[opened] == "{" else None
        first = node.entries[0][0]
        if self.source.text[opened] == "{":
            at = self.offset(first.line, first.column)
            return Edit(at, at, f"{line}, ")
        indent = self.source.excerpt(first.line)[: first.column - 1]
        if indent.strip(" "):
            return None
        at = self.ends[self._last_line(first) - 1]
        return Edit(at, at, f"{self.line_break}{indent}{line}")

    def _last_line(self, first: Scalar) -> int:
        """The last line of the block mapping of a first key that is neither empty nor a comment."""
        after = (
            self.keys[place] for place in range(bisect_left(self.keys, (first.line + 1, 0)), len(self.keys))
        )
        line = next((line for line, column in after if column < first.column), len(self.starts) + 1) - 1
        while line > first.line and re.fullmatch(r"\s*(?:#.*|\.\.\.\s*)?", self.source.excerpt(line)):
            line -= 1
        return line


def _values(root: YamlNode) -> Iterator[YamlNode]:
    """Every value once, in the order of the file."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        if isinstance(node, nodes.Sequence):
            waiting.extend(reversed(node.items))
        elif isinstance(node, Mapping):
            waiting.extend(value for _, value in reversed(node.entries))


def _keys(root: YamlNode) -> Iterator[Scalar]:
    for node in _values(root):
        if isinstance(node, Mapping):
            yield from (key for key, _ in node.entries)


_QUOTED = r"""'(?:[^']|'')*'|"(?:[^"\\]|\\.)*"|(?<=\s)#[^\n\r]*"""
_MARK = re.compile(rf"{_QUOTED}|[\[\]{{}}]", re.DOTALL)


def _closing(text: str, start: int) -> int:
    """Where the bracket that opens at ``start`` closes; quoted texts and comments are passed over."""
    depth = 0
    for mark in _MARK.finditer(text, start):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(mark[0], 0)
        if not depth:
            return mark.start()
    raise AssertionError("the parser has seen it close")


def applied(text: str, edits: Sequence[Edit]) -> str:
    parts: list[str] = []
    end = 0
    for edit in sorted(edits):
        parts += (text[end : edit.start], edit.text)
        end = edit.end
    return "".join([*parts, text[end:]])


def _skeleton(node: YamlNode) -> Any:
    if isinstance(node, Scalar):
        return (node.text, node.quoted)
    if isinstance(node, nodes.Sequence):
        return [_skeleton(item) for item in node.items]
    return {key.text: _skeleton(value) for key, value in node.entries if key.text != "expect"}
