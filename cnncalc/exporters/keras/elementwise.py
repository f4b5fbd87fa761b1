"""Functions of each element, and operations on the channels, as Keras layers or operations."""

from __future__ import annotations

from typing import Any

from cnncalc.analysis.report import LayerReport
from cnncalc.exporters.calls import Call, Value, given, placed
from cnncalc.exporters.keras.translation import MAKERS, Made, Maker, Translation, makes
from cnncalc.geometry.shape import Shape

_ACTIVATIONS = {
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "gelu": "gelu",
    "silu": "silu",
    "selu": "selu",
    "mish": "mish",
    "hardswish": "hard_swish",
    "hardsigmoid": "hard_sigmoid",
    "softplus": "softplus",
    "softsign": "softsign",
    "exp": "exponential",
    "logsigmoid": "log_sigmoid",
    "tanhshrink": "tanh_shrink",
    "glu": "glu",
}
"""What Keras calls its activations."""
_FUNCTIONS = {
    "square": "square",
    "sqrt": "sqrt",
    "rsqrt": "rsqrt",
    "log": "log",
    "abs": "abs",
    "neg": "negative",
}
"""What Keras calls its operations of one tensor."""


@makes(*_ACTIVATIONS)
def activation(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    return Call("layers.Activation", (placed("activation", _ACTIVATIONS[layer.op]),))


@makes(*_FUNCTIONS)
def function(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    return Translation((), f"ops.{_FUNCTIONS[layer.op]}({{0}})")


@makes("channel_mean", "channel_max")
def over_channels(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    return Translation((), f"ops.{layer.op.removeprefix('channel_')}({{0}}, axis=-1, keepdims=True)")


def _plain(name: str, *fields: tuple[str, str, Any], **fixed: Value) -> Maker:
    def make(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
        taken = tuple(given(argument, getattr(layer, field), default) for field, argument, default in fields)
        return Call(f"layers.{name}", (*taken, *(given(key, value) for key, value in fixed.items())))

    return make


@makes("prelu")
def prelu(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    axes = tuple(range(1, 1 + record.in_shape.rank + (not layer.per_channel)))
    return Call("layers.PReLU", (given("shared_axes", axes, ()),))


@makes("celu")
def celu(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    return Translation((), f"ops.celu({{0}}, {layer.alpha})")


@makes("dropout")
def dropout(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    return Call("layers.Dropout", (placed("rate", layer.rate),))


@makes("drop_path")
def drop_path(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    noise = f"(None, {', '.join('1' * (record.in_shape.rank + 1))})"
    return Translation((), f"layers.Dropout({layer.rate}, noise_shape={noise})({{0}})")


@makes("pow")
def power(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    return Translation((), f"ops.power({{0}}, {layer.exponent})")


@makes("hardtanh")
def clipped(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    return Translation((), f"ops.clip({{0}}, {layer.low}, {layer.high})")


@makes("slice")
def cut_channels(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    first, count = layer.channels
    return Translation((), f"{{0}}[..., {first}:{first + count}]")


MAKERS.update(
    {
        "relu": _plain("ReLU"),
        "relu6": _plain("ReLU", max_value=6),
        "leaky_relu": _plain("LeakyReLU", ("slope", "negative_slope", None)),
        "elu": _plain("ELU", ("alpha", "alpha", 1.0)),
        "softmax": _plain("Softmax"),
        "identity": _plain("Identity"),
        "l2norm": _plain("UnitNormalization"),
    }
)
