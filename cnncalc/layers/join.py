"""Joining several tensors: concat and element-wise arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from cnncalc.errors import Fault
from cnncalc.geometry.shape import Shape, Size
from cnncalc.layers.base import Layer


class _Join(Layer):
    is_join = True
    ways_out: ClassVar[Mapping[str, str]] = {
        "sizes": "stride, pad or crop the branches alike, or bring one to the other's "
        "size with `upsample_to` or `crop_to`",
    }
    """What to do where the inputs differ, by what differs; of channels the network tells."""

    def _agreed(self, values: tuple[Size, ...], shapes: tuple[Shape, ...], what: str = "sizes") -> Size:
        """The value that all known ones share."""
        known = {value for value in values if value is not None}
        if len(known) > 1:
            raise Fault("E303", f"cannot join {_listed(shapes)}: {what} differ", self.ways_out.get(what))
        return known.pop() if known else None


class Concat(_Join):
    """The channels of all inputs in sequence; the spatial sizes must agree."""

    op = "concat"
    concatenates = True
    foreign = ("cat", "concatenate", "route", "merge", "depthconcat")
    example = "concat: [stem, prev]"

    def combine(self, shapes: tuple[Shape, ...]) -> Shape:
        _same_rank(shapes)
        sizes = tuple(
            self._agreed(axis, shapes) for axis in zip(*(shape.sizes for shape in shapes), strict=True)
        )
        channels = [shape.channels for shape in shapes]
        return Shape(None if None in channels else sum(filter(None, channels)), sizes)

    def passed(self, shapes: tuple[Shape, ...], bounded: tuple[bool, ...]) -> tuple[float, ...]:
        counts = [1 if shape.channels is None else shape.channels for shape in shapes]
        return tuple([count / sum(counts) for count in counts])


class _Elementwise(_Join):
    """Same shapes, or inputs of which an axis of size 1, or a single channel, is spread over the others'.

    Source: https://docs.pytorch.org/docs/stable/notes/broadcasting.html
    """

    in_place = True

    def combine(self, shapes: tuple[Shape, ...]) -> Shape:
        maps = tuple(shape for shape in shapes if not shape.is_point) or _largest_rank(shapes)
        _same_rank(maps)
        sizes = tuple(
            self._spread(axis, shapes, "sizes") for axis in zip(*(shape.sizes for shape in maps), strict=True)
        )
        return Shape(self._spread(tuple(shape.channels for shape in shapes), shapes, "channels"), sizes)

    def _spread(self, values: tuple[Size, ...], shapes: tuple[Shape, ...], what: str) -> Size:
        """The value along one axis, over which every 1 is spread."""
        wide = tuple(value for value in values if value != 1)
        return self._agreed(wide, shapes, what) if wide else 1


class Add(_Elementwise):
    """The sum, element by element."""

    op = "add"
    foreign = ("sum", "eltwise", "plus", "shortcut")
    example = "add: [stem, prev]"


class Sub(_Elementwise):
    """The first input minus the others, element by element."""

    op = "sub"
    foreign = ("subtract", "minus", "difference")
    example = "sub: [stem, prev]"


class Mul(_Elementwise):
    """The product, element by element: gates such as squeeze-and-excitation."""

    multiplies = True

    op = "mul"
    foreign = ("multiply", "times", "prod", "gate")
    example = "mul: {gate: [global_avgpool, conv1x1: 64, sigmoid], map: []}"

    def passed(self, shapes: tuple[Shape, ...], bounded: tuple[bool, ...]) -> tuple[float, ...]:
        return tuple([float(all(bounded) or not one) for one in bounded])


class Div(_Elementwise):
    """The first input divided by the others, element by element."""

    multiplies = True

    op = "div"
    foreign = ("divide", "quotient", "true_divide")
    example = "div: [stem, prev]"


class Max(_Elementwise):
    """The largest of the inputs, element by element."""

    op = "max"
    foreign = ("maximum", "elementwise_max")
    example = "max: [stem, prev]"

    def passed(self, shapes: tuple[Shape, ...], bounded: tuple[bool, ...]) -> tuple[float, ...]:
        return (1 / len(shapes),) * len(shapes)


def _largest_rank(shapes: tuple[Shape, ...]) -> tuple[Shape, ...]:
    rank = max(shape.rank for shape in shapes)
    return tuple(shape for shape in shapes if shape.rank == rank)


def _same_rank(shapes: tuple[Shape, ...]) -> None:
    if len({shape.rank for shape in shapes}) > 1:
        raise Fault(
            "E303",
            f"cannot join {_listed(shapes)}: the numbers of axes differ",
            "flatten the maps, or pool them to 1x1",
        )


def _listed(shapes: tuple[Shape, ...]) -> str:
    return " and ".join(map(str, shapes)) if len(shapes) < 4 else f"{shapes[0]}, {shapes[1]} ... {shapes[-1]}"
