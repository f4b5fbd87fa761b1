"""Recurrent layers as Keras layers, one for each of several in sequence."""

from __future__ import annotations

from typing import Any

from cnncalc.analysis.report import LayerReport
from cnncalc.exporters.calls import Call, given, placed
from cnncalc.exporters.keras.translation import Made, makes
from cnncalc.geometry.shape import Shape

_LAYERS = {"lstm": "LSTM", "gru": "GRU", "rnn": "SimpleRNN"}


@makes(*_LAYERS)
def recurrent(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    found = []
    for place in range(layer.layers):
        every = layer.sequence or place < layer.layers - 1
        arguments = (placed("units", layer.hidden), given("return_sequences", every, False))
        inner = Call(f"layers.{_LAYERS[layer.op]}", arguments)
        both = Call("layers.Bidirectional", (placed("layer", inner),))
        found.append(both if layer.bidirectional else inner)
    return tuple(found)
