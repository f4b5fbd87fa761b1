"""Sliding windows, pools and bins as Keras layers: padded by a word, or by a layer of its own before them."""

from __future__ import annotations

from typing import Any

from cnncalc.analysis.report import LayerReport
from cnncalc.exporters.calls import Call, alike, given, placed, written
from cnncalc.exporters.keras.translation import MAKERS, Made, Maker, Translation, border, layer_name, makes
from cnncalc.exporters.refusing import Inexpressible
from cnncalc.geometry.shape import Shape
from cnncalc.layers.convolution import has_bias


def _pairs(record: LayerReport) -> list[tuple[int, int]]:
    windows: Any = record.windows
    if windows is None or any(window.padding is None for window in windows):
        raise Inexpressible("its padding is not known", "give `--input`")
    return [(window.before, window.after) for window in windows]


def _is_same(record: LayerReport, layer: Any) -> bool:
    """Whether the padding is what Keras's `same` gives."""
    if layer.padding.mode == "same":
        return True
    if not any(map(any, _pairs(record))):
        return False
    windows: Any = record.windows
    for window, size in zip(windows, record.in_shape.sizes, strict=True):
        outputs = -(-(size or 0) // window.stride)
        total = max((outputs - 1) * window.stride + window.extent - (size or 0), 0)
        if window.padding != (total // 2, total - total // 2):
            return False
    return True


def _padded(record: LayerReport, layer: Any) -> tuple[tuple[Call, ...], str]:
    """What comes before a window, and the word for its padding."""
    if _is_same(record, layer):
        return (), "same"
    pairs = _pairs(record)
    if not any(map(any, pairs)):
        return (), "valid"
    if any(number < 0 for pair in pairs for number in pair):
        raise Inexpressible("its padding is negative", "use `crop`")
    if layer.padding.mode == "causal" and record.in_shape.rank == 1:
        return (), "causal"
    return (border("ZeroPadding", record, pairs),), "valid"


def _field(record: LayerReport, name: str) -> Any:
    windows: Any = record.windows
    return alike(tuple(getattr(window, name) for window in windows))


@makes("conv")
def conv(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    before, padding = _padded(record, layer)
    made = Call(
        layer_name("Conv", record),
        (
            placed("filters", layer.out),
            placed("kernel_size", _field(record, "kernel")),
            given("strides", _field(record, "stride"), 1),
            given("padding", padding, "valid"),
            given("dilation_rate", _field(record, "dilation"), 1),
            given("groups", layer.groups, 1),
            given("use_bias", has_bias(layer.bias, layer.learned), True),
        ),
    )
    return (*before, made)


@makes("depthwise")
def depthwise(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    if record.in_shape.rank == 3:
        raise Inexpressible("Keras has depthwise convolutions over 1 and 2 axes")
    before, padding = _padded(record, layer)
    made = Call(
        layer_name("DepthwiseConv", record),
        (
            placed("kernel_size", _field(record, "kernel")),
            given("strides", _field(record, "stride"), 1),
            given("padding", padding, "valid"),
            given("depth_multiplier", layer.mult, 1),
            given("dilation_rate", _field(record, "dilation"), 1),
            given("use_bias", has_bias(layer.bias, layer.learned), True),
        ),
    )
    return (*before, made)


@makes("conv_transpose")
def conv_transpose(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    """Keras pads these by `same` or not at all; what other padding cuts away is cropped afterwards."""
    if layer.groups != 1 or len(shapes) > 1:
        raise Inexpressible("Keras has no groups for it, and no size that another layer has")
    windows: Any = record.windows
    is_same = layer.padding.mode == "same"
    cut = [] if is_same else [(window.before, window.after) for window in windows]
    extra = tuple(window.output_padding for window in windows)
    says_extra = any(extra) or any(map(any, cut))
    made = Call(
        layer_name("Conv", record) + "Transpose",
        (
            placed("filters", layer.out),
            placed("kernel_size", _field(record, "kernel")),
            given("strides", _field(record, "stride"), 1),
            given("padding", "same" if is_same else "valid", "valid"),
            given("output_padding", alike(extra) if says_extra else None),
            given("dilation_rate", _field(record, "dilation"), 1),
            given("use_bias", has_bias(layer.bias, layer.learned), True),
        ),
    )
    return (made, border("Cropping", record, cut)) if any(map(any, cut)) else made


def _pool(name: str) -> Maker:
    def make(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
        if _field(record, "dilation") != 1:
            raise Inexpressible("Keras's pools have no dilation")
        is_same = _is_same(record, layer)
        pairs = [] if is_same else _pairs(record)
        kernel = _field(record, "kernel")
        made = Call(
            layer_name(name, record),
            (
                placed("pool_size", kernel),
                given("strides", _field(record, "stride"), kernel),
                given("padding", "same" if is_same else "valid", "valid"),
            ),
        )
        return _behind_border(name, made, pairs) if any(map(any, pairs)) else made

    return make


def _behind_border(name: str, pool: Call, pairs: list[tuple[int, int]]) -> Translation:
    """A pool over a border that no maximum is taken from."""
    if name != "MaxPooling":
        raise Inexpressible("Keras pads average pools by `same` or not at all", "write `padding: same`")
    border = [[0, 0], *map(list, pairs), [0, 0]]
    return Translation((), f'{written(pool)}(ops.pad({{0}}, {border}, constant_values=float("-inf")))')


def _global(name: str) -> Maker:
    def make(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
        return Call(layer_name(f"Global{name}Pooling", record), (given("keepdims", True, False),))

    return make


def _adaptive(name: str) -> Maker:
    def make(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
        pairs = list(zip(record.in_shape.sizes, record.shape.sizes, strict=True))
        steps = [size // out for size, out in pairs if size is not None and out]
        if any(size is None or not out or size % out for size, out in pairs):
            raise Inexpressible("its bins differ in size, which no pool of Keras's does", "use `avgpool`")
        return Call(layer_name(f"{name}Pooling", record), (placed("pool_size", alike(tuple(steps))),))

    return make


MAKERS.update(
    {
        "maxpool": _pool("MaxPooling"),
        "avgpool": _pool("AveragePooling"),
        "global_avgpool": _global("Average"),
        "global_maxpool": _global("Max"),
        "adaptive_avgpool": _adaptive("Average"),
        "adaptive_maxpool": _adaptive("Max"),
    }
)
