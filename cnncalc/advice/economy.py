"""W515 and W516: cheaper layers of the same receptive field: stacks of small kernels, 1x1 reductions.

Source: Simonyan and Zisserman 2015, Very Deep Convolutional Networks, section 2.3; Szegedy et al. 2015, Going
Deeper with
Convolutions, section 4
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cnncalc.advice.base import Cost, Network, Remark, saving, sliding_windows
from cnncalc.analysis.report import LayerReport
from cnncalc.codes.code import Code
from cnncalc.errors import Fault
from cnncalc.geometry.shape import Size, total
from cnncalc.geometry.window import Window
from cnncalc.layers.base import Layer
from cnncalc.layers.fields import HALF_PADDING, NO_PADDING, Padding
from cnncalc.support.numbers import by

MOST_STACKED = 50
"""Longer stacks are not advised."""
NARROWEST = 4
"""Reductions to fewer channels are not advised."""
WORTHWHILE = 0.75
"""A reduction is advised where it leaves at most this part of the parameters."""
_WORDS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}


def remarks(network: Network) -> Iterator[Remark]:
    """Convolutions of odd kernels from 5 on that a stack of 3-wide ones would replace with fewer
    parameters.
    """
    for _, _, layer, record in network.layers():
        if record.params is None or record.shares is not None:
            continue
        steps = _steps(record)
        stack = _stack(network, layer, record, steps) if steps else None
        if stack is not None and stack.params is not None and stack.params < record.params:
            small, large = by(_small(record)), by(tuple(window.kernel for window in record.windows or ()))
            figures = saving(stack, (record.params, record.macs))
            number = _WORDS.get(steps, str(steps))
            yield Remark(
                record.path,
                f"{number} {small} have the receptive field of this {large}: {figures}",
                "with an activation between them",
            )


def _steps(record: LayerReport) -> int:
    """How many 3-wide windows have the same receptive field, 0 where no stack does."""
    windows = sliding_windows(record)
    if any(window.stride != 1 or window.dilation != 1 for window in windows):
        return 0
    reach = {window.kernel - 1 for window in windows if window.kernel > 1}
    if len(reach) != 1 or _padding(windows) is None:
        return 0
    wide = reach.pop()
    return wide // 2 if wide % 2 == 0 and 4 <= wide <= 2 * MOST_STACKED else 0


def _small(record: LayerReport) -> tuple[int, ...]:
    return tuple(3 if window.kernel > 1 else 1 for window in record.windows or ())


def _padding(windows: tuple[Window, ...]) -> Padding | None:
    """The padding of each window of a stack that matches this one: keeping the size of the map, or none."""
    pairs = tuple(window.padding for window in windows)
    kernels = tuple(window.kernel for window in windows)
    for padding in (HALF_PADDING, NO_PADDING):
        if pairs == tuple((axis.before, axis.after) for axis in padding.over(kernels)):
            return padding
    return None


def _stack(network: Network, layer: Layer, record: LayerReport, steps: int) -> Cost | None:
    """What the stack costs, each layer as wide as the output."""
    padding = _padding(sliding_windows(record))
    small = None if padding is None else layer.with_window(_small(record), padding)
    if small is None:
        return None
    costs: list[tuple[Size, Size]] = []
    shape = record.in_shape
    for _ in range(steps):
        try:
            shape, params, macs = network.cost(small, shape)
        except Fault:
            return None
        costs.append((params, macs))
    return Cost(shape, *_total(costs))


class _Wide(NamedTuple):
    """A convolution that reads the whole width of a join's input, and the 1x1 that could precede it."""

    layer: Layer
    record: LayerReport
    reduction: Layer
    reduced: int
    """The channels that it reduces to."""

    @property
    def kernel(self) -> str:
        return by(window.kernel for window in self.record.windows or ())


def remarks_on_joins(network: Network) -> Iterator[Remark]:
    """Inception-like joins whose large kernels read the input without a 1x1 reduction."""
    for index, node, layer, record in network.layers():
        if not layer.concatenates or len(node.inputs) < 2:
            continue
        wide = _wide_branches(network, index, record.path)
        old = _total([(one.record.params, one.record.macs) for one in wide])
        new = _total([_reduced(network, one) for one in wide])
        if wide and new[0] is not None and old[0] and new[0] <= WORTHWHILE * old[0]:
            kernels = _listed([one.kernel for one in wide])
            verb = "reads" if len(wide) == 1 else "read"
            channels = wide[0].record.in_shape.channels
            widths = _listed([str(one.reduced) for one in wide])
            message = (
                f"{kernels} {verb} all {channels} channels; after 1x1 reductions to "
                f"{widths} channels: {saving(new, old)}"
            )
            yield Remark(record.path, message, _help(wide))


def _wide_branches(network: Network, join: int, path: str) -> list[_Wide]:
    """The spatial convolutions inside a join that read what the join's branches begin with."""
    found: list[_Wide] = []
    inside = path + "/"
    index = join - 1
    while index >= 0 and network.nodes[index].path.startswith(inside):
        node = network.nodes[index]
        record = network.records.get(node.path)
        layer = network.layer_at(index)
        if layer is not None and record is not None and not record.inputs[0].startswith(inside):
            found += _wide(layer, record)
        index -= 1
    return found[::-1]


def _wide(layer: Layer, record: LayerReport) -> Iterator[_Wide]:
    channels, out = record.in_shape.channels, record.shape.channels
    if channels is None or out is None or min(channels, out) < 2 * NARROWEST:
        return
    reduced = min(channels, out) // 2
    reduction = layer.reduction(reduced, record.in_shape.rank)
    if reduction is not None and any(window.kernel > 1 for window in record.windows or ()):
        yield _Wide(layer, record, reduction, reduced)


def _reduced(network: Network, wide: _Wide) -> tuple[Size, Size]:
    """Parameters and MACs with a 1x1 to half the width before the convolution."""
    first = network.cost(wide.reduction, wide.record.in_shape)
    second = network.cost(wide.layer, first.shape)
    return _total([(first.params, first.macs), (second.params, second.macs)])


def _total(costs: list[tuple[Size, Size]]) -> tuple[Size, Size]:
    return total(params for params, _ in costs), total(macs for _, macs in costs)


def _listed(texts: list[str]) -> str:
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"


def _help(wide: list[_Wide]) -> str:
    """The same written as an inception, where it could be one."""
    written = {one.kernel: f"[{one.reduced}, {one.record.shape.channels}]" for one in wide}
    if len(written) < len(wide) or any(
        window.dilation > 1 for one in wide for window in one.record.windows or ()
    ):
        return "begin these branches with a 1x1 convolution"
    return f"in an inception: `{', '.join(f'{kernel}: {widths}' for kernel, widths in written.items())}`"


CODES = (
    Code(
        "W515",
        "a large kernel that small ones could replace",
        "Two 3x3 convolutions have the receptive field of one 5x5 with 18 weights per pair of channels "
        "instead of 25, and three that of a 7x7 with 27 instead of 49, with more non-linearities. The "
        "figures are for a stack that is as wide as the layer's output throughout. Shown only where "
        "selected.",
        """
        input: [64, 32, 32]
        layers:
          - conv5x5: {out: 64, padding: 2}
        """,
        """
        input: [64, 32, 32]
        layers:
          - conv3x3: {out: 64, padding: 1}
          - relu
          - conv3x3: {out: 64, padding: 1}
        """,
        quiet=True,
    ),
    Code(
        "W516",
        "large kernels over all channels of a wide join",
        "In an inception-like join the 3x3 and 5x5 branches read every input channel. A 1x1 convolution "
        "before them that halves the width saves most of their weights. The figures are for reductions to "
        "half of the input or output channels, whichever is less. Shown only where selected.",
        """
        input: [64, 28, 28]
        layers:
          - inception: {1x1: 64, 3x3: 64}
        """,
        """
        input: [64, 28, 28]
        layers:
          - inception: {1x1: 64, 3x3: [32, 64]}
        """,
        quiet=True,
    ),
)
ON_NETWORKS = {"W515": remarks, "W516": remarks_on_joins}
