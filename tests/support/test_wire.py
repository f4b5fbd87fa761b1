"""The wire format, byte by byte."""

from __future__ import annotations

import struct
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.support.wire import Kind, Message, Reader, Span, WireError, signed
from cnncalc.support.wire_writer import Writer

MESSAGES: Mapping[str, Message] = {
    "outer": {
        1: Kind("number", "int"),
        2: Kind("text", "text"),
        3: Kind("inner", "outer"),
        4: Kind("numbers", "int", many=True),
        5: Kind("bytes", "span"),
        6: Kind("float", "float"),
        7: Kind("floats", "float", many=True),
    }
}


def read(data: bytes) -> dict[str, object]:
    return Reader(data, MESSAGES).message("outer")


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"\x08\x96\x01", {"number": 150}),  # the example of the format's documentation
        (b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", {"number": -1}),
        (b"\x08\x01\x08\x02", {"number": 2}),  # the last one counts
        (b"\x12\x02hi", {"text": "hi"}),
        (b"\x1a\x02\x08\x05", {"inner": {"number": 5}}),
        (b"\x22\x03\x01\x02\x03", {"numbers": [1, 2, 3]}),  # packed
        (b"\x20\x01\x20\x02", {"numbers": [1, 2]}),  # not packed
        (b"\x2a\x03abc", {"bytes": Span(2, 5)}),
        (b"\x35" + struct.pack("<f", 1.5), {"float": 1.5}),
        (b"\x3a\x08" + struct.pack("<2f", 1.5, -2), {"floats": [1.5, -2.0]}),
        (b"\x50\x01\x5a\x01x\x61" + b"\0" * 8 + b"\x6d" + b"\0" * 4, {}),  # unknown fields of each wire type
    ],
)
def test_fields_are_read_by_the_table(data: bytes, found: dict[str, object]) -> None:
    assert read(data) == found


@pytest.mark.parametrize(
    ("data", "message", "offset"),
    [
        (b"\x08", "the data ends within a number", 1),
        (b"\x08\x96", "the data ends within a number", 1),
        (b"\x12\x05hi", "a field of 5 bytes goes beyond the end, 2 are left", 1),
        (b"\x08" + b"\xff" * 10, "a number is longer than 10 bytes", 1),
        (b"\x0b", "the start of a group is not expected", 0),
        (b"\x35\0\0", "a number goes beyond the end", 0),
        (b"\x00\x01", "a field has the number 0", 0),
        (b"\x1a\x00\x1a\x00", "`inner` is there twice", 2),
        (b"\x3a\x03abc", "a packed list of numbers has 3 bytes", 2),
        (b"\x0a\x01x", "`number` is a list of bytes instead of a number", 0),
    ],
)
def test_what_is_no_message_is_refused_with_its_byte(data: bytes, message: str, offset: int) -> None:
    # An unknown group needs a field that the table has not.
    data = b"\x5b" if data == b"\x0b" else data
    with pytest.raises(WireError, match=message.replace("(", r"\(")) as raised:
        read(data)
    assert raised.value.offset == offset


@given(st.integers(-(2**63), 2**63 - 1))
def test_signed_numbers_come_back(value: int) -> None:
    assert signed(value & (2**64 - 1)) == value


@given(st.binary(max_size=64))
def test_any_bytes_are_a_message_or_an_error(data: bytes) -> None:
    try:
        read(data)
    except WireError as error:
        assert 0 <= error.offset <= len(data)


numbers = st.integers(-(2**63), 2**63 - 1)
floats = st.floats(width=32, allow_nan=False)
fields: dict[str, st.SearchStrategy[object]] = {
    "number": numbers,
    "text": st.text(st.characters(exclude_categories=["Cs"])),
    "numbers": st.lists(numbers, min_size=1),
    "bytes": st.binary(),
    "float": floats,
    "floats": st.lists(floats, min_size=1),
}
records = st.recursive(
    st.fixed_dictionaries({}, optional=fields),
    lambda inner: st.fixed_dictionaries({}, optional={**fields, "inner": inner}),
    max_leaves=8,
)


def with_bytes(data: bytes, found: object) -> object:
    """What was read, with the bytes that spans stand for."""
    if isinstance(found, Span):
        return data[found.start : found.stop]
    return (
        {name: with_bytes(data, value) for name, value in found.items()} if isinstance(found, dict) else found
    )


@given(records)
def test_what_is_written_is_read_again(record: dict[str, object]) -> None:
    data = Writer(MESSAGES).message("outer", record)
    assert with_bytes(data, read(data)) == record


@pytest.mark.parametrize(
    ("record", "data"),
    [
        ({"number": 150}, b"\x08\x96\x01"),  # the example of the format's documentation
        ({"number": -1}, b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
        ({"inner": {"number": 5}, "text": "hi"}, b"\x1a\x02\x08\x05\x12\x02hi"),
        ({"numbers": [1, 2, 3]}, b"\x22\x03\x01\x02\x03"),
        ({"numbers": []}, b""),
        ({"text": "\ud800"}, b"\x12\x01?"),
    ],
)
def test_records_are_written_by_the_table(record: dict[str, object], data: bytes) -> None:
    assert Writer(MESSAGES).message("outer", record) == data
