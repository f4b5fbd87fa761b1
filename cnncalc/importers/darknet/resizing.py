"""Darknet's changes of a map's size: upsampling and crops."""

from __future__ import annotations

from cnncalc.geometry.shape import Shape
from cnncalc.importers.darknet.translation import Layer, section


@section("upsample", options="stride scale", needs_map=True)
def upsample(layer: Layer) -> str:
    factor = layer.whole("stride", 2)
    if factor < 1:
        return layer.unknown(f"`stride={factor}` is no whole factor to upsample by")
    sizes = tuple(None if size is None else size * factor for size in layer.shape.sizes)
    return layer.add("upsample", Shape(layer.shape.channels, sizes), factor=(factor, factor))


@section(
    "crop",
    options="crop_height crop_width flip angle saturation exposure shift noadjust",
    needs_map=True,
)
def crop(layer: Layer) -> str:
    wanted = (layer.positive("crop_height", 1), layer.positive("crop_width", 1))
    spare = [
        -1 if size is None else size - least for size, least in zip(layer.shape.sizes, wanted, strict=True)
    ]
    if min(spare) < 0:
        return layer.unknown(f"a crop to {wanted[0]}x{wanted[1]} of {layer.shape}")
    if not any(spare):
        return layer.input
    margins = tuple((one // 2, one - one // 2) for one in spare)
    return layer.add("crop", Shape(layer.shape.channels, wanted), margins=margins)
