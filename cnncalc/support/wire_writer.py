"""Protocol Buffers' wire format written: records become messages by the tables that the reader has.

Source: https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from typing import Any

from cnncalc.support.wire import Kind, Message, Record

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_NUMBERS = {"int": _VARINT, "float": _FIXED32, "double": _FIXED64}


class Writer:
    """Writes messages by a table of messages; lists of numbers are packed, a span is written from bytes."""

    def __init__(self, messages: Mapping[str, Message]) -> None:
        self._fields = {name: _by_name(message) for name, message in messages.items()}

    def message(self, name: str, record: Record) -> bytes:
        """The bytes of a record; its fields in their order, absent ones left out."""
        fields = self._fields[name]
        parts: list[bytes] = []
        for key, value in record.items():
            kind, number, content = fields[key]
            if not kind.many:
                parts += self._one(kind, number, content, value)
            elif kind.holds in _NUMBERS:
                if value:
                    packed = _packed(kind.holds, value)
                    parts += (content, varint(len(packed)), packed)
            else:
                for one in value:
                    parts += self._one(kind, number, content, one)
        return b"".join(parts)

    def _one(self, kind: Kind, number: bytes, content: bytes, value: Any) -> tuple[bytes, ...]:
        """One field with its tag."""
        if kind.holds in _NUMBERS:
            return number, _packed(kind.holds, (value,))
        if kind.holds == "text":
            data = value.encode("utf-8", "replace")
        elif kind.holds == "span":
            data = bytes(value)
        else:
            data = self.message(kind.holds, value)
        return content, varint(len(data)), data


def _by_name(message: Message) -> dict[str, tuple[Kind, bytes, bytes]]:
    """The fields of a message by name, each with its tag as a number and as content of a length."""
    return {
        kind.name: (
            kind,
            varint(number << 3 | _NUMBERS.get(kind.holds, _BYTES)),
            varint(number << 3 | _BYTES),
        )
        for number, kind in message.items()
    }


def _packed(holds: str, values: Iterable[Any]) -> bytes:
    if holds == "int":
        return b"".join(map(varint, values))
    found = tuple(values)
    return struct.pack(f"<{len(found)}{'f' if holds == 'float' else 'd'}", *found)


def varint(value: int) -> bytes:
    """A whole number in 7 bits a byte, the lowest first; a negative one as 64 bits."""
    if 0 <= value < 0x80:
        return _SHORT[value]
    value &= 0xFFFF_FFFF_FFFF_FFFF
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)


_SHORT = [bytes([value]) for value in range(0x80)]
