"""Attention as ONNX operators, over all positions or over blocks; and a convolution along the channels."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import NamedTuple

from cnncalc.exporters.onnx.writing import Call, Writing, sizes_of, writes
from cnncalc.exporters.refusing import Inexpressible

MASKED = -1e9
"""Added to the products of positions that are not to see each other."""


class _Blocks(NamedTuple):
    """A map cut into blocks of positions: filled up at the ends, moved round, and cut."""

    sizes: tuple[int, ...]
    window: tuple[int, ...]
    shift: tuple[int, ...]

    @property
    def filled(self) -> tuple[int, ...]:
        return tuple(-(-size // by) * by for size, by in zip(self.sizes, self.window, strict=True))

    @property
    def counts(self) -> tuple[int, ...]:
        """Blocks along each axis."""
        return tuple(size // by for size, by in zip(self.filled, self.window, strict=True))

    def regions(self) -> list[int]:
        """For each position of each block which part of the map it is from; those of different parts do not
        see each other.
        """
        found = []
        for block in _places(self.counts):
            for place in _places(self.window):
                number = 0
                for axis, size in enumerate(self.filled):
                    at = block[axis] * self.window[axis] + place[axis]
                    moved = self.shift[axis]
                    part = 0 if at < size - self.window[axis] else 1 if at < size - moved else 2
                    number = 3 * number + (part if moved else 0)
                found.append(number)
        return found


def _places(sizes: Sequence[int]) -> list[tuple[int, ...]]:
    """All places of a grid, the last axis fastest."""
    found: list[tuple[int, ...]] = [()]
    for size in sizes:
        found = [(*place, index) for place in found for index in range(size)]
    return found


@writes("attention")
def attention(writing: Writing, call: Call) -> str:
    """Query, key and value of every position, their products by head, and the output's projection."""
    layer, rank, channels = call.layer, call.rank, call.channels
    blocks = None if layer.window is None else _blocks(call)
    tensor = call.input if blocks is None else _cut(writing, call, blocks)
    queries = _line(writing, tensor, rank if blocks is None else 1)
    source, read = queries, channels
    if len(call.inputs) > 1:
        source, read = _line(writing, call.inputs[1], call.shapes[1].rank), sizes_of(call.shapes[1])[0]
    keys = layer.head or channels // layer.heads
    values = layer.value or keys
    query = _heads(writing, _linear(writing, call, queries, "q", channels, layer.heads * keys), layer.heads)
    key = _linear(writing, call, source, "k", read, layer.heads * keys)
    value = _heads(writing, _linear(writing, call, source, "v", read, layer.heads * values), layer.heads)
    scaled = writing.node("Mul", query, writing.floats((keys**-0.5,), scalar=True))
    scores = writing.node("MatMul", scaled, _heads(writing, key, layer.heads, (0, 2, 3, 1)))
    if layer.position != "none":
        scores = _with_positions(writing, call, scaled, scores, keys)
    if blocks is not None and any(blocks.shift):
        scores = _masked(writing, blocks, scores)
    seen = writing.node("MatMul", writing.node("Softmax", scores, axis=-1), value)
    width = layer.heads * values
    tokens = writing.node("Reshape", writing.transposed(seen, (0, 2, 1, 3)), writing.integers((0, -1, width)))
    if layer.project:
        tokens, width = _linear(writing, call, tokens, "out", width, channels), channels
    line = writing.transposed(tokens, (0, 2, 1))
    if blocks is None:
        return line if rank == 1 else writing.reshaped(line, (width, *call.sizes))
    return _joined(writing, line, blocks, width)


def _line(writing: Writing, tensor: str, rank: int) -> str:
    """Positions along one axis, their channels last."""
    if rank != 1:
        tensor = writing.node("Reshape", tensor, writing.integers((0, 0, -1)))
    return writing.transposed(tensor, (0, 2, 1))


def _linear(writing: Writing, call: Call, tensor: str, role: str, read: int, out: int) -> str:
    found = writing.node("MatMul", tensor, writing.weight(call, f"{role}.weight", (read, out)))
    has_bias = call.layer.out_bias if role == "out" else call.layer.bias
    return writing.node("Add", found, writing.weight(call, f"{role}.bias", (out,))) if has_bias else found


def _heads(writing: Writing, tensor: str, heads: int, order: tuple[int, ...] = (0, 2, 1, 3)) -> str:
    """Each head's part of the channels, the heads before the positions."""
    return writing.transposed(writing.node("Reshape", tensor, writing.integers((0, 0, heads, -1))), order)


# Blocks of positions


def _blocks(call: Call) -> _Blocks:
    sizes = call.sizes
    window = call.layer.window.over(call.rank, "window")
    shift = call.layer.shift.over(call.rank, "shift")
    moved = tuple(0 if size <= by else shift for size, by, shift in zip(sizes, window, shift, strict=True))
    return _Blocks(sizes, window, moved)


def _cut(writing: Writing, call: Call, blocks: _Blocks) -> str:
    """The blocks as a batch, each with its positions along one axis."""
    tensor, rank = call.input, len(blocks.sizes)
    spare = [(0, full - size) for full, size in zip(blocks.filled, blocks.sizes, strict=True)]
    if any(map(any, spare)):
        tensor = writing.padded(tensor, spare)
    for axis, by in enumerate(blocks.shift):
        tensor = _rolled(writing, tensor, 2 + axis, by) if by else tensor
    parts = [one for pair in zip(blocks.counts, blocks.window, strict=True) for one in pair]
    split = writing.reshaped(tensor, (call.channels, *parts))
    outer, inner = range(2, 2 + 2 * rank, 2), range(3, 3 + 2 * rank, 2)
    ordered = writing.transposed(split, (0, *outer, 1, *inner))
    return writing.node("Reshape", ordered, writing.integers((-1, call.channels, prod(blocks.window))))


def _joined(writing: Writing, tensor: str, blocks: _Blocks, channels: int) -> str:
    """The map again, of blocks with their positions along one axis."""
    rank = len(blocks.sizes)
    split = writing.node("Reshape", tensor, writing.integers((-1, *blocks.counts, channels, *blocks.window)))
    order = [axis for place in range(rank) for axis in (1 + place, 2 + rank + place)]
    whole = writing.reshaped(writing.transposed(split, (0, 1 + rank, *order)), (channels, *blocks.filled))
    for axis, (by, size) in enumerate(zip(blocks.shift, blocks.filled, strict=True)):
        whole = _rolled(writing, whole, 2 + axis, size - by) if by else whole
    cuts = [
        (2 + axis, 0, size)
        for axis, (size, full) in enumerate(zip(blocks.sizes, blocks.filled, strict=True))
        if size != full
    ]
    return writing.cut(whole, cuts) if cuts else whole


def _rolled(writing: Writing, tensor: str, axis: int, by: int) -> str:
    """An axis moved round, its first ``by`` positions behind the others."""
    first = writing.cut(tensor, [(axis, 0, by)])
    rest = writing.cut(tensor, [(axis, by, 2**63 - 1)])
    return writing.node("Concat", rest, first, axis=axis)


def _masked(writing: Writing, blocks: _Blocks, scores: str) -> str:
    """Products of positions that only the moving brought together are masked."""
    count, size = prod(blocks.counts), prod(blocks.window)
    parts = writing.node("Reshape", writing.integers(blocks.regions()), writing.integers((count, size)))
    rows = writing.node("Unsqueeze", parts, writing.integers((2,)))
    columns = writing.node("Unsqueeze", parts, writing.integers((1,)))
    mask = writing.node(
        "Where",
        writing.node("Equal", rows, columns),
        writing.floats((0.0,), scalar=True),
        writing.floats((MASKED,), scalar=True),
    )
    heads = writing.node("Unsqueeze", mask, writing.integers((1,)))
    shape = writing.node("Shape", scores, start=1)
    by_map = writing.node(
        "Reshape", scores, writing.node("Concat", writing.integers((-1, count)), shape, axis=0)
    )
    return writing.node(
        "Reshape",
        writing.node("Add", by_map, heads),
        writing.node("Concat", writing.integers((-1,)), shape, axis=0),
    )


# Learned positions


def _with_positions(writing: Writing, call: Call, query: str, scores: str, keys: int) -> str:
    """What is learned for each offset of two positions: a number by head, or a vector by axis."""
    layer = call.layer
    sizes = call.sizes if layer.window is None else layer.window.over(call.rank, "window")
    places = _places(sizes)
    if len(places) > 16_384:
        raise Inexpressible(f"offsets between {len(places):,} positions are more than a file should hold")
    spans = [2 * size - 1 for size in sizes]
    if layer.position == "table":
        codes = [_code(place, spans) for place in places]
        indices = _offsets(writing, codes, _code(tuple(size - 1 for size in sizes), spans))
        table = writing.weight(call, "position", (prod(spans), layer.heads))
        found = writing.node("Gather", table, indices, axis=0)
        return writing.node("Add", scores, writing.transposed(found, (2, 0, 1)))
    for axis, size in enumerate(sizes):
        indices = _offsets(writing, [place[axis] for place in places], size - 1)
        table = writing.weight(call, f"position_{axis}", (spans[axis], keys))
        vectors = writing.node("Gather", table, indices, axis=0)
        products = writing.node("Einsum", query, vectors, equation="nhic,ijc->nhij")
        scores = writing.node("Add", scores, products)
    return scores


def _code(place: tuple[int, ...], spans: Sequence[int]) -> int:
    """The number of an offset in the table of all offsets."""
    code = 0
    for index, span in zip(place, spans, strict=True):
        code = code * span + index
    return code


def _offsets(writing: Writing, codes: Sequence[int], middle: int) -> str:
    """The row of the table for every pair of positions."""
    line = writing.integers(codes)
    rows = writing.node("Unsqueeze", line, writing.integers((1,)))
    columns = writing.node("Unsqueeze", line, writing.integers((0,)))
    apart = writing.node("Sub", rows, columns)
    return writing.node("Add", apart, writing.integers((middle,)))


@writes("eca")
def channel_conv(writing: Writing, call: Call) -> str:
    """A convolution along the channels: they become an axis of a map of one channel."""
    half = call.layer.kernel // 2
    if not call.rank:
        line = writing.reshaped(call.input, (1, call.channels))
        weight = writing.weight(call, "weight", (1, 1, call.layer.kernel))
        mixed = writing.node("Conv", line, weight, kernel_shape=[call.layer.kernel], pads=[half, half])
        return writing.reshaped(mixed, (call.channels,))
    rows = writing.reshaped(call.input, (1, call.channels, -1))
    weight = writing.weight(call, "weight", (1, 1, call.layer.kernel, 1))
    mixed = writing.node("Conv", rows, weight, kernel_shape=[call.layer.kernel, 1], pads=[half, 0, half, 0])
    return writing.reshaped(mixed, call.new)
