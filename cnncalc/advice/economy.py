"""W515 and W516: cheaper layers of the same receptive field: stacks of small kernels, 1x1 reductions.

Source: Simonyan and Zisserman 2015, Very Deep Convolutional Networks, section 2.3; Szegedy et al. 2015, Going
Deeper with
Convolutions, section 4
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cnncalc.advice.base import Cost, Network, Remark, saving
from cnncalc.analysis.report import LayerReport
from cnncalc.errors import Fault
from cnncalc.geometry.shape import Size, total
from cnncalc.geometry.window import Window
from cnncalc.layers.convolution import Conv, Depthwise
from cnncalc.layers.fields import HALF_PADDING, NO_PADDING, Padding, PerAxis
from cnncalc.layers.join import Concat
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
        if not isinstance(layer, Conv | Depthwise) or record.params is None or record.shares is not None:
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
    windows = record.windows or ()
    if any(
        not isinstance(window, Window) or window.stride != 1 or window.dilation != 1 for window in windows
    ):
        return 0
    reach = {window.kernel - 1 for window in windows if window.kernel > 1}
    if len(reach) != 1 or _padding(windows) is None:
        return 0
    wide = reach.pop()
    return wide // 2 if wide % 2 == 0 and 4 <= wide <= 2 * MOST_STACKED else 0


def _small(record: LayerReport) -> tuple[int, ...]:
    return tuple(3 if window.kernel > 1 else 1 for window in record.windows or ())


def _padding(windows: tuple[object, ...]) -> Padding | None:
    """The padding of each window of a stack that matches this one: keeping the size of the map, or none."""
    own = [window for window in windows if isinstance(window, Window)]
    pairs, kernels = tuple(window.padding for window in own), tuple(window.kernel for window in own)
    for padding in (HALF_PADDING, NO_PADDING):
        if pairs == tuple((axis.before, axis.after) for axis in padding.over(kernels)):
            return padding
    return None


def _stack(network: Network, layer: Conv | Depthwise, record: LayerReport, steps: int) -> Cost | None:
    """What the stack costs, each layer as wide as the output."""
    if isinstance(layer, Depthwise) and layer.mult != 1:
        return None
    small = layer.replaced(kernel=PerAxis(_small(record)), padding=_padding(record.windows or ()))
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

    layer: Conv
    record: LayerReport
    reduced: int


def remarks_on_joins(network: Network) -> Iterator[Remark]:
    """Inception-like joins whose large kernels read the input without a 1x1 reduction."""
    for index, node, layer, record in network.layers():
        if not isinstance(layer, Concat) or len(node.inputs) < 2:
            continue
        wide = _wide_branches(network, index, record.path)
        old = _total([(one.record.params, one.record.macs) for one in wide])
        new = _total([_reduced(network, one) for one in wide])
        if wide and new[0] is not None and old[0] and new[0] <= WORTHWHILE * old[0]:
            kernels = _listed([by(one.layer.kernel.over(one.record.in_shape.rank, "kernel")) for one in wide])
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
        if isinstance(node.layer, Conv) and record is not None and not record.inputs[0].startswith(inside):
            found += _wide(node.layer, record)
        index -= 1
    return found[::-1]


def _wide(layer: Conv, record: LayerReport) -> Iterator[_Wide]:
    channels, out = record.in_shape.channels, record.shape.channels
    if channels is None or out is None or layer.groups != 1 or min(channels, out) < 2 * NARROWEST:
        return
    if any(window.kernel > 1 for window in record.windows or ()):
        yield _Wide(layer, record, min(channels, out) // 2)


def _reduced(network: Network, wide: _Wide) -> tuple[Size, Size]:
    """Parameters and MACs with a 1x1 to half the width before the convolution."""
    point = Conv(kernel=PerAxis((1,) * wide.record.in_shape.rank), out=wide.reduced, bias=wide.layer.bias)
    first = network.cost(point, wide.record.in_shape)
    second = network.cost(wide.layer, first.shape)
    return _total([(first.params, first.macs), (second.params, second.macs)])


def _total(costs: list[tuple[Size, Size]]) -> tuple[Size, Size]:
    return total(params for params, _ in costs), total(macs for _, macs in costs)


def _listed(texts: list[str]) -> str:
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"


def _help(wide: list[_Wide]) -> str:
    """The same written as an inception, where it could be one."""
    written = {
        by(
            one.layer.kernel.over(one.record.in_shape.rank, "kernel")
        ): f"[{one.reduced}, {one.record.shape.channels}]"
        for one in wide
    }
    if len(written) < len(wide) or any(
        window.dilation > 1 for one in wide for window in one.record.windows or ()
    ):
        return "begin these branches with a 1x1 convolution"
    return f"in an inception: `{', '.join(f'{kernel}: {widths}' for kernel, widths in written.items())}`"
