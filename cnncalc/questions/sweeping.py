"""A sweep from Python: the rows of every combination of inputs and variables of a spec."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from os import PathLike, fspath
from typing import TYPE_CHECKING

from cnncalc.loading import Options, for_spec, source_at
from cnncalc.questions.sweep import MOST_STREAMED, Grid, Row, Shapes, SpecLoader, parse_shapes, parse_values
from cnncalc.questions.sweep import sweep as combined

if TYPE_CHECKING:
    from concurrent.futures import Executor


def sweep(
    path: str | PathLike[str],
    *,
    input: str | Sequence[str] | Mapping[str, str | Sequence[str]] | None = None,
    sets: Mapping[str, str | int | Sequence[str | int]] | None = None,
    framework: str | None = None,
    model: str | None = None,
    jobs: int = 1,
    executor: Executor | None = None,
) -> Iterator[Row]:
    """The rows of all combinations, one by one and in their order.

    Args:
        path: a spec, as for ``load``.
        input: shapes such as ``"3x192..512/32"`` or several of them; of several inputs a mapping by name.
        sets: values of variables: one, several, or a range such as ``"8..32/8"``.
        framework: another framework's rules than the spec's.
        model: the one variant wanted, of a file with several.
        jobs: how many processes compute.
        executor: any executor of ``concurrent.futures`` that computes instead, such as a Dask client's.

    Raises:
        InputError: a ``ValueError``, for what is no shape or range, and for more than 10**7 combinations.
        SpecError, GraphError: for what is wrong with every combination.
        SourceError, UsageError: as for ``load``.
    """
    place = fspath(path)
    inputs = {} if input is None else input if isinstance(input, Mapping) else {"": input}
    grid = Grid(
        {name: _shapes(given) for name, given in inputs.items()},
        {name: _values(given) for name, given in (sets or {}).items()},
    )
    loader = SpecLoader(source_at(place), for_spec(place, Options(None, framework, model)))
    return combined(grid, loader, framework, jobs, executor, MOST_STREAMED)


def _shapes(given: str | Sequence[str]) -> Shapes:
    shapes = Shapes()
    for one in (given,) if isinstance(given, str) else given:
        shapes = shapes + parse_shapes(one)
    return shapes


def _values(given: str | int | Sequence[str | int]) -> Sequence[str]:
    if isinstance(given, str):
        return parse_values(given)
    return tuple(map(str, given)) if isinstance(given, Sequence) else (str(given),)
