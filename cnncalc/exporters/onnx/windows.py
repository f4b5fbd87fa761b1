"""Sliding windows, pools and bins as ONNX operators: paddings in numbers, roundings by the framework."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cnncalc.exporters.onnx.weighted import biases
from cnncalc.exporters.onnx.writing import Call, Writing, sizes_of, writes
from cnncalc.exporters.refusing import Inexpressible
from cnncalc.geometry.resample import All, Bins
from cnncalc.geometry.window import TransposedWindow, Window

_POOLS = {"maxpool": "MaxPool", "avgpool": "AveragePool", "lppool": "LpPool"}
_GLOBAL = {"max": "GlobalMaxPool", "avg": "GlobalAveragePool"}
_PADDING_COUNTS = ("pytorch", "caffe")
"""Frameworks whose average pools divide by the whole window, padding included."""
MOST_PIECES = 1024
"""Nodes that one layer is taken apart into."""


def attributes(windows: Sequence[Window | TransposedWindow], mode: str) -> dict[str, Any]:
    """Kernel, strides, padding and dilations; the padding by its word where it depends on an open size."""
    found: dict[str, Any] = {"kernel_shape": [window.kernel for window in windows]}
    if any(window.stride != 1 for window in windows):
        found["strides"] = [window.stride for window in windows]
    if any(window.dilation != 1 for window in windows):
        found["dilations"] = [window.dilation for window in windows]
    pads = [window.padding for window in windows]
    known = [pad for pad in pads if pad is not None]
    if len(known) < len(pads):
        found["auto_pad"] = "SAME_LOWER" if mode == "same_lower" else "SAME_UPPER"
        return found
    if any(before < 0 or after < 0 for before, after in known):
        raise Inexpressible(f"its padding is {[list(pad) for pad in known]}", "write a `crop` before it")
    if any(map(any, known)):
        found["pads"] = [before for before, _ in known] + [after for _, after in known]
    return found


def windows_of(call: Call) -> tuple[Window, ...]:
    """The windows along all axes."""
    return tuple(rule for rule in call.record.rules if isinstance(rule, Window))


@writes("conv", "depthwise")
def conv(writing: Writing, call: Call) -> str:
    """A convolution with its weight, and its bias where it has one."""
    out, channels = sizes_of(call.record.shape._replace(sizes=()))[0], call.channels
    groups = channels if call.layer.op == "depthwise" else getattr(call.layer, "groups", 1)
    windows = windows_of(call)
    given = attributes(windows, call.layer.padding.mode)
    weight = writing.weight(call, "weight", (out, channels // groups, *given["kernel_shape"]))
    return writing.node(
        "Conv",
        call.input,
        weight,
        *biases(writing, call, out),
        **given,
        **({"group": groups} if groups != 1 else {}),
    )


@writes("conv_transpose")
def conv_transpose(writing: Writing, call: Call) -> str:
    windows = [rule for rule in call.record.rules if isinstance(rule, TransposedWindow)]
    if len(windows) < call.rank:
        raise Inexpressible("the size that is to come out is not known", "pass --input with the size")
    given = attributes(windows, call.layer.padding.mode)
    out = sizes_of(call.record.shape._replace(sizes=()))[0]
    weight = writing.weight(call, "weight", (call.channels, out // call.layer.groups, *given["kernel_shape"]))
    extra = [window.output_padding for window in windows]
    return writing.node(
        "ConvTranspose",
        call.input,
        weight,
        *biases(writing, call, out),
        **given,
        **({"output_padding": extra} if any(extra) else {}),
        **({"group": call.layer.groups} if call.layer.groups != 1 else {}),
    )


@writes("deform_conv")
def deform_conv(writing: Writing, call: Call) -> str:
    """Version 2 has a factor per tap behind the offsets, which goes through a sigmoid."""
    if call.rank != 2:
        raise Inexpressible(f"ONNX has it over 2 axes, here are {call.rank}")
    given = attributes(windows_of(call), call.layer.padding.mode)
    if "auto_pad" in given:
        raise Inexpressible("its padding is not known", "pass --input with the size")
    taps = given["kernel_shape"][0] * given["kernel_shape"][1]
    total = sizes_of(call.shapes[1])[0]
    is_modulated = total % (3 * taps) == 0 and _is_modulated(writing, call)
    groups = total // ((3 if is_modulated else 2) * taps)
    offsets, mask = call.inputs[1], ""
    if is_modulated:
        count = 2 * taps * groups
        mask = writing.node("Sigmoid", writing.cut(offsets, [(1, count, total)]))
        offsets = writing.cut(offsets, [(1, 0, count)])
    out, groups_of = call.new[0], call.layer.groups
    weight = writing.weight(call, "weight", (out, call.channels // groups_of, *given["kernel_shape"]))
    bias = biases(writing, call, out) or ("",)
    more = {"group": groups_of, "offset_group": groups}
    last = (mask,) if mask else ()
    tail = bias if bias[0] or last else ()
    return writing.node("DeformConv", call.input, weight, offsets, *tail, *last, **given, **more)


def _is_modulated(writing: Writing, call: Call) -> bool:
    """Whether the layer that made the offsets also made factors."""
    path = call.record.inputs[1]
    maker = next(record.layer for record in writing.report.layers if record.path == path)
    return bool(getattr(maker, "modulated", False))


# Pools


@writes("maxpool", "avgpool", "lppool")
def pool(writing: Writing, call: Call) -> str:
    more: dict[str, Any] = {}
    if call.layer.op == "lppool":
        more = {"p": _whole_power(call.layer.power)}
    elif call.layer.op == "avgpool":
        more = {"count_include_pad": int(call.rules.name in _PADDING_COUNTS)}
    return pooled(writing, call, _POOLS[call.layer.op], windows_of(call), more, call.layer.padding.mode)


def _whole_power(power: float) -> int:
    if power != int(power) or power < 1:
        raise Inexpressible(f"the power of its norm is {power:g}, ONNX has whole numbers from 1 on")
    return int(power)


def pooled(
    writing: Writing,
    call: Call,
    operator: str,
    windows: tuple[Window, ...],
    more: dict[str, Any],
    mode: str = "explicit",
) -> str:
    """One sliding pool. A pad as wide as the kernel, which readers refuse, becomes a border of its own."""
    given, tensor = attributes(windows, mode), call.input
    pads = [window.padding or (0, 0) for window in windows]
    if any(max(pad) >= window.kernel for pad, window in zip(pads, windows, strict=True)):
        if operator != "MaxPool":
            raise Inexpressible(f"its padding {[list(pad) for pad in pads]} is not smaller than the kernel")
        tensor = writing.padded(tensor, pads, float("-inf"))
        del given["pads"]
    if not any(given.get("pads", ())):
        more = {key: value for key, value in more.items() if key != "count_include_pad"}
    if _rounds_up(call, windows):
        given["ceil_mode"] = 1
    return writing.node(operator, tensor, **given, **more)


def _rounds_up(call: Call, windows: tuple[Window, ...]) -> bool:
    """Whether ``ceil_mode`` is needed for the number of windows; it counts for all axes.

    Before opset 22 it keeps a last window that begins in the padding, since then it drops it. Where a
    framework drops it, there are as many windows as without; where one keeps it, readers differ.
    """
    sizes = zip(windows, call.record.in_shape.sizes, call.record.shape.sizes, strict=True)
    ways = [_ways(window, size, new) for window, size, new in sizes]
    if all(False in way for way in ways):
        return False
    if all(True in way for way in ways):
        return True
    raise Inexpressible("it rounds up along one axis and drops the last window along another")


def _ways(window: Window, size: int | None, new: int | None) -> set[bool]:
    """Whether the windows along an axis are counted without rounding up, with it, or either way."""
    if not window.rounding.up:
        return {False, True} if window.stride == 1 or _fits(window, size) else {False}
    if size is None or new is None or window.padding is None:
        raise Inexpressible("how it rounds depends on a size that is not known", "pass --input with the size")
    room = size + sum(window.padding) - window.extent
    if _fits(window, size):
        return {False, True}
    if new == room // window.stride + 1:
        return {False}
    if (new - 1) * window.stride >= size + window.padding[0]:
        raise Inexpressible("its last window begins behind the map, which readers count differently")
    return {True}


def _fits(window: Window, size: int | None) -> bool:
    """Whether the last window ends where the map ends, so that nothing is rounded."""
    if size is None or window.padding is None:
        return False
    return (size + sum(window.padding) - window.extent) % window.stride == 0


@writes("global_avgpool", "global_maxpool")
def global_pool(writing: Writing, call: Call) -> str:
    return writing.node(_GLOBAL[call.layer.op[-7:-4]], call.input)


@writes("global_lppool")
def global_lppool(writing: Writing, call: Call) -> str:
    return writing.node("GlobalLpPool", call.input, p=_whole_power(call.layer.power))


@writes("adaptive_avgpool", "adaptive_maxpool", "spp_level")
def bins(writing: Writing, call: Call) -> str:
    """Bins of one size as a sliding pool, the only bin as a global one, others each by itself."""
    kind = call.layer.kind if call.layer.op == "spp_level" else call.layer.op[-7:-4]
    rules = call.record.rules
    if all(isinstance(rule, All) or rule == Bins(1) for rule in rules):
        return writing.node(_GLOBAL[kind], call.input)
    windows = [
        Window(size, size) if isinstance(rule, All) or rule == Bins(1) else rule
        for rule, size in zip(rules, call.sizes, strict=True)
    ]
    if all(isinstance(window, Window) for window in windows):
        same = tuple(window for window in windows if isinstance(window, Window))
        operator = "MaxPool" if kind == "max" else "AveragePool"
        return pooled(writing, call, operator, same, {"count_include_pad": 1} if kind == "avg" else {})
    return _each_bin(writing, call, windows, "ReduceMax" if kind == "max" else "ReduceMean")


def _each_bin(writing: Writing, call: Call, rules: Sequence[Any], operator: str) -> str:
    """Bins of different sizes: along each axis the part of every bin, reduced to one position."""
    tensor = call.input
    for axis, (rule, size, count) in enumerate(zip(rules, call.sizes, call.new[1:], strict=True), 2):
        if rule == Window(1):
            continue
        if count > MOST_PIECES:
            raise Inexpressible(f"{count:,} bins of different sizes are more than {MOST_PIECES:,} nodes")
        reads = rule.reads(size)
        runs = [(reads.runs[unit % len(reads.runs)], unit // len(reads.runs)) for unit in range(count)]
        parts = []
        for run, turn in runs:
            first = run.start + turn * reads.advance
            part = writing.cut(tensor, [(axis, first, first + run.length)])
            parts.append(writing.node(operator, part, writing.integers((axis,)), keepdims=1))
        tensor = writing.node("Concat", *parts, axis=axis)
    return tensor


@writes("roi_pool")
def roi_pool(writing: Writing, call: Call) -> str:
    """The regions of interest are an input of their own, five numbers each; they take the batch's place."""
    if call.rank != 2:
        raise Inexpressible(f"ONNX has it over 2 axes, here are {call.rank}")
    rois = writing.regions(call)
    return writing.node("MaxRoiPool", call.input, rois, pooled_shape=list(call.new[1:]))


@writes("unfold")
def unfold(writing: Writing, call: Call) -> str:
    """The positions of a window, each as a map of its own, behind each channel."""
    windows = windows_of(call)
    given = attributes(windows, call.layer.padding.mode)
    if "auto_pad" in given:
        raise Inexpressible("its padding is not known", "pass --input with the size")
    kernel, new = given["kernel_shape"], call.new
    tensor = (
        writing.padded(call.input, [window.padding or (0, 0) for window in windows])
        if "pads" in given
        else call.input
    )
    places: list[tuple[int, ...]] = [()]
    for size in kernel:
        places = [(*place, index) for place in places for index in range(size)]
    if len(places) > MOST_PIECES:
        raise Inexpressible(f"a window of {len(places):,} positions is more than {MOST_PIECES:,} nodes")
    axes = writing.integers(range(2, 2 + call.rank))
    steps = writing.integers(window.stride for window in windows)
    parts = []
    for place in places:
        starts = [index * window.dilation for index, window in zip(place, windows, strict=True)]
        ends = [
            start + (count - 1) * window.stride + 1
            for start, count, window in zip(starts, new[1:], windows, strict=True)
        ]
        part = writing.node("Slice", tensor, writing.integers(starts), writing.integers(ends), axes, steps)
        parts.append(writing.node("Unsqueeze", part, writing.integers((2,))))
    together = writing.node("Concat", *parts, axis=2)
    return writing.reshaped(together, new)
