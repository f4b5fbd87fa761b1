"""What each layer moves through memory: every input, output, weight and bias once."""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction
from typing import NamedTuple

from cnncalc.analysis.report import Report
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


class MovedInAll(NamedTuple):
    """The traffic of a network; unknown where a layer failed."""

    layers: Moved
    """Of all layers."""
    with_macs: Moved
    """Of the layers with MACs alone, as the intensities of networks are compared."""


def moved_in_all(report: Report) -> MovedInAll:
    """The sums over the layers."""
    if report.failed is not None:
        return MovedInAll(Moved(None, None), Moved(None, None))
    traffic = moved(report).values()
    return MovedInAll(_sum(traffic), _sum([layer for layer in traffic if layer.macs != 0]))


def _sum(layers: Collection[Moved]) -> Moved:
    return Moved(total([layer.elements for layer in layers]), total([layer.macs for layer in layers]))
