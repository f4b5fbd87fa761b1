"""W505 and W514: strides that skip positions, of kernels in general and of 1x1 kernels."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from cnncalc.advice.base import Network, Remark, share, sliding_windows
from cnncalc.codes.code import Code
from cnncalc.geometry.participation import phases_read
from cnncalc.geometry.window import Window
from cnncalc.support.numbers import by


def remarks(network: Network) -> Iterator[Remark]:
    """Windows that read only some of the positions between one and the next."""
    for path, windows in _skipping(network):
        if any(window.kernel > 1 for window in windows):
            dilation = (
                f", dilation {by(window.dilation for window in windows)}" if _is_dilated(windows) else ""
            )
            kernel = by(window.kernel for window in windows)
            why = (
                f"the stride {_stride(windows)} skips positions that the kernel "
                f"{kernel}{dilation} does not reach"
            )
            yield Remark(path, f"{why}: {_read(windows)}", "use a smaller stride, or a larger kernel")


def remarks_on_pointwise(network: Network) -> Iterator[Remark]:
    """1x1 windows with a stride."""
    for path, windows in _skipping(network):
        if all(window.kernel == 1 for window in windows):
            kernel = by((1,) * len(windows))
            message = (
                f"a {kernel} with stride {_stride(windows)} reads only a part of its input: {_read(windows)}"
            )
            yield Remark(path, message, "use a larger kernel with the stride, or an average pool before it")


def _skipping(network: Network) -> Iterator[tuple[str, tuple[Window, ...]]]:
    for layer in network.report.layers:
        windows = sliding_windows(layer)
        if any(window.stride > 1 and phases_read(window) < window.stride for window in windows):
            yield layer.path, windows


def _read(windows: tuple[Window, ...]) -> str:
    read, there = [phases_read(window) for window in windows], [window.stride for window in windows]
    some = f"{by(tuple(read))} of every {by(tuple(there))} positions are read"
    return f"{some}, {share(prod(there) - prod(read), prod(there))} of the map never"


def _stride(windows: tuple[Window, ...]) -> str:
    return by(window.stride for window in windows)


def _is_dilated(windows: tuple[Window, ...]) -> bool:
    return any(window.dilation > 1 for window in windows)


CODES = (
    Code(
        "W505",
        "a stride that skips positions",
        "The stride is larger than the kernel, or shares a divisor with the dilation: between the windows "
        "are positions that none of them reads. What was computed there is not used.",
        """
        input: [8, 32, 32]
        layers:
          - conv2x2: {out: 16, stride: 3, padding: [[0, 1], [0, 1]]}
        """,
        """
        input: [8, 32, 32]
        layers:
          - conv4x4: {out: 16, stride: 4}
        """,
    ),
    Code(
        "W514",
        "a 1x1 kernel with a stride",
        "A 1x1 kernel with stride 2 reads one position of four and never the others. ResNet's projections "
        "do so by design, so this is shown only where selected.",
        """
        input: [8, 32, 32]
        layers:
          - conv1x1: {out: 16, stride: 2}
        """,
        """
        input: [8, 32, 32]
        layers:
          - avgpool2
          - conv1x1: 16
        """,
        quiet=True,
    ),
)
ON_NETWORKS = {"W505": remarks, "W514": remarks_on_pointwise}
