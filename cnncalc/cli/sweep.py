"""``cnncalc sweep``: one spec under every combination of inputs and variables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from itertools import chain, islice
from typing import Annotated

import typer

from cnncalc.cli import options
from cnncalc.cli.output import Trouble, is_watched, keep_specs
from cnncalc.cli.run import deliver, report_diagnostics
from cnncalc.errors import FINE, INVALID, UNDONE, CnncalcError, InputError, SourceError, UsageError
from cnncalc.loading import Options, for_spec, source_at
from cnncalc.questions.engines import NoEngine, dask_executor
from cnncalc.questions.sweep import (
    MOST_COMBINATIONS,
    MOST_STREAMED,
    Grid,
    Row,
    Shapes,
    SpecLoader,
    parse_shapes,
)
from cnncalc.questions.sweep import sweep as combined
from cnncalc.render.listings.sweep import Sweep
from cnncalc.render.outputs import PICTURED
from cnncalc.render.progress import counted

Spec = Annotated[
    str,
    typer.Argument(
        autocompletion=options.spec_names,
        metavar="SPEC",
        help=options.SPEC_HELP,
        show_default=False,
    ),
]
Ranges = Annotated[
    list[str] | None,
    typer.Option(
        "--input",
        metavar="SHAPES",
        help="Inputs, such as 3x192..512/32, of equal sides, or 3x192..512/32x224; "
        "`name=...` of several. Repeatable.",
    ),
]
Lists = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NAME=VALUES",
        help="Values for a variable, such as w=0.5,0.75,1 or w=8..32/8. Repeatable.",
    ),
]


Dask = Annotated[
    str | None,
    typer.Option(
        "--dask",
        metavar="ADDRESS",
        help="The Dask scheduler whose workers compute instead, such as tcp://host:8786.",
        show_default=False,
    ),
]


def sweep(
    spec: Spec,
    input: Ranges = None,
    sets: Lists = None,
    model: options.Variant = None,
    framework: options.FrameworkName = None,
    jobs: options.Jobs = 1,
    dask: Dask = None,
    format: options.PicturedFormatName = None,
    output: options.PicturedOutput = None,
) -> int:
    """Every combination of inputs and variables, one row each.

    Up to 100,000 combinations; with --format csv or jsonl, whose rows are written as they come, up to
    10,000,000.
    """
    keep_specs(output, (spec,))
    chosen = options.format_of(format, output, PICTURED)
    if dask is not None and jobs > 1:
        raise typer.BadParameter("cannot be combined with --jobs", param_hint="--dask")
    grid = Grid(_inputs(input), options.values(sets))
    try:
        loader = SpecLoader(source_at(spec), for_spec(spec, Options(None, framework, model)))
        with nullcontext() if dask is None else dask_executor(dask) as executor:
            most = MOST_STREAMED if chosen.streams else MOST_COMBINATIONS
            made = combined(grid, loader, framework, jobs, executor, most)
            # The bar is around the work: the first row comes with all of its chunk.
            rows = seen = Seen(_begun(counted(made, "sweep", grid.total, is_watched())))
            content = rows if chosen.streams else tuple(rows)
            deliver(Sweep(spec, content, tuple(grid.sets)), chosen, output)
    except InputError as error:
        raise typer.BadParameter(str(error), param_hint="--input") from error
    except NoEngine as error:
        raise Trouble(str(error)) from error
    except UsageError:
        raise
    except CnncalcError as error:
        report_diagnostics(error.diagnostics)
        return UNDONE if isinstance(error, SourceError) else INVALID
    return FINE if seen.any_valid else INVALID


class Seen:
    """Rows that pass by, and whether one of them is valid."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows = rows
        self.any_valid = False

    def __iter__(self) -> Iterator[Row]:
        for row in self.rows:
            self.any_valid = self.any_valid or row.ok
            yield row


def _begun(rows: Iterator[Row]) -> Iterator[Row]:
    """The same rows, the first of them computed already: what is wrong with all of them is known then."""
    first = tuple(islice(rows, 1))
    return chain(first, rows)


def _inputs(given: list[str] | None) -> dict[str, Shapes]:
    """The shapes of each input by its name, those of a repeated name one after the other."""
    found: dict[str, Shapes] = {}
    for text in given or ():
        name, _, shapes = text.rpartition("=")
        try:
            for one in shapes.split(",") if "x" in shapes.lower() else (shapes,):
                found[name] = found.get(name, Shapes()) + parse_shapes(one)
        except InputError as error:
            raise typer.BadParameter(str(error), param_hint="--input") from error
    return found
