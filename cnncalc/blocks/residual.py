"""The residual connection: a body added to a shortcut."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, ClassVar, NamedTuple

from cnncalc.blocks.base import MakeLayer, Shorthand
from cnncalc.errors import Fault
from cnncalc.frameworks.rules import Framework
from cnncalc.geometry.axis import AxisRule, Unlaid
from cnncalc.geometry.shape import Shape, Size
from cnncalc.layers.base import Adapter, Layer
from cnncalc.layers.convolution import Conv
from cnncalc.layers.fields import Field, PerAxis
from cnncalc.layers.join import Add
from cnncalc.layers.normalization import BatchNorm
from cnncalc.network.structure import (
    AdapterBody,
    Body,
    Branch,
    Current,
    JoinBody,
    LayerBody,
    Part,
    SeriesBody,
)

PROJECT = "project"


class Projected(NamedTuple):
    """What a projection has besides its convolution."""

    bias: bool = False
    norm: Part | None = Part("bn", LayerBody(BatchNorm()))


class Residual(Shorthand):
    """The sum of a body and a shortcut: the input itself, a projection where shapes differ, or given layers.

    Source: He et al. 2016, Deep Residual Learning, section 3.3 (options A to C)
    """

    op = "residual"
    foreign = ("res", "resblock", "skip_connection", "residual_block")
    example = "residual: {body: [conv3x3: {out: 64, padding: 1}], shortcut: project}"
    layers = Field[Any]("steps", doc="the layers of the body", required=True, primary=True, spec_name="body")
    shortcut = Field[Any](
        "shortcut",
        "identity",
        doc=(
            "`identity`, a list of layers, or `project`: where shapes differ a strided 1x1 conv "
            "without bias and a bn, whatever norm the body has; "
            "`{project: {bias: true, norm: none}}` changes that"
        ),
        choices=("identity", PROJECT),
        foreign=("skip", "downsample"),
    )

    def body(self, make: MakeLayer) -> Body:
        body = Branch("", SeriesBody(self.layers))
        if self.shortcut == "identity":
            return JoinBody(self.op, _SumWithIdentity(), (body, Current()))
        projected = Projected() if self.shortcut == PROJECT else self.shortcut
        if isinstance(projected, Projected):
            shortcut = Branch("shortcut", AdapterBody(Projection(projected)))
            return JoinBody(self.op, _SumWithProjection(), (body, shortcut))
        return JoinBody(self.op, Add(), (body, Branch("shortcut", SeriesBody(self.shortcut))))


class _SumWithIdentity(Add):
    ways_out: ClassVar[Mapping[str, str]] = {
        "sizes": (
            "pad the body's windows so that they keep the size; "
            "where the body has a stride, use `shortcut: project`"
        ),
        "channels": "give the body's last layer the channels of the input, or use `shortcut: project`",
    }


class _SumWithProjection(Add):
    ways_out: ClassVar[Mapping[str, str]] = {
        "sizes": (
            "`project` has the stride of the body but does not crop: "
            "pad the body's windows, or write the shortcut as a list"
        ),
    }


class Projection(Adapter):
    """The identity where shapes agree, else a strided 1x1 convolution and its normalization.

    Where a stride is unknown because a size is, the positions that the convolution reads are unknown too; its
    weights are known.
    """

    def __init__(self, projected: Projected = Projected()) -> None:  # noqa: B008
        self.projected = projected

    def layers(
        self, source: Shape, target: Shape, steps: tuple[Fraction | None, ...]
    ) -> tuple[tuple[str, Layer], ...]:
        keeps = all(step in (1, None) for step in steps)
        if source == target and keeps and (target.known or None not in steps):
            return ()
        if source.rank != target.rank:
            raise Fault(
                "E303",
                f"no projection of {source} to {target}: the numbers of axes differ",
                "let the body's output be a map as well",
            )
        if target.channels is None:
            raise Fault(
                "E303",
                "the shortcut cannot be projected: the body's channels are unknown",
                "give the body's last layer an `out`",
            )
        stride = tuple(map(_stride, steps, source.sizes, target.sizes))
        whole = tuple(step for step in stride if step is not None)
        point = {"kernel": PerAxis((1,)), "out": target.channels, "bias": self.projected.bias}
        if len(whole) == source.rank:
            conv: Conv = Conv(stride=PerAxis(whole), **point)
        elif keeps and source.channels in (target.channels, None):
            raise Fault(
                "E303",
                "whether the shortcut needs a projection is unknown: the body's stride "
                "depends on the input size",
                "give the input's size, or write the shortcut as `identity` or a list of layers",
            )
        else:
            conv = _ConvTo(sizes=target.sizes, **point)
        label = "conv" + "x".join("1" * source.rank)
        norm = self.projected.norm
        if norm is None:
            return ((f"{label}_1", conv),)
        assert isinstance(norm.body, LayerBody)
        return ((f"{label}_1", conv), (f"{norm.label}_1", norm.body.layer))


class _ConvTo(Conv):
    """A 1x1 convolution to the sizes of a map, by a stride that is not known."""

    sizes = Field[tuple[Size, ...]]("sizes", (), doc="what comes out along each axis")

    def axes(self, shapes: tuple[Shape, ...], framework: Framework) -> tuple[AxisRule, ...]:
        return tuple(map(Unlaid, self.sizes))


def _stride(step: Fraction | None, source: Size, target: Size) -> int | None:
    """The stride of the projection along one axis; ``None`` where it needs a size that is not known."""
    if step is None and (source is None or target is None):
        return None
    if step is None and source == target:
        return 1
    if step is None or step < 1 or step.denominator != 1:
        found = "the body has no stride" if step is None else f"the body's stride is {step}"
        raise Fault(
            "E303", f"the shortcut cannot be projected: {found}", "write the shortcut as a list of layers"
        )
    return int(step)
