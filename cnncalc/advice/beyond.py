"""W520: dilated kernels whose outer taps reach beyond the map at every unit."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.advice.base import Network, Remark, is_beyond, sliding_windows
from cnncalc.codes.code import Code
from cnncalc.support.numbers import by


def remarks(network: Network) -> Iterator[Remark]:
    """A remark per layer whose taps are further apart than its map is long, along every axis."""
    for layer in network.report.layers:
        windows = sliding_windows(layer)
        pairs = zip(windows, layer.in_shape.sizes, strict=False)
        wide = [(window, size) for window, size in pairs if window.kernel > 1]
        if wide and all(is_beyond(window, size) for window, size in wide):
            kernel = by(window.kernel for window in windows)
            message = (
                f"the dilation {by(window.dilation for window, _ in wide)} is not smaller than the map of "
                f"{by(layer.in_shape.sizes)}: of the {kernel} taps of each unit at most one is inside it, "
                "the others read padding"
            )
            yield Remark(layer.path, message, "use a smaller dilation, or a kernel of 1")


CODES = (
    Code(
        "W520",
        "a dilation larger than the map",
        "Two taps of the kernel are at least as far apart as the map is long, so at most one of them is "
        "inside it and the others always read padding: the kernel acts like one of a single position. "
        "It happens when an atrous pyramid trained on large images is run on small ones (Chen et al. 2017, "
        "section 3.3).",
        """
        input: [8, 16, 16]
        layers:
          - conv3x3: {out: 8, padding: 1}
          - concat: {fine: [conv1x1: 8], coarse: [conv3x3: {out: 8, dilation: 18, padding: 18}]}
        """,
        """
        input: [8, 16, 16]
        layers:
          - conv3x3: {out: 8, padding: 1}
          - concat: {fine: [conv1x1: 8], coarse: [conv3x3: {out: 8, dilation: 2, padding: 2}]}
        """,
    ),
)
ON_NETWORKS = {"W520": remarks}
