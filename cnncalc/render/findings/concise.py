"""For pipes: a line per finding, the place first."""

from __future__ import annotations

from cnncalc.checks.files import Problem, Results
from cnncalc.render.findings.words import closing
from cnncalc.render.surface import Surface
from cnncalc.render.text import inert


def render(results: Results, surface: Surface) -> str:
    """``file:line:column: CODE message`` for files that could be checked, and the sums."""
    lines = [_line(problem) for file, problem in results.problems if file.is_done]
    return "\n".join([*lines, closing(results)]) + "\n"


def _line(problem: Problem) -> str:
    found = problem.diagnostic
    where = f"{found.location.said}: " if found.location is not None else ""
    path = f" ({problem.path})" if problem.path else ""
    help = f"; {problem.help}" if problem.help and found.severity == "error" else ""
    return inert(f"{where}{found.code} {problem.message}{path}{help}")
