"""Protocol Buffers' wire format: messages read by tables of field numbers, large fields skipped.

Source: https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

MOST_DEPTH = 100
"""Messages within messages, as the C++ reader of Protocol Buffers has it."""
MOST_FIELDS = 20_000_000
"""Fields of one file, those of unpacked lists included."""

LONGEST_TEXT = 2**20
"""Bytes of a name or another text."""

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_NAMES = {3: "the start of a group", 4: "the end of a group"}


class Buffer(Protocol):
    """Bytes in memory or of a mapped file."""

    def __len__(self) -> int: ...
    def __getitem__(self, index: Any, /) -> Any: ...


class WireError(Exception):
    """Bytes that are no message: what was found, and at which byte, counted from 0."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


class Span(NamedTuple):
    """The place of a field that is not read before it is asked for."""

    start: int
    stop: int

    @property
    def length(self) -> int:
        return self.stop - self.start


class Kind(NamedTuple):
    """One field of a message: its name, what it holds, and whether there may be several."""

    name: str
    holds: str
    """``int``, ``float``, ``double``, ``text``, ``span``, or the name of a message."""
    many: bool = False


Message = Mapping[int, Kind]
Record = dict[str, Any]
"""A message that was read: by field name a value, or a list where there may be several; absent is absent."""


class Reader:
    """Reads messages of one buffer by a table of messages."""

    def __init__(self, data: Buffer, messages: Mapping[str, Message]) -> None:
        self.data = data
        self.messages = messages
        self.fields = 0

    def message(self, name: str, start: int = 0, stop: int | None = None, depth: int = 0) -> Record:
        """The message of that name between two bytes.

        Raises:
            WireError: where the bytes are none.
        """
        if depth > MOST_DEPTH:
            raise WireError(f"messages are nested more than {MOST_DEPTH} deep", start)
        end = len(self.data) if stop is None else stop
        table = self.messages[name]
        found: Record = {}
        at = start
        while at < end:
            self._count(at)
            tag, after = self._varint(at, end)
            kind = table.get(tag >> 3)
            if not tag >> 3:
                raise WireError("a field has the number 0", at)
            if kind is None:
                at = self._skip(tag & 7, at, after, end)
            else:
                at = self._field(found, kind, tag & 7, at, after, end, depth)
        return found

    def _field(self, found: Record, kind: Kind, wire: int, at: int, after: int, end: int, depth: int) -> int:
        """Read one known field into ``found``; the byte after it."""
        if wire == _BYTES:
            start, stop = self._span(after, end)
            if kind.holds in ("int", "float", "double"):
                if not kind.many:
                    raise WireError(f"`{kind.name}` is a list of bytes instead of a number", at)
                found.setdefault(kind.name, []).extend(self._packed(kind.holds, start, stop))
                return stop
            value = self._content(kind, start, stop, depth)
        else:
            value, stop = self._number(kind, wire, at, after, end)
        if kind.many:
            found.setdefault(kind.name, []).append(value)
        elif kind.name in found and kind.holds in self.messages:
            raise WireError(f"`{kind.name}` is there twice", at)
        else:
            found[kind.name] = value
        return stop

    def _content(self, kind: Kind, start: int, stop: int, depth: int) -> Any:
        if kind.holds == "span":
            return Span(start, stop)
        if kind.holds == "text":
            if stop - start > LONGEST_TEXT:
                raise WireError(f"`{kind.name}` is a text of {stop - start:,} bytes", start)
            return bytes(self.data[start:stop]).decode("utf-8", "replace")
        return self.message(kind.holds, start, stop, depth + 1)

    def _number(self, kind: Kind, wire: int, at: int, after: int, end: int) -> tuple[Any, int]:
        expected = {"int": _VARINT, "float": _FIXED32, "double": _FIXED64}.get(kind.holds)
        if kind.holds == "span" and wire in (_VARINT, _FIXED32, _FIXED64):
            # one number of an unpacked list whose values are not wanted
            stop = self._skip(wire, at, after, end)
            return Span(after, stop), stop
        if wire != expected:
            raise WireError(f"`{kind.name}` has the wire type {wire}", at)
        if wire == _VARINT:
            value, stop = self._varint(after, end)
            return signed(value), stop
        size = 4 if wire == _FIXED32 else 8
        if after + size > end:
            raise WireError("a number goes beyond the end", at)
        number = struct.unpack("<f" if size == 4 else "<d", self.data[after : after + size])[0]
        return number, after + size

    def _packed(self, holds: str, start: int, stop: int) -> list[Any]:
        if holds == "int":
            return self.varints(start, stop)
        size, form = (4, "f") if holds == "float" else (8, "d")
        if (stop - start) % size:
            raise WireError(f"a packed list of numbers has {stop - start} bytes", start)
        return list(struct.unpack(f"<{(stop - start) // size}{form}", self.data[start:stop]))

    def varints(self, start: int, stop: int) -> list[int]:
        """The signed whole numbers of a packed list."""
        found: list[int] = []
        at = start
        while at < stop:
            self._count(at)
            value, at = self._varint(at, stop)
            found.append(signed(value))
        return found

    def _span(self, at: int, end: int) -> tuple[int, int]:
        length, start = self._varint(at, end)
        if length > end - start:
            raise WireError(f"a field of {length:,} bytes goes beyond the end, {end - start:,} are left", at)
        return start, start + length

    def _skip(self, wire: int, at: int, after: int, end: int) -> int:
        """The byte after a field whose value is not wanted."""
        if wire == _VARINT:
            return self._varint(after, end)[1]
        if wire == _BYTES:
            return self._span(after, end)[1]
        if wire in (_FIXED32, _FIXED64):
            stop = after + (4 if wire == _FIXED32 else 8)
            if stop > end:
                raise WireError("a number goes beyond the end", at)
            return stop
        raise WireError(f"{_NAMES.get(wire, f'the wire type {wire}')} is not expected", at)

    def _varint(self, at: int, end: int) -> tuple[int, int]:
        data = self.data
        value = shift = 0
        position = at
        while position < end:
            byte = data[position]
            position += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value & 0xFFFF_FFFF_FFFF_FFFF, position
            shift += 7
            if shift >= 70:
                raise WireError("a number is longer than 10 bytes", at)
        raise WireError("the data ends within a number", at)

    def _count(self, at: int) -> None:
        self.fields += 1
        if self.fields > MOST_FIELDS:
            raise WireError(f"more than {MOST_FIELDS:,} fields", at)


def signed(value: int) -> int:
    """A varint of 64 bits as the signed number it stands for."""
    return value - (1 << 64) if value >> 63 else value
