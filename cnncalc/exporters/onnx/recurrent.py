"""Recurrent layers as ONNX operators, whose sequences come first and whose directions are an axis."""

from __future__ import annotations

from typing import Any

from cnncalc.exporters.onnx.writing import Call, Writing, writes


@writes("lstm", "gru", "rnn")
def recurrent(writing: Writing, call: Call) -> str:
    """Layers one behind the other; where only the last state is wanted, the last layer's."""
    layer = call.layer
    directions = 2 if layer.bidirectional else 1
    channels = call.channels
    steps = writing.transposed(call.input, (2, 0, 1))
    for number in range(layer.layers):
        states, last = _layer(writing, call, steps, channels, directions, number)
        channels = layer.hidden * directions
        if number + 1 == layer.layers and not layer.sequence:
            return writing.reshaped(writing.transposed(last, (1, 0, 2)), (channels,))
        if directions == 1:
            steps = writing.node("Squeeze", states, writing.integers((1,)))
        else:
            steps = writing.node(
                "Reshape", writing.transposed(states, (0, 2, 1, 3)), writing.integers((0, 0, channels))
            )
    return writing.transposed(steps, (1, 2, 0))


def _layer(
    writing: Writing, call: Call, steps: str, channels: int, directions: int, number: int
) -> tuple[str, str]:
    """One layer: the states of all steps, and the last one."""
    layer = call.layer
    rows, ending = layer.gates * layer.hidden, f"l{number}"
    weight = writing.weight(call, f"weight_ih_{ending}", (directions, rows, channels))
    state = writing.weight(call, f"weight_hh_{ending}", (directions, rows, layer.hidden))
    more: dict[str, Any] = {"direction": "bidirectional"} if directions == 2 else {}
    if layer.op == "gru":
        more["linear_before_reset"] = 1
    made = writing.node_of(
        3 if layer.op == "lstm" else 2,
        layer.op.upper(),
        steps,
        weight,
        state,
        _bias(writing, call, directions, rows, ending),
        hidden_size=layer.hidden,
        **more,
    )
    return made[0], made[1]


def _bias(writing: Writing, call: Call, directions: int, rows: int, ending: str) -> str:
    """Biases of the input and of the state; a framework that has one of them leaves the other 0."""
    count = call.rules.biases_of(call.layer.op)
    if not count:
        return ""
    learned = writing.weight(call, f"bias_{ending}", (directions, count * rows))
    if count == 2:
        return learned
    return writing.node("Concat", learned, writing.fixed("zeros", (directions, rows), 0.0), axis=1)
