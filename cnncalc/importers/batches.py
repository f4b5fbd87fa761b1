"""Results of a network whose first axis is not the batch: which call is at fault, and how it is said."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from cnncalc.importers.items import Problem

MOVED = "an output has the batch behind other axes: its shape here is that of one example"

Name = TypeVar("Name")
Maker = TypeVar("Maker")


def culprit(
    name: Name, makers: Mapping[Name, Maker], without_batch: Callable[[Maker], Iterable[Name]]
) -> Maker | None:
    """The call that put something else where the batch was: the first on the way to a tensor that reads
    none of whose first axis is already another; ``None`` where that is an input.
    """
    left = dict(makers)
    while (maker := left.pop(name, None)) is not None:
        before = next(iter(without_batch(maker)), None)
        if before is None:
            return maker
        name = before
    return None


def lost(where: str, operator: str, sizes: Iterable[int]) -> Problem:
    """What is wrong with a result of these sizes."""
    shape = "x".join(map(str, sizes))
    reason = f"the first axis of the result, {shape}, is not the batch: it holds parts of one example"
    return Problem(where, operator, reason, "give out one map or vector an example")
