"""W508: biases that the normalization right after them subtracts."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.advice.base import Network, Remark
from cnncalc.codes.code import Code
from cnncalc.geometry.shape import Shape
from cnncalc.support.numbers import plural


def remarks(network: Network) -> Iterator[Remark]:
    """A remark per layer with biases that only normalizations read, wherever its weights are used."""
    users = _users(network)
    for index, _, layer, record in network.layers():
        if not record.biases or not layer.adds_biases:
            continue
        read = [network.consumers[user] for user in (index, *users.get(index, ()))]
        if all(read) and all(
            _takes_means_out(network, reader, record.shape) for each in read for reader in each
        ):
            reader = network.nodes[read[0][0]].path
            biases = f"{plural(record.biases, 'bias', 'biases')} {'is' if record.biases == 1 else 'are'}"
            message = f"{biases} redundant before `{reader}`, which subtracts the mean of each channel"
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


def _takes_means_out(network: Network, reader: int, shape: Shape) -> bool:
    layer = network.layer_at(reader)
    return layer is not None and layer.subtracts_means(shape)


CODES = (
    Code(
        "W508",
        "redundant biases before a normalization",
        "Batch and instance normalization subtract the mean of each channel, and with it the bias. It is "
        "stored and trained and changes no output. `norm: bn` on the layer leaves it out by itself.",
        """
        input: [8, 16, 16]
        layers:
          - conv3x3: 16
          - bn
        """,
        """
        input: [8, 16, 16]
        layers:
          - conv3x3: {out: 16, bias: false}
          - bn
        """,
    ),
)
ON_NETWORKS = {"W508": remarks}
