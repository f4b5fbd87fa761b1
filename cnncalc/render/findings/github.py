"""For GitHub Actions: workflow commands, which annotate the lines of a pull request.

Source: https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions; the escapes are
those of
``@actions/core``: per cent, carriage return and line feed everywhere, colon and comma in properties as well
"""

from __future__ import annotations

from cnncalc.checks.files import Problem, Results
from cnncalc.render.findings.words import closing, in_repository
from cnncalc.render.surface import Surface
from cnncalc.render.text import inert

ROOT = "GITHUB_WORKSPACE"
"""The variable with the folder that paths of annotations count from."""


def render(results: Results, surface: Surface) -> str:
    """A command per finding, and the sums."""
    commands = [_command(problem) for _, problem in results.problems]
    return "\n".join([*commands, closing(results)]) + "\n"


def _command(problem: Problem) -> str:
    found = problem.diagnostic
    place = found.location
    properties = {"title": f"cnncalc {found.code}"}
    if place is not None:
        end = {"endColumn": str(place.column + place.width)} if place.width else {}
        properties = {
            "file": in_repository(place.file, ROOT),
            "line": str(place.line),
            "col": str(place.column),
            **end,
            **properties,
        }
    given = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::{found.severity} {given}::{_data(_message(problem))}"


def _message(problem: Problem) -> str:
    path = f" ({problem.path})" if problem.path else ""
    help = f"\nhelp: {inert(problem.help)}" if problem.help else ""
    return inert(f"{problem.message}{path}") + help


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
