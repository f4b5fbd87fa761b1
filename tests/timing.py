"""How a cost compares with another one, on a machine that is busy with other things."""

from __future__ import annotations

import gc
from collections.abc import Callable
from statistics import median
from time import process_time


def ratio(subject: Callable[[], object], base: Callable[[], object], rounds: int = 3) -> float:
    """The processor time of one call over that of another.

    They run alternately, so that a busy machine is busy for both, and the median of the rounds counts. The
    garbage collector is off, as in the command: what it takes grows with what other tests have imported.
    """
    collects = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        return median(_seconds(subject) / _seconds(base) for _ in range(rounds))
    finally:
        if collects:
            gc.enable()


def _seconds(call: Callable[[], object]) -> float:
    start = process_time()
    call()
    return max(process_time() - start, 1e-6)
