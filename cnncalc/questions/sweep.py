"""One spec under many inputs and variables: the combinations, and the figures of each."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import islice, product
from math import prod
from typing import TYPE_CHECKING, NamedTuple, TypeVar, overload

from cnncalc.analysis.run import Analyses, Analysis, Given
from cnncalc.errors import CnncalcError, Diagnostic, GraphError, InputError, ShapeError, SpecError
from cnncalc.geometry.shape import Shape, Size, axis_size, axis_words, is_any
from cnncalc.language.nodes import YamlNode
from cnncalc.language.parser import parse
from cnncalc.language.source import Source
from cnncalc.loading import Loaded, Options, load_parsed
from cnncalc.network.model import Model
from cnncalc.support.process import paused_collection

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

MOST_COMBINATIONS = 100_000
"""Combinations whose rows are held at once."""
MOST_TRIED = 1000
"""Choices of variables that are tried to find what is wrong with all of them."""
MOST_STREAMED = 10_000_000
"""Combinations whose rows are written as they come."""
CHUNK = 200
"""Rows that a process computes at a time."""
AHEAD = 64
"""Chunks that are given to an executor before the first one's rows are taken."""

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
    rf: tuple[int | None, ...] = ()
    """Of the last layer whose units see a part of the input only; per axis, as the next two."""
    rf_stride: tuple[Fraction | None, ...] = ()
    rf_offset: tuple[Fraction | None, ...] = ()
    """Centre of unit 0 less (stride - 1)/2: 0 where resizing with half-pixel centres keeps units in place."""
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


class Numerals(Sequence[str]):
    """The numbers of a range as texts, made when they are asked for."""

    def __init__(self, numbers: range) -> None:
        self.numbers = numbers

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, at: int) -> str: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[str]: ...

    def __getitem__(self, at: int | slice) -> str | Sequence[str]:
        return Numerals(self.numbers[at]) if isinstance(at, slice) else str(self.numbers[at])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]


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
    if len(numbers) > MOST_STREAMED:
        raise InputError(_too_many(len(numbers), MOST_STREAMED))
    return Numerals(numbers)


def _too_many(total: int, most: int) -> str:
    found = f"{total:,} combinations are more than the {most:,} that one sweep takes"
    if most == MOST_STREAMED:
        return found
    return f"{found} as a whole: up to {MOST_STREAMED:,} are written as they come with --format csv or jsonl"


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


def sweep(
    grid: Grid,
    loader: Loader,
    framework: str | None = None,
    jobs: int = 1,
    executor: Executor | None = None,
    most: int = MOST_COMBINATIONS,
) -> Iterator[Row]:
    """The rows of all combinations, in the order of the grid; a model is loaded once for each choice of
    variables.

    Args:
        grid: what is combined.
        loader: the models of the spec with some variables set; a ``SpecLoader`` can be sent to processes.
        framework: another framework's rules than the spec's.
        jobs: how many processes evaluate.
        executor: what evaluates instead, wherever its workers are.
        most: how many combinations are taken.

    Raises:
        InputError: for more than ``most``, and for an input or a framework that does not exist.
        SpecError, GraphError: for what is wrong with every combination.
        UsageError, SourceError: from the loader.
    """
    if grid.total > most:
        raise InputError(_too_many(grid.total, most))
    if grid.total:
        _check(grid, loader, framework)
    work = _work(grid, loader, framework)
    if executor is not None:
        return _in_order(work, executor)
    return _here(work) if jobs == 1 else _in_processes(work, jobs)


def _check(grid: Grid, loader: Loader, framework: str | None) -> None:
    """Find what is wrong with every combination, where something is wrong with the first."""
    sets = tuple([(name, values[0]) for name, values in grid.sets.items()])
    found = next(iter(_analyses(loader, sets, framework)), None)
    if not isinstance(found, CnncalcError):
        return
    _analyses.cache_clear()
    if not grid.sets:
        raise found
    constant = loader.constant(found, frozenset(grid.sets)) if isinstance(loader, SpecLoader) else ()
    constant = constant or _in_all(found, grid, loader)
    if constant:
        raise (GraphError if all(one.code == "E201" for one in constant) else SpecError)(*constant)


def _in_all(error: CnncalcError, grid: Grid, loader: Loader) -> tuple[Diagnostic, ...]:
    """What of an error is wrong under every choice of variables, as far as all of them can be tried."""
    if prod(map(len, grid.sets.values())) > MOST_TRIED:
        return ()
    left = {_cause(one) for one in error.diagnostics}
    for values in _combined(tuple(grid.sets.values())):
        try:
            loader(dict(zip(grid.sets, values, strict=True)))
            return ()
        except (SpecError, GraphError, ShapeError) as other:
            left &= {_cause(one) for one in other.diagnostics}
        if not left:
            return ()
    return tuple([one for one in error.diagnostics if _cause(one) in left])


class SpecLoader:
    """The models of a spec with some variables set, wherever it is asked; the spec is parsed once there."""

    def __init__(self, source: Source, options: Options) -> None:
        self.source = (source.name, source.text, source.is_shown)
        self.options = options

    def __call__(self, sets: Mapping[str, str]) -> tuple[Model, ...]:
        return self._loaded(sets).whole()

    def constant(self, error: CnncalcError, varied: frozenset[str]) -> tuple[Diagnostic, ...]:
        """What of an error is wrong whatever some variables are: it is found without their values, too, and
        the number of copies has no part in it.
        """
        without = self._loaded({}, varied).error
        causes = set() if without is None else set(map(_cause, without.diagnostics))
        return tuple([one for one in error.diagnostics if _cause(one) in causes and not _may_vary(one)])

    def _loaded(self, sets: Mapping[str, str], unknown: frozenset[str] = frozenset()) -> Loaded:
        source, root, found = _parsed(*self.source)
        options = self.options._replace(sets={**(self.options.sets or {}), **sets})
        return load_parsed(source, root, found, options, unknown)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SpecLoader) and (self.source, self.options) == (other.source, other.options)

    def __hash__(self) -> int:
        return hash(self.source)


_OF_COPIES = ("E102", "E208", "E209")
"""Errors of limits and of shared weights, which depend on what is repeated and how often."""
_NUMBERED = re.compile(r"`[^`]*_[0-9]+(?:\[[^`]*\])?`$")
"""The end of a message about a name that an item without `name` has, such as `relu_1`."""


def _may_vary(found: Diagnostic) -> bool:
    """Whether an error depends on names and copies, which are others with other values."""
    if found.code == "E201":
        return "[" in (found.path or "") or _NUMBERED.search(found.message) is not None
    return found.code in _OF_COPIES


def _cause(found: Diagnostic) -> tuple[object, ...]:
    return found.code, found.message, found.location


@lru_cache(maxsize=4)
def _parsed(name: str, text: str, is_shown: bool) -> tuple[Source, YamlNode, tuple[Diagnostic, ...]]:
    source = Source(name, text, is_shown)
    root, found = parse(source)
    return source, root, tuple(found)


class _Part(NamedTuple):
    """Some inputs under one choice of variables."""

    loader: Loader
    sets: tuple[tuple[str, str], ...]
    inputs: tuple[Inputs, ...]
    model: int | None = None
    """Which of the loader's models, where it is not for all of them."""


class _Chunk(NamedTuple):
    """What is computed in one go."""

    parts: tuple[_Part, ...]
    framework: str | None


def _work(grid: Grid, loader: Loader, framework: str | None) -> Iterator[_Chunk]:
    """Parts gathered until they are worth sending."""
    gathered: list[_Part] = []
    rows = 0
    for part in _parts(grid, loader, framework):
        gathered.append(part)
        rows += len(part.inputs)
        if rows >= CHUNK:
            yield _Chunk(tuple(gathered), framework)
            gathered, rows = [], 0
    if gathered:
        yield _Chunk(tuple(gathered), framework)


def _parts(grid: Grid, loader: Loader, framework: str | None) -> Iterator[_Part]:
    is_whole = prod(shapes.count for shapes in grid.inputs.values()) <= CHUNK
    for values in _combined(tuple(grid.sets.values())):
        sets = tuple(zip(grid.sets, values, strict=True))
        models = (None,) if is_whole else range(len(_analyses(loader, sets, framework)))
        for model in models:
            inputs = _inputs(grid)
            while some := tuple(islice(inputs, CHUNK)):
                yield _Part(loader, sets, some, model)


@lru_cache(maxsize=2)
def _analyses(
    loader: Loader, sets: tuple[tuple[str, str], ...], framework: str | None
) -> tuple[Analyses | CnncalcError, ...]:
    """What analyses the models under one choice of variables, from one chunk to the next; or why there are
    none.
    """
    try:
        models = loader(dict(sets))
    except (SpecError, GraphError, ShapeError) as error:
        return (error,)
    return tuple([Analyses(model, framework) for model in models])


def _inputs(grid: Grid) -> Iterator[Inputs]:
    for shapes in _combined(tuple(grid.inputs.values())):
        yield dict(zip(grid.inputs, shapes, strict=True)) or None


_Choice = TypeVar("_Choice")


def _combined(choices: tuple[Iterable[_Choice], ...]) -> Iterator[tuple[_Choice, ...]]:
    """Every choice of one with every choice of the others, the last changing fastest; none is held."""
    if not choices:
        yield ()
        return
    for first in choices[0]:
        for others in _combined(choices[1:]):
            yield (first, *others)


def _here(work: Iterable[_Chunk]) -> Iterator[Row]:
    try:
        for chunk in work:
            yield from _evaluate(chunk)
    finally:
        _analyses.cache_clear()


def _in_processes(work: Iterable[_Chunk], jobs: int) -> Iterator[Row]:
    from concurrent.futures import ProcessPoolExecutor

    executor = ProcessPoolExecutor(jobs)
    try:
        yield from _in_order(work, executor)
    finally:
        executor.shutdown(cancel_futures=True)


def _in_order(work: Iterable[_Chunk], executor: Executor) -> Iterator[Row]:
    """The rows of all chunks in their order, some of them computed ahead."""
    waiting: deque[Future[tuple[Row, ...]]] = deque()
    chunks = iter(work)
    try:
        while True:
            for chunk in islice(chunks, AHEAD - len(waiting)):
                waiting.append(executor.submit(_evaluate, chunk))
            if not waiting:
                return
            yield from waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()
        _analyses.cache_clear()


def _evaluate(chunk: _Chunk) -> tuple[Row, ...]:
    with paused_collection():
        return tuple([row for part in chunk.parts for row in _rows(part, chunk.framework)])


def _rows(part: _Part, framework: str | None) -> Iterator[Row]:
    analyses = _analyses(part.loader, part.sets, framework)
    for found in analyses if part.model is None else analyses[part.model : part.model + 1]:
        for inputs in part.inputs:
            if isinstance(found, CnncalcError):
                reason = str(found).partition("\n")[0]
                yield Row("", part.sets, tuple((inputs or {}).items()), error=reason)
            else:
                yield _figures(found.of(_given(found.model, inputs)), part.sets)


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


def _figures(analysis: Analysis, sets: tuple[tuple[str, str], ...]) -> Row:
    report = analysis.report
    error = next((found for found in report.diagnostics if found.severity == "error"), None)
    if error is not None:
        where = f" ({error.path})" if error.path else ""
        return Row(report.name, sets, report.inputs, error=f"{error.code} {error.message}{where}")
    sums = analysis.sums
    return Row(
        model=report.name,
        sets=sets,
        inputs=report.inputs,
        outputs=tuple([output.shape for output in report.outputs]),
        params=sums.totals.params,
        macs=sums.totals.macs,
        activations=sums.totals.activations,
        peak=report.peak,
        dropped=sums.dropped,
        rf=sums.local.size if sums.local else (),
        rf_stride=sums.local.stride if sums.local else (),
        rf_offset=sums.local.offset if sums.local else (),
    )
