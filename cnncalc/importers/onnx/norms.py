"""ONNX operators that normalise, with or without learned numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress

from cnncalc.errors import Fault
from cnncalc.importers.onnx.call import Call
from cnncalc.importers.onnx.file import Constant
from cnncalc.importers.onnx.held import Feature, Unknown
from cnncalc.importers.onnx.layout import known, plain, times
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


def _vectors(
    translation: Translation, feature: Feature, gamma: Constant | None, beta: Constant | None
) -> dict[str, object]:
    """What a normalisation says of factors and offsets that may be absent, and lie along the channels."""
    channels = known(translation.shapes[feature.tensor])[0]
    gamma, beta = (None if one is not None and one.is_spread else one for one in (gamma, beta))
    for one in (gamma, beta):
        if one is None:
            continue
        dims = (1,) * (len(feature.layout) - len(one.dims)) + one.dims
        along = [place for place, size in enumerate(dims) if size > 1]
        if one.elements != channels or not all(translation.is_of_channels(feature, place) for place in along):
            raise Unknown(f"gamma or beta is of {one.elements}, for {channels} channels")
    translation.count_vector(gamma, beta)
    if gamma is None and beta is None:
        return {"affine": False}
    return {name: False for name, one in (("gamma", gamma), ("beta", beta)) if one is None}


@operator("InstanceNormalization")
def instance_norm(translation: Translation, call: Call) -> None:
    source = translation.settled(call.feature(), "InstanceNormalization")
    call.ignore("epsilon")
    vectors = (call.constant(1, "gamma"), call.constant(2, "beta"))
    _per_channel(translation, source, vectors)
    given = {"affine": True, **_learned(translation, "affine", *vectors)}
    translation.same(call, "instance_norm", source, **given)


@operator("MeanVarianceNormalization")
def mean_variance(translation: Translation, call: Call) -> None:
    """By mean and variance, with factors and offsets where ``moments.moments`` found them."""
    normalised(translation, call, call.feature(), call.attribute("axes", (0, 2, 3)), *_optional(call))


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


@operator("InstanceNormalization of groups")
def norm_of_groups(translation: Translation, call: Call) -> None:
    """See ``moments.group_norm``."""
    source = translation.settled(call.feature(), "InstanceNormalization")
    given = _vectors(translation, source, *_optional(call))
    translation.same(call, "gn", source, groups=call.attribute("num_groups"), **given)


def _optional(call: Call) -> list[Constant | None]:
    """The factors and offsets of a node, which may be absent."""
    return [call.constant(place, "gamma or beta") if call.input(place) else None for place in (1, 2)]


@operator("LayerNormalization")
def layer_norm(translation: Translation, call: Call) -> None:
    feature = call.feature()
    call.ignore("epsilon", "stash_type")
    axis = call.attribute("axis", -1) % len(feature.layout)
    layer_normed(translation, call, feature, axis, [call.constant(1, "gamma"), call.input(2)])


def layer_normed(
    translation: Translation, call: Call, feature: Feature, axis: int, vectors: Sequence[object]
) -> None:
    """Normalisation of the axes from ``axis`` on."""
    gamma, beta = (one if isinstance(one, Constant) else None for one in vectors)
    normalised(translation, call, feature, range(axis, len(feature.layout)), gamma, beta)


def normalised(
    translation: Translation,
    call: Call,
    feature: Feature,
    axes: Iterable[int],
    gamma: Constant | None,
    beta: Constant | None,
) -> None:
    """Normalisation along some axes, with factors and offsets for each channel: of the channels of each
    position, of the positions of each channel, or of all.
    """
    rank = len(feature.layout)
    places = {axis % rank for axis in axes}
    if 0 in places and rank == translation.shapes[feature.tensor].rank + 2:
        raise Unknown("it goes over the batch")
    over = [place for place in sorted(places) if feature.layout[place]]
    if len(over) == 1 and not translation.is_of_channels(feature, over[0]):
        with suppress(Unknown):
            feature = translation.with_channels(feature, over[0], "LayerNormalization")
    spatial = [dim for dim in plain(translation.shapes[feature.tensor], translation.batch)[2:] if dim]
    filled = [place for place, dim in enumerate(feature.layout) if dim]
    channels = {place for place in filled if translation.is_of_channels(feature, place)}
    positions = {place for place in filled if feature.layout[place] in spatial}
    given = _vectors(translation, feature, gamma, beta)
    is_whole = len(positions) == len(spatial)
    if channels and set(over) == channels:
        translation.same(call, "ln", feature, **given)
    elif is_whole and over and set(over) == positions:
        translation.same(call, "instance_norm", feature, **{"affine": True, **given})
    elif is_whole and over and set(over) == channels | positions:
        translation.same(call, "gn", feature, groups=1, **given)
    else:
        raise Unknown("it is over more than the channels")


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
