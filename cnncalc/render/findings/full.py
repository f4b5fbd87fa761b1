"""For people: each finding with its source line and what would work."""

from __future__ import annotations

from cnncalc.checks.files import Results
from cnncalc.render.diagnostics import render as in_full
from cnncalc.render.findings.words import closing
from cnncalc.render.surface import Surface


def render(results: Results, surface: Surface) -> str:
    """A block per finding in files that could be checked, and the sums."""
    shown = in_full([problem.diagnostic for file, problem in results.problems if file.is_done], surface)
    return shown + ("\n" if shown else "") + closing(results) + "\n"
