"""``--watch``: a job done again whenever one of its files is saved."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Iterable
from typing import NoReturn

from cnncalc.cli.output import emit

INTERVAL = 0.3
"""Seconds between two looks at the files."""

State = dict[str, tuple[int, int]]
"""Time of the last change and size, by file."""


def watch(
    run: Callable[[], object], files: Callable[[], Iterable[str]], sleep: Callable[[float], None] = time.sleep
) -> NoReturn:
    """Run once, and again after each change of the files, of which there may be more or fewer each time;
    until Ctrl-C.

    Raises:
        KeyboardInterrupt
    """
    state = _state(files())
    run()
    while True:
        sleep(INTERVAL)
        now = _state(files())
        if now == state:
            continue
        changed = sorted(file for file in {*state, *now} if state.get(file) != now.get(file))
        state = now
        gc.collect()
        emit(f"\n[{time.strftime('%H:%M:%S')}] {_names(changed)} changed\n")
        run()


def _names(files: list[str]) -> str:
    from cnncalc.render.text import inert

    return inert(files[0]) + (f" and {len(files) - 1} more" if len(files) > 1 else "")


def _state(files: Iterable[str]) -> State:
    return {file: stamp for file in files if (stamp := _stamp(file)) is not None}


def _stamp(file: str) -> tuple[int, int] | None:
    try:
        found = os.stat(file)
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size)
