"""Which input positions a framework's operation reads, found by sending it impulses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from tests.oracle.grids import Answer, Positions

Array: TypeAlias = "np.ndarray[Any, Any]"


def impulses(sizes: tuple[int, ...], axis: int) -> Array:
    """A batch of one-channel maps, channels first: map i is 1 where the position along ``axis`` is i, and 0 elsewhere."""
    size = sizes[axis]
    plane = [size if place == axis else 1 for place in range(len(sizes))]
    eye: Array = np.eye(size, dtype=np.float32).reshape(size, 1, *plane)
    maps: Array = np.broadcast_to(eye, (size, 1, *sizes)).copy()
    return maps


def positions(response: Array, axis: int) -> Positions:
    """For each unit along ``axis`` the impulses to which it, or another unit at the same place along it, responds."""
    others = tuple(place for place in range(1, response.ndim) if place != axis + 2)
    lines = response.max(axis=others) if others else response
    return tuple(tuple(np.flatnonzero(lines[:, unit] > 0).tolist()) for unit in range(lines.shape[1]))


def probed(operation: Callable[[Array], Array], sizes: tuple[int, ...]) -> Answer:
    """What an operation of positive weights, channels first, reads along each axis; an empty result counts as E301."""
    reads = []
    for axis in range(len(sizes)):
        response = operation(impulses(sizes, axis))
        if not response.size:
            return Answer(refusal="E301")
        reads.append(positions(response, axis))
    return Answer(tuple(reads))
