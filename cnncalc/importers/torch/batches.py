"""Whether a module's results are of one example after another: what else their first axis may be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cnncalc.importers.batches import MOVED, culprit, lost
from cnncalc.importers.items import Problem
from cnncalc.importers.torch.calls import Call, Ref
from cnncalc.importers.torch.views import View, whole_axis

if TYPE_CHECKING:
    from cnncalc.importers.torch.walk import Walk

_MOVES = {"permute", "transpose", "swapaxes", "swapdims", "movedim", "moveaxis", "t"}
"""Functions that put axes into another order and leave each of them as it is."""


def lost_batch(walk: Walk, ref: Ref) -> Problem | None:
    """What is wrong with a result whose first axis is not the batch; ``None`` where nothing is."""
    view = walk.held.get(ref.number)
    if not isinstance(view, View) or not view.dims or not view.dims[0]:
        return None
    call = _culprit(walk, ref)
    function = "output" if call is None else call.function.strip("_")
    if function == "squeeze":  # which leaves a batch of more than one example as it is
        return None
    if function in _MOVES and _is_moved(walk, view):
        walk.remark(MOVED)
        return None
    where = "" if call is None else walk.path(call)
    return lost(where or "the module itself", function, view.shape)


def _culprit(walk: Walk, ref: Ref) -> Call | None:
    """The call that put something else where the batch was."""

    def without_batch(call: Call) -> Iterator[int]:
        for one in call.inputs:
            held = walk.held.get(one.number)
            if isinstance(held, View) and held.dims and held.dims[0]:
                yield one.number

    makers = {one.number: call for call in walk.recording.calls for one in call.outputs}
    return culprit(ref.number, makers, without_batch)


def _is_moved(walk: Walk, view: View) -> bool:
    """Whether each axis is one of the map, in whatever order, or of size 1, as the batch is."""
    rank = walk.shapes[view.node].rank
    axes = {whole_axis(axis, walk.axis_size(view.node, axis)) for axis in range(rank + 1)} - {()}
    held = [dim for dim in view.dims if dim]
    return len(held) < len(view.dims) and len(held) == len(axes) and set(held) == axes
