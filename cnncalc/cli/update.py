"""``cnncalc check --update``, ``--add`` and ``--diff``: measured values written into specs, or shown as a
patch.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import typer

from cnncalc import analyze
from cnncalc.checks import expectations
from cnncalc.checks.files import EXPECTATION, spec_at
from cnncalc.cli.output import Trouble, emit, warn
from cnncalc.cli.paths import Found
from cnncalc.cli.run import report_diagnostics
from cnncalc.errors import FINE, INVALID, UNDONE, CnncalcError, Location, SourceError, UsageError
from cnncalc.language.edit import rewrite
from cnncalc.language.edit.spelling import expect_text
from cnncalc.language.source import Source
from cnncalc.loading import Options, is_foreign, load_source
from cnncalc.network.expectation import METRICS, Finding
from cnncalc.network.model import Model
from cnncalc.render.text import inert
from cnncalc.support.numbers import plural
from cnncalc.support.words import did_you_mean


class Wish(NamedTuple):
    """What is to be written."""

    metrics: tuple[str, ...] = ()
    """For models without any ``expect``, in this order; none for no such addition."""
    update: bool = True
    """Whether expectations that failed get what was measured."""
    only_show: bool = False
    """Whether to show a patch and write nothing."""
    options: Options = Options()


class Outcome(NamedTuple):
    """The result for one file."""

    written: int = 0
    left: int = 0
    code: int = FINE


def metrics_of(text: str) -> tuple[str, ...]:
    """``shape,params`` as names of metrics.

    Raises:
        typer.BadParameter: for one that is not a metric.
    """
    names = tuple(name.strip() for name in text.split(","))
    for name in names:
        if name not in METRICS:
            guess = did_you_mean(name, METRICS)
            help = f"did you mean {guess!r}?" if guess else f"possible: {', '.join(METRICS)}"
            raise typer.BadParameter(f"{name!r} is not a metric, {help}", param_hint="--add")
    return tuple(dict.fromkeys(names))


def run(files: Iterable[Found], wish: Wish) -> int:
    """Rewrite specs, and check what is then there: the exit code is that of ``check`` afterwards.

    With a patch to show the files stay, and the exit code is 1 where there is something to change.
    """
    outcomes = [outcome for found in files if (outcome := _one(found.file, found.is_named, wish)) is not None]
    if not wish.only_show:
        written, left = sum(one.written for one in outcomes), sum(one.left for one in outcomes)
        end = f", {left:,} left" if left else ""
        emit(f"{plural(len(outcomes), 'file')}: {plural(written, 'expectation')} written{end}\n")
    return max((outcome.code for outcome in outcomes), default=UNDONE)


def _one(spec: str, is_named: bool, wish: Wish) -> Outcome | None:
    """One file; ``None`` for one that is not a spec, unless it was named."""
    if not os.path.isfile(spec):
        raise Trouble(f"{inert(spec)} is not a file; only files can be rewritten")
    if is_foreign(spec):
        if is_named:
            raise Trouble(f"{inert(spec)} is no spec; only specs can be rewritten")
        return None
    try:
        parsed = spec_at(spec, is_named)
        if parsed is None:
            return None
        source = parsed.source
        rewritten = _rewritten(source, wish)
        code = _code(Source(spec, rewritten.text), wish)
    except CnncalcError as error:
        report_diagnostics(error.diagnostics)
        return Outcome(code=UNDONE if isinstance(error, SourceError | UsageError) else INVALID)
    is_changed = rewritten.text != source.text
    if wish.only_show:
        mark = _byte_order_mark(spec)
        emit("".join(_patch(_name_in_patch(spec), mark + source.text, mark + rewritten.text)))
        warn("".join(_line(*line) for line in sorted(_lines_of(rewritten.left))))
        return Outcome(code=INVALID if is_changed else code)
    if is_changed:
        emit(_byte_order_mark(spec) + rewritten.text, spec)
    lines = [
        (one.location, f"{one.what}: {one.old + ' -> ' if one.old else ''}{one.new}")
        for one in rewritten.changes
    ]
    emit("".join(_line(*line) for line in sorted([*lines, *_lines_of(rewritten.left)])))
    return Outcome(len(rewritten.changes), len(rewritten.left), code)


def _rewritten(source: Source, wish: Wish) -> rewrite.Rewritten:
    """The text with what failed updated, then with what is missing added."""
    found = rewrite.update(source, _findings(source, wish)) if wish.update else rewrite.Rewritten(source.text)
    if not wish.metrics:
        return found
    updated = Source(source.name, found.text)
    models = _loaded(updated, wish.options)
    added = rewrite.add(updated, _additions(models, wish.metrics))
    return rewrite.Rewritten(added.text, found.changes + added.changes, found.left + added.left)


def _findings(source: Source, wish: Wish) -> list[Finding]:
    """What is measured in all models: one text may be the expectation of several. Of one model alone,
    only its failed expectations.
    """
    findings = [
        finding
        for model in _loaded(source, wish.options._replace(model=None))
        for finding in expectations.check(model)
    ]
    if wish.options.model is None:
        return findings
    wanted = _loaded(source, wish.options)
    broken = {one.place for model in wanted for one in expectations.check(model) if not one.ok}
    return [finding for finding in findings if finding.place in broken]


def _loaded(source: Source, options: Options) -> tuple[Model, ...]:
    return load_source(source, options).whole()


def _additions(models: Iterable[Model], metrics: tuple[str, ...]) -> Iterator[rewrite.Addition]:
    """An ``expect`` for each model that expects nothing as a whole and can be evaluated."""
    seen = set()
    for model in models:
        place = model.origin.location
        report = analyze(model)
        if model.expectations or place is None or place in seen or not report.ok:
            continue
        seen.add(place)
        texts = {metric: expect_text(metric, expectations.measure(report, metric)) for metric in metrics}
        said = ", ".join(f"{metric}: {text}" for metric, text in texts.items() if text is not None)
        missing = tuple(metric for metric, text in texts.items() if text is None)
        yield rewrite.Addition(place, model.name, f"{{{said}}}" if said else "", missing)


def _code(source: Source, wish: Wish) -> int:
    """What ``check`` says of a text; errors that prevent checking its expectations are reported."""
    findings = [one for model in _loaded(source, wish.options) for one in expectations.check(model)]
    wrong = tuple(dict.fromkeys(one.diagnostic for one in findings if one.diagnostic is not None))
    report_diagnostics([one for one in wrong if not one.code.startswith(EXPECTATION)])
    return INVALID if wrong else FINE


def _byte_order_mark(spec: str) -> str:
    with open(spec, encoding="utf-8") as file:
        return "\ufeff" if file.read(1) == "\ufeff" else ""


def _lines_of(left: Iterable[rewrite.Left]) -> Iterator[tuple[Location, str]]:
    return ((one.location, f"{one.what} {one.fate}: {one.reason}") for one in left)


def _line(place: Location, text: str) -> str:
    return inert(f"{place.file}:{place.line}:{place.column}: {text}") + "\n"


def _name_in_patch(spec: str) -> str:
    """A path relative to the current folder, or to the root where it is elsewhere, as `git apply` and `patch`
    read it.
    """
    name, here = os.path.realpath(spec), os.path.join(os.getcwd(), "")
    return (
        name.removeprefix(here) if name.startswith(here) else os.path.splitdrive(name)[1].lstrip(os.sep)
    ).replace(os.sep, "/")


def _patch(name: str, before: str, after: str) -> Iterator[str]:
    """A unified diff; lines keep their ends."""
    from difflib import unified_diff

    old, new = (re.findall("[^\n]*\n|[^\n]+", text) for text in (before, after))
    for line in unified_diff(old, new, _quoted(f"a/{name}"), _quoted(f"b/{name}")):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _quoted(name: str) -> str:
    """As in git's patches: in quotes where it needs escapes, with a tab behind where it would seem to end at
    a space.
    """
    marked = re.sub(
        r'["\\\x00-\x1f\x7f]',
        lambda found: f"\\{found[0]}" if found[0] in '"\\' else f"\\{ord(found[0]):03o}",
        name,
    )
    return f'"{marked}"' if marked != name else f"{name}\t" if " " in name else name
