"""The steps of every command: load, analyze, render, exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import typer

from cnncalc import analyze
from cnncalc.analysis.report import Report
from cnncalc.cli import options
from cnncalc.cli.output import emit, emit_pieces, is_watched, keep_specs, surface_of, target_surface, warn
from cnncalc.errors import (
    FINE,
    INVALID,
    UNDONE,
    CnncalcError,
    Diagnostic,
    InputError,
    SourceError,
    UsageError,
)
from cnncalc.loading import Loaded, Options, load_path
from cnncalc.network.model import Model
from cnncalc.render.diagnostics import closing_line, render
from cnncalc.render.document import Document
from cnncalc.render.formats import Format
from cnncalc.render.listings.networks import Entry, Networks
from cnncalc.render.outputs import COMPARED
from cnncalc.render.progress import Progress, counted
from cnncalc.render.view import Unread, View

WARNS = ("rf", "summary")
"""The commands whose numbers a warning is about."""
ABOUT_ALL = ("W501", "W518")
"""The warnings that are about the numbers of all commands: of other bins than asked for, and of an input that
seems to have its channels last.
"""


class Request(NamedTuple):
    """Which networks are asked for, and under which conditions."""

    specs: tuple[str, ...]
    input: str | Mapping[str, str] | None = None
    options: Options = Options()


class Outcome(NamedTuple):
    """The result of a request."""

    entries: tuple[Entry, ...]
    code: int

    def diagnostics(self, warnings: bool) -> tuple[Diagnostic, ...]:
        """The errors, and the warnings or those about all commands; each once though variants share it."""
        found = (diagnostic for entry in self.entries for diagnostic in entry.diagnostics)
        return tuple(
            dict.fromkeys(
                one for one in found if warnings or one.severity == "error" or one.code in ABOUT_ALL
            )
        )


def show(request: Request, view: View, format: str | None, output: str | None) -> int:
    """The tables of the networks, in the view of a command."""
    keep_specs(output, request.specs)
    chosen = options.format_of(format, output)
    outcome = compute(request)
    if view.unit is not None:
        _check_unit(view.unit, outcome.entries, "--at")
    if view.seen_from is not None:
        _check_unit(view.seen_from, outcome.entries, "--seen-from")
        _check_position(view.seen_from, outcome.entries)
    diagnostics = outcome.diagnostics(warnings=view.command in WARNS)
    deliver(Networks(outcome.entries, view), chosen, output, diagnostics)
    return outcome.code


def compute(request: Request, read: Callable[[str, Options], Loaded] | None = None) -> Outcome:
    """Load (with ``read`` where given) and analyze everything asked for; what cannot be read is an entry that
    says why.
    """
    entries: list[Entry] = []
    code = FINE
    for spec in counted(request.specs, "networks", len(request.specs), is_watched()):
        try:
            loaded = (read or load_path)(spec, request.options._replace(input=request.input))
        except CnncalcError as error:
            loaded = Loaded((), error)
        except InputError as error:
            raise typer.BadParameter(str(error), param_hint="--input") from error
        entries += _analyzed(loaded.models, request)
        if loaded.error is not None:
            entries.append(Unread(spec, loaded.error.diagnostics))
            code = max(code, UNDONE if isinstance(loaded.error, SourceError | UsageError) else INVALID)
    if any(isinstance(entry, Report) and not entry.ok for entry in entries):
        code = max(code, INVALID)
    return Outcome(tuple(entries), code)


def _analyzed(models: tuple[Model, ...], request: Request) -> Iterable[Report]:
    try:
        return [analyze(model, request.input, request.options.framework) for model in models]
    except InputError as error:
        raise typer.BadParameter(str(error), param_hint="--input") from error


def _check_position(position: tuple[int, ...], entries: Sequence[Entry]) -> None:
    for report in entries:
        for name, shape in report.inputs if isinstance(report, Report) else ():
            outside = [
                (at, size)
                for at, size in zip(position, shape.sizes, strict=False)
                if size is not None and at >= size
            ]
            if outside:
                at, size = outside[0]
                message = f"position {at} is outside the input `{name}` of {shape}: it has 0..{size - 1}"
                raise typer.BadParameter(message, param_hint="--seen-from")


def _check_unit(unit: tuple[int, ...], entries: Sequence[Entry], option: str) -> None:
    for entry in entries:
        ranks = {len(layer.field.axes) for layer in entry.layers} if isinstance(entry, Report) else set()
        wrong = next((rank for rank in ranks if rank != len(unit)), None)
        if wrong is not None and isinstance(entry, Report):
            from cnncalc.questions.answers import other_axes

            raise typer.BadParameter(other_axes(entry.name, wrong, unit, f"{option} "), param_hint=option)


def deliver(
    document: Document, format: Format, output: str | None, diagnostics: Sequence[Diagnostic] = ()
) -> None:
    """A result to standard output or the file; diagnostics to standard error, unless the format has them."""
    if format.streams:
        emit_pieces(COMPARED.pieces(format.name, document), output)
    else:
        with Progress("writing", is_shown=is_watched()):
            text = COMPARED.render(format.name, document, target_surface(output))
        emit(text, output)
    if not format.diagnostics:
        if diagnostics and output is None and is_watched() and sys.stdout.isatty():
            warn("\n")  # both are seen below each other
        report_diagnostics(diagnostics)


def report_diagnostics(diagnostics: Sequence[Diagnostic]) -> None:
    """Diagnostics in full on standard error, and how many where there are several errors."""
    if diagnostics:
        surface = surface_of(sys.stderr)
        warn(render(diagnostics, surface) + closing_line(diagnostics, surface))
