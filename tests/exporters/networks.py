"""The networks that exporters are tried on: every bundled model and case."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TypeVar

import cnncalc
from cnncalc import Report, bundled

T = TypeVar("T")


def bundled_reports() -> Iterator[tuple[str, Report]]:
    """Every bundled network that can be computed, by its name."""
    for name in bundled.names():
        for model in cnncalc.load(name):
            for one in (model, *(case.model for case in model.cases)):
                report = cnncalc.analyze(one)
                if report.ok and report.layers:
                    yield f"{name}:{one.name}", report


def third_of_today(items: list[T]) -> list[T]:
    """Each item on one of three days, so that each run is short and all are run."""
    return items[datetime.now(UTC).toordinal() % 3 :: 3]
