"""The escape hatch: custom, an operation that says itself what it costs."""

from __future__ import annotations

from cnncalc.frameworks.rules import Framework
from cnncalc.geometry.axis import AxisRule
from cnncalc.geometry.shape import Shape, Size
from cnncalc.layers.base import Layer, Params
from cnncalc.layers.convolution import OUT_WORDS
from cnncalc.layers.fields import axes, integer, padding_field


class Custom(Layer):
    """What the vocabulary lacks: a window, output channels (those of the input where absent), parameters and
    MACs as stated.
    """

    op = "custom"
    foreign = ("lambda", "function", "module")
    example = "custom: {kernel: 3, padding: 1, params: 1234, macs: 0}"
    kernel = axes(1, "window size", short="k", foreign=("kernel_size",))
    stride = axes(1, "step of the window", short="s", foreign=("strides",))
    padding = padding_field()
    out = integer("output channels", foreign=OUT_WORDS)
    params_stated = integer("learnable parameters; unknown where absent", minimum=0, spec_name="params")
    macs_stated = integer("multiply-accumulates; unknown where absent", minimum=0, spec_name="macs")

    def axes(self, shapes: tuple[Shape, ...], framework: Framework) -> tuple[AxisRule, ...]:
        rank = shapes[0].rank
        kernel = self.kernel.over(rank, "kernel")
        stride = self.stride.over(rank, "stride")
        return tuple(
            map(
                framework.conv_window, kernel, stride, self.padding.over(kernel), (1,) * rank, shapes[0].sizes
            )
        )

    def out_channels(self, shape: Shape) -> Size:
        return shape.channels if self.out is None else self.out

    def params(self, shape: Shape, framework: Framework) -> Params:
        return Params(self.params_stated)

    def macs(self, shape: Shape, output: Shape) -> Size:
        return self.macs_stated

    def missing(self) -> str | None:
        absent = [
            name
            for name, value in (("params", self.params_stated), ("macs", self.macs_stated))
            if value is None
        ]
        return f"says no {' and no '.join(f'`{name}`' for name in absent)}" if absent else None
