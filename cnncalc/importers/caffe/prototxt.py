"""The text format of protocol buffers, as Caffe's prototxt files use it: text to nested messages with places.

Source: https://protobuf.dev/reference/protobuf/textformat-spec
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple, NoReturn

from cnncalc.errors import Location
from cnncalc.importers.items import Malformed
from cnncalc.support.words import shown

DEEPEST = 64
"""Messages inside one another."""
MOST_TOKENS = 1_000_000
"""Words, values and brackets of a file."""


class Value(NamedTuple):
    """A scalar as written, without quotes, and its place."""

    text: str
    is_string: bool
    line: int
    column: int


class Message(NamedTuple):
    """Fields in order; a field that is given several times is in there several times."""

    fields: tuple[Field, ...]
    line: int
    column: int

    def values(self, name: str) -> list[Value]:
        """All scalars of a field."""
        return [field.value for field in self.fields if field.name == name and isinstance(field.value, Value)]

    def messages(self, name: str) -> list[Message]:
        """All messages of a field."""
        return [
            field.value for field in self.fields if field.name == name and isinstance(field.value, Message)
        ]

    def text(self, name: str, default: str = "") -> str:
        """The last scalar of a field, as the format has it where a single field is repeated."""
        values = self.values(name)
        return values[-1].text if values else default

    def message(self, name: str) -> Message:
        """A nested message; an empty one where there is none."""
        found = self.messages(name)
        return found[-1] if found else Message((), self.line, self.column)


class Field(NamedTuple):
    """One field with its value, and where its name is."""

    name: str
    value: Value | Message
    line: int
    column: int


class _Token(NamedTuple):
    kind: str
    text: str
    line: int
    column: int


LONGEST_TEXT = 65_536
"""Characters and escapes of a text in quotes."""

_TOKEN = re.compile(
    rf"""(?P<skip>[ \t\r\f\v]+|\#[^\n]*)
    |(?P<newline>\n)
    |(?P<string>"(?:[^"\\\n]|\\.){{0,{LONGEST_TEXT}}}"|'(?:[^'\\\n]|\\.){{0,{LONGEST_TEXT}}}')
    |(?P<word>[-+]?[A-Za-z0-9_.][A-Za-z0-9_.+-]*|\[[A-Za-z_][A-Za-z0-9_./-]*\](?=\s*[{{:]))
    |(?P<mark>[{{}}<>\[\]:,;])""",
    re.VERBOSE,
)
_SIMPLE_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_ESCAPE = re.compile(r"\\([0-7]{1,3}|[xX][0-9A-Fa-f]{1,2}|.)")
_CLOSING = {"{": "}", "<": ">"}


def read(text: str, file: str) -> Message:
    """The message that a file holds.

    Raises:
        Malformed: E116, with line and column, for what is not of the format or beyond the limits.
    """
    reader = _Reader(text, file)
    fields = reader.fields("", 0)
    return Message(tuple(fields), 1, 1)


class _Reader:
    """One pass over the tokens of a text, one of them looked at ahead."""

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.tokens = self._split(text)
        self.ahead = next(self.tokens)

    def fields(self, closing: str, depth: int) -> list[Field]:
        """Fields up to a closing bracket, or to the end of the text where ``closing`` is empty."""
        found: list[Field] = []
        while self.ahead.text != closing or self.ahead.kind not in ("mark", "end"):
            if self.ahead.kind != "word":
                self._refuse(
                    self.ahead, f"found {_quoted(self.ahead)} where a field's name is expected", "name: value"
                )
            name = self._take()
            found.extend(
                Field(name.text, value, name.line, name.column) for value in self._values(name, depth)
            )
            if self.ahead.kind == "mark" and self.ahead.text in ",;":
                self._take()
        self._take()
        return found

    def _values(self, name: _Token, depth: int) -> list[Value | Message]:
        has_colon = self.ahead.text == ":" and self.ahead.kind == "mark"
        if has_colon:
            self._take()
        if self.ahead.kind == "mark" and self.ahead.text == "[" and has_colon:
            return self._list(name, depth)
        return [self._value(name, depth, has_colon)]

    def _list(self, name: _Token, depth: int) -> list[Value | Message]:
        self._take()
        values: list[Value | Message] = []
        while self.ahead.text != "]":
            values.append(self._value(name, depth, True))
            if self.ahead.text == ",":
                self._take()
            elif self.ahead.text != "]":
                self._refuse(
                    self.ahead, f"found {_quoted(self.ahead)} in a list", "values are separated by commas"
                )
        self._take()
        return values

    def _value(self, name: _Token, depth: int, has_colon: bool) -> Value | Message:
        token = self._take()
        if token.kind == "mark" and token.text in _CLOSING:
            if depth >= DEEPEST:
                self._refuse(token, f"more than {DEEPEST} messages inside one another", None)
            return Message(tuple(self.fields(_CLOSING[token.text], depth + 1)), token.line, token.column)
        if not has_colon:
            self._refuse(token, f"`{shown(name.text)}` has no value", "write `name: value` or `name { ... }`")
        if token.kind == "string":
            text = _unescaped(token.text)
            while self.ahead.kind == "string":
                text += _unescaped(self._take().text)
            return Value(text, True, token.line, token.column)
        if token.kind != "word":
            self._refuse(
                token, f"found {_quoted(token)} where a value is expected", "a word, a number, a text or `{`"
            )
        return Value(token.text, False, token.line, token.column)

    def _take(self) -> _Token:
        token = self.ahead
        if token.kind != "end":
            self.ahead = next(self.tokens)
        return token

    def _split(self, text: str) -> Iterator[_Token]:
        line, start, at, count = 1, 0, 0, 0
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                there = _Token("mark", text[at], line, at - start + 1)
                self._refuse(there, *_meaningless(text[at]))
            kind = match.lastgroup or ""
            if kind == "newline":
                line, start = line + 1, match.end()
            elif kind != "skip":
                count += 1
                if count > MOST_TOKENS:
                    there = _Token(kind, match[0], line, at - start + 1)
                    self._refuse(there, f"more than {MOST_TOKENS:,} words and values", None)
                yield _Token(kind, match[0], line, at - start + 1)
            at = match.end()
        while True:
            yield _Token("end", "", line, at - start + 1)

    def _refuse(self, token: _Token, message: str, help: str | None) -> NoReturn:
        place = Location(self.file, token.line, token.column, max(len(token.text), 1))
        raise Malformed(self.file, message, help, place)


def _meaningless(character: str) -> tuple[str, str]:
    if character in "\"'":
        most = f"has more than {LONGEST_TEXT:,} characters"
        return f"a text in quotes does not end on its line or {most}", f"close it with {character}"
    return f"the character {character!r} means nothing here", "is this a prototxt file?"


def _quoted(token: _Token) -> str:
    return "the end of the file" if token.kind == "end" else f"`{shown(token.text)}`"


def _unescaped(literal: str) -> str:
    """The text of a literal, its quotes off."""
    return _ESCAPE.sub(lambda found: _meaning(found[1]), literal[1:-1])


def _meaning(escape: str) -> str:
    if escape[0] in "01234567":
        return chr(int(escape, 8) & 0xFF)
    if escape[0] in "xX" and len(escape) > 1:
        return chr(int(escape[1:], 16))
    return _SIMPLE_ESCAPES.get(escape, escape)
