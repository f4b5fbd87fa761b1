"""For CI servers: JUnit XML, a test case per expectation.

Source: https://github.com/testmoapp/junitxml, the common ground of the servers that read it
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from cnncalc.checks.files import Checked, Problem, Results
from cnncalc.network.expectation import Finding
from cnncalc.render.diagnostics import render as in_full
from cnncalc.render.findings.words import relative
from cnncalc.render.surface import Surface
from cnncalc.render.text import inert

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class _Case(NamedTuple):
    """One test case: its outcome, ``failure``, ``error`` or none, and what there is to say of it."""

    name: str
    line: int | None
    outcome: str | None = None
    problem: Problem | None = None


def render(results: Results, surface: Surface) -> str:
    """A suite per file. Errors are cases of their own, and so are warnings where they count as failures."""
    suites = [(file, _cases(file)) for file in results.files]
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append(f'<testsuites name="cnncalc" {_counts([case for _, cases in suites for case in cases])}>')
    for file, cases in suites:
        lines += _suite(file, cases)
    return "\n".join([*lines, "</testsuites>"]) + "\n"


def _cases(file: Checked) -> list[_Case]:
    broken = {problem.finding: problem for problem in file.problems if problem.finding is not None}
    cases = [_expectation_case(finding, broken.get(finding)) for finding in file.findings]
    for problem in file.problems:
        found = problem.diagnostic
        if problem.finding is None and (file.strict or found.severity == "error"):
            line = found.location.line if found.location is not None else None
            name = f"{problem.whose}{found.code}{f' {found.path}' if found.path else ''}"
            cases.append(_Case(name, line, _outcome(problem), problem))
    return cases


def _outcome(problem: Problem) -> str:
    return "error" if problem.diagnostic.severity == "error" else "failure"


def _expectation_case(finding: Finding, problem: Problem | None) -> _Case:
    place = finding.expectation.origin.location if finding.expectation is not None else None
    return _Case(
        finding.what,
        place.line if place is not None else None,
        None if problem is None else "failure",
        problem,
    )


def _counts(cases: list[_Case]) -> str:
    failures, errors = (sum(case.outcome == outcome for case in cases) for outcome in ("failure", "error"))
    return f'tests="{len(cases)}" failures="{failures}" errors="{errors}" skipped="0" time="0"'


def _suite(file: Checked, cases: list[_Case]) -> Iterator[str]:
    name = _attribute(relative(file.file))
    yield f"  <testsuite name={name} file={name} {_counts(cases)}>"
    for case in cases:
        yield from _case(case, name)
    warnings = [one.diagnostic for one in file.problems if one.diagnostic.severity == "warning"]
    if warnings and not file.strict:
        yield f"    <system-out>{_text(in_full(warnings))}</system-out>"
    yield "  </testsuite>"


def _case(case: _Case, file: str) -> Iterable[str]:
    line = f' line="{case.line}"' if case.line is not None else ""
    head = f'    <testcase classname={file} name={_attribute(case.name)} file={file}{line} time="0"'
    if case.problem is None:
        return (f"{head}/>",)
    found = case.problem.diagnostic
    what = f"<{case.outcome} type={_attribute(found.code)} message={_attribute(found.message)}>"
    return (f"{head}>", f"      {what}{_text(in_full([found]))}</{case.outcome}>", "    </testcase>")


def _text(text: str) -> str:
    return escape(_NO_XML.sub("\ufffd", text))


def _attribute(text: str) -> str:
    return quoteattr(_NO_XML.sub("\ufffd", inert(text)))
