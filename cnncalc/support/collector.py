"""Pausing Python's cyclic garbage collector while many values without cycles are built."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_lock = Lock()
_paused = 0
"""How many are building at the moment, in all threads."""
_was_enabled = False


@contextmanager
def paused_collection() -> Iterator[None]:
    """No collection until the last of all threads has left: its cost would grow faster than the number of
    values built.
    """
    global _paused, _was_enabled
    with _lock:
        if _paused == 0:
            _was_enabled = gc.isenabled()
            gc.disable()
        _paused += 1
    try:
        yield
    finally:
        with _lock:
            _paused -= 1
            if _paused == 0 and _was_enabled:
                gc.enable()
