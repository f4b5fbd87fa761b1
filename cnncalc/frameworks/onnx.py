"""ONNX, opset 22: https://onnx.ai/onnx/operators/ (Conv, ConvTranspose, MaxPool, AveragePool)."""

from __future__ import annotations

from cnncalc.frameworks.rules import Ceil, Framework, PoolPadding, Same

ONNX = Framework(
    name="onnx",
    same=Same.BY_SIZE,  # auto_pad = SAME_UPPER
    pool_ceil=Ceil.OFFERED,  # opset 22: windows that would start in the right padded region are ignored
    pool_rounds_up=False,
    pool_stride_is_kernel=True,
    pool_padding=PoolPadding.FREE,
    norm_scale=True,
    instance_norm_affine=True,  # InstanceNormalization has scale and B as inputs
)
