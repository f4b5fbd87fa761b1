"""Recurrent layers: a sequence's states, or the last one."""

from __future__ import annotations

from typing import Any

from cnncalc.geometry.shape import Shape
from cnncalc.importers.torch.rearrange import as_map
from cnncalc.importers.torch.views import CHANNELS, Dim, Factor, View, whole_axis
from cnncalc.importers.torch.walk import Const, NotUnderstood, Opaque, Walk, handles


@handles("lstm")
def lstm(walk: Walk, *given: Any) -> list[Any]:
    return _recurrent(walk, "lstm", *given)


@handles("gru")
def gru(walk: Walk, *given: Any) -> list[Any]:
    return _recurrent(walk, "gru", *given)


@handles("rnn_tanh", "rnn_relu")
def rnn(walk: Walk, *given: Any) -> list[Any]:
    return _recurrent(walk, "rnn", *given)


def _recurrent(
    walk: Walk,
    op: str,
    input: Any,
    begin: Any,
    weights: Any,
    has_biases: bool,
    layers: int,
    dropout: float,
    training: bool,
    bidirectional: bool,
    batch_first: Any = None,
) -> list[Any]:
    if not isinstance(weights, list) or not isinstance(input, View) or len(input.dims) != 3:
        raise NotUnderstood("its input is no sequence with a batch, but packed sequences or one without")
    if any(not isinstance(one, Const) for one in ([begin] if isinstance(begin, Const | View) else begin)):
        raise NotUnderstood("it begins with a state that depends on the input")
    directions = 2 if bidirectional else 1
    if not has_biases or len(weights) != layers * directions * 4:
        raise NotUnderstood("it has projections" if has_biases else "it has no biases")
    hidden = weights[1].shape[-1]
    given = {"hidden": hidden, "layers": layers, "bidirectional": bool(bidirectional)}
    steps = 1 if batch_first else 0
    node = as_map(walk, input, 2, [steps])
    length = walk.shapes[node].sizes[0] if walk.shapes[node].rank else 1
    states: list[Any] = [Opaque(walk.recording.shape(one)) for one in walk.call.outputs]
    all_steps, *last = (walk.is_read(one) for one in walk.call.outputs)
    if any(last[1:]):
        raise NotUnderstood("the state of its cells is read")
    if last[0] and (all_steps or layers > 1):
        help = "read the last of its outputs, as `output[:, -1]`"
        raise NotUnderstood("its last states are read besides, or those of several layers", help)
    channels: Dim = whole_axis(CHANNELS, directions * hidden)
    if last[0]:
        made = walk.emit(op, node, Shape(directions * hidden), weights, sequence=False, **given)
        both: Dim = (Factor(CHANNELS, hidden, 2),) if bidirectional else ()
        states[1] = View(made, (both, (), whole_axis(CHANNELS, hidden)), (0,))
        return states
    made = walk.emit(op, node, Shape(directions * hidden, (length,)), weights, **given)
    dims: list[Dim] = [(), (), channels]
    dims[steps] = whole_axis(1, length or 1)
    states[0] = View(made, tuple(dims), (0, 0))
    return states
