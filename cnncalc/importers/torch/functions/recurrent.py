"""Recurrent layers: a sequence's states, or the last one; and their cells, alone or in a loop."""

from __future__ import annotations

from typing import Any, NamedTuple

from cnncalc.geometry.shape import Shape
from cnncalc.importers.torch.calls import Ref
from cnncalc.importers.torch.functions.arithmetic import joined
from cnncalc.importers.torch.functions.arrangement import part
from cnncalc.importers.torch.functions.elementwise import applied
from cnncalc.importers.torch.functions.states import States
from cnncalc.importers.torch.functions.weighted import linear
from cnncalc.importers.torch.rearrange import as_map, with_positions
from cnncalc.importers.torch.views import CHANNELS, Dim, View, size_of, whole_axis
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
        raise NotUnderstood(*(_PROJECTIONS if has_biases else _NO_BIASES))
    steps = 1 if batch_first else 0
    node = as_map(walk, input, 2, [steps])
    every, *last = walk.call.outputs
    if any(map(walk.is_read, last[1:])):
        raise NotUnderstood("the state of its cells is read", "read its outputs or its last state")
    states: list[Any] = [Opaque(walk.recording.shape(one)) for one in walk.call.outputs]
    made = _Made(walk, op, weights, weights[1].shape[-1], layers, directions)
    read = _rows_read(walk, last[0], layers * directions)
    if read and not walk.is_read(every) and max(read) < (layers - 1) * directions:
        layer = max(read) // directions + 1
        raise NotUnderstood(f"nothing reads what its layers from layer {layer} on make", "leave them out")
    final = frozenset(range((layers - 1) * directions, layers * directions))
    if read and not walk.is_read(every) and read <= final:
        vector = made.whole(node, sequence=False)
        ends = _of_vector(vector, made.hidden, directions)
        states[1] = States(walk.recording.shape(last[0]), (None,) * min(final) + ends)
        return states
    rows: tuple[View | None, ...] = ()
    if read <= final:
        node = made.whole(node, sequence=True)
        rows = (None,) * min(final) + _of_line(walk, node, made.hidden, directions)
    else:
        for place in range(layers):
            node = made.one(node, place)
            rows += _of_line(walk, node, made.hidden, directions)
    if read:
        states[1] = States(walk.recording.shape(last[0]), rows)
    dims: list[Dim] = [(), (), whole_axis(CHANNELS, directions * made.hidden)]
    dims[steps] = whole_axis(1, walk.shapes[node].sizes[0] or 1)
    states[0] = View(node, tuple(dims), (0, 0))
    return states


_PROJECTIONS = (
    "it has projections (`proj_size`), which the recurrent layers of the language have not",
    "leave out `proj_size`, or give it as a `linear` behind each layer",
)
_NO_BIASES = (
    "it has no biases, which the recurrent layers of the language have as PyTorch's by default",
    "leave out `bias=False`, and read off the biases that the table of parameters then has",
)


class _Made(NamedTuple):
    """The items of a recurrent layer: one for all of its layers, or one for each."""

    walk: Walk
    op: str
    weights: list[Const]
    hidden: int
    layers: int
    directions: int

    def whole(self, node: str, sequence: bool) -> str:
        """All layers as one item; the last state alone, or that of each step."""
        return self._emit(node, self.weights, self.layers, sequence)

    def one(self, node: str, place: int) -> str:
        """A layer by itself."""
        each = 4 * self.directions
        return self._emit(node, self.weights[place * each : (place + 1) * each], 1, True)

    def _emit(self, node: str, weights: list[Const], layers: int, sequence: bool) -> str:
        walk, shape = self.walk, self.walk.shapes[node]
        sizes = shape.sizes if shape.rank else (1,)
        made = walk.emit(
            self.op,
            with_positions(walk, node, 1),
            Shape(self.directions * self.hidden, sizes if sequence else ()),
            weights,
            hidden=self.hidden,
            layers=layers,
            bidirectional=self.directions == 2,
            sequence=None if sequence else False,
        )
        if sequence:
            walk.keep_sizes(made, node)
        return made


def _of_vector(node: str, hidden: int, directions: int) -> tuple[View, ...]:
    """The last state of each direction in a vector of them."""
    line = whole_axis(CHANNELS, hidden)
    return tuple(View(node, ((), line), (place * hidden,)) for place in range(directions))


def _of_line(walk: Walk, node: str, hidden: int, directions: int) -> tuple[View, ...]:
    """The last state of each direction in the states of all steps: at the end, and at the beginning."""
    line, end = whole_axis(CHANNELS, hidden), (walk.shapes[node].sizes[0] or 1) - 1
    if end:
        walk.last.add((node, end))
    return tuple(View(node, ((), line), (place * hidden, 0 if place else end)) for place in range(directions))


def _rows_read(walk: Walk, ref: Ref, count: int) -> frozenset[int]:
    """Which of the last states are read; all where that is not told by the calls that read them."""
    if not walk.is_read(ref):
        return frozenset()
    found: set[int] = set()
    for call in walk.recording.calls:
        if ref not in call.inputs:
            continue
        index = call.args[1] if call.function.strip("_") == "getitem" else None
        index = index[0] if isinstance(index, tuple) and index else index
        if type(index) is not int:
            return frozenset(range(count))
        found.add(index % count)
    return frozenset(found) or frozenset(range(count))


@handles("gru_cell")
def gru_cell(walk: Walk, input: Any, hidden: Any, *weights: Any) -> View:
    """One step of a GRU: its gates, one by one."""
    loop = _looped(walk, "gru", input, hidden, weights)
    if loop is not None:
        return loop
    size = _state_size(hidden)
    of_input, of_state = _products(walk, input, hidden, weights)
    reset, update, new = (_part(walk, of_input, place, size) for place in range(3))
    reset_, update_, new_ = (_part(walk, of_state, place, size) for place in range(3))
    reset = applied(walk, "sigmoid", joined(walk, "add", reset, reset_))
    update = applied(walk, "sigmoid", joined(walk, "add", update, update_))
    new = applied(walk, "tanh", joined(walk, "add", new, joined(walk, "mul", reset, new_)))
    return joined(walk, "add", new, joined(walk, "mul", update, joined(walk, "sub", hidden, new)))


@handles("lstm_cell")
def lstm_cell(walk: Walk, input: Any, states: Any, *weights: Any) -> list[Any]:
    """One step of an LSTM: its gates, one by one."""
    hidden, cell = states
    loop = _looped(walk, "lstm", input, hidden, weights)
    if loop is not None:
        return [loop, Carried(walk.recording.shape(walk.call.outputs[1]))]
    if not isinstance(cell, View):
        raise NotUnderstood("it begins with cells that are no map")
    size = _state_size(hidden)
    gates = joined(walk, "add", *_products(walk, input, hidden, weights))
    entry, forget, new, out = (_part(walk, gates, place, size) for place in range(4))
    entry, forget, out = (applied(walk, "sigmoid", one) for one in (entry, forget, out))
    kept = joined(walk, "mul", forget, cell)
    cell = joined(walk, "add", kept, joined(walk, "mul", entry, applied(walk, "tanh", new)))
    return [joined(walk, "mul", out, applied(walk, "tanh", cell)), cell]


@handles("rnn_tanh_cell", "rnn_relu_cell")
def rnn_cell(walk: Walk, input: Any, hidden: Any, *weights: Any) -> View:
    """One step of a plain recurrence."""
    loop = _looped(walk, "rnn", input, hidden, weights)
    if loop is not None:
        return loop
    op = "relu" if "relu" in walk.call.function else "tanh"
    return applied(walk, op, joined(walk, "add", *_products(walk, input, hidden, weights)))


class Carried(NamedTuple):
    """The cells of an LSTM within a loop over a sequence."""

    shape: tuple[int, ...]
    what: str = "the state of the cells of an LSTM"


def _state_size(hidden: Any) -> int:
    if not isinstance(hidden, View):
        raise NotUnderstood(
            "it begins with a state that does not depend on the input, and goes over no whole sequence",
            "a loop over all steps of a sequence in order is read as a layer; or let the state come in",
        )
    return size_of(hidden.dims[-1])


def _products(walk: Walk, input: Any, hidden: Any, weights: Any) -> tuple[View, View]:
    """What comes in and the state, each through its linear layer."""
    if len(weights) != 4:
        raise NotUnderstood(*_NO_BIASES)
    to_input, to_state, bias, state_bias = weights
    return linear(walk, input, to_input, bias), linear(walk, hidden, to_state, state_bias)


def _part(walk: Walk, view: View, place: int, size: int) -> View:
    return part(walk, view, len(view.dims) - 1, place * size, size)


def _looped(walk: Walk, op: str, input: Any, hidden: Any, weights: Any) -> View | None:
    """A step of a loop over all positions of a sequence in order, which is a layer over it; ``None`` where it
    is none.
    """
    known = walk.loops.get(walk.now)
    if known is not None:
        node, place = known
        if not isinstance(input, View) or _step(walk, input) != walk.loop_inputs[node, place]:
            raise NotUnderstood("its steps are not those of one sequence in order")
        return _state_at(walk, node, place)
    if not isinstance(hidden, Const) or hidden.parameters or not isinstance(input, View):
        return None
    step = _step(walk, input)
    calls = _chain(walk)
    if step is None or step[1] or walk.shapes[step[0]].sizes != (len(calls),) or len(calls) < 2:
        return None
    if len(weights) != 4:
        raise NotUnderstood(*_NO_BIASES)
    source, hidden_size = step[0], weights[1].shape[-1]
    node = _Made(walk, op, list(weights), hidden_size, 1, 1).whole(source, sequence=True)
    for place, number in enumerate(calls):
        walk.loops[number] = node, place
        walk.loop_inputs[node, place] = source, place
    return _state_at(walk, node, 0)


def _step(walk: Walk, view: View) -> tuple[str, int] | None:
    """The sequence and the position in it that a vector is; ``None`` where it is something else."""
    shape = walk.shapes[view.node]
    alone = [dim for dim in view.dims if dim]
    if shape.rank != 1 or alone != [whole_axis(CHANNELS, shape.channels or 1)] or len(view.offsets) != 2:
        return None
    return (view.node, view.offsets[1]) if not view.offsets[0] else None


def _chain(walk: Walk) -> list[int]:
    """The calls from this one on that carry its state on with the same weights."""
    first = walk.recording.calls[walk.now]
    weights, state, found = first.inputs[-4:], first.outputs[0], [walk.now]
    for number in range(walk.now + 1, len(walk.recording.calls)):
        call = walk.recording.calls[number]
        if call.function == first.function and call.inputs[-4:] == weights and call.inputs[1] == state:
            found.append(number)
            state = call.outputs[0]
    return found


def _state_at(walk: Walk, node: str, place: int) -> View:
    channels, length = walk.shapes[node].channels or 1, walk.shapes[node].sizes[0] or 1
    if place == length - 1:
        walk.last.add((node, place))
    return View(node, ((), whole_axis(CHANNELS, channels)), (0, place))
