"""Checking a file: reading, computing, comparing it with what it expects, and advice; what is found, and
its sums.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator
from operator import add
from typing import NamedTuple

from cnncalc.advice import advise, advise_on_file
from cnncalc.advice.comments import Ignores, ignores
from cnncalc.analysis.report import Report
from cnncalc.analysis.run import analyze
from cnncalc.checks import expectations
from cnncalc.checks.portability import CODES as PORTABILITY
from cnncalc.checks.portability import divergences
from cnncalc.errors import (
    FINE,
    INVALID,
    UNDONE,
    CnncalcError,
    Diagnostic,
    Location,
    SourceError,
    SpecError,
    UsageError,
)
from cnncalc.geometry.axis import NEEDS_SIZE
from cnncalc.language.nodes import Mapping as MappingNode
from cnncalc.language.nodes import YamlNode
from cnncalc.language.parser import parse
from cnncalc.language.source import Source, glimpse
from cnncalc.loading import Options, for_spec, load_parsed, source_at
from cnncalc.network.expectation import Finding
from cnncalc.network.model import Model
from cnncalc.support.process import paused_collection
from cnncalc.support.words import did_you_mean, listed, shown

NO_SPEC, NO_EXPECTATION = "E115", "E404"
EXPECTATION = "E4"
"""Codes of failed expectations; all others are errors in the way of them."""
_TOP_KEY = re.compile(r"""^["']?(layers|models)["']?[ \t]*:""", re.MULTILINE)


class Wanted(NamedTuple):
    """Under which conditions files are checked, and what is to be said of them."""

    codes: frozenset[str] = frozenset()
    """The warnings that are wanted."""
    options: Options = Options()
    require_expect: bool = False
    strict: bool = False
    """Whether warnings count as failures."""


class Problem(NamedTuple):
    """One thing found, with the failed expectation that it is, if it is one."""

    diagnostic: Diagnostic
    finding: Finding | None = None
    models: tuple[str, ...] = ()
    """The models and cases that it is of, as far as that is known."""
    is_shared: bool = True
    """Whether an error is of all models and cases of its file, so that they need not be named."""

    @property
    def is_failed_expectation(self) -> bool:
        return self.finding is not None

    @property
    def path(self) -> str | None:
        """The layer, where the message does not name it."""
        return self.diagnostic.path if self.finding is None else None

    @property
    def help(self) -> str | None:
        """What would work, where the message does not say it."""
        return self.diagnostic.help if self.finding is None else None

    @property
    def whose(self) -> str:
        """The models and cases of an error and a colon, where it is not an error of all."""
        return "" if self.is_shared else f"{listed(self.models)}: "

    @property
    def message(self) -> str:
        """What was found, for a place that has one line for it."""
        where = f"{self.finding.subject}: " if self.finding is not None else self.whose
        help = f" ({self.diagnostic.help})" if self.finding is not None and self.diagnostic.help else ""
        return f"{where}{self.diagnostic.message}{help}"


class Tally(NamedTuple):
    """Sums of what was found."""

    files: int = 0
    held: int = 0
    failed: int = 0
    errors: int = 0
    warnings: int = 0
    undone: int = 0

    def plus(self, other: Tally) -> Tally:
        return Tally(*map(add, self, other))


class Checked(NamedTuple):
    """What was found in one file, in the order of its lines."""

    file: str
    findings: tuple[Finding, ...] = ()
    """Every expectation, met or failed."""
    problems: tuple[Problem, ...] = ()
    is_done: bool = True
    """Whether the file could be checked at all."""
    strict: bool = False
    """Whether its warnings count as failures."""

    @property
    def tally(self) -> Tally:
        if not self.is_done:
            return Tally(undone=1)
        warnings = sum(problem.diagnostic.severity == "warning" for problem in self.problems)
        broken = sum(problem.is_failed_expectation for problem in self.problems)
        held = sum(finding.ok for finding in self.findings)
        return Tally(1, held, broken, len(self.problems) - warnings - broken, warnings)


class Results(NamedTuple):
    """What a run has found."""

    files: tuple[Checked, ...]
    skipped: tuple[str, ...] = ()
    """Files in folders that are no specs."""

    @property
    def problems(self) -> Iterator[tuple[Checked, Problem]]:
        for file in self.files:
            for problem in file.problems:
                yield file, problem

    @property
    def undone(self) -> tuple[Diagnostic, ...]:
        """Why files could not be checked."""
        return tuple(
            problem.diagnostic for file in self.files if not file.is_done for problem in file.problems
        )

    @property
    def tally(self) -> Tally:
        total = Tally()
        for file in self.files:
            total = total.plus(file.tally)
        return total

    @property
    def code(self) -> int:
        """The exit code."""
        total = self.tally
        if total.undone or not total.files:
            return UNDONE
        is_strictly_wrong = any(file.strict and file.tally.warnings for file in self.files)
        return INVALID if total.failed or total.errors or is_strictly_wrong else FINE


def check_file(path: str, wanted: Wanted, is_named: bool = True) -> Checked | None:
    """Everything about one file; ``None`` for a file that is no spec, unless it was named."""
    with paused_collection():
        try:
            parsed = spec_at(path, is_named)
        except CnncalcError as error:
            return _refused(path, error)
        if parsed is None:
            return None
        source, root, found = parsed
        try:
            loaded = load_parsed(source, root, found, for_spec(path, wanted.options))
        except UsageError as error:
            return _refused(path, error)
        if loaded.error is None:
            return _checked(source, root, loaded.models, wanted)
        refused = _refused(path, loaded.error)
        if not loaded.models:
            return refused
        others = _checked(source, root, loaded.models, wanted)
        problems = sorted((*refused.problems, *others.problems), key=_place)
        return refused._replace(findings=others.findings, problems=tuple(problems))


def nothing_in(path: str, reason: str | None = None) -> Checked:
    """A folder or pattern without a spec, or a folder that cannot be read, which is never a success."""
    if os.path.isdir(path) and not os.access(path, os.R_OK | os.X_OK):
        closed = Diagnostic("E110", "error", f"the folder `{shown(path)}` cannot be read: permission denied")
        return _refused(path, SourceError(closed))
    message = f"no spec in `{path}`"
    help = reason or "specs are .yaml and .yml files with `layers` or `models` at their top"
    return Checked(path, problems=(Problem(Diagnostic(NO_SPEC, "error", message, help)),), is_done=False)


def _refused(path: str, error: CnncalcError) -> Checked:
    is_done = not isinstance(error, SourceError | UsageError)
    return Checked(path, problems=tuple(map(Problem, error.diagnostics)), is_done=is_done)


class Parsed(NamedTuple):
    """A file as it was read."""

    source: Source
    root: YamlNode
    found: tuple[Diagnostic, ...]
    """What is wrong with its YAML."""


def spec_at(path: str, is_named: bool) -> Parsed | None:
    """A file that is a spec; ``None`` for one that is none, unless it was named.

    Raises:
        SourceError, SpecError: for a file that was named or has what makes it a spec, and cannot be read.
    """
    try:
        source = source_at(path)
    except SpecError:
        if is_named or looks_like_spec(glimpse(path)):
            raise
        return None
    try:
        root, found = parse(source)
    except CnncalcError:
        if is_named or looks_like_spec(source.text):
            raise
        return None
    return Parsed(source, root, tuple(found)) if is_named or is_spec(root) else None


def looks_like_spec(text: str) -> bool:
    """Whether a text that cannot be read has what would make it a spec."""
    return _TOP_KEY.search(text) is not None


def is_spec(root: YamlNode) -> bool:
    """Whether a document is a spec, or was meant to be one: keys of the language beside a slip for `layers`
    are no accident.
    """
    if not isinstance(root, MappingNode):
        return False
    keys = set(root.keys)
    telling = keys & _TELLING
    return (
        bool(keys & set(_CONTENT))
        or len(telling) > 1
        or (bool(telling) and any(did_you_mean(key, _CONTENT) for key in keys))
    )


_CONTENT = ("layers", "models")
_TELLING = frozenset({"input", "expect", "blocks", "cases"})


def _checked(source: Source, root: YamlNode, models: tuple[Model, ...], wanted: Wanted) -> Checked:
    findings: list[Finding] = []
    warnings: list[Diagnostic] = list(advise_on_file(source, root, wanted.codes))
    for model in models:
        report = analyze(model)
        findings += expectations.check(model, report)
        warnings += _advice(model, report, wanted.codes)
    held = tuple(finding for finding in findings if not _is_error(finding))
    comments = ignores(source)
    warnings += [one for one in comments.misunderstood if one.code in wanted.codes]
    problems = [Problem(one) for one in _shown(warnings, comments)]
    problems += _errors(findings, {name for model in models for name in model.names})
    is_one = len({finding.model for finding in findings}) == 1
    problems += [_broken(finding, is_one) for finding in held if not finding.ok]
    problems = [problem._replace(diagnostic=_without_option(problem.diagnostic)) for problem in problems]
    if wanted.require_expect and not findings:
        problems.append(Problem(_without_expectation(source)))
    return Checked(source.name, held, tuple(sorted(problems, key=_place)), strict=wanted.strict)


def _advice(model: Model, report: Report, codes: frozenset[str]) -> Iterator[Diagnostic]:
    """The analysis's own warnings, and advice where the network could be computed to its end."""
    yield from (found for found in report.diagnostics if found.severity == "warning" and found.code in codes)
    if report.ok:
        yield from advise(model, report, codes)
        if codes.intersection(PORTABILITY):
            yield from (found for found in divergences(model, report) if found.code in codes)


def _is_error(finding: Finding) -> bool:
    """Whether a finding is an error in the way of expectations, and no expectation itself."""
    return finding.diagnostic is not None and not finding.diagnostic.code.startswith(EXPECTATION)


def _errors(findings: Iterable[Finding], everybody: Collection[str]) -> Iterator[Problem]:
    """Each error in the way of expectations once, with those whose it is."""
    errors: dict[Diagnostic, dict[str, None]] = {}
    for finding in findings:
        if finding.diagnostic is not None and _is_error(finding):
            errors.setdefault(finding.diagnostic, {})[finding.model] = None
    for found, models in errors.items():
        is_shared = len(models) == len(everybody)
        chain = found.chain if is_shared else (listed(f"`{model}`" for model in models), *found.chain)
        yield Problem(found._replace(chain=chain), None, tuple(models), is_shared)


def _broken(finding: Finding, is_one: bool) -> Problem:
    """A failed expectation; of a file with several models and cases it says whose."""
    assert finding.diagnostic is not None
    chain = finding.diagnostic.chain if is_one else (f"`{finding.model}`", *finding.diagnostic.chain)
    return Problem(finding.diagnostic._replace(chain=chain), finding, (finding.model,))


def _without_option(found: Diagnostic) -> Diagnostic:
    """The same, without the advice to pass an input: a check is of the file as it is."""
    advice = NEEDS_SIZE.partition(" or ")[0]
    help = None if found.help is None else found.help.replace(NEEDS_SIZE, advice)
    return found._replace(message=found.message.replace(NEEDS_SIZE, advice), help=help)


def _without_expectation(source: Source) -> Diagnostic:
    help = "for instance `expect: {params: ...}`, or `cnncalc check --add params` to write one"
    return Diagnostic(
        NO_EXPECTATION,
        "error",
        "the spec expects nothing",
        help,
        None,
        Location(source.name, 1, 1),
        source.excerpt(1),
    )


def _shown(warnings: Iterable[Diagnostic], comments: Ignores) -> Iterator[Diagnostic]:
    """The warnings that no comment on their line turns off, one for all layers that a line stands for."""
    groups: dict[tuple[object, ...], list[Diagnostic]] = {}
    for found in warnings:
        if not comments.turn_off(found):
            groups.setdefault((found.code, found.about, found.location or found.path), []).append(found)
    for first, *more in groups.values():
        others = len({found.path for found in more} - {first.path})
        yield (
            first._replace(message=f"{first.message} (and {others:,} more from this line)")
            if others
            else first
        )


def _place(problem: Problem) -> tuple[int, int]:
    place = problem.diagnostic.location
    return (0, 0) if place is None else (place.line, place.column)
