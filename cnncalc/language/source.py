"""Bytes to text: what is read from where, how much at most, and the places in it."""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Mapping
from typing import BinaryIO, NoReturn, TextIO

from cnncalc.errors import Diagnostic, Location, SourceError, SpecError
from cnncalc.language.nodes import Scalar, YamlNode
from cnncalc.support.words import shown

MAX_BYTES = 8 * 2**20
"""Text of a spec, in bytes of UTF-8: 8 MiB."""

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")

# YAML 1.1 ends a line at each of these, and marks count accordingly.
LINE_BREAK = "\r\n|[\r\n\x85\u2028\u2029]"
# What YAML cannot hold unescaped: control characters, lone surrogates, and the two non-characters.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


class Source:
    """A spec's text under the name that messages show; holds only characters that YAML allows, no byte order
    mark.

    Raises SpecError: E101 for a character that cannot be in a spec, E102 for text beyond ``MAX_BYTES``.
    """

    __slots__ = ("_lines", "is_shown", "name", "nodes", "text")

    def __init__(
        self, name: str, text: str, is_shown: bool = True, nodes: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self.is_shown = is_shown
        """Whether places in the text are places in the file, which they are not where it was translated."""
        self.nodes = nodes or {}
        """What a translated file calls its layers, by their paths in the text."""
        self.text = text.removeprefix("\ufeff")
        self._lines: list[str] | None = None
        if len(self.text) > MAX_BYTES:
            _too_large(name, f"{len(self.text):,} characters")
        forbidden = _FORBIDDEN.search(self.text)
        if forbidden:
            self._refuse_character(forbidden.start())

    @property
    def lines(self) -> list[str]:
        """The lines without their ends, split the first time they are asked for."""
        if self._lines is None:
            self._lines = re.split(LINE_BREAK, self.text)
        return self._lines

    def excerpt(self, line: int) -> str:
        """The text of a line, counted from 1; empty beyond the end, and where no text is shown."""
        if not self.is_shown:
            return ""
        lines = self.lines
        return lines[line - 1] if 1 <= line <= len(lines) else ""

    def location(self, node: YamlNode) -> Location:
        """Where a node is; where no text is shown the file alone."""
        if not self.is_shown:
            return Location(self.name, 1, 1, node="")
        return Location(self.name, node.line, node.column, node.width if isinstance(node, Scalar) else 1)

    def _refuse_character(self, offset: int) -> NoReturn:
        line, column = _place(self.text[:offset])
        code = ord(self.text[offset])
        what = (
            "NUL"
            if code == 0
            else "half of a surrogate pair"
            if 0xD800 <= code <= 0xDFFF
            else "a control character"
        )
        raise SpecError(
            Diagnostic(
                "E101",
                "error",
                f"the character U+{code:04X} ({what}) cannot be in a spec",
                "delete it; if the file is not text, it is not a spec",
                location=Location(self.name, line, column),
                excerpt=self.excerpt(line),
            )
        )


def read_source(path: str, stdin: TextIO | BinaryIO | None = None) -> Source:
    """The text of a file, or of ``stdin`` (the process's own by default) where the path is ``-``.

    Raises SourceError E110 for what cannot be read, SpecError E101 for what is not UTF-8, E102 beyond
    ``MAX_BYTES``.
    """
    if path == "-":
        return _source("<stdin>", *_read_stream(sys.stdin if stdin is None else stdin))
    return _source(path.encode("utf-8", "replace").decode(), *_read_file(path))


def glimpse(path: str) -> str:
    """The readable part of a file that is not text or too large, for a guess at what it is; empty where there
    is none.
    """
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES)
    except OSError:
        return ""
    return data.decode("utf-16" if data.startswith(_UTF_16) else "utf-8", "replace").removeprefix("\ufeff")


def source_of(name: str, data: bytes) -> Source:
    """Bytes read elsewhere, under the name that messages show.

    Raises SpecError E101 for what is not UTF-8, E102 beyond ``MAX_BYTES``.
    """
    return _source(name, data, len(data))


def _source(name: str, data: bytes | str, size: int) -> Source:
    if len(data) > MAX_BYTES:
        _too_large(name, f"{size:,} bytes" if size > MAX_BYTES else "more than that")
    return Source(name, data if isinstance(data, str) else _decode(name, data))


def _read_file(path: str) -> tuple[bytes, int]:
    try:
        _require_regular(path, os.stat(path).st_mode)  # before opening, which can wait for ever on a pipe
        with open(path, "rb") as file:
            _require_regular(path, os.fstat(file.fileno()).st_mode)
            return file.read(MAX_BYTES + 1), os.fstat(file.fileno()).st_size
    except FileNotFoundError:
        _unreadable(f"`{shown(path)}` does not exist", meant_file(path))
    except OSError as error:
        _unreadable(f"`{shown(path)}` cannot be read: {_reason(error)}")
    except ValueError:
        _unreadable(f"`{shown(path)}` is not the name of a file")


def meant_file(path: str) -> str | None:
    """As a help the spec of that name that is there: with the other ending, or with one at all."""
    from cnncalc.bundled import ENDINGS  # here, because only errors need it

    stem, ending = os.path.splitext(path)
    names = [(stem if ending in ENDINGS else path) + one for one in ENDINGS]
    found = next((name for name in names if os.path.isfile(name)), None)
    return f"did you mean `{shown(found)}`?" if found else None


def _require_regular(path: str, mode: int) -> None:
    if stat.S_ISDIR(mode):
        _unreadable(f"`{shown(path)}` is a folder", "name a file in it")
    if not stat.S_ISREG(mode):
        _unreadable(
            f"`{shown(path)}` is not a file but a device or a pipe", "to read standard input, name `-`"
        )


def _read_stream(stream: TextIO | BinaryIO | None) -> tuple[bytes | str, int]:
    if stream is None:
        _unreadable("standard input is closed")
    binary: TextIO | BinaryIO = getattr(stream, "buffer", stream)
    chunks: list[bytes | str] = []
    left = MAX_BYTES + 1
    try:
        while left > 0 and (chunk := binary.read(left)):
            chunks.append(chunk)
            left -= len(chunk)
    except OSError as error:
        _unreadable(f"standard input cannot be read: {_reason(error)}")
    except ValueError:
        _unreadable("standard input is closed")
    if chunks and isinstance(chunks[0], str):
        return "".join(str(chunk) for chunk in chunks), 0
    return b"".join(chunk for chunk in chunks if isinstance(chunk, bytes)), 0


def _decode(name: str, data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line, column = _place(data[: error.start].decode("utf-8").removeprefix("\ufeff"))
        utf16 = data.startswith(_UTF_16)
        raise SpecError(
            Diagnostic(
                "E101",
                "error",
                "the file is UTF-16, not UTF-8"
                if utf16
                else f"the byte 0x{data[error.start]:02X} is not UTF-8",
                "save the file as UTF-8",
                location=Location(name, line, column),
                excerpt=re.split(LINE_BREAK, data.decode("utf-8", "replace").removeprefix("\ufeff"))[
                    line - 1
                ],
            )
        ) from None


def _place(before: str) -> tuple[int, int]:
    """Line and column of what follows a text."""
    lines = re.split(LINE_BREAK, before)
    return len(lines), len(lines[-1]) + 1


def _too_large(name: str, found: str) -> NoReturn:
    message = f"the spec is larger than {MAX_BYTES // 2**20} MiB of text ({MAX_BYTES:,} bytes): found {found}"
    raise SpecError(
        Diagnostic("E102", "error", message, "split it into several files", location=Location(name, 1, 1))
    )


def _unreadable(message: str, help: str | None = None) -> NoReturn:
    raise SourceError(Diagnostic("E110", "error", message, help))


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
