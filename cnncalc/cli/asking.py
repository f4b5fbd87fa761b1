"""What the commands share that ask one question of each network of a spec."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeVar

import typer

from cnncalc.cli import options
from cnncalc.cli.output import is_watched, keep_specs
from cnncalc.cli.run import deliver
from cnncalc.errors import (
    FINE,
    INVALID,
    UNDONE,
    CnncalcError,
    Diagnostic,
    InputError,
    NoAnswer,
    SourceError,
    UsageError,
)
from cnncalc.loading import Loaded, Options, load_path
from cnncalc.network.model import Model
from cnncalc.render.listings.answers import Answers, Asked
from cnncalc.render.progress import counted

Answer = TypeVar("Answer")


class Request(NamedTuple):
    """Which networks are asked, and where the answers go."""

    specs: tuple[str, ...]
    input: str | Mapping[str, str] | None
    options: Options
    format: str | None
    output: str | None


def answer(
    request: Request,
    ask: Callable[[Model], Answer],
    kind: type[Answers[Answer]],
    read: Callable[[str, Options], Loaded] = load_path,
) -> int:
    """Show what each network of a spec answers, and of the others why there is no answer."""
    keep_specs(request.output, request.specs)
    chosen = options.format_of(request.format, request.output)
    specs = [_loaded(spec, request.options, read) for spec in request.specs]
    models = [model for loaded in specs for model in loaded.models]
    shown = counted(models, "networks", len(models), is_watched())
    found = [Asked(model, _asked(model, ask)) for model in shown]
    reasons = [one.answer for one in found if isinstance(one.answer, Diagnostic)]
    problems = [one for loaded in specs if loaded.error is not None for one in loaded.error.diagnostics]
    deliver(kind(found, problems), chosen, request.output, (*problems, *reasons))
    if any(isinstance(loaded.error, SourceError | UsageError) for loaded in specs):
        return UNDONE
    return INVALID if reasons or problems else FINE


def _asked(model: Model, ask: Callable[[Model], Answer]) -> Answer | Diagnostic:
    try:
        return ask(model)
    except NoAnswer as error:
        return error.diagnostics[0]
    except InputError as error:
        raise typer.BadParameter(str(error), param_hint="--input") from error


def _loaded(spec: str, options: Options, read: Callable[[str, Options], Loaded]) -> Loaded:
    try:
        return read(spec, options)
    except CnncalcError as error:
        return Loaded((), error)
