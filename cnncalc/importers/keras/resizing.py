"""Keras' changes of a map's size: borders, crops and interpolation."""

from __future__ import annotations

from cnncalc.geometry.shape import Shape
from cnncalc.importers.keras.translation import Call, Made, layer, operation


@layer("ZeroPadding{}D", settings=("padding",))
def zero_padding(call: Call) -> Made:
    return _margins(call, "pad", "padding", 1)


@layer("Cropping{}D", settings=("cropping",))
def cropping(call: Call) -> Made:
    return _margins(call, "crop", "cropping", -1)


@operation("Pad", settings=("pad_width", "mode"))
def pad(call: Call) -> Made:
    """A border around the positions alone."""
    pairs = call.settings.get("pad_width")
    if not (
        isinstance(pairs, list) and len(pairs) == call.shape.rank + 2 and call.unless("mode", "constant")
    ):
        call.refuse(f"`pad_width={pairs}` of {call.shape} is not understood")
        return None
    margins = pairs[2:] if call.channels_first else pairs[1:-1]
    others = (pairs[0], pairs[1] if call.channels_first else pairs[-1])
    if any(one not in ([0, 0], 0) for one in others):
        call.refuse(f"`pad_width={pairs}` pads the batch or the channels")
        return None
    return _margins(call._replace(settings={"padding": margins}), "pad", "padding", 1)


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
    return _resized(call, (call.whole("height"), call.whole("width")))


@operation(
    "Resize",
    settings=(
        "size",
        "interpolation",
        "crop_to_aspect_ratio",
        "pad_to_aspect_ratio",
        "fill_mode",
        "fill_value",
        "antialias",
    ),
)
def resize(call: Call) -> Made:
    return _resized(call, call.per_axis("size"))


def _resized(call: Call, size: tuple[int, ...]) -> Made:
    mode = call.settings.get("interpolation", "bilinear")
    if call.shape.rank != 2 or mode not in ("nearest", "bilinear", "bicubic"):
        call.refuse(
            f"of {call.shape}, `interpolation={call.settings.get('interpolation')}` is not understood"
        )
        return None
    if not all(
        call.unless(name, False) for name in ("crop_to_aspect_ratio", "pad_to_aspect_ratio", "antialias")
    ):
        return None
    return [call.add("upsample", Shape(call.shape.channels, size), size=size, mode=mode)]


@layer("CenterCrop", settings=("height", "width"))
def center_crop(call: Call) -> Made:
    """The middle of a map that is large enough; a smaller one would be enlarged."""
    wanted = (call.whole("height"), call.whole("width"))
    if call.shape.rank != 2 or any(
        size is None or size < least for size, least in zip(call.shape.sizes, wanted, strict=True)
    ):
        call.refuse(f"{wanted[0]}x{wanted[1]} of {call.shape} is not understood")
        return None
    spare = [(size or 0) - least for size, least in zip(call.shape.sizes, wanted, strict=True)]
    margins = tuple((one // 2, one - one // 2) for one in spare)
    return (
        [call.add("crop", Shape(call.shape.channels, wanted), margins=margins)]
        if any(spare)
        else [call.first]
    )
