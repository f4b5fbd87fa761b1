"""ONNX operators that multiply features by a matrix: linear layers."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from cnncalc.errors import Fault
from cnncalc.geometry.shape import Shape
from cnncalc.importers.onnx.attention import einsum as multiplied_by_equation
from cnncalc.importers.onnx.attention import multiplied, projected
from cnncalc.importers.onnx.call import Call
from cnncalc.importers.onnx.file import Constant
from cnncalc.importers.onnx.held import Feature, Unknown
from cnncalc.importers.onnx.layout import BATCH, CHANNELS, Layout, known, times, whole
from cnncalc.importers.onnx.offsets import by_vectors, looked_up
from cnncalc.importers.onnx.operators import operator
from cnncalc.importers.onnx.translation import UNRUNNABLE, Translation
from cnncalc.importers.onnx.weights import bias_of, gain_of, gained, weight_of


@operator("Gemm")
def gemm(translation: Translation, call: Call) -> None:
    call.ignore("alpha", "beta")
    call.must_be("transA", 0)
    weight = _matrix(weight_of(call))
    dims = weight.dims[::-1] if call.attribute("transB", 0) else weight.dims
    linear(translation, call, weight, dims, bias_of(call, 2, dims[-1]))


@operator("Einsum")
def einsum(translation: Translation, call: Call) -> None:

    if not multiplied_by_equation(translation, call) and not looked_up(translation, call):
        raise Unknown(f"attribute `equation` is {call.attribute('equation', '')}")


@operator("MatMul")
def matmul(translation: Translation, call: Call) -> None:

    if multiplied(translation, call):
        return
    weight = _matrix(weight_of(call))
    linear(translation, call, weight, weight.dims, None)


def _matrix(weight: Constant) -> Constant:
    if len(weight.dims) != 2:
        raise Unknown(f"the weight has the shape {list(weight.dims)}")
    return weight


def linear(
    translation: Translation, call: Call, weight: Constant, dims: Sequence[int], bias: Constant | None
) -> None:
    """Features of the last axis to other features: a linear layer, or a 1x1 convolution of a map."""
    feature = call.feature()
    inside, out = dims
    if feature.sizes[-1] != inside:
        found = f"the weight {times(weight.dims)} reads {inside} features"
        raise Fault("E310", f"{found}, its input is {times(feature.sizes)}", UNRUNNABLE)
    if bias is None and by_vectors(translation, call, feature, weight, dims):
        return
    output = call.node.outputs[0]
    share, gain = translation.count_kernel(weight, output), gain_of(weight, out)
    translation.count_vector(bias)
    shape = translation.shapes[feature.tensor]
    if translation.is_of_channels(feature, len(feature.layout) - 1) and (
        translation.spatial(feature) > 1 or _is_map_of_one(translation, feature)
    ):
        new = Shape(out, shape.sizes)
        layout: Layout = (*feature.layout[:-1], whole(CHANNELS, out))
        translation.macs += prod(known(new)) * inside
        if share is None and bias is None and gain is None and projected(translation, feature, out, output):
            translation.held[output] = Feature(output, layout)
            return
        made = translation.layer(
            call,
            "conv",
            feature.tensor,
            new,
            layout,
            kernel=(1,) * shape.rank,
            out=out,
            bias=bias is not None,
        )
    else:
        flat = translation.settled(feature, call.node.operator)
        shape = translation.shapes[flat.tensor]
        if known(shape)[0] != inside or translation.spatial(flat) > 1:
            raise Unknown(f"it is applied along axes of {list(feature.sizes)} that are no channels")
        translation.macs += out * inside
        layout = (whole(BATCH, translation.batch), *((),) * (len(feature.layout) - 2), whole(CHANNELS, out))
        made = translation.layer(
            call, "linear", flat.tensor, Shape(out), layout, out=out, bias=bias is not None
        )
    if share is not None and bias is None:
        translation.share(call, share)
    if gain is not None:
        gained(translation, call, made, gain)


def _is_map_of_one(translation: Translation, feature: Feature) -> bool:
    """Whether a tensor is a map of one position, its channels last, and no vector."""
    is_first = len(feature.layout) > 1 and translation.is_of_channels(feature, 1)
    return len(feature.layout) > 2 and not is_first and translation.shapes[feature.tensor].rank > 0
