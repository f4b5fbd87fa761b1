"""Deformable convolution in ONNX files: the node, and the convolution before it that makes its offsets."""

from __future__ import annotations

from math import prod

from cnncalc.errors import Fault
from cnncalc.geometry.shape import Shape
from cnncalc.importers.items import Item
from cnncalc.importers.onnx.call import Call
from cnncalc.importers.onnx.held import Unknown
from cnncalc.importers.onnx.layout import known, plain
from cnncalc.importers.onnx.operators import operator
from cnncalc.importers.onnx.translation import UNRUNNABLE, Translation
from cnncalc.importers.onnx.weights import bias_of, require_fitting, require_kernel, weight_of
from cnncalc.importers.onnx.windows import Windows

USUAL = (
    "a spec has offsets, and factors through a sigmoid behind them, from one convolution of the same windows "
    "with a bias that reads the same tensor and is read by nothing else"
)


@operator("DeformConv")
def deform_conv(translation: Translation, call: Call) -> None:
    """Inputs: the map, the weight, the offsets, a bias, and a factor for each tap."""
    source, weight = translation.settled(call.feature(), "DeformConv"), weight_of(call)
    shape = translation.shapes[source.tensor]
    channels, *sizes = known(shape)
    require_kernel(weight)
    out, per_group, *kernel = weight.dims
    groups, parts = call.attribute("group", 1), call.attribute("offset_group", 1)
    require_fitting(weight, source, per_group * groups, len(kernel))
    if min(groups, parts) < 1 or out % groups or channels % parts:
        raise Fault("E302", f"{groups} groups and {parts} offset groups of {channels} channels", UNRUNNABLE)
    windows = Windows(call, kernel, shape.rank)
    if windows.auto != "NOTSET" or windows.negative():
        raise Unknown("its padding is not stated")
    is_modulated = call.input(4) is not None
    count = parts * prod(kernel) * shape.rank
    maker, between = _maker(translation, call, count, is_modulated)
    wanted = {**windows.arguments, "out": count + is_modulated * parts * prod(kernel), "groups": 1}
    if (
        maker.inputs != (source.tensor,)
        or not maker.given("bias")
        or any(maker.given(name) != value for name, value in wanted.items())
    ):
        raise _otherwise()
    new = Shape(out, windows.sizes(sizes))
    bias = bias_of(call, 3, out)
    if translation.count_kernel(weight, call.node.outputs[0]) is not None:
        raise Unknown("it shares its weight with another layer")
    translation.count_vector(bias)
    translation.macs += prod(known(new)) * prod(weight.dims[1:])
    translation.forget(between)
    translation.layer(
        call,
        "deform_conv",
        (source.tensor, maker.output),
        new,
        plain(new, translation.batch),
        **windows.arguments,
        out=out,
        groups=groups,
        bias=bias is not None,
        offset_groups=None if parts == 1 else parts,
        modulated=is_modulated or None,
    )


def _maker(translation: Translation, call: Call, count: int, is_modulated: bool) -> tuple[Item, list[str]]:
    """The convolution that makes the offsets, and the tensors between it and the node."""
    offsets = _made(translation, call.feature(2).tensor, "conv" if not is_modulated else "slice")
    if not is_modulated:
        return offsets, []
    factors = _made(translation, call.feature(4).tensor, "sigmoid")
    cut = _made(translation, factors.inputs[0], "slice")
    parts = [offsets.given("channels"), cut.given("channels")]
    if offsets.inputs != cut.inputs or parts != [(0, count), (count, count // 2)]:
        raise _otherwise()
    maker = _made(translation, offsets.inputs[0], "conv", readers=2)
    return maker, [offsets.output, factors.output, cut.output]


def _made(translation: Translation, tensor: str, op: str, readers: int = 1) -> Item:
    """The layer that makes a tensor, which must be of an operation and be read by nothing else."""
    found = translation.maker(tensor)
    if found is None or found.op != op or not translation.is_private(tensor, readers):
        raise _otherwise()
    return found


def _otherwise() -> Unknown:
    return Unknown("the offsets are made otherwise than a spec has it", USUAL)
