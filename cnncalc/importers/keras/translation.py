"""One call of a Keras layer or operation as items, by its arguments and Keras' own sizes.

Source: https://keras.io/api/layers and keras/src/layers of keras-team/keras
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from cnncalc.geometry.shape import Shape
from cnncalc.importers.building import Building
from cnncalc.support.handlers import Handlers


class Tensor(NamedTuple):
    """A tensor on the way: its id among the items, and the shape it has there, channels first.

    A vector that Keras has after a global pool is a map of one position here.
    """

    id: str
    shape: Shape


class Call(NamedTuple):
    """One call of a layer: its settings, the tensors it is given, and where items go."""

    kind: str
    module: str
    name: str
    label: str
    settings: Mapping[str, Any]
    tensors: tuple[Tensor, ...]
    arguments: tuple[Any, ...]
    options: Mapping[str, Any]
    building: Building
    channels_first: bool
    owners: dict[str, str]
    """The first item of each label that has weights, which later calls of the layer use."""

    @property
    def first(self) -> Tensor:
        return self.tensors[0]

    @property
    def shape(self) -> Shape:
        """The shape of the first tensor it is given."""
        return self.tensors[0].shape

    def add(self, op: str, shape: Shape, *tensors: Tensor, **arguments: Any) -> Tensor:
        """An item that reads some tensors, the first of the call where none is named; ``has_weights`` and
        ``label`` are of the item, all else its arguments.
        """
        inputs = [tensor.id for tensor in tensors or (self.first,)]
        has_weights, label = arguments.pop("has_weights", False), arguments.pop("label", self.label)
        share = self.owners.get(label) if has_weights else None
        made = self.building.add(op, inputs, shape, label, share=share, **arguments)
        if has_weights:
            self.owners.setdefault(label, made)
        return Tensor(made, shape)

    def refuse(self, reason: str) -> None:
        self.building.refuse(self.label, self.kind, reason)

    def unless(self, name: str, *values: object) -> bool:
        """Whether a setting, where it is there, is one of the values that are understood; noted where not."""
        if name not in self.settings or self.settings[name] in values:
            return True
        self.refuse(f"`{name}={self.settings[name]}` is not understood")
        return False

    def whole(self, name: str, default: int = 0) -> int:
        """A positive whole number among the settings."""
        value = self.settings.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            self.refuse(f"`{name}={value}` is no positive whole number")
            return 1
        return value

    def per_axis(self, name: str, default: Any = 1, least: int = 1) -> tuple[int, ...]:
        """One whole number per axis, positive or ``least``."""
        value = self.settings.get(name, default)
        rank = self.shape.rank
        values = value if isinstance(value, list | tuple) else (value,) * rank
        if len(values) != rank or any(
            isinstance(one, bool) or not isinstance(one, int) or one < least for one in values
        ):
            self.refuse(f"`{name}={value}` is not one whole number for each of {rank} axes")
            return (1,) * rank
        return tuple(values)

    @property
    def is_reordered(self) -> bool:
        """Whether the layer takes another axis for the channels than the model does."""
        order = self.settings.get("data_format")
        return (
            order is not None and self.shape.rank > 0 and (order == "channels_first") != self.channels_first
        )

    def needs_map(self) -> bool:
        if self.shape.rank:
            return True
        self.refuse(f"it needs a map, its input is a vector of {self.shape}")
        return False

    def positions(self, axes: object) -> set[int] | None:
        """Axes that are counted with the batch as places among the spatial ones, -1 the channels; ``None``
        where one of them is none.
        """
        rank = self.shape.rank
        found = axes if isinstance(axes, list | tuple) else (axes,)
        if not all(isinstance(axis, int) and -rank - 1 <= axis <= rank + 1 and axis for axis in found):
            return None
        placed = [axis + rank + 2 if axis < 0 else axis for axis in found]
        if self.channels_first:
            return {axis - 2 for axis in placed}
        return {-1 if axis == rank + 1 else axis - 1 for axis in placed}

    def is_channels(self, axis: object) -> bool:
        """Whether an axis, counted with the batch, is the channels'."""
        if isinstance(axis, list | tuple) and len(axis) == 1:
            axis = axis[0]
        rank = self.shape.rank
        if self.shape.is_point and axis in (1, -1):  # of what is a vector in Keras
            return True
        channels = 1 if self.channels_first else rank + 1
        return axis in (channels, channels - rank - 2)


Made = list[Tensor] | None
"""What comes out of a call; ``None`` where it is not understood, which is noted."""
Step = Callable[[Call], Made]
Settings = tuple[str, ...] | None
"""The settings that a layer understands besides those of every layer; ``None`` for any."""
Entry = tuple[Step, Settings]

_KINDS = (
    "windows",
    "weighted",
    "elementwise",
    "joins",
    "moving",
    "resizing",
    "recurrent",
    "attention",
    "steps",
)
LAYERS = Handlers[Entry]("cnncalc.importers.keras", *_KINDS)
"""Every layer that is understood, by its class."""
OPERATIONS = Handlers[Entry]("cnncalc.importers.keras", *_KINDS)
"""Operations on tensors that stand among the layers; some have the class name of a layer."""


def layer(*kinds: str, settings: Settings = ()) -> Callable[[Step], Step]:
    """Register what a layer of these classes does, and the settings that it understands besides ``_ALWAYS``;
    of a kind with ``{}`` there are three, one for each number of axes.
    """

    def register(step: Step) -> Step:
        names = [kind.format(rank) for kind in kinds for rank in ((1, 2, 3) if "{}" in kind else (0,))]
        LAYERS.update(dict.fromkeys(names, (step, settings)))
        return step

    return register


def operation(*kinds: str, settings: Settings = ()) -> Callable[[Step], Step]:
    """Register what an operation on tensors does."""

    def register(step: Step) -> Step:
        OPERATIONS.update(dict.fromkeys(kinds, (step, settings)))
        return step

    return register


# What holds for training or for the values of weights alone, in any layer.
_ALWAYS = re.compile(
    r".*_(initializer|regularizer|constraint)|name|trainable|dtype|data_format|quantization_config|autocast|seed"
    r"|activity_regularizer|lora_rank|lora_alpha|batch_input_shape|batch_shape|epsilon|momentum|synchronized"
    r"|build_config|dynamic|sparse|ragged|implementation|unroll|noise_shape|supports_masking|mask_zero"
)


def translate(call: Call) -> Made:
    """Append the items of a call; its outputs, or ``None`` where it is not understood, which is noted."""
    before = len(call.building.problems)
    call = _unversioned(call)
    entry = None if ".ops" in call.module else LAYERS.get(call.kind)
    entry = entry or OPERATIONS.get(call.kind)
    if entry is None:
        call.refuse("there is no such layer in the spec language")
        return None
    if not call.tensors:
        call.refuse("it is given no tensor")
        return None
    step, settings = entry
    for name, value in call.settings.items():
        if settings is not None and name not in settings and not _ALWAYS.fullmatch(name):
            call.refuse(f"the argument `{name}={value}` is not understood")
    if len(call.building.problems) > before:
        return None
    if call.is_reordered and call.kind not in _IN_EITHER_ORDER:
        call.refuse(f"`data_format={call.settings['data_format']}` is not that of the layers before it")
    if call.channels_first and call.shape.rank and call.kind in _OF_LAST_AXIS:
        call.refuse("it works on the last axis, which is not the channels' here")
    first = len(call.building.items)
    made = step(call)
    if call.settings.get("trainable") is False:
        _freeze(call, first)
    return None if len(call.building.problems) > before else made


_IN_EITHER_ORDER = ("Flatten", "GlobalAveragePooling1D", "GlobalMaxPooling1D")
_OF_LAST_AXIS = ("Dense", "Embedding", "LSTM", "GRU", "SimpleRNN", "Bidirectional", "MultiHeadAttention")


def _freeze(call: Call, first: int) -> None:
    """Note that what a layer learns is not trained; ``first`` is the place of its first item."""
    items = call.building.items
    items[first:] = [one._replace(frozen=one.op in _LEARN) for one in items[first:]]


_LEARN = frozenset(
    (
        "attention",
        "bn",
        "conv",
        "conv_transpose",
        "depthwise",
        "embedding",
        "gn",
        "gru",
        "instance_norm",
        "linear",
        "ln",
        "lstm",
        "prelu",
        "rnn",
        "scale",
    )
)


def _unversioned(call: Call) -> Call:
    """``BatchNormalizationV1`` and the like, of old files."""
    if not call.kind.endswith(("V1", "V2")) or LAYERS.get(call.kind) is not None:
        return call
    return call._replace(kind=call.kind[:-2])
