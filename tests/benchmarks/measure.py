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


def processes(
    commands: Sequence[tuple[str, ...]], repeats: int, env: dict[str, str] | None = None
) -> list[Cost | None]:
    """The cost of each command, run by turns so that a busy machine is busy for all; ``None`` for one that breaks."""
    runs = [[_process(command, env) for command in commands] for _ in range(repeats + 1)][1:]
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


def _process(command: tuple[str, ...], env: dict[str, str] | None) -> Cost | None:
    """One run; exit code 1 is the answer to an erroneous spec and no failure."""
    start = time.perf_counter()
    process = subprocess.Popen(
        command, env=env, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - start
    return Cost(seconds, usage.ru_maxrss / 1024) if process.returncode in (0, 1) else None
