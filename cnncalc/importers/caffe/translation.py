"""One Caffe layer as items, by the parameters and defaults of its own declarations.

Source: src/caffe/proto/caffe.proto of BVLC/caffe, and the layers' files beside it
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from cnncalc.geometry.shape import Shape
from cnncalc.importers.building import Building
from cnncalc.importers.caffe.prototxt import Message
from cnncalc.support.handlers import Handlers


class Layer(NamedTuple):
    """One layer: its type in lower case, its parameters, the tensors it reads, and where items go."""

    kind: str
    name: str
    message: Message
    inputs: tuple[str, ...]
    outputs: int
    building: Building
    owners: dict[str, str]

    @property
    def shape(self) -> Shape:
        """The shape of the first tensor it reads."""
        return self.building.shapes[self.inputs[0]]

    def parameters(self, name: str) -> Parameters:
        """A message of parameters, such as ``convolution_param``."""
        return Parameters(self, self.message.message(f"{name}_param"))

    def add(self, op: str, shape: Shape | None, **arguments: object) -> str:
        """An item that reads the first tensor."""
        return self.add_to(self.inputs[:1], op, shape, self.name, **arguments)

    def add_to(
        self, inputs: tuple[str, ...], op: str, shape: Shape | None, label: str, **arguments: object
    ) -> str:
        """An item that reads some tensors."""
        return self.building.add(op, inputs, shape, label, **arguments)  # type: ignore[arg-type]

    def add_weighted(self, op: str, shape: Shape, **arguments: object) -> str:
        """An item whose weights are those of an earlier layer that gives them the same name."""
        names = [param.text("name") for param in self.message.messages("param")]
        names += [value.text for value in self.message.values("param")]
        name = names[0] if names else ""
        tensor = self.add(op, shape, share=self.owners.get(name), **arguments)
        if name:
            self.owners.setdefault(name, tensor)
        return tensor

    def refuse(self, reason: str) -> None:
        self.building.refuse(self.name, self.message.text("type") or self.kind, reason, self.message.line)


class Parameters:
    """The parameters of a layer, of which each must be asked for or be known to change nothing."""

    def __init__(self, layer: Layer, message: Message) -> None:
        self.layer = layer
        self.message = message
        self.asked = {"engine"}

    def whole(self, name: str, default: int) -> int:
        """A whole number."""
        found = self.wholes(name)
        return found[-1] if found else default

    def wholes(self, name: str) -> list[int]:
        """Whole numbers of a field that may be repeated."""
        self.asked.add(name)
        numbers: list[int] = []
        for value in self.message.values(name):
            if re.fullmatch(r"[-+]?[0-9]{1,9}", value.text):
                numbers.append(int(value.text))
            else:
                self.layer.refuse(f"`{name}: {value.text}` is no whole number")
        return numbers

    def number(self, name: str, default: float) -> float:
        """A number on which no size or count depends."""
        self.asked.add(name)
        text = self.message.text(name)
        try:
            return float(text) if text else default
        except ValueError:
            self.layer.refuse(f"`{name}: {text}` is not a number")
            return default

    def flag(self, name: str, default: bool) -> bool:
        """True or false."""
        self.asked.add(name)
        text = self.message.text(name)
        if text in ("", "true", "True", "t", "1", "false", "False", "f", "0"):
            return text in ("true", "True", "t", "1") if text else default
        self.layer.refuse(f"`{name}: {text}` is neither true nor false")
        return default

    def word(self, name: str, default: str) -> str:
        """One of a few words."""
        self.asked.add(name)
        return self.message.text(name) or default

    def ignore(self, *names: str) -> None:
        """Fields that change no shape and no count."""
        self.asked.update(names)

    def only(self, name: str, value: str) -> None:
        """A field that is understood with one value alone."""
        found = self.word(name, value)
        if found != value:
            self.layer.refuse(f"`{name}: {found}` is not understood")

    def done(self) -> None:
        """Refuse what was not asked for."""
        for name in dict.fromkeys(field.name for field in self.message.fields):
            if name not in self.asked:
                self.layer.refuse(f"the parameter `{name}` is not understood")

    def per_axis(self, name: str, default: int, rank: int, pair: str | None = None) -> tuple[int, ...]:
        """One number per axis: given once, per axis, or as ``_h`` and ``_w``."""
        stem = pair or name
        both = (self.whole(f"{stem}_h", -1), self.whole(f"{stem}_w", -1))
        values = self.wholes(name)
        if both != (-1, -1):
            return tuple(default if one < 0 else one for one in both)
        if len(values) in (0, 1):
            return (values[0] if values else default,) * rank
        if len(values) != rank:
            self.layer.refuse(f"`{name}` has {len(values)} values for {rank} axes")
            return (default,) * rank
        return tuple(values)


Made = list[str] | None
"""The tensors of a layer's tops; ``None`` where it is not understood, which is noted."""
STEPS = Handlers[Callable[[Layer], Made]](
    "cnncalc.importers.caffe",
    "windows",
    "weighted",
    "elementwise",
    "joins",
    "moving",
    "resizing",
)
"""What each type of layer becomes, the types in lower case."""
step = STEPS.handles
NEEDS_MAP = frozenset(
    (
        "convolution",
        "convolutiondepthwise",
        "depthwiseconvolution",
        "deconvolution",
        "pooling",
        "crop",
        "interp",
        "reorg",
        "roipooling",
        "spp",
        "upsample",
    )
)


def translate(layer: Layer) -> Made:
    """Append the items of a layer; the tensors of its tops, or ``None`` where the layer is not understood."""
    found = STEPS.get(layer.kind)
    if found is None:
        layer.refuse("there is no such layer in the spec language")
        return None
    if layer.kind in NEEDS_MAP and layer.shape.rank == 0:
        layer.refuse(f"it needs a map, the layer before gives a vector of {layer.shape}")
        return None
    return found(layer)


def pairs(padding: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """Padding that is the same before and after, as items have it."""
    return tuple((one, one) for one in padding)
