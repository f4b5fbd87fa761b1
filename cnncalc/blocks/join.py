"""Joins: concat and arithmetic of named branches, or of a list of names and branches."""

from __future__ import annotations

from typing import Any, ClassVar

from cnncalc.blocks.base import MakeLayer, Shorthand
from cnncalc.errors import Fault
from cnncalc.layers import join
from cnncalc.layers.base import Layer
from cnncalc.layers.fields import Field
from cnncalc.network.structure import Body, JoinBody


class Join(Shorthand):
    """Branches joined to one tensor."""

    joined_by: ClassVar[type[Layer]]
    branches = Field[Any](
        "branches",
        doc="named branches, or a list of names, `prev` and lists of layers",
        required=True,
        primary=True,
    )

    def check(self) -> None:
        if not self.branches:
            raise Fault("E106", f"{self.op} has nothing to join", f"for instance `{self.joined_by.example}`")

    def body(self, make: MakeLayer) -> Body:
        return JoinBody(self.op, self.joined_by(), self.branches)


class Concat(Join):
    """The channels of all branches in sequence."""

    op = "concat"
    foreign = join.Concat.foreign
    example = join.Concat.example
    joined_by = join.Concat


class Add(Join):
    """The sum of the branches, element by element; a branch whose spatial sizes are all 1 is spread over the
    map.
    """

    op = "add"
    foreign = join.Add.foreign
    example = join.Add.example
    joined_by = join.Add


class Sub(Join):
    """The first branch minus the others, element by element; an axis of size 1 is spread over the others."""

    op = "sub"
    foreign = join.Sub.foreign
    example = join.Sub.example
    joined_by = join.Sub


class Mul(Join):
    """The product of the branches, element by element; a branch whose spatial sizes are all 1 gates the
    map.
    """

    op = "mul"
    foreign = join.Mul.foreign
    example = join.Mul.example
    joined_by = join.Mul


class Div(Join):
    """The first branch divided by the others, element by element; an axis of size 1 is spread over the
    others.
    """

    op = "div"
    foreign = join.Div.foreign
    example = join.Div.example
    joined_by = join.Div


class Max(Join):
    """The largest of the branches, element by element; an axis of size 1 is spread over the others."""

    op = "max"
    foreign = join.Max.foreign
    example = join.Max.example
    joined_by = join.Max
