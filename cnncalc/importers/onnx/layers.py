"""ONNX operators with windows or weights: convolutions, pools, linear layers, normalisation."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from math import prod

from cnncalc.errors import Fault
from cnncalc.frameworks import ONNX
from cnncalc.frameworks.rules import AxisPadding
from cnncalc.geometry.shape import Shape
from cnncalc.geometry.window import CEIL, Rounding, TransposedWindow, Window
from cnncalc.importers.items import item
from cnncalc.importers.onnx.file import Constant
from cnncalc.importers.onnx.layout import BATCH, CHANNELS, Layout, known, plain, whole
from cnncalc.importers.onnx.translation import UNRUNNABLE, Call, Feature, Translation, Unknown, operator
from cnncalc.support.numbers import plural

_AUTO = {"SAME_UPPER": "same", "SAME_LOWER": "same_lower"}
CEIL_DROPS_SINCE = 22
"""The opset from which windows that start in the padding at the end are dropped."""


class Windows:
    """Kernel, stride, padding and dilation of a node, along each axis."""

    def __init__(self, call: Call, kernel: Sequence[int], rank: int) -> None:
        stated = call.attribute("kernel_shape", tuple(kernel))
        if tuple(stated) != tuple(kernel) or len(kernel) != rank:
            raise Unknown(f"attribute `kernel_shape` is {list(stated)}, the weight has {list(kernel)}")
        self.kernel = tuple(kernel)
        self.stride = self._per_axis(call, "strides", 1)
        self.dilation = self._per_axis(call, "dilations", 1)
        pads = tuple(call.attribute("pads", (0,) * (2 * rank)))
        self.auto = call.attribute("auto_pad", "NOTSET")
        if len(pads) != 2 * rank or self.auto not in (*_AUTO, "NOTSET", "VALID"):
            raise Unknown(f"attribute `pads` is {list(pads)}, `auto_pad` is {self.auto}")
        if self.auto != "NOTSET":
            pads = (0,) * (2 * rank)
        self.pads = tuple(zip(pads[:rank], pads[rank:], strict=True))
        if min(*self.stride, *self.dilation, *self.kernel) < 1:
            raise Unknown(f"strides {list(self.stride)}, dilations {list(self.dilation)}")

    def _per_axis(self, call: Call, name: str, default: int) -> tuple[int, ...]:
        found = tuple(call.attribute(name, (default,) * len(self.kernel)))
        if len(found) != len(self.kernel):
            raise Unknown(f"attribute `{name}` is {list(found)}")
        return found

    @property
    def arguments(self) -> dict[str, object]:
        padding: object = _AUTO.get(self.auto, self.pads)
        return {
            "kernel": self.kernel, "stride": self.stride, "dilation": self.dilation, "padding": padding,
        }  # fmt: skip

    @property
    def is_padded(self) -> bool:
        return self.auto in _AUTO or any(map(any, self.pads))

    def negative(self) -> bool:
        return any(pad < 0 for pair in self.pads for pad in pair)

    def sizes(self, sizes: Sequence[int], rounding: Rounding | None = None) -> tuple[int, ...]:
        """What comes out of a map of these sizes."""
        if self.auto in _AUTO:
            same = AxisPadding(same=True)
            return tuple(
                ONNX.conv_window(kernel, stride, same, dilation, size).output_size(size) or 0
                for size, kernel, stride, dilation in zip(
                    sizes, self.kernel, self.stride, self.dilation, strict=True
                )
            )
        found = []
        for size, kernel, stride, (before, after), dilation in zip(
            sizes, self.kernel, self.stride, self.pads, self.dilation, strict=True
        ):
            window = Window(kernel, stride, before, after, dilation, rounding or Rounding())
            found.append(window.output_size(size) or 0)
        return tuple(found)


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
    said = f"the weight {_times(weight.dims)}", f"its input is {_times(source.sizes)}"
    if len(source.layout) != len(weight.dims):
        raise Fault(
            "E304", f"{said[0]} has {plural(rank, 'spatial axis', 'spatial axes')}, {said[1]}", UNRUNNABLE
        )
    if source.sizes[1] != reads:
        raise Fault("E310", f"{said[0]} reads {reads} channels, {said[1]}", UNRUNNABLE)


def _times(sizes: Sequence[int]) -> str:
    return "x".join(map(str, sizes))


@operator("Conv")
def conv(translation: Translation, call: Call) -> None:
    convolved(translation, call, call.feature(), weight_of(call), 2)


def convolved(translation: Translation, call: Call, feature: Feature, weight: Constant, bias_at: int) -> None:
    """A convolution item with the counts that its weight has."""
    require_kernel(weight)
    if _along_channels(translation, call, feature, weight):
        return
    source = translation.settled(feature, "Conv")
    shape = translation.shapes[source.tensor]
    channels, *sizes = known(shape)
    out, per_group, *kernel = weight.dims
    groups = call.attribute("group", 1)
    require_fitting(weight, source, per_group * groups, len(kernel))
    if out % max(groups, 1):
        raise Fault("E302", f"out {out} cannot be divided into {groups} groups", UNRUNNABLE)
    if per_group * groups != channels or len(kernel) != shape.rank or not shape.rank:
        raise Unknown(f"a weight {list(weight.dims)} in {groups} groups on an input of {shape}")
    windows = Windows(call, kernel, shape.rank)
    if windows.negative():
        raise Unknown(f"attribute `pads` is {[list(pair) for pair in windows.pads]}")
    new = Shape(out, windows.sizes(sizes))
    bias = bias_of(call, bias_at, out)
    share = translation.count_kernel(weight, call.node.outputs[0])
    if share is None or not _same_bias(translation, share, bias):
        translation.count_vector(bias)
        share = share if bias is None else None
    is_depthwise = groups == channels > 1 and out % channels == 0
    which: dict[str, object] = {"mult": out // channels} if is_depthwise else {"out": out, "groups": groups}
    translation.macs += prod(known(new)) * prod(weight.dims[1:])
    translation.layer(
        call,
        "depthwise" if is_depthwise else "conv",
        source.tensor,
        new,
        plain(new, translation.batch),
        **windows.arguments,
        **which,
        bias=bias is not None,
    )
    if share is not None:
        _share(translation, call, share)


def _along_channels(translation: Translation, call: Call, feature: Feature, weight: Constant) -> bool:
    """A convolution of one kernel along the channels, which are an axis of positions; whether it is one."""
    channels = known(translation.shapes[feature.tensor])[0]
    if len(feature.layout) < 3 or channels == 1 or feature.layout[1:3] != ((), whole(CHANNELS, channels)):
        return False
    kernel = call.attribute("kernel_shape", weight.dims[2:])
    half = kernel[0] // 2
    rest = (0,) * (len(kernel) - 1)
    if (
        weight.dims != (1, 1, *kernel)
        or set(kernel[1:]) > {1}
        or not kernel[0] % 2
        or call.input(2) is not None
        or tuple(call.attribute("pads", ())) != (half, *rest, half, *rest)
    ):
        raise Unknown(f"a weight {list(weight.dims)} along the channels is no `eca`")
    for name in ("strides", "dilations"):
        if set(call.attribute(name, (1,))) != {1}:
            raise Unknown(f"attribute `{name}` is {list(call.attribute(name))}")
    call.must_be("group", 1)
    call.must_be("auto_pad", "NOTSET", "")
    translation.count_kernel(weight, call.node.outputs[0])
    translation.macs += kernel[0] * prod(known(translation.shapes[feature.tensor]))
    translation.same(call, "eca", feature, kernel=kernel[0])
    return True


def _same_bias(translation: Translation, share: str, bias: Constant | None) -> bool:
    return bool(translation.items[translation.places[share]].given("bias")) == (bias is not None)


def _share(translation: Translation, call: Call, share: str) -> None:
    place = translation.places[call.node.outputs[0]]
    translation.items[place] = translation.items[place]._replace(share=share)


@operator("ConvTranspose")
def conv_transpose(translation: Translation, call: Call) -> None:
    source = translation.settled(call.feature(), "ConvTranspose")
    shape = translation.shapes[source.tensor]
    channels, *sizes = known(shape)
    weight = weight_of(call)
    require_kernel(weight)
    inside, per_group, *kernel = weight.dims
    groups = call.attribute("group", 1)
    require_fitting(weight, source, inside, len(kernel))
    if inside != channels or len(kernel) != shape.rank or not shape.rank:
        raise Unknown(f"a weight {list(weight.dims)} on an input of {shape}")
    windows = Windows(call, kernel, shape.rank)
    extra = tuple(call.attribute("output_padding", (0,) * shape.rank))
    wanted = call.attribute("output_shape")
    if wanted is not None:
        windows.pads, extra = _pads_for(windows, sizes, tuple(wanted)[-shape.rank :], extra)
    elif windows.auto in _AUTO:
        target = tuple(size * stride for size, stride in zip(sizes, windows.stride, strict=True))
        windows.pads, extra = _pads_for(windows, sizes, target, extra)
    windows.auto = "NOTSET"
    if windows.negative():
        raise Unknown(f"attribute `pads` is {[list(pair) for pair in windows.pads]}")
    new_sizes = tuple(
        TransposedWindow(k, s, before, after, d, more).output_size(size) or 0
        for k, s, (before, after), d, more, size in zip(
            windows.kernel, windows.stride, windows.pads, windows.dilation, extra, sizes, strict=True
        )
    )
    out = per_group * groups
    new = Shape(out, new_sizes)
    bias = bias_of(call, 2, out)
    translation.count_kernel(weight, call.node.outputs[0])
    translation.count_vector(bias)
    translation.macs += prod(known(shape)) * prod(weight.dims[1:])
    translation.layer(
        call,
        "conv_transpose",
        source.tensor,
        new,
        plain(new, translation.batch),
        **windows.arguments,
        output_padding=extra,
        out=out,
        groups=groups,
        bias=bias is not None,
    )


def _pads_for(
    windows: Windows, sizes: Sequence[int], wanted: Sequence[int], extra: tuple[int, ...]
) -> tuple[tuple[tuple[int, int], ...], tuple[int, ...]]:
    """Padding and output padding with which these sizes come out, as ``output_shape`` has it."""
    pads, more = [], []
    for size, target, kernel, stride, dilation, given in zip(
        sizes, wanted, windows.kernel, windows.stride, windows.dilation, extra, strict=True
    ):
        total = stride * (size - 1) + given + (kernel - 1) * dilation + 1 - target
        small = max(total, 0) // 2
        large = max(total, 0) - small
        pads.append((large, small) if windows.auto == "SAME_LOWER" else (small, large))
        more.append(given + max(-total, 0))
    return tuple(pads), tuple(more)


# Pools


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


# Linear layers


@operator("Gemm")
def gemm(translation: Translation, call: Call) -> None:
    call.ignore("alpha", "beta")
    call.must_be("transA", 0)
    weight = _matrix(weight_of(call))
    dims = weight.dims[::-1] if call.attribute("transB", 0) else weight.dims
    linear(translation, call, weight, dims, bias_of(call, 2, dims[-1]))


@operator("Einsum")
def einsum(translation: Translation, call: Call) -> None:
    from cnncalc.importers.onnx.attention import einsum as product
    from cnncalc.importers.onnx.offsets import looked_up

    if not product(translation, call) and not looked_up(translation, call):
        raise Unknown(f"attribute `equation` is {call.attribute('equation', '')}")


@operator("MatMul")
def matmul(translation: Translation, call: Call) -> None:
    from cnncalc.importers.onnx.attention import multiplied

    if multiplied(translation, call):
        return
    weight = _matrix(weight_of(call))
    linear(translation, call, weight, weight.dims, None)


def _matrix(weight: Constant) -> Constant:
    if len(weight.dims) != 2:
        raise Unknown(f"the weight has the shape {list(weight.dims)}")
    return weight


def linear(
    translation: Translation, call: Call, weight: Constant, dims: Sequence[int], bias: Constant | None
) -> None:
    """Features of the last axis to other features: a linear layer, or a 1x1 convolution of a map."""
    from cnncalc.importers.onnx.attention import projected
    from cnncalc.importers.onnx.offsets import by_vectors

    feature = call.feature()
    inside, out = dims
    if feature.sizes[-1] != inside:
        found = f"the weight {_times(weight.dims)} reads {inside} features"
        raise Fault("E310", f"{found}, its input is {_times(feature.sizes)}", UNRUNNABLE)
    if bias is None and by_vectors(translation, call, feature, weight, dims):
        return
    output = call.node.outputs[0]
    share = translation.count_kernel(weight, output)
    translation.count_vector(bias)
    shape = translation.shapes[feature.tensor]
    if _is_of_channels(translation, feature, len(feature.layout) - 1) and (
        translation.spatial(feature) > 1 or _is_map_of_one(translation, feature)
    ):
        new = Shape(out, shape.sizes)
        layout: Layout = (*feature.layout[:-1], whole(CHANNELS, out))
        translation.macs += prod(known(new)) * inside
        if share is None and bias is None and projected(translation, feature, out, output):
            translation.held[output] = Feature(output, layout)
            return
        translation.layer(
            call,
            "conv",
            feature.tensor,
            new,
            layout,
            kernel=(1,) * shape.rank,
            out=out,
            bias=bias is not None,
        )
    else:
        flat = translation.settled(feature, call.node.operator)
        shape = translation.shapes[flat.tensor]
        if known(shape)[0] != inside or translation.spatial(flat) > 1:
            raise Unknown(f"it is applied along axes of {list(feature.sizes)} that are no channels")
        translation.macs += out * inside
        layout = (whole(BATCH, translation.batch), *((),) * (len(feature.layout) - 2), whole(CHANNELS, out))
        translation.layer(call, "linear", flat.tensor, Shape(out), layout, out=out, bias=bias is not None)
    if share is not None and bias is None:
        _share(translation, call, share)


def _is_map_of_one(translation: Translation, feature: Feature) -> bool:
    """Whether a tensor is a map of one position, its channels last, and no vector."""
    is_first = len(feature.layout) > 1 and _is_of_channels(translation, feature, 1)
    return len(feature.layout) > 2 and not is_first and translation.shapes[feature.tensor].rank > 0


# Normalisation


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
            message = f"it is of {vector.elements} channels, its input is {_times(source.sizes)}"
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
    if len(over) == 1 and not _is_of_channels(translation, feature, over[0]):
        with suppress(Unknown):
            feature = translation.with_channels(feature, over[0], "LayerNormalization")
    if len(over) != 1 or not _is_of_channels(translation, feature, over[0]):
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


def _is_of_channels(translation: Translation, feature: Feature, axis: int) -> bool:
    return feature.layout[axis] == whole(CHANNELS, known(translation.shapes[feature.tensor])[0])


@operator("LpNormalization")
def unit_length(translation: Translation, call: Call) -> None:
    feature = call.feature()
    axis = call.attribute("axis", -1) % len(feature.layout)
    call.must_be("p", 2)
    if feature.layout[axis] != whole(CHANNELS, known(translation.shapes[feature.tensor])[0]):
        raise Unknown(f"it is along axis {axis}, which is not the channels")
    translation.same(call, "l2norm", feature)


@operator("LRN")
def local_response_norm(translation: Translation, call: Call) -> None:
    source = translation.settled(call.feature(), "LRN")
    call.ignore("alpha", "beta", "bias")
    translation.same(call, "lrn", source, size=call.attribute("size"))


__all__ = ["Windows", "convolved", "item", "layer_normed", "linear"]
