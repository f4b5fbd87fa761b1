"""Pooling to a fixed number of outputs: global and adaptive pools, levels of a pyramid, RoIs."""

from __future__ import annotations

from cnncalc.errors import Fault
from cnncalc.frameworks.rules import Framework
from cnncalc.geometry.axis import AxisRule, Unlaid
from cnncalc.geometry.pyramid import MODES, level, level_rule, shortfall
from cnncalc.geometry.resample import All, adaptive
from cnncalc.geometry.shape import Shape, Size
from cnncalc.layers.base import Layer, require_map
from cnncalc.layers.fields import choice, number, required_axes, required_integer


class GlobalPool(Layer):
    """One value per channel, computed from all positions; the axes remain, with size 1."""

    pools_all = True

    def axes(self, shapes: tuple[Shape, ...], framework: Framework) -> tuple[AxisRule, ...]:
        return (All(),) * require_map(shapes, self.op).rank


class GlobalAvgPool(GlobalPool):
    """The mean over all positions of each channel.

    Source: https://onnx.ai/onnx/operators/onnx__GlobalAveragePool.html
    """

    op = "global_avgpool"
    foreign = (
        "gap",
        "globalavgpool",
        "globalaveragepool",
        "globalaveragepooling",
        "global_avg_pool",
        "global_average_pooling",
    )
    example = "global_avgpool"


class GlobalMaxPool(GlobalPool):
    """The largest value over all positions of each channel.

    Source: https://onnx.ai/onnx/operators/onnx__GlobalMaxPool.html
    """

    op = "global_maxpool"
    foreign = ("gmp", "globalmaxpool", "globalmaxpooling", "global_max_pool", "global_max_pooling")
    example = "global_maxpool"


class GlobalLpPool(GlobalPool):
    """The p-norm over all positions of each channel.

    Source: https://onnx.ai/onnx/operators/onnx__GlobalLpPool.html
    """

    op = "global_lppool"
    foreign = ("globallppool", "global_lp_pool")
    example = "global_lppool: {power: 2}"
    power = number(2, "exponent of the norm", foreign=("p", "norm_type"))


class AdaptivePool(Layer):
    """Pooling to ``out`` bins per axis, whatever the input size; bins may differ by one in width and
    overlap.
    """

    out = required_axes("bins along each axis", primary=True, foreign=("output_size", "size", "bins"))

    def axes(self, shapes: tuple[Shape, ...], framework: Framework) -> tuple[AxisRule, ...]:
        shape = require_map(shapes, self.op)
        return tuple(map(adaptive, self.out.over(shape.rank, "out"), shape.sizes))


class AdaptiveAvgPool(AdaptivePool):
    """The mean of each bin.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveAvgPool2d.html
    """

    op = "adaptive_avgpool"
    foreign = ("adaptiveavgpool", "adaptive_avg_pool", "adaptive_average_pooling")
    example = "adaptive_avgpool: 7"

    def averages(self) -> bool:
        return True


class AdaptiveMaxPool(AdaptivePool):
    """The largest value of each bin.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.AdaptiveMaxPool2d.html
    """

    op = "adaptive_maxpool"
    foreign = ("adaptivemaxpool", "adaptive_max_pool", "adaptive_max_pooling")
    example = "adaptive_maxpool: [6, 6]"


class RoiPool(AdaptivePool):
    """Max pooling of a region of interest to a fixed number of bins; counted for the region that is the whole
    map.

    Source: Girshick 2015, Fast R-CNN, section 2.1: integer bins from floor to ceil, as in adaptive pooling
    """

    op = "roi_pool"
    foreign = ("roipool", "roi_pooling", "roipooling", "maxroipool", "roi_align")
    example = "roi_pool: {out: 7}"


class PyramidLevel(Layer):
    """One level of spatial pyramid pooling as a map of bins, by the rule of its mode.

    Source: He et al. 2014, section 2.2, and the other modes as geometry/pyramid.py gives them
    """

    op = "spp_level"
    foreign = ("spp_bins",)
    example = "spp_level: {bins: 4, mode: exact}"
    bins = required_integer(
        "number of bins along each axis", primary=True, foreign=("out", "level", "levels")
    )
    mode = choice("paper", MODES, "rule for the windows")
    kind = choice("max", ("max", "avg"), "value of a bin")

    def averages(self) -> bool:
        return self.kind == "avg"

    def axes(self, shapes: tuple[Shape, ...], framework: Framework) -> tuple[AxisRule, ...]:
        return tuple(map(self._axis, require_map(shapes, self.op).sizes))

    def _axis(self, size: Size) -> AxisRule:
        if self.bins == 1:
            return All()
        if size is None:
            return Unlaid(None if self.mode == "paper" else self.bins)
        return level_rule(self.mode, size, self.bins)

    def advice(self, shape: Shape) -> tuple[Fault, ...]:
        sizes = tuple(size for size in shape.sizes if size is not None)
        if self.bins == 1 or len(sizes) < shape.rank:
            return ()
        found = shortfall(tuple(level(self.mode, size, self.bins) for size in sizes))
        return () if found is None else (Fault("W501", *found),)
