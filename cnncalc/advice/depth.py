"""W509 and W510: receptive fields that exceed the input too early, or never.

Source of the first: Richter et al. 2021, Should You Go Deeper? Optimizing Convolutional Neural Network
Architectures without
Training, https://arxiv.org/abs/2106.12307
"""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.advice.base import Network, Remark, share, sliding_windows
from cnncalc.analysis.report import LayerReport, totals_of
from cnncalc.codes.code import Code
from cnncalc.geometry.receptive_field import AxisField
from cnncalc.geometry.shape import Size
from cnncalc.support.numbers import by, plural


def remarks(network: Network) -> Iterator[Remark]:
    """One remark, at the first layer that can see nothing new, with what follows it."""
    sizes = _input_sizes(network)
    if sizes is None:
        return
    late = [
        layer
        for layer in network.report.layers
        if sees_nothing_new(layer, network.records.get(layer.inputs[0]), sizes)
    ]
    if late:
        seen = _field(network, late[0])
        params, total = totals_of(late).params, network.report.totals.params
        cost = f" with {plural(params, 'parameter')}" + (
            f" ({share(params, total)} of all)" if params and total else ""
        )
        message = (
            f"the receptive field at its input, {by(seen)}, is already larger than the input {by(sizes)}"
        )
        what = f"from here on {plural(len(late), 'convolution')}{cost} can see nothing new"
        yield Remark(
            late[0].path, f"{message}: {what}", "use a larger input, one early stride less, or fewer layers"
        )


def remarks_on_small_fields(network: Network) -> Iterator[Remark]:
    """Global pools on the way to an output whose inputs each see only a part of the network's input."""
    sizes = _input_sizes(network)
    if sizes is None:
        return
    for path in _last_pools(network):
        record = network.records[path]
        seen = _field(network, record)
        if len(seen) == len(sizes) and any(
            one is not None and one < size for one, size in zip(seen, sizes, strict=True)
        ):
            message = (
                "no unit sees the whole input before the pool: "
                f"the receptive field is {by(seen)}, the input {by(sizes)}"
            )
            yield Remark(
                path,
                message,
                "use more depth, strides or dilation before it, or a `linear`, which combines all units",
            )


def _input_sizes(network: Network) -> tuple[int, ...] | None:
    """The sizes of the one input, where they are known."""
    if len(network.report.inputs) != 1:
        return None
    sizes = tuple(size for size in network.report.inputs[0][1].sizes if size is not None)
    return (
        sizes if len(sizes) == network.report.inputs[0][1].rank and any(size > 1 for size in sizes) else None
    )


def _is_spatial(layer: LayerReport) -> bool:
    """Whether it is a convolution that reads more than one position; its weights may be unknown."""
    return layer.weights != 0 and any(window.kernel > 1 for window in sliding_windows(layer))


def sees_nothing_new(layer: LayerReport, before: LayerReport | None, sizes: tuple[int, ...]) -> bool:
    """Whether it is a convolution whose input has a larger field than the input ``sizes`` already; ``before``
    is what it reads, where that is a layer.
    """
    if not _is_spatial(layer):
        return False
    seen = (1,) * layer.in_shape.rank if before is None else before.field.size
    return len(seen) == len(sizes) and all(
        one is not None and one > size for one, size in zip(seen, sizes, strict=True)
    )


def _field(network: Network, layer: LayerReport) -> tuple[Size, ...]:
    """The size of the receptive field of the units of a layer's input."""
    before = network.records.get(layer.inputs[0])
    return (1,) * layer.in_shape.rank if before is None else before.field.size


def _last_pools(network: Network) -> Iterator[str]:
    """The global pools that are all an output sees of the map, from the outputs backwards."""
    waiting, found = list(network.model.graph.outputs), set()
    while waiting:
        index = waiting.pop()
        node, record = network.nodes[index], network.records.get(network.nodes[index].path)
        if index in found or record is None or _is_local(record.field.axes):
            continue
        found.add(index)
        layer = network.layer_at(index)
        before = network.field_at(record.inputs[0]) or ()
        if layer is not None and layer.pools_all and any(map(_is_local_at, before)):
            yield node.path
        else:
            waiting.extend(node.inputs)


def _is_local(axes: tuple[AxisField, ...]) -> bool:
    return any(map(_is_local_at, axes))


def _is_local_at(axis: AxisField) -> bool:
    return bool(axis.maps)


CODES = (
    Code(
        "W509",
        "layers that can see nothing new",
        "Where the receptive field exceeds the input already before a layer, its kernel finds no context "
        "that the layers before did not have. Richter et al. (2021) measured that such layers add little "
        "to a classifier. Many published networks have them at 224x224, and skip connections reduce the "
        "effect, so this is shown only where selected. The receptive field is the largest over all paths.",
        """
        input: [3, 16, 16]
        layers:
          - conv9x9: {out: 8, padding: 4}
          - conv9x9: {out: 8, padding: 4}
          - conv3x3: {out: 8, padding: 1}
        """,
        """
        input: [3, 32, 32]
        layers:
          - conv9x9: {out: 8, padding: 4}
          - conv9x9: {out: 8, padding: 4}
          - conv3x3: {out: 8, padding: 1}
        """,
        quiet=True,
    ),
    Code(
        "W510",
        "a field smaller than the input before the last pool",
        "The network ends in a global pool, and no unit before it sees the whole input: the answer is an "
        "average over parts that were judged separately. That can be intended, as in bags of local "
        "features or n-grams, so this is shown only where selected.",
        """
        input: [3, 32, 32]
        layers:
          - conv3x3: {out: 8, padding: 1}
          - global_avgpool
          - linear: 10
        """,
        """
        input: [3, 3, 3]
        layers:
          - conv3x3: {out: 8, padding: 1}
          - global_avgpool
          - linear: 10
        """,
        quiet=True,
    ),
)
ON_NETWORKS = {"W509": remarks, "W510": remarks_on_small_fields}
