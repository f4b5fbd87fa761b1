"""The largest number of elements in memory at once while a network is evaluated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from cnncalc.analysis.report import LayerReport
from cnncalc.geometry.shape import Shape, Size


class Peaks(NamedTuple):
    """The most elements alive at once; ``None`` where a shape is not known."""

    plain: Size
    """Where every layer writes a tensor of its own."""
    in_place: Size
    """Where element-wise layers write over an input that is read for the last time."""


def peaks(
    inputs: Sequence[tuple[str, Shape]], layers: Sequence[LayerReport], outputs: Sequence[str]
) -> Peaks:
    """A tensor lives from its evaluation to its last use, ``outputs`` to the end."""
    made = [*inputs, *((layer.path, layer.shape) for layer in layers)]
    last_use = {path: at for at, (path, _) in enumerate(made)}
    for at, layer in enumerate(layers, len(inputs)):
        last_use.update(dict.fromkeys(layer.inputs, at))
    last_use.update(dict.fromkeys(outputs, len(made)))
    shapes = dict(made)
    overwritten = [0] * len(inputs)
    for at, layer in enumerate(layers, len(inputs)):
        elements = layer.shape.elements()
        is_free = layer.in_place and any(
            last_use[path] == at and shapes[path].elements() == elements for path in layer.inputs
        )
        overwritten.append(elements or 0 if is_free else 0)
    return Peaks(_peak(made, last_use, [0] * len(made)), _peak(made, last_use, overwritten))


def _peak(made: Sequence[tuple[str, Shape]], last_use: Mapping[str, int], overwritten: Sequence[int]) -> Size:
    """The most elements alive at once, those ``overwritten`` by each tensor counted once."""
    ends: dict[int, int] = {}
    alive = most = 0
    for at, (path, shape) in enumerate(made):
        elements = shape.elements()
        if elements is None:
            return None
        alive += elements
        most = max(most, alive - overwritten[at])
        ends[last_use[path]] = ends.get(last_use[path], 0) + elements
        alive -= ends.pop(at, 0)
    return most
