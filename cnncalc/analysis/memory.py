"""The largest number of elements in memory at once while a network is evaluated."""

from __future__ import annotations

from collections.abc import Sequence

from cnncalc.analysis.report import LayerReport
from cnncalc.geometry.shape import Shape, Size


def peak_elements(
    inputs: Sequence[tuple[str, Shape]], layers: Sequence[LayerReport], outputs: Sequence[str]
) -> Size:
    """The most elements alive at once: a tensor lives from its evaluation to its last use, ``outputs`` to the
    end.
    """
    made = [*inputs, *((layer.path, layer.shape) for layer in layers)]
    last_use = {path: at for at, (path, _) in enumerate(made)}
    for at, layer in enumerate(layers, len(inputs)):
        last_use.update(dict.fromkeys(layer.inputs, at))
    last_use.update(dict.fromkeys(outputs, len(made)))
    ends: dict[int, int] = {}
    alive = most = 0
    for at, (path, shape) in enumerate(made):
        elements = shape.elements()
        if elements is None:
            return None
        alive += elements
        most = max(most, alive)
        ends[last_use[path]] = ends.get(last_use[path], 0) + elements
        alive -= ends.pop(at, 0)
    return most
