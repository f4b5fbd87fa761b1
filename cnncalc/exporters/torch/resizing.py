"""Changed sizes as PyTorch modules: interpolation, pads and crops."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from cnncalc.analysis.report import LayerReport
from cnncalc.exporters.calls import Argument, Call, alike, given
from cnncalc.exporters.refusing import Inexpressible
from cnncalc.exporters.torch.translation import Around, Made, Translation, makes, pad_by


@makes("upsample")
def upsample(record: LayerReport, layer: Any, around: Around) -> Made:
    rank, sizes = record.in_shape.rank, record.shape.sizes
    if layer.size is not None:
        what = given("size", alike(layer.size.over(rank, "size")))
    else:
        factors = layer.factor.over(rank, "factor")
        if all(map(_is_exact, factors, record.in_shape.sizes, sizes)):
            what = given("scale_factor", alike(tuple(map(_number, factors))))
        elif None in sizes:
            raise Inexpressible("its factor is no binary fraction and its size unknown", "give `--input`")
        else:
            what = given("size", alike(sizes))
    return Call("nn.Upsample", (what, *_mode(layer, rank)))


def _number(factor: Fraction) -> float | int:
    return int(factor) if factor.denominator == 1 else float(factor)


def _is_exact(factor: Fraction, size: int | None, out: int | None) -> bool:
    """Whether the factor as a floating-point number makes the same size."""
    return float(factor) == factor or (size is not None and int(size * float(factor)) == out)


@makes("upsample_to")
def upsample_to(record: LayerReport, layer: Any, around: Around) -> Made:
    mode = ", ".join(
        f'{one.name}="{one.value}"' if isinstance(one.value, str) else f"{one.name}={one.value}"
        for one in _mode(layer, record.in_shape.rank)
        if one.value != one.default
    )
    return Translation((), f"F.interpolate({{0}}, size={{1}}.shape[2:]{', ' if mode else ''}{mode})")


def _mode(layer: Any, rank: int) -> tuple[Argument, ...]:
    linear = {1: "linear", 2: "bilinear", 3: "trilinear"}[rank]
    mode = {"nearest": "nearest", "bilinear": linear, "bicubic": "bicubic"}[layer.mode]
    return (given("mode", mode, "nearest"), given("align_corners", True if layer.align_corners else None))


@makes("pad")
def pad(record: LayerReport, layer: Any, around: Around) -> Made:
    return _border(record, layer, 1)


@makes("crop")
def crop(record: LayerReport, layer: Any, around: Around) -> Made:
    return _border(record, layer, -1)


def _border(record: LayerReport, layer: Any, sign: int) -> Call:
    margins = layer.margins.over((1,) * record.in_shape.rank)
    return pad_by([(sign * one.before, sign * one.after) for one in margins])


@makes("crop_to")
def crop_to(record: LayerReport, layer: Any, around: Around) -> Made:
    if layer.offset is None and not layer.align:
        return Translation((), "cropped({0}, {1})")
    offsets = _offsets(record)
    return Translation((), f"cropped({{0}}, {{1}}, offset={offsets})")


def _offsets(record: LayerReport) -> tuple[int, ...]:
    """Where a crop begins along each axis."""
    found = []
    for rule in record.rules:
        before = getattr(rule, "before", None)
        if before is None:
            raise Inexpressible("where it begins is not known", "give `--input`")
        found.append(-before)
    return tuple(found)
