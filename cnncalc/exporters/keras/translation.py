"""One layer of an analysed network in Keras, channels last."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from cnncalc.analysis.report import LayerReport
from cnncalc.errors import Fault
from cnncalc.exporters.calls import Call, alike, given, placed
from cnncalc.exporters.refusing import Inexpressible
from cnncalc.geometry.shape import Shape
from cnncalc.support.handlers import Handlers


class Translation(NamedTuple):
    """A layer as Keras layers in sequence, or as an expression of its inputs ``{0}``, ``{1}`` ..."""

    modules: tuple[Call, ...] = ()
    expression: str = ""


Made = Translation | Call | tuple[Call, ...]


Maker = Callable[[LayerReport, Any, tuple[Shape, ...]], Made]


MAKERS = Handlers[Maker](
    "cnncalc.exporters.keras",
    "windows",
    "weighted",
    "elementwise",
    "joins",
    "moving",
    "resizing",
    "recurrent",
    "attention",
)
"""How each operation is said in Keras, by kinds of layers."""
makes = MAKERS.handles


def translated(record: LayerReport, shapes: tuple[Shape, ...]) -> Translation:
    """A layer in Keras.

    Raises:
        Inexpressible: for what Keras cannot express.
    """
    layer = record.layer
    assert layer is not None
    maker = MAKERS.get(layer.op)
    if maker is None:
        raise Inexpressible("Keras has no such layer", "write the layers that it is made of")
    if not record.in_shape.known or not record.shape.known:
        raise Inexpressible("its sizes are not known", "give `--input`")
    try:
        made = maker(record, layer, shapes)
    except Fault as fault:
        raise Inexpressible(fault.message, fault.help) from fault
    if isinstance(made, Call):
        made = (made,)
    found = made if isinstance(made, Translation) else Translation(made)
    is_fixed = getattr(layer, "learned", True) is False or bool(record.frozen)
    if not is_fixed:
        return found
    return found._replace(modules=tuple(map(_frozen, found.modules)))


_WITHOUT_WEIGHTS = ("ZeroPadding", "Cropping", "Reshape", "Flatten")


def _frozen(module: Call) -> Call:
    """A module that is not trained."""
    if module.function.removeprefix("layers.").startswith(_WITHOUT_WEIGHTS):
        return module
    return module._replace(arguments=(*module.arguments, given("trainable", False, True)))


def layer_name(name: str, record: LayerReport) -> str:
    """A layer that Keras has once for each number of axes: ``layers.Conv2D``."""
    return f"layers.{name}{record.in_shape.rank}D"


def border(name: str, record: LayerReport, pairs: list[tuple[int, int]]) -> Call:
    """`ZeroPadding` or `Cropping` by pairs."""
    value: Any = pairs[0] if len(pairs) == 1 else tuple(pairs)
    if all(before == after for before, after in pairs):
        value = alike(tuple(before for before, _ in pairs))
    return Call(layer_name(name, record), (placed("padding", value),))
