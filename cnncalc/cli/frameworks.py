"""``cnncalc compare --frameworks``: one spec under the rules of every framework."""

from __future__ import annotations

from cnncalc.analysis.report import Report
from cnncalc.cli import run
from cnncalc.cli.output import emit, target_surface
from cnncalc.frameworks import FRAMEWORKS
from cnncalc.render.documents import Entry, networks, single
from cnncalc.render.view import Unread, View


def across(request: run.Request, all_layers: bool, format: str, output: str | None) -> int:
    """The layers of each network that differ between frameworks, or all of them; 1 only where no framework
    computes it.
    """
    outcomes = [run.compute(request._replace(framework=name)) for name in FRAMEWORKS]
    emit(_document([outcome.entries for outcome in outcomes], all_layers, format, output), output)
    unread = [
        one
        for outcome in outcomes
        for entry in outcome.entries
        if isinstance(entry, Unread)
        for one in entry.diagnostics
    ]
    if format != "json":
        run.report_diagnostics(tuple(dict.fromkeys(unread)))
    return min(outcome.code for outcome in outcomes)


def _document(columns: list[tuple[Entry, ...]], all_layers: bool, format: str, output: str | None) -> str:
    surface = target_surface(output)
    if format == "json":
        return networks([entry for column in columns for entry in column], View("compare"), format, surface)
    from cnncalc.render.frameworks import listing

    rows = zip(*([entry for entry in column if isinstance(entry, Report)] for column in columns), strict=True)
    return "\n".join(
        single(listing(reports, all_layers or format == "csv"), format, surface) for reports in rows
    )
