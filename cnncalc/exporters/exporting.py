"""``export``: an analysed network in the form of a name."""

from __future__ import annotations

from cnncalc.analysis.report import Report, as_report
from cnncalc.errors import InputError, ShapeError
from cnncalc.exporters.registry import EXPORTERS, TABLES, Exporter, Settings
from cnncalc.support.words import did_you_mean, shown


def export(report: Report, kind: str, *, depth: int | None = None, table: str | None = None) -> str | bytes:
    """An analysed network in another form.

    Args:
        report: what ``analyze`` returns.
        kind: the form, such as ``"torch"``; ``cnncalc export --help`` lists them.
        depth: for drawings, the depth below which structures are one node.
        table: for tables, which one: ``"params"``, ``"rf"``, ``"shapes"`` or ``"summary"``.

    Returns:
        Text, or the bytes of a binary form.

    Raises:
        TypeError: for what is no report.
        InputError: a ``ValueError``, for a form that does not exist or does not take a setting.
        ShapeError: for a network that could not be computed.
        ExportError: naming every layer that the form cannot express.
    """
    as_report(report)
    settings = Settings(depth, table)
    exporter = EXPORTERS.get(kind)
    if exporter is None:
        guess = did_you_mean(str(kind), EXPORTERS)
        help = f"did you mean {guess!r}?" if guess else f"possible: {', '.join(EXPORTERS)}"
        raise InputError(f"no form is named {shown(str(kind))!r}; {help}")
    _check(exporter, settings)
    if not report.ok:
        raise ShapeError(*(one for one in report.diagnostics if one.severity == "error"))
    return exporter.write(report, settings)


def _check(exporter: Exporter, settings: Settings) -> None:
    for name, value in settings._asdict().items():
        if value is not None and name not in exporter.takes:
            able = [one.name for one in EXPORTERS.values() if name in one.takes]
            takers = f": {', '.join(able)} {'do' if len(able) > 1 else 'does'}" if able else ""
            raise InputError(f"{exporter.name} takes no {name}{takers}")
    if settings.table is not None and settings.table not in TABLES:
        raise InputError(f"no table is named {shown(settings.table)!r}; possible: {', '.join(TABLES)}")
    if settings.depth is not None and settings.depth < 1:
        raise InputError(f"a depth is at least 1, not {settings.depth}")
