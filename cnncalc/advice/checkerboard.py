"""W507: transposed convolutions whose outputs are made of unequally many values by turns.

Source: Odena et al. 2016, Deconvolution and Checkerboard Artifacts, https://distill.pub/2016/deconv-checkerboard
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from cnncalc.advice.base import Network, Remark
from cnncalc.figures import by
from cnncalc.geometry.axis import Taps
from cnncalc.geometry.window import TransposedWindow

_MOST_LISTED = 4
_WIDEST_STRIDE = 100
"""Larger strides are no up-sampling that anybody looks at."""


def remarks(network: Network) -> Iterator[Remark]:
    """A remark per transposed convolution whose kernel its stride does not divide."""
    for layer in network.report.layers:
        windows = [window for window in layer.windows or () if isinstance(window, TransposedWindow)]
        coverage = [_coverage(window) for window in windows]
        if any(len(set(counts)) > 1 for counts in coverage):
            yield Remark(layer.path, _message(windows, coverage), f"kernels that are even here: {_even(windows)}")


def _coverage(window: TransposedWindow) -> tuple[int, ...]:
    """How many input values each of ``stride`` outputs in a row adds up, away from the borders."""
    reads = window.reads(None, _WIDEST_STRIDE)
    return tuple(run.length for run in reads.runs) if isinstance(reads, Taps) else ()


def _message(windows: list[TransposedWindow], coverage: list[tuple[int, ...]]) -> str:
    kernel, stride = by(window.kernel for window in windows), by(window.stride for window in windows)
    least, most = prod(map(min, coverage)), prod(map(max, coverage))
    turns = [_turns(counts) for counts in coverage]
    along = f"{turns[0]} along each axis" if len(set(turns)) == 1 and len(turns) > 1 else " and ".join(turns)
    whole = f", between {least} and {most} in all" if len(windows) > 1 else ""
    return f"the stride {stride} does not divide the kernel {kernel}: an output adds up {along}{whole}"


def _turns(counts: tuple[int, ...]) -> str:
    if len(set(counts)) == 1:
        return f"{counts[0]} inputs"
    if len(counts) > _MOST_LISTED:
        return f"{min(counts)} to {max(counts)} inputs by turns"
    return f"{', '.join(map(str, counts[:-1]))} or {counts[-1]} inputs by turns"


def _even(windows: list[TransposedWindow]) -> str:
    """The nearest kernels that the strides divide, none smaller than the stride."""
    below = tuple(max(window.kernel // window.stride, 1) * window.stride for window in windows)
    above = tuple(-(-window.kernel // window.stride) * window.stride for window in windows)
    return by(below) if below == above else f"{by(below)} and {by(above)}"
