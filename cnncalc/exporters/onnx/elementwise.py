"""Functions of each element, and operations on the channels, as ONNX operators."""

from __future__ import annotations

from cnncalc.exporters.onnx.writing import Call, Writing, writes
from cnncalc.exporters.refusing import Inexpressible

_PLAIN = {
    "relu": "Relu",
    "sigmoid": "Sigmoid",
    "tanh": "Tanh",
    "gelu": "Gelu",
    "selu": "Selu",
    "mish": "Mish",
    "hardswish": "HardSwish",
    "sqrt": "Sqrt",
    "exp": "Exp",
    "log": "Log",
    "abs": "Abs",
    "neg": "Neg",
    "softplus": "Softplus",
    "softsign": "Softsign",
    "identity": "Identity",
    "drop_path": "Identity",
}
"""Operations that are one operator without attributes; dropping whole examples is for training only."""


@writes(*_PLAIN)
def plain(writing: Writing, call: Call) -> str:
    return writing.node(_PLAIN[call.layer.op], call.input)


@writes("relu6", "hardtanh")
def clip(writing: Writing, call: Call) -> str:
    low, high = (0.0, 6.0) if call.layer.op == "relu6" else (call.layer.low, call.layer.high)
    limits = [writing.floats((float(limit),), scalar=True) for limit in (low, high)]
    return writing.node("Clip", call.input, *limits)


@writes("leaky_relu")
def leaky_relu(writing: Writing, call: Call) -> str:
    return writing.node("LeakyRelu", call.input, alpha=float(call.layer.slope))


@writes("elu", "celu")
def elu(writing: Writing, call: Call) -> str:
    return writing.node(call.layer.op.capitalize(), call.input, alpha=float(call.layer.alpha))


@writes("prelu")
def prelu(writing: Writing, call: Call) -> str:
    dims = (call.channels, *(1,) * call.rank) if call.layer.per_channel else (1,)
    return writing.node("PRelu", call.input, writing.weight(call, "weight", dims, 0.25))


@writes("hardsigmoid")
def hard_sigmoid(writing: Writing, call: Call) -> str:
    return writing.node("HardSigmoid", call.input, alpha=1 / 6, beta=0.5)


@writes("silu")
def silu(writing: Writing, call: Call) -> str:
    return writing.node("Mul", call.input, writing.node("Sigmoid", call.input))


@writes("softmax")
def softmax(writing: Writing, call: Call) -> str:
    return writing.node("Softmax", call.input, axis=1)


@writes("dropout")
def dropout(writing: Writing, call: Call) -> str:
    """Without the input that says that it is training, it does nothing."""
    return writing.node("Dropout", call.input, writing.floats((float(call.layer.rate),), scalar=True))


@writes("square", "pow")
def power(writing: Writing, call: Call) -> str:
    exponent = 2.0 if call.layer.op == "square" else float(call.layer.exponent)
    return writing.node("Pow", call.input, writing.floats((exponent,), scalar=True))


@writes("rsqrt")
def rsqrt(writing: Writing, call: Call) -> str:
    return writing.node("Reciprocal", writing.node("Sqrt", call.input))


@writes("logsigmoid")
def log_sigmoid(writing: Writing, call: Call) -> str:
    """-log(1 + exp(-x)), which does not vanish for small x."""
    return writing.node("Neg", writing.node("Softplus", writing.node("Neg", call.input)))


@writes("tanhshrink")
def tanh_shrink(writing: Writing, call: Call) -> str:
    return writing.node("Sub", call.input, writing.node("Tanh", call.input))


@writes("channel_mean", "channel_max")
def over_channels(writing: Writing, call: Call) -> str:
    operator = "ReduceMean" if call.layer.op == "channel_mean" else "ReduceMax"
    return writing.node(operator, call.input, writing.integers((1,)), keepdims=1)


@writes("l2norm")
def l2norm(writing: Writing, call: Call) -> str:
    return writing.node("LpNormalization", call.input, axis=1, p=2)


@writes("glu")
def glu(writing: Writing, call: Call) -> str:
    """The first half of the channels times the sigmoid of the second."""
    one, other = writing.node_of(2, "Split", call.input, axis=1, num_outputs=2)
    return writing.node("Mul", one, writing.node("Sigmoid", other))


@writes("slice")
def channels(writing: Writing, call: Call) -> str:
    first, count = call.layer.channels
    return writing.cut(call.input, [(1, first, first + count)])


@writes("custom")
def custom(writing: Writing, call: Call) -> str:
    raise Inexpressible(
        "it is an operation of which only numbers are given", "write the layers that it is made of"
    )
