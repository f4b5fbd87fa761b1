"""Which positions of an axis an operation reads, and how often each one is read."""

from __future__ import annotations

from math import gcd
from typing import NamedTuple

from cnncalc.geometry.axis import AxisRule, Run, Taps
from cnncalc.geometry.receptive_field import Interval
from cnncalc.geometry.shape import Size
from cnncalc.geometry.window import Window

LONGEST_AXIS = 100_000
"""Positions of an axis whose windows are listed or drawn one by one."""


class Pooled(NamedTuple):
    """A window placed over an axis of length ``size``."""

    size: int
    window: Window
    reads: tuple[Run, ...]
    """The positions each output unit reads."""

    @property
    def counts(self) -> tuple[int, ...]:
        return counts(self.reads, self.size)


def pooled(window: Window, size: int) -> Pooled:
    """Place a window over an axis.

    Raises:
        Fault: E301 where it does not fit.
    """
    return Pooled(size, window, runs(window, size))


def runs(rule: AxisRule, size: int) -> tuple[Run, ...]:
    """The positions each output unit reads on an axis of length ``size``, those beyond ``0..size-1`` being
    padding.

    Raises:
        Fault: where there is no output.
    """
    units = rule.output_size(size) or 0
    taps = rule.reads(size)
    if not isinstance(taps, Taps):
        return (Run(0, 1, size),) * units
    found = []
    for unit in range(units):
        turn, residue = divmod(unit, len(taps.runs))
        run = taps.runs[residue]
        found.append(run._replace(start=run.start + turn * taps.advance))
    return tuple(found)


def interval(run: Run) -> Interval:
    """The first and the last position of a run that reads something."""
    return (run.start, run.start + (run.length - 1) * run.step)


def counts(reads: tuple[Run, ...], size: int) -> tuple[int, ...]:
    """How many of the runs read each position of an axis of length ``size``.

    1 everywhere is standard pooling, more is overlapping pooling, 0 is a position that is skipped or dropped
    at the edge.
    """
    total = [0] * size
    for step in {run.step for run in reads}:
        change = [0] * (size + step)
        for run in reads:
            if run.step == step:
                _mark(change, run, size)
        for position in range(size):
            if position >= step:
                change[position] += change[position - step]
            total[position] += change[position]
    return tuple(total)


def _mark(change: list[int], run: Run, size: int) -> None:
    """Note where a run enters the axis and where it has ended, to be summed along the run's step."""
    skipped = max(0, -(run.start // run.step))
    first, end = run.start + skipped * run.step, run.start + run.length * run.step
    if first < min(end, size):
        change[first] += 1
        if end < len(change):
            change[end] -= 1


def unread_end(window: Window, size: Size) -> Size:
    """How many positions of an axis are beyond the last window, because the number of windows was rounded
    down.
    """
    units = window.output_size(size)
    if size is None or units is None or window.before is None:
        return None
    last = (units - 1) * window.stride - window.before + window.extent - 1
    return max(0, size - 1 - last)


def phases_read(window: Window) -> int:
    """How many of each ``stride`` consecutive positions the windows read, away from the borders.

    Less than all where the stride is larger than the kernel, or shares a divisor with the dilation.
    """
    apart = 1 if window.dilation == 1 else gcd(window.stride, window.dilation)
    return min(window.kernel, window.stride // apart)


def dropped_end(rule: object, size: Size) -> Size:
    """How many positions at the end of an axis no window reads, because the number of windows was rounded
    down.

    Those that a stride skips do not count.
    """
    if not isinstance(rule, Window) or rule.stride == 1 or phases_read(rule) < rule.stride:
        return 0
    return unread_end(rule, size)
