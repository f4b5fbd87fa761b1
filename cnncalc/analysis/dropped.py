"""Positions at the end of a layer's input that its windows do not reach, because their number is rounded
down.
"""

from __future__ import annotations

from cnncalc.analysis.report import LayerReport
from cnncalc.geometry.participation import dropped_end
from cnncalc.geometry.shape import Size, product


def dropped_along(layer: LayerReport) -> list[Size]:
    """How many there are along each axis; none for a layer without windows."""
    return [
        dropped_end(window, size)
        for window, size in zip(layer.windows or (), layer.in_shape.sizes, strict=False)
    ]


def dropped_positions(layer: LayerReport) -> Size:
    """How many positions of a layer's input map are beyond its last windows."""
    lost = dropped_along(layer)
    if all(missing == 0 for missing in lost):
        return 0
    whole, read = product(layer.in_shape.sizes), product(read_along(layer, lost))
    return None if whole is None or read is None else whole - read


def read_along(layer: LayerReport, lost: list[Size]) -> tuple[Size, ...]:
    """The positions that are read along each axis."""
    pairs = zip(layer.in_shape.sizes, lost, strict=True)
    return tuple(None if size is None or missing is None else size - missing for size, missing in pairs)
