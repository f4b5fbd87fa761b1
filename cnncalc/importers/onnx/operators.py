"""What translates each operator: registered by the file of its family."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from cnncalc.support.handlers import Handlers

if TYPE_CHECKING:
    from cnncalc.importers.onnx.call import Call
    from cnncalc.importers.onnx.translation import Translation

Handler = Callable[["Translation", "Call"], None]

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
OPERATORS = Handlers[Handler]("cnncalc.importers.onnx", *FAMILIES)
"""What translates each operator that is not folded away."""

operator = OPERATORS.handles
