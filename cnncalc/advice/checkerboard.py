"""W507: transposed convolutions whose outputs sum a number of values that varies by phase.

Source: Odena et al. 2016, Deconvolution and Checkerboard Artifacts,
https://distill.pub/2016/deconv-checkerboard
"""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd, prod

from cnncalc.advice.base import Network, Remark, transposed_windows
from cnncalc.codes.code import Code
from cnncalc.geometry.axis import Taps
from cnncalc.geometry.window import TransposedWindow
from cnncalc.support.numbers import by

_MOST_LISTED = 4
_WIDEST_STRIDE = 100
"""Larger strides are not upsampling whose result anybody looks at."""


def remarks(network: Network) -> Iterator[Remark]:
    """A remark per transposed convolution that is non-uniform because of its kernel or its dilation."""
    for layer in network.report.layers:
        windows = transposed_windows(layer)
        coverage = [_coverage(window) for window in windows]
        if any(len(set(counts)) > 1 for counts in coverage):
            yield Remark(layer.path, _message(windows, coverage), _help(windows))


def _coverage(window: TransposedWindow) -> tuple[int, ...]:
    """How many input values each of ``stride`` consecutive outputs sums, away from the borders."""
    reads = window.reads(None, _WIDEST_STRIDE)
    return tuple(run.length for run in reads.runs) if isinstance(reads, Taps) else ()


def _message(windows: tuple[TransposedWindow, ...], coverage: list[tuple[int, ...]]) -> str:
    least, most = prod(map(min, coverage)), prod(map(max, coverage))
    turns = [_turns(counts) for counts in coverage]
    along = f"{turns[0]} along each axis" if len(set(turns)) == 1 and len(turns) > 1 else " and ".join(turns)
    whole = f", between {least} and {most} in all" if len(windows) > 1 else ""
    return f"{' and '.join(_causes(windows))}: an output sums {along}{whole}"


def _causes(windows: tuple[TransposedWindow, ...]) -> Iterator[str]:
    """What makes it non-uniform; a common factor reaches only every so many outputs, whatever the kernel
    is.
    """
    stride = by(window.stride for window in windows)
    if any(map(_skips, windows)):
        yield (
            f"the stride {stride} has a common factor with the dilation "
            f"{by(window.dilation for window in windows)}"
        )
    if not all(map(_divides, windows)):
        yield f"the stride {stride} does not divide the kernel {by(window.kernel for window in windows)}"


def _skips(window: TransposedWindow) -> bool:
    return gcd(window.stride, window.dilation) > 1


def _divides(window: TransposedWindow) -> bool:
    return window.kernel % window.stride == 0


def _turns(counts: tuple[int, ...]) -> str:
    if len(set(counts)) == 1:
        return f"{counts[0]} inputs"
    if len(counts) > _MOST_LISTED:
        return f"{min(counts)} to {max(counts)} inputs, varying by phase"
    return f"{', '.join(map(str, counts[:-1]))} or {counts[-1]} inputs, varying by phase"


def _help(windows: tuple[TransposedWindow, ...]) -> str:
    dilation = by(1 if _skips(window) else window.dilation for window in windows)
    even = f"kernels that are uniform here: {_even(windows)}"
    if not any(map(_skips, windows)):
        return even
    return f"a dilation of {dilation} reaches all outputs" + (
        "" if all(map(_divides, windows)) else f"; {even}"
    )


def _even(windows: tuple[TransposedWindow, ...]) -> str:
    """The nearest kernels that the strides divide, none smaller than the stride."""
    below = tuple(max(window.kernel // window.stride, 1) * window.stride for window in windows)
    above = tuple(-(-window.kernel // window.stride) * window.stride for window in windows)
    return by(below) if below == above else f"{by(below)} and {by(above)}"


CODES = (
    Code(
        "W507",
        "a transposed convolution with a checkerboard",
        "The stride does not divide the kernel, or has a common factor with the dilation, so the number "
        "of inputs that an output sums varies by phase. Only training can compensate for it, and "
        "generated images show it as a checkerboard.",
        """
        input: [8, 16, 16]
        layers:
          - conv_transpose3x3: {out: 8, stride: 2, padding: 1, output_padding: 1}
        """,
        """
        input: [8, 16, 16]
        layers:
          - conv_transpose4x4: {out: 8, stride: 2, padding: 1}
        """,
    ),
)
ON_NETWORKS = {"W507": remarks}
