"""For GitLab: a Code Quality report.

Source: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

import json
from collections import Counter
from hashlib import sha256
from typing import Any

from cnncalc.checks.files import Checked, Problem, Results
from cnncalc.render.findings.words import in_repository
from cnncalc.render.surface import Surface

ROOT = "CI_PROJECT_DIR"
"""The variable with the folder that paths of findings count from."""
_SEVERITIES = {"error": "major", "warning": "minor"}


def render(results: Results, surface: Surface) -> str:
    """A list of findings, a line each."""
    seen: Counter[str] = Counter()
    issues = ",\n  ".join(json.dumps(_issue(file, problem, seen)) for file, problem in results.problems)
    return f"[\n  {issues}\n]\n" if issues else "[]\n"


def _issue(file: Checked, problem: Problem, seen: Counter[str]) -> dict[str, Any]:
    found = problem.diagnostic
    place = found.location
    help = f"; {problem.help}" if problem.help else ""
    return {
        "description": f"{problem.message}{help}",
        "check_name": found.code,
        "fingerprint": _fingerprint(file, problem, seen),
        "severity": "critical" if not file.is_done else _SEVERITIES[found.severity],
        "location": {
            "path": in_repository(file.file if place is None else place.file, ROOT),
            "lines": {"begin": 1 if place is None else place.line},
        },
    }


def _fingerprint(file: Checked, problem: Problem, seen: Counter[str]) -> str:
    """The same for the same finding after lines have moved, another for each finding of a report."""
    found = problem.diagnostic
    subject = (problem.finding.what if problem.finding is not None else found.path) or found.excerpt or ""
    key = "\0".join((in_repository(file.file, ROOT), found.code, f"{problem.whose}{subject.strip()}"))
    seen[key] += 1
    return sha256(f"{key}\0{seen[key]}".encode("utf-8", "backslashreplace")).hexdigest()
