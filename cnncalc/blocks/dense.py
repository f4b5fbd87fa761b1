"""The dense block: each copy of a body reads the concatenation of everything before it."""

from __future__ import annotations

from typing import Any

from cnncalc.blocks.base import MakeLayer, Shorthand
from cnncalc.layers.fields import Field
from cnncalc.layers.join import Concat
from cnncalc.network.structure import Body, Branch, Current, JoinBody, Part, SeriesBody, Step, Steps


class DenseBlock(Shorthand):
    """Copies of a body, each of which reads the channels of the input and of all copies before; all are in
    the output.

    Each copy joins its output to what it read, so n copies cost n joins.
    Source: Huang et al. 2017, Densely Connected Convolutional Networks, equation 2
    """

    op = "dense_block"
    foreign = ("dense_layer", "denseblock")
    example = "dense_block: {repeat: 6, body: [bn, relu, conv3x3: {out: 32, padding: 1, bias: false}]}"
    repeat = Field[int](
        "int", doc="number of copies", required=True, minimum=0, foreign=("n", "num_layers", "layers")
    )
    copies = Field[Any](
        "copies", doc="the layers of a copy; `i` is its index", required=True, spec_name="body"
    )

    def body(self, make: MakeLayer) -> Body:
        if not self.copies:
            return JoinBody(self.op, Concat(), (Current(),))
        *before, last = self.copies
        lead = tuple(_gathering(number, copy) for number, copy in enumerate(before))
        return JoinBody(
            self.op, Concat(), (Current(), Branch(f"body[{len(before)}]", SeriesBody(last))), lead
        )


def _gathering(number: int, copy: Steps) -> Step:
    """One copy joined to what it reads."""
    join = JoinBody("concat", Concat(), (Current(), Branch("", SeriesBody(copy))))
    return Step(((Part("body", join),),), f"body[{number}]", labels=("body",))
