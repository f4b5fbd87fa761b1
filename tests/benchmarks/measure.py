"""What a benchmark measures: whole processes, and calls within one."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import NamedTuple

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Cost(NamedTuple):
    """The median seconds of some runs, and the peak memory in MiB of a process."""

    seconds: float
    memory: float | None = None


class Line(NamedTuple):
    """A row of the table; ``base`` is what the cost is held against, ``note`` says why there is none."""

    benchmark: str
    subject: str
    cost: Cost | None
    base: Cost | None = None
    note: str = ""


def python(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, *arguments)


def processes(commands: Sequence[tuple[str, ...]], repeats: int) -> list[Cost | None]:
    """The cost of each command, run alternately so that a busy machine is busy for all; ``None`` for one that breaks."""
    runs = [[_process(command) for command in commands] for _ in range(repeats + 1)][1:]
    return [_median([run[at] for run in runs]) for at in range(len(commands))]


def call(function: Callable[[], object], repeats: int) -> Cost:
    """The cost of calling a function."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return Cost(median(times))


def _median(costs: list[Cost | None]) -> Cost | None:
    known = [cost for cost in costs if cost is not None]
    if len(known) < len(costs):
        return None
    return Cost(median(cost.seconds for cost in known), median(cost.memory or 0 for cost in known))


_ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""That of this process, but a program keeps its bytecode: measured is its second start, which compiles nothing."""
_LAUNCHER = """
import os, sys, time
null = [(os.POSIX_SPAWN_OPEN, one, os.devnull, os.O_RDWR, 0) for one in (1, 2)]
start = time.perf_counter()
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=null)
_, status, usage = os.wait4(child, 0)
print(time.perf_counter() - start, usage.ru_maxrss, os.waitstatus_to_exitcode(status))
"""


def _process(command: tuple[str, ...]) -> Cost | None:
    """One run; exit code 1 is the answer to an erroneous spec and no failure.

    A bare interpreter starts it: Linux counts the memory of whoever starts a process as the least that the process used.
    """
    launcher = [sys.executable, "-I", "-S", "-c", _LAUNCHER, *command]
    done = subprocess.run(launcher, env=_ENVIRONMENT, cwd=ROOT, capture_output=True, text=True, check=True)
    seconds, memory, code = done.stdout.split()
    return Cost(float(seconds), int(memory) / 1024) if code in ("0", "1") else None
