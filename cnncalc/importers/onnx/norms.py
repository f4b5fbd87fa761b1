"""ONNX operators that normalise, with or without learned numbers."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from cnncalc.errors import Fault
from cnncalc.importers.onnx.call import Call
from cnncalc.importers.onnx.file import Constant
from cnncalc.importers.onnx.held import Feature, Unknown
from cnncalc.importers.onnx.layout import known, times
from cnncalc.importers.onnx.operators import operator
from cnncalc.importers.onnx.translation import UNRUNNABLE, Translation


@operator("BatchNormalization")
def batch_norm(translation: Translation, call: Call) -> None:
    source = translation.settled(call.feature(), "BatchNormalization")
    call.ignore("epsilon", "momentum", "training_mode", "spatial", "is_test", "consumed_inputs")
    vectors = [call.constant(place, "gamma, beta, mean or variance") for place in range(1, 5)]
    translation.buffers += 2 * _per_channel(translation, source, vectors)
    for name in call.node.outputs[1:]:
        if name:
            translation.held[name] = vectors[2]
    translation.same(call, "bn", source, **_learned(translation, "scale", *vectors[:2]))


def _per_channel(translation: Translation, source: Feature, vectors: Sequence[Constant]) -> int:
    """How many channels a map has, for each of which the vectors are to have a number."""
    channels = known(translation.shapes[source.tensor])[0]
    for vector in vectors:
        if vector.elements != channels:
            message = f"it is of {vector.elements} channels, its input is {times(source.sizes)}"
            raise Fault("E310", message, UNRUNNABLE)
    return channels


def _learned(translation: Translation, both: str, gamma: Constant, beta: Constant) -> dict[str, object]:
    """What a normalization says of its factors and offsets, which are counted; ``both`` is the word for the
    two of them. One number spread over the channels is nothing learned.
    """
    translation.count_vector(*(one for one in (gamma, beta) if not one.is_spread))
    if gamma.is_spread and beta.is_spread:
        return {both: False}
    return {name: False for name, one in (("gamma", gamma), ("beta", beta)) if one.is_spread}


@operator("InstanceNormalization")
def instance_norm(translation: Translation, call: Call) -> None:
    source = translation.settled(call.feature(), "InstanceNormalization")
    call.ignore("epsilon")
    vectors = (call.constant(1, "gamma"), call.constant(2, "beta"))
    _per_channel(translation, source, vectors)
    given = {"affine": True, **_learned(translation, "affine", *vectors)}
    translation.same(call, "instance_norm", source, **given)


@operator("MeanVarianceNormalization")
def standardised(translation: Translation, call: Call) -> None:
    """Without anything learned: over the channels of each position, or the positions of each channel."""
    source = translation.settled(call.feature(), call.node.operator)
    rank = translation.shapes[source.tensor].rank
    axes = tuple(sorted(axis % (rank + 2) for axis in call.attribute("axes", (0, 2, 3))))
    if axes == (1,):
        translation.same(call, "ln", source, affine=False)
    elif rank and axes == tuple(range(2, 2 + rank)):
        translation.same(call, "instance_norm", source, affine=False)
    else:
        raise Unknown(f"attribute `axes` is {list(axes)}")


@operator("GroupNormalization")
def group_norm(translation: Translation, call: Call) -> None:
    source = translation.settled(call.feature(), "GroupNormalization")
    call.ignore("epsilon", "stash_type")
    channels = known(translation.shapes[source.tensor])[0]
    vectors = [call.constant(1, "gamma"), call.constant(2, "beta")]
    if any(vector.elements != channels for vector in vectors):
        raise Unknown(f"gamma and beta are per group: {vectors[0].elements} for {channels} channels")
    given = _learned(translation, "affine", *vectors)
    translation.same(call, "gn", source, groups=call.attribute("num_groups", 1), **given)


@operator("LayerNormalization")
def layer_norm(translation: Translation, call: Call) -> None:
    feature = call.feature()
    call.ignore("epsilon", "stash_type")
    axis = call.attribute("axis", -1) % len(feature.layout)
    layer_normed(translation, call, feature, axis, [call.constant(1, "gamma"), call.input(2)])


def layer_normed(
    translation: Translation, call: Call, feature: Feature, axis: int, vectors: Sequence[object]
) -> None:
    """Normalisation of the axes from ``axis`` on, which are to be the channels alone."""
    over = [place for place, dim in enumerate(feature.layout) if dim and place >= axis]
    if len(over) == 1 and not translation.is_of_channels(feature, over[0]):
        with suppress(Unknown):
            feature = translation.with_channels(feature, over[0], "LayerNormalization")
    if len(over) != 1 or not translation.is_of_channels(feature, over[0]):
        raise Unknown("it is over more than the channels")
    channels = known(translation.shapes[feature.tensor])[0]
    gamma, beta = (one if isinstance(one, Constant) else None for one in vectors)
    if gamma is not None and gamma.is_spread:
        gamma = None
    for vector in (gamma, beta):
        if vector is not None and vector.elements != channels:
            raise Unknown(f"gamma or beta is of {vector.elements}, for {channels} channels")
    translation.count_vector(gamma, beta)
    has = {"gamma": gamma is not None, "beta": beta is not None}
    which = (
        {"affine": False} if not any(has.values()) else {name: False for name, one in has.items() if not one}
    )
    translation.same(call, "ln", feature, **which)


@operator("LpNormalization")
def unit_length(translation: Translation, call: Call) -> None:
    feature = call.feature()
    axis = call.attribute("axis", -1) % len(feature.layout)
    call.must_be("p", 2)
    if not translation.is_of_channels(feature, axis):
        raise Unknown(f"it is along axis {axis}, which is not the channels")
    translation.same(call, "l2norm", feature)


@operator("LRN")
def local_response_norm(translation: Translation, call: Call) -> None:
    source = translation.settled(call.feature(), "LRN")
    call.ignore("alpha", "beta", "bias")
    translation.same(call, "lrn", source, size=call.attribute("size"))
