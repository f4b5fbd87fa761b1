"""Caffe: src/caffe/layers/pooling_layer.cpp, batch_norm_layer.cpp and src/caffe/proto/caffe.proto of
BVLC/caffe.
"""

from __future__ import annotations

from cnncalc.frameworks.rules import Ceil, Framework, LinearOnMap, PoolPadding, Same, Transposed

CAFFE = Framework(
    name="caffe",
    title="Caffe",
    source="https://github.com/BVLC/caffe/tree/master/src/caffe",
    aliases=("caffe2",),
    same=Same.ABSENT,
    same_lower=False,
    pool_ceil=Ceil.DROPS_IF_PADDED,  # pooling_layer.cpp: the clip is inside "if (pad_h_ || pad_w_)"
    pool_rounds_up=True,  # round_mode = CEIL
    pool_stride_is_kernel=False,  # caffe.proto: stride [default = 1]
    pool_padding=PoolPadding.BELOW_KERNEL,  # CHECK_LT(pad_h_, kernel_h_)
    transposed=Transposed.BY_PADDING,  # deconv_layer.cpp: s(n-1) + k_e - 2p
    norm_scale=False,  # BatchNorm only normalizes; a Scale layer has gamma and beta
    linear_on_map=LinearOnMap.FLATTENS,
    recurrent_biases={"lstm": 1},  # lstm_layer.cpp: one bias, b_c
    instance_norm_affine=False,
    lacks={
        "maxpool": ("dilation",),
        "avgpool": ("dilation",),
        "lppool": ("dilation",),
        "lstm": ("bidirectional",),
    },
)
