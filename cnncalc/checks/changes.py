"""The changes of the layers from one network to another: added, removed, different."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Literal, NamedTuple

from cnncalc.analysis.report import LayerReport, Report

_NUMBER = re.compile(r"_[0-9]+(?=$|[/\[])")
_MOST_PAIRS = 4_000_000
"""Beyond this many pairs of layers that could be the same, only paths decide."""

Layers = Sequence[LayerReport]
Pair = tuple[LayerReport | None, LayerReport | None]
Key = Callable[[LayerReport], Hashable]


class Change(NamedTuple):
    """One layer that is not as it was."""

    kind: Literal["added", "removed", "changed"]
    old: LayerReport | None
    new: LayerReport | None
    differs: tuple[str, ...] = ()
    """The properties of a changed layer that are different."""

    @property
    def path(self) -> str:
        layer = self.new or self.old
        assert layer is not None
        return layer.path


class Pairing(NamedTuple):
    """One network before and after; ``None`` where it is new or gone."""

    name: str
    old: Report | None
    new: Report | None

    @property
    def reports(self) -> tuple[Report, ...]:
        """The possible states."""
        return tuple(report for report in (self.old, self.new) if report is not None)

    @property
    def changes(self) -> tuple[Change, ...]:
        """How its layers differ; nothing where there is only one state."""
        return () if self.old is None or self.new is None else changes(self.old.layers, self.new.layers)


def paired(old: Sequence[Report], new: Sequence[Report]) -> tuple[Pairing, ...]:
    """The networks of two files: the only ones together, else those of the same name, in the order of the new
    file.
    """
    if len(old) == len(new) == 1:
        return (Pairing(new[0].name, old[0], new[0]),)
    before = {report.name: report for report in old}
    found = [Pairing(report.name, before.pop(report.name, None), report) for report in new]
    return (*found, *(Pairing(report.name, report, None) for report in before.values()))


def changes(old: Layers, new: Layers) -> tuple[Change, ...]:
    """The layers that differ, in the order of the new network.

    Layers are matched by their order: the numbers in the names of unnamed layers do not matter.
    """
    return tuple(
        change for before, after in _paired(old, new, _KEYS) if (change := _change(before, after)) is not None
    )


def _change(old: LayerReport | None, new: LayerReport | None) -> Change | None:
    if old is None:
        return Change("added", None, new)
    if new is None:
        return Change("removed", old, None)
    differs = tuple(name for name, value in PROPERTIES.items() if value(old) != value(new))
    return Change("changed", old, new, differs) if differs else None


PROPERTIES: dict[str, Callable[[LayerReport], object]] = {
    "op": lambda layer: layer.op,
    "window": lambda layer: layer.windows,
    "shape": lambda layer: layer.shape,
    "params": lambda layer: layer.params,
    "trainable": lambda layer: layer.frozen,
    "buffers": lambda layer: layer.buffers,
    "macs": lambda layer: layer.macs,
    "rf": lambda layer: (layer.field.size, layer.field.is_global),
}
"""What makes a layer another one."""


def _label(layer: LayerReport) -> str:
    return _NUMBER.sub("", layer.path)


_KEYS: tuple[Key, ...] = (
    lambda layer: (_label(layer), layer.op, layer.windows, layer.weights),
    lambda layer: (_label(layer), layer.op),
    lambda layer: layer.path,
    lambda layer: layer.op,
)
"""By what layers are taken for the same: by all of it first, then what is left by less."""


def _paired(old: Layers, new: Layers, keys: tuple[Key, ...]) -> Iterator[Pair]:
    """Every layer once, those that are the same together."""
    if not keys or not old or not new:
        yield from ((layer, None) for layer in old)
        yield from ((None, layer) for layer in new)
        return
    key = keys[0]
    start, end = _ends(list(map(key, old)), list(map(key, new)))
    yield from zip(old[:start], new[:start], strict=True)
    yield from _between(old[start : len(old) - end], new[start : len(new) - end], keys)
    yield from zip(old[len(old) - end :], new[len(new) - end :], strict=True)


def _ends(old: list[Hashable], new: list[Hashable]) -> tuple[int, int]:
    """How many keys are the same at the beginning, and at the end of the rest."""
    most = min(len(old), len(new))
    start = next((at for at in range(most) if old[at] != new[at]), most)
    end = next((at for at in range(most - start) if old[-1 - at] != new[-1 - at]), most - start)
    return start, end


def _between(old: Layers, new: Layers, keys: tuple[Key, ...]) -> Iterator[Pair]:
    if len(old) * len(new) > _MOST_PAIRS:
        yield from _by_path(old, new)
        return
    from difflib import SequenceMatcher

    matcher = SequenceMatcher(None, list(map(keys[0], old)), list(map(keys[0], new)), autojunk=False)
    for tag, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if tag == "equal":
            yield from zip(old[old_from:old_to], new[new_from:new_to], strict=True)
        else:
            yield from _paired(old[old_from:old_to], new[new_from:new_to], keys[1:])


def _by_path(old: Layers, new: Layers) -> Iterator[Pair]:
    before = {layer.path: layer for layer in old}
    yield from ((before.pop(layer.path, None), layer) for layer in new)
    yield from ((layer, None) for layer in before.values())
