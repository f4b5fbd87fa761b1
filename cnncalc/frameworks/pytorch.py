"""PyTorch: https://docs.pytorch.org/docs/stable/nn.html and aten/src/ATen/native/Pool.h."""

from __future__ import annotations

from cnncalc.frameworks.rules import Ceil, Framework, LinearOnMap, PoolPadding, Same, Transposed

PYTORCH = Framework(
    name="pytorch",
    title="PyTorch",
    source="https://docs.pytorch.org/docs/stable/nn.html",
    aliases=("torch",),
    # torch/nn/modules/conv.py: padding='same' is not supported for strided convolutions
    same=Same.STRIDE_ONE,
    same_lower=False,
    # Pool.h, pooling_output_shape_pad_lr: the last window must start inside input or left padding
    pool_ceil=Ceil.DROPS,
    pool_rounds_up=False,
    pool_stride_is_kernel=True,
    pool_padding=PoolPadding.HALF_KERNEL,  # "pad should be at most half of effective kernel size"
    transposed=Transposed.BY_PADDING,
    norm_scale=True,
    linear_on_map=LinearOnMap.REFUSES,
    recurrent_biases={"lstm": 2, "gru": 2, "rnn": 2},  # bias_ih and bias_hh
    instance_norm_affine=False,  # torch.nn.InstanceNorm2d(affine=False)
    lacks={"avgpool": ("dilation",), "lppool": ("dilation", "padding")},
)
