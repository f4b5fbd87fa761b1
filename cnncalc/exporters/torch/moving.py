"""Elements moved between axes, as PyTorch modules: shuffles, blocks of pixels, tokens and maps."""

from __future__ import annotations

from typing import Any

from cnncalc.analysis.report import LayerReport
from cnncalc.exporters.calls import Call, alike, given, placed
from cnncalc.exporters.refusing import Inexpressible
from cnncalc.exporters.torch.translation import Around, Made, applied, makes


@makes("channel_shuffle")
def channel_shuffle(record: LayerReport, layer: Any, around: Around) -> Made:
    return Call("nn.ChannelShuffle", (placed("groups", layer.groups),))


_BLOCKS = {"pixel_shuffle": "PixelShuffle", "pixel_unshuffle": "PixelUnshuffle"}


@makes(*_BLOCKS)
def blocks(record: LayerReport, layer: Any, around: Around) -> Made:
    name = _BLOCKS[layer.op]
    module = f"nn.{name}" if record.in_shape.rank == 2 else f"{name}Nd"
    return Call(module, (placed("factor", layer.factor),))


@makes("squeeze")
def squeeze(record: LayerReport, layer: Any, around: Around) -> Made:
    axes = [layer.axis] if layer.axis is not None else _points(record)
    return applied("torch.squeeze", given("dim", alike(tuple(axis + 2 for axis in axes)) if axes else ()))


def _points(record: LayerReport) -> list[int]:
    return [axis for axis, size in enumerate(record.in_shape.sizes) if size == 1]


@makes("tokens")
def tokens(record: LayerReport, layer: Any, around: Around) -> Made:
    if not layer.extra:
        return Call("nn.Flatten", (placed("start_dim", 2),))
    return Call("Tokens", (placed("extra", layer.extra), placed("channels", record.in_shape.channels)))


@makes("to_map")
def to_map(record: LayerReport, layer: Any, around: Around) -> Made:
    if not record.in_shape.rank:
        sizes = (record.shape.channels, *layer.size)
        return Call("nn.Unflatten", (placed("dim", 1), placed("unflattened_size", sizes)))
    back = Call("nn.Unflatten", (placed("dim", 2), placed("unflattened_size", layer.size)))
    if not layer.extra:
        return back
    size = record.in_shape.sizes[0]
    if size is None:
        raise Inexpressible("how many tokens there are is not known", "give `--input`")
    count = given("length", size - layer.extra)
    return (applied("torch.narrow", given("dim", 2), given("start", layer.extra), count), back)


@makes("token")
def token(record: LayerReport, layer: Any, around: Around) -> Made:
    return applied("torch.select", given("dim", 2), given("index", layer.place))
