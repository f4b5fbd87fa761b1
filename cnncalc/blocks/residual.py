"""The residual connection: a body added to a shortcut."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from cnncalc.blocks.base import MakeLayer, Shorthand
from cnncalc.errors import Fault
from cnncalc.geometry.shape import Shape
from cnncalc.layers.base import Adapter, Layer
from cnncalc.layers.convolution import Conv
from cnncalc.layers.fields import Field, PerAxis
from cnncalc.layers.join import Add
from cnncalc.layers.normalization import BatchNorm
from cnncalc.network.structure import AdapterBody, Body, Branch, Current, JoinBody, SeriesBody


class Residual(Shorthand):
    """The sum of a body and a shortcut: the input itself, a projection where shapes differ, or layers of one's own.

    Source: He et al. 2016, Deep Residual Learning, section 3.3 (options A to C)
    """

    op = "residual"
    foreign = ("res", "resblock", "skip_connection", "residual_block")
    example = "residual: {body: [conv3x3: {out: 64, padding: 1}], shortcut: project}"
    layers = Field[Any]("steps", doc="the layers of the body", required=True, primary=True, spec_name="body")
    shortcut = Field[Any]("shortcut", "identity", doc="`identity`, `project` or a list of layers", foreign=("skip", "downsample"))

    def body(self, make: MakeLayer) -> Body:
        branches: list[Branch | Current] = [Branch("", SeriesBody(self.layers))]
        if self.shortcut == "identity":
            branches.append(Current())
        elif self.shortcut == "project":
            branches.append(Branch("shortcut", AdapterBody(Projection())))
        else:
            branches.append(Branch("shortcut", SeriesBody(self.shortcut)))
        return JoinBody(self.op, Add(), tuple(branches))


class Projection(Adapter):
    """The identity where shapes agree, else a bias-free strided 1x1 convolution and batch normalisation."""

    def layers(self, source: Shape, target: Shape, steps: tuple[Fraction | None, ...]) -> tuple[tuple[str, Layer], ...]:
        if source == target and all(step in (1, None) for step in steps):
            return ()
        if source.rank != target.rank:
            raise Fault(
                "E303", f"no projection of {source} to {target}: the numbers of axes differ", "the body must keep a map a map"
            )
        if target.channels is None:
            raise Fault(
                "E303", "the shortcut cannot be projected: the body's channels are unknown", "give its last layer an `out`"
            )
        stride = tuple(map(_whole_step, steps))
        label = "conv" + "x".join("1" * source.rank)
        conv = Conv(kernel=PerAxis((1,)), stride=PerAxis(stride), out=target.channels, bias=False)
        return ((f"{label}_1", conv), ("bn_1", BatchNorm()))


def _whole_step(step: Fraction | None) -> int:
    if step is None:
        return 1
    if step < 1 or step.denominator != 1:
        raise Fault(
            "E303", f"the shortcut cannot be projected: the body's stride is {step}", "write the shortcut as a list of layers"
        )
    return int(step)
