"""What importers of text formats share: files read within limits, and items gathered with shapes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from types import MappingProxyType

from cnncalc.errors import Diagnostic, Fault, Location, SourceError
from cnncalc.geometry.shape import Shape, Size
from cnncalc.geometry.window import TransposedWindow, Window
from cnncalc.importers.items import Item, Malformed, Problem, Value, item, plain

LARGEST_TEXT = 64 * 2**20
"""Bytes of a text file that is imported."""


def read_file(path: str) -> bytes:
    """The bytes of a file.

    Raises:
        SourceError: E110, where it cannot be read.
        Malformed: E116, where it is larger than ``LARGEST_TEXT``.
    """
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            data = file.read(LARGEST_TEXT + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SourceError(
            Diagnostic("E110", "error", f"cannot read {path}: {reason}", location=Location(path, 1, 1))
        ) from error
    if len(data) > LARGEST_TEXT:
        raise Malformed(path, f"{size:,} bytes, more than the {LARGEST_TEXT:,} that are read")
    return data


def text_of(path: str, data: bytes) -> str:
    """Bytes as UTF-8 text.

    Raises:
        Malformed: E116, with the offset of the first byte that is none.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found = f"the byte 0x{data[error.start]:02x} at offset {error.start} is not UTF-8"
        raise Malformed(path, found, "is this a text file?") from error


class Building:
    """Items in order of evaluation, the shape of each tensor, and what is not understood."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.items: list[Item] = []
        self.problems: list[Problem] = []
        self.shapes: dict[str, Shape] = {}
        self._versions: dict[str, int] = {}

    def tensor(self, name: str) -> str:
        """An id for a new tensor of a name that may be used several times, or may be none."""
        name = name or "tensor"
        number = self._versions.get(name, 0)
        self._versions[name] = number + 1
        return f"{name}#{number}" if number else name

    def add(
        self,
        op: str,
        inputs: str | Iterable[str],
        shape: Shape | None,
        label: str,
        *,
        share: str | None = None,
        note: str | None = None,
        **arguments: Value | None,
    ) -> str:
        """One more item; the tensor that it makes."""
        output = self.tensor(label or op)
        made = item(op, inputs, output, label=label.replace("/", "."), shape=shape, note=note, share=share)
        given = {name: plain(value) for name, value in arguments.items() if value is not None}
        self.items.append(made._replace(arguments=MappingProxyType(given)))
        if shape is not None:
            self.shapes[output] = shape
        return output

    def refuse(
        self, node: str, operator: str, reason: str, line: int | None = None, help: str | None = None
    ) -> None:
        """Note something that is not understood."""
        place = None if line is None else Location(self.path, line, 1)
        self.problems.append(Problem(node, operator, reason, help, place))


def fitted(windows: Iterable[Window | TransposedWindow], sizes: Sequence[Size]) -> tuple[Size, ...]:
    """The output size of the window of each axis; unknown where it does not fit, which the analysis of the
    written spec then reports.
    """
    return tuple(_fitted(window, size) for window, size in zip(windows, sizes, strict=True))


def _fitted(window: Window | TransposedWindow, size: Size) -> Size:
    try:
        return window.output_size(size)
    except Fault:
        return None
