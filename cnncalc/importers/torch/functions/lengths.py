"""Vectors of unit length: each position's channels divided by their norm, in one call or several."""

from __future__ import annotations

from typing import Any, NamedTuple

from cnncalc.importers.torch.rearrange import positionwise
from cnncalc.importers.torch.views import CHANNELS, View, merged, size_of
from cnncalc.importers.torch.walk import NotUnderstood, Walk, handles


class Length(NamedTuple):
    """The norm of each position's channels: half of an item."""

    shape: tuple[int, ...]
    source: View
    dim: int
    what: str = "the norm over the channels"


def length_of(walk: Walk, view: View, dim: Any) -> Length | None:
    """The norm along a dimension that is all channels; ``None`` where it is another one, or several."""
    dims = tuple(dim) if isinstance(dim, list | tuple) else (dim,)
    if len(dims) != 1 or not isinstance(dims[0], int):
        return None
    place = dims[0] % len(view.dims)
    held = merged(view.dims[place])
    is_whole = size_of(held) == walk.axis_size(view.node, CHANNELS)
    if not held or not is_whole or any(one.axis != CHANNELS for one in held):
        return None
    return Length(walk.recording.shape(walk.call.outputs[0]), view, place)


def kept(walk: Walk, length: Length) -> Length:
    """A length that is held away from 0, or repeated for each channel."""
    return length._replace(shape=walk.recording.shape(walk.call.outputs[0]))


def divided(walk: Walk, view: Any, length: Length) -> View:
    """A map divided by a length: its own, as a layer does."""
    is_spread = len(length.shape) == len(length.source.dims)
    if not isinstance(view, View) or view != length.source or not is_spread:
        raise NotUnderstood("it divides by the norm over the channels of another tensor", WORKING)
    found: View = normalize(walk, view, dim=length.dim)
    return found


WORKING = "`torch.nn.functional.normalize` over the channels is a layer, `l2norm`"


@handles("normalize")
def normalize(
    walk: Walk, input: Any, p: float = 2.0, dim: int = 1, eps: float = 1e-12, out: Any = None
) -> View:
    """Unit length over the channels of each position."""
    if p != 2:
        raise NotUnderstood(f"a norm of order {p}")
    view = positionwise(walk, input, dim % len(input.dims))
    node = walk.emit("l2norm", view.node, walk.shapes[view.node])
    walk.keep_sizes(node, view.node)
    return view._replace(node=node)


__all__ = ["WORKING", "Length", "divided", "kept", "length_of"]
