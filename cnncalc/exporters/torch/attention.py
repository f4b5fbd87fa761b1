"""Attention as PyTorch modules: over all positions or over blocks, and eca over the channels."""

from __future__ import annotations

from typing import Any

from cnncalc.analysis.report import LayerReport
from cnncalc.exporters.calls import Call, given, placed
from cnncalc.exporters.refusing import Inexpressible
from cnncalc.exporters.torch.translation import Around, Made, Translation, makes


@makes("attention")
def attention(record: LayerReport, layer: Any, around: Around) -> Made:
    channels = record.in_shape.channels
    assert channels is not None
    if layer.position == "axes":
        raise Inexpressible("positions by axes are no part of PyTorch's attention")
    if layer.window is not None or layer.position == "table":
        return _block_attention(record, layer)
    made = Call(
        "Attention",
        (
            placed("channels", channels),
            placed("heads", layer.heads),
            given("head", layer.head),
            given("value", layer.value),
            given("bias", layer.bias, True),
            given("out_bias", layer.out_bias, True),
            given("project", layer.project, True),
            given("source", around.shapes[-1].channels, channels),
        ),
    )
    return Translation((made,), "{module}({0}, {1})") if layer.kv else made


def _block_attention(record: LayerReport, layer: Any) -> Call:
    """Attention within blocks, of which a table of positions over the whole map is one."""
    rank = record.in_shape.rank
    sizes: Any = record.in_shape.sizes if layer.window is None else layer.window.over(rank, "window")
    if None in sizes:
        raise Inexpressible("how many offsets it has depends on the input's size", "give `--input`")
    return Call(
        "BlockAttention",
        (
            placed("channels", record.in_shape.channels),
            placed("heads", layer.heads),
            given("window", sizes),
            given("shift", layer.shift.over(rank, "shift"), (0,) * rank),
            given("table", layer.position == "table", False),
            given("head", layer.head),
            given("value", layer.value),
            given("bias", layer.bias, True),
            given("out_bias", layer.out_bias, True),
            given("project", layer.project, True),
        ),
    )


@makes("eca")
def eca(record: LayerReport, layer: Any, around: Around) -> Made:
    return Call("ChannelConv", (placed("kernel_size", layer.kernel),))
