"""The process: a pause of the garbage collector, and stack space for deep nesting."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import TypeVar

T = TypeVar("T")

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


def with_room(work: Callable[[], T]) -> T:
    """What ``work`` returns or raises; repeated on a stack of its own where the caller is nested too deep for
    it.
    """
    try:
        return work()
    except RecursionError:
        return _in_a_thread(work)


def _in_a_thread(work: Callable[[], T]) -> T:
    from threading import Thread

    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:
            errors.append(error)

    thread = Thread(target=run, daemon=True)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]
