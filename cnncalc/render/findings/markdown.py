"""For comments on pull requests: a table of what was found."""

from __future__ import annotations

from cnncalc.checks.files import Checked, Problem, Results
from cnncalc.render.findings.words import closing, relative
from cnncalc.render.outputs.markdown import literal, table
from cnncalc.render.surface import Surface
from cnncalc.render.text import inert


def render(results: Results, surface: Surface) -> str:
    """The sums, and a row per finding."""
    mark = "fine" if results.code == 0 else "failed"
    head = f"**cnncalc check {mark}**: {literal(closing(results))}"
    rows = [_row(file, problem) for file, problem in results.problems]
    if not rows:
        return head + "\n"
    return f"{head}\n\n{table(['place', 'code', 'layer', 'what'], [False] * 4, rows)}\n"


def _row(file: Checked, problem: Problem) -> tuple[str, ...]:
    found = problem.diagnostic
    place = relative(file.file if found.location is None else found.location.file)
    line = f":{found.location.line}" if found.location is not None else ""
    if found.location is not None and found.location.node is not None:
        line = f": {found.location.node}" if found.location.node else ""
    help = f" Help: {problem.help}" if problem.help else ""
    what = literal(inert(f"{problem.message}{'.' if help else ''}{help}"))
    return (literal(f"{place}{line}"), found.code, literal(inert(found.path or "")), what)
