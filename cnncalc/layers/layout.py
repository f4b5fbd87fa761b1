"""Axes laid out anew: squeeze."""

from __future__ import annotations

from cnncalc.errors import Fault
from cnncalc.geometry.arrangement import Arrangement, Dropped
from cnncalc.geometry.shape import Shape
from cnncalc.layers.base import Layer, require_map
from cnncalc.layers.fields import integer


class Squeeze(Layer):
    """Spatial axes of size 1 left out: all of them, or a given one.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.squeeze.html, of the spatial axes
    """

    op = "squeeze"
    foreign = ("drop_axis", "squeeze_axes")
    example = "squeeze"
    axis = integer(
        "the spatial axis to leave out, counted from 0; all of size 1 where absent",
        minimum=0,
        primary=True,
        foreign=("dim", "axes", "dims"),
    )

    def arrangement(self, shape: Shape) -> Arrangement:
        sizes = require_map((shape,), self.op).sizes
        if self.axis is None:
            if None in sizes:
                message = f"which axes of {shape} have size 1 is not known"
                raise Fault("E306", message, "name one: `squeeze: 0`, or give the input's size")
            return Dropped(sizes, frozenset(axis for axis, size in enumerate(sizes) if size == 1))
        if self.axis >= len(sizes):
            last = len(sizes) - 1
            raise Fault(
                "E304",
                f"there is no axis {self.axis}: {shape} has the spatial axes 0 to {last}",
                "axes are counted from 0, the channels apart",
            )
        if sizes[self.axis] not in (1, None):
            message = f"axis {self.axis} of {shape} has size {sizes[self.axis]}, only size 1 can be left out"
            raise Fault("E306", message, "pool it first: `global_avgpool`, or a pool of that kernel")
        return Dropped(sizes, frozenset([self.axis]))
