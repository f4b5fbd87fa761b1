"""What is wrong with a spec, as tests of refusals look at it."""

from __future__ import annotations

import cnncalc
from cnncalc.errors import CnncalcError, Diagnostic

INPUT = "input: [4, 8, 8]\n"
"""The first line of the specs below; their layers stand from line 3 on."""

Found = tuple[str, str, str, str | None]
"""Code, line:column, message, help."""


def refusals(spec: str) -> tuple[Diagnostic, ...]:
    """What is wrong with a spec, in its reading or in its evaluation."""
    try:
        reports = [cnncalc.analyze(model) for model in cnncalc.loads(spec, "f.yaml")]
    except CnncalcError as error:
        return error.diagnostics
    return tuple(found for report in reports for found in report.diagnostics if found.severity == "error")


def found_in(spec: str) -> list[Found]:
    places = [(found.location, found) for found in refusals(spec)]
    return [
        (found.code, f"{at.line}:{at.column}" if at else "", found.message, found.help)
        for at, found in places
    ]
