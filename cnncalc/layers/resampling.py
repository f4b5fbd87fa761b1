"""Changing the size of a map without weights: upsample, upsample_to, pad, crop, crop_to."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from cnncalc.errors import Fault
from cnncalc.frameworks.rules import Framework
from cnncalc.geometry.axis import (
    IDENTITY_TAPS,
    LONGEST_PERIOD,
    NEEDS_SIZE,
    AxisRule,
    Reads,
    Run,
    Taps,
    Unknown,
    Unlaid,
)
from cnncalc.geometry.receptive_field import AxisField, units_before
from cnncalc.geometry.resample import Bilinear, Border, Interpolation, Nearest, Resize
from cnncalc.geometry.shape import Shape, Size
from cnncalc.layers.base import Layer, require_map
from cnncalc.layers.fields import (
    PerAxis,
    choice,
    flag,
    margins_field,
    optional_axes,
    optional_factors,
    tensor_name,
)

MODES = ("nearest", "bilinear", "bicubic")
TAPS = dict(zip(MODES, (1, 2, 4), strict=True))
"""The neighbours, along each axis, that a new value is made from."""


class _Interpolated(Layer):
    """What new values are made from."""

    mode = choice("nearest", MODES, "what a new value is made from", foreign=("interpolation",))
    align_corners = flag(
        False,
        "the first and the last positions lie on each other, instead of the edges",
        foreign=("aligned",),
    )

    def check(self) -> None:
        if self.align_corners and self.mode == "nearest":
            message = "`align_corners` says where interpolated values lie, the mode is nearest"
            raise Fault("E107", message, "add `mode: bilinear`, or leave it out")

    def _map(self, shapes: tuple[Shape, ...]) -> Shape:
        shape = require_map(shapes, self.op)
        if self.mode == "bicubic" and shape.rank != 2:
            message = f"bicubic interpolation is offered over 2 axes, {shape} has {shape.rank}"
            raise Fault("E305", message, "use `mode: bilinear`")
        return shape

    def _to_size(self, size: Size) -> AxisRule:
        """The rule of an axis that is brought to a size."""
        if size is None:
            return Unlaid(None)
        if self.align_corners or self.mode == "bicubic":
            return Interpolation(None, size, TAPS[self.mode], self.align_corners)
        return Resize(size, self.mode == "bilinear")


class Upsample(_Interpolated):
    """A map made larger by a factor (of which ``floor(n*f)`` positions come out), or resized to a size.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Upsample.html
    """

    op = "upsample"
    foreign = ("upsampling", "upsampling2d", "resize", "interpolate", "unpool", "upsample2d")
    example = "upsample: {factor: 2, mode: bilinear}"
    factor = optional_factors(
        "how much larger each axis becomes, 1.5 as well as 2",
        primary=True,
        foreign=("scale", "scale_factor", "stride"),
    )
    size = optional_axes("the size, instead of a factor", foreign=("output_size", "out"))

    def check(self) -> None:
        super().check()
        if (self.factor is None) == (self.size is None):
            code = "E106" if self.factor is None else "E107"
            raise Fault(
                code,
                "upsample takes either a factor or a size",
                "write `upsample: 2` or `upsample: {size: 56}`",
            )

    def axes(self, shapes: tuple[Shape, ...], framework: Framework) -> tuple[AxisRule, ...]:
        rank = self._map(shapes).rank
        if self.size is not None:
            return tuple(map(self._to_size, self.size.over(rank, "size")))
        assert self.factor is not None
        return tuple(map(self._by_factor, self.factor.over(rank, "factor")))

    def _by_factor(self, factor: Fraction) -> AxisRule:
        if self.align_corners or self.mode == "bicubic" or factor.denominator > 1:
            return Interpolation(factor, None, TAPS[self.mode], self.align_corners)
        return Bilinear(int(factor)) if self.mode == "bilinear" else Nearest(int(factor))


class UpsampleTo(_Interpolated):
    """A map resized to the size of the named tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.interpolate.html (``size=...``)
    """

    op = "upsample_to"
    foreign = ("resize_to", "resize_like", "upsample_like", "interpolate_to")
    example = "upsample_to: {target: skip1, mode: bilinear}"
    target = tensor_name("the tensor whose size it takes")

    def axes(self, shapes: tuple[Shape, ...], framework: Framework) -> tuple[AxisRule, ...]:
        self._map(shapes)
        _same_rank(self.op, shapes)
        return tuple(map(self._to_size, shapes[1].sizes))


class Pad(Layer):
    """A border of constant or mirrored values around the map."""

    op = "pad"
    foreign = ("zeropad", "zeropadding", "zero_padding", "padding", "reflectionpad", "constantpad")
    example = "pad: [1, 1]"
    margins = margins_field("the border per axis: a number, one per axis, or [before, after] per axis")

    def axes(self, shapes: tuple[Shape, ...], framework: Framework) -> tuple[AxisRule, ...]:
        shape = require_map(shapes, self.op)
        return tuple(Border(pad.before, pad.after) for pad in self.margins.over((1,) * shape.rank))


class Crop(Layer):
    """A border cut off the map."""

    op = "crop"
    foreign = ("cropping", "cropping2d", "center_crop", "centercrop")
    example = "crop: [[0, 1], [0, 1]]"
    margins = margins_field("what is cut off per axis: a number, one per axis, or [before, after] per axis")

    def axes(self, shapes: tuple[Shape, ...], framework: Framework) -> tuple[AxisRule, ...]:
        shape = require_map(shapes, self.op)
        return tuple(Border(-cut.before, -cut.after) for cut in self.margins.over((1,) * shape.rank))


class CropTo(Layer):
    """A part of the map as large as the named tensor: its middle (of an odd difference the larger part is cut
    at the end), from an ``offset`` on, or where the receptive fields' centres agree.

    Source: Ronneberger et al. 2015, U-Net, figure 1 (copy and crop); src/caffe/layers/crop_layer.cpp
    """

    op = "crop_to"
    foreign = ("cropto", "crop_like", "croplike")
    example = "crop_to: skip1"
    target = tensor_name("the tensor whose size it takes")
    offset = optional_axes(
        "positions cut off before, per axis; by default half of what is cut", minimum=0, foreign=("start",)
    )
    align = flag(False, "cut where the centres of the receptive fields agree", foreign=("aligned",))

    def check(self) -> None:
        if self.align and self.offset is not None:
            raise Fault("E107", "both `offset` and `align` say where to cut", "leave out one of them")

    def aligned(self, fields: tuple[AxisField, ...], target: tuple[AxisField, ...]) -> CropTo:
        if not self.align or len(fields) != len(target):
            return self
        offsets = PerAxis(tuple(map(_agreeing, fields, target)))
        return self.replaced(align=False, offset=offsets)

    def axes(self, shapes: tuple[Shape, ...], framework: Framework) -> tuple[AxisRule, ...]:
        _same_rank(self.op, shapes)
        if self.offset is None:
            return tuple(map(_middle, shapes[0].sizes, shapes[1].sizes))
        return tuple(map(_from, self.offset.over(shapes[0].rank, "offset"), shapes[0].sizes, shapes[1].sizes))


def _agreeing(field: AxisField, target: AxisField) -> int:
    """How many units to cut off before, so that the fields' centres agree."""
    found = units_before(field, target)
    if found is not None and found >= 0:
        return found
    why = "no cut makes the centres of the receptive fields agree"
    if found is not None:
        why += f": the map begins {-found} positions too late"
    raise Fault("E307", why, "give the `offset` as numbers, or pad the map")


def _same_rank(op: str, shapes: tuple[Shape, ...]) -> None:
    shape, target = require_map(shapes, op), shapes[1]
    if target.rank != shape.rank:
        raise Fault("E304", f"{op} cannot bring a map of {shape} to {target}: the numbers of axes differ")


class _Shifted(NamedTuple):
    """An axis cropped to a size by an amount that is not known, or at a size that is not."""

    size: Size
    before: Size = None

    def output_size(self, size: Size) -> Size:
        return self.size

    def reads(self, size: Size, longest: int = LONGEST_PERIOD) -> Reads:
        if self.before is not None:
            return Taps(1, (Run(self.before, 1, 1),))
        return Unknown(NEEDS_SIZE, IDENTITY_TAPS)


def _middle(size: Size, target: Size) -> AxisRule:
    if size is None or target is None:
        return _Shifted(target)
    if target > size:
        raise _too_large(size, target)
    before = (size - target) // 2
    return Border(-before, before - (size - target))


def _from(before: int, size: Size, target: Size) -> AxisRule:
    if size is None or target is None:
        return _Shifted(target, before)
    if target > size:
        raise _too_large(size, target)
    if before + target > size:
        message = f"a map of size {size} has no {target} positions from {before} on"
        raise Fault("E307", message, f"the largest offset that works is {size - target}")
    return Border(-before, before - (size - target))


def _too_large(size: int, target: int) -> Fault:
    return Fault(
        "E307",
        f"a map of size {size} cannot be cropped to {target}",
        "crop the larger one, or `pad` this one",
    )
