"""W504: positions at the end of a map that no window reads, because the number of windows is rounded down."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.advice.base import Network, Remark
from cnncalc.analysis.dropped import dropped_along, dropped_positions, read_along
from cnncalc.analysis.report import LayerReport
from cnncalc.codes.code import Code
from cnncalc.frameworks import Framework
from cnncalc.frameworks.rules import Ceil
from cnncalc.geometry.shape import Size, product
from cnncalc.layers.base import Layer
from cnncalc.support.numbers import by


def remarks(network: Network) -> Iterator[Remark]:
    """A remark per layer that leaves something of its input unread at the end of an axis."""
    for _, _, layer, record in network.layers():
        lost = dropped_along(record)
        if any(lost):
            yield Remark(
                record.path, _message(record, lost), _help(record, lost) + _ceil(layer, network.framework)
            )


def _message(layer: LayerReport, lost: list[Size]) -> str:
    sizes = layer.in_shape.sizes
    unread, whole = dropped_positions(layer), product(sizes)
    message = f"rounding down drops {_which(sizes, lost)}"
    return (
        message if len(sizes) == 1 or unread is None else f"{message}: {unread:,} of {whole:,} are never read"
    )


def _which(sizes: tuple[Size, ...], lost: list[Size]) -> str:
    """The positions that are dropped, once where all axes are alike."""
    texts = [
        _positions(size, missing)
        for size, missing in zip(sizes, lost, strict=True)
        if size is not None and missing
    ]
    if len(lost) == 1:
        return texts[0]
    if len(set(texts)) == 1 and all(lost):
        return f"{texts[0]} along each axis"
    places = [place for place, missing in enumerate(lost, 1) if missing]
    return " and ".join(f"{text} along axis {place}" for text, place in zip(texts, places, strict=True))


def _positions(size: int, missing: int) -> str:
    if missing == 1:
        return f"the last of {size:,} positions ({size - 1})"
    return f"the last {missing:,} of {size:,} positions ({size - missing}..{size - 1})"


def _help(layer: LayerReport, lost: list[Size]) -> str:
    smaller = read_along(layer, lost)
    steps = [
        window.stride if missing else 0 for window, missing in zip(layer.windows or (), lost, strict=True)
    ]
    larger = [None if size is None else size + step for size, step in zip(smaller, steps, strict=True)]
    return f"maps of {by(smaller)} and {by(larger)} are read completely; or pad the end"


def _ceil(layer: Layer, framework: Framework) -> str:
    can_round_up = "ceil" in layer.fields and framework.pool_ceil is not Ceil.ABSENT
    return ", or round up with `ceil: true`" if can_round_up else ""


CODES = (
    Code(
        "W504",
        "positions dropped by rounding down",
        "The last window ends before the map does, because another whole stride does not fit. The end of "
        "the map is never read, whatever the input; the message says which positions, how many, and which "
        "sizes are read completely. Of windows whose stride skips positions everywhere, W505 and W514 speak.",
        """
        input: [8, 15, 15]
        layers:
          - maxpool2
        """,
        """
        input: [8, 16, 16]
        layers:
          - maxpool2
        """,
    ),
)
ON_NETWORKS = {"W504": remarks}
