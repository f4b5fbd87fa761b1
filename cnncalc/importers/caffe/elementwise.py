"""Caffe's functions of each element."""

from __future__ import annotations

from collections.abc import Callable

from cnncalc.importers.caffe.translation import STEPS, Layer, Made, step


@step("relu")
def relu(layer: Layer) -> Made:
    given = layer.parameters("relu")
    slope = given.number("negative_slope", 0.0)
    given.done()
    return [layer.add("leaky_relu" if slope else "relu", layer.shape)]


@step("prelu")
def prelu(layer: Layer) -> Made:
    given = layer.parameters("prelu")
    given.ignore("filler")
    shared = given.flag("channel_shared", False)
    given.done()
    return [layer.add("prelu", layer.shape, per_channel=not shared)]


@step("power")
def power(layer: Layer) -> Made:
    given = layer.parameters("power")
    given.ignore("scale", "shift")
    power = given.number("power", 1.0)
    given.done()
    return [layer.inputs[0]] if power == 1 else [layer.add("pow", layer.shape, exponent=power)]


@step("clip")
def clip(layer: Layer) -> Made:
    given = layer.parameters("clip")
    low, high = given.number("min", 0.0), given.number("max", 6.0)
    given.done()
    return [layer.add("relu6" if (low, high) == (0, 6) else "hardtanh", layer.shape)]


@step("split")
def same(layer: Layer) -> Made:
    return [layer.inputs[0]] * layer.outputs


def _elementwise(op: str, parameters: str = "", *ignored: str) -> Callable[[Layer], Made]:
    """A layer that changes each number by itself; ``ignored`` are parameters that change no count."""

    def step(layer: Layer) -> Made:
        if parameters:
            given = layer.parameters(parameters)
            given.ignore(*ignored)
            given.done()
        return [layer.add(op, layer.shape)]

    return step


STEPS.update(
    {
        "relu6": _elementwise("relu6"),
        "elu": _elementwise("elu", "elu", "alpha"),
        "sigmoid": _elementwise("sigmoid", "sigmoid"),
        "tanh": _elementwise("tanh", "tanh"),
        "absval": _elementwise("abs"),
        "bnll": _elementwise("softplus"),
        "exp": _elementwise("exp", "exp", "base", "scale", "shift"),
        "log": _elementwise("log", "log", "base", "scale", "shift"),
        "swish": _elementwise("silu", "swish", "beta"),
        "selu": _elementwise("selu"),
        "hswish": _elementwise("hardswish"),
        "mish": _elementwise("mish"),
        "softmax": _elementwise("softmax", "softmax", "axis"),
        "softmaxwithloss": _elementwise("softmax", "softmax", "axis"),
        "softmaxloss": _elementwise("softmax", "softmax", "axis"),
        "dropout": _elementwise("dropout", "dropout", "dropout_ratio", "scale_train", "sample_weights_test"),
        "spatialdropout": _elementwise("dropout"),
    }
)
