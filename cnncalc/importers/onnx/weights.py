"""The weight and the bias of a node, and what they must fit."""

from __future__ import annotations

from cnncalc.errors import Fault
from cnncalc.importers.onnx.call import Call
from cnncalc.importers.onnx.file import Constant
from cnncalc.importers.onnx.held import Feature, Unknown
from cnncalc.importers.onnx.layout import times
from cnncalc.importers.onnx.translation import UNRUNNABLE, Translation
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


def gain_of(weight: Constant, out: int) -> bool | None:
    """Whether a weight is computed with a learned gain besides, one for each channel that comes out (true) or
    one alone (false).
    """
    if not weight.made_of:
        return None
    more = sum(elements for _, elements in weight.made_of) - weight.elements
    if more not in (0, 1, out):
        learned = weight.elements + more
        raise Unknown(f"its weight {times(weight.dims)} is computed of {learned:,} learned numbers")
    return None if not more else more == out


def gained(translation: Translation, call: Call, made: Feature, per_channel: bool) -> None:
    """The gain of the weight of a layer as a factor for each channel behind it."""
    maker = translation.maker(made.tensor)
    if maker is None or maker.share is not None:
        raise Unknown("its weight has a gain and is used twice")
    inner = f"{made.tensor}|before the gain"
    translation.renamed(made.tensor, inner)
    given = {} if per_channel else {"per_channel": False}
    translation.same(
        call, "scale", made._replace(tensor=inner), note="the gain of the standardised weights", **given
    )
