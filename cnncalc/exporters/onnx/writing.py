"""A report to the nodes of an ONNX graph: what each layer is written as, and what cannot be written."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from cnncalc.analysis.report import LayerReport, Report
from cnncalc.exporters.refusing import Inexpressible, Refusals
from cnncalc.frameworks import framework_named
from cnncalc.frameworks.rules import Framework
from cnncalc.geometry.shape import Shape
from cnncalc.layers.base import Layer, Params
from cnncalc.support.handlers import Handlers
from cnncalc.support.wire import Record

FLOAT, INT64 = 1, 7
"""Element types."""
_FLOAT_ATTRIBUTE, _INT, _TEXT, _TENSOR, _INTS = 1, 2, 3, 4, 7
"""Types of attributes."""

Handler = Callable[["Writing", "Call"], str]
HANDLERS = Handlers[Handler](
    "cnncalc.exporters.onnx",
    "windows",
    "weighted",
    "elementwise",
    "joins",
    "moving",
    "resizing",
    "recurrent",
    "attention",
)
"""What writes each operation, by kinds of layers: it gives the name of the tensor that it made."""
writes = HANDLERS.handles


class Call(NamedTuple):
    """One layer to be written, with the tensors that it reads."""

    record: LayerReport
    layer: Any
    """The operation; each handler knows the class of its own."""
    inputs: tuple[str, ...]
    shapes: tuple[Shape, ...]
    """Of the inputs."""
    stored: Params
    """The numbers that it uses, its own or those of the layer whose weights it shares."""
    rules: Framework

    @property
    def input(self) -> str:
        return self.inputs[0]

    @property
    def rank(self) -> int:
        """Spatial axes of the input."""
        return self.record.in_shape.rank

    @property
    def channels(self) -> int:
        return sizes_of(Shape(self.record.in_shape.channels))[0]

    @property
    def sizes(self) -> tuple[int, ...]:
        """The spatial sizes of the input, which must be known."""
        return sizes_of(self.record.in_shape)[1:]

    @property
    def new(self) -> tuple[int, ...]:
        """Channels and sizes of the output, which must be known."""
        return sizes_of(self.record.shape)


def sizes_of(shape: Shape) -> tuple[int, ...]:
    """Channels and sizes.

    Raises:
        Inexpressible: where one is not known.
    """
    found = tuple(axis for axis in shape.axes if axis is not None)
    if len(found) < len(shape.axes):
        raise Inexpressible(f"the size {shape} is not known", "pass --input with the size")
    return found


class Writing:
    """The graph of one network as it grows; names are those of layers, made unique."""

    def __init__(self, report: Report) -> None:
        rules = framework_named(report.framework)
        assert rules is not None
        self.report = report
        self.rules = rules
        self.nodes: list[Record] = []
        self.initializers: list[Record] = []
        self.inputs: list[Record] = []
        self.values: list[Record] = []
        self.tensors: dict[str, str] = {}
        """The tensor of each layer and input by its path."""
        self.shapes: dict[str, Shape] = {}
        self.batches: dict[str, str] = {}
        """What the first axis of each tensor is called, by path."""
        self.tokens = _read_as_tokens(report)
        """The inputs that hold token numbers."""
        self.refusals = Refusals("ONNX")
        self._taken: set[str] = set()
        self._constants: dict[tuple[Any, ...], str] = {}
        self._weights: dict[str, tuple[str, tuple[int, ...]]] = {}
        self._operators: dict[tuple[str, str], int] = {}
        self._scope = ""

    # Layers

    def layers(self) -> None:
        """Write the inputs and every layer; what cannot be written is gathered in ``refusals``."""
        for name, shape in self.report.inputs:
            tensor = self._named(name)
            self.tensors[name], self.shapes[name], self.batches[name] = tensor, shape, "batch"
            self.inputs.append(
                _value(tensor, INT64 if name in self.tokens else FLOAT, self._axes(name, shape))
            )
        for record in self.report.layers:
            self._layer(record)

    def _layer(self, record: LayerReport) -> None:
        self._scope = _scope(record.path)
        self.shapes[record.path] = record.shape
        self.batches[record.path] = self.batches[record.inputs[0]]
        before = len(self.nodes)
        try:
            call = self._call(record)
            handler = HANDLERS.get(call.layer.op)
            if handler is None:
                raise Inexpressible("there is no such operator")
            made = handler(self, call)
        except Inexpressible as found:
            self.refusals.add(record, found.why, found.help)
            self.tensors[record.path] = record.path
            return
        self.tensors[record.path] = self._finished(made, record.path, before)
        if record.shape.known:
            axes = self._axes(record.path, record.shape)
            self.values.append(_value(self.tensors[record.path], FLOAT, axes))

    def _call(self, record: LayerReport) -> Call:
        layer = record.layer
        assert layer is not None
        shapes = tuple(self.shapes[path] for path in record.inputs)
        counted: Layer = layer.beside(shapes)
        return Call(
            record=record,
            layer=layer,
            inputs=tuple(self.tensors[path] for path in record.inputs),
            shapes=shapes,
            stored=counted.params(record.in_shape, self.rules),
            rules=self.rules,
        )

    def _finished(self, made: str, path: str, before: int) -> str:
        """The tensor of a layer under its path: the last node's output, which nothing else reads yet."""
        last = self.nodes[-1] if len(self.nodes) > before else None
        if last is None or last["outputs"][-1] != made:
            made = self.node("Identity", made)
            last = self.nodes[-1]
        name = self._named(path)
        last["outputs"] = [*last["outputs"][:-1], name]
        self._taken.discard(made)
        return name

    def _axes(self, path: str, shape: Shape) -> list[int | str]:
        """The axes of a tensor with the batch; those that are not known have names."""
        batch = self.batches[path]
        return [
            batch,
            *(f"{path}_{place}" if axis is None else axis for place, axis in enumerate(shape.axes)),
        ]

    def output(self, path: str) -> Record:
        """The tensor of a path as a graph's output has it; an input that is given out is copied."""
        if any(path == name for name, _ in self.report.inputs):
            self._scope = f"/{path}"
            self.tensors[path] = self.node("Identity", self.tensors[path])
        return _value(self.tensors[path], FLOAT, self._axes(path, self.shapes[path]))

    # Nodes

    def node(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """One more node of a single output; the tensor that it makes. Empty names are absent inputs."""
        return self.node_of(1, operator, *inputs, **attributes)[-1]

    def node_of(self, outputs: int, operator: str, *inputs: str, **attributes: Any) -> list[str]:
        """One more node; the tensors that it makes."""
        count = self._operators.get((self._scope, operator), 0)
        self._operators[self._scope, operator] = count + 1
        name = f"{self._scope}/{operator}" + (f"_{count}" if count else "")
        made = [self._named(f"{name}_output_{place}") for place in range(outputs)]
        record: Record = {"inputs": list(inputs), "outputs": made, "name": name, "operator": operator}
        if attributes:
            record["attributes"] = [_attribute(key, value) for key, value in attributes.items()]
        self.nodes.append(record)
        return made

    def integers(self, values: Iterable[int], *, scalar: bool = False) -> str:
        """A constant list of whole numbers, one for all places that need the same."""
        found = tuple(values)
        key = ("scalar" if scalar else "integers", *found)
        if key not in self._constants:
            name = self._named("_".join(["index" if scalar else "sizes", *map(str, found)])[:80])
            data = struct.pack(f"<{len(found)}q", *found)
            self._constant(key, name, () if scalar else (len(found),), INT64, data)
        return self._constants[key]

    def floats(self, values: Iterable[float], *, scalar: bool = False) -> str:
        """A constant list of numbers."""
        found = tuple(values)
        key = ("number" if scalar else "floats", *found)
        if key not in self._constants:
            name = self._named("_".join(["number", *(f"{value:g}" for value in found)])[:80])
            data = struct.pack(f"<{len(found)}f", *found)
            self._constant(key, name, () if scalar else (len(found),), FLOAT, data)
        return self._constants[key]

    def _constant(
        self, key: tuple[Any, ...], name: str, dims: tuple[int, ...], element: int, data: bytes
    ) -> None:
        self._constants[key] = name
        self.initializers.append({"dims": list(dims), "type": element, "name": name, "raw": data})

    def weight(self, call: Call, role: str, dims: Sequence[int], fill: float = 0.0) -> str:
        """A learned tensor: the shape with one value for all, so that the file stays small.

        A layer that shares its weights reads those of the other one.
        """
        owner = call.record.shares or call.record.path
        key = f"{_label(owner)}.{role}"
        found = self._weights.get(key)
        if found is None:
            name = self._filled(key, dims, fill)
            self._weights[key] = (name, tuple(dims))
            return name
        if found[1] != tuple(dims):
            raise Inexpressible(
                f"the weights of `{owner}` are {list(found[1])}, here {list(dims)} are needed"
            )
        return found[0]

    def fixed(self, role: str, dims: Sequence[int], fill: float) -> str:
        """One number spread over a tensor, of which nothing is learned; shared by all layers that need it."""
        key = (role, fill, *dims)
        if key not in self._constants:
            name = self._named(f"{role}_{'x'.join(map(str, dims))}")
            made = self.node("Expand", self.floats((fill,), scalar=True), self.integers(dims))
            self._taken.discard(made)
            self.nodes[-1]["outputs"] = [name]
            self._constants[key] = name
        return self._constants[key]

    def _filled(self, name: str, dims: Sequence[int], fill: float) -> str:
        value = {"dims": [1], "type": FLOAT, "raw": struct.pack("<f", fill)}
        made = self.node("ConstantOfShape", self.integers(dims), value=value)
        self._taken.discard(made)
        name = self._named(name)
        self.nodes[-1]["outputs"] = [name]
        return name

    def _named(self, name: str) -> str:
        """A name that no tensor has yet."""
        found, number = name or "tensor", 1
        while found in self._taken:
            number += 1
            found = f"{name}_{number}"
        self._taken.add(found)
        return found

    # What several families need

    def reshaped(self, tensor: str, sizes: Sequence[int]) -> str:
        """A tensor in other axes behind the batch."""
        return self.node("Reshape", tensor, self.integers((0, *sizes)))

    def transposed(self, tensor: str, order: Sequence[int]) -> str:
        """A tensor with its axes in another order, the batch included."""
        if tuple(order) == tuple(range(len(order))):
            return tensor
        return self.node("Transpose", tensor, perm=list(order))

    def cut(self, tensor: str, pieces: Sequence[tuple[int, int, int]]) -> str:
        """A part of a tensor: axis, first position and the one behind the last."""
        starts, ends, axes = ([piece[place] for piece in pieces] for place in (1, 2, 0))
        return self.node("Slice", tensor, self.integers(starts), self.integers(ends), self.integers(axes))

    def padded(self, tensor: str, pairs: Sequence[tuple[int, int]], fill: float = 0.0) -> str:
        """A border around the spatial axes."""
        pads = [pair[0] for pair in pairs] + [pair[1] for pair in pairs]
        axes = self.integers(range(2, 2 + len(pairs)))
        return self.node("Pad", tensor, self.integers(pads), self.floats((fill,), scalar=True), axes)

    def regions(self, call: Call) -> str:
        """An input of its own with regions of interest: image, left, top, right and bottom of each."""
        name = self._named(f"{call.record.path}/regions")
        count = f"{call.record.path}/count"
        self.inputs.append(_value(name, FLOAT, [count, 5]))
        self.batches[call.record.path] = count
        return name


def _read_as_tokens(report: Report) -> set[str]:
    """The inputs that hold token numbers."""
    readers: dict[str, set[str]] = {name: set() for name, _ in report.inputs}
    for record in report.layers:
        for path in record.inputs:
            if path in readers:
                readers[path].add(record.op)
    return {name for name, ops in readers.items() if ops == {"embedding"}}


def _scope(path: str) -> str:
    """A path as names of nodes are written: ``layer1[0]/conv`` is ``/layer1/0/conv``."""
    words = []
    for step in path.split("/"):
        word, _, copy = step.removesuffix("]").rpartition("[") if step.endswith("]") else (step, "", "")
        words += [word, copy] if copy.isdigit() else [step]
    return "/" + "/".join(words)


def _label(path: str) -> str:
    """A path as names of weights are written: ``layer1.0.conv``."""
    return _scope(path)[1:].replace("/", ".")


def _attribute(name: str, value: Any) -> Record:
    if isinstance(value, dict):
        return {"name": name, "t": value, "type": _TENSOR}
    if isinstance(value, bool | int):
        return {"name": name, "i": int(value), "type": _INT}
    if isinstance(value, float):
        return {"name": name, "f": value, "type": _FLOAT_ATTRIBUTE}
    if isinstance(value, str):
        return {"name": name, "s": value.encode(), "type": _TEXT}
    return {"name": name, "ints": list(value), "type": _INTS}


def _value(name: str, element: int, axes: Iterable[int | str]) -> Record:
    """A tensor with its type and axes; those that are not known have names."""
    dims = [{"name": axis} if isinstance(axis, str) else {"value": axis} for axis in axes]
    return {"name": name, "type": {"tensor": {"element": element, "shape": {"dims": dims}}}}
