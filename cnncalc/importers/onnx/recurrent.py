"""ONNX's recurrent layers: sequences first, directions as an axis of what they give."""

from __future__ import annotations

from cnncalc.geometry.shape import Shape
from cnncalc.importers.items import item
from cnncalc.importers.onnx.call import Call
from cnncalc.importers.onnx.file import Constant
from cnncalc.importers.onnx.held import Feature, Unknown
from cnncalc.importers.onnx.layout import BATCH, CHANNELS, Atom, Dim, known, plain, size_of, whole
from cnncalc.importers.onnx.operators import operator
from cnncalc.importers.onnx.translation import Translation

_GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}


@operator(*_GATES)
def recurrent(translation: Translation, call: Call) -> None:
    """One layer; the states of all steps, or the last one where only that is read."""
    name = call.node.operator
    call.ignore(
        "activations", "activation_alpha", "activation_beta", "clip", "input_forget", "linear_before_reset"
    )
    call.must_be("layout", 0)
    call.must_be("direction", "forward", "bidirectional")
    steps, shape = _sequence(translation, call)
    channels, length = known(shape)
    weights = [call.constant(place, what) for place, what in ((1, "W"), (2, "R"), (3, "B"))]
    directions = 2 if call.attribute("direction", "forward") == "bidirectional" else 1
    hidden = call.attribute("hidden_size") or weights[1].dims[-1]
    rows = _GATES[name] * hidden
    wanted = [(directions, rows, channels), (directions, rows, hidden), (directions, 2 * rows)]
    if [weight.dims for weight in weights] != wanted:
        raise Unknown(f"its weights are {[list(weight.dims) for weight in weights]}")
    _check_states(translation, call)
    for weight in weights[:2]:
        if translation.count_kernel(weight, f"{call.node.outputs[0]}|{weight.dims}") is not None:
            raise Unknown("its weights are those of another layer")
    translation.count_vector(weights[2])
    translation.macs += directions * rows * (channels + hidden) * length
    both: Dim = (Atom(CHANNELS, hidden, 2),) if directions == 2 else ()
    each = whole(CHANNELS, hidden)
    batch = whole(BATCH, translation.batch)
    outputs = dict(enumerate(call.node.outputs))
    all_steps, last = (bool(outputs.get(place)) and translation.uses[outputs[place]] > 0 for place in (0, 1))
    if all_steps and last:
        raise Unknown("both all of its states and the last one are read")
    arguments = {"hidden": hidden, "bidirectional": directions == 2}
    if last:
        made = call.node.outputs[1]
        one = call.node._replace(outputs=(made,))
        translation.layer(
            Call(one, call.inputs, {}),
            name.lower(),
            steps.tensor,
            Shape(directions * hidden),
            (both, batch, each),
            **arguments,
            sequence=False,
        )
        return
    new = Shape(directions * hidden, (length,))
    layout = (whole(1, length), both, batch, each)
    translation.layer(call, name.lower(), steps.tensor, new, layout, **arguments)


def _sequence(translation: Translation, call: Call) -> tuple[Feature, Shape]:
    """The input, whose axes are steps, batch and channels."""
    feature = call.feature()
    shape = translation.shapes[feature.tensor]
    channels = whole(CHANNELS, known(shape)[0])
    positions = tuple(atom for dim in plain(shape, translation.batch)[2:] for atom in dim)
    if not shape.rank or feature.layout != (positions, whole(BATCH, translation.batch), channels):
        raise Unknown(f"its input of {list(feature.sizes)} is no sequence of steps, batch and channels")
    if shape.rank == 1:
        return feature, shape
    op = "squeeze" if sum(size != 1 for size in known(shape)[1:]) == 1 else "tokens"
    line = Shape(shape.channels, (size_of(positions),))
    output = translation.add(item(op, feature.tensor, f"{call.node.outputs[0]}|{op}", shape=line))
    return Feature(output, feature.layout), line


def _check_states(translation: Translation, call: Call) -> None:
    """What it begins with changes no count where it is constant; lengths of sequences would."""
    if call.input(4) is not None:
        raise Unknown("it reads the lengths of its sequences")
    for place in range(5, 8):
        if call.input(place) is not None and not isinstance(call.input(place), Constant):
            raise Unknown("it begins with a state that is computed")
