"""The items of a network as they are made: what each name holds, and what is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from math import prod
from typing import Any, cast

from cnncalc.geometry.shape import Shape
from cnncalc.importers.items import Item, Problem, item
from cnncalc.importers.onnx.call import Call
from cnncalc.importers.onnx.file import Constant, OnnxModel
from cnncalc.importers.onnx.held import Feature, Held, Names, Unknown
from cnncalc.importers.onnx.inputs import Order
from cnncalc.importers.onnx.layout import (
    BATCH,
    CHANNELS,
    Layout,
    as_line,
    known,
    plain,
    rearrangement,
    times,
    transposed,
    whole,
)

UNRUNNABLE = "no runtime can run the file as it is: export it again"


class Translation:
    """The items of one model at given input shapes."""

    def __init__(self, model: OnnxModel, file: str, partial: bool) -> None:
        self.model = model
        self.file = file
        self.partial = partial
        self.opset = model.opset
        self.batch = 1
        self.items: list[Item] = []
        self.places: dict[str, int] = {}
        self.shapes: dict[str, Shape] = {}
        self.orders: dict[str, Order] = {}
        """What the axes of each input are."""
        self.held = Names()
        self.problems: list[Problem] = []
        self.classes: dict[str, str] = {}
        self.weights: dict[str, int] = {}
        """Elements of each initialiser used as a weight; vectors are counted by layer."""
        self.vectors = 0
        self.buffers = 0
        self.macs = 0
        self.nodes = 0
        self.folded = 0
        """Elements of the constants that were computed."""
        self.kernels: dict[str, str] = {}
        """The item that used each kernel first."""
        self.uses: Counter[str] = Counter()
        self.reads: Counter[str] = Counter()
        """Uses of the values of each name, not of its shape alone."""
        self.fixed: list[str] = []
        """Labels of constants that change values but are nothing learned."""
        self.has_moved_batch = False
        """Whether an output has the batch behind other axes."""
        self.moved: list[tuple[str, str]] = []
        """Labels of resizes that read other positions than ours, and how they lay them."""

    # Items

    def add(self, one: Item) -> str:
        self.places[one.output] = len(self.items)
        self.items.append(one)
        if one.shape is not None:
            self.shapes[one.output] = one.shape
        return one.output

    def layer(
        self,
        call: Call,
        op: str,
        inputs: str | Iterable[str],
        shape: Shape,
        layout: Layout,
        **arguments: Any,
    ) -> Feature:
        """Add an item for a node, whose first output it makes."""
        output = call.node.outputs[0]
        self.add(item(op, inputs, output, label=call.node.label, shape=shape, **arguments))
        found = Feature(output, layout)
        self.held[output] = found
        return found

    def maker(self, tensor: str) -> Item | None:
        """The item that makes a tensor; ``None`` of an input."""
        place = self.places.get(tensor)
        return None if place is None else self.items[place]

    def forget(self, outputs: Iterable[str]) -> None:
        """Take out items that became part of another one."""
        gone = set(outputs)
        if not gone:
            return
        first = min(self.places.pop(output) for output in gone)
        self.items[first:] = [one for one in self.items[first:] if one.output not in gone]
        for place, one in enumerate(self.items[first:], first):
            self.places[one.output] = place

    def take_back(self, items: int, weights: int, kernels: int) -> None:
        """Leave out what a node added before it proved not to be understood."""
        for one in self.items[items:]:
            self.places.pop(one.output, None)
            self.shapes.pop(one.output, None)
        del self.items[items:]
        for table, kept in ((self.weights, weights), (self.kernels, kernels)):
            for name in list(table)[kept:]:
                table.pop(name)

    def renamed(self, old: str, new: str) -> None:
        """Let the tensor that an item makes have another name."""
        place = self.places[new] = self.places.pop(old)
        self.items[place] = self.items[place]._replace(output=new)
        self.shapes[new] = self.shapes[old]

    def same(self, call: Call, op: str, feature: Feature, **arguments: Any) -> None:
        """An item that changes no shape; ``note`` is its own."""
        self.layer(call, op, feature.tensor, self.shapes[feature.tensor], feature.layout, **arguments)

    def alias(self, call: Call, held: Held) -> None:
        """A node that changes nothing."""
        self.held[call.node.outputs[0]] = held

    def settled(self, feature: Feature, what: str) -> Feature:
        """The feature as a map whose axes are batch, channels and positions, rearranged where need be."""
        shape = self.shapes[feature.tensor]
        if feature.layout == plain(shape, self.batch):
            return feature
        squeezed = self._squeezed(feature, shape)
        if squeezed is not None:
            return squeezed
        found = rearrangement(feature.layout, shape, self.batch)
        if found is None and shape.rank > 1:
            layout, line = as_line(feature.layout, shape)
            if rearrangement(layout, line, self.batch) is not None:
                output = f"{feature.tensor}|tokens"
                if output not in self.places:
                    self.add(item("tokens", feature.tensor, output, shape=line))
                return self.settled(Feature(output, layout), what)
        if found is None:
            raise Unknown(
                f"{what}: the axes of its input {times(feature.sizes)} are in no order that a spec has"
            )
        output = f"{feature.tensor}|{found.op}|{'x'.join(map(str, feature.sizes))}"
        if output not in self.places:
            maker = self.maker(feature.tensor)
            label = "" if maker is None else maker.label
            tensor, arguments = feature.tensor, found.arguments
            if maker is not None and found.op == "to_map" and maker.op == "crop":
                (extra, behind), *_ = cast("Any", maker.given("margins"))
                if not behind:  # the map is of the tokens behind those that are not of it
                    tensor, arguments = maker.inputs[0], {**arguments, "extra": extra}
            self.add(item(found.op, tensor, output, label=label, shape=found.shape, **arguments))
        return Feature(output, plain(found.shape, self.batch))

    def with_channels(self, feature: Feature, axis: int, what: str) -> Feature:
        """The feature as a map whose channels are an axis of the tensor, the others its positions."""
        order = (0, axis, *(one for one in range(1, len(feature.layout)) if one != axis))
        found = self.settled(Feature(feature.tensor, transposed(feature.layout, order)), what)
        back = sorted(range(len(order)), key=order.__getitem__)
        return Feature(found.tensor, transposed(found.layout, back))

    def _squeezed(self, feature: Feature, shape: Shape) -> Feature | None:
        """A vector where axes of size 1 are missing: ``Cx1x1`` read as ``C``."""
        batch = whole(BATCH, self.batch)
        channels = whole(CHANNELS, known(shape)[0])
        if (
            len(feature.layout) >= 2
            and feature.layout[:2] == (batch, channels)
            and not any(feature.layout[2:])
        ):
            return feature
        return None

    def is_private(self, tensor: str, parts: int = 1) -> bool:
        """Whether each name of a tensor is read at most once, but for one that is read for each of its
        ``parts``, and none is given out.
        """
        names = [
            name
            for name in dict.fromkeys(self.held.of.get(tensor, ()))
            if isinstance(held := self.held[name], Feature) and held.tensor == tensor
        ]
        several = [self.reads[name] for name in names if self.reads[name] > 1]
        return (not several or several == [parts]) and not set(names).intersection(self.model.graph.outputs)

    def is_of_channels(self, feature: Feature, axis: int) -> bool:
        """Whether an axis of the tensor runs over all channels of its map."""
        return feature.layout[axis] == whole(CHANNELS, known(self.shapes[feature.tensor])[0])

    def spatial(self, feature: Feature) -> int:
        """Positions of the feature's map."""
        return prod(known(self.shapes[feature.tensor])[1:])

    # Counts

    def count_kernel(self, weight: Constant, output: str) -> str | None:
        """Count a weight once; the item that shares it, where one does."""
        made_of = weight.made_of or ((weight.name or output, weight.elements),)
        self.weights.update(made_of)
        first = self.kernels.setdefault("+".join(name for name, _ in made_of), output)
        return first if first != output else None

    def weight_of(self, one: Item) -> str:
        """The name of the weight that an item was the first to use; empty where it has none."""
        return next((name for name, output in self.kernels.items() if output == one.output), "")

    def share(self, call: Call, first: str) -> None:
        """Have the item of a node take its weight from the one that used it first."""
        place = self.places[call.node.outputs[0]]
        self.items[place] = self.items[place]._replace(share=first)

    def count_vector(self, *vectors: Constant | None) -> None:
        self.vectors += sum(vector.elements for vector in vectors if vector is not None)

    @property
    def params(self) -> int:
        return sum(self.weights.values()) + self.vectors
