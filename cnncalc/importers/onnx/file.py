"""An ONNX file as graphs of nodes: names, operators, attributes, shapes; weights stay in the file."""

from __future__ import annotations

import mmap
import os
import re
import stat
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from cnncalc.errors import Diagnostic, Location, SourceError
from cnncalc.importers.items import Malformed
from cnncalc.importers.onnx.tables import MESSAGES
from cnncalc.support.wire import Buffer, Reader, Record, Span, WireError
from cnncalc.support.words import shown

MOST_VALUES = 4096
"""Elements of an initialiser whose values are read: shapes, scales, pads, never weights."""

_FORMS = {1: "f", 2: "B", 3: "b", 4: "H", 5: "h", 6: "i", 7: "q", 9: "?", 10: "e", 11: "d", 12: "I", 13: "Q"}
"""How each element type stands in ``raw_data``; types that are not here have no values."""
_INTEGERS = {2, 3, 4, 5, 6, 7, 9, 12, 13}


class Picks(NamedTuple):
    """Which elements of a weight a constant is made of."""

    weight: str
    elements: int
    """Of the whole weight."""
    rows: tuple[int, ...]
    width: int
    """Elements of a row, which follow each other in the weight and in the constant."""

    def codes(self) -> tuple[int, ...]:
        """The element of the weight that each element of the constant is."""
        if self.width == 1:
            return self.rows
        return tuple(
            first + more for row in self.rows for first in (row * self.width,) for more in range(self.width)
        )


class Constant(NamedTuple):
    """A tensor that is stored in the file or known by computation; ``values`` where they are few and read."""

    dims: tuple[int, ...]
    values: tuple[Any, ...] | None = None
    """Flat, in row-major order."""
    name: str = ""
    """That of its initialiser; empty where it was computed."""
    is_float: bool = True
    is_spread: bool = False
    """Whether it is one number that the graph spreads over all elements, so that nothing of it is learned."""
    fill: Any = None
    """The number that all elements are, where the graph makes it of a shape."""
    place: tuple[str, int] | None = None
    """The form and the first byte of values that were not read: see ``numbers_of``."""
    order: tuple[tuple[int, ...], tuple[int, ...]] | None = None
    """The shape that values which were not read have in the file, and the order of its axes here."""
    picks: Picks | None = None
    """What it is made of, where it is looked up in a weight."""
    made_of: tuple[tuple[str, int], ...] = ()
    """The weights that it is computed of, and the elements of each."""

    @property
    def elements(self) -> int:
        count = 1
        for size in self.dims:
            count *= size
        return count


class OnnxNode(NamedTuple):
    """One operator of a graph."""

    name: str
    operator: str
    domain: str
    inputs: tuple[str, ...]
    """Absent optional ones are empty names."""
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]
    label: str = ""
    """Its module or layer, scopes separated by dots."""
    classes: tuple[tuple[str, str], ...] = ()
    """The kind of module of each scope, where the exporter wrote it."""


class OnnxGraph(NamedTuple):
    """A graph: the main one, or a branch of ``If``."""

    name: str
    nodes: tuple[OnnxNode, ...]
    constants: Mapping[str, Constant]
    inputs: tuple[tuple[str, tuple[int | None, ...] | None], ...]
    """Those that are no initialisers, with their axes; ``None`` for axes that are open."""
    outputs: tuple[str, ...]
    values: Mapping[str, tuple[int | None, ...]] = {}
    """Shapes that the file states of tensors inside and of outputs."""


class OnnxFunction(NamedTuple):
    """An operator that the file defines itself."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    nodes: tuple[OnnxNode, ...]
    defaults: Mapping[str, Any]


class Reference(NamedTuple):
    """An attribute inside a function that is one of the function's own."""

    name: str


class OnnxModel(NamedTuple):
    """What a file holds."""

    graph: OnnxGraph
    opset: int
    opsets: Mapping[str, int]
    producer: str
    functions: Mapping[tuple[str, str], OnnxFunction]


@contextmanager
def _mapped(path: str) -> Iterator[Buffer]:
    """A file's bytes, mapped into memory where it has any.

    Raises:
        SourceError: where it cannot be read.
    """
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise SourceError(Diagnostic("E110", "error", f"`{shown(path)}` is not a file"))
        with open(path, "rb") as file:
            if not os.fstat(file.fileno()).st_size:
                yield b""
                return
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                yield data
    except FileNotFoundError:
        raise SourceError(Diagnostic("E110", "error", f"`{shown(path)}` does not exist")) from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise SourceError(Diagnostic("E110", "error", f"`{shown(path)}` cannot be read: {reason}")) from None


def read_model(path: str) -> OnnxModel:
    """The model in a file.

    Raises:
        Malformed: E116, with the byte where reading could not go on.
        SourceError: E110.
    """
    with _mapped(path) as data:
        try:
            return _Contents(data).model()
        except WireError as error:
            message = f"not an ONNX file, or damaged: {error.message} (at byte {error.offset:,})"
            raise Malformed(path, message, "export it again, or fetch it again", _place(path)) from None


def numbers_of(path: str, constant: Constant, most: int) -> tuple[Any, ...] | None:
    """The values of a constant, read now where they were left in the file; ``None`` where there are none or
    more than ``most``.
    """
    if constant.values is not None or constant.place is None or constant.elements > most:
        return constant.values
    form, start = constant.place
    size = struct.calcsize(f"<{form}") * constant.elements
    with _mapped(path) as data:
        if start + size > len(data):
            return None
        found = struct.unpack(f"<{constant.elements}{form}", data[start : start + size])
    if constant.order is None:
        return found
    dims, axes = constant.order
    steps = strides(dims)
    return tuple(
        found[at] for at in places((range(dims[axis]) for axis in axes), (steps[axis] for axis in axes))
    )


def strides(sizes: Sequence[int]) -> list[int]:
    """How far apart elements of a row-major tensor are along each axis."""
    found, step = [], 1
    for size in reversed(sizes):
        found.append(step)
        step *= size
    return found[::-1]


def places(taken: Iterable[Iterable[int]], steps: Iterable[int]) -> list[int]:
    """Where the elements at some indices of each axis are, the last axis fastest."""
    found = [0]
    for indices, step in zip(taken, steps, strict=True):
        apart = [index * step for index in indices]
        found = [place + more for place in found for more in apart]
    return found


def _place(path: str) -> Location:
    return Location(path, 1, 1)


class _Contents:
    """Makes graphs of the records of one file."""

    def __init__(self, data: Buffer) -> None:
        self.data = data
        self.reader = Reader(data, MESSAGES)

    def model(self) -> OnnxModel:
        record = self.reader.message("model")
        if "graph" not in record:
            raise WireError("there is no graph", 0)
        opsets = {one.get("domain", ""): one.get("version", 0) for one in record.get("opsets", ())}
        opset = opsets.get("", opsets.get("ai.onnx", 1))
        functions = {
            (one.get("domain", ""), one.get("name", "")): self._function(one)
            for one in record.get("functions", ())
        }
        producer = " ".join(
            filter(None, (record.get("producer_name", ""), record.get("producer_version", "")))
        )
        return OnnxModel(
            graph=self._graph(record["graph"]),
            opset=opset,
            opsets=opsets,
            producer=producer,
            functions=functions,
        )

    def _graph(self, record: Record) -> OnnxGraph:
        constants = {one.get("name", ""): self._constant(one) for one in record.get("initializers", ())}
        for sparse in record.get("sparse", ()):
            name = sparse.get("values", {}).get("name", "")
            constants[name] = Constant(tuple(sparse.get("dims", ())), None, name)
        inputs = tuple(
            (one.get("name", ""), _axes(one))
            for one in record.get("inputs", ())
            if one.get("name", "") not in constants
        )
        stated = (*record.get("values", ()), *record.get("outputs", ()))
        values = {one.get("name", ""): _axes(one) for one in stated}
        return OnnxGraph(
            name=record.get("name", ""),
            nodes=tuple(self._node(one) for one in record.get("nodes", ())),
            constants=constants,
            inputs=inputs,
            outputs=tuple(one.get("name", "") for one in record.get("outputs", ())),
            values={name: axes for name, axes in values.items() if axes is not None},
        )

    def _function(self, record: Record) -> OnnxFunction:
        return OnnxFunction(
            inputs=tuple(record.get("inputs", ())),
            outputs=tuple(record.get("outputs", ())),
            nodes=tuple(self._node(one) for one in record.get("nodes", ())),
            defaults=self._attributes(record.get("defaults", ())),
        )

    def _node(self, record: Record) -> OnnxNode:
        name, operator = record.get("name", ""), record.get("operator", "")
        metadata = {one.get("key", ""): one.get("value", "") for one in record.get("metadata", ())}
        label, classes = _scopes_of_metadata(metadata) or (label_of(name, operator), ())
        return OnnxNode(
            name=name,
            operator=operator,
            domain="" if record.get("domain", "") == "ai.onnx" else record.get("domain", ""),
            inputs=tuple(record.get("inputs", ())),
            outputs=tuple(record.get("outputs", ())),
            attributes=self._attributes(record.get("attributes", ())),
            label=label,
            classes=classes,
        )

    def _attributes(self, records: Any) -> dict[str, Any]:
        return {one.get("name", ""): self._attribute(one) for one in records}

    def _attribute(self, record: Record) -> Any:
        """An attribute's value by its type, or by what is there where old files give none."""
        if record.get("reference"):
            return Reference(record["reference"])
        kind = record.get("type", 0)
        if kind == 5 or (not kind and "g" in record):
            return self._graph(record.get("g", {}))
        if kind == 4 or (not kind and "t" in record):
            return self._constant(record.get("t", {}))
        if kind == 3 or (not kind and "s" in record):
            return self._text(record.get("s", Span(0, 0)))
        if kind == 8 or (not kind and "strings" in record):
            return tuple(self._text(one) for one in record.get("strings", ()))
        if kind == 11 or "sparse" in record:
            return Constant(tuple(record.get("sparse", {}).get("dims", ())))
        names = {1: "f", 2: "i", 6: "floats", 7: "ints"}
        found = names.get(kind) or next((name for name in names.values() if name in record), None)
        if found in ("floats", "ints"):
            return tuple(record.get(found, ()))
        return record.get(found, 0) if found else None

    def _text(self, span: Span) -> str:
        stop = min(span.stop, span.start + MOST_VALUES)
        return bytes(self.data[span.start : stop]).decode("utf-8", "replace")

    def _constant(self, record: Record) -> Constant:
        dims = tuple(record.get("dims", ()))
        kind = record.get("type", 0)
        if any(size < 0 for size in dims):
            raise WireError(f"the tensor `{shown(record.get('name', ''))}` has a negative size", 0)
        bare = Constant(dims, None, record.get("name", ""), kind not in _INTEGERS)
        if record.get("location", 0) == 1 or kind not in _FORMS:
            return bare
        if bare.elements > MOST_VALUES:
            span, form = record.get("raw"), _FORMS[kind]
            is_whole = span is not None and span.length == struct.calcsize(f"<{form}") * bare.elements
            return bare._replace(place=(form, span.start)) if span is not None and is_whole else bare
        return bare._replace(values=self._values(record, kind, bare.elements))

    def _values(self, record: Record, kind: int, count: int) -> tuple[Any, ...] | None:
        """The values of a small tensor, from whichever field has them; ``None`` where they are too few."""
        if "raw" in record:
            span, form = record["raw"], _FORMS[kind]
            size = struct.calcsize(f"<{form}")
            if span.length != size * count:
                return None
            return struct.unpack(f"<{count}{form}", self.data[span.start : span.stop])
        form = {
            1: "float_data",
            11: "double_data",
            7: "int64_data",
            12: "uint64_data",
            13: "uint64_data",
        }.get(kind, "int32_data")
        spans = record.get(form, ())
        found: list[Any] = []
        for span in spans:
            if form in ("float_data", "double_data"):
                size, code = (4, "f") if form == "float_data" else (8, "d")
                whole = span.length // size
                found.extend(
                    struct.unpack(f"<{whole}{code}", self.data[span.start : span.start + whole * size])
                )
            else:
                found.extend(self.reader.varints(span.start, span.stop))
            if len(found) > count:
                return None
        return tuple(found) if len(found) == count else None


def _axes(value: Record) -> tuple[int | None, ...] | None:
    """The axes of a tensor's type, ``None`` for one that is open; ``None`` in all where the type says
    nothing.
    """
    shape = value.get("type", {}).get("tensor", {}).get("shape")
    if shape is None:
        return None
    sizes = (dimension.get("value") for dimension in shape.get("dims", ()))
    return tuple(size if size is not None and size > 0 else None for size in sizes)


def label_of(name: str, operator: str) -> str:
    """The module that a node's name tells: ``/layer1/layer1.0/conv1/Conv`` is ``layer1.0.conv1``."""
    words = [word for word in re.split(r"/+|::", name) if word]
    if len(words) > 1 and re.match(re.escape(operator) + r"(_\d+)?\Z", words[-1]):
        words.pop()
    label: list[str] = []
    for word in words:
        if label and word.startswith(label[-1] + "."):
            label[-1] = word
        else:
            label.append(word)
    return clean_label(".".join(label))


def clean_label(text: str) -> str:
    """A label without characters that a name cannot have."""
    return re.sub(r"[^A-Za-z0-9_.\-]+", "_", text).strip("._")[:200]


def _scopes_of_metadata(metadata: Mapping[str, str]) -> tuple[str, tuple[tuple[str, str], ...]] | None:
    """Label and kinds of modules as PyTorch's newer exporter writes them beside a node."""
    scopes = _texts(metadata.get("pkg.torch.onnx.name_scopes", ""))
    classes = _texts(metadata.get("pkg.torch.onnx.class_hierarchy", ""))
    if len(scopes) < 2:
        return None
    modules = tuple(
        (clean_label(scope), kind.rpartition(".")[2]) for scope, kind in zip(scopes, classes, strict=False)
    )[:-1]
    return clean_label(scopes[-2]), tuple(one for one in modules if one[0])


def _texts(written: str) -> list[str]:
    """The texts of a list as Python writes it."""
    return re.findall(r"'([^']*)'", written)
