"""Counts of imported items by plain formulas, which share nothing with the analysis."""

from __future__ import annotations

from math import prod
from typing import NamedTuple

from cnncalc.geometry.shape import Shape
from cnncalc.importers.items import Item, Network


class Counts(NamedTuple):
    """What some items come to."""

    params: int
    buffers: int
    macs: int


def counts(network: Network) -> Counts:
    """The counts of a network of convolutions, linear layers and norms; shared weights are counted once."""
    shapes = dict(network.inputs)
    params = buffers = macs = 0
    for item in network.items:
        assert item.shape is not None
        shapes[item.output] = item.shape
        weights, biases = _weights(item, shapes[item.inputs[0]], item.shape)
        macs += weights * prod(size or 0 for size in item.shape.sizes)
        if item.share is None:
            params += weights + biases + _learned(item, item.shape)
            buffers += (
                2 * (item.shape.channels or 0) if item.op == "bn" else int(str(item.given("buffers", 0)))
            )
    return Counts(params, buffers, macs)


def _weights(item: Item, source: Shape, made: Shape) -> tuple[int, int]:
    """Weights that are multiplied once per output position, and biases."""
    if item.op not in ("conv", "depthwise", "linear"):
        return 0, 0
    incoming, outgoing = source.channels or 0, made.channels or 0
    kernel = item.given("kernel", ())
    assert isinstance(kernel, tuple)
    area = prod(int(str(one)) for one in kernel)
    biases = outgoing if item.given("bias", True) else 0
    if item.op == "depthwise":
        return area * outgoing, biases
    if item.op == "linear":
        return (incoming if made.rank else source.elements() or 0) * outgoing, biases
    return area * incoming // int(str(item.given("groups", 1))) * outgoing, biases


def _learned(item: Item, made: Shape) -> int:
    channels = made.channels or 0
    if item.op in ("bn", "ln", "gn"):
        return channels * (2 - (item.given("gamma") is False) - (item.given("beta") is False))
    return channels if item.op == "scale" else 0
