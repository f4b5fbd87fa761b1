"""TensorFlow and Keras: https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2."""

from __future__ import annotations

from cnncalc.frameworks.rules import Ceil, Framework, LinearOnMap, PoolPadding, Same, Transposed

TENSORFLOW = Framework(
    name="tensorflow",
    title="TensorFlow and Keras",
    source="https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2",
    aliases=("tf", "keras"),
    ported_with_same=True,
    same=Same.BY_SIZE,  # "Notes on padding": ceil(n/s) outputs, an odd total puts the extra at the end
    same_lower=False,
    pool_ceil=Ceil.ABSENT,
    pool_rounds_up=False,
    pool_stride_is_kernel=True,  # tf.keras.layers.MaxPooling2D(strides=None)
    pool_padding=PoolPadding.FREE,
    transposed=Transposed.KERAS,
    norm_scale=True,
    linear_on_map=LinearOnMap.PER_POSITION,
    recurrent_biases={"lstm": 1, "gru": 2, "rnn": 1},  # GRU(reset_after=True) has two
    instance_norm_affine=True,
)
