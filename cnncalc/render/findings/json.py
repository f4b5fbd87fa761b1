"""For programs: every expectation and every finding as JSON, format 1."""

from __future__ import annotations

import json
from typing import Any

from cnncalc import __version__
from cnncalc.checks.files import Checked, Problem, Results
from cnncalc.network.expectation import Finding
from cnncalc.render.records import FORMAT, diagnostic_of
from cnncalc.render.surface import Surface


def render(results: Results, surface: Surface) -> str:
    """One document; a line per file."""
    total = results.tally._asdict() | {"skipped": len(results.skipped), "exit_code": results.code}
    files = ",\n  ".join(json.dumps(_file(file)) for file in results.files)
    head = f'{{"format": {FORMAT}, "tool": {json.dumps(f"cnncalc {__version__}")}'
    return f'{head}, "files": [\n  {files}\n], "summary": {json.dumps(total)}}}\n'


def _file(file: Checked) -> dict[str, Any]:
    return {
        "file": file.file,
        "checked": file.is_done,
        "expectations": [_expectation(finding) for finding in file.findings],
        "diagnostics": [_diagnostic(problem) for problem in file.problems],
    }


def _expectation(finding: Finding) -> dict[str, Any]:
    place = finding.expectation.origin.location if finding.expectation is not None else None
    return {
        "model": finding.model,
        "path": finding.path,
        "metric": finding.metric,
        "expected": finding.wanted,
        "got": finding.got,
        "ok": finding.ok,
        "line": None if place is None else place.line,
        "column": None if place is None else place.column,
    }


def _diagnostic(problem: Problem) -> dict[str, Any]:
    found = diagnostic_of(problem.diagnostic)
    return found | {
        "model": problem.models[0] if len(problem.models) == 1 else None,
        "models": list(problem.models),
    }
