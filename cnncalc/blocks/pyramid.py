"""Pyramids of pools: spp, whose bins make one vector, and ppm, whose bins are resized to maps."""

from __future__ import annotations

from cnncalc.blocks.base import POINTWISE, MakeLayer, Shorthand
from cnncalc.geometry.pyramid import MODES
from cnncalc.layers.convolution import Convolution
from cnncalc.layers.fields import PerAxis, choice, integer, integers
from cnncalc.layers.join import Concat
from cnncalc.layers.linear import Flatten
from cnncalc.layers.resampling import UpsampleTo
from cnncalc.network.structure import (
    Body,
    Branch,
    Current,
    Entry,
    JoinBody,
    LayerBody,
    Part,
    SeriesBody,
    step_of,
)


class SpatialPyramidPooling(Shorthand):
    """Pools to n x n bins for each level n, flattened into one vector whose length does not depend on the
    map's size.

    Source: He et al. 2014, Spatial Pyramid Pooling in Deep Convolutional Networks, section 2.2
    """

    op = "spp"
    foreign = ("spatial_pyramid_pooling", "spatialpyramidpooling", "spp_layer")
    example = "spp: {levels: [4, 2, 1], mode: adaptive}"
    levels = integers("bins per axis of each level", primary=True)
    mode = choice(
        "paper", MODES, "rule for the windows: the paper's does not always give the number of bins asked for"
    )
    kind = choice("max", ("max", "avg"), "what a bin holds", foreign=("pool", "pooling"))

    def body(self, make: MakeLayer) -> Body:
        first = {bins: number for number, bins in reversed(tuple(enumerate(self.levels)))}
        names = (
            f"level_{bins}" if first[bins] == number else f"level_{bins}_{number + 1}"
            for number, bins in enumerate(self.levels)
        )
        return JoinBody(
            self.op,
            Concat(),
            tuple(self._level(name, bins, make) for name, bins in zip(names, self.levels, strict=True)),
        )

    def _level(self, name: str, bins: int, make: MakeLayer) -> Branch:
        pool = make("spp_level", bins=bins, mode=self.mode, kind=self.kind)
        flatten = (Part("flatten", LayerBody(Flatten())),)
        return Branch(name, SeriesBody((step_of(pool), step_of(flatten))))


class PyramidPooling(Shorthand):
    """The pyramid pooling module: the map joined with its own pools to few bins, each reduced by a 1x1 and
    resized back.

    Source: Zhao et al. 2017, Pyramid Scene Parsing Network, section 3.2
    """

    op = "ppm"
    foreign = ("pyramid_pooling", "pyramid_pooling_module", "psp")
    example = "ppm: {bins: [1, 2, 3, 6], out: 512, norm: bn, act: relu}"
    bins = integers("bins per axis of each pool", primary=True)
    out = integer("channels of each 1x1 convolution", foreign=("filters", "out_channels"))
    kind = choice("avg", ("avg", "max"), "what a bin holds")
    mode = choice("bilinear", ("bilinear", "nearest"), "interpolation of the bins")
    bias = Convolution.fields["bias"]
    norm = Convolution.fields["norm"]
    act = Convolution.fields["act"]

    def body(self, make: MakeLayer) -> Body:
        return JoinBody(self.op, Concat(), (Current(), *(self._pool(bins, make) for bins in self.bins)))

    def _pool(self, bins: int, make: MakeLayer) -> Branch:
        pool = make(f"adaptive_{self.kind}pool", out=PerAxis((bins,)))
        conv = make("conv", "conv1x1", **POINTWISE, **self.given_of("out", "bias", "norm", "act"))
        resize = (Part("upsample_to", LayerBody(UpsampleTo(target="", mode=self.mode), (Entry(),))),)
        return Branch(f"bins_{bins}", SeriesBody((step_of(pool), step_of(conv), step_of(resize))))
