"""How late the answer of a network over time is, and what must be remembered between chunks of its input."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal, NamedTuple

from cnncalc.analysis.run import Given, analyze, rules_of, with_input
from cnncalc.geometry.axis import Taps
from cnncalc.geometry.receptive_field import LOCAL, AxisField
from cnncalc.geometry.shape import Shape
from cnncalc.geometry.window import TransposedWindow
from cnncalc.network.model import Model
from cnncalc.questions.answers import refusal
from cnncalc.questions.trace import Placed, Trace, alignment, check_local, taps_of, trace
from cnncalc.support import display
from cnncalc.support.dtypes import DTYPES


class LayerDelay(NamedTuple):
    """How far a layer's units look back and ahead, in positions of the input."""

    path: str
    op: str
    look_back: int | None
    look_ahead: int | None
    state: int
    """Numbers kept for this layer: the state of a recurrent one, else of its input, of its output where it is
    transposed, of its branches.
    """


class Stream(NamedTuple):
    """What streaming one network takes; positions are those of the input."""

    name: str
    file: str
    inputs: tuple[tuple[str, Shape], ...]
    framework: str
    rate: Fraction | None
    """Positions per second."""
    look_back: int | None
    """The most positions between a unit's nominal position and the first that it reads; ``None`` behind a
    recurrent layer, which reads all before.
    """
    look_ahead: int
    """The most positions between a unit's nominal position and the last that it reads."""
    delay: int
    """Positions that must have arrived, from the nominal one on."""
    delay_ms: float | None
    chunk: int
    """Inputs of a multiple leave every layer without a remainder."""
    causal: bool | Literal["to the chunk"]
    state: int
    """Numbers kept between chunks, of which the first has ``first`` positions. Of a strided window its
    extent - stride; chunks that are out of line with its padding make it wait for the rest of a stride too.
    """
    state_bytes: int
    first: int
    """Positions to give first, so that the least must be kept; a whole chunk where that is so anyway."""
    state_whole_chunks: int
    """Numbers kept between chunks where the first one is whole too."""
    layers: tuple[LayerDelay, ...]
    output: str
    """The main output, which is the one meant."""
    other_outputs: tuple[str, ...]
    """The heads, and the layers that no other one reads."""

    def _repr_html_(self) -> str:
        return display.html(self)

    def _repr_markdown_(self) -> str:
        return display.markdown(self)

    def __rich__(self) -> object:
        return display.rich(self)


def stream(
    model: Model,
    *,
    rate: Fraction | float | None = None,
    dtype: str = "float32",
    input: Given | None = None,
    framework: str | None = None,
) -> Stream:
    """How late the main output is, and what must be kept between chunks.

    Args:
        model: one of the models that ``load`` returns, of one spatial axis.
        rate: positions of the input per second.
        dtype: how numbers are stored.
        input: another input than the spec's, as for ``analyze``.
        framework: another framework's rules than the spec's.

    Raises:
        NoAnswer: for more than one axis, and where a layer sees the whole input.
        ValueError: for a rate that is not positive, and a dtype that does not exist.
    """
    if rate is not None and not rate > 0:
        raise ValueError(f"a rate is a number of positions per second, more than 0, not {rate}")
    if dtype not in DTYPES:
        raise ValueError(f"no dtype {dtype!r}; possible: {', '.join(DTYPES)}")
    rules = rules_of(model, framework)
    model = model._replace(inputs=with_input(model.inputs, input), framework=rules)
    _check_axes(model)
    found = trace(model)
    check_local(model, found, "no answer is known before the input ends")
    chunk, _ = alignment(model, found, 0)
    main = _reach(_field(found, found.main))
    if main is None:
        message = "its main output joins paths of different strides, or sees no input"
        raise refusal(model, message, None, "ask about each of its branches by itself")
    back, ahead = main
    field = _field(found, found.main)
    exact = None if rate is None else Fraction(rate)
    pieces = [(_states(model, found, piece), piece) for piece in (chunk, _in_line(found, chunk))]
    whole_chunks = sum(pieces[0][0].values())
    states, first = min(pieces, key=lambda kept: sum(kept[0].values()))
    state = sum(states.values())
    main_path, *others = model.graph.ends()
    return Stream(
        name=model.name,
        file=model.file,
        inputs=model.inputs,
        framework=rules.name,
        rate=exact,
        look_back=None if field.looks_back else back,
        look_ahead=ahead,
        delay=ahead + 1,
        delay_ms=None if exact is None else float(1000 * (ahead + 1) / exact),
        chunk=chunk,
        causal=True if ahead <= 0 else "to the chunk" if ahead < chunk else False,
        state=state,
        state_bytes=state * DTYPES[dtype],
        first=first,
        state_whole_chunks=whole_chunks,
        layers=tuple([_delay(layer, states.get(number, 0)) for number, layer in found.placed()]),
        output=main_path,
        other_outputs=tuple(others),
    )


def _check_axes(model: Model) -> None:
    name, shape = model.inputs[0]
    if shape.rank != 1:
        axes = "no spatial axis" if not shape.rank else f"{shape.rank} spatial axes"
        raise refusal(
            model, f"the input `{name}` of {shape} has {axes}: a stream has one", None, _over_time(model)
        )


def _over_time(model: Model) -> str:
    """Whether the same network could be asked with one axis, and else which layer has two."""
    name, shape = model.inputs[0]
    written = "the input of a network over time is written as [channels, length], such as `input: [1, 24000]`"
    if shape.rank < 2 or len(model.inputs) > 1:
        return written
    line = Shape(shape.channels, shape.sizes[:1])
    report = analyze(model, {name: line})
    if report.failed is None:
        return f"all of its layers work along one axis too: ask with --input {line}"
    fault = next(found for found in report.diagnostics if found.severity == "error")
    return f"{written}; with {line} `{fault.path}` fails: {fault.message}"


def _delay(layer: Placed, state: int) -> LayerDelay:
    reach = _reach(layer.record.field.axes[0]) if layer.record.field.axes else None
    back, ahead = reach or (None, None)
    if layer.record.field.axes and layer.record.field.axes[0].looks_back:
        back = None
    return LayerDelay(layer.record.path, layer.record.op, back, ahead, state)


def _field(found: Trace, number: int) -> AxisField:
    if number < found.inputs:
        return LOCAL
    layer = found.layers[number - found.inputs]
    assert layer is not None
    return layer.record.field.axes[0]


def _reach(field: AxisField) -> tuple[int, int] | None:
    """The most that a unit reads before and after its nominal position, floor(u * stride)."""
    if len(field.maps) != 1 or field.unknown_start is not None:
        return None
    (seen,) = field.maps
    apart = [
        (unit * seen.advance // len(seen.spans) - span[0], span[1] - unit * seen.advance // len(seen.spans))
        for unit, span in enumerate(seen.spans)
        if span is not None
    ]
    return (max(one for one, _ in apart), max(other for _, other in apart)) if apart else None


def _in_line(found: Trace, chunk: int) -> int:
    """The positions of a first piece that ends when a unit is complete: the one that looks furthest ahead."""
    (seen,) = _field(found, found.main).maps
    ends = [
        (span[1] - unit * seen.advance // len(seen.spans), span[1])
        for unit, span in enumerate(seen.spans)
        if span is not None
    ]
    _, last = max(ends, key=lambda end: end[0])
    return last % chunk + 1


def _states(model: Model, found: Trace, arrived: int) -> dict[int, int]:
    """The numbers kept for each layer when so many positions, or whole chunks more, have arrived.

    All units are computed that can be; windows on one tensor share what the one keeps that needs the most.
    """
    ready: dict[int, int] = dict.fromkeys(range(found.inputs), arrived)
    kept: dict[int, tuple[int, int]] = {}
    states: dict[int, int] = {}
    for number, layer in found.placed():
        record = layer.record
        rule = record.rules[0]
        carried = 0 if record.layer is None else record.layer.carried()
        source = layer.inputs[0]
        common = min(ready[one] for one in layer.inputs) if layer.joins else ready[source]
        ready[number], need = progress(taps_of(model, layer, 0), common)
        if layer.joins:
            lines = [(ready[one] - common + need) * _channels(model, found, one) for one in layer.inputs]
            states[number] = sum(lines)
        elif carried:
            states[number] = carried
        elif isinstance(rule, TransposedWindow):
            overlap = max(rule.dilation * (rule.kernel - 1) + 1 - rule.stride, 0)
            states[number] = overlap * _channels(model, found, number)
        elif need > kept.get(source, (0, 0))[0]:
            kept[source] = (need, number)
    for source, (need, number) in kept.items():
        states[number] = states.get(number, 0) + need * _channels(model, found, source)
    return states


def _channels(model: Model, found: Trace, number: int) -> int:
    channels = found.shapes[number].channels
    if channels is None:
        raise refusal(model, "the channels of a tensor are not known", None, "give the layers an `out`")
    return channels


def progress(reads: Taps, arrived: int) -> tuple[int, int]:
    """How many units are complete when so many positions have arrived, and how many of these the next need.

    Far from the beginning, where what is before the first position no longer matters: both may be counted
    from any multiple of the period, hence be negative.
    """
    period = len(reads.runs)
    runs = [(at, run) for at, run in enumerate(reads.runs) if run.length]
    if not runs:
        return arrived * period // reads.advance, 0
    waiting = [
        -(-(arrived - run.start - (run.length - 1) * run.step) // reads.advance) * period + at
        for at, run in runs
    ]
    complete = min(waiting)
    first = min(run.start + -((at - complete) // period) * reads.advance for at, run in runs)
    return complete, max(arrived - first, 0)
