"""ONNX operators that move elements: reshapes and transposes, slices, pads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cnncalc.geometry.shape import Shape
from cnncalc.importers.items import item
from cnncalc.importers.onnx.attention import filled_up
from cnncalc.importers.onnx.call import Call
from cnncalc.importers.onnx.file import Constant
from cnncalc.importers.onnx.folding import new_sizes, slices, split_sizes, squeezed, unsqueezed
from cnncalc.importers.onnx.held import Feature, Spread, Unknown
from cnncalc.importers.onnx.layout import (
    BATCH,
    CHANNELS,
    Atom,
    Dim,
    Layout,
    known,
    plain,
    reshaped,
    size_of,
    times,
    transposed,
    whole,
)
from cnncalc.importers.onnx.operators import operator
from cnncalc.importers.onnx.parts import chunk, heads_of, part
from cnncalc.importers.onnx.translation import Translation

# Labels only


@operator("Reshape")
def reshape(translation: Translation, call: Call) -> None:
    feature = call.feature()
    target = call.attribute("shape") or call.values(1, "the new shape")
    if target is None:
        raise Unknown("the new shape is missing")
    _relabel(translation, call, feature, new_sizes(feature.sizes, target, call.attribute("allowzero", 0)))


def _relabel(translation: Translation, call: Call, feature: Feature, sizes: tuple[int, ...]) -> None:
    layout = reshaped(feature.layout, sizes)
    if layout is None:
        raise Unknown(f"{times(feature.sizes)} to {times(sizes)} cuts across channels and positions")
    translation.alias(call, Feature(feature.tensor, layout))


@operator("Flatten")
def flatten(translation: Translation, call: Call) -> None:
    feature = call.feature()
    axis = call.attribute("axis", 1) % (len(feature.layout) + 1)
    before = after = 1
    for place, size in enumerate(feature.sizes):
        before, after = (before * size, after) if place < axis else (before, after * size)
    _relabel(translation, call, feature, (before, after))


@operator("Transpose")
def transpose(translation: Translation, call: Call) -> None:
    feature = call.feature()
    order = call.attribute("perm", tuple(range(len(feature.layout)))[::-1])
    if sorted(order) != list(range(len(feature.layout))):
        raise Unknown(f"attribute `perm` is {list(order)}")
    translation.alias(call, Feature(feature.tensor, transposed(feature.layout, order)))


@operator("Squeeze")
def squeeze(translation: Translation, call: Call) -> None:
    feature = call.feature()
    axes = call.attribute("axes") or call.values(1, "`axes`")
    _relabel(translation, call, feature, squeezed(feature.sizes, axes))


@operator("Unsqueeze")
def unsqueeze(translation: Translation, call: Call) -> None:
    feature = call.feature()
    axes = call.attribute("axes") or call.values(1, "`axes`") or ()
    translation.alias(call, Feature(feature.tensor, unsqueezed(feature.layout, axes, ())))


@operator("Expand")
def expand(translation: Translation, call: Call) -> None:
    feature = call.feature()
    _spread(translation, call, feature, call.values(1, "the new shape") or ())


@operator("Tile")
def tile(translation: Translation, call: Call) -> None:
    """Axes of size 1 repeated; the whole of another axis after itself is no map that a layer makes."""
    feature = call.feature()
    repeats = [int(one) for one in call.values(1, "the repeats") or ()]
    if len(repeats) != len(feature.sizes) or min(repeats, default=0) < 1:
        raise Unknown(f"{list(feature.sizes)} cannot be repeated {repeats} times")
    if any(size > 1 and count > 1 for size, count in zip(feature.sizes, repeats, strict=True)):
        raise Unknown(f"it repeats {times(feature.sizes)} {repeats} times, after itself")
    sizes = [size * count for size, count in zip(feature.sizes, repeats, strict=True)]
    _spread(translation, call, feature, sizes)


def _spread(translation: Translation, call: Call, feature: Feature, target: Sequence[int]) -> None:
    """A feature some axes of which, of size 1, get another size."""
    extra = max(len(target) - len(feature.layout), 0)
    layout = ((),) * extra + feature.layout
    sizes = tuple(map(size_of, layout))
    wanted = (1,) * (len(sizes) - len(target)) + tuple(map(int, target))
    if any(1 not in (size, old) and size != old for size, old in zip(wanted, sizes, strict=True)):
        raise Unknown(f"{list(feature.sizes)} cannot be spread to {list(target)}")
    spread = tuple(max(size, old) for size, old in zip(wanted, sizes, strict=True))
    held = Feature(feature.tensor, layout)
    translation.alias(call, held if spread == sizes else Spread(held, spread))


@operator("Roll")
def roll(translation: Translation, call: Call) -> None:
    """An axis moved round, its first positions behind the others: see ``patterns.rolled``."""
    feature = call.feature()
    axis = call.attribute("axis") % len(feature.layout)
    size, by = feature.sizes[axis], call.attribute("by")
    first, last = min(by % size if by < 0 else by, size), min(call.attribute("end"), size)
    dim = feature.layout[axis]
    is_whole = last == size
    if is_whole and first in (0, size):
        translation.alias(call, feature)
    elif is_whole and len(dim) == 1 and dim[0].axis > 0 and dim == _whole_moved(translation, feature, dim[0]):
        moved = dim[0]._replace(moved=(dim[0].moved + first) % size)
        layout = (*feature.layout[:axis], (moved,), *feature.layout[axis + 1 :])
        translation.alias(call, Feature(feature.tensor, layout))
    else:
        _swapped(translation, call, feature, axis, first, last)


def _swapped(
    translation: Translation, call: Call, feature: Feature, axis: int, first: int, last: int
) -> None:
    """Channels from one on to another, and before them those from the first on."""
    output = call.node.outputs[0]
    parts = []
    for name, start, stop in (("first", first, last), ("second", 0, first)):
        if start >= stop:
            raise Unknown(f"it joins along axis {axis}, which is not the channels")
        part(translation, call, feature, axis, start, stop - start, f"{output}|{name}")
        parts.append(translation.held[f"{output}|{name}"])
    features = [one for one in parts if isinstance(one, Feature)]
    shapes = [translation.shapes[one.tensor] for one in features]
    new = Shape(sum(known(shape)[0] for shape in shapes), shapes[0].sizes)
    layout = features[0].layout
    dim = whole(CHANNELS, known(new)[0])
    if any(atom.axis == CHANNELS for place, one in enumerate(layout) if place != axis for atom in one):
        raise Unknown(f"it swaps parts of the channels along axis {axis}")
    joined = (*layout[:axis], dim, *layout[axis + 1 :])
    translation.layer(call, "concat", [one.tensor for one in features], new, joined)


def _whole_moved(translation: Translation, feature: Feature, atom: Atom) -> Dim:
    """All of an axis of the map, moved as far as an atom is."""
    size = known(translation.shapes[feature.tensor])[atom.axis]
    return (Atom(atom.axis, 1, size, atom.moved),)


@operator("DepthToSpace", "SpaceToDepth")
def pixels(translation: Translation, call: Call) -> None:
    source = translation.settled(call.feature(), call.node.operator)
    call.ignore("mode")
    factor = call.attribute("blocksize", 0)
    if factor < 1:
        raise Unknown(f"attribute `blocksize` is {factor or 'missing'}")
    channels, *sizes = known(translation.shapes[source.tensor])
    block = factor ** len(sizes)
    if call.node.operator == "DepthToSpace":
        if channels % block:
            raise Unknown(f"{channels} channels in blocks of {factor}")
        new = Shape(channels // block, tuple(size * factor for size in sizes))
        op = "pixel_shuffle"
    else:
        if any(size % factor for size in sizes):
            raise Unknown(f"a map of {sizes} in blocks of {factor}")
        new = Shape(channels * block, tuple(size // factor for size in sizes))
        op = "pixel_unshuffle"
    translation.layer(call, op, source.tensor, new, plain(new, translation.batch), factor=factor)


# Parts


@operator("Split")
def split(translation: Translation, call: Call) -> None:
    feature = call.feature()
    axis = call.attribute("axis", 0) % len(feature.layout)
    first = 0
    for output, count in zip(call.node.outputs, split_sizes(call, feature.sizes[axis]), strict=True):
        if output and translation.uses[output]:
            part(translation, call, feature, axis, first, count, output)
        elif output:
            translation.held[output] = feature
        first += count


@operator("Slice")
def cut(translation: Translation, call: Call) -> None:
    feature = call.feature()
    ranges = slices(call, feature.sizes)
    changed = [axis for axis, taken in enumerate(ranges) if len(taken) != feature.sizes[axis]]
    if not changed:
        if any(taken.step < 0 and len(taken) > 1 for taken in ranges):
            raise Unknown("it reverses an axis")
        translation.alias(call, feature)
        return
    if any(ranges[axis].step != 1 and len(ranges[axis]) > 1 for axis in changed):
        _strided(translation, call, feature, ranges)
        return
    if len(changed) == 1 and (
        (changed == [1] and not _spatial_axes(translation, feature, changed))
        or translation.is_of_channels(feature, changed[0])
        or chunk(translation, feature, changed[0])
        or heads_of(translation, call, feature, changed[0])
    ):
        taken = ranges[changed[0]]
        part(translation, call, feature, changed[0], taken.start, len(taken), call.node.outputs[0])
        return
    source, axes = _in_axes(translation, feature, changed, "Slice")
    if len(axes) < len(changed):
        raise Unknown("it cuts the batch, or channels and positions at once")
    shape = translation.shapes[source.tensor]
    by_axis = {axis: ranges[place] for place, axis in axes.items()}
    kept = [by_axis.get(axis, range(size)) for axis, size in enumerate(known(shape))][1:]
    margins = tuple((one.start, size - one.stop) for one, size in zip(kept, known(shape)[1:], strict=True))
    new = Shape(shape.channels, tuple(map(len, kept)))
    layout = _resized(source, axes, new)
    if not filled_up(translation, call, source, margins, new, layout):
        translation.layer(call, "crop", source.tensor, new, layout, margins=margins)


def _spatial_axes(translation: Translation, feature: Feature, changed: Iterable[int]) -> dict[int, int]:
    """Which axes of positions some axes of the tensor are, those that are whole ones."""
    shape = translation.shapes[feature.tensor]
    spatial = {whole(axis, size): axis for axis, size in enumerate(known(shape)) if axis and size > 1}
    return {place: spatial[dim] for place in changed if (dim := feature.layout[place]) in spatial}


def _in_axes(
    translation: Translation, feature: Feature, changed: Iterable[int], what: str
) -> tuple[Feature, dict[int, int]]:
    """The feature, settled where need be, and which axes of positions those of the tensor are."""
    found = _spatial_axes(translation, feature, changed)
    if len(found) == len([*changed]):
        return feature, found
    source = translation.settled(feature, what)
    rank = translation.shapes[source.tensor].rank
    return source, {place: place - 1 for place in changed if 1 < place < 2 + rank}


def _resized(source: Feature, axes: dict[int, int], new: Shape) -> Layout:
    """The layout of a map some of whose axes of positions have other sizes."""
    sizes = known(new)
    return tuple(
        whole(axes[place], sizes[axes[place]]) if place in axes else dim
        for place, dim in enumerate(source.layout)
    )


def _strided(translation: Translation, call: Call, feature: Feature, ranges: list[range]) -> None:
    """Every n-th position: a max pool of one position with that stride, after a crop."""
    changed = [place for place, one in enumerate(ranges) if len(one) != feature.sizes[place]]
    source, axes = _in_axes(translation, feature, changed, "Slice")
    shape = translation.shapes[source.tensor]
    if len(axes) < len(changed):
        raise Unknown("it takes every n-th channel")
    if any(one.step < 1 for one in ranges):
        raise Unknown("it reverses an axis")
    by_axis = {axis: ranges[place] for place, axis in axes.items()}
    taken = [by_axis.get(axis, range(size)) for axis, size in enumerate(known(shape))][1:]
    sizes = known(shape)[1:]
    margins = tuple((one.start, _left_over(one, size)) for one, size in zip(taken, sizes, strict=True))
    tensor = source.tensor
    if any(map(any, margins)):
        cropped = Shape(
            shape.channels, tuple(size - sum(pair) for size, pair in zip(sizes, margins, strict=True))
        )
        tensor = translation.add(
            item(
                "crop",
                tensor,
                f"{call.node.outputs[0]}|crop",
                label=call.node.label,
                shape=cropped,
                margins=margins,
            )
        )
    new = Shape(shape.channels, tuple(map(len, taken)))
    translation.layer(
        call,
        "maxpool",
        tensor,
        new,
        _resized(source, axes, new),
        kernel=(1,) * shape.rank,
        stride=tuple(one.step for one in taken),
    )


def _left_over(taken: range, size: int) -> int:
    """The positions behind those taken that a stride does not leave out by itself."""
    rest = size - taken[-1] - 1 if taken else 0
    return rest if rest >= taken.step else 0


@operator("Gather")
def gather(translation: Translation, call: Call) -> None:
    if isinstance(call.input(0), Constant):
        _embedded(translation, call)
        return
    feature = call.feature()
    indices = call.constant(1, "the indices")
    axis = call.attribute("axis", 0) % len(feature.layout)
    values = indices.values
    if values is None:
        raise Unknown("the indices have no values in the file")
    size = feature.sizes[axis]
    taken = [int(value) % size for value in values]
    if taken == list(range(size)):
        _relabel(translation, call, feature, _without(feature.sizes, axis, indices))
        return
    shape = translation.shapes[feature.tensor]
    if not indices.dims and shape.rank == 1 and feature.layout[axis] == whole(1, known(shape)[1]):
        layout = (*feature.layout[:axis], *feature.layout[axis + 1 :])
        translation.layer(call, "token", feature.tensor, Shape(shape.channels), layout, place=taken[0])
        return
    if taken != list(range(taken[0], taken[0] + len(taken))):
        if len(indices.dims) == 1 and _resampled(translation, call, feature, axis, taken):
            return
        raise Unknown("it takes channels in another order")
    if not translation.is_of_channels(feature, axis) and not chunk(translation, feature, axis):
        raise Unknown(f"it takes parts of axis {axis}, which is not the channels")
    part(translation, call, feature, axis, taken[0], len(taken), call.node.outputs[0])
    found = translation.held[call.node.outputs[0]]
    assert isinstance(found, Feature)
    if not indices.dims:
        translation.alias(call, Feature(found.tensor, (*found.layout[:axis], *found.layout[axis + 1 :])))


def _resampled(translation: Translation, call: Call, feature: Feature, axis: int, taken: list[int]) -> bool:
    """Whether an axis of positions is read as the nearest ones for another size are; one axis after another
    is one item.
    """
    source, axes = _in_axes(translation, feature, [axis], "Gather")
    size, new_size = feature.sizes[axis], len(taken)
    if axis not in axes or taken != [unit * size // new_size for unit in range(new_size)]:
        return False
    tensor, shape = source.tensor, translation.shapes[source.tensor]
    new = Shape(
        shape.channels,
        tuple(new_size if one == axes[axis] else old for one, old in enumerate(known(shape)) if one),
    )
    before = translation.maker(tensor)
    if before is not None and before.op == "upsample" and translation.is_private(tensor):
        old = known(translation.shapes[before.inputs[0]])[axes[axis]]
        if before.given("mode") == "nearest" and before.given("size") and old == size:
            translation.forget([tensor])
            tensor = before.inputs[0]
    translation.layer(
        call, "upsample", tensor, new, _resized(source, axes, new), mode="nearest", size=new.sizes
    )
    return True


def _embedded(translation: Translation, call: Call) -> None:
    """The rows of a learned table by token number."""
    table, tokens = call.constant(0, "the table"), call.feature(1)
    shape = translation.shapes[tokens.tensor]
    call.must_be("axis", 0)
    batch = whole(BATCH, translation.batch)
    if len(table.dims) != 2 or shape.rank != 1 or shape.channels != 1:
        raise Unknown(f"a table {list(table.dims)} read by an input of {shape}, which is no row of tokens")
    if tokens.layout != (batch, whole(1, known(shape)[1])):
        raise Unknown(f"it reads tokens in axes of {list(tokens.sizes)}")
    vocab, out = table.dims
    translation.count_kernel(table, call.node.outputs[0])
    new = Shape(out, shape.sizes)
    layout = (*tokens.layout, whole(CHANNELS, out))
    translation.layer(call, "embedding", tokens.tensor, new, layout, out=out, vocab=vocab)


def _without(sizes: tuple[int, ...], axis: int, indices: Constant) -> tuple[int, ...]:
    return (*sizes[:axis], *indices.dims, *sizes[axis + 1 :])


# Sizes


@operator("Pad")
def pad(translation: Translation, call: Call) -> None:
    feature = call.feature()
    call.ignore("mode", "value", "paddings")
    pads = call.attribute("pads") or call.values(1, "`pads`")
    if pads is None:
        raise Unknown("`pads` is missing")
    rank = len(feature.layout)
    axes = call.values(3, "`axes`") or tuple(range(rank))
    pairs = {
        int(axis) % rank: (int(pads[place]), int(pads[place + len(axes)])) for place, axis in enumerate(axes)
    }
    if not any(map(any, pairs.values())):
        translation.alias(call, feature)
        return
    changed = [place for place, pair in sorted(pairs.items()) if any(pair)]
    source, places = _in_axes(translation, feature, changed, "Pad")
    if len(places) < len(changed):
        raise Unknown("it pads the batch or the channels")
    shape = translation.shapes[source.tensor]
    by_axis = {axis: pairs[place] for place, axis in places.items()}
    margins = tuple(by_axis.get(axis, (0, 0)) for axis in range(1, 1 + shape.rank))
    sizes = known(shape)[1:]
    cut = tuple((max(-before, 0), max(-after, 0)) for before, after in margins)
    added = tuple((max(before, 0), max(after, 0)) for before, after in margins)
    inner = Shape(shape.channels, tuple(size - sum(pair) for size, pair in zip(sizes, cut, strict=True)))
    new = Shape(
        shape.channels, tuple(size + sum(pair) for size, pair in zip(known(inner)[1:], added, strict=True))
    )
    tensor = source.tensor
    if min(known(inner)) < 1:
        raise Unknown(f"attribute or input `pads` cuts {times(source.sizes)} to nothing")
    if not any(map(any, added)):
        translation.layer(call, "crop", tensor, new, _resized(source, places, new), margins=cut)
        return
    if any(map(any, cut)):
        tensor = translation.add(
            item(
                "crop",
                tensor,
                f"{call.node.outputs[0]}|crop",
                label=call.node.label,
                shape=inner,
                margins=cut,
            )
        )
    translation.layer(call, "pad", tensor, new, _resized(source, places, new), margins=added)
