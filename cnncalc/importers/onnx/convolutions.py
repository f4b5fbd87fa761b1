"""ONNX operators that are convolutions, transposed ones among them."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from cnncalc.errors import Fault
from cnncalc.geometry.shape import Shape
from cnncalc.geometry.window import TransposedWindow
from cnncalc.importers.onnx.call import Call
from cnncalc.importers.onnx.file import Constant
from cnncalc.importers.onnx.held import Feature, Unknown
from cnncalc.importers.onnx.layout import CHANNELS, known, plain, whole
from cnncalc.importers.onnx.operators import operator
from cnncalc.importers.onnx.translation import UNRUNNABLE, Translation
from cnncalc.importers.onnx.weights import (
    bias_of,
    gain_of,
    gained,
    require_fitting,
    require_kernel,
    weight_of,
)
from cnncalc.importers.onnx.windows import AUTO, Windows


@operator("Conv")
def conv(translation: Translation, call: Call) -> None:
    convolved(translation, call, call.feature(), weight_of(call), 2)


def convolved(translation: Translation, call: Call, feature: Feature, weight: Constant, bias_at: int) -> None:
    """A convolution item with the counts that its weight has."""
    require_kernel(weight)
    if _along_channels(translation, call, feature, weight):
        return
    source = translation.settled(feature, "Conv")
    shape = translation.shapes[source.tensor]
    channels, *sizes = known(shape)
    out, per_group, *kernel = weight.dims
    groups = call.attribute("group", 1)
    require_fitting(weight, source, per_group * groups, len(kernel))
    if out % max(groups, 1):
        raise Fault("E302", f"out {out} cannot be divided into {groups} groups", UNRUNNABLE)
    if per_group * groups != channels or len(kernel) != shape.rank or not shape.rank:
        raise Unknown(f"a weight {list(weight.dims)} in {groups} groups on an input of {shape}")
    windows = Windows(call, kernel, shape.rank)
    if windows.negative():
        raise Unknown(f"attribute `pads` is {[list(pair) for pair in windows.pads]}")
    new = Shape(out, windows.sizes(sizes))
    bias, gain = bias_of(call, bias_at, out), gain_of(weight, out)
    share = translation.count_kernel(weight, call.node.outputs[0])
    if share is None or not _same_bias(translation, share, bias):
        translation.count_vector(bias)
        share = share if bias is None else None
    is_depthwise = groups == channels > 1 and out % channels == 0
    which: dict[str, object] = {"mult": out // channels} if is_depthwise else {"out": out, "groups": groups}
    translation.macs += prod(known(new)) * prod(weight.dims[1:])
    made = translation.layer(
        call,
        "depthwise" if is_depthwise else "conv",
        source.tensor,
        new,
        plain(new, translation.batch),
        **windows.arguments,
        **which,
        bias=bias is not None,
    )
    if share is not None:
        translation.share(call, share)
    if gain is not None:
        gained(translation, call, made, gain)


def _along_channels(translation: Translation, call: Call, feature: Feature, weight: Constant) -> bool:
    """A convolution of one kernel along the channels, which are an axis of positions; whether it is one."""
    channels = known(translation.shapes[feature.tensor])[0]
    if len(feature.layout) < 3 or channels == 1 or feature.layout[1:3] != ((), whole(CHANNELS, channels)):
        return False
    kernel = call.attribute("kernel_shape", weight.dims[2:])
    half = kernel[0] // 2
    rest = (0,) * (len(kernel) - 1)
    if (
        weight.dims != (1, 1, *kernel)
        or set(kernel[1:]) > {1}
        or not kernel[0] % 2
        or call.input(2) is not None
        or tuple(call.attribute("pads", ())) != (half, *rest, half, *rest)
    ):
        raise Unknown(f"a weight {list(weight.dims)} along the channels is no `eca`")
    for name in ("strides", "dilations"):
        if set(call.attribute(name, (1,))) != {1}:
            raise Unknown(f"attribute `{name}` is {list(call.attribute(name))}")
    call.must_be("group", 1)
    call.must_be("auto_pad", "NOTSET", "")
    translation.count_kernel(weight, call.node.outputs[0])
    translation.macs += kernel[0] * prod(known(translation.shapes[feature.tensor]))
    translation.same(call, "eca", feature, kernel=kernel[0])
    return True


def _same_bias(translation: Translation, share: str, bias: Constant | None) -> bool:
    return bool(translation.items[translation.places[share]].given("bias")) == (bias is not None)


@operator("ConvTranspose")
def conv_transpose(translation: Translation, call: Call) -> None:
    source = translation.settled(call.feature(), "ConvTranspose")
    shape = translation.shapes[source.tensor]
    channels, *sizes = known(shape)
    weight = weight_of(call)
    require_kernel(weight)
    inside, per_group, *kernel = weight.dims
    groups = call.attribute("group", 1)
    require_fitting(weight, source, inside, len(kernel))
    if inside != channels or len(kernel) != shape.rank or not shape.rank:
        raise Unknown(f"a weight {list(weight.dims)} on an input of {shape}")
    windows = Windows(call, kernel, shape.rank)
    extra = tuple(call.attribute("output_padding", (0,) * shape.rank))
    wanted = call.attribute("output_shape")
    if wanted is not None:
        windows.pads, extra = _pads_for(windows, sizes, tuple(wanted)[-shape.rank :], extra)
    elif windows.auto in AUTO:
        target = tuple(size * stride for size, stride in zip(sizes, windows.stride, strict=True))
        windows.pads, extra = _pads_for(windows, sizes, target, extra)
    windows.auto = "NOTSET"
    if windows.negative():
        raise Unknown(f"attribute `pads` is {[list(pair) for pair in windows.pads]}")
    new_sizes = tuple(
        TransposedWindow(k, s, before, after, d, more).output_size(size) or 0
        for k, s, (before, after), d, more, size in zip(
            windows.kernel, windows.stride, windows.pads, windows.dilation, extra, sizes, strict=True
        )
    )
    out = per_group * groups
    new = Shape(out, new_sizes)
    bias, gain = bias_of(call, 2, out), gain_of(weight, out)
    translation.count_kernel(weight, call.node.outputs[0])
    translation.count_vector(bias)
    translation.macs += prod(known(shape)) * prod(weight.dims[1:])
    made = translation.layer(
        call,
        "conv_transpose",
        source.tensor,
        new,
        plain(new, translation.batch),
        **windows.arguments,
        output_padding=extra,
        out=out,
        groups=groups,
        bias=bias is not None,
    )
    if gain is not None:
        gained(translation, call, made, gain)


def _pads_for(
    windows: Windows, sizes: Sequence[int], wanted: Sequence[int], extra: tuple[int, ...]
) -> tuple[tuple[tuple[int, int], ...], tuple[int, ...]]:
    """Padding and output padding with which these sizes come out, as ``output_shape`` has it."""
    pads, more = [], []
    for size, target, kernel, stride, dilation, given in zip(
        sizes, wanted, windows.kernel, windows.stride, windows.dilation, extra, strict=True
    ):
        total = stride * (size - 1) + given + (kernel - 1) * dilation + 1 - target
        small = max(total, 0) // 2
        large = max(total, 0) - small
        pads.append((large, small) if windows.auto == "SAME_LOWER" else (small, large))
        more.append(given + max(-total, 0))
    return tuple(pads), tuple(more)
