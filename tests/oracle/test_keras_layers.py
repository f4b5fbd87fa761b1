"""Small networks of the kinds that people write in Keras: every shape and count is Keras' own, whatever the file."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import Any

import pytest

import cnncalc
from cnncalc.frameworks import TENSORFLOW
from cnncalc.frameworks.rules import AxisPadding
from cnncalc.geometry.shape import Shape
from cnncalc.importers.items import Request
from cnncalc.importers.keras import read

keras = pytest.importorskip("keras")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Layer 'conv1d'.*was passed an input with a mask:UserWarning"),
]

L: Any = keras.layers
ops: Any = keras.ops
Input: Any = keras.Input


def convolutions(x: Any) -> Any:
    x = L.SeparableConv2D(8, 3, strides=(1, 2), activation="relu")(L.ZeroPadding2D(((0, 1), (1, 0)))(x))
    x = L.DepthwiseConv2D(3, depth_multiplier=2, padding="same")(L.Cropping2D(((1, 0), (0, 2)))(x))
    return L.Conv2D(6, (3, 1), dilation_rate=(2, 1), groups=2)(L.PReLU(shared_axes=[1, 2])(x))


def transposed(x: Any) -> Any:
    x = L.Conv2DTranspose(4, 3, strides=2, padding="same", output_padding=1)(x)
    x = L.Conv2DTranspose(4, 4, strides=3, padding="same", output_padding=0)(x)
    x = L.Conv2DTranspose(3, 3, strides=2, output_padding=(1, 0))(x)
    return L.Conv2DTranspose(3, 2, strides=3)(L.Conv2DTranspose(3, 3, dilation_rate=2, padding="same")(x))


def residual_with_gate(x: Any) -> Any:
    y = L.BatchNormalization(scale=False)(L.Conv2D(8, 3, padding="same", use_bias=False)(x))
    gate = L.Reshape((1, 1, 8))(L.GlobalAveragePooling2D()(y))
    gate = L.Dense(8, activation="sigmoid")(L.Dense(2, activation="silu")(gate))
    return L.Add()([L.Multiply()([y, gate]), L.Conv2D(8, 1)(x)])


def attention_of_channels_and_positions(x: Any) -> Any:
    squeeze, excite = L.Dense(2, activation="relu"), L.Dense(4)
    pools = [L.GlobalAveragePooling2D()(x), L.GlobalMaxPooling2D()(x)]
    x = x * ops.reshape(ops.sigmoid(L.Add()([excite(squeeze(one)) for one in pools])), (-1, 1, 1, 4))
    maps = [ops.mean(x, axis=-1, keepdims=True), ops.max(x, axis=3, keepdims=True)]
    return x * L.Conv2D(1, 7, padding="same", activation="sigmoid")(L.Concatenate()(maps))


def operations(x: Any) -> Any:
    one, other = ops.split(ops.pad(x, [[0, 0], [1, 2], [0, 1], [0, 0]]), 2, axis=-1)
    x = ops.concatenate([ops.clip(one, 0, 3), ops.minimum(ops.leaky_relu(other), one)], axis=-1)
    return ops.image.resize(x[:, 1:, :, 1:], (9, 7)) + 1


def shared(x: Any) -> Any:
    conv, separable = L.Conv2D(4, 3, padding="same"), L.SeparableConv2D(4, 3, padding="same")
    block = keras.Sequential([L.Conv2D(4, 1), L.LeakyReLU()])
    return block(separable(separable(block(conv(conv(x))))))


def normalizations(x: Any) -> Any:
    x = L.GroupNormalization(groups=2)(L.RMSNormalization()(L.LayerNormalization()(x)))
    return L.UnitNormalization()(L.GroupNormalization(groups=-1)(L.PReLU()(x)))


def pools(x: Any) -> Any:
    x = L.MaxPooling2D(3, strides=2, padding="same")(L.AveragePooling2D((2, 3), strides=1)(x))
    return L.Flatten()(L.AdaptiveAveragePooling2D(2)(x))


def generator(x: Any) -> Any:
    x = L.Reshape((4, 4, 6))(L.Dense(96, use_bias=False)(x))
    return L.UpSampling2D((2, 3), interpolation="bilinear")(
        L.Conv2DTranspose(3, 4, strides=2, padding="same")(x)
    )


def text(x: Any) -> Any:
    x = L.Conv1D(8, 5, padding="causal", activation="relu")(
        L.Dropout(0.1)(L.Embedding(50, 6, mask_zero=True)(x))
    )
    return L.Dense(2)(L.GlobalMaxPooling1D()(L.SpatialDropout1D(0.1)(x)))


def recurrent(x: Any) -> Any:
    x = L.Bidirectional(L.LSTM(5, return_sequences=True), merge_mode="sum")(L.Masking()(x))
    x = L.Bidirectional(L.GRU(4, return_sequences=True))(L.RNN(L.SimpleRNNCell(3), return_sequences=True)(x))
    return L.TimeDistributed(L.Dense(2))(L.LSTM(4, return_sequences=True)(L.RepeatVector(6)(L.LSTM(3)(x))))


def transformer(x: Any) -> Any:
    x = x + L.MultiHeadAttention(2, 5, value_dim=3, dropout=0.1)(*[L.LayerNormalization()(x)] * 2)
    x = x + L.MultiHeadAttention(2, 4)(x, L.Conv1D(7, 3)(x))
    return L.Dense(3)(L.Concatenate()([x[:, 0], ops.mean(x, axis=1)]))


def series(x: Any) -> Any:
    return L.Dense(3)(L.GlobalAveragePooling1D(data_format="channels_first")(L.Conv1D(6, 3)(x)))


def frames(x: Any) -> Any:
    images = keras.Sequential(
        [L.Conv2D(4, 3, strides=2), L.BatchNormalization(axis=3), L.MaxPooling2D(2), L.Flatten()]
    )
    return L.GRU(5)(L.TimeDistributed(L.Dropout(0.1))(L.TimeDistributed(images)(x)))


def volumes(x: Any) -> Any:
    x = L.MaxPool3D((1, 2, 2))(L.Conv3D(4, (1, 3, 3), activation="gelu")(x))
    return L.GlobalAveragePooling3D()(L.Conv3DTranspose(3, 2, strides=2)(L.UpSampling3D((2, 1, 1))(x)))


def augmented(x: Any) -> Any:
    x = L.RandomRotation(0.1)(L.RandomFlip("horizontal")(L.CenterCrop(8, 7)(L.Rescaling(1 / 255)(x))))
    frozen = L.Conv2D(4, 3, activation="log_softmax")
    frozen.trainable = False
    return L.GaussianNoise(0.1)(frozen(x))


IMAGE = (11, 9, 4)
NETWORKS: tuple[tuple[Callable[[Any], Any], tuple[int | None, ...], str], ...] = (
    (convolutions, IMAGE, ".json"),
    (transposed, IMAGE, ".json"),
    (residual_with_gate, IMAGE, ".h5"),
    (attention_of_channels_and_positions, IMAGE, ".json"),
    (operations, IMAGE, ".json"),
    (shared, IMAGE, ".keras"),
    (normalizations, IMAGE, ".json"),
    (pools, IMAGE, ".json"),
    (augmented, IMAGE, ".json"),
    (generator, (5,), ".json"),
    (text, (20,), ".json"),
    (recurrent, (9, 4), ".keras"),
    (transformer, (8, 6), ".json"),
    (series, (12, 2), ".json"),
    (frames, (3, 11, 9, 2), ".json"),
    (volumes, (4, 8, 8, 2), ".json"),
)


@pytest.mark.parametrize(("made", "shape", "ending"), NETWORKS, ids=[one.__name__ for one, _, _ in NETWORKS])
def test_shapes_and_counts_are_those_of_keras(
    made: Callable[[Any], Any], shape: tuple[int | None, ...], ending: str, tmp_path: Path
) -> None:
    keras.utils.clear_session()
    inputs = Input(shape)
    model = keras.Model(inputs, made(inputs))
    path = tmp_path / f"net{ending}"
    if ending == ".json":
        path.write_text(model.to_json(), encoding="utf-8")
    else:
        model.save(path)
    report = cnncalc.analyze(cnncalc.load(path)[0])
    weights = [one for one in model.weights if "seed" not in one.path]
    assert (report.totals.params or 0) + (report.totals.buffers or 0) == sum(
        prod(one.shape) for one in weights
    )
    assert [_squeezed(one.shape) for one in report.outputs] == [_of(one.shape) for one in model.outputs]
    shapes = {item.label: item.shape for item in read(Request(str(path))).items if item.shape is not None}
    for layer in model.layers:
        if layer.name in shapes and not isinstance(layer.output, list | tuple):
            assert _squeezed(shapes[layer.name]) == _of(layer.output.shape), layer.name


def _of(shape: tuple[int | None, ...]) -> Shape:
    *sizes, channels = shape[1:]
    return _squeezed(Shape(channels, tuple(sizes)))


def _squeezed(shape: Shape) -> Shape:
    """A map of one position as the vector that Keras has in its place."""
    return Shape(shape.channels) if shape.rank and shape.is_point else shape


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize(
    ("kernel", "stride", "extra"), [(3, 2, 1), (4, 3, 1), (5, 3, 2), (2, 4, 3), (3, 3, 0)]
)
def test_what_a_transposed_convolution_with_an_output_padding_reads(
    kernel: int, stride: int, extra: int, padding: str, tmp_path: Path
) -> None:
    """The outputs that one input reaches, by Keras' own convolution of ones, lie where the spec's window has them."""
    layer = L.Conv1DTranspose(
        1, kernel, strides=stride, padding=padding, output_padding=extra, kernel_initializer="ones"
    )
    model = keras.Sequential([Input((6, 1)), layer])
    path = tmp_path / "net.json"
    path.write_text(model.to_json(), encoding="utf-8")
    (item,) = read(Request(str(path))).items
    arguments: Any = item.arguments
    ((before, after),), (more,) = arguments["padding"], arguments["output_padding"]
    window = TENSORFLOW.transposed_window(kernel, stride, AxisPadding(before, after), 1, more)
    assert window.output_size(6) == model.output_shape[1]
    for place in range(6):
        reached = model(ops.reshape(ops.one_hot(place, 6), (1, 6, 1)))[0, :, 0]
        first = place * stride - before
        wanted = [one for one in range(first, first + kernel) if 0 <= one < len(reached)]
        assert [index for index, value in enumerate(reached) if value] == wanted
