"""Changing the size of a map without weights: upsample, upsample_to, pad, crop, crop_to."""

from __future__ import annotations

from typing import NamedTuple

from cnncalc.errors import Fault
from cnncalc.frameworks.rules import Framework
from cnncalc.geometry.axis import IDENTITY_TAPS, LONGEST_PERIOD, NEEDS_SIZE, AxisRule, Reads, Unknown, Unlaid
from cnncalc.geometry.resample import Bilinear, Border, Nearest, Resize
from cnncalc.geometry.shape import Shape, Size
from cnncalc.layers.base import Layer, require_map
from cnncalc.layers.fields import choice, margins_field, optional_axes, tensor_name


class Upsample(Layer):
    """A map made larger by an integer factor, or resized to a size.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Upsample.html (``align_corners=False``)
    """

    op = "upsample"
    foreign = ("upsampling", "upsampling2d", "resize", "interpolate", "unpool", "upsample2d")
    example = "upsample: {factor: 2, mode: bilinear}"
    factor = optional_axes(
        "how much larger each axis becomes", primary=True, foreign=("scale", "scale_factor", "stride")
    )
    size = optional_axes("the size, instead of a factor", foreign=("output_size", "out"))
    mode = choice(
        "nearest", ("nearest", "bilinear"), "interpolation of new values", foreign=("interpolation",)
    )

    def check(self) -> None:
        if (self.factor is None) == (self.size is None):
            code = "E106" if self.factor is None else "E107"
            raise Fault(
                code,
                "upsample takes either a factor or a size",
                "write `upsample: 2` or `upsample: {size: 56}`",
            )

    def axes(self, shapes: tuple[Shape, ...], framework: Framework) -> tuple[AxisRule, ...]:
        rank = require_map(shapes, self.op).rank
        linear = self.mode == "bilinear"
        if self.size is not None:
            return tuple(Resize(size, linear) for size in self.size.over(rank, "size"))
        assert self.factor is not None
        return tuple(map(Bilinear if linear else Nearest, self.factor.over(rank, "factor")))


class UpsampleTo(Layer):
    """A map resized to the size of the named tensor.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.functional.interpolate.html (``size=...``)
    """

    op = "upsample_to"
    foreign = ("resize_to", "resize_like", "upsample_like", "interpolate_to")
    example = "upsample_to: {target: skip1, mode: bilinear}"
    target = tensor_name("the tensor whose size it takes")
    mode = choice(
        "nearest", ("nearest", "bilinear"), "interpolation of new values", foreign=("interpolation",)
    )

    def axes(self, shapes: tuple[Shape, ...], framework: Framework) -> tuple[AxisRule, ...]:
        _same_rank(self.op, shapes)
        linear = self.mode == "bilinear"
        return tuple(Unlaid(None) if size is None else Resize(size, linear) for size in shapes[1].sizes)


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
    """The middle of the map, as large as the named tensor; of an odd difference the larger part is cut at the
    end.

    Source: Ronneberger et al. 2015, U-Net, figure 1 (copy and crop)
    """

    op = "crop_to"
    foreign = ("cropto", "crop_like", "croplike")
    example = "crop_to: skip1"
    target = tensor_name("the tensor whose size it takes")

    def axes(self, shapes: tuple[Shape, ...], framework: Framework) -> tuple[AxisRule, ...]:
        _same_rank(self.op, shapes)
        return tuple(map(_middle, shapes[0].sizes, shapes[1].sizes))


def _same_rank(op: str, shapes: tuple[Shape, ...]) -> None:
    shape, target = require_map(shapes, op), shapes[1]
    if target.rank != shape.rank:
        raise Fault("E304", f"{op} cannot bring a map of {shape} to {target}: the numbers of axes differ")


class _Shifted(NamedTuple):
    """An axis cropped to a size by an amount that is not known."""

    size: Size

    def output_size(self, size: Size) -> Size:
        return self.size

    def reads(self, size: Size, longest: int = LONGEST_PERIOD) -> Reads:
        return Unknown(NEEDS_SIZE, IDENTITY_TAPS)


def _middle(size: Size, target: Size) -> AxisRule:
    if size is None or target is None:
        return _Shifted(target)
    if target > size:
        raise Fault(
            "E307",
            f"a map of size {size} cannot be cropped to {target}",
            "crop the larger one, or `pad` this one",
        )
    before = (size - target) // 2
    return Border(-before, before - (size - target))
