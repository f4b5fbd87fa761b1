"""ONNX operators that reduce axes: means, maxima and sums over positions or channels."""

from __future__ import annotations

from cnncalc.geometry.shape import Shape
from cnncalc.importers.onnx.call import Call
from cnncalc.importers.onnx.elementwise import require
from cnncalc.importers.onnx.held import Feature, Unknown
from cnncalc.importers.onnx.layout import BATCH, CHANNELS, known, plain, whole
from cnncalc.importers.onnx.operators import operator
from cnncalc.importers.onnx.parts import added_up
from cnncalc.importers.onnx.translation import Translation

_WORDS = {"ReduceMean": "avgpool", "ReduceSum": "avgpool", "ReduceMax": "maxpool", "ReduceL2": "lppool"}
_OF_PARTS = {"avgpool": "add", "maxpool": "max"}
"""What joins parts of the channels that an axis runs over."""
_OVER_CHANNELS = {"avgpool": "channel_mean", "maxpool": "channel_max"}


@operator(*_WORDS)
def reduced(translation: Translation, call: Call) -> None:
    feature = call.feature()
    word = _WORDS[call.node.operator]
    rank = len(feature.layout)
    given = call.attribute("axes") or call.values(1, "`axes`")
    call.ignore("noop_with_empty_axes")
    axes = sorted({int(axis) % rank for axis in given}) if given else list(range(rank))
    keep = call.attribute("keepdims", 1)
    shape = translation.shapes[feature.tensor]
    if (
        given
        and 0 in axes
        and rank == shape.rank + 2
        and feature.layout[0] == whole(BATCH, translation.batch)
    ):
        raise Unknown("it goes over the batch")
    over = [feature.layout[axis] for axis in axes if feature.layout[axis]]
    if not over:
        translation.alias(call, _left(feature, axes, keep))
        return
    channels, *sizes = known(shape)
    spatial = {whole(axis, size): axis for axis, size in enumerate(sizes, 1) if size > 1}
    if over == [whole(CHANNELS, channels)] and channels > 1:
        if word not in _OVER_CHANNELS:
            reason = "the norm over the channels by itself is no layer"
            raise Unknown(reason, "a tensor divided by its own norm is one, `l2norm`")
        op = _OVER_CHANNELS[word]
        require(op)
        new = Shape(1, shape.sizes)
        found = translation.layer(call, op, feature.tensor, new, feature.layout)
    elif (
        len(axes) == 1
        and word in _OF_PARTS
        and (parts := added_up(translation, call, feature, axes[0], _OF_PARTS[word]))
    ):
        found = parts
    elif not set(over) <= set(spatial):
        _merged(translation, call, feature, axes, keep, word)
        return
    elif len(over) == len(spatial):
        new = Shape(channels, (1,) * shape.rank)
        found = translation.layer(call, f"global_{word}", feature.tensor, new, feature.layout)
    else:
        gone = {spatial[dim] for dim in over}
        kernel = tuple(size if axis in gone else 1 for axis, size in enumerate(sizes, 1))
        new = Shape(channels, tuple(1 if axis in gone else size for axis, size in enumerate(sizes, 1)))
        found = translation.layer(
            call, word, feature.tensor, new, feature.layout, kernel=kernel, stride=(1,) * shape.rank
        )
    translation.alias(call, _left(found, axes, keep))


def _merged(
    translation: Translation, call: Call, feature: Feature, axes: list[int], keep: int, word: str
) -> None:
    """All positions as one axis, as after a reshape to N x C x HW."""
    shape = translation.shapes[feature.tensor]
    positions = tuple(atom for dim in plain(shape, 1)[2:] for atom in dim)
    if [dim for axis in axes if (dim := feature.layout[axis])] != [positions]:
        raise Unknown("it reduces axes that are neither the channels nor positions")
    new = Shape(shape.channels, (1,) * shape.rank)
    found = translation.layer(call, f"global_{word}", feature.tensor, new, feature.layout)
    translation.alias(call, _left(found, axes, keep))


def _left(feature: Feature, axes: list[int], keep: int) -> Feature:
    """The feature with the reduced axes of size 1, or without them."""
    if keep:
        return feature._replace(
            layout=tuple(() if axis in axes else dim for axis, dim in enumerate(feature.layout))
        )
    return feature._replace(layout=tuple(dim for axis, dim in enumerate(feature.layout) if axis not in axes))
