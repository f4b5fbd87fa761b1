"""How a tensor of PyTorch lies over a map of the spec: every dimension as factors of the map's axes, so that
reshapes and permutations are arithmetic and cost no operation.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod
from typing import NamedTuple

CHANNELS = 0
"""The axis of the channels; the spatial axes are 1, 2, ..."""
COPIES = -1
"""No axis of the map: the same values again, as ``expand`` makes them."""


class Unfit(Exception):
    """An arrangement that factors cannot say."""


class Factor(NamedTuple):
    """A digit of an index along an axis of the map: ``size`` steps of ``stride``."""

    axis: int
    stride: int
    size: int


Dim = tuple[Factor, ...]
"""One dimension of a tensor, the slowest factor first; none where its size is 1."""


class View(NamedTuple):
    """A tensor as a part of a map in some arrangement."""

    node: str
    """The item whose output it shows."""
    dims: tuple[Dim, ...]
    offsets: tuple[int, ...]
    """The first index along each axis of the map."""
    rolls: tuple[int, ...] = ()
    """By how much each axis is moved cyclically; empty for none."""
    pads: tuple[tuple[int, int], ...] = ()
    """A border of zeros around each dimension that no operation has taken up yet; empty for none."""
    other_pads: tuple[tuple[int, int], ...] = ()
    """The same at the second size of the input."""
    fill: float = 0.0

    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes of the tensor, borders aside."""
        return tuple(map(size_of, self.dims))

    def factors(self, axis: int) -> tuple[Factor, ...]:
        """All factors of an axis, wherever they are."""
        return tuple(one for dim in self.dims for one in dim if one.axis == axis)


class Pieces(NamedTuple):
    """Views one after another along a dimension of positions, which no operation of the language joins."""

    dim: int
    views: tuple[View, ...]
    what: str = "positions of several maps, which `cat` put one after another"

    @property
    def lengths(self) -> tuple[int, ...]:
        """The size of each view along the dimension."""
        return tuple(view.shape[self.dim] for view in self.views)

    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes of the tensor."""
        sizes = list(self.views[0].shape)
        sizes[self.dim] = sum(self.lengths)
        return tuple(sizes)


def size_of(dim: Iterable[Factor]) -> int:
    """The size of a dimension."""
    return prod(one.size for one in dim)


def merged(factors: Iterable[Factor]) -> Dim:
    """Factors with neighbours that are digits of one number taken together, and none of size 1."""
    found: list[Factor] = []
    for one in factors:
        if one.size == 1:
            continue
        last = found[-1] if found else None
        if last is not None and last.axis == one.axis and last.stride == one.stride * one.size:
            found[-1] = Factor(one.axis, one.stride, last.size * one.size)
        else:
            found.append(one)
    return tuple(found)


def whole_axis(axis: int, size: int) -> Dim:
    """A dimension that is an axis of the map as it is."""
    return () if size == 1 else (Factor(axis, 1, size),)


def reshaped(dims: Sequence[Dim], shape: Sequence[int]) -> tuple[Dim, ...]:
    """The dimensions after a reshape.

    Raises:
        Unfit: where a size cuts through a factor.
    """
    left = [one for dim in dims for one in dim]
    found: list[Dim] = []
    for size in shape:
        taken: list[Factor] = []
        while size > 1:
            if not left:
                raise Unfit
            first = left.pop(0)
            if size % first.size == 0:
                taken.append(first)
                size //= first.size
            elif first.size % size == 0:
                inner = first.size // size
                taken.append(Factor(first.axis, first.stride * inner, size))
                left.insert(0, Factor(first.axis, first.stride, inner))
                size = 1
            else:
                raise Unfit
        found.append(merged(taken))
    if any(one.size > 1 for one in left):
        raise Unfit
    return tuple(found)


def narrowed(dim: Dim, start: int, count: int, step: int = 1) -> tuple[Dim, dict[int, int]]:
    """A range of a dimension, and by how much the offset along each axis grows.

    Raises:
        Unfit: where the range is no part of the factors.
    """
    if count == size_of(dim) and step == 1:
        return dim, {}
    if not dim:
        raise Unfit
    if len(dim) == 1:
        one = dim[0]
        if one.axis == COPIES:
            return merged((Factor(COPIES, 0, count),)), {}
        return merged((Factor(one.axis, one.stride * step, count),)), {one.axis: start * one.stride}
    if step != 1:
        raise Unfit
    outer, inner = dim[0], dim[1:]
    width = size_of(inner)
    if start % width == 0 and count % width == 0:
        head, offsets = narrowed((outer,), start // width, count // width)
        return merged((*head, *inner)), offsets
    if start // width == (start + count - 1) // width:
        rest, offsets = narrowed(inner, start % width, count)
        digit = {} if outer.axis == COPIES else {outer.axis: (start // width) * outer.stride}
        return rest, {axis: offsets.get(axis, 0) + digit.get(axis, 0) for axis in {*offsets, *digit}}
    raise Unfit


def progression(factors: Iterable[Factor]) -> tuple[int, int] | None:
    """Step and count of the indices along an axis that some factors run through, ``None`` where they are no
    even steps.
    """
    step = count = 1
    for index, one in enumerate(sorted(factors, key=lambda factor: factor.stride)):
        if index == 0:
            step, count = one.stride, one.size
        elif one.stride == step * count:
            count *= one.size
        else:
            return None
    return step, count


__all__ = [
    "CHANNELS",
    "COPIES",
    "Dim",
    "Factor",
    "Pieces",
    "Unfit",
    "View",
    "merged",
    "narrowed",
    "progression",
    "reshaped",
    "size_of",
    "whole_axis",
]
