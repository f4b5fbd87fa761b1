"""PyTorch source of an analysed network."""

from __future__ import annotations

from cnncalc.analysis.report import Report
from cnncalc.exporters.registry import Settings
from cnncalc.exporters.torch.source import source_of


def write(report: Report, settings: Settings) -> str:
    """The network as a module that runs as it is.

    Raises:
        ExportError: naming every layer that PyTorch cannot express.
    """
    return source_of(report)
