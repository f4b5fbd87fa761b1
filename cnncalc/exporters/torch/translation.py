"""One layer of an analysed network as PyTorch modules, or as an expression where it reads several tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from cnncalc.analysis.report import LayerReport
from cnncalc.errors import Fault
from cnncalc.exporters.calls import Argument, Call, Name, Value, given, placed
from cnncalc.exporters.refusing import Inexpressible
from cnncalc.frameworks.rules import Framework
from cnncalc.geometry.shape import Shape
from cnncalc.geometry.window import Window
from cnncalc.support.handlers import Handlers

MODULE = "{module}"
"""Where an expression calls the layer's module."""


class Translation(NamedTuple):
    """A layer as modules in sequence; ``expression`` is what is computed where one call is not all of it."""

    modules: tuple[Call, ...] = ()
    expression: str = ""
    """With ``{0}``, ``{1}`` ... for the inputs and ``{module}`` for the last module."""


class Around(NamedTuple):
    """What a layer depends on besides its own arguments."""

    framework: Framework
    shapes: tuple[Shape, ...]
    """Of its inputs."""


Made = Translation | Call | tuple[Call, ...]


Maker = Callable[[LayerReport, Any, Around], Made]


MAKERS = Handlers[Maker](
    "cnncalc.exporters.torch",
    "windows",
    "weighted",
    "elementwise",
    "joins",
    "moving",
    "resizing",
    "recurrent",
    "attention",
)
"""How each operation is said in PyTorch, by kinds of layers."""
makes = MAKERS.handles


def translated(record: LayerReport, around: Around) -> Translation:
    """A layer in PyTorch.

    Raises:
        Inexpressible: for what PyTorch cannot express.
    """
    layer = record.layer
    assert layer is not None
    maker = MAKERS.get(layer.op)
    if maker is None:
        raise Inexpressible("PyTorch has no such layer", "write the layers that it is made of")
    if None in (record.in_shape.channels, record.shape.channels):
        raise Inexpressible(
            "its number of channels is not known", "give the input's channels: `input: [3, H, W]`"
        )
    try:
        made = maker(record, layer, around)
    except Fault as fault:
        raise Inexpressible(fault.message, fault.help) from fault
    if isinstance(made, Call):
        made = (made,)
    found = made if isinstance(made, Translation) else Translation(made)
    return found._replace(modules=tuple(_as_trained(call, record, layer) for call in found.modules))


def _as_trained(call: Call, record: LayerReport, layer: Any) -> Call:
    """The module with its parameters fixed or frozen, where they are."""
    if call.function not in _WITHOUT_WEIGHTS and getattr(layer, "learned", True) is False:
        return Call("fixed", (placed("module", call),))
    if call.function not in _WITHOUT_WEIGHTS and record.frozen:
        return call._replace(suffix=".requires_grad_(False)")
    return call


_WITHOUT_WEIGHTS = ("Pad", "nn.Flatten")


def module_name(name: str, record: LayerReport) -> str:
    """A module that PyTorch has once for each number of axes: ``nn.Conv2d``."""
    return f"nn.{name}{record.in_shape.rank}d"


def windows_of(record: LayerReport) -> tuple[Window, ...]:
    """The windows of a layer, whose padding must be known."""
    windows = record.windows
    if windows is None or any(window.padding is None for window in windows):
        raise Inexpressible("its padding depends on the input's size", "give `--input`")
    return windows  # type: ignore[return-value]


def pad_by(pairs: list[tuple[int, int]], value: Value = 0) -> Call:
    """A module that pads each axis before and behind, or cuts where a number is negative."""
    return Call("Pad", (placed("padding", _flat(pairs)), given("value", value, 0)))


def _flat(pairs: list[tuple[int, int]]) -> tuple[int, ...]:
    """Pairs in the order of ``F.pad``: the last axis first."""
    return tuple(number for pair in reversed(pairs) for number in pair)


def applied(function: str, *arguments: Argument) -> Call:
    """A module that calls a function of one tensor."""
    return Call("Apply", (placed("function", Name(function)), *arguments))
