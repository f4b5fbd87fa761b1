"""Room on the stack for what is nested deep, wherever it is called from."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def with_room(work: Callable[[], T]) -> T:
    """What ``work`` returns or raises; done again on a stack of its own where the caller stands too deep for
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
