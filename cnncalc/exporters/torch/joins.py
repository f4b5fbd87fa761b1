"""Joins as PyTorch expressions: concatenation, and arithmetic whose inputs are spread over each other."""

from __future__ import annotations

from typing import Any

from cnncalc.analysis.report import LayerReport
from cnncalc.exporters.torch.translation import Around, Made, Translation, makes


@makes("concat")
def concat(record: LayerReport, layer: Any, around: Around) -> Made:
    if len(record.inputs) == 1:
        return Translation((), "{0}")
    inputs = ", ".join(f"{{{place}}}" for place in range(len(record.inputs)))
    return Translation((), f"torch.cat([{inputs}], dim=1)")


_SIGNS = {"add": "+", "sub": "-", "mul": "*", "div": "/"}


@makes(*_SIGNS)
def arithmetic(record: LayerReport, layer: Any, around: Around) -> Made:
    return Translation((), f" {_SIGNS[layer.op]} ".join(_spread(record, around)))


@makes("max")
def maximum(record: LayerReport, layer: Any, around: Around) -> Made:
    text, *others = _spread(record, around)
    for other in others:
        text = f"torch.maximum({text}, {other})"
    return Translation((), text)


def _spread(record: LayerReport, around: Around) -> list[str]:
    """The inputs of an element-wise join, those of fewer axes with axes of size 1 at their end."""
    rank, texts = record.shape.rank, []
    for place, shape in enumerate(around.shapes):
        missing = rank - shape.rank
        index = f"[{', '.join(([':', ':'] if not shape.rank else ['...']) + ['None'] * missing)}]"
        texts.append(f"{{{place}}}{index if missing else ''}")
    return texts
