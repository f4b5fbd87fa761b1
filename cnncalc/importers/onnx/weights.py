"""The weight and the bias of a node, and what they must fit."""

from __future__ import annotations

from cnncalc.errors import Fault
from cnncalc.importers.onnx.call import Call
from cnncalc.importers.onnx.file import Constant
from cnncalc.importers.onnx.held import Feature, Unknown
from cnncalc.importers.onnx.layout import times
from cnncalc.importers.onnx.translation import UNRUNNABLE
from cnncalc.support.numbers import plural


def weight_of(call: Call, place: int = 1) -> Constant:
    """The weight of a node, none of whose axes is empty."""
    weight = call.constant(place, "the weight")
    if min(weight.dims, default=0) < 1:
        raise Unknown(f"the weight has the shape {list(weight.dims)}")
    return weight


def bias_of(call: Call, place: int, out: int) -> Constant | None:
    """The bias of a node, a number for each channel that comes out."""
    if call.input(place) is None:
        return None
    bias = call.constant(place, "the bias")
    if bias.elements != out:
        raise Unknown(f"the bias has {bias.elements} numbers for {out} channels")
    return None if bias.is_spread and bias.elements > 1 else bias


def require_kernel(weight: Constant) -> None:
    """Refuse the weight of a convolution that has no axis besides its channels."""
    if len(weight.dims) < 3:
        raise Unknown(f"the weight has the shape {list(weight.dims)}, without a spatial axis")


def require_fitting(weight: Constant, source: Feature, reads: int, rank: int) -> None:
    """Refuse a kernel of another number of axes or channels than its input has, which no runtime computes."""
    said = f"the weight {times(weight.dims)}", f"its input is {times(source.sizes)}"
    if len(source.layout) != len(weight.dims):
        raise Fault(
            "E304", f"{said[0]} has {plural(rank, 'spatial axis', 'spatial axes')}, {said[1]}", UNRUNNABLE
        )
    if source.sizes[1] != reads:
        raise Fault("E310", f"{said[0]} reads {reads} channels, {said[1]}", UNRUNNABLE)
