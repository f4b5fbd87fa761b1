"""One spec under many inputs and variables: the combinations, and the figures of each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice, product
from math import prod
from typing import NamedTuple

from cnncalc.analysis.dropped import dropped_positions
from cnncalc.analysis.report import Report
from cnncalc.analysis.run import Given, analyze_each
from cnncalc.errors import GraphError, InputError, ShapeError, SpecError
from cnncalc.geometry.shape import Shape, Size, axis_size, axis_words, is_any, total
from cnncalc.network.model import Model

MOST_COMBINATIONS = 100_000
CHUNK = 50
"""Inputs that a process evaluates at a time."""

Loader = Callable[[Mapping[str, str]], tuple[Model, ...]]
Inputs = Mapping[str, Shape] | None
"""Shapes by the inputs' names, that of the only input by ``""``; or what the spec says."""


class Shapes:
    """The shapes of axes that each have several sizes, the last axis changing fastest; only counted until
    they are asked for.
    """

    def __init__(self, *parts: tuple[Sequence[Size], ...]) -> None:
        self.parts = parts

    def __add__(self, other: Shapes) -> Shapes:
        """First these, then the others."""
        return Shapes(*self.parts, *other.parts)

    @property
    def count(self) -> int:
        return sum(prod([len(axis) for axis in axes]) for axes in self.parts)

    def __iter__(self) -> Iterator[Shape]:
        for axes in self.parts:
            for channels, *sizes in product(*axes):
                yield Shape(channels, tuple(sizes))


class Grid(NamedTuple):
    """What is combined: every choice of one with every choice of the others."""

    inputs: Mapping[str, Shapes] = {}
    """The shapes of each input, by its name; ``""`` is the only one."""
    sets: Mapping[str, Sequence[str]] = {}
    """The values of each variable, as expressions."""

    @property
    def total(self) -> int:
        """The number of combinations for one model."""
        return prod([shapes.count for shapes in self.inputs.values()]) * prod(
            [len(values) for values in self.sets.values()]
        )


class Row(NamedTuple):
    """The figures of one combination; those of an invalid one are ``None``, and ``error`` says why."""

    model: str
    sets: tuple[tuple[str, str], ...]
    inputs: tuple[tuple[str, Shape], ...]
    outputs: tuple[Shape, ...] = ()
    params: Size = None
    macs: Size = None
    activations: Size = None
    peak: Size = None
    dropped: Size = None
    """Positions of the layers' maps that no window reads, because rounding down left them over; the sum over
    the layers.
    """
    error: str | None = None

    @property
    def ok(self) -> bool:
        return self.error is None


def parse_shapes(text: str) -> Shapes:
    """Shapes from ``3x192..512/32x224``: on each axis one size, or a range including its end, in steps of 1
    if none is given.

    A single size after the channels stands for all axes that a network's own input has.

    Raises:
        InputError: where an axis is neither.
    """
    return Shapes(tuple([_sizes(word, text) for word in axis_words(text)]))


_RANGE = re.compile(r"([0-9]{1,9})\.\.([0-9]{1,9})(?:/([0-9]{1,9}))?")


def parse_values(text: str) -> Sequence[str]:
    """The values of a variable from ``8..32/8``, a range as of a size; anything else is an expression, the
    one value.

    Raises:
        InputError: for a range without numbers, or with more of them than one sweep takes.
    """
    match = _RANGE.fullmatch(text)
    if match is None:
        return (text,)
    start, end, step = (int(number or 1) for number in match.groups())
    numbers = range(start, end + 1, step) if step else range(0)
    if not numbers:
        raise InputError(
            f"{text!r} has an empty range: "
            + (f"{start} is more than {end}" if step else "a step is at least 1")
        )
    if len(numbers) > MOST_COMBINATIONS:
        raise InputError(_too_many(len(numbers)))
    return tuple(map(str, numbers))


def _too_many(total: int) -> str:
    return f"{total:,} combinations are more than the {MOST_COMBINATIONS:,} that one sweep takes"


def _sizes(part: str, text: str) -> Sequence[Size]:
    if is_any(part):
        return (None,)
    first, dots, rest = part.partition("..")
    last, slash, step = rest.partition("/") if dots else (first, "", "1")
    numbers = [axis_size(word) for word in (first, last, step if slash else "1")]
    if None in numbers:
        raise InputError(
            f"{text!r} has no sizes: write each axis as a size or a range, for instance 3x192..512/32x224"
        )
    start, end, by = (number or 0 for number in numbers)
    if start > end:
        raise InputError(f"{text!r} has an empty range: {start} is more than {end}")
    return range(start, end + 1, by)


def sweep(grid: Grid, loader: Loader, framework: str | None = None, jobs: int = 1) -> Iterator[Row]:
    """The rows of all combinations, in the order of the grid; a model is loaded once for each choice of
    variables.

    Args:
        grid: what is combined.
        loader: the models of the spec with some variables set.
        framework: another framework's rules than the spec's.
        jobs: how many processes evaluate.

    Raises:
        InputError: for more than ``MOST_COMBINATIONS``, and for an input or a framework that does not exist.
        UsageError, SourceError: from the loader.
    """
    if grid.total > MOST_COMBINATIONS:
        raise InputError(_too_many(grid.total))
    work = _work(grid, loader, framework)
    return (row for rows in map(_evaluate, work) for row in rows) if jobs == 1 else _in_processes(work, jobs)


class _Chunk(NamedTuple):
    """Some inputs of one model; instead of a model that cannot be loaded, the reason."""

    model: Model | str
    sets: tuple[tuple[str, str], ...]
    inputs: tuple[Inputs, ...]
    framework: str | None


def _work(grid: Grid, loader: Loader, framework: str | None) -> Iterator[_Chunk]:
    for values in product(*grid.sets.values()):
        sets = tuple(zip(grid.sets, values, strict=True))
        models: tuple[Model | str, ...]
        try:
            models = loader(dict(sets))
        except (SpecError, GraphError, ShapeError) as error:
            models = (str(error).partition("\n")[0],)
        for model in models:
            inputs = _inputs(grid)
            while chunk := tuple(islice(inputs, CHUNK)):
                yield _Chunk(model, sets, chunk, framework)


def _inputs(grid: Grid) -> Iterator[Inputs]:
    for shapes in product(*grid.inputs.values()):
        yield dict(zip(grid.inputs, shapes, strict=True)) or None


def _in_processes(work: Iterable[_Chunk], jobs: int) -> Iterator[Row]:
    from concurrent.futures import ProcessPoolExecutor

    executor = ProcessPoolExecutor(jobs)
    try:
        for rows in executor.map(_evaluate, work):
            yield from rows
    finally:
        executor.shutdown(cancel_futures=True)


def _evaluate(chunk: _Chunk) -> tuple[Row, ...]:
    model = chunk.model
    if isinstance(model, str):
        return tuple(
            [Row("", chunk.sets, tuple((inputs or {}).items()), error=model) for inputs in chunk.inputs]
        )
    inputs = [_given(model, inputs) for inputs in chunk.inputs]
    return tuple([_figures(report, chunk.sets) for report in analyze_each(model, inputs, chunk.framework)])


def _given(model: Model, inputs: Inputs) -> Given | None:
    """The shapes as an analysis takes them, of as many axes as the model's where one size stands for all."""
    if inputs is None:
        return None
    ranks = {name: own.rank for name, own in model.inputs}
    if "" in inputs:
        return _along_all(inputs[""], model.inputs[0][1].rank)
    return {name: _along_all(shape, ranks.get(name, 1)) for name, shape in inputs.items()}


def _along_all(shape: Shape, rank: int) -> Shape:
    """3x192 as 3x192x192, where the network's own input has two spatial axes."""
    return shape._replace(sizes=shape.sizes * rank) if shape.rank == 1 < rank else shape


def _figures(report: Report, sets: tuple[tuple[str, str], ...]) -> Row:
    error = next((found for found in report.diagnostics if found.severity == "error"), None)
    if error is not None:
        where = f" ({error.path})" if error.path else ""
        return Row(report.name, sets, report.inputs, error=f"{error.code} {error.message}{where}")
    totals = report.totals
    outputs = tuple(output.shape for output in report.outputs)
    dropped = total(map(dropped_positions, report.layers))
    return Row(
        report.name,
        sets,
        report.inputs,
        outputs,
        totals.params,
        totals.macs,
        totals.activations,
        report.peak,
        dropped,
    )
