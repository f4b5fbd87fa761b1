"""ONNX: https://onnx.ai/onnx/operators/ (Conv, ConvTranspose, MaxPool, AveragePool, LpPool) and its
changelog.
"""

from __future__ import annotations

from cnncalc.frameworks.rules import Ceil, Framework, LinearOnMap, PoolPadding, Same, Transposed, Versions

NEWEST_OPSET = 22
"""The last opset at which one of these operators changed."""
_DILATION_SINCE = {"maxpool": 10, "lppool": 18, "avgpool": 19}


def at_opset(opset: int) -> Framework:
    """The rules of an older opset; from 22 on they are those of ``ONNX``."""
    if opset >= NEWEST_OPSET:
        return ONNX
    lacks = {op: ("dilation",) for op, since in _DILATION_SINCE.items() if opset < since}
    return ONNX._replace(name=f"onnx:{opset}", pool_ceil=Ceil.KEEPS, lacks=lacks)


ONNX = Framework(
    name="onnx",
    title="ONNX",
    source="https://onnx.ai/onnx/operators/",
    aliases=("onnxruntime",),
    versions=Versions("opset", NEWEST_OPSET, at_opset),
    same=Same.BY_SIZE,  # auto_pad = SAME_UPPER
    same_lower=True,  # auto_pad = SAME_LOWER
    pool_ceil=Ceil.DROPS,  # opset 22: windows that would start in the right padded region are ignored
    pool_rounds_up=False,
    pool_stride_is_kernel=False,  # strides default to 1 along each spatial axis
    pool_padding=PoolPadding.FREE,
    transposed=Transposed.AUTO_PAD,
    norm_scale=True,
    linear_on_map=LinearOnMap.REFUSES,
    recurrent_biases={"lstm": 2, "gru": 2, "rnn": 2},  # B is the concatenation of Wb and Rb
    instance_norm_affine=True,  # InstanceNormalization has scale and B as inputs
)
