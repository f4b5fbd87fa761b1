"""Keras' recurrent layers, in one direction or both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnncalc.geometry.shape import Shape
from cnncalc.importers.keras.joins import joined
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


@layer("RNN", settings=("cell", *_CELLS))
def of_a_cell(call: Call) -> Made:
    """A cell that is applied to each step is the layer of it."""
    cell = call.settings.get("cell")
    kind = str(cell.get("class_name", "")).removesuffix("Cell") if isinstance(cell, dict) else ""
    if kind not in _RECURRENT:
        call.refuse("only cells of LSTM, GRU and SimpleRNN are understood")
        return None
    inner = cell.get("config") if isinstance(cell, dict) else None
    return recurrent(call._replace(kind=kind, settings={**call.settings, **(inner or {})}))


_MERGES = {"sum": "add", "ave": "add", "mul": "mul"}


@layer("Bidirectional", settings=("layer", "merge_mode", "backward_layer"))
def bidirectional(call: Call) -> Made:
    """Both directions side by side, or joined element by element."""
    inner, mode = call.settings.get("layer"), call.settings.get("merge_mode", "concat")
    op = _RECURRENT.get(str(inner.get("class_name"))) if isinstance(inner, dict) else None
    if op is None or not isinstance(inner, dict) or call.shape.rank != 1:
        call.refuse("only LSTM, GRU and SimpleRNN on a sequence are understood")
        return None
    if mode not in (None, "concat", *_MERGES):
        call.refuse(f"`merge_mode={mode}` is not understood")
        return None
    settings = inner.get("config") or {}
    if settings.get("return_state"):
        call.refuse("`return_state=True` is not understood")
        return None
    if mode == "concat":
        return [_recurrence(call, op, settings, bidirectional=True)]
    both = _recurrence(call._replace(label=f"{call.label}.both"), op, settings, bidirectional=True)
    count = (both.shape.channels or 2) // 2
    halves = tuple(
        call.add(
            "slice",
            both.shape._replace(channels=count),
            both,
            label=f"{call.label}.{direction}",
            channels=(place * count, count),
        )
        for place, direction in enumerate(("forward", "backward"))
    )
    if mode is None:
        return list(halves)
    return [joined(call._replace(tensors=halves), _MERGES[mode])]


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
