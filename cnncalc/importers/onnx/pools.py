"""ONNX operators that are pools."""

from __future__ import annotations

from collections.abc import Sequence

from cnncalc.geometry.shape import Shape
from cnncalc.geometry.window import CEIL, Rounding
from cnncalc.importers.onnx.call import Call
from cnncalc.importers.onnx.held import Unknown
from cnncalc.importers.onnx.layout import known, plain
from cnncalc.importers.onnx.operators import operator
from cnncalc.importers.onnx.translation import Translation
from cnncalc.importers.onnx.windows import Windows

CEIL_DROPS_SINCE = 22
"""The opset from which windows that start in the padding at the end are dropped."""


@operator("MaxPool", "AveragePool", "LpPool")
def pool(translation: Translation, call: Call) -> None:
    source = translation.settled(call.feature(), call.node.operator)
    shape = translation.shapes[source.tensor]
    if not shape.rank:
        raise Unknown(f"a pool of a vector of {shape}")
    kernel = call.attribute("kernel_shape")
    if kernel is None:
        raise Unknown("attribute `kernel_shape` is missing")
    call.ignore("count_include_pad", "storage_order")
    windows = Windows(call, kernel, shape.rank)
    if windows.negative():
        raise Unknown(f"attribute `pads` is {[list(pair) for pair in windows.pads]}")
    ceil = bool(call.attribute("ceil_mode", 0))
    rounding = None
    if ceil:
        rounding = CEIL if translation.opset >= CEIL_DROPS_SINCE else Rounding(up=True, drop_in_padding=False)
    channels, *sizes = known(shape)
    new = Shape(channels, windows.sizes(sizes, rounding))
    op = {"MaxPool": "maxpool", "AveragePool": "avgpool", "LpPool": "lppool"}[call.node.operator]
    power = {"power": call.attribute("p", 2)} if op == "lppool" else {}
    if _is_global(windows, sizes, new) and op != "lppool":
        translation.layer(call, f"global_{op}", source.tensor, new, plain(new, translation.batch))
        return
    translation.layer(
        call, op, source.tensor, new, plain(new, translation.batch), **windows.arguments, ceil=ceil, **power
    )


def _is_global(windows: Windows, sizes: Sequence[int], new: Shape) -> bool:
    """Whether one window takes the whole map, whose size is larger than a pool's usual window."""
    return (
        windows.kernel == tuple(sizes)
        and not windows.is_padded
        and max(new.sizes) == 1  # type: ignore[type-var]
        and max(sizes) > 1
    )


@operator("GlobalAveragePool", "GlobalMaxPool")
def global_pool(translation: Translation, call: Call) -> None:
    source = translation.settled(call.feature(), call.node.operator)
    shape = translation.shapes[source.tensor]
    if not shape.rank:
        raise Unknown(f"a pool of a vector of {shape}")
    new = Shape(shape.channels, (1,) * shape.rank)
    op = "global_avgpool" if call.node.operator == "GlobalAveragePool" else "global_maxpool"
    translation.layer(call, op, source.tensor, new, plain(new, translation.batch))


@operator("GlobalLpPool")
def global_lppool(translation: Translation, call: Call) -> None:
    source = translation.settled(call.feature(), call.node.operator)
    shape = translation.shapes[source.tensor]
    new = Shape(shape.channels, (1,) * shape.rank)
    power = call.attribute("p", 2)
    translation.layer(call, "global_lppool", source.tensor, new, plain(new, translation.batch), power=power)


@operator("MaxRoiPool")
def roi_pool(translation: Translation, call: Call) -> None:
    """The regions, its second input, change no number that is computed."""
    source = translation.settled(call.feature(), call.node.operator)
    call.ignore("spatial_scale")
    call.ignore_input(1)
    out = tuple(call.attribute("pooled_shape", ()))
    shape = translation.shapes[source.tensor]
    if len(out) != shape.rank or min(out, default=0) < 1:
        raise Unknown(f"attribute `pooled_shape` is {list(out)}")
    new = Shape(shape.channels, out)
    translation.layer(call, "roi_pool", source.tensor, new, plain(new, translation.batch), out=out)


@operator("Bins")
def adaptive_pool(translation: Translation, call: Call) -> None:
    """Bins of different sizes along one axis, each cut out and reduced: see ``patterns.bins``."""
    source = translation.settled(call.feature(), "Concat")
    shape = translation.shapes[source.tensor]
    place, starts, ends = (call.attribute(name) for name in ("axis", "starts", "ends"))
    axis = place - 2
    if not 0 <= axis < shape.rank:
        raise Unknown(f"it joins along axis {place}, which is not the channels")
    size, bins = known(shape)[1 + axis], len(starts)
    wanted = [(i * size // bins, -(-(i + 1) * size // bins)) for i in range(bins)]
    if [*zip(starts, ends, strict=True)] != wanted:
        raise Unknown(f"its parts of axis {place} are not the bins of an adaptive pool")
    out = tuple(bins if one == axis else size for one, size in enumerate(known(shape)[1:]))
    new, op = Shape(shape.channels, out), call.attribute("op")
    layout = plain(new, translation.batch)
    before = translation.maker(source.tensor)
    if before is not None and before.op == op and translation.is_private(source.tensor):
        sizes = known(translation.shapes[before.inputs[0]])[1:]
        if sizes[axis] == size:  # a pool of the other axes, of which this one is the last
            translation.forget([source.tensor])
            translation.layer(call, op, before.inputs[0], new, layout, out=out)
            return
    translation.layer(call, op, source.tensor, new, layout, out=out)
