"""Keras' recurrent layers, in one direction or both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnncalc.geometry.shape import Shape
from cnncalc.importers.keras.translation import Call, Made, Tensor, layer

_RECURRENT = {"LSTM": "lstm", "GRU": "gru", "SimpleRNN": "rnn"}
_CELLS = (
    "units",
    "activation",
    "recurrent_activation",
    "use_bias",
    "unit_forget_bias",
    "dropout",
    "recurrent_dropout",
    "return_sequences",
    "return_state",
    "go_backwards",
    "stateful",
    "reset_after",
    "time_major",
    "zero_output_for_mask",
    "use_cudnn",
)


@layer(*_RECURRENT, settings=_CELLS)
def recurrent(call: Call) -> Made:
    if call.shape.rank != 1:
        call.refuse(f"it needs a sequence, its input is {call.shape} (channels first)")
        return None
    if not call.unless("return_state", False):
        return None
    return [_recurrence(call, _RECURRENT[call.kind], call.settings, bidirectional=False)]


@layer("Bidirectional", settings=("layer", "merge_mode", "backward_layer"))
def bidirectional(call: Call) -> Made:
    inner = call.settings.get("layer")
    op = _RECURRENT.get(inner.get("class_name", "")) if isinstance(inner, dict) else None
    if op is None or call.settings.get("merge_mode", "concat") != "concat" or call.shape.rank != 1:
        call.refuse("only LSTM, GRU and SimpleRNN on a sequence, joined by concat, are understood")
        return None
    assert isinstance(inner, dict)
    return [_recurrence(call, op, inner.get("config") or {}, bidirectional=True)]


def _recurrence(call: Call, op: str, settings: Mapping[str, Any], bidirectional: bool) -> Tensor:
    hidden, sequence = settings.get("units"), bool(settings.get("return_sequences", False))
    if isinstance(hidden, bool) or not isinstance(hidden, int) or hidden < 1:
        call.refuse(f"`units={hidden}` is no positive whole number")
        hidden = 1
    if settings.get("use_bias") is False:
        call.refuse("`use_bias=False` is not understood")
    channels = hidden * (2 if bidirectional else 1)
    shape = Shape(channels, call.shape.sizes if sequence else ())
    given: dict[str, Any] = {"hidden": hidden, "bidirectional": bidirectional or None}
    if not sequence:
        given["sequence"] = False
    if op == "gru" and not settings.get("reset_after", False):  # absent before Keras had the choice
        call.refuse("`reset_after=False` has one bias for each gate, a `gru` has two")
    return call.add(op, shape, has_weights=True, **given)
