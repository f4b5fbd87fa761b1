"""Parameters and receptive fields of convolutional networks, computed from YAML specs without a framework."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnncalc.analysis.report import Report
    from cnncalc.analysis.run import analyze
    from cnncalc.errors import (
        CnncalcError,
        ExportError,
        GraphError,
        NoAnswer,
        ShapeError,
        SourceError,
        SpecError,
        UsageError,
    )
    from cnncalc.exporters.exporting import export
    from cnncalc.importers.models import to_spec
    from cnncalc.importers.torch import from_torch
    from cnncalc.loading import load, loads
    from cnncalc.questions.crop import crop
    from cnncalc.questions.effective import effective, profile
    from cnncalc.questions.sizes import sizes
    from cnncalc.questions.solve import solve
    from cnncalc.questions.stream import stream
    from cnncalc.questions.sweeping import sweep
    from cnncalc.questions.tile import tile

__version__ = "0.2.0"
__all__ = [
    "CnncalcError",
    "ExportError",
    "GraphError",
    "NoAnswer",
    "Report",
    "ShapeError",
    "SourceError",
    "SpecError",
    "UsageError",
    "__version__",
    "analyze",
    "compare",
    "crop",
    "draw",
    "effective",
    "export",
    "from_torch",
    "load",
    "loads",
    "profile",
    "sizes",
    "solve",
    "stream",
    "sweep",
    "tile",
    "to_spec",
]

_HOMES = {
    "analyze": "analysis.run",
    "compare": "render.listings.comparison",
    "Report": "analysis.report",
    "draw": "render.pictures.drawn",
    "export": "exporters.exporting",
    "from_torch": "importers.torch",
    "load": "loading",
    "loads": "loading",
    "crop": "questions.crop",
    "effective": "questions.effective",
    "profile": "questions.effective",
    "sizes": "questions.sizes",
    "solve": "questions.solve",
    "stream": "questions.stream",
    "sweep": "questions.sweeping",
    "tile": "questions.tile",
    "to_spec": "importers.models",
}
"""Where the public names live that are not errors; each is loaded when it is first used, so that help costs
nothing.
"""


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"cnncalc.{_HOMES.get(name, 'errors')}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
