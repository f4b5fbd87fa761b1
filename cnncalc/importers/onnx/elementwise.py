"""ONNX operators that work on each element by itself, with or without a learned vector."""

from __future__ import annotations

import re

from cnncalc.geometry.shape import Shape
from cnncalc.importers.limits import NO_LIMIT, clipping
from cnncalc.importers.onnx.call import Call
from cnncalc.importers.onnx.file import Constant
from cnncalc.importers.onnx.held import Feature, Unknown
from cnncalc.importers.onnx.layout import CHANNELS, known, whole
from cnncalc.importers.onnx.operators import operator
from cnncalc.importers.onnx.translation import Translation

_PLAIN = {
    "Relu": "relu",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "Selu": "selu",
    "Mish": "mish",
    "HardSwish": "hardswish",
    "Gelu": "gelu",
    "Elu": "elu",
    "HardSigmoid": "hardsigmoid",
    "Silu": "silu",
    "Swish": "silu",
    "QuickGelu": "silu",
    "Celu": "celu",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "Sqrt": "sqrt",
    "Exp": "exp",
    "Log": "log",
    "Abs": "abs",
    "Neg": "neg",
    "LogSigmoid": "logsigmoid",
    "TanhShrink": "tanhshrink",
}
"""The word of the language for each; the attributes beside them change no number that is computed."""

_HARMLESS = ("alpha", "beta", "gamma", "approximate", "consumed_inputs")


@operator(*_PLAIN)
def function(translation: Translation, call: Call) -> None:
    word = _PLAIN[call.node.operator]
    require(word)
    call.ignore(*_HARMLESS)
    translation.same(call, word, call.feature())


def require(word: str) -> None:
    """Refuse what the language has no word for."""
    from cnncalc.layers.base import OPERATIONS

    if word not in OPERATIONS:
        raise Unknown("the spec language has no word for it")


@operator("LeakyRelu")
def leaky_relu(translation: Translation, call: Call) -> None:
    slope = float(f"{call.attribute('alpha', 0.01):.6g}")
    translation.same(call, "leaky_relu", call.feature(), slope=slope)


@operator("PRelu")
def prelu(translation: Translation, call: Call) -> None:
    slope = call.constant(1, "the slope")
    translation.count_vector(slope)
    feature = call.feature()
    channels = translation.shapes[feature.tensor].channels
    if slope.elements not in (1, channels):
        raise Unknown(f"it has {slope.elements} slopes for {channels} channels")
    translation.same(call, "prelu", feature, per_channel=slope.elements == channels and channels != 1)


@operator("Clip")
def clip(translation: Translation, call: Call) -> None:
    feature = call.feature()
    low, high = (_limit(call, place, name) for place, name in ((1, "min"), (2, "max")))
    if low is None and high is None:
        translation.alias(call, feature)
    elif low == 0 and high in (None, 6):
        translation.same(call, "relu6" if high else "relu", feature)
    elif low is not None and high is not None and low >= high:
        raise Unknown(f"it cuts to a range from {low:g} to {high:g}, which is empty")
    else:
        given, note = clipping(low, high)
        translation.same(call, "hardtanh", feature, note=note, **given)


def _limit(call: Call, place: int, name: str) -> float | None:
    """A limit of a node, from an attribute or an input; ``None`` where there is none."""
    found = call.attribute(name)
    if found is None and call.input(place) is not None:
        values = call.values(place, "a limit")
        found = values[0] if values else None
    return None if found is None or abs(found) >= NO_LIMIT else float(f"{found:.6g}")


@operator("Softmax", "LogSoftmax")
def softmax(translation: Translation, call: Call) -> None:
    feature = call.feature()
    rank = len(feature.layout)
    first = call.attribute("axis", -1 if translation.opset >= 13 else 1) % rank
    last = first + 1 if translation.opset >= 13 else rank
    problem = _not_over_channels(translation, feature, first, last)
    if problem is not None:
        feature = _settled_or_same(translation, feature)
        problem = _not_over_channels(translation, feature, first, last)
    if problem is not None:
        raise Unknown(problem)
    translation.same(call, "softmax", feature)


def _not_over_channels(translation: Translation, feature: Feature, first: int, last: int) -> str | None:
    """What axes run over where they do not run over channels: all, or parts of them one by one."""
    over = [atom for dim in feature.layout[first:last] for atom in dim]
    if any(atom.axis != CHANNELS for atom in over):
        return "it works over the positions of the map"
    if not over and translation.shapes[feature.tensor].channels != 1:
        return "it works over an axis of size 1"
    return None


def _settled_or_same(translation: Translation, feature: Feature) -> Feature:
    """The feature as a map, where its axes can be brought into an order that a spec has."""
    try:
        return translation.settled(feature, "Softmax")
    except Unknown:
        return feature


@operator("Glu")
def glu(translation: Translation, call: Call) -> None:
    """The first half of the channels times the sigmoid of the second: see ``patterns.glu``."""
    feature = call.feature()
    axis = call.attribute("axis", 0) % len(feature.layout)
    if feature.layout[axis] != whole(CHANNELS, known(translation.shapes[feature.tensor])[0]):
        if axis != 1:
            raise Unknown(f"it cuts axis {axis}, which is not the channels")
        feature = translation.settled(feature, "Split")
    shape = translation.shapes[feature.tensor]
    channels = known(shape)[0]
    if feature.layout[axis] != whole(CHANNELS, channels) or channels % 2:
        raise Unknown(f"it cuts axis {axis}, which is not an even number of channels")
    half = whole(CHANNELS, channels // 2)
    layout = (*feature.layout[:axis], half, *feature.layout[axis + 1 :])
    translation.layer(call, "glu", feature.tensor, Shape(channels // 2, shape.sizes), layout)


@operator("Dropout")
def dropout(translation: Translation, call: Call) -> None:
    call.ignore("seed", "is_test")
    rate = call.attribute("ratio", None)
    given = call.input(1)
    if isinstance(given, Constant) and given.values:
        rate = given.values[0]
    training = call.input(2)
    is_kept = call.node.attributes.get("is_test") is None and isinstance(training, Constant)
    if is_kept:
        translation.same(call, "dropout", call.feature(), rate=float(f"{0.5 if rate is None else rate:.6g}"))
    else:
        translation.alias(call, call.feature())
    for name in call.node.outputs[1:]:
        if name:
            translation.held[name] = call.feature()


@operator("Identity", "Cast", "CastLike")
def unchanged(translation: Translation, call: Call) -> None:
    call.ignore("to", "saturate", "round_mode")
    if call.node.operator == "CastLike":
        call.ignore_input(1)
        number = call.input(0)
        if isinstance(number, Constant):
            translation.held[call.node.outputs[0]] = number
            return
    translation.alias(call, call.feature())


@operator("Pow")
def power(translation: Translation, call: Call) -> None:
    exponent = call.values(1, "the exponent")
    if exponent is None or len(exponent) != 1:
        raise Unknown("the exponent is not a number")
    require("pow")
    if exponent[0] == 2:
        translation.same(call, "square", call.feature())
    else:
        translation.same(call, "pow", call.feature(), exponent=exponent[0])


@operator("Reciprocal")
def reciprocal(translation: Translation, call: Call) -> None:
    """Behind a square root that nothing else reads, one operation; else a power of -1."""
    feature = call.feature()
    made = translation.maker(feature.tensor)
    if made is None or made.op != "sqrt" or not translation.is_private(feature.tensor):
        translation.same(call, "pow", feature, exponent=-1)
        return
    translation.forget([feature.tensor])
    translation.same(call, "rsqrt", feature._replace(tensor=made.inputs[0]))


def is_learned(translation: Translation, constant: Constant) -> bool:
    """Whether the file tells that a number is one of a layer's parameters: by its name alone."""
    if constant.fill is not None:
        return constant.name.endswith((".weight", ".bias"))
    return translation.model.producer.startswith("pytorch") and bool(_PARAMETER.fullmatch(constant.name))


_PARAMETER = re.compile(r"[A-Za-z_]\w*(\.\w+)+")
"""As PyTorch's exporters write the names of parameters of modules, which no constant has."""


def is_scalar(constant: Constant) -> bool:
    """Whether a constant is one number for all elements."""
    return constant.elements == 1


def feature_and_constant(call: Call) -> tuple[Feature, Constant] | None:
    """The two inputs of an arithmetic node of which one is constant."""
    if len(call.inputs) != 2:
        return None
    first, second = call.inputs
    if not isinstance(first, Feature):
        first, second = second, first
    if not isinstance(first, Feature) or not isinstance(second, Constant):
        return None
    if second.picks is not None and second.values is None:
        raise Unknown("it is with rows that are looked up in a weight")
    return first, second
