"""Elements moved between axes, as ONNX operators: shuffles, blocks of pixels, tokens and maps."""

from __future__ import annotations

from cnncalc.exporters.onnx.writing import Call, Writing, sizes_of, writes
from cnncalc.geometry.arrangement import Dropped


@writes("channel_shuffle")
def channel_shuffle(writing: Writing, call: Call) -> str:
    groups, channels = call.layer.groups, call.channels
    grouped = writing.reshaped(call.input, (groups, channels // groups, -1))
    return writing.reshaped(writing.transposed(grouped, (0, 2, 1, 3)), sizes_of(call.record.shape))


@writes("pixel_shuffle")
def pixel_shuffle(writing: Writing, call: Call) -> str:
    """The channels of a block follow each other, as PyTorch has them (CRD in ONNX's words)."""
    factor, rank = call.layer.factor, call.rank
    if rank == 2:
        return writing.node("DepthToSpace", call.input, blocksize=factor, mode="CRD")
    split = writing.reshaped(call.input, (call.new[0], *(factor,) * rank, *call.sizes))
    order = [axis for place in range(rank) for axis in (2 + rank + place, 2 + place)]
    return writing.reshaped(writing.transposed(split, (0, 1, *order)), call.new)


@writes("pixel_unshuffle")
def pixel_unshuffle(writing: Writing, call: Call) -> str:
    factor, rank = call.layer.factor, call.rank
    blocks = [part for size in call.new[1:] for part in (size, factor)]
    split = writing.reshaped(call.input, (call.channels, *blocks))
    inner = [3 + 2 * place for place in range(rank)]
    outer = [2 + 2 * place for place in range(rank)]
    return writing.reshaped(writing.transposed(split, (0, 1, *inner, *outer)), call.new)


@writes("squeeze")
def squeeze(writing: Writing, call: Call) -> str:
    arrangement = call.record.arrangement
    if not isinstance(arrangement, Dropped) or not arrangement.dropped:
        return writing.node("Identity", call.input)
    return writing.node(
        "Squeeze", call.input, writing.integers(2 + axis for axis in sorted(arrangement.dropped))
    )


@writes("tokens")
def tokens(writing: Writing, call: Call) -> str:
    """All positions in one axis; learned tokens before them are the same for the whole batch."""
    line = writing.reshaped(call.input, (call.channels, -1))
    if not call.layer.extra:
        return line
    learned = writing.weight(call, "tokens", (call.channels, call.layer.extra))
    batch = writing.node("Shape", call.input, start=0, end=1)
    sizes = writing.node("Concat", batch, writing.integers((call.channels, call.layer.extra)), axis=0)
    return writing.node("Concat", writing.node("Expand", learned, sizes), line, axis=2)


@writes("to_map")
def to_map(writing: Writing, call: Call) -> str:
    tensor, extra = call.input, call.layer.extra
    if extra:
        tensor = writing.cut(tensor, [(2, extra, call.sizes[0])])
    return writing.reshaped(tensor, call.new)


@writes("token")
def token(writing: Writing, call: Call) -> str:
    return writing.node("Gather", call.input, writing.integers((call.layer.place,), scalar=True), axis=2)
