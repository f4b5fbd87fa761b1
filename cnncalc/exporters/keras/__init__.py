"""Functional Keras source of an analysed network."""

from __future__ import annotations

from cnncalc.analysis.report import Report
from cnncalc.exporters.keras.source import source_of
from cnncalc.exporters.registry import Settings


def write(report: Report, settings: Settings) -> str:
    """The network as a function that returns a model.

    Raises:
        ExportError: naming every layer that Keras cannot express, or the framework whose rules it has not.
    """
    return source_of(report)
