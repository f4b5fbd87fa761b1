"""Making one tensor of several: concat, add, mul."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from cnncalc.errors import Fault
from cnncalc.geometry.shape import Shape, Size, common_sizes
from cnncalc.layers.base import Layer


class _Join(Layer):
    is_join = True
    ways_out: ClassVar[Mapping[str, str]] = {
        "sizes": "stride, pad or crop the branches alike, or bring one to the other's "
        "size with `upsample_to` or `crop_to`",
        "channels": "give the branches the same `out`",
    }
    """What to do where the inputs differ, by what differs."""

    def _agreed(self, values: tuple[Size, ...], shapes: tuple[Shape, ...], what: str = "sizes") -> Size:
        """The value that all known ones share."""
        known = {value for value in values if value is not None}
        if len(known) > 1:
            raise Fault("E303", f"cannot join {_listed(shapes)}: {what} differ", self.ways_out[what])
        return known.pop() if known else None


class Concat(_Join):
    """The channels of all inputs one after another; the spatial sizes must agree."""

    op = "concat"
    foreign = ("cat", "concatenate", "route", "merge", "depthconcat")
    example = "concat: [stem, prev]"

    def combine(self, shapes: tuple[Shape, ...]) -> Shape:
        _same_rank(shapes)
        sizes = tuple(
            self._agreed(axis, shapes) for axis in zip(*(shape.sizes for shape in shapes), strict=True)
        )
        channels = [shape.channels for shape in shapes]
        return Shape(None if None in channels else sum(filter(None, channels)), sizes)


class _Elementwise(_Join):
    """Same shapes, or inputs whose spatial sizes are all 1 spread over the others' maps."""

    def combine(self, shapes: tuple[Shape, ...]) -> Shape:
        maps = tuple(shape for shape in shapes if not shape.is_point) or _largest_rank(shapes)
        _same_rank(maps)
        certain = tuple(shape for shape in maps if not _may_be_point(shape)) or (
            Shape(None, common_sizes(maps)),
        )
        sizes = tuple(
            self._agreed(axis, shapes) for axis in zip(*(shape.sizes for shape in certain), strict=True)
        )
        return Shape(self._agreed(tuple(shape.channels for shape in shapes), shapes, "channels"), sizes)


class Add(_Elementwise):
    """The sum, element by element."""

    op = "add"
    foreign = ("sum", "eltwise", "plus", "shortcut")
    example = "add: [stem, prev]"


class Mul(_Elementwise):
    """The product, element by element: gates such as squeeze-and-excitation."""

    op = "mul"
    foreign = ("multiply", "times", "prod", "gate")
    example = "mul: {gate: [global_avgpool, conv1x1: 64, sigmoid], map: []}"


def _may_be_point(shape: Shape) -> bool:
    """Whether a map may turn out to be spread over the others, and so says nothing of their size."""
    return None in shape.sizes and all(size in (1, None) for size in shape.sizes)


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
