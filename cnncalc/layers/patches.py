"""Rearrangements between space and channels: unfold, pixel_shuffle, pixel_unshuffle."""

from __future__ import annotations

from math import prod

from cnncalc.frameworks.rules import Framework
from cnncalc.geometry.axis import AxisRule
from cnncalc.geometry.resample import Nearest
from cnncalc.geometry.shape import Shape, Size
from cnncalc.geometry.window import Window
from cnncalc.layers.base import Layer, divided, product, require_map
from cnncalc.layers.fields import axes, kernel_field, padding_field, required_integer


class Unfold(Layer):
    """The values under each window position as channels, C times the size of the kernel; the positions remain
    a map.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Unfold.html, which numbers the positions
    in one axis
    """

    op = "unfold"
    foreign = ("im2col", "extract_patches", "extract_image_patches")
    kernel_in_name = True
    example = "unfold3x3: {padding: 1}"
    kernel = kernel_field(primary=True)
    stride = axes(1, "step of the window", short="s", foreign=("strides",))
    padding = padding_field()
    dilation = axes(1, "spacing of the window's positions", short="d", foreign=("dilation_rate", "rate"))

    def axes(self, shapes: tuple[Shape, ...], framework: Framework) -> tuple[AxisRule, ...]:
        shape = require_map(shapes, self.op)
        kernel = self.kernel.over(shape.rank, "kernel")
        stride = self.stride.over(shape.rank, "stride")
        dilation = self.dilation.over(shape.rank, "dilation")
        return tuple(
            map(framework.conv_window, kernel, stride, self.padding.over(kernel), dilation, shape.sizes)
        )

    def out_channels(self, shape: Shape) -> Size:
        return product((shape.channels, *self.kernel.over(shape.rank, "kernel")))


class PixelShuffle(Layer):
    """Channels to space: each group of r x r channels becomes an r times larger map.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.PixelShuffle.html
    """

    op = "pixel_shuffle"
    foreign = ("depth_to_space", "pixelshuffle", "subpixel", "sub_pixel")
    example = "pixel_shuffle: 2"
    factor = required_integer(
        "how much larger each axis becomes", primary=True, foreign=("upscale_factor", "scale", "block_size")
    )

    def axes(self, shapes: tuple[Shape, ...], framework: Framework) -> tuple[AxisRule, ...]:
        return (Nearest(self.factor),) * require_map(shapes, self.op).rank

    def out_channels(self, shape: Shape) -> Size:
        return divided(shape.channels, self.factor**shape.rank, "{} blocks of pixels")


class PixelUnshuffle(Layer):
    """Space to channels: each block of r x r positions becomes channels of one position.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.PixelUnshuffle.html
    """

    op = "pixel_unshuffle"
    foreign = ("space_to_depth", "pixelunshuffle", "reorg", "focus")
    example = "pixel_unshuffle: 2"
    factor = required_integer(
        "how much smaller each axis becomes",
        primary=True,
        foreign=("downscale_factor", "scale", "block_size"),
    )

    def axes(self, shapes: tuple[Shape, ...], framework: Framework) -> tuple[AxisRule, ...]:
        shape = require_map(shapes, self.op)
        for size in shape.sizes:
            divided(size, self.factor, "blocks of {}", of="positions along an axis")
        return (Window(self.factor, self.factor),) * shape.rank

    def out_channels(self, shape: Shape) -> Size:
        return product((shape.channels, prod((self.factor,) * shape.rank)))
