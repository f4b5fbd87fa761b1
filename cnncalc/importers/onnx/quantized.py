"""Quantised ONNX operators, which have the shapes and counts of those they stand for."""

from __future__ import annotations

from cnncalc.importers.onnx.call import Call
from cnncalc.importers.onnx.convolutions import convolved
from cnncalc.importers.onnx.file import Constant
from cnncalc.importers.onnx.held import Unknown
from cnncalc.importers.onnx.joins import joined
from cnncalc.importers.onnx.linear import linear
from cnncalc.importers.onnx.operators import OPERATORS, operator
from cnncalc.importers.onnx.translation import Translation


@operator("QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear")
def passed_through(translation: Translation, call: Call) -> None:
    call.ignore("axis", "block_size", "saturate", "output_dtype", "precision")
    translation.alias(call, call.feature())
    for name in call.node.outputs[1:]:
        translation.held[name] = Constant((), (1.0,))


@operator("QLinearConv")
def qlinear_conv(translation: Translation, call: Call) -> None:
    convolved(translation, call, call.feature(), call.constant(3, "the weight"), 8)


@operator("ConvInteger")
def conv_integer(translation: Translation, call: Call) -> None:
    convolved(translation, call, call.feature(), call.constant(1, "the weight"), 99)


@operator("QLinearMatMul", "MatMulInteger")
def qlinear_matmul(translation: Translation, call: Call) -> None:
    weight = call.constant(3 if call.node.operator == "QLinearMatMul" else 1, "the weight")
    if len(weight.dims) != 2:
        raise Unknown(f"the weight has the shape {list(weight.dims)}")
    linear(translation, call, weight, weight.dims, None)


@operator("QLinearAdd", "QLinearMul")
def qlinear_join(translation: Translation, call: Call) -> None:
    word = "add" if call.node.operator == "QLinearAdd" else "mul"
    joined(translation, call, word, [call.feature(0), call.feature(3)])


_FLOATING = {
    "QLinearSigmoid": ("Sigmoid", (0,)),
    "QLinearLeakyRelu": ("LeakyRelu", (0,)),
    "QLinearSoftmax": ("Softmax", (0,)),
    "QLinearAveragePool": ("AveragePool", (0,)),
    "QLinearGlobalAveragePool": ("GlobalAveragePool", (0,)),
    "QLinearReduceMean": ("ReduceMean", (0,)),
    "QGemm": ("Gemm", (0, 3, 6)),
}
"""The operator that each stands for, and which inputs are its own; the others are scales and zeros."""


@operator(*_FLOATING, "QLinearConcat")
def as_floating(translation: Translation, call: Call) -> None:
    if call.node.operator == "QLinearConcat":
        name, places = "Concat", tuple(range(2, len(call.node.inputs), 3))
    else:
        name, places = _FLOATING[call.node.operator]
        places = tuple(place for place in places if place < len(call.node.inputs))
    call.must_be("channels_last", 0)
    call.ignore("opset")
    floating = call.as_operator(name, places)
    handler = OPERATORS.get(name)
    assert handler is not None
    handler(translation, floating)
    if left := floating.unread():
        raise Unknown(f"{left[0]} is not understood")
