"""``cnncalc sweep``: one spec under every combination of inputs and variables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import typer

from cnncalc.cli import options
from cnncalc.cli.output import is_watched, keep_specs
from cnncalc.cli.run import deliver, report_diagnostics
from cnncalc.errors import FINE, INVALID, UNDONE, CnncalcError, InputError, SourceError, UsageError
from cnncalc.language.parser import parse
from cnncalc.loading import Options, for_spec, load_parsed, source_at
from cnncalc.network.model import Model
from cnncalc.questions.sweep import Grid, Loader, Row, Shapes, parse_shapes, parse_values
from cnncalc.questions.sweep import sweep as combined
from cnncalc.render.listings.sweep import Sweep
from cnncalc.render.progress import counted

Spec = Annotated[
    str,
    typer.Argument(
        autocompletion=options.spec_names,
        metavar="SPEC",
        help="A spec file, `-` for standard input, or the name of a bundled config.",
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


def sweep(
    spec: Spec,
    input: Ranges = None,
    sets: Lists = None,
    model: options.Variant = None,
    framework: options.FrameworkName = None,
    jobs: options.Jobs = 1,
    format: options.FormatName = None,
    output: options.Output = None,
) -> int:
    """Every combination of inputs and variables, one row each."""
    keep_specs(output, (spec,))
    chosen = options.format_of(format, output)
    grid = Grid(_inputs(input), _values(sets))
    try:
        source = source_at(spec)
        wanted = for_spec(spec, Options(None, framework, model))
        root, found = parse(source)

        def loader(sets: Mapping[str, str]) -> tuple[Model, ...]:
            return load_parsed(source, root, found, wanted._replace(sets=sets)).whole()

        rows = _rows(grid, loader, framework, jobs)
    except UsageError:
        raise
    except CnncalcError as error:
        report_diagnostics(error.diagnostics)
        return UNDONE if isinstance(error, SourceError) else INVALID
    deliver(Sweep(spec, rows), chosen, output)
    return FINE if any(row.ok for row in rows) else INVALID


def _rows(grid: Grid, loader: Loader, framework: str | None, jobs: int) -> tuple[Row, ...]:
    try:
        rows = combined(grid, loader, framework, jobs)
        return tuple(counted(rows, "sweep", grid.total, is_watched()))
    except InputError as error:
        raise typer.BadParameter(str(error), param_hint="--input") from error


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


def _values(given: list[str] | None) -> dict[str, tuple[str, ...]]:
    """The values of each variable, those of a repeated name one after the other."""
    found: dict[str, tuple[str, ...]] = {}
    for text in given or ():
        for name, values in options.settings([text]).items():
            try:
                written = [value for one in _listed(values) for value in parse_values(one)]
            except InputError as error:
                raise typer.BadParameter(str(error), param_hint="--set") from error
            found[name] = (*found.get(name, ()), *written)
    return found


def _listed(text: str) -> tuple[str, ...]:
    """The values between the commas outside of brackets."""
    values, depth = [""], 0
    for character in text:
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth == 0:
            values.append("")
        else:
            values[-1] += character
    return tuple(value.strip() for value in values)
