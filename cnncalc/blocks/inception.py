"""The Inception module: parallel kernels, each after an optional 1x1 reduction, and a pool with an optional
projection.
"""

from __future__ import annotations

from typing import Any

from cnncalc.blocks.base import UNIT_STEPS, MakeLayer, Shorthand, Widths
from cnncalc.errors import Fault
from cnncalc.layers.convolution import Convolution
from cnncalc.layers.fields import Field, Padding, PerAxis
from cnncalc.layers.join import Concat
from cnncalc.network.structure import Body, Branch, JoinBody, SeriesBody, Step, Steps, step_of


class Inception(Shorthand):
    """The concatenation of convolutions of several kernels and a 3x3/1 max pool, all keeping the map's size.

    Source: Szegedy et al. 2015, Going Deeper with Convolutions, figure 2
    """

    op = "inception"
    foreign = ("inception_module", "mixed", "inceptionblock")
    kernel_keys = True
    example = "inception: {1x1: 64, 3x3: [96, 128], 5x5: [16, 32], pool: 32}"
    pool = Field[Any]("pool_width", doc="channels of the pool's projection, or true for none")
    bias = Convolution.fields["bias"]
    norm = Convolution.fields["norm"]
    act = Convolution.fields["act"]

    def check(self) -> None:
        if not self.widths:
            raise Fault("E106", "inception has no branches", f"for instance `{self.example}`")

    def body(self, make: MakeLayer) -> Body:
        return JoinBody(
            self.op,
            Concat(),
            tuple(Branch(width.key, SeriesBody(self._branch(width, make))) for width in self.widths),
        )

    def _branch(self, width: Widths, make: MakeLayer) -> Steps:
        if width.kernel is None:
            return self._pool_branch(width, make)
        if width.reduce is None:
            return (self._conv(width.kernel, width.out, make),)
        point = PerAxis((1,) * len(width.kernel.values))
        return (self._conv(point, width.reduce, make), self._conv(width.kernel, width.out, make))

    def _pool_branch(self, width: Widths, make: MakeLayer) -> Steps:
        rank = len(self.widths[0].kernel.values) if self.widths[0].kernel else 2
        window = PerAxis((3,) * rank)
        pool = step_of(
            make(
                "maxpool", f"maxpool{window}", kernel=window, stride=PerAxis((1,)), padding=Padding(((1, 1),))
            )
        )
        return (pool,) if width.out is None else (pool, self._conv(PerAxis((1,) * rank), width.out, make))

    def _conv(self, kernel: PerAxis, out: int | None, make: MakeLayer) -> Step:
        keeping = Padding(tuple(((k - 1) // 2, k // 2) for k in kernel.values))
        own = self.given_of("bias", "norm", "act")
        return step_of(
            make("conv", f"conv{kernel}", kernel=kernel, out=out, padding=keeping, **UNIT_STEPS, **own)
        )
