"""Deformable convolution: deform_conv, whose taps another layer moves."""

from __future__ import annotations

from math import prod

from cnncalc.frameworks.rules import Framework
from cnncalc.geometry.shape import Shape, Size, product
from cnncalc.layers.base import Params, divided
from cnncalc.layers.convolution import Conv
from cnncalc.layers.fields import flag, integer_or


class DeformConv(Conv):
    """A convolution whose taps lie where its second input says.

    Its receptive field is that at zero offsets; offsets may point anywhere, so that all may be read as well.
    Source: Dai et al. 2017, Deformable Convolutional Networks, section 2.1;
    https://docs.pytorch.org/vision/main/generated/torchvision.ops.DeformConv2d.html
    """

    op = "deform_conv"
    others_read = "all"
    foreign = ("deformconv", "deformable_conv", "dcn", "dcnv2", "modulated_deform_conv")
    example = "deform_conv3x3: {out: 64, padding: 1}"


class OffsetConv(Conv):
    """The convolution that makes the offsets: one number per axis and tap, with a factor per tap where
    modulated.
    """

    offset_groups = integer_or(1, "groups of channels with offsets of their own")
    modulated = flag(False, "also a factor per tap")

    def out_channels(self, shape: Shape) -> Size:
        taps = prod(self.kernel.over(shape.rank, "kernel"))
        return self.offset_groups * taps * (shape.rank + self.modulated)

    def params(self, shape: Shape, framework: Framework) -> Params:
        divided(shape.channels, self.offset_groups, "{} offset groups")
        out = self.out_channels(shape)
        return self._stored(product((out, shape.channels, *self.kernel.over(shape.rank, "kernel"))), out)

    def missing(self) -> str | None:
        return None

    def macs(self, shape: Shape, output: Shape) -> Size:
        return product((*output.axes, shape.channels, *self.kernel.over(shape.rank, "kernel")))
