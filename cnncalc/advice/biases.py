"""W508: biases that the normalization right after them subtracts."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.advice.base import Network, Remark
from cnncalc.layers.base import Layer
from cnncalc.layers.convolution import Convolution
from cnncalc.layers.linear import Linear
from cnncalc.layers.normalization import BatchNorm, GroupNorm, InstanceNorm
from cnncalc.support.numbers import plural


def remarks(network: Network) -> Iterator[Remark]:
    """A remark per layer with biases that only normalizations read, wherever its weights are used."""
    users = _users(network)
    for index, _, layer, record in network.layers():
        if not record.biases or not isinstance(layer, Convolution | Linear):
            continue
        read = [
            [network.nodes[reader] for reader in network.consumers[user]]
            for user in (index, *users.get(index, ()))
        ]
        readers = read[0]
        if all(read) and all(
            _takes_mean(reader.layer, record.shape.channels) for each in read for reader in each
        ):
            biases = f"{plural(record.biases, 'bias', 'biases')} {'is' if record.biases == 1 else 'are'}"
            message = (
                f"{biases} redundant before `{readers[0].path}`, which subtracts the mean of each channel"
            )
            yield Remark(
                record.path,
                message,
                f"set `bias: false`: it saves {plural(record.biases, 'parameter')} and changes no output",
            )


def _users(network: Network) -> dict[int, list[int]]:
    """The nodes that use another one's weights, by the node that has them."""
    owners: dict[int, int] = {}
    users: dict[int, list[int]] = {}
    for index, node in enumerate(network.nodes):
        if node.share is not None:
            owners[index] = owners.get(node.share, node.share)
            users.setdefault(owners[index], []).append(index)
    return users


def _takes_mean(layer: object, channels: int | None) -> bool:
    """Whether a layer subtracts the mean of each channel by itself, so that a constant per channel changes
    nothing.
    """
    if isinstance(layer, GroupNorm):
        return layer.groups == channels
    return isinstance(layer, Layer) and isinstance(layer, BatchNorm | InstanceNorm)
