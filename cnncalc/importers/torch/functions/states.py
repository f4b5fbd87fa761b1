"""The last states of recurrent layers, which the code reads one by one or all at once."""

from __future__ import annotations

from typing import Any, NamedTuple

from cnncalc.geometry.shape import Shape
from cnncalc.importers.torch.rearrange import whole
from cnncalc.importers.torch.views import CHANNELS, Factor, View, size_of, whole_axis
from cnncalc.importers.torch.walk import NotUnderstood, Walk


class States(NamedTuple):
    """The last states of a recurrent layer, one for each of its layers and directions."""

    shape: tuple[int, ...]
    rows: tuple[View | None, ...]
    """As batch and channels; ``None`` for those of layers before the last one that nothing reads."""


def joined_states(walk: Walk, states: States) -> View:
    """The states of all layers and directions, one behind the other."""
    known = [one for one in states.rows if one is not None]
    if len(known) < len(states.rows):
        raise NotUnderstood(
            "it reads the last states of several layers at once", "read them by number, `h[-1]`"
        )
    hidden = size_of(known[0].dims[1])
    line = whole_axis(CHANNELS, hidden)
    if len(known) == 1:
        return known[0]._replace(dims=((), *known[0].dims))
    is_one = len({one.node for one in known}) == 1 and not walk.shapes[known[0].node].rank
    parts = [whole(walk, one).node for one in known] if not is_one else []
    node = known[0].node if is_one else walk.emit("concat", parts, Shape(hidden * len(parts)))
    return View(node, ((Factor(CHANNELS, hidden, len(known)),), (), line), (0,))


def state_of(walk: Walk, states: States, index: Any) -> View:
    """One of the states."""
    first, rest = (index[0], index[1:]) if isinstance(index, tuple) and index else (index, ())
    if type(first) is not int or any(one != slice(None) for one in rest):
        return joined_states(walk, states)
    found = states.rows[first]
    if found is None:
        raise NotUnderstood("it reads the last state of a layer before the last one")
    return found


__all__ = ["States", "joined_states", "state_of"]
