"""Pooling with a sliding window: maxpool, avgpool, lppool."""

from __future__ import annotations

from cnncalc.frameworks import Framework, default_in_words
from cnncalc.geometry.axis import AxisRule
from cnncalc.geometry.shape import Shape
from cnncalc.layers.base import Layer, require_map
from cnncalc.layers.fields import (
    axes,
    framework_flag,
    kernel_field,
    number,
    optional_axes,
    padding_field,
    yes_or_no,
)


class Pool(Layer):
    """The arguments and the window that all sliding pools share."""

    kernel_in_name = True
    kernel = kernel_field(primary=True)
    stride = optional_axes(
        "step of the window",
        short="s",
        foreign=("strides",),
        shown_default=default_in_words(lambda rules: "the kernel" if rules.pool_stride_is_kernel else "1"),
    )
    padding = padding_field()
    dilation = axes(1, "spacing of the window's positions", short="d", foreign=("dilation_rate", "dilations"))
    ceil = framework_flag(
        "round the number of windows up",
        default_in_words(lambda rules: yes_or_no(rules.pool_rounds_up)),
        foreign=("ceil_mode", "round_mode"),
    )

    def axes(self, shapes: tuple[Shape, ...], framework: Framework) -> tuple[AxisRule, ...]:
        shape = require_map(shapes, self.op)
        kernel = self.kernel.over(shape.rank, "kernel")
        stride = (None,) * shape.rank if self.stride is None else self.stride.over(shape.rank, "stride")
        dilation = self.dilation.over(shape.rank, "dilation")
        padding = self.padding.over(kernel)
        is_padded = self.padding.mode != "explicit" or any(map(any, self.padding.pairs))
        framework.check(self.op, padding=is_padded, dilation=set(dilation) != {1})
        return tuple(
            framework.pool_window(k, s, p, d, self.ceil, size, is_padded)
            for k, s, p, d, size in zip(kernel, stride, padding, dilation, shape.sizes, strict=True)
        )


class MaxPool(Pool):
    """The largest value under each window.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html
    """

    op = "maxpool"
    foreign = ("max_pool", "maxpooling", "max_pooling", "pooling", "pool", "maxpool2d")
    example = "maxpool3x3: {stride: 2, padding: 1}"


class AvgPool(Pool):
    """The mean under each window.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.AvgPool2d.html
    """

    op = "avgpool"
    foreign = ("avg_pool", "averagepooling", "average_pooling", "averagepool", "avepool", "meanpool")
    example = "avgpool2"

    def averages(self) -> bool:
        return True


class LpPool(Pool):
    """The p-norm of the values under each window.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LPPool2d.html, which takes neither padding
    nor dilation
    """

    op = "lppool"
    foreign = ("lp_pool", "lppooling", "l2pool", "powerpool")
    example = "lppool2: {power: 2}"
    power = number(2, "exponent of the norm", foreign=("norm_type",))
