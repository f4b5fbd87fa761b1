"""``cnncalc export``: a network in another form, such as source code or a drawing's text."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from cnncalc.analysis.report import Report
from cnncalc.cli import options, run
from cnncalc.cli.output import Trouble, emit, emit_bytes, keep_specs
from cnncalc.errors import FINE, INVALID, CnncalcError, InputError
from cnncalc.exporters.exporting import export as exported
from cnncalc.exporters.registry import EXPORTERS, TABLES, Exporter, endings, exporter_of_file
from cnncalc.loading import Options
from cnncalc.network.graph import MOST_LAYERS
from cnncalc.render.formats import has_ending

if TYPE_CHECKING:
    Kind = str
    Table = str
else:
    Kind = Literal[tuple(EXPORTERS)]
    Table = Literal[TABLES]

_KINDS = "; ".join(f"{one.name}: {one.about}" for one in EXPORTERS.values())


def export(
    spec: options.Spec,
    to: Annotated[
        Kind | None,
        typer.Option(
            "--to",
            help=f"The form, where the ending of FILE does not say. {_KINDS}.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help=f"Write to a file: {', '.join(endings())}.",
            show_default=False,
        ),
    ] = None,
    depth: Annotated[
        int | None,
        typer.Option(
            "--depth", metavar="N", min=1, help="Draw structures deeper than N path components as one node."
        ),
    ] = None,
    table: Annotated[
        Table | None, typer.Option("--table", help="Which table a form of tables has.", show_default=False)
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite the file where it is there already.")
    ] = False,
    input: options.Input = None,
    sets: options.Sets = None,
    model: options.Variant = None,
    framework: options.FrameworkName = None,
    max_layers: options.MaxLayers = MOST_LAYERS,
) -> int:
    """Write a network in another form, such as PyTorch source."""
    exporter = _exporter(to, output)
    keep_specs(output, (spec,))
    if output is not None and os.path.isfile(output) and not force:
        raise Trouble(f"{output} is there already: pass --force to overwrite it")
    if exporter.binary and output is None and sys.stdout is not None and sys.stdout.isatty():
        raise Trouble(
            f"{exporter.name} is binary and no text for a terminal: write it to a file, "
            f"`-o net{exporter.endings[0]}`"
        )
    wanted = Options(options.settings(sets), framework, model, max_layers)
    outcome = run.compute(run.Request((spec,), options.input_shape(input), wanted))
    reports = [one for one in outcome.entries if isinstance(one, Report)]
    run.report_diagnostics(outcome.diagnostics(warnings=False))
    if outcome.code != FINE:
        return outcome.code
    try:
        written = exported(_only(reports), exporter.name, depth=depth, table=table)
    except InputError as error:
        given = {"--depth": depth, "--table": table}
        hint = " and ".join(name for name, value in given.items() if value is not None)
        raise typer.BadParameter(str(error), param_hint=hint or None) from error
    except CnncalcError as error:
        run.report_diagnostics(error.diagnostics)
        return INVALID
    if isinstance(written, bytes):
        emit_bytes(written, output)
    else:
        emit(written, output)
    return FINE


def _exporter(to: str | None, output: str | None) -> Exporter:
    """The form asked for, else that of the file's ending."""
    if to is not None:
        exporter = EXPORTERS[to]
        if output is not None:
            options.check_ending(output, exporter.endings)
        return exporter
    found = None if output is None else exporter_of_file(output)
    if found is None:
        reason = f"the ending of {output!r} is that of no form: " if output and has_ending(output) else ""
        example = next(iter(EXPORTERS.values()))
        raise typer.BadParameter(
            f"{reason}say which of {', '.join(EXPORTERS)}, or write to a file, such as "
            f"`-o net{example.endings[0]}`",
            param_hint="--to",
        )
    return found


def _only(reports: list[Report]) -> Report:
    """The one network of a spec."""
    if len(reports) != 1:
        names = ", ".join(repr(report.name) for report in reports)
        raise typer.BadParameter(
            f"the spec has {len(reports)} networks, and one is exported: choose one of {names}",
            param_hint="--model",
        )
    return reports[0]
