"""The networks that exporters are tried on: every bundled model and case."""

from __future__ import annotations

from collections.abc import Iterator

import cnncalc
from cnncalc import Report, bundled


def reports_of(name: str) -> Iterator[tuple[str, Report]]:
    """The models and cases of a bundled config that can be computed and have all sizes."""
    for model in cnncalc.load(name):
        for one in (model, *(case.model for case in model.cases)):
            report = cnncalc.analyze(one)
            if report.ok and report.layers and all(shape.known for _, shape in report.inputs):
                yield f"{name}:{one.name}", report


def bundled_reports() -> Iterator[tuple[str, Report]]:
    """Those of all bundled configs."""
    for name in bundled.names():
        yield from reports_of(name)
