"""Which part of a map each axis of an ONNX tensor runs over, followed through transposes and reshapes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod
from typing import Any, NamedTuple

from cnncalc.geometry.shape import Shape

BATCH, CHANNELS = -1, 0
"""Axes of a map; its spatial axes are 1, 2 and 3."""


class Atom(NamedTuple):
    """Part of an axis of a map: the indices ``(i // stride) % size``. Size is at least 2."""

    axis: int
    stride: int
    size: int
    moved: int = 0
    """By how much the axis is moved round: the first index is that of this position."""


Dim = tuple[Atom, ...]
"""What one axis of a tensor runs over, the slowest first; nothing for an axis of size 1."""
Layout = tuple[Dim, ...]


def plain(shape: Shape, batch: int = 1) -> Layout:
    """The layout of a map as ONNX usually has it: batch, channels, spatial axes."""
    return tuple(whole(axis, size) for axis, size in enumerate((batch, *known(shape)), BATCH))


def known(shape: Shape) -> tuple[int, ...]:
    """The axes of a shape of which none is open."""
    axes = tuple(size for size in shape.axes if size is not None)
    assert len(axes) == len(shape.axes)
    return axes


def whole(axis: int, size: int) -> Dim:
    """An axis that runs over all of an axis of the map."""
    return (Atom(axis, 1, size),) if size > 1 else ()


def size_of(dim: Dim) -> int:
    return prod(atom.size for atom in dim)


def sizes_of(layout: Layout) -> tuple[int, ...]:
    """The shape of the tensor."""
    return tuple(map(size_of, layout))


def times(sizes: Iterable[int]) -> str:
    """Sizes as text."""
    return "x".join(map(str, sizes))


def merged(atoms: Iterable[Atom]) -> Dim:
    """Atoms with neighbours that belong together as one."""
    found: list[Atom] = []
    for atom in atoms:
        last = found[-1] if found else None
        if (
            last is not None
            and (last.axis, last.moved) == (atom.axis, atom.moved)
            and last.stride == atom.stride * atom.size
        ):
            found[-1] = atom._replace(size=last.size * atom.size)
        else:
            found.append(atom)
    return tuple(found)


def transposed(layout: Layout, order: Sequence[int]) -> Layout:
    return tuple(layout[place] for place in order)


def reshaped(layout: Layout, sizes: Sequence[int]) -> Layout | None:
    """The layout of a tensor of these sizes with the same elements in the same order; ``None`` where an axis
    would run over parts that do not divide.
    """
    atoms = [atom for dim in layout for atom in dim][::-1]
    if prod(atom.size for atom in atoms) != prod(sizes):
        return None
    found: list[Dim] = []
    for size in sizes:
        dim: list[Atom] = []
        wanted = size
        while wanted > 1:
            atom = atoms.pop()
            if wanted % atom.size == 0:
                dim.append(atom)
                wanted //= atom.size
            elif atom.size % wanted == 0:
                rest = atom.size // wanted
                dim.append(atom._replace(stride=atom.stride * rest, size=wanted))
                atoms.append(atom._replace(size=rest))
                wanted = 1
            else:
                return None
        found.append(merged(dim))
    return tuple(found)


class Rearranged(NamedTuple):
    """An operation of the spec language that makes a map of a layout, and the shape that comes out."""

    op: str
    arguments: dict[str, Any]
    shape: Shape


def rearrangement(layout: Layout, shape: Shape, batch: int) -> Rearranged | None:
    """What brings a map of ``shape`` into this layout, so that its axes are batch, channels and spatial ones;
    ``None`` where the language has no word for it.
    """
    if not layout or layout[0] != whole(BATCH, batch):
        return None
    dims = layout[1:]
    return (
        _flattened(dims, shape)
        or _shuffled(dims, shape)
        or _to_space(dims, shape)
        or _to_channels(dims, shape)
        or _squeezed(dims, shape)
        or _in_line(dims, shape)
        or _in_rows(dims, shape)
        or _of_vector(dims, shape)
    )


def _spatial(shape: Shape) -> tuple[Dim, ...]:
    return tuple(whole(axis, size) for axis, size in enumerate(known(shape)) if axis)


def _flattened(dims: Layout, shape: Shape) -> Rearranged | None:
    """All in one axis, channels before or behind the positions."""
    if not dims or any(dims[1:]) or not shape.rank:
        return None
    channels, spatial = whole(CHANNELS, known(shape)[0]), _spatial(shape)
    positions = tuple(atom for dim in spatial for atom in dim)
    if dims[0] not in ((*channels, *positions), (*positions, *channels)):
        return None
    if len(dims) > 1 and not positions:
        return None
    return Rearranged("flatten", {}, Shape(size_of(dims[0])))


def _shuffled(dims: Layout, shape: Shape) -> Rearranged | None:
    """Channels in groups, the groups' channels taken alternately."""
    if len(dims) != 1 + shape.rank or dims[1:] != _spatial(shape) or len(dims[0]) != 2:
        return None
    minor, major = dims[0]
    count = known(shape)[0]
    is_shuffle = minor == Atom(CHANNELS, 1, count // major.size) and major == Atom(
        CHANNELS, minor.size, major.size
    )
    return Rearranged("channel_shuffle", {"groups": major.size}, shape) if is_shuffle else None


def _to_space(dims: Layout, shape: Shape) -> Rearranged | None:
    """Each position becomes a block of positions with fewer channels."""
    if len(dims) != 1 + shape.rank or not shape.rank:
        return None
    channels, *sizes = known(shape)
    factors = [size_of(dim) // size for dim, size in zip(dims[1:], sizes, strict=True)]
    factor = factors[0]
    if factor < 2 or set(factors) != {factor} or size_of(dims[0]) * factor**shape.rank != channels:
        return None
    for axis, (dim, size) in enumerate(zip(dims[1:], sizes, strict=True), 1):
        own = whole(axis, size)
        if dim[: len(own)] != own or any(atom.axis != CHANNELS for atom in dim[len(own) :]):
            return None
    if any(atom.axis != CHANNELS for atom in dims[0]):
        return None
    return Rearranged(
        "pixel_shuffle", {"factor": factor}, Shape(size_of(dims[0]), tuple(size * factor for size in sizes))
    )


def _to_channels(dims: Layout, shape: Shape) -> Rearranged | None:
    """Each block of positions becomes one position with more channels."""
    if len(dims) != 1 + shape.rank or not shape.rank:
        return None
    channels, *sizes = known(shape)
    new = [size_of(dim) for dim in dims[1:]]
    factor = sizes[0] // new[0]
    if factor < 2 or [factor * now for now in new] != sizes:
        return None
    if size_of(dims[0]) != channels * factor**shape.rank:
        return None
    for axis, (dim, size) in enumerate(zip(dims[1:], new, strict=True), 1):
        if dim != ((Atom(axis, factor, size),) if size > 1 else ()):
            return None
    minors = {Atom(axis, 1, factor) for axis in range(1, len(dims))}
    rest = [atom for atom in dims[0] if atom not in minors]
    if tuple(rest) != whole(CHANNELS, channels):
        return None
    return Rearranged("pixel_unshuffle", {"factor": factor}, Shape(size_of(dims[0]), tuple(new)))


def _squeezed(dims: Layout, shape: Shape) -> Rearranged | None:
    """Without axes of size 1: all of them, or one."""
    spatial = _spatial(shape)
    if dims[:1] != (whole(CHANNELS, known(shape)[0]),) or not 1 < len(dims) < 1 + shape.rank:
        return None
    new = Shape(known(shape)[0], tuple(map(size_of, dims[1:])))
    if dims[1:] == tuple(dim for dim in spatial if dim):
        return Rearranged("squeeze", {}, new)
    for axis, dim in enumerate(spatial):
        if not dim and dims[1:] == (*spatial[:axis], *spatial[axis + 1 :]):
            return Rearranged("squeeze", {"axis": axis}, new)
    return None


def _in_line(dims: Layout, shape: Shape) -> Rearranged | None:
    """The positions of a map along one axis, row by row."""
    positions = tuple(atom for dim in _spatial(shape) for atom in dim)
    if shape.rank < 2 or dims != (whole(CHANNELS, known(shape)[0]), positions):
        return None
    return Rearranged("tokens", {}, Shape(known(shape)[0], (size_of(positions),)))


def _in_rows(dims: Layout, shape: Shape) -> Rearranged | None:
    """The positions of one axis as rows of a map."""
    if shape.rank != 1 or len(dims) < 3 or dims[0] != whole(CHANNELS, known(shape)[0]):
        return None
    sizes = tuple(map(size_of, dims[1:]))
    strides = [prod(sizes[place + 1 :]) for place in range(len(sizes))]
    rows = tuple(
        (Atom(1, stride, size),) if size > 1 else () for stride, size in zip(strides, sizes, strict=True)
    )
    if dims[1:] != rows or prod(sizes) != known(shape)[1]:
        return None
    return Rearranged("to_map", {"size": sizes}, Shape(known(shape)[0], sizes))


def _of_vector(dims: Layout, shape: Shape) -> Rearranged | None:
    """The numbers of a vector as a map, in whatever order: that of its numbers is its maker's choice."""
    if shape.rank or len(dims) < 2 or not any(dims[1:]):
        return None
    sizes = tuple(map(size_of, dims[1:]))
    atoms = [atom for dim in dims for atom in dim]
    if (
        any(atom.axis != CHANNELS or atom.moved for atom in atoms)
        or prod(map(size_of, dims)) != known(shape)[0]
    ):
        return None
    return Rearranged("to_map", {"size": sizes}, Shape(size_of(dims[0]), sizes))


def as_line(layout: Layout, shape: Shape) -> tuple[Layout, Shape]:
    """The same layout of a map whose positions are one axis, row by row."""
    channels, *sizes = known(shape)
    behind = [prod(sizes[place + 1 :]) for place in range(len(sizes))]

    def moved(atom: Atom) -> Atom:
        return (
            atom
            if atom.axis < 1
            else atom._replace(axis=1, stride=atom.stride * behind[atom.axis - 1], moved=-atom.moved)
        )

    return tuple(merged(map(moved, dim)) for dim in layout), Shape(channels, (prod(sizes),))
