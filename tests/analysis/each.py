"""The reports of one model at one input after the other, out of one memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cnncalc.analysis.report import Report
from cnncalc.analysis.run import Analyses, Given
from cnncalc.network.model import Model


def analyze_each(model: Model, inputs: Iterable[Given | None]) -> Iterator[Report]:
    analyses = Analyses(model)
    return (analyses.of(input).report for input in inputs)
