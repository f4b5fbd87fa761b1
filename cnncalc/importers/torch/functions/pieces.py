"""Maps one after another along their positions (coordinate attention): what works on each position by itself
works on each of the maps, with the same weights, until they are taken apart again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from typing import Any

from cnncalc.importers.torch.functions import arithmetic, elementwise
from cnncalc.importers.torch.functions.arrangement import getitem, indices, same, split
from cnncalc.importers.torch.functions.weighted import batch_norm, conv, per_axis, pointwise
from cnncalc.importers.torch.rearrange import positionwise
from cnncalc.importers.torch.views import Pieces, View
from cnncalc.importers.torch.walk import Const, Walk, no_map

OF_ELEMENTS = (arithmetic.__name__, elementwise.__name__)
"""Where the functions are that work on each element by itself."""


def of_each(
    walk: Walk, handler: Callable[..., Any], args: Sequence[Any], named: Mapping[str, Any]
) -> Pieces | list[View]:
    """What a function makes of maps one after another.

    Raises:
        NotUnderstood: where it does not work on each position by itself.
    """
    pieces = next(one for one in args if isinstance(one, Pieces))
    if handler is split:
        return _apart(walk, pieces, 0)
    if handler is getitem:
        return _apart(walk, pieces, _start(pieces, args[1]))
    if handler is conv:
        return _convolved(walk, pieces, *args[1:], **named)
    if handler not in (same, batch_norm) and handler.__module__ not in OF_ELEMENTS:
        raise no_map(pieces)
    if any(
        isinstance(one, Pieces) and (one.dim, one.lengths) != (pieces.dim, pieces.lengths) for one in args
    ):
        raise no_map(pieces)
    made = (
        handler(walk, *(one.views[place] if isinstance(one, Pieces) else one for one in args), **named)
        for place in range(len(pieces.views))
    )
    return pieces._replace(views=tuple(made))


def _convolved(
    walk: Walk,
    pieces: Pieces,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Pieces:
    if not isinstance(weight, Const) or groups > 1 or {*weight.shape[2:]} != {1}:
        raise no_map(pieces)
    rank = len(weight.shape) - 2
    if not isinstance(padding, str) and (*per_axis(padding, rank), *per_axis(stride, rank)) != (
        *(0,) * rank,
        *(1,) * rank,
    ):
        raise no_map(pieces)
    made = (pointwise(walk, positionwise(walk, one, 1), 1, weight, bias) for one in pieces.views)
    return pieces._replace(views=tuple(made))


def _start(pieces: Pieces, index: Any) -> int:
    """Where a range of positions begins."""
    parts = indices(index, len(pieces.shape))
    is_range = len(parts) > pieces.dim and isinstance(parts[pieces.dim], slice)
    if not is_range or any(one != slice(None) for place, one in enumerate(parts) if place != pieces.dim):
        raise no_map(pieces)
    start: int = range(sum(pieces.lengths))[parts[pieces.dim]].start
    return start


def _apart(walk: Walk, pieces: Pieces, start: int) -> list[View]:
    """What a split or a range takes out: the maps as they were put together."""
    begins = dict(zip(accumulate(pieces.lengths, initial=0), pieces.views, strict=False))
    found = []
    for ref in walk.call.outputs:
        shape = walk.recording.shape(ref)
        if start not in begins or begins[start].shape != shape:
            raise no_map(pieces)
        found.append(begins[start])
        start += shape[pieces.dim]
    return found


__all__ = ["of_each"]
