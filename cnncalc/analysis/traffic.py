"""What each layer moves through memory: every input, output, weight and bias once."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from cnncalc.analysis.report import LayerReport, Report
from cnncalc.geometry.shape import Size, total


class Moved(NamedTuple):
    """The traffic of one layer or of several, in numbers moved."""

    elements: Size
    macs: Size

    def bytes(self, width: int) -> Size:
        """The bytes, where a number has ``width`` of them."""
        return None if self.elements is None else self.elements * width

    def intensity(self, width: int) -> float | None:
        """Operations, two for each multiply-accumulate, per byte."""
        moved = self.bytes(width)
        return None if self.macs is None or not moved else float(Fraction(2 * self.macs, moved))


def moved(report: Report) -> dict[str, Moved]:
    """The traffic of each layer, by path. A layer that uses the weights of another one reads them too."""
    shapes = {**dict(report.inputs), **{layer.path: layer.shape for layer in report.layers}}
    params = {layer.path: layer.params for layer in report.layers}
    found = {}
    for layer in report.layers:
        read = [shapes[path].elements() for path in dict.fromkeys(layer.inputs)]
        stored = layer.params if layer.shares is None else params[layer.shares]
        found[layer.path] = Moved(total([*read, layer.shape.elements(), stored]), layer.macs)
    return found


def moved_in_all(report: Report, traffic: dict[str, Moved]) -> Moved:
    """The traffic of the layers with MACs together, as their intensity is compared."""
    if report.failed is not None:
        return Moved(None, None)
    layers: list[LayerReport] = [layer for layer in report.layers if layer.macs != 0]
    return Moved(
        total([traffic[layer.path].elements for layer in layers]), total([layer.macs for layer in layers])
    )
