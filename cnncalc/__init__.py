"""Parameters and receptive fields of convolutional networks, computed from YAML specs without a framework."""

from cnncalc.analysis import analyze
from cnncalc.errors import CnncalcError, GraphError, ShapeError, SourceError, SpecError, UsageError
from cnncalc.report import Report
from cnncalc.spec.loading import load, loads

__version__ = "0.1.0"
__all__ = [
    "CnncalcError",
    "GraphError",
    "Report",
    "ShapeError",
    "SourceError",
    "SpecError",
    "UsageError",
    "__version__",
    "analyze",
    "load",
    "loads",
]
