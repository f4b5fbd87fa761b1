"""The deformable convolution with the convolution that makes its offsets."""

from __future__ import annotations

from cnncalc.blocks.base import MakeLayer, Shorthand, implied_by
from cnncalc.layers import deformable
from cnncalc.layers.convolution import OUT_WORDS, Convolution
from cnncalc.layers.fields import Field, flag, integer, integer_or
from cnncalc.network.structure import Branch, Current, JoinBody, LayerBody, Part, SeriesBody, step_of


class DeformConv(Shorthand):
    """A convolution whose taps are moved by offsets, two numbers each (and a factor, where modulated), that a
    convolution of the same window makes.

    Source: Dai et al. 2017, Deformable Convolutional Networks, section 2.1; Zhu et al. 2019, section 3.2
    """

    op = "deform_conv"
    foreign = deformable.DeformConv.foreign
    kernel_in_name = True
    example = deformable.DeformConv.example
    out = integer("output channels", primary=True, foreign=OUT_WORDS)
    kernel = Convolution.fields["kernel"]
    stride = Convolution.fields["stride"]
    padding = Convolution.fields["padding"]
    dilation = Convolution.fields["dilation"]
    groups = integer_or(1, "groups of channels that do not mix", foreign=("group",))
    offset_groups = integer_or(
        1, "groups of channels with offsets of their own", foreign=("deform_groups", "deformable_groups")
    )
    modulated = flag(False, "also a factor per tap (version 2)", foreign=("use_mask", "mask"))
    bias = Convolution.fields["bias"]
    learned = Convolution.fields["learned"]
    norm: Field[Part | None] = Convolution.fields["norm"]
    act: Field[Part | None] = Convolution.fields["act"]

    def expand(self, make: MakeLayer) -> tuple[Part, ...]:
        window = self.given_of("kernel", "stride", "padding", "dilation")
        own = {**implied_by(self.given.get("norm")), **self.given_of("out", "groups", "bias", "learned")}
        layer = deformable.DeformConv(**window, **own)
        offsets = deformable.OffsetConv(**window, **self.given_of("offset_groups", "modulated", "learned"))
        part = Part(f"conv{self.kernel}", LayerBody(offsets))
        branch = Branch("offset", SeriesBody((step_of((part,)),)))
        join = JoinBody(self.op, layer, (Current(), branch))
        after = (self.given.get("norm"), self.given.get("act"))
        return (Part(self.op, join), *[part for part in after if part])
