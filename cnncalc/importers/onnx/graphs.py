"""Which nodes of a graph others depend on."""

from __future__ import annotations

from collections.abc import Iterable

from cnncalc.importers.onnx.file import OnnxGraph, OnnxNode


def needed(nodes: tuple[OnnxNode, ...], outputs: Iterable[str]) -> list[OnnxNode]:
    """The nodes that outputs depend on, in order of evaluation."""
    makers = {name: place for place, node in enumerate(nodes) for name in node.outputs if name}
    wanted: set[int] = set()
    waiting = [name for name in outputs if name in makers]
    while waiting:
        place = makers[waiting.pop()]
        if place in wanted:
            continue
        wanted.add(place)
        waiting.extend(name for name in _read_by(nodes[place]) if name in makers)
    return [nodes[place] for place in sorted(wanted)]


def _read_by(node: OnnxNode) -> Iterable[str]:
    yield from node.inputs
    for value in node.attributes.values():
        if isinstance(value, OnnxGraph):
            for inner in value.nodes:
                yield from _read_by(inner)
            yield from value.outputs
