"""Joins as Keras layers: concatenation, and arithmetic of maps and vectors."""

from __future__ import annotations

from math import prod
from typing import Any

from cnncalc.analysis.report import LayerReport
from cnncalc.exporters.keras.translation import Made, Translation, makes
from cnncalc.exporters.refusing import Inexpressible
from cnncalc.geometry.shape import Shape

_LAYERS = {
    "concat": "Concatenate",
    "add": "Add",
    "sub": "Subtract",
    "mul": "Multiply",
    "max": "Maximum",
}


@makes(*_LAYERS)
def join(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    if len(record.inputs) == 1:
        return Translation((), "{0}")
    if layer.op == "sub" and len(record.inputs) > 2:
        raise Inexpressible("Keras subtracts one tensor from another, not several")
    return Translation((), f"layers.{_LAYERS[layer.op]}()([{', '.join(_spread(record, shapes))}])")


@makes("div")
def divide(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    first, *others = _spread(record, shapes)
    for other in others:
        first = f"ops.divide({first}, {other})"
    return Translation((), first)


def _spread(record: LayerReport, shapes: tuple[Shape, ...]) -> list[str]:
    """The inputs of a join, vectors beside maps as maps of one position."""
    rank, texts = record.shape.rank, []
    for place, shape in enumerate(shapes):
        if shape.rank == rank:
            texts.append(f"{{{place}}}")
            continue
        size = ", ".join(map(str, (*(1,) * rank, prod(filter(None, shape.axes)))))
        texts.append(f"layers.Reshape(({size}))({{{place}}})")
    return texts
