"""The largest number of elements in memory at once while a network is evaluated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cnncalc.analysis.report import LayerReport
from cnncalc.geometry.shape import Shape, Size


class Peaks(NamedTuple):
    """The most elements alive at once; ``None`` where a shape is not known."""

    plain: Size
    """Where every layer writes a tensor of its own."""
    in_place: Size
    """Where element-wise layers write over an input that is read for the last time."""

    def or_more(self, other: Peaks) -> Peaks:
        """The larger of both, of each; not known where one is not."""
        return Peaks(_larger(self.plain, other.plain), _larger(self.in_place, other.in_place))


def _larger(one: Size, other: Size) -> Size:
    return None if one is None or other is None else max(one, other)


def peaks(
    inputs: Sequence[tuple[str, Shape]], layers: Sequence[LayerReport], outputs: Sequence[str]
) -> Peaks:
    """A tensor lives from its evaluation to its last use, ``outputs`` to the end."""
    first = len(inputs)
    names = [*[name for name, _ in inputs], *[layer.path for layer in layers]]
    sizes = [*[shape.elements() for _, shape in inputs], *[layer.shape.elements() for layer in layers]]
    known = [size for size in sizes if size is not None]
    if len(known) < len(sizes):
        return Peaks(None, None)
    last_use = dict(zip(names, range(len(names)), strict=True))
    places = last_use.copy()
    for at, layer in enumerate(layers, first):
        for path in layer.inputs:
            last_use[path] = at
    last_use.update(dict.fromkeys(outputs, len(names)))
    ends = [0] * (len(names) + 1)
    for path, size in zip(names, known, strict=True):
        ends[last_use[path]] += size
    alive = plain = in_place = 0
    for at, size in enumerate(known):
        alive += size
        if alive > plain:
            plain = alive
        taken = alive
        if at >= first and (layer := layers[at - first]).in_place:
            is_free = any(last_use[path] == at and known[places[path]] == size for path in layer.inputs)
            taken -= size if is_free else 0
        if taken > in_place:
            in_place = taken
        alive -= ends[at]
    return Peaks(plain, in_place)
