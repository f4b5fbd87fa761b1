"""Tables of one network for papers, as the exporter ``latex`` hands them out."""

from __future__ import annotations

from cnncalc.analysis.report import Report
from cnncalc.exporters.registry import Settings
from cnncalc.render.listings.networks import Networks
from cnncalc.render.outputs import FORMATS
from cnncalc.render.view import View


def write(report: Report, settings: Settings) -> str:
    """The table that ``--format latex`` of a command gives; by default that of ``summary``."""
    view = View(settings.table or "summary", depth=settings.depth)
    return FORMATS.render("latex", Networks([report], view))
