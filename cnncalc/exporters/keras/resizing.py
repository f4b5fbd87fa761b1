"""Changed sizes as Keras layers: interpolation, borders and crops."""

from __future__ import annotations

from typing import Any

from cnncalc.analysis.report import LayerReport
from cnncalc.exporters.calls import Call, alike, given, placed
from cnncalc.exporters.keras.translation import Made, Translation, border, layer_name, makes
from cnncalc.exporters.refusing import Inexpressible
from cnncalc.geometry.shape import Shape


@makes("upsample")
def upsample(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    rank = record.in_shape.rank
    factors = () if layer.factor is None else layer.factor.over(rank, "factor")
    if not factors or any(one.denominator > 1 for one in factors) or layer.align_corners:
        return _resized(record, layer)
    size = alike(tuple(map(int, factors)))
    if layer.mode != "nearest" and rank != 2:
        raise Inexpressible(f"Keras interpolates over 2 axes, not over {rank}", "use `mode: nearest`")
    mode = (given("interpolation", layer.mode, "nearest"),) if rank == 2 else ()
    return Call(layer_name("UpSampling", record), (placed("size", size), *mode))


@makes("upsample_to")
def upsample_to(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    made = _resized(record, layer)
    assert isinstance(made, Call)
    height, width = record.shape.sizes
    return Translation((), f'layers.Resizing({height}, {width}, interpolation="{layer.mode}")({{0}})')


def _resized(record: LayerReport, layer: Any) -> Made:
    if record.in_shape.rank != 2 or layer.align_corners:
        raise Inexpressible("Keras resizes maps of 2 axes, and without `align_corners`")
    height, width = record.shape.sizes
    return Call(
        "layers.Resizing",
        (
            placed("height", height),
            placed("width", width),
            given("interpolation", layer.mode, "bilinear"),
        ),
    )


@makes("pad")
def pad(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    margins = layer.margins.over((1,) * record.in_shape.rank)
    return border("ZeroPadding", record, [(one.before, one.after) for one in margins])


@makes("crop")
def crop(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    margins = layer.margins.over((1,) * record.in_shape.rank)
    return border("Cropping", record, [(one.before, one.after) for one in margins])


@makes("crop_to")
def crop_to(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    parts = []
    for rule, size in zip(record.rules, record.shape.sizes, strict=True):
        first = -(getattr(rule, "before", None) or 0)
        parts.append(f"{first}:{first + (size or 0)}")
    return Translation((), f"{{0}}[:, {', '.join(parts)}]")
