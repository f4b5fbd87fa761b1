"""Keras' activations and other functions of each element, as layers, operations and parts of layers."""

from __future__ import annotations

from cnncalc.importers.keras.translation import LAYERS, OPERATIONS, Call, Made, Step, Tensor, layer

ACTIVATIONS = {
    "linear": None,
    "relu": "relu",
    "relu6": "relu6",
    "leaky_relu": "leaky_relu",
    "sigmoid": "sigmoid",
    "hard_sigmoid": "hardsigmoid",
    "tanh": "tanh",
    "hard_tanh": "hardtanh",
    "tanh_shrink": "tanhshrink",
    "softmax": "softmax",
    "softplus": "softplus",
    "softsign": "softsign",
    "elu": "elu",
    "selu": "selu",
    "celu": "celu",
    "gelu": "gelu",
    "silu": "silu",
    "swish": "silu",
    "hard_silu": "hardswish",
    "hard_swish": "hardswish",
    "mish": "mish",
    "log_sigmoid": "logsigmoid",
    "glu": "glu",
    "exponential": "exp",
    "exp": "exp",
}
"""Keras' activations by the words of the spec language; ``None`` for none."""


def activated(call: Call, tensor: Tensor, name: str = "activation") -> Tensor:
    """The activation that a layer has built in, as an item of its own."""
    value = call.settings.get(name)
    op = _activation_of(call, value)
    return tensor if op is None else call.add(op, tensor.shape, tensor, label=f"{call.label}.{op}")


def _activation_of(call: Call, value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, dict):
        config = value.get("config")
        value = config if isinstance(config, str) else value.get("class_name")
    if not isinstance(value, str) or value not in ACTIVATIONS:
        call.refuse(f"the activation `{value}` is not understood")
        return None
    return ACTIVATIONS[value]


@layer("Activation", settings=("activation",))
def activation(call: Call) -> Made:
    return [activated(call, call.first)]


@layer("ReLU", settings=("max_value", "negative_slope", "threshold"))
def relu(call: Call) -> Made:
    highest, slope = call.settings.get("max_value"), call.settings.get("negative_slope", 0.0)
    if not call.unless("threshold", 0, 0.0, None):
        return None
    if highest is not None and (highest != 6 or slope):
        call.refuse(f"`max_value={highest}`, `negative_slope={slope}` is not understood")
        return None
    return [call.add("relu6" if highest is not None else "leaky_relu" if slope else "relu", call.shape)]


@layer("PReLU", settings=("shared_axes",))
def prelu(call: Call) -> Made:
    shared = call.settings.get("shared_axes") or []
    spatial = list(range(2, call.shape.rank + 2) if call.channels_first else range(1, call.shape.rank + 1))
    if call.shape.rank and sorted(shared) != spatial:
        call.refuse(f"`shared_axes={shared}`: a slope per position is not understood")
        return None
    return [call.add("prelu", call.shape, has_weights=True, per_channel=True)]


_RANDOM = (
    "factor",
    "height_factor",
    "width_factor",
    "mode",
    "fill_mode",
    "fill_value",
    "interpolation",
    "value_range",
)
"""Of layers that change examples in training and nothing after it."""


@layer(
    "RandomBrightness",
    "RandomContrast",
    "RandomFlip",
    "RandomRotation",
    "RandomTranslation",
    "RandomZoom",
    settings=_RANDOM,
)
@layer("Rescaling", settings=("scale", "offset"))
@layer("Masking", settings=("mask_value",))
@layer("ActivityRegularization", settings=("l1", "l2"))
@layer("GaussianNoise", settings=("stddev",))
@layer("Identity")
def nothing(call: Call) -> Made:
    return [call.first]


def _word(op: str) -> Step:
    """A layer that keeps the shape and learns nothing."""

    def step(call: Call) -> Made:
        return [call.add(op, call.shape)]

    return step


LAYERS.update(
    {
        "LeakyReLU": (_word("leaky_relu"), ("negative_slope", "alpha")),
        "ELU": (_word("elu"), ("alpha",)),
        "Softmax": (_word("softmax"), ("axis",)),
        "Dropout": (_word("dropout"), ("rate",)),
        "GaussianDropout": (_word("dropout"), ("rate",)),
        "AlphaDropout": (_word("dropout"), ("rate",)),
        **{f"SpatialDropout{rank}D": (_word("dropout"), ("rate",)) for rank in (1, 2, 3)},
        "StochasticDepth": (_word("drop_path"), ("drop_path_rate", "rate")),
    }
)
OPERATIONS.update(
    {
        "Relu": (_word("relu"), ()),
        "Relu6": (_word("relu6"), ()),
        "Sigmoid": (_word("sigmoid"), ()),
        "Tanh": (_word("tanh"), ()),
        "Softmax": (_word("softmax"), ("axis",)),
        "Silu": (_word("silu"), ()),
        "Gelu": (_word("gelu"), ("approximate",)),
        "HardSigmoid": (_word("hardsigmoid"), ()),
        "HardSilu": (_word("hardswish"), ()),
        "Square": (_word("square"), ()),
        "Sqrt": (_word("sqrt"), ()),
        "Exp": (_word("exp"), ()),
        "Absolute": (_word("abs"), ()),
        "Negative": (_word("neg"), ()),
    }
)
