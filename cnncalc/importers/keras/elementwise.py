"""Keras' activations and other functions of each element, as layers, operations and parts of layers."""

from __future__ import annotations

from cnncalc.importers.keras.translation import LAYERS, OPERATIONS, Call, Made, Step, Tensor, layer, operation

ACTIVATIONS = {
    "linear": "",
    "relu": "relu",
    "relu6": "relu6",
    "leaky_relu": "leaky_relu",
    "sigmoid": "sigmoid",
    "hard_sigmoid": "hardsigmoid",
    "tanh": "tanh",
    "hard_tanh": "hardtanh",
    "tanh_shrink": "tanhshrink",
    "softmax": "softmax",
    "log_softmax": "softmax log",
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
"""Keras' activations by the words of the spec language, none or several in sequence."""


def activated(call: Call, tensor: Tensor) -> Tensor:
    """The activation that a layer has built in, as an item of its own."""
    for op in _ops_of(call, call.settings.get("activation")):
        tensor = call.add(op, tensor.shape, tensor, label=f"{call.label}.{op}")
    return tensor


def _ops_of(call: Call, value: object) -> list[str]:
    if value is None:
        return []
    if isinstance(value, dict):
        config = value.get("config")
        value = config if isinstance(config, str) else value.get("class_name")
    if not isinstance(value, str) or value not in ACTIVATIONS:
        call.refuse(f"the activation `{value}` is not understood")
        return []
    return ACTIVATIONS[value].split()


@layer("Activation", settings=("activation",))
def activation(call: Call) -> Made:
    return [activated(call, call.first)]


@layer("ReLU", settings=("max_value", "negative_slope", "threshold"))
def relu(call: Call) -> Made:
    highest, slope = call.settings.get("max_value"), call.settings.get("negative_slope", 0.0)
    if not call.unless("threshold", 0, 0.0, None):
        return None
    if highest is None:
        return [call.add("leaky_relu" if slope else "relu", call.shape)]
    if slope or not isinstance(highest, int | float) or highest <= 0:
        call.refuse(f"`max_value={highest}`, `negative_slope={slope}` is not understood")
        return None
    return [_between(call, 0, highest)]


@operation("Clip", settings=("x_min", "x_max"))
def clip(call: Call) -> Made:
    low, high = call.settings.get("x_min"), call.settings.get("x_max")
    if not isinstance(low, int | float) or not isinstance(high, int | float) or low >= high:
        call.refuse(f"`x_min={low}`, `x_max={high}` are no numbers, the first less than the second")
        return None
    return [_between(call, low, high)]


def _between(call: Call, low: float, high: float) -> Tensor:
    if (low, high) == (0, 6):
        return call.add("relu6", call.shape)
    return call.add("hardtanh", call.shape, low=float(low), high=float(high))


@layer("PReLU", settings=("shared_axes",))
def prelu(call: Call) -> Made:
    shared = call.settings.get("shared_axes") or []
    spatial = list(range(2, call.shape.rank + 2) if call.channels_first else range(1, call.shape.rank + 1))
    if call.shape.rank and not shared:
        return _slope_per_position(call)
    if call.shape.rank and sorted(shared) != spatial:
        call.refuse(f"`shared_axes={shared}` are some of the axes")
        return None
    return [call.add("prelu", call.shape, has_weights=True, per_channel=True)]


def _slope_per_position(call: Call) -> Made:
    count = call.shape.elements()
    if count is None:
        call.refuse(f"of {call.shape} its slopes are not known: pass --input")
        return None
    note = "Keras' PReLU: a slope of its own for each position"
    return [call.add("custom", call.shape, kernel=1, params=count, macs=0, note=note)]


@layer(
    *(f"Random{word}" for word in ("Brightness", "ColorDegeneration", "ColorJitter", "Contrast")),
    *(f"Random{word}" for word in ("ElasticTransform", "Erasing", "Flip", "GaussianBlur", "Grayscale")),
    *(f"Random{word}" for word in ("Hue", "Invert", "Perspective", "Posterization", "Rotation")),
    *(f"Random{word}" for word in ("Saturation", "Sharpness", "Shear", "Translation", "Zoom")),
    settings=None,
)
@layer("Rescaling", settings=("scale", "offset"))
@layer("Masking", settings=("mask_value",))
@layer("ActivityRegularization", settings=("l1", "l2"))
@layer("GaussianNoise", settings=("stddev",))
@layer("Identity")
@operation("AddConstant", "Cast", "StopGradient", settings=None)
def nothing(call: Call) -> Made:
    """What changes examples in training alone, or no shape and no count."""
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
        name: (_word(op), settings)
        for op, settings, *names in (
            ("relu", (), "Relu"),
            ("relu6", (), "Relu6"),
            ("leaky_relu", ("negative_slope",), "LeakyRelu"),
            ("elu", ("alpha",), "Elu"),
            ("celu", ("alpha",), "Celu"),
            ("selu", (), "Selu"),
            ("gelu", ("approximate",), "Gelu"),
            ("silu", (), "Silu"),
            ("mish", (), "Mish"),
            ("sigmoid", (), "Sigmoid"),
            ("hardsigmoid", (), "HardSigmoid"),
            ("hardswish", (), "HardSilu"),
            ("logsigmoid", (), "LogSigmoid"),
            ("softmax", ("axis",), "Softmax"),
            ("softplus", (), "Softplus"),
            ("softsign", (), "Softsign", "SoftSign"),
            ("tanh", (), "Tanh"),
            ("hardtanh", (), "HardTanh"),
            ("tanhshrink", (), "TanhShrink"),
            ("square", (), "Square"),
            ("sqrt", (), "Sqrt"),
            ("rsqrt", (), "Rsqrt"),
            ("exp", (), "Exp"),
            ("log", (), "Log"),
            ("abs", (), "Absolute", "Abs"),
            ("neg", (), "Negative"),
        )
        for name in names
    }
)
