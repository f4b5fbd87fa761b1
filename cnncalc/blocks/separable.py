"""The depthwise separable convolution: depthwise, then pointwise."""

from __future__ import annotations

from cnncalc.blocks.base import POINTWISE, MakeLayer, Shorthand, implied_by
from cnncalc.layers.convolution import Convolution
from cnncalc.layers.fields import integer, integer_or
from cnncalc.network.structure import Part, SeriesBody, step_of


class Separable(Shorthand):
    """A depthwise convolution and a 1x1 convolution after it, each with a bias; Keras' SeparableConv2D, whose
    first one has none, is `depthwise` with `bias: false` and `conv1x1`.

    Source: Chollet 2017, Xception; Howard et al. 2017, MobileNets
    """

    op = "separable"
    foreign = ("separable_conv", "sepconv", "separableconv", "depthwise_separable")
    kernel_in_name = True
    example = "separable3x3: {out: 64, padding: 1}"
    out = integer("output channels", primary=True, foreign=("filters", "out_channels", "num_output"))
    kernel = Convolution.fields["kernel"]
    stride = Convolution.fields["stride"]
    padding = Convolution.fields["padding"]
    dilation = Convolution.fields["dilation"]
    mult = integer_or(1, "depthwise outputs per input channel", foreign=("depth_multiplier",))
    bias = Convolution.fields["bias"]
    learned = Convolution.fields["learned"]
    norm = Convolution.fields["norm"]
    act = Convolution.fields["act"]

    def expand(self, make: MakeLayer) -> tuple[Part, ...]:
        window = self.given_of("kernel", "stride", "padding", "dilation", "mult", "bias", "learned")
        depthwise = make("depthwise", f"depthwise{self.kernel}", implied_by(self.given.get("norm")), **window)
        label = "conv" + "x".join("1" * len(self.kernel.values))
        pointwise = make("conv", label, **POINTWISE, **self.given_of("out", "bias", "learned", "norm", "act"))
        steps = (step_of(depthwise), step_of(pointwise[:1]))
        return (Part(self.op, SeriesBody(steps)), *pointwise[1:])
