"""For code scanning: SARIF 2.1.0.

Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from cnncalc import __version__
from cnncalc.checks.files import Checked, Problem, Results
from cnncalc.codes import CODES, Code
from cnncalc.errors import Location
from cnncalc.render.findings.words import relative
from cnncalc.render.surface import Surface

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render(results: Results, surface: Surface) -> str:
    """One run; the rules are the codes that occur in it."""
    used = sorted({problem.diagnostic.code for _, problem in results.problems})
    places = {code: place for place, code in enumerate(used)}
    run = {
        "tool": {
            "driver": {
                "name": "cnncalc",
                "version": __version__,
                "rules": [_rule(CODES[code]) for code in used],
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": not results.tally.undone, "exitCode": results.code}],
        "results": [_result(file, problem, places) for file, problem in results.problems],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1) + "\n"


def _rule(code: Code) -> dict[str, Any]:
    return {
        "id": code.code,
        "shortDescription": {"text": code.title},
        "fullDescription": {"text": code.explanation},
        "defaultConfiguration": {
            "level": "warning" if code.is_warning else "error",
            "enabled": not code.quiet,
        },
    }


def _result(file: Checked, problem: Problem, places: dict[str, int]) -> dict[str, Any]:
    found = problem.diagnostic
    help = f"; {problem.help}" if problem.help else ""
    result: dict[str, Any] = {
        "ruleId": found.code,
        "ruleIndex": places[found.code],
        "level": found.severity,
        "message": {"text": f"{problem.message}{help}"},
        "locations": [_location(file, found.location, found.excerpt)],
    }
    if found.path is not None:
        result["locations"][0]["logicalLocations"] = [{"fullyQualifiedName": found.path}]
    return result


def _location(file: Checked, place: Location | None, excerpt: str | None) -> dict[str, Any]:
    name = relative(file.file if place is None else place.file)
    uri = ("file://" if name.startswith("/") else "") + quote(name)
    physical: dict[str, Any] = {"artifactLocation": {"uri": uri}}
    if place is not None:
        physical["region"] = {
            "startLine": place.line,
            "startColumn": place.column,
            "endColumn": place.column + place.width,
        }
        if excerpt:
            physical["contextRegion"] = {"startLine": place.line, "snippet": {"text": excerpt}}
    return {"physicalLocation": physical}
