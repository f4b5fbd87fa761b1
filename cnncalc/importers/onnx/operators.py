"""What translates each operator: registered by the file of its family."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnncalc.importers.onnx.call import Call
    from cnncalc.importers.onnx.translation import Translation

Handler = Callable[["Translation", "Call"], None]
OPERATORS: dict[str, Handler] = {}
"""What translates each operator that is not folded away; filled by the modules of ``FAMILIES``."""

FAMILIES = (
    "convolutions",
    "pools",
    "linear",
    "norms",
    "deformable",
    "elementwise",
    "joins",
    "shaping",
    "resizing",
    "reductions",
    "recurrent",
    "quantized",
)


def operator(*names: str) -> Callable[[Handler], Handler]:
    """Register what translates an operator."""

    def register(handler: Handler) -> Handler:
        OPERATORS.update(dict.fromkeys(names, handler))
        return handler

    return register


def load() -> None:
    """Have every family registered."""
    for family in FAMILIES:
        import_module(f"cnncalc.importers.onnx.{family}")
