"""Small ONNX files, written byte by byte, for tests that need no package."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Shape = Sequence[int | str]


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def content(field: int, value: bytes | str) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(data)) + data


def attribute(name: str, value: Any) -> bytes:
    start = content(1, name)
    if isinstance(value, bytes):
        return start + content(6, value) + number(20, 5)
    if isinstance(value, int):
        return start + number(3, value) + number(20, 2)
    if isinstance(value, float):
        return start + varint(2 << 3 | 5) + struct.pack("<f", value) + number(20, 1)
    if isinstance(value, str):
        return start + content(4, value) + number(20, 3)
    return start + b"".join(number(8, one) for one in value) + number(20, 7)


def node(
    operator: str,
    inputs: Sequence[str],
    outputs: Sequence[str],
    name: str = "",
    domain: str = "",
    **attributes: Any,
) -> bytes:
    return b"".join(
        (
            *(content(1, one) for one in inputs),
            *(content(2, one) for one in outputs),
            content(3, name),
            content(4, operator),
            *(content(5, attribute(key, value)) for key, value in attributes.items()),
            content(7, domain) if domain else b"",
        )
    )


def weights(name: str, dims: Sequence[int]) -> bytes:
    """A tensor of floats whose values are not there, as light models have them."""
    return b"".join(number(1, size) for size in dims) + number(2, 1) + content(8, name)


def integers(name: str, values: Sequence[int]) -> bytes:
    return (
        number(1, len(values))
        + number(2, 7)
        + content(8, name)
        + content(9, struct.pack(f"<{len(values)}q", *values))
    )


def floats(name: str, values: Sequence[float], dims: Sequence[int] | None = None) -> bytes:
    sizes = b"".join(number(1, size) for size in (dims if dims is not None else [len(values)]))
    return sizes + number(2, 1) + content(8, name) + content(9, struct.pack(f"<{len(values)}f", *values))


def value(name: str, shape: Shape) -> bytes:
    dims = b"".join(
        content(1, number(1, size) if isinstance(size, int) else content(2, size)) for size in shape
    )
    return content(1, name) + content(2, content(1, number(1, 1) + content(2, dims)))


def graph(
    nodes: Sequence[bytes],
    inputs: Mapping[str, Shape],
    outputs: Sequence[str],
    constants: Sequence[bytes] = (),
    values: Mapping[str, Shape] = {},
) -> bytes:
    return b"".join(
        (
            *(content(1, one) for one in nodes),
            *(content(5, one) for one in constants),
            *(content(11, value(name, shape)) for name, shape in inputs.items()),
            *(content(12, value(name, ())) for name in outputs),
            *(content(13, value(name, shape)) for name, shape in values.items()),
        )
    )


def model(body: bytes, opset: int = 17, extra: bytes = b"") -> bytes:
    return (
        number(1, 8)
        + content(2, "by hand")
        + content(7, body)
        + content(8, content(1, "") + number(2, opset))
        + extra
    )


def written(folder: Path, body: bytes, opset: int = 17, extra: bytes = b"") -> str:
    """A file with a graph; its path."""
    path = folder / "net.onnx"
    path.write_bytes(model(body, opset, extra))
    return str(path)


CONV = node("Conv", ["x", "w"], ["y"], "/stem/conv/Conv", kernel_shape=[3, 3], pads=[1, 1, 1, 1])
SMALL = graph([CONV], {"x": [1, 3, 8, 8]}, ["y"], [weights("w", [4, 3, 3, 3])])
MISFIT = graph([CONV], {"x": [1, 4, 8, 8]}, ["y"], [weights("w", [4, 3, 3, 3])])
UNKNOWN = graph(
    [CONV, node("NonZero", ["y"], ["z"], "/head/NonZero")],
    {"x": [1, 3, 8, 8]},
    ["z"],
    [weights("w", [4, 3, 3, 3])],
)
