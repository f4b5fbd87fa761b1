"""Functions of each element, and operations on the channels, as PyTorch modules."""

from __future__ import annotations

from typing import Any

from cnncalc.analysis.report import LayerReport
from cnncalc.exporters.calls import Argument, Call, Value, given, placed
from cnncalc.exporters.torch.translation import MAKERS, Around, Made, Maker, applied, makes


@makes("prelu")
def prelu(record: LayerReport, layer: Any, around: Around) -> Made:
    channels = record.in_shape.channels if layer.per_channel else 1
    return Call("nn.PReLU", (given("num_parameters", channels, 1),))


@makes("dropout")
def dropout(record: LayerReport, layer: Any, around: Around) -> Made:
    return Call("nn.Dropout", (given("p", layer.rate, 0.5),))


@makes("drop_path")
def drop_path(record: LayerReport, layer: Any, around: Around) -> Made:
    return Call("DropPath", (placed("rate", layer.rate),))


@makes("pow")
def power(record: LayerReport, layer: Any, around: Around) -> Made:
    return applied("torch.pow", given("exponent", layer.exponent))


@makes("slice")
def cut_channels(record: LayerReport, layer: Any, around: Around) -> Made:
    first, count = layer.channels
    return applied("torch.narrow", given("dim", 1), given("start", first), given("length", count))


def _plain(name: str, *fields: tuple[str, str, Any], **fixed: Value) -> Maker:
    """A module whose arguments are those of the layer: field, argument, PyTorch's default."""

    def make(record: LayerReport, layer: Any, around: Around) -> Made:
        taken = tuple(given(argument, getattr(layer, field), default) for field, argument, default in fields)
        return Call(f"nn.{name}", (*taken, *(given(key, value) for key, value in fixed.items())))

    return make


def _function(name: str, *fixed: Argument) -> Maker:
    def make(record: LayerReport, layer: Any, around: Around) -> Made:
        return applied(name, *fixed)

    return make


MAKERS.update(
    {
        "relu": _plain("ReLU"),
        "relu6": _plain("ReLU6"),
        "leaky_relu": _plain("LeakyReLU", ("slope", "negative_slope", 0.01)),
        "sigmoid": _plain("Sigmoid"),
        "tanh": _plain("Tanh"),
        "gelu": _plain("GELU"),
        "silu": _plain("SiLU"),
        "elu": _plain("ELU", ("alpha", "alpha", 1.0)),
        "selu": _plain("SELU"),
        "celu": _plain("CELU", ("alpha", "alpha", 1.0)),
        "mish": _plain("Mish"),
        "hardswish": _plain("Hardswish"),
        "hardsigmoid": _plain("Hardsigmoid"),
        "hardtanh": _plain("Hardtanh", ("low", "min_val", -1.0), ("high", "max_val", 1.0)),
        "softplus": _plain("Softplus"),
        "softsign": _plain("Softsign"),
        "logsigmoid": _plain("LogSigmoid"),
        "tanhshrink": _plain("Tanhshrink"),
        "softmax": _plain("Softmax", dim=1),
        "glu": _plain("GLU", dim=1),
        "identity": _plain("Identity"),
        "square": _function("torch.square"),
        "sqrt": _function("torch.sqrt"),
        "rsqrt": _function("torch.rsqrt"),
        "exp": _function("torch.exp"),
        "log": _function("torch.log"),
        "abs": _function("torch.abs"),
        "neg": _function("torch.neg"),
        "channel_mean": _function("torch.mean", given("dim", 1), given("keepdim", True)),
        "channel_max": _function("torch.amax", given("dim", 1), given("keepdim", True)),
        "l2norm": _function("F.normalize", given("dim", 1)),
    }
)
