"""A written spec held to its source: every tensor's operation, inputs and shape, parameters, MACs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from cnncalc.analysis.report import LayerReport, Report
from cnncalc.geometry.shape import Shape, Size
from cnncalc.importers.items import Item, Network

_SYMMETRIC = ("add", "mul", "max")
_STRUCTURES = {"residual": "add", "dense_block": "concat", "inception": "concat"}
"""What the record of a structure is as an operation."""


class Agreement(NamedTuple):
    """What was compared and found equal."""

    tensors: int
    params: Size
    macs: Size
    paths: tuple[str, ...]
    """Of the layers in the spec, in order of the items."""


class Disagreement(NamedTuple):
    """The first thing that differs."""

    tensor: str
    message: str


def compared(
    network: Network, items: Sequence[Item], report: Report, inputs: Mapping[str, str]
) -> Agreement | Disagreement:
    """Hold the whole report of a written spec to the items that it stands for, in order of evaluation.

    ``inputs`` are the names of the network's inputs in the spec, by tensor.
    """
    layers = [layer for layer in report.layers if not _is_added(layer)]
    paths = dict(inputs.items())
    tensors = 0
    for one, layer in zip(items, layers, strict=False):
        found = _difference(one, layer, paths)
        if found is not None:
            return Disagreement(one.label or one.output, found)
        paths[one.output] = layer.path
        tensors += one.shape is not None
    if len(items) != len(layers):
        return Disagreement("", f"the spec has {len(layers)} layers, the source {len(items)}")
    return _totals(network, report, tensors, tuple(layer.path for layer in layers))


def _is_added(layer: LayerReport) -> bool:
    """Whether a layer stands for nothing of the source: a head that gives out a tensor as it is."""
    return layer.op == "identity"


def _difference(one: Item, layer: LayerReport, paths: Mapping[str, str]) -> str | None:
    if one.op != _STRUCTURES.get(layer.op, layer.op):
        return f"the source has {one.op}, the spec {layer.op}"
    wanted: Iterable[str] = [paths.get(tensor, tensor) for tensor in one.inputs]
    got: Iterable[str] = layer.inputs[: len(one.inputs)]
    if one.op in _SYMMETRIC:
        wanted, got = sorted(wanted), sorted(got)
    if list(wanted) != list(got):
        return f"the source reads {', '.join(wanted)}, the spec {', '.join(got)}"
    if one.shape is not None and not alike(one.shape, layer.shape):
        return f"the source has the shape {one.shape}, the spec {layer.shape}"
    return None


def alike(stated: Shape, computed: Shape) -> bool:
    """Whether shapes agree as far as they are known."""
    if stated.rank != computed.rank:
        return False
    return all(
        one is None or other is None or one == other
        for one, other in zip(stated.axes, computed.axes, strict=True)
    )


def _totals(
    network: Network, report: Report, tensors: int, paths: tuple[str, ...]
) -> Agreement | Disagreement:
    stated, totals = network.stated, report.totals
    for what, wanted, got in (
        ("parameters", stated.params, totals.params),
        ("buffers", stated.buffers, totals.buffers),
        ("MACs", stated.macs, totals.macs),
    ):
        if wanted is not None and got is not None and wanted != got:
            return Disagreement("", f"the source has {wanted:,} {what}, the spec {got:,}")
    return Agreement(tensors, stated.params, stated.macs, paths)
