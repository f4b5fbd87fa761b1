"""The command as a process: how it starts, stops and exits."""

from __future__ import annotations

import gc
import os
import signal
import sys
from typing import NoReturn


def command() -> NoReturn:
    """Run, then exit at once: shutting down the interpreter would cost a fifth of a run.

    The cyclic garbage collector is off, for what a run builds lives to its end; ``--watch`` collects between
    its runs.
    """
    gc.disable()
    signal.signal(signal.SIGTERM, _terminated)
    from cnncalc.cli import main  # after that: its libraries are half of what would be collected

    code = main()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            continue
    os._exit(code)


def _terminated(number: int, _: object) -> NoReturn:
    """Exit in good order, so that a half-written temporary file is removed."""
    raise SystemExit(128 + number)


if __name__ == "__main__":
    command()
