"""W506: holes that a stack of dilated windows leaves in its receptive field.

Source: Wang et al. 2018, Understanding Convolution for Semantic Segmentation, section 3.2
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod
from typing import NamedTuple

from cnncalc.advice.base import Network, Remark, is_beyond, share, sliding_windows
from cnncalc.analysis.report import LayerReport
from cnncalc.codes.code import Code
from cnncalc.geometry.axis import IDENTITY_TAPS, AxisRule, Identity, Run, Taps
from cnncalc.geometry.receptive_field import LOCAL, AxisField
from cnncalc.geometry.window import Window
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


Part = tuple[Seen | None, ...]
"""The positions seen along each axis together, ``None`` where an axis is not followed."""
MOST_PARTS = 16
"""Branches that are told apart behind joins; of more the axes are joined one by one, which finds fewer
holes.
"""


class _Tensor(NamedTuple):
    """The positions that unit 0 reads: those of every part, and the layer that made the holes among them."""

    parts: tuple[Part, ...] = ()
    """Empty where nothing is followed."""
    holes_of: str | None = None
    alone: int | None = None
    """The positions that this layer reads without the other branches, behind a join."""


def remarks(network: Network) -> Iterator[Remark]:
    """One per dilated layer whose holes remain at the end of the map: at an output, or where it is read as a
    whole.
    """
    if not any(window.dilation > 1 for layer in network.report.layers for window in layer.windows or ()):
        return
    tensors: list[_Tensor] = [_Tensor(((Seen(),) * shape.rank,)) for _, shape in network.report.inputs]
    open_ends: list[_Tensor] = []
    for index, node in enumerate(network.nodes[len(tensors) :], len(tensors)):
        inputs = [tensors[source] for source in node.inputs]
        records = network.records_of(index)
        if network.layer_at(index) is None:
            tensors.append(_adapted(inputs[0], records))
        elif not records:
            tensors.append(_Tensor())
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
            return _Tensor()
    return tensor


def _through(network: Network, record: LayerReport, inputs: list[_Tensor]) -> _Tensor:
    if record.is_join:
        return _joined(network, record.inputs, inputs)
    return _followed(inputs[0], record)


def _followed(tensor: _Tensor, record: LayerReport) -> _Tensor:
    rules = record.rules
    if not record.shape.rank or any(len(rules) != len(part) for part in tensor.parts):
        return _Tensor()
    if all(isinstance(rule, Identity) for rule in rules):
        return tensor
    parts = _distinct(
        tuple(
            _axis(seen, rule, size)
            for seen, rule, size in zip(part, rules, record.in_shape.sizes, strict=True)
        )
        for part in tensor.parts
    )
    if not _has_holes(parts):
        return _Tensor(parts)
    is_dilated = any(window.dilation > 1 for window in sliding_windows(record))
    return _Tensor(parts, record.path) if is_dilated else tensor._replace(parts=parts)


def _axis(seen: Seen | None, rule: AxisRule, size: int | None) -> Seen | None:
    if isinstance(rule, Window) and is_beyond(rule, size):
        # The other taps meet padding, which is no hole but another remark.
        rule = Window(1, rule.stride, (rule.before or 0) - rule.kernel // 2 * rule.dilation)
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
    if not branches or any(not tensor.parts for tensor in branches):
        return _Tensor()
    if (
        len({tuple([seen and seen.stride for seen in part]) for tensor in branches for part in tensor.parts})
        > 1
    ):
        return _Tensor()
    parts = _distinct(part for tensor in branches for part in tensor.parts)
    holed = [tensor for tensor in branches if tensor.holes_of]
    if not holed or not _has_holes(parts):
        return _Tensor(parts)
    widest = max(holed, key=lambda tensor: prod(_extents(tensor.parts)))
    read = _count(widest.parts)
    return _Tensor(parts, widest.holes_of, None if read == _count(parts) else widest.alone or read)


def _distinct(some: Iterable[Part]) -> tuple[Part, ...]:
    """Parts without those that another one covers; joined into one where they are too many."""
    found: list[Part] = []
    for part in some:
        if any(_covers(other, part) for other in found):
            continue
        found = [other for other in found if not _covers(part, other)] + [part]
    return tuple(found) if len(found) <= MOST_PARTS else (_as_one(found),)


def _covers(one: Part, other: Part) -> bool:
    return all(
        mine is not None
        and theirs is not None
        and theirs.start >= mine.start
        and not (theirs.bits << theirs.start - mine.start) & ~mine.bits
        for mine, theirs in zip(one, other, strict=True)
    )


def _as_one(parts: list[Part]) -> Part:
    """A part that has all positions of some, axis by axis."""
    axes = parts[0]
    for part in parts[1:]:
        pairs = zip(axes, part, strict=True)
        axes = tuple(None if one is None or other is None else one.joined(other) for one, other in pairs)
    return axes


def _followed_axes(parts: tuple[Part, ...]) -> list[tuple[Seen, ...]]:
    """The parts without the axes that are not followed in all of them."""
    known = [axis for axis in range(len(parts[0])) if all(part[axis] is not None for part in parts)]
    return [tuple([seen for axis in known if (seen := part[axis]) is not None]) for part in parts]


def _extents(parts: tuple[Part, ...]) -> tuple[int, ...]:
    """From the first to the last position of any part, along each followed axis."""
    along = zip(*_followed_axes(parts), strict=True)
    return tuple(
        [max(one.start + one.width for one in some) - min(one.start for one in some) for some in along]
    )


def _count(parts: tuple[Part, ...]) -> int:
    """The positions that are in any part."""
    axes = _followed_axes(parts)
    return _union(axes) if axes and axes[0] else 1


def _union(parts: list[tuple[Seen, ...]]) -> int:
    """The positions of a union of grids: row by row along the first axis, those with equal rows at once."""
    if len(parts) == 1:
        return prod(seen.read for seen in parts[0])
    first = min(part[0].start for part in parts)
    rows = [part[0].bits << part[0].start - first for part in parts]
    if len(parts[0]) == 1:
        union = 0
        for row in rows:
            union |= row
        return union.bit_count()
    positions = max(row.bit_length() for row in rows)
    times: dict[tuple[int, ...], int] = {}
    for position in range(positions):
        there = tuple([number for number, row in enumerate(rows) if row >> position & 1])
        if there:
            times[there] = times.get(there, 0) + 1
    return sum(count * _union([parts[number][1:] for number in there]) for there, count in times.items())


def _has_holes(parts: tuple[Part, ...]) -> bool:
    return bool(parts) and _count(parts) < prod(_extents(parts))


def _message(tensor: _Tensor) -> str:
    width, count = _extents(tensor.parts), _count(tensor.parts)
    if len(tensor.parts) == 1:
        read = by(tuple([seen.read for seen in _followed_axes(tensor.parts)[0]]))
    else:
        read = f"{count:,}"
    some = f"of {by(width)} input positions only {read} are read"
    if tensor.alone is not None:
        some += f" by all branches together, {tensor.alone:,} by this one alone"
    return f"the receptive field has holes: {some}, density {share(count, prod(width))}"


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
