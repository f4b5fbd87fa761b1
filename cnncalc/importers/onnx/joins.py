"""ONNX operators that make one tensor of several, and arithmetic with a constant."""

from __future__ import annotations

from itertools import product
from typing import Any, cast

from cnncalc.errors import Fault
from cnncalc.geometry.shape import Shape
from cnncalc.geometry.window import Window
from cnncalc.importers.items import Item, item
from cnncalc.importers.onnx.call import Call
from cnncalc.importers.onnx.elementwise import feature_and_constant, is_learned, is_scalar, require
from cnncalc.importers.onnx.file import Constant
from cnncalc.importers.onnx.held import Feature, Spread, Unknown
from cnncalc.importers.onnx.layout import CHANNELS, Layout, known, plain, reshaped, size_of, times, whole
from cnncalc.importers.onnx.operators import operator
from cnncalc.importers.onnx.parts import stacked
from cnncalc.importers.onnx.resizing import repeated
from cnncalc.importers.onnx.translation import UNRUNNABLE, Translation
from cnncalc.support.words import shown

_WORDS = {"Add": "add", "Sum": "add", "Mul": "mul", "Sub": "sub", "Div": "div", "Max": "max", "Mean": "add"}
_OF_ANY_NUMBER = ("Sum", "Max", "Mean")
SPREADING_SINCE = 7
"""The opset from which tensors are spread along their last axes; before, an attribute says where."""
_WITH_BIAS = ("conv", "depthwise", "conv_transpose", "linear")


@operator(*_WORDS)
def arithmetic(translation: Translation, call: Call) -> None:
    call.ignore("axis", "broadcast")
    if len(call.inputs) == 1 and call.node.operator in _OF_ANY_NUMBER:
        translation.alias(call, call.feature())
        return
    mixed = feature_and_constant(call)
    if mixed is not None:
        feature, constant = mixed
        if translation.opset >= SPREADING_SINCE:
            both = [feature.sizes if held is feature else constant.dims for held in call.inputs]
            _refuse_unlike(both, list(zip(call.node.inputs, both, strict=True)))
        _with_constant(translation, call, *mixed)
        return
    features = [_spread_again(call, place) for place in range(max(len(call.inputs), 2))]
    if len(set(features)) == 1:
        translation.alias(call, features[0])  # a tensor added to itself is a multiple of it
        return
    word = _WORDS[call.node.operator]
    if word not in ("add", "mul"):
        require(word)
    joined(translation, call, word, features)


def _spread_again(call: Call, place: int) -> Feature:
    """An input; one that was spread to the size of another is spread by the join itself."""
    held = call.input(place)
    if isinstance(held, Spread):
        sizes = [other.sizes for other in call.inputs if isinstance(other, Feature)]
        if held.sizes in sizes:
            return held.feature
    return call.feature(place)


def joined(translation: Translation, call: Call, word: str, features: list[Feature]) -> None:
    """An elementwise join; the inputs' axes must run over the same parts of their maps."""
    if translation.opset >= SPREADING_SINCE:
        _require_fitting(call, features)
    features = _alike(translation, features)
    layout = _common(features)
    shapes = [translation.shapes[feature.tensor] for feature in features]
    rank = max(shape.rank for shape in shapes)
    maps = [shape for shape in shapes if shape.rank == rank]
    sizes = tuple(max(known(shape)[1 + axis] for shape in maps) for axis in range(rank))
    new = Shape(max(known(shape)[0] for shape in shapes), sizes)
    translation.layer(call, word, [feature.tensor for feature in features], new, layout)


def _require_fitting(call: Call, features: list[Feature], along: int | None = None) -> None:
    """Refuse tensors that no runtime joins: elementwise, where axes of other sizes than 1 differ, or one
    after another ``along`` an axis, where others than that one do.
    """
    named = [
        (name, held.sizes)
        for name, held in zip(call.node.inputs, call.inputs, strict=True)
        if isinstance(held, Feature) and held in features
    ]
    _refuse_unlike([feature.sizes for feature in features], named, along)


def _refuse_unlike(
    all_sizes: list[tuple[int, ...]], named: list[tuple[str, tuple[int, ...]]], along: int | None = None
) -> None:
    """The same for the sizes of tensors, and for the names and sizes that a message gives.

    Raises:
        Fault
    """
    rank = max(map(len, all_sizes))
    padded = [(1,) * (rank - len(sizes)) + sizes for sizes in all_sizes]
    spread = {1} if along is None else set()
    differing = [
        f"{axis}"
        for axis, sizes in enumerate(zip(*padded, strict=True))
        if axis != along and len(set(sizes) - spread) > 1
    ]
    if not differing:
        return
    joined = " and ".join(f"`{shown(name)}` ({times(sizes)})" for name, sizes in named)
    which = (
        f"axis {differing[0]} differs" if len(differing) == 1 else f"axes {' and '.join(differing)} differ"
    )
    raise Fault("E303", f"cannot join {joined}: {which}", UNRUNNABLE)


def _alike(translation: Translation, features: list[Feature]) -> list[Feature]:
    """Features whose axes run over the same parts, settled where they do not."""
    rank = max(len(feature.layout) for feature in features)
    padded = [one._replace(layout=((),) * (rank - len(one.layout)) + one.layout) for one in features]
    common = _common_or_none(padded)
    if common is not None and (
        all(_is_whole(translation, one) for one in padded)
        or _differ_in_positions(translation, padded, common)
    ):
        return padded
    if len({(one.layout, translation.shapes[one.tensor]) for one in padded}) == 1:
        return padded  # equal maps in equal order, whatever it is
    return [translation.settled(feature, "a join") for feature in features]


def _differ_in_positions(translation: Translation, features: list[Feature], common: Layout) -> bool:
    """Whether some features are alike but for axes of positions, which are whole ones or of size 1."""
    sizes = {known(translation.shapes[one.tensor])[0] for one in features}
    spatial = {
        dim for one in features for dim in plain(translation.shapes[one.tensor], translation.batch)[2:] if dim
    }
    return len(sizes) == 1 and all(
        dim in spatial or all(one.layout[place] == dim for one in features)
        for place, dim in enumerate(common)
    )


def _is_whole(translation: Translation, feature: Feature) -> bool:
    """Whether each axis runs over a whole axis of the map, in whatever order."""
    axes = {whole(axis, size) for axis, size in enumerate(known(translation.shapes[feature.tensor]))}
    axes |= {(), whole(-1, translation.batch)}
    return all(dim in axes for dim in feature.layout)


def _common(features: list[Feature]) -> Layout:
    found = _common_or_none(features)
    if found is None:
        sizes = " and ".join(times(feature.sizes) for feature in features)
        raise Unknown(f"it joins {sizes}, whose axes are different ones of their maps")
    return found


def _common_or_none(features: list[Feature]) -> Layout | None:
    rank = max(len(feature.layout) for feature in features)
    padded = [((),) * (rank - len(feature.layout)) + feature.layout for feature in features]
    found = []
    for dims in zip(*padded, strict=True):
        different = {dim for dim in dims if dim}
        if len(different) > 1:
            return None
        found.append(different.pop() if different else ())
    return tuple(found)


def _with_constant(translation: Translation, call: Call, feature: Feature, constant: Constant) -> None:
    """A number or a vector added or multiplied: a bias, a learned scale, or a change of values alone."""
    operation = call.node.operator
    channels = known(translation.shapes[feature.tensor])[0]
    is_vector = bool(constant.name and constant.dims) and constant.elements == channels == 1
    if operation == "Add" and is_vector and _becomes_bias(translation, call, feature, constant):
        return
    if is_scalar(constant):
        if operation in ("Add", "Mul") and is_learned(translation, constant):
            _with_number(translation, call, feature, constant)
            return
        if constant.name and constant.values is None:
            raise Unknown("it is with a number that is not in the file")
        translation.alias(call, feature)
        return
    dims = (1,) * (len(feature.layout) - len(constant.dims)) + constant.dims
    if operation == "Add" and _per_position(translation, call, feature, constant, dims):
        return
    along = [dim for dim, size in zip(feature.layout, dims, strict=False) if size > 1]
    is_per_channel = along == [whole(CHANNELS, channels)] and constant.elements == channels
    if len(dims) != len(feature.layout) or not is_per_channel:
        raise Unknown(f"it is with a constant of {times(constant.dims)}, which is not per channel")
    if operation == "Add" and _becomes_bias(translation, call, feature, constant):
        return
    if operation == "Mul":
        translation.count_vector(constant)
        translation.same(call, "scale", feature)
    elif operation == "Add":
        require("shift")
        translation.count_vector(constant)
        translation.same(call, "shift", feature)
    else:
        translation.fixed.append(call.node.label or call.node.name)
        translation.alias(call, feature)


def _with_number(translation: Translation, call: Call, feature: Feature, constant: Constant) -> None:
    """One learned number for all channels, added or multiplied; another layer may have it as well."""
    found, op = translation.maker(feature.tensor), "scale" if call.node.operator == "Mul" else "shift"
    if (
        op == "shift"
        and found is not None
        and found.given("per_channel") is False
        and all(translation.uses[name] == 1 for name in (constant.name, translation.weight_of(found)))
        and _becomes_bias(translation, call, feature, constant)
    ):
        return
    output = call.node.outputs[0]
    first = translation.count_kernel(constant, output)
    owner = None if first is None else translation.maker(first)
    if first is not None and (owner is None or owner.op != op):
        raise Unknown("its learned number is one of another kind of layer")
    translation.same(call, op, feature, per_channel=False)
    if first is not None:
        translation.share(call, first)


def _per_position(
    translation: Translation, call: Call, feature: Feature, constant: Constant, dims: tuple[int, ...]
) -> bool:
    """An offset for each position, of all channels or the same for all; whether it is that."""
    shape = translation.shapes[feature.tensor]
    if len(dims) != len(feature.layout) or any(
        size not in (1, size_of(dim)) for size, dim in zip(dims, feature.layout, strict=True)
    ):
        return False
    along = {atom for dim, size in zip(feature.layout, dims, strict=True) if size > 1 for atom in dim}
    channels, *spatial = plain(shape, translation.batch)[1:]
    positions = {atom for dim in spatial for atom in dim}
    if not positions or not positions <= along or not along <= positions | set(channels):
        return False
    translation.count_vector(constant)
    per_channel = set(channels) <= along
    translation.same(call, "shift", feature, per_position=True, per_channel=per_channel)
    return True


def _becomes_bias(translation: Translation, call: Call, feature: Feature, constant: Constant) -> bool:
    """Whether the vector is the bias of the layer before, which then has it."""
    place = translation.places.get(feature.tensor)
    maker = None if place is None else translation.items[place]
    read = next(name for name in call.node.inputs if isinstance(translation.held.get(name), Feature))
    if place is None or maker is None or translation.uses[read] != 1 or maker.share is not None:
        return False
    if maker.op == "attention" and maker.given("out_bias") is False:
        changed = {name: value for name, value in maker.arguments.items() if name != "out_bias"}
    elif (maker.op in _WITH_BIAS and maker.given("bias") is False) or (
        maker.op == "scale" and not maker.given("bias")
    ):
        changed = {**maker.arguments, "bias": True}
    else:
        return False
    translation.count_vector(constant)
    translation.items[place] = maker._replace(arguments=changed)
    translation.alias(call, feature)
    return True


@operator("Concat")
def concat(translation: Translation, call: Call) -> None:
    axis = call.attribute("axis", 1)
    if len(call.inputs) < 2:
        translation.alias(call, call.feature())
        return
    if _with_tokens(translation, call, axis):
        return
    features = [repeated(translation, call, place) for place in range(len(call.inputs))]
    rank = len(features[0].layout)
    axis %= rank
    if _of_phases(translation, call, features, axis) or _of_windows(translation, call, features, axis):
        return
    _require_fitting(call, features, axis)
    if stacked(translation, call, features, axis):
        return
    shapes = [translation.shapes[feature.tensor] for feature in features]
    by_labels = all(
        feature.layout[axis] == whole(CHANNELS, known(shape)[0])
        and feature.layout[:axis] == features[0].layout[:axis]
        and feature.layout[axis + 1 :] == features[0].layout[axis + 1 :]
        and shape.rank == shapes[0].rank
        and _is_whole(translation, feature)
        for feature, shape in zip(features, shapes, strict=True)
    )
    if not by_labels:
        features = [translation.settled(feature, "Concat") for feature in features]
        if axis != 1:
            raise Unknown(f"it joins along axis {axis}, which is not the channels")
        features = [_in_plain_axes(translation, feature) for feature in features]
        shapes = [translation.shapes[feature.tensor] for feature in features]
        if len({shape.sizes for shape in shapes}) > 1:
            raise Unknown("it joins maps of different sizes")
    new = Shape(sum(known(shape)[0] for shape in shapes), shapes[0].sizes)
    layout = features[0].layout
    joined = (*layout[:axis], whole(CHANNELS, known(new)[0]), *layout[axis + 1 :])
    translation.layer(call, "concat", [feature.tensor for feature in features], new, joined)


def _of_phases(translation: Translation, call: Call, features: list[Feature], axis: int) -> bool:
    """Whether every n-th position from each of the first n on is joined along the channels, along all axes:
    each block of positions becomes one with more channels.
    """
    found = [_phase(translation, feature.tensor) for feature in features]
    source, _, steps = found[0]
    shape = translation.shapes[source]
    factor = steps[0] if steps else 1
    channels, *sizes = known(shape)
    if (
        factor < 2
        or {(one[0], one[2]) for one in found} != {(source, (factor,) * shape.rank)}
        or sorted(one[1] for one in found) != [*product(range(factor), repeat=shape.rank)]
        or {translation.shapes[feature.tensor].sizes for feature in features}
        != {tuple(size // factor for size in sizes)}
        or any(size % factor for size in sizes)
        or len({feature.layout for feature in features}) > 1
        or features[0].layout[axis] != whole(CHANNELS, channels)
    ):
        return False
    new = Shape(channels * len(found), tuple(size // factor for size in sizes))
    layout = features[0].layout
    whole_channels = whole(CHANNELS, known(new)[0])
    layout = (*layout[:axis], whole_channels, *layout[axis + 1 :])
    translation.layer(call, "pixel_unshuffle", source, new, layout, factor=factor)
    return True


def _of_windows(translation: Translation, call: Call, features: list[Feature], axis: int) -> bool:
    """Whether each position of a window, wherever it is moved to, is joined along an axis of its own behind
    the channels: the windows unfolded.
    """
    found = [_phase(translation, feature.tensor) for feature in features]
    source, _, stride = found[0]
    shape = translation.shapes[source]
    layout = features[0].layout
    places = [sorted({one[1][along] for one in found}) for along in range(shape.rank)]
    kernel = tuple(map(len, places))
    spaces = [(max(one) // max(len(one) - 1, 1)) or 1 for one in places]
    new = translation.shapes[features[0].tensor]
    if (
        axis != 2
        or not shape.rank
        or layout != (*plain(new, translation.batch)[:2], (), *plain(new, translation.batch)[2:])
        or {(one[0], one[2]) for one in found} != {(source, stride)}
        or {(one.layout, translation.shapes[one.tensor]) for one in features} != {(layout, new)}
        or [one[1] for one in found] != [*product(*places)]
        or any(one != [space * k for k in range(len(one))] for one, space in zip(places, spaces, strict=True))
    ):
        return False
    sizes, margins = known(shape)[1:], ((0, 0),) * shape.rank
    pad = translation.maker(source)
    if pad is not None and pad.op == "pad":
        source, margins = pad.inputs[0], cast("tuple[tuple[int, int], ...]", pad.given("margins"))
    windows = map(Window, kernel, stride, (0,) * shape.rank, (0,) * shape.rank, spaces)
    if tuple(one.output_size(size) for one, size in zip(windows, sizes, strict=True)) != new.sizes:
        return False
    channels, count = known(shape)[0], len(found)
    atoms = tuple(whole(CHANNELS, channels * count))
    split = reshaped((atoms,), (channels, count))
    assert split is not None
    unfolded = Shape(channels * count, new.sizes)
    translation.layer(
        call,
        "unfold",
        source,
        unfolded,
        (layout[0], *split, *layout[3:]),
        kernel=kernel,
        stride=stride,
        padding=margins,
        dilation=tuple(spaces),
    )
    return True


def _phase(translation: Translation, tensor: str) -> tuple[str, tuple[int, ...], tuple[int, ...]]:
    """The map of which a tensor is every n-th position, from which on along each axis, and the steps."""
    rank = translation.shapes[tensor].rank
    starts, steps = [0] * rank, [1] * rank
    while (maker := translation.maker(tensor)) is not None:
        margins: Any = maker.given("margins")
        kernel, by = maker.given("kernel"), cast("tuple[int, ...]", maker.given("stride"))
        if maker.op == "crop":
            starts = [start + pair[0] for start, pair in zip(starts, margins, strict=True)]
        elif maker.op == "maxpool" and isinstance(kernel, tuple) and set(kernel) == {1} and _is_bare(maker):
            starts = [start * one for start, one in zip(starts, by, strict=True)]
            steps = [step * one for step, one in zip(steps, by, strict=True)]
        else:
            break
        tensor = maker.inputs[0]
    return tensor, tuple(starts), tuple(steps)


def _is_bare(maker: Item) -> bool:
    """Whether a pool has no padding."""
    padding = maker.given("padding", ())
    return isinstance(padding, tuple) and not any(map(any, cast("tuple[tuple[int, int], ...]", padding)))


def _in_plain_axes(translation: Translation, feature: Feature) -> Feature:
    """A feature that is read as a vector as one: a map of one position is flattened."""
    shape = translation.shapes[feature.tensor]
    if len(feature.layout) != 2 or not shape.rank:
        return feature
    output = f"{feature.tensor}|flatten"
    new = Shape(shape.channels)
    if output not in translation.places:
        translation.add(item("flatten", feature.tensor, output, shape=new))
    return Feature(output, plain(new, translation.batch))


def _with_tokens(translation: Translation, call: Call, axis: int) -> bool:
    """Learned positions before those of a map in a line, such as a class token; whether it is that."""
    if len(call.inputs) != 2:
        return False
    learned, line = call.inputs
    if not isinstance(learned, Constant) or not isinstance(line, Feature):
        return False
    shape, rank = translation.shapes[line.tensor], len(line.layout)
    axis %= rank
    positions = tuple(atom for dim in plain(shape, translation.batch)[2:] for atom in dim)
    others = [dim for place, dim in enumerate(line.layout) if place not in (0, axis)]
    if (
        not shape.rank
        or rank != 3
        or line.layout[axis] != positions
        or others != [whole(CHANNELS, known(shape)[0])]
        or len(learned.dims) != rank
        or learned.dims[0] not in (1, translation.batch)
    ):
        return False
    extra = learned.dims[axis]
    new = Shape(shape.channels, (extra + size_of(positions),))
    layout = tuple(whole(1, known(new)[1]) if place == axis else dim for place, dim in enumerate(line.layout))
    translation.vectors += learned.elements // learned.dims[0]
    translation.layer(call, "tokens", line.tensor, new, layout, extra=extra)
    return True


__all__ = ["item", "joined", "plain", "size_of"]
