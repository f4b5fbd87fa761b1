"""Axes laid out anew: squeeze, and maps as a line of tokens and back."""

from __future__ import annotations

from math import prod

from cnncalc.errors import Fault
from cnncalc.frameworks.rules import Framework
from cnncalc.geometry.arrangement import Arrangement, Dropped, InLine, InRows, Picked, Stated
from cnncalc.geometry.axis import NEEDS_SIZE
from cnncalc.geometry.shape import MOST_AXES, Shape, Size, product
from cnncalc.layers.base import Layer, Params, require_map
from cnncalc.layers.fields import integer, integer_or, integers
from cnncalc.support.numbers import by


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


class Tokens(Layer):
    """The positions of a map one behind the other, row by row, after ``extra`` learned ones (class tokens).

    Source: Dosovitskiy et al. 2021, An Image is Worth 16x16 Words, section 3.1
    """

    op = "tokens"
    foreign = ("patches_to_tokens", "to_tokens", "flatten_positions", "sequence_of")
    example = "tokens: {extra: 1}"
    extra = integer_or(0, "learned tokens before them", minimum=0, foreign=("class_tokens", "cls", "prefix"))

    def arrangement(self, shape: Shape) -> Arrangement:
        return InLine(require_map((shape,), self.op).sizes, self.extra)

    def params(self, shape: Shape, framework: Framework) -> Params:
        return Params(product((self.extra, shape.channels)) if self.extra else 0)


class ToMap(Layer):
    """A line of tokens, or the numbers of a vector, as a map; ``extra`` tokens before it are left out.

    Source: Radford et al. 2016, Unsupervised Representation Learning with DCGAN, figure 1, of vectors
    """

    op = "to_map"
    foreign = ("tomap", "tokens_to_map", "unflatten_positions")
    example = "to_map: [8, 18]"
    size = integers("the sizes of the map", primary=True)
    extra = integer_or(0, "tokens at the beginning that are left out", minimum=0)

    def check(self) -> None:
        if len(self.size) > MOST_AXES:
            raise Fault(
                "E109", f"{len(self.size)} axes are more than a map has, {MOST_AXES}", "for instance [14, 14]"
            )

    def combine(self, shapes: tuple[Shape, ...]) -> Shape:
        if not shapes[0].rank:
            return self._of_vector(shapes[0])
        shape, count = _line(self.op, shapes), prod(self.size) + self.extra
        if shape.sizes[0] not in (count, None):
            left = f" and {self.extra} left out" if self.extra else ""
            message = f"{by(self.size)} positions{left} are {count}, {shape} has {shape.sizes[0]}"
            raise Fault("E306", message, "the positions of the map and the tokens are as many")
        return shape

    def _of_vector(self, shape: Shape) -> Shape:
        count = prod(self.size)
        if self.extra:
            message = f"a vector of {shape} has no tokens that could be left out"
            raise Fault("E306", message, "leave `extra` out")
        if shape.channels is not None and shape.channels % count != 0:
            message = f"{shape} numbers do not fill a map of {by(self.size)} positions, {count} at a time"
            raise Fault("E306", message, "channels times positions are the numbers of the vector")
        return shape

    def arrangement(self, shape: Shape) -> Arrangement:
        return InRows(self.size, self.extra)

    def out_channels(self, shape: Shape) -> Size:
        if shape.rank or shape.channels is None:
            return shape.channels
        return shape.channels // prod(self.size)


class Token(Layer):
    """One position of a line as a vector, such as the class token.

    Source: Dosovitskiy et al. 2021, An Image is Worth 16x16 Words, equation 4
    """

    op = "token"
    foreign = ("take_token", "cls_token", "select", "class_token")
    example = "token: 0"
    place = integer_or(
        0,
        "which one, counted from 0; -1 is the last one",
        minimum=-1,
        primary=True,
        foreign=("index", "position"),
    )

    def combine(self, shapes: tuple[Shape, ...]) -> Shape:
        shape = _line(self.op, shapes)
        size = shape.sizes[0]
        if size is not None and self.place >= size:
            help = "tokens are counted from 0; the last one is -1"
            raise Fault("E306", f"there is no token {self.place} among {size}", help)
        return shape

    def arrangement(self, shape: Shape) -> Arrangement:
        size = shape.sizes[0]
        if self.place >= 0:
            return Picked(self.place)
        return Stated((), False, NEEDS_SIZE) if size is None else Picked(size + self.place)


def _line(op: str, shapes: tuple[Shape, ...]) -> Shape:
    shape = shapes[0]
    if shape.rank != 1:
        help = "put `tokens` before it" if shape.rank else None
        raise Fault("E306", f"{op} works on positions along one axis, its input is {shape}", help)
    return shape
