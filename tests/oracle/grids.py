"""Single layers on small maps for the oracles: the grids, and what cnncalc says of each of their cases."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import product
from random import Random
from typing import Any, NamedTuple

import cnncalc
from cnncalc.analysis.report import LayerReport
from cnncalc.geometry.axis import Run
from cnncalc.geometry.participation import interval, runs

Positions = tuple[tuple[int, ...], ...]
"""For each unit along an axis the input positions it reads, padding left out."""
MODELS_PER_FILE = 1000


class Case(NamedTuple):
    """One layer, as a spec has it, on one map."""

    op: str
    args: dict[str, Any]
    shape: tuple[int, ...]
    """Channels first."""

    @property
    def sizes(self) -> tuple[int, ...]:
        return self.shape[1:]

    def __str__(self) -> str:
        return f"{json.dumps({self.op: self.args})} on {'x'.join(map(str, self.shape))}"


class Answer(NamedTuple):
    """What a layer does: the positions read by each unit, one entry per axis; or why it does nothing."""

    reads: tuple[Positions, ...] = ()
    refusal: str | None = None
    """The code of the error."""

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(map(len, self.reads))

    @property
    def visible(self) -> Answer:
        """What impulses can show: where all units along one axis lie in the padding, nothing of the others."""
        if all(map(any, self.reads)):
            return self
        return Answer(tuple(((),) * size for size in self.sizes), self.refusal)


def grid(op: str, size: Sequence[int], **arguments: Sequence[Any]) -> list[Case]:
    """All combinations of one-axis arguments on one-channel maps of each size; an argument of ``None`` is left out."""
    cases = []
    for n, *values in product(size, *arguments.values()):
        args = {name: value for name, value in zip(arguments, values, strict=True) if value is not None}
        cases.append(Case(op, args, (1, n)))
    return cases


def drawn(op: str, count: int, rank: int, size: Sequence[int], **arguments: Sequence[Any]) -> list[Case]:
    """``count`` cases over ``rank`` axes with each argument drawn for each axis by itself; the same at every run."""
    random = Random(f"{op} {count} {rank}")
    cases = []
    for _ in range(count):
        args = {name: [random.choice(values) for _ in range(rank)] for name, values in arguments.items()}
        cases.append(Case(op, args, (1, *(random.choice(size) for _ in range(rank)))))
    return cases


def records(cases: Sequence[Case], framework: str) -> list[LayerReport | str]:
    """cnncalc's record of each case, or the code of its error."""
    return [
        record
        for first in range(0, len(cases), MODELS_PER_FILE)
        for record in _file(cases[first:][:MODELS_PER_FILE], framework)
    ]


def _file(cases: Sequence[Case], framework: str) -> Iterator[LayerReport | str]:
    models = {
        f"case{i}": {"input": case.shape, "layers": [{case.op: case.args}]} for i, case in enumerate(cases)
    }
    for model in cnncalc.loads(json.dumps({"framework": framework, "models": models})):
        report = cnncalc.analyze(model)
        if report.failed is None:
            yield report.layers[-1]
        else:
            yield next(found.code for found in report.diagnostics if found.severity == "error")


def answers(cases: Sequence[Case], framework: str) -> list[Answer]:
    """What each case reads by its window, which its receptive field must agree with."""
    return [Answer(refusal=one) if isinstance(one, str) else answer(one) for one in records(cases, framework)]


def answer(record: LayerReport) -> Answer:
    return Answer(tuple(_reads(record, axis) for axis in range(record.in_shape.rank)))


def _reads(record: LayerReport, axis: int) -> Positions:
    size, units = record.in_shape.sizes[axis], record.shape.sizes[axis]
    assert size is not None
    assert units is not None
    field = record.field.axes[axis]
    if record.windows is None:
        spans = [(0, size - 1) if field.is_global else field.at(unit) for unit in range(units)]
        return tuple(tuple(range(span[0], span[1] + 1)) if span else () for span in spans)
    laid = runs(record.windows[axis], size)
    assert len(laid) == units
    for unit, run in enumerate(laid):
        assert field.at(unit) == (interval(run) if run.length else None)
    return tuple(_inside(run, size) for run in laid)


def _inside(run: Run, size: int) -> tuple[int, ...]:
    return tuple(
        position
        for position in range(run.start, run.start + run.length * run.step, run.step)
        if 0 <= position < size
    )


def disagreements(cases: Sequence[Case], got: Sequence[Answer], expected: Sequence[Answer]) -> list[str]:
    """The cases that differ from what impulses have shown, in words."""
    return [
        f"{case}: cnncalc {_words(one)}, expected {_words(other)}"
        for case, one, other in zip(cases, got, expected, strict=True)
        if one.visible != other
    ]


def _words(answer: Answer) -> str:
    return answer.refusal or f"{'x'.join(map(str, answer.sizes))} reading {answer.reads}"
