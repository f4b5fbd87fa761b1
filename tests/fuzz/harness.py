"""What every text must survive: it is read, computed, checked and drawn in every format, or refused with located errors."""

from __future__ import annotations

import cnncalc
from cnncalc import expectations
from cnncalc.advice import advise
from cnncalc.codes import CODES
from cnncalc.render.diagnostics import render
from cnncalc.render.documents import networks
from cnncalc.render.surface import PLAIN
from cnncalc.render.view import View

WARNINGS = frozenset(code for code, declared in CODES.items() if declared.is_warning)
MOST_LAYERS = 300
"""Larger networks are computed but not drawn, so that a run stays short."""


def survive(text: str) -> bool:
    """Whether the text is a valid spec; anything but a refusal of cnncalc's own is raised."""
    try:
        models = cnncalc.loads(text)
    except cnncalc.CnncalcError as error:
        assert error.diagnostics
        for diagnostic in error.diagnostics:
            assert diagnostic.code in CODES
            assert diagnostic.location is not None
        assert render(error.diagnostics, PLAIN).endswith("\n")
        return False
    for model in models:
        report = cnncalc.analyze(model)
        expectations.check(model)
        list(advise(model, report, WARNINGS))
        assert report.failed is None or not report.ok
        if len(report.layers) > MOST_LAYERS:
            continue
        for command in ("params", "rf", "shapes", "summary"):
            for format in ("table", "json", "csv", "markdown"):
                assert networks([report], View(command), format, PLAIN)
    return True
