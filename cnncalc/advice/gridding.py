"""W506: holes that a stack of dilated windows leaves in its receptive field.

Source: Wang et al. 2018, Understanding Convolution for Semantic Segmentation, section 3.2
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import NamedTuple

from cnncalc.advice.base import Network, Remark, share, sliding_windows
from cnncalc.analysis.report import LayerReport
from cnncalc.codes.code import Code
from cnncalc.geometry.axis import IDENTITY_TAPS, AxisRule, Run, Taps
from cnncalc.geometry.receptive_field import LOCAL, AxisField
from cnncalc.support.numbers import by

WIDEST = 10_000
"""Fields wider than this are not followed position by position."""


class Seen(NamedTuple):
    """The input positions that unit 0 of a tensor reads along an axis: ``start`` and a bit for each one from
    there on.

    ``stride`` is the distance to those of the next unit.
    """

    start: int = 0
    bits: int = 1
    stride: int = 1

    @property
    def width(self) -> int:
        return self.bits.bit_length()

    @property
    def read(self) -> int:
        return self.bits.bit_count()

    def through(self, advance: int, run: Run) -> Seen | None:
        """The positions seen through a window."""
        step = run.step * self.stride
        if not run.length or self.width + (run.length - 1) * step > WIDEST:
            return None
        return Seen(
            self.start + run.start * self.stride,
            _repeated(self.bits, step, run.length),
            self.stride * advance,
        )

    def joined(self, other: Seen) -> Seen | None:
        if self.stride != other.stride:
            return None
        first, last = sorted((self, other), key=lambda seen: seen.start)
        shift = last.start - first.start
        return (
            None
            if last.width + shift > WIDEST
            else Seen(first.start, first.bits | last.bits << shift, self.stride)
        )


class _Tensor(NamedTuple):
    """What is seen along each axis, ``None`` where it is not followed, and the last dilated layer that left
    holes.
    """

    axes: tuple[Seen | None, ...]
    holes_of: str | None = None


def remarks(network: Network) -> Iterator[Remark]:
    """One per dilated layer whose holes remain at the end of the map: at an output, or where it is read as a
    whole.
    """
    if not any(window.dilation > 1 for layer in network.report.layers for window in layer.windows or ()):
        return
    tensors: list[_Tensor] = [_Tensor((Seen(),) * shape.rank) for _, shape in network.report.inputs]
    open_ends: list[_Tensor] = []
    for index, node in enumerate(network.nodes[len(tensors) :], len(tensors)):
        inputs = [tensors[source] for source in node.inputs]
        records = network.records_of(index)
        if network.layer_at(index) is None:
            tensors.append(_adapted(inputs[0], records))
        elif not records:
            tensors.append(_Tensor(()))
        else:
            tensors.append(_through(network, records[0], inputs))
            if _reads_all(records[0].field.axes):
                open_ends += inputs
    open_ends += [tensors[index] for index in network.model.graph.outputs]
    for path, tensor in {
        tensor.holes_of: tensor for tensor in open_ends if tensor.holes_of is not None
    }.items():
        yield Remark(
            path,
            _message(tensor),
            "use dilations without a common divisor, such as 1, 2, 3, which leave no holes",
        )


def _reads_all(axes: tuple[AxisField, ...]) -> bool:
    return all(axis.is_global and not axis.maps for axis in axes)


def _adapted(tensor: _Tensor, records: tuple[LayerReport, ...]) -> _Tensor:
    """What is seen through the layers that shapes made necessary, none where the shapes agree."""
    for record in records:
        if record.windows is not None:
            tensor = _followed(tensor, record)
        elif record.shape.sizes != record.in_shape.sizes:
            return _Tensor(())
    return tensor


def _through(network: Network, record: LayerReport, inputs: list[_Tensor]) -> _Tensor:
    if record.is_join:
        return _joined(network, record.inputs, inputs)
    return _followed(inputs[0], record)


def _followed(tensor: _Tensor, record: LayerReport) -> _Tensor:
    rules = record.rules
    if not record.shape.rank or len(rules) != len(tensor.axes):
        return _Tensor(())
    axes = tuple(
        _axis(seen, rule, size)
        for seen, rule, size in zip(tensor.axes, rules, record.in_shape.sizes, strict=True)
    )
    if not _has_holes(axes):
        return _Tensor(axes)
    is_dilated = any(window.dilation > 1 for window in sliding_windows(record))
    return _Tensor(axes, record.path if is_dilated else tensor.holes_of)


def _axis(seen: Seen | None, rule: AxisRule, size: int | None) -> Seen | None:
    reads = rule.reads(size)
    if seen is None or reads is IDENTITY_TAPS:
        return seen
    if not isinstance(reads, Taps) or len(reads.runs) != 1:
        return None
    return seen.through(reads.advance, reads.runs[0])


def _joined(network: Network, paths: tuple[str, ...], inputs: list[_Tensor]) -> _Tensor:
    """What is seen through any branch; a branch that sees the whole map through a gate adds no place to
    it.
    """
    branches = [
        tensor
        for path, tensor in zip(paths, inputs, strict=True)
        if not _reads_all(network.field_at(path) or (LOCAL,))
    ]
    if not branches or len({len(tensor.axes) for tensor in branches}) > 1:
        return _Tensor(())
    axes = branches[0].axes
    for tensor in branches[1:]:
        pairs = zip(axes, tensor.axes, strict=True)
        axes = tuple(None if one is None or other is None else one.joined(other) for one, other in pairs)
    holes = next((tensor.holes_of for tensor in reversed(branches) if tensor.holes_of), None)
    return _Tensor(axes, holes if _has_holes(axes) else None)


def _has_holes(axes: tuple[Seen | None, ...]) -> bool:
    return any(seen is not None and seen.read < seen.width for seen in axes)


def _message(tensor: _Tensor) -> str:
    axes = [seen for seen in tensor.axes if seen is not None]
    read, width = [seen.read for seen in axes], [seen.width for seen in axes]
    some = f"of {by(tuple(width))} input positions only {by(tuple(read))} are read"
    return f"the receptive field has holes: {some}, density {share(prod(read), prod(width))}"


def _repeated(bits: int, step: int, length: int) -> int:
    """The bits ``length`` times, each ``step`` further, by doubling."""
    result, done = bits, 1
    while done < length:
        more = min(done, length - done)
        result |= result << more * step
        done += more
    return result


CODES = (
    Code(
        "W506",
        "holes in the field of dilated convolutions",
        "In a stack of dilated convolutions whose dilations have a common divisor, every tap falls on one "
        "grid: the receptive field is wide but most of it is not read, and neighbouring units read grids "
        "that never meet (gridding). The density is the share of the positions inside the receptive field "
        "that are read.",
        """
        input: [8, 32, 32]
        layers:
          - conv3x3: {out: 8, dilation: 2, padding: 2}
          - conv3x3: {out: 8, dilation: 2, padding: 2}
        """,
        """
        input: [8, 32, 32]
        layers:
          - conv3x3: {out: 8, dilation: 1, padding: 1}
          - conv3x3: {out: 8, dilation: 2, padding: 2}
        """,
    ),
)
ON_NETWORKS = {"W506": remarks}
