"""Keras' changes of a map's size: borders, crops and interpolation."""

from __future__ import annotations

from cnncalc.geometry.shape import Shape
from cnncalc.importers.keras.translation import Call, Made, layer


@layer("ZeroPadding{}D", settings=("padding",))
def zero_padding(call: Call) -> Made:
    return _margins(call, "pad", "padding", 1)


@layer("Cropping{}D", settings=("cropping",))
def cropping(call: Call) -> Made:
    return _margins(call, "crop", "cropping", -1)


def _margins(call: Call, op: str, name: str, sign: int) -> Made:
    if not call.needs_map():
        return None
    value, rank = call.settings.get(name, 1), call.shape.rank
    parts = value if isinstance(value, list) else [value] * rank
    if rank == 1 and isinstance(value, list) and len(value) == 2 and not isinstance(value[0], list):
        parts = [value]
    pairs = [tuple(one) if isinstance(one, list) else (one, one) for one in parts]
    if len(pairs) != rank or any(
        len(pair) != 2 or any(isinstance(one, bool) or not isinstance(one, int) or one < 0 for one in pair)
        for pair in pairs
    ):
        call.refuse(f"`{name}={value}` is not a pair for each of {rank} axes")
        return None
    if not any(map(sum, pairs)):
        return [call.first]
    sizes = tuple(
        None if size is None else size + sign * sum(pair)
        for size, pair in zip(call.shape.sizes, pairs, strict=True)
    )
    return [call.add(op, Shape(call.shape.channels, sizes), margins=tuple(pairs))]


@layer("UpSampling{}D", settings=("size", "interpolation"))
def upsampling(call: Call) -> Made:
    if not call.needs_map():
        return None
    mode, factor = call.settings.get("interpolation", "nearest"), call.per_axis("size", 2)
    if mode not in ("nearest", "bilinear", "bicubic"):
        call.refuse(f"`interpolation={mode}` is not understood")
        return None
    sizes = tuple(
        None if size is None else size * one for size, one in zip(call.shape.sizes, factor, strict=True)
    )
    return [call.add("upsample", Shape(call.shape.channels, sizes), factor=factor, mode=mode)]


@layer(
    "Resizing",
    settings=(
        "height",
        "width",
        "interpolation",
        "crop_to_aspect_ratio",
        "pad_to_aspect_ratio",
        "fill_mode",
        "fill_value",
        "antialias",
    ),
)
def resizing(call: Call) -> Made:
    """To a given size, whatever comes in."""
    modes = {"nearest": "nearest", "bilinear": "bilinear", "bicubic": "bicubic"}
    mode = modes.get(call.settings.get("interpolation", "bilinear"))
    size = (call.whole("height"), call.whole("width"))
    if call.shape.rank != 2 or mode is None:
        call.refuse(
            f"of {call.shape}, `interpolation={call.settings.get('interpolation')}` is not understood"
        )
        return None
    if not all(
        call.unless(name, False) for name in ("crop_to_aspect_ratio", "pad_to_aspect_ratio", "antialias")
    ):
        return None
    return [call.add("upsample", Shape(call.shape.channels, size), size=size, mode=mode)]
