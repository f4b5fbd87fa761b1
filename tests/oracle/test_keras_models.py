"""keras.applications by their configuration: every shape and count is Keras' own."""

from __future__ import annotations

from math import prod
from pathlib import Path

import pytest

import cnncalc
from cnncalc.geometry.shape import Shape
from cnncalc.importers.items import Request
from cnncalc.importers.keras import read
from tests.importers.counting import counts

keras = pytest.importorskip("keras")
pytestmark = pytest.mark.slow

FAMILIES = (
    "Xception",
    "VGG16",
    "ResNet50",
    "ResNet50V2",
    "InceptionV3",
    "InceptionResNetV2",
    "MobileNet",
    "MobileNetV2",
    "MobileNetV3Small",
    "DenseNet121",
    "NASNetMobile",
    "EfficientNetB0",
    "EfficientNetV2B0",
    "ConvNeXtTiny",
)


@pytest.mark.parametrize("name", FAMILIES)
def test_shapes_and_counts_are_those_of_keras(name: str, tmp_path: Path) -> None:
    model = getattr(keras.applications, name)(weights=None)
    path = tmp_path / f"{name}.json"
    path.write_text(model.to_json(), encoding="utf-8")
    found = read(Request(str(path)))
    counted = counts(found)
    assert counted.params == sum(prod(one.shape) for one in model.trainable_weights)
    assert counted.buffers == sum(prod(one.shape) for one in model.non_trainable_weights)
    totals = cnncalc.analyze(cnncalc.load(path)[0]).totals
    assert (totals.params, totals.buffers) == (counted.params, counted.buffers)
    shapes = {item.label: item.shape for item in found.items if item.shape is not None}
    compared = 0
    for layer in model.layers:
        if layer.name in shapes and not isinstance(layer.output, list | tuple):
            *sizes, channels = layer.output.shape[1:]
            assert _squeezed(shapes[layer.name]) == _squeezed(Shape(channels, tuple(sizes))), layer.name
            compared += 1
    assert compared > len(model.layers) * 0.6


def _squeezed(shape: Shape) -> Shape:
    """A map of one position as the vector that Keras has in its place."""
    return Shape(shape.channels) if shape.rank and shape.is_point else shape
