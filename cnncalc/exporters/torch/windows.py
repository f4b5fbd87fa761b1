"""Sliding windows, pools and bins as PyTorch modules: unequal padding by a pad of its own."""

from __future__ import annotations

from typing import Any

from cnncalc.analysis.report import LayerReport
from cnncalc.exporters.calls import Call, Name, Value, alike, given, placed
from cnncalc.exporters.refusing import Inexpressible
from cnncalc.exporters.torch.translation import (
    MAKERS,
    Around,
    Made,
    Maker,
    Translation,
    applied,
    makes,
    module_name,
    pad_by,
    windows_of,
)
from cnncalc.geometry.window import TransposedWindow, Window
from cnncalc.layers.convolution import has_bias

LOWEST = Name('-float("inf")')


def _padding(pairs: list[tuple[int, int]]) -> Value | None:
    """The padding of a module; ``None`` where it is not the same before and after."""
    if any(before != after or before < 0 for before, after in pairs):
        return None
    return alike(tuple(before for before, _ in pairs))  # type: ignore[no-any-return]


def _window(windows: tuple[Window | TransposedWindow, ...], *fields: str) -> dict[str, Any]:
    return {field: alike(tuple(getattr(window, field) for window in windows)) for field in fields}


def _conv(record: LayerReport, layer: Any, out: int, groups: int) -> tuple[Call, ...]:
    windows = windows_of(record)
    shape = _window(windows, "kernel", "stride", "dilation")
    pairs = [(window.before or 0, window.after or 0) for window in windows]
    padding = _padding(pairs)
    if layer.padding.mode == "same" and shape["stride"] == 1:
        padding = "same" if padding is None else padding
    conv = Call(
        module_name("Conv", record),
        (
            placed("in_channels", record.in_shape.channels),
            placed("out_channels", out),
            given("kernel_size", shape["kernel"]),
            given("stride", shape["stride"], 1),
            given("padding", 0 if padding is None else padding, 0),
            given("dilation", shape["dilation"], 1),
            given("groups", groups, 1),
            given("bias", has_bias(layer.bias, layer.learned), True),
        ),
    )
    return (conv,) if padding is not None else (pad_by(pairs), conv)


@makes("conv")
def conv(record: LayerReport, layer: Any, around: Around) -> Made:
    return _conv(record, layer, layer.out, layer.groups)


@makes("depthwise")
def depthwise(record: LayerReport, layer: Any, around: Around) -> Made:
    channels = record.in_shape.channels
    assert channels is not None
    return _conv(record, layer, channels * layer.mult, channels)


@makes("conv_transpose")
def conv_transpose(record: LayerReport, layer: Any, around: Around) -> Made:
    windows: Any = record.windows
    if windows is None or not all(isinstance(window, TransposedWindow) for window in windows):
        raise Inexpressible("its output padding depends on the input's size", "give `--input`")
    shape = _window(windows, "kernel", "stride", "dilation", "output_padding")
    pairs = [(window.before, window.after) for window in windows]
    padding = _padding(pairs)
    is_named = isinstance(layer.size, str)
    made = Call(
        module_name("ConvTranspose", record),
        (
            placed("in_channels", record.in_shape.channels),
            placed("out_channels", layer.out),
            given("kernel_size", shape["kernel"]),
            given("stride", shape["stride"], 1),
            given("padding", 0 if padding is None else padding, 0),
            given("output_padding", 0 if is_named else shape["output_padding"], 0),
            given("groups", layer.groups, 1),
            given("bias", has_bias(layer.bias, layer.learned), True),
            given("dilation", shape["dilation"], 1),
        ),
    )
    if padding is None:
        return (made, pad_by([(-before, -after) for before, after in pairs]))
    if is_named:
        return Translation((made,), "{module}({0}, output_size={1}.shape[2:])")
    return made


def _pool(record: LayerReport) -> tuple[dict[str, Any], Value, list[tuple[int, int]], bool]:
    """Kernel, stride and dilation; the padding that PyTorch's module does itself, or the pairs to pad first;
    and whether it rounds up.
    """
    windows = windows_of(record)
    pairs = [(window.before or 0, window.after or 0) for window in windows]
    up = any(window.rounding.up for window in windows)
    if up and not all(map(_as_pytorch, windows, record.in_shape.sizes)):
        ends = [_end(*one) for one in zip(windows, record.in_shape.sizes, record.shape.sizes, strict=True)]
        pairs = [(before, after) for (before, _), after in zip(pairs, ends, strict=True)]
        up = False
    padding = _padding(pairs)
    if any(2 * before > window.kernel for (before, _), window in zip(pairs, windows, strict=True)):
        padding = None
    return _window(windows, "kernel", "stride", "dilation"), padding, pairs, up


def _as_pytorch(window: Window, size: int | None) -> bool:
    """Whether PyTorch's ceil mode counts as many windows."""
    if window.rounding.drop_in_padding or size is None:
        return True
    pytorch = window._replace(rounding=window.rounding._replace(drop_in_padding=True))
    return pytorch.output_size(size) == window.output_size(size)


def _end(window: Window, size: int | None, out: int | None) -> int:
    """The padding at the end with which the last window just fits."""
    assert size is not None
    assert out is not None
    return (out - 1) * window.stride + window.extent - size - (window.before or 0)


@makes("maxpool")
def maxpool(record: LayerReport, layer: Any, around: Around) -> Made:
    shape, padding, pairs, up = _pool(record)
    pool = Call(
        module_name("MaxPool", record),
        (
            given("kernel_size", shape["kernel"]),
            given("stride", shape["stride"]),
            given("padding", 0 if padding is None else padding, 0),
            given("dilation", shape["dilation"], 1),
            given("ceil_mode", up, False),
        ),
    )
    return pool if padding is not None else (pad_by(pairs, LOWEST), pool)


@makes("avgpool")
def avgpool(record: LayerReport, layer: Any, around: Around) -> Made:
    shape, padding, pairs, up = _pool(record)
    if shape["dilation"] != 1:
        raise Inexpressible("PyTorch's average pools have no dilation", "use a depthwise convolution")
    excludes = around.framework.name not in ("pytorch", "caffe")
    pool = Call(
        module_name("AvgPool", record),
        (
            given("kernel_size", shape["kernel"]),
            given("stride", shape["stride"]),
            given("padding", 0 if padding is None else padding, 0),
            given("ceil_mode", up, False),
            given("count_include_pad", not (excludes and padding not in (None, 0)), True),
        ),
    )
    if padding is not None:
        return pool
    if excludes:
        raise Inexpressible(
            f"{around.framework.title} leaves padding out of the mean, which PyTorch does only where it is "
            "the same before and after",
            "write the padding as one number per axis",
        )
    return (pad_by(pairs), pool)


@makes("lppool")
def lppool(record: LayerReport, layer: Any, around: Around) -> Made:
    shape, _, pairs, up = _pool(record)
    if shape["dilation"] != 1:
        raise Inexpressible("PyTorch's LPPool has no dilation")
    pool = Call(
        module_name("LPPool", record),
        (
            placed("norm_type", layer.power),
            given("kernel_size", shape["kernel"]),
            given("stride", shape["stride"]),
            given("ceil_mode", up, False),
        ),
    )
    return (pad_by(pairs), pool) if any(map(any, pairs)) else pool


def _adaptive(kind: str) -> Maker:
    def make(record: LayerReport, layer: Any, around: Around) -> Made:
        out = alike(layer.out.over(record.in_shape.rank, "out")) if hasattr(layer, "out") else 1
        return Call(module_name(f"Adaptive{kind}Pool", record), (placed("output_size", out),))

    return make


@makes("global_lppool")
def global_lppool(record: LayerReport, layer: Any, around: Around) -> Made:
    return applied(
        "torch.linalg.vector_norm",
        given("ord", layer.power, 2),
        given("dim", _axes_of(record)),
        given("keepdim", True),
    )


def _axes_of(record: LayerReport) -> tuple[int, ...]:
    return tuple(range(2, 2 + record.in_shape.rank))


@makes("spp_level")
def spp_level(record: LayerReport, layer: Any, around: Around) -> Made:
    kind = {"max": "Max", "avg": "Avg"}[layer.kind]
    if layer.bins == 1 or layer.mode == "adaptive":
        return Call(module_name(f"Adaptive{kind}Pool", record), (placed("output_size", layer.bins),))
    if record.windows is None:
        raise Inexpressible("its windows depend on the input's size", "give `--input`, or `mode: adaptive`")
    return (maxpool if kind == "Max" else avgpool)(record, layer, around)


@makes("roi_pool")
def roi_pool(record: LayerReport, layer: Any, around: Around) -> Made:
    raise Inexpressible(
        "its regions come from outside the network",
        "use `adaptive_maxpool` for the region that is the whole map",
    )


@makes("unfold")
def unfold(record: LayerReport, layer: Any, around: Around) -> Made:
    windows = windows_of(record)
    pairs = [(window.before or 0, window.after or 0) for window in windows]
    ones = (1,) * len(windows)
    made = Call(
        "Unfold",
        (
            given("kernel_size", tuple(window.kernel for window in windows)),
            given("stride", tuple(window.stride for window in windows), ones),
            given("dilation", tuple(window.dilation for window in windows), ones),
        ),
    )
    return (pad_by(pairs), made) if any(map(any, pairs)) else made


MAKERS.update(
    {
        "global_avgpool": _adaptive("Avg"),
        "global_maxpool": _adaptive("Max"),
        "adaptive_avgpool": _adaptive("Avg"),
        "adaptive_maxpool": _adaptive("Max"),
    }
)
