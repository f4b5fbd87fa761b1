"""How far a long run is, on a terminal's standard error; runs that are short show nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

Item = TypeVar("Item")

PATIENCE = 1.0
"""Seconds after which a run is long."""


class Progress:
    """A bar that appears once a run is long, and is gone at its end; without a total for one large step."""

    def __init__(self, what: str, total: int | None = None, *, is_shown: bool = True) -> None:
        self.what = what
        self.total = total
        self.is_shown = is_shown
        self.done = 0
        self._bar: Any = None
        self._task: Any = None
        self._timer: Any = None
        self._lock: Any = None

    def __enter__(self) -> Progress:
        if self.is_shown:
            from threading import Lock, Timer

            self._lock = Lock()
            self._timer = Timer(PATIENCE, self._show)
            self._timer.daemon = True
            self._timer.start()
        return self

    def advance(self, steps: int = 1) -> None:
        """Count what is done."""
        self.done += steps
        if self._bar is not None:
            self._bar.update(self._task, completed=self.done)

    def __exit__(self, *_: object) -> None:
        if self._timer is None:
            return
        self._timer.cancel()
        with self._lock:
            self._timer = None
            if self._bar is not None:
                self._bar.stop()
                self._bar = None

    def _show(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar

        columns = [SpinnerColumn(), TextColumn("{task.description}"), BarColumn()]
        columns += [] if self.total is None else [MofNCompleteColumn()]
        bar = Bar(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True)
        with self._lock:
            if self._timer is not None:
                self._task = bar.add_task(self.what, total=self.total, completed=self.done)
                bar.start()
                self._bar = bar


def counted(items: Iterable[Item], what: str, total: int | None, is_shown: bool) -> Iterator[Item]:
    """The items, each counted when the next one is asked for."""
    with Progress(what, total, is_shown=is_shown) as progress:
        for item in items:
            yield item
            progress.advance()
