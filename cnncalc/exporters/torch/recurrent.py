"""Recurrent layers as PyTorch modules, where the framework's biases are PyTorch's."""

from __future__ import annotations

from typing import Any

from cnncalc.analysis.report import LayerReport
from cnncalc.exporters.calls import Call, given, placed
from cnncalc.exporters.refusing import Inexpressible
from cnncalc.exporters.torch.translation import Around, Made, makes


@makes("lstm", "gru", "rnn")
def recurrent(record: LayerReport, layer: Any, around: Around) -> Made:
    name, biases = layer.op.upper(), around.framework.biases_of(layer.op)
    if biases != 2:
        raise Inexpressible(
            f"PyTorch's {name} has two biases for each gate, {around.framework.title}'s has {biases}",
            "`--framework pytorch` has its biases",
        )
    return Call(
        f"{name}Layer",
        (
            placed("input_size", record.in_shape.channels),
            placed("hidden_size", layer.hidden),
            given("num_layers", layer.layers, 1),
            given("bidirectional", layer.bidirectional, False),
            given("sequence", layer.sequence, True),
        ),
    )
