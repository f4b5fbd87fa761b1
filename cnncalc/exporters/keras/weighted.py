"""Linear layers, embeddings and normalizations as Keras layers."""

from __future__ import annotations

from typing import Any

from cnncalc.analysis.report import LayerReport
from cnncalc.exporters.calls import Call, given, placed
from cnncalc.exporters.keras.translation import MAKERS, Made, Maker, makes
from cnncalc.exporters.refusing import Inexpressible
from cnncalc.geometry.shape import Shape
from cnncalc.layers.convolution import has_bias


@makes("flatten")
def flatten(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    return Call("layers.Flatten")


@makes("linear")
def linear(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    made = Call(
        "layers.Dense",
        (placed("units", layer.out), given("use_bias", has_bias(layer.bias, layer.learned), True)),
    )
    flattens = record.in_shape.rank > 0 and record.shape.rank == 0
    return (Call("layers.Flatten"), made) if flattens else made


@makes("embedding")
def embedding(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    if layer.vocab is None:
        raise Inexpressible("it says no `vocab`, the number of different tokens", "give one")
    line = Call("layers.Reshape", (placed("target_shape", record.in_shape.sizes),))  # type: ignore[arg-type]
    table = (placed("input_dim", layer.vocab), placed("output_dim", layer.out))
    return (line, Call("layers.Embedding", table))


def _norm(name: str, *arguments: tuple[str, str]) -> Maker:
    """A normalization that learns what the record counts."""

    def make(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
        own = tuple(given(argument, getattr(layer, field)) for field, argument in arguments)
        learned = (record.weights, record.biases) if record.shares is None else (1, 1)
        return Call(
            f"layers.{name}",
            (*own, given("center", bool(learned[1]), True), given("scale", bool(learned[0]), True)),
        )

    return make


@makes("instance_norm")
def instance_norm(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    return Call(
        "layers.GroupNormalization",
        (
            given("groups", -1),
            given("center", bool(record.biases), True),
            given("scale", bool(record.weights), True),
        ),
    )


MAKERS.update(
    {
        "bn": _norm("BatchNormalization"),
        "gn": _norm("GroupNormalization", ("groups", "groups")),
        "ln": _norm("LayerNormalization"),
    }
)
