"""Lists of layers as one item: seq and head."""

from __future__ import annotations

from cnncalc.blocks.base import MakeLayer, Shorthand
from cnncalc.layers.fields import steps
from cnncalc.network.structure import Body, HeadBody, SeriesBody


class Seq(Shorthand):
    """Layers in sequence, under one name."""

    op = "seq"
    foreign = ("sequential", "sequence", "stack", "layers", "block")
    example = "seq: [conv3x3: 64, bn, relu]"
    layers = steps("the layers", primary=True)

    def body(self, make: MakeLayer) -> Body:
        return SeriesBody(self.layers)


class Head(Shorthand):
    """An extra output computed from the current tensor while the main path goes on."""

    op = "head"
    foreign = ("aux", "auxiliary", "side_output", "output")
    example = "head: [global_avgpool, linear: 10]"
    layers = steps("the layers", primary=True)

    def body(self, make: MakeLayer) -> Body:
        return HeadBody(self.layers)
