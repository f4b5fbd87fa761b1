"""Blobs that Caffe sees with other axes than the tensor has: reshaped or permuted, until seen as before.

Source: src/caffe/layers/reshape_layer.cpp and flatten_layer.cpp of BVLC/caffe, and permute_layer.cpp of the
branch of SSD
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cnncalc.geometry.shape import Shape, Size
from cnncalc.importers.caffe.translation import Layer, Parameters


class View(NamedTuple):
    """The axes after the batch as the file sees them, and whether the numbers are in another order than
    those of the tensor.
    """

    axes: tuple[Size, ...]
    is_moved: bool = False

    def is_of(self, shape: Shape) -> bool:
        """Whether these are a tensor's own axes, as far as they are known."""
        return not self.is_moved and len(self.axes) == len(shape.axes) and _agree(self.axes, shape.axes)


class Seen(NamedTuple):
    """A tensor and how it is seen from here on."""

    tensor: str
    view: View


KINDS = ("reshape", "permute", "flatten")
"""Layers that change how a blob is seen, and nothing else."""
EACH_BY_ITSELF = frozenset(
    ("softmax", "sigmoid", "relu", "dropout", "split", "softmaxwithloss", "softmaxloss")
)
"""Layers that give out what they read with other numbers: a blob is seen as before."""


def seen(layer: Layer, view: View) -> Seen | None:
    """What a layer of ``KINDS`` gives out; ``None`` where it is not understood, which is noted."""
    found = _permuted(layer, view) if layer.kind == "permute" else _resized(layer, view)
    if found is None:
        return None
    if len(found.axes) == 1 and layer.shape.rank:
        return Seen(layer.add("flatten", Shape(layer.shape.elements())), View((layer.shape.elements(),)))
    if len(found.axes) == 1:
        return Seen(layer.inputs[0], View(layer.shape.axes))
    return Seen(layer.inputs[0], found)


def as_map(layer: Layer, view: View) -> str | None:
    """The tensor of a vector that is seen as a map; ``None`` where it is none."""
    channels, *sizes = view.axes
    if layer.shape.rank or not 1 <= len(sizes) <= 3 or view.is_moved or None in sizes:
        return None
    return layer.add_to(
        layer.inputs[:1], "to_map", Shape(channels, tuple(sizes)), f"{layer.name}.map", size=tuple(sizes)
    )


def _permuted(layer: Layer, view: View) -> View | None:
    given = layer.parameters("permute")
    order = given.wholes("order")
    given.done()
    order += [axis for axis in range(len(view.axes) + 1) if axis not in order]
    if sorted(order) != list(range(len(view.axes) + 1)) or order[0] != 0:
        layer.refuse(f"the order {order} of {len(view.axes) + 1} axes is not understood")
        return None
    axes = tuple(view.axes[axis - 1] for axis in order[1:])
    return View(axes, view.is_moved or order != sorted(order))


def _resized(layer: Layer, view: View) -> View | None:
    if layer.kind == "flatten":
        given = layer.parameters("flatten")
        given.only("axis", "1")
        given.only("end_axis", "-1")
        given.done()
        return View((layer.shape.elements(),), view.is_moved)
    given = layer.parameters("reshape")
    given.only("axis", "0")
    given.only("num_axes", "-1")
    given.ignore("shape")
    given.done()
    dims = Parameters(layer, given.message.message("shape")).wholes("dim")
    axes = _resolved(view.axes, dims[1:])
    # With another number of examples than that of the input, what comes behind has to be an example again.
    is_example = dims[:1] in ([0], [1]) or (-1 not in dims[1:] and _count(view.axes) is not None)
    if not dims or not is_example or axes is None:
        layer.refuse(f"a reshape of {Shape(view.axes[0], view.axes[1:])} to {dims} is not understood")
        return None
    return View(axes, view.is_moved)


def _resolved(old: Sequence[Size], dims: Sequence[int]) -> tuple[Size, ...] | None:
    """The axes that ``dims`` give: 0 takes over the axis in its place, -1 is what remains; ``None`` where
    they do not hold as many numbers.
    """
    if dims.count(-1) > 1 or any(size < -1 for size in dims) or (0 in dims[len(old) :]):
        return None
    axes: list[Size] = [old[place] if size == 0 else size for place, size in enumerate(dims)]
    before = _count(old)
    if -1 in dims:
        rest = _count([size for size in axes if size != -1])
        if before is not None and rest is not None and (not rest or before % rest):
            return None
        left = before // rest if before is not None and rest else None
        axes[list(dims).index(-1)] = left
    elif before is not None and _count(axes) != before:
        return None
    return tuple(axes) if axes else None


def _count(sizes: Sequence[Size]) -> Size:
    count = 1
    for size in sizes:
        if size is None:
            return None
        count *= size
    return count


def _agree(one: Sequence[Size], other: Sequence[Size]) -> bool:
    return all(here is None or there is None or here == there for here, there in zip(one, other, strict=True))
