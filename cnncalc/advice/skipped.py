"""W505 and W514: strides that skip positions, of kernels in general and of 1x1 kernels."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from cnncalc.advice.base import Network, Remark, share
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
        windows = tuple(window for window in layer.windows or () if isinstance(window, Window))
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
