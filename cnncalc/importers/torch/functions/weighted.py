"""Functions with weights: convolutions, linear layers, norms."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from cnncalc.frameworks import TENSORFLOW
from cnncalc.frameworks.rules import AxisPadding
from cnncalc.geometry.shape import Shape
from cnncalc.importers.torch.functions.attention import projected
from cnncalc.importers.torch.rearrange import (
    as_map,
    as_vector,
    padded,
    positionwise,
    whole,
    with_channels,
    with_positions,
)
from cnncalc.importers.torch.views import CHANNELS, Dim, View, whole_axis
from cnncalc.importers.torch.walk import Const, NotUnderstood, Walk, handles, no_map


def per_axis(value: Any, rank: int) -> tuple[int, ...]:
    """One number for each axis."""
    values = tuple(value) if isinstance(value, list | tuple) else (value,)
    values = values * rank if len(values) == 1 else values
    if len(values) != rank or not all(isinstance(one, int) for one in values):
        raise NotUnderstood(f"{value!r} is not one number per axis")
    return values


def of_map(
    walk: Walk, input: Any, rank: int, fill: float = 0.0
) -> tuple[str, tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]] | None]:
    """The item of a map of some rank, channels before positions, and the border still open, at both sizes."""
    if not isinstance(input, View):
        raise no_map(input)
    if len(input.dims) != rank + 2:
        raise NotUnderstood("it works on a tensor without batch")
    open_border = None
    if input.pads:
        channels = (*input.pads[:2], *input.other_pads[:2])
        if input.fill != fill or any(map(any, channels)):
            input = padded(walk, input)
        else:
            open_border = input.pads[2:], input.other_pads[2:]
            input = input._replace(pads=(), other_pads=())
    return as_map(walk, input, 1, range(2, 2 + rank)), open_border


def border(
    walk: Walk,
    node: str,
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
    padding: tuple[int, ...],
    pads: tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]] | None,
) -> Any:
    """The padding of a window: its own and the border that was put around its input; ``same`` where that
    follows TensorFlow's rule at both sizes.
    """
    if pads is None:
        return padding
    first = tuple((before + one, after + one) for (before, after), one in zip(pads[0], padding, strict=True))
    second = tuple((before + one, after + one) for (before, after), one in zip(pads[1], padding, strict=True))
    if first == second:
        return tuple(one for one, _ in first) if all(one == two for one, two in first) else first
    sizes = (tuple(size or 0 for size in walk.shapes[node].sizes), walk.other_sizes.get(node))
    for found, size in zip((first, second), sizes, strict=True):
        if size is None or found != _same(size, kernel, stride, dilation):
            raise NotUnderstood("zeros whose number follows the input size by a rule of its own")
    walk.same_padding[f"t{walk.count + 1}"] = first
    return "same"


def _same(
    sizes: Sequence[int], kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int]
) -> tuple[tuple[int, int], ...]:
    """What TensorFlow's rule of ``same`` pads, which the network itself adds by its own arithmetic."""
    same = AxisPadding(same=True)
    windows = (
        TENSORFLOW.conv_window(k, s, same, d, size)
        for size, k, s, d in zip(sizes, kernel, stride, dilation, strict=True)
    )
    return tuple(window.padding or (0, 0) for window in windows)


def spatial_view(walk: Walk, node: str) -> View:
    """The map of an item as a tensor of batch, channels and as many positions as the call's result has."""
    view = walk.plain_view(node)
    missing = len(walk.recording.shape(walk.call.outputs[0])) - len(view.dims)
    return view._replace(dims=view.dims + ((),) * missing)


def _point(walk: Walk, node: str, rank: int) -> View:
    """A vector as a map of one position."""
    return spatial_view(walk, with_positions(walk, node, rank))


def _bias(walk: Walk, bias: Any) -> bool:
    if bias is not None and not isinstance(bias, Const):
        raise NotUnderstood("its bias depends on the input")
    return bias is not None


def _weight(weight: Any) -> Const:
    if not isinstance(weight, Const):
        raise NotUnderstood("its weights depend on the input")
    return weight


def _kernel(weight: Any) -> tuple[Const, int]:
    """The weights of a convolution, and the axes that it works along."""
    rank = len(_weight(weight).shape) - 2
    if rank < 0:
        raise NotUnderstood(f"its weights have {rank + 2} axes")
    return weight, rank


def _fixed(walk: Walk, weight: Const) -> bool | None:
    """``False`` for ``learned`` where the weights are fixed."""
    if weight.parameters:
        return None
    walk.fixed += prod(weight.shape)
    return False


def _gain(walk: Walk, weight: Const, channels: int) -> bool | None:
    """Whether the weights are computed with a learned gain besides, one for each of some channels (true) or
    one alone (false).
    """
    if not weight.parameters:
        return None
    more = walk.numel([weight]) - prod(weight.shape)
    if more not in (0, 1, channels):
        raise NotUnderstood(
            f"its {prod(weight.shape):,} weights are computed from {walk.numel([weight]):,} learned numbers",
            "weights with a gain for each channel, as `weight_norm` gives them, are a layer with a `scale`",
        )
    return None if not more else more == channels


def convolved(
    walk: Walk,
    input: Any,
    weight: Any,
    bias: Any,
    stride: Any,
    padding: Any,
    dilation: Any,
    groups: int,
    sizes: tuple[int, ...] | None = None,
) -> View:
    """A convolution in any number of axes; ``sizes`` come out where the call has others besides."""
    weight, rank = _kernel(weight)
    out, per_group, *kernel_sizes = weight.shape
    kernel = tuple(kernel_sizes)
    has_bias = _bias(walk, bias)
    step, spacing = per_axis(stride, rank), per_axis(dilation, rank)
    if isinstance(input, View) and rank == 1 and _is_across_channels(walk, input, weight):
        around = padding if isinstance(padding, str) else per_axis(padding, rank)
        window = {"stride": step, "padding": around, "dilation": spacing}
        return _across_channels(walk, input, weight, bias, window)
    node, pads = of_map(walk, input, rank)
    shape = walk.shapes[node]
    if padding == "same":
        padding_given: Any = "same"
    elif padding == "valid":
        padding_given = border(walk, node, kernel, step, spacing, (0,) * rank, pads)
    else:
        padding_given = border(walk, node, kernel, step, spacing, per_axis(padding, rank), pads)
    channels = per_group * groups
    if channels != shape.channels:
        raise NotUnderstood(f"it reads {channels} channels where {shape.channels} come in")
    made = Shape(out, sizes or walk.recording.shape(walk.call.outputs[0])[2:])
    weights = (weight, bias)
    if shape.rank == 0:
        if set(kernel) != {1} or groups > 1 or pads or set(padding_given) != {0}:
            return convolved(walk, _point(walk, node, rank), weight, bias, stride, padding, dilation, groups)
        linear = walk.emit(
            "linear", node, Shape(out, ()), weights, out=out, bias=has_bias, learned=_fixed(walk, weight)
        )
        return spatial_view(walk, linear)
    if set(kernel) == {1} and groups == 1 and set(step) == {1} and not pads:
        taken = projected(walk, walk.plain_view(node), weight, bias)
        if taken is not None:
            return spatial_view(walk, taken)
    gain = _gain(walk, weight, out)
    depthwise = groups == channels and groups > 1
    counts = {"mult": out // channels} if depthwise else {"out": out, "groups": groups}
    node = walk.emit(
        "depthwise" if depthwise else "conv",
        node,
        made,
        weights,
        kernel=kernel,
        stride=step,
        padding=padding_given,
        dilation=spacing,
        bias=has_bias,
        learned=_fixed(walk, weight),
        **counts,
    )
    if gain is not None:
        node = _gained(walk, node, gain)
    return spatial_view(walk, node)


def _gained(walk: Walk, node: str, per_channel: bool) -> str:
    """The learned gain of weights that are standardised, as a factor for each channel behind them."""
    made = walk.item_of(node)
    if made is not None and made.share is not None:
        raise NotUnderstood("weights with a gain that are used twice")
    return _scaled(walk, node, per_channel, made.label if made is not None else "")


def _over_features(walk: Walk, input: Any, weight: Const, padding: tuple[int, ...]) -> int | None:
    """The dimension that a kernel covers whole which holds the channels of a line, as in text networks that
    read lines of vectors as maps of one channel; ``None`` for other convolutions.
    """
    if not isinstance(input, View) or input.pads or len(input.dims) != len(padding) + 2 or input.dims[1]:
        return None
    size = walk.axis_size(input.node, CHANNELS)
    for dim, (kernel, border) in enumerate(zip(weight.shape[2:], padding, strict=True), 2):
        if size > 1 and input.dims[dim] == whole_axis(CHANNELS, size) and (kernel, border) == (size, 0):
            return dim
    return None


def _of_features(
    walk: Walk, input: View, weight: Const, bias: Any, dim: int, stride: Any, padding: Any, dilation: Any
) -> View:
    """A convolution over all features of a line: one along the line, of as many channels."""
    rank, axes = len(input.dims) - 2, [axis for axis in range(2, len(input.dims)) if axis != dim]
    along = [axis - 2 for axis in axes]
    line = walk.plain_view(as_map(walk, input, dim, axes))
    shape = (weight.shape[0], weight.shape[dim], *(weight.shape[axis] for axis in axes))
    step, border, spacing = (
        tuple(per_axis(one, rank)[axis] for axis in along) for one in (stride, padding, dilation)
    )
    inner = weight._replace(shape=shape)
    sizes = tuple(walk.recording.shape(walk.call.outputs[0])[axis] for axis in axes)
    made = convolved(walk, line, inner, bias, step, border, spacing, 1, sizes)
    dims = list(walk.plain_view(made.node).dims)
    dims.insert(dim, ())
    return made._replace(dims=tuple(dims))


def _scaled(walk: Walk, node: str, per_channel: bool, label: str) -> str:
    made = walk.emit(
        "scale",
        node,
        walk.shapes[node],
        label=f"{label}.gain".lstrip("."),
        note="the gain of the standardised weights",
        per_channel=None if per_channel else False,
    )
    walk.keep_sizes(made, node)
    return made


def _is_across_channels(walk: Walk, view: View, weight: Const) -> bool:
    if weight.shape[:2] != (1, 1) or view.pads or len(view.dims) != 3 or view.dims[1]:
        return False
    return bool(view.dims[2]) and all(one.axis == CHANNELS for one in view.dims[2])


def _across_channels(walk: Walk, input: View, weight: Const, bias: Any, window: dict[str, Any]) -> View:
    """A convolution across the channels of a vector: ``eca``, or with a bias or another window than that has,
    one of the line that the channels are.
    """
    view = positionwise(walk, input, 2)
    vector, (kernel,) = walk.shapes[view.node], weight.shape[2:]
    is_odd = kernel % 2 and window["padding"] in ("same", (kernel // 2,))
    if bias is None and is_odd and window["stride"] == window["dilation"] == (1,):
        return view._replace(node=walk.emit("eca", view.node, vector, (weight,), kernel=kernel))
    (made,) = walk.recording.shape(walk.call.outputs[0])[2:]
    line = Shape(1, (vector.elements() or 1,))
    node = walk.emit("flatten", view.node, Shape(line.elements(), ())) if vector.rank else view.node
    node = walk.emit("to_map", node, line, size=line.sizes)
    given = {"out": 1, "kernel": (kernel,), "bias": _bias(walk, bias), **window}
    node = walk.emit("conv", node, Shape(1, (made,)), (weight, bias), **given)
    node = walk.emit("flatten", node, Shape(made, ()))
    return with_channels(View(node, view.dims, (0,)), node, 2, made)


@handles("conv1d", "conv2d", "conv3d")
def conv(
    walk: Walk,
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> View:
    if isinstance(weight, Const) and not isinstance(padding, str):
        rank = len(weight.shape) - 2
        wide = _over_features(walk, input, weight, per_axis(padding, rank))
        if wide is not None:
            return _of_features(walk, input, weight, bias, wide, stride, padding, dilation)
    return convolved(walk, input, weight, bias, stride, padding, dilation, groups)


@handles("conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
def conv_transpose(
    walk: Walk,
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> View:
    weight = _weight(weight)
    rank = len(weight.shape) - 2
    node, pads = of_map(walk, input, rank)
    if pads:
        raise NotUnderstood("zeros around the input of a transposed convolution")
    if not weight.parameters:
        raise NotUnderstood("its weights are fixed")
    node = with_positions(walk, node, rank)
    gain = _gain(walk, weight, weight.shape[0])
    if gain is not None:
        node = _scaled(walk, node, gain, label=walk.path(walk.call))
    out = weight.shape[1] * groups
    made = Shape(out, walk.recording.shape(walk.call.outputs[0])[2:])
    more = per_axis(output_padding, rank)
    node = walk.emit(
        "conv_transpose",
        node,
        made,
        (weight, bias),
        out=out,
        groups=groups,
        kernel=weight.shape[2:],
        stride=per_axis(stride, rank),
        padding=per_axis(padding, rank),
        dilation=per_axis(dilation, rank),
        output_padding=more if any(more) else None,
        bias=_bias(walk, bias),
    )
    return spatial_view(walk, node)


@handles("linear")
def linear(walk: Walk, input: Any, weight: Any, bias: Any = None) -> View:
    """On a vector ``linear``, on a map's channels the 1x1 convolution that it is."""
    if not isinstance(input, View):
        raise no_map(input)
    weight = _weight(weight)
    out, channels = weight.shape
    dim = len(input.dims) - 1
    view = positionwise(walk, as_vector(walk, padded(walk, input) if input.pads else input, dim), dim)
    shape = walk.shapes[view.node]
    if shape.channels != channels:
        raise NotUnderstood(f"it reads {channels} features where {shape.channels} come in")
    gain = _gain(walk, weight, out)
    if shape.is_point:
        node = walk.emit(
            "linear",
            view.node,
            Shape(out, ()),
            (weight, bias),
            out=out,
            bias=_bias(walk, bias),
            learned=_fixed(walk, weight),
        )
        node = node if gain is None else _gained(walk, node, gain)
        dims: list[Dim] = [()] * len(view.dims)
        dims[dim] = walk.plain_view(node).dims[1]
        return View(node, tuple(dims), (0,))
    taken = projected(walk, view, weight, bias) if gain is None else None
    if taken is not None:
        return with_channels(view, taken, dim, out)
    return pointwise(walk, view, dim, weight, bias)


def pointwise(walk: Walk, view: View, dim: int, weight: Const, bias: Any) -> View:
    """A 1x1 convolution of the channels, which are a dimension of a view, wherever the positions are."""
    shape, out = walk.shapes[view.node], weight.shape[0]
    gain = _gain(walk, weight, out)
    node = walk.emit(
        "conv",
        view.node,
        Shape(out, shape.sizes),
        (weight, bias),
        kernel=(1,) * shape.rank,
        out=out,
        bias=_bias(walk, bias),
        learned=_fixed(walk, weight),
    )
    walk.keep_sizes(node, view.node)
    node = node if gain is None else _gained(walk, node, gain)
    return with_channels(view, node, dim, out)


@handles("embedding")
def embedding(walk: Walk, input: Any, weight: Any, *args: Any, **kwargs: Any) -> View:
    """A vector for each token of a line."""
    if isinstance(weight, View) or not isinstance(input, View):
        weight, input = input, weight  # as ATen has them
    vocab, out = _weight(weight).shape
    view = whole(walk, input)
    shape = walk.shapes[view.node]
    if shape.channels != 1 or shape.rank != 1 or view.node not in dict(walk.inputs):
        raise NotUnderstood("its tokens are no line of numbers that comes in")
    node = walk.emit("embedding", view.node, Shape(out, shape.sizes), (weight,), out=out, vocab=vocab)
    walk.keep_sizes(node, view.node)
    return View(node, (*view.dims, whole_axis(CHANNELS, out)), (0, 0))


def _normalised(walk: Walk, op: str, input: Any, dim: int, weight: Any, bias: Any, **arguments: Any) -> View:
    if not isinstance(input, View):
        raise no_map(input)
    view = padded(walk, input) if input.pads else input
    view = positionwise(walk, view, dim % len(view.dims))
    channels = walk.shapes[view.node].channels
    for one in (weight, bias):
        if one is not None and not (isinstance(one, Const) and prod(one.shape) == channels):
            raise NotUnderstood("its factors or offsets are not one per channel")
    weights = tuple(one for one in (weight, bias) if one is not None)
    if any(one.parameters and walk.numel([one]) != prod(one.shape) for one in weights):
        raise NotUnderstood("its factors are computed from other learned numbers")
    learned = [one is not None and bool(one.parameters) for one in (weight, bias)]
    arguments |= _affine(walk, op, *learned)
    node = walk.emit(op, view.node, walk.shapes[view.node], weights, **arguments)
    walk.keep_sizes(node, view.node)
    return view._replace(node=node)


def _affine(walk: Walk, op: str, gamma: bool, beta: bool) -> dict[str, Any]:
    """The arguments that say which of gamma and beta are learned."""
    if gamma and beta:
        return {"affine": True} if op == "instance_norm" else {}
    if not gamma and not beta:
        return {"scale" if op == "bn" else "affine": False}
    fields = walk.fields(op)
    if "gamma" not in fields:
        raise NotUnderstood("only one of gamma and beta is learned")
    return {
        **({"affine": True} if op == "instance_norm" else {}),
        **({} if gamma else {"gamma": False}),
        **({} if beta else {"beta": False}),
    }


@handles("batch_norm")
def batch_norm(
    walk: Walk,
    input: Any,
    running_mean: Any,
    running_var: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
    cudnn_enabled: bool = True,
) -> View:
    if running_mean is None:
        walk.remark(
            "norms without running statistics take those of the batch: `instance_norm` for a batch of 1"
        )
        return _normalised(walk, "instance_norm", input, 1, weight, bias)
    if training:
        raise NotUnderstood("it normalises by the statistics of the batch", "call it in evaluation mode")
    found = _normalised(walk, "bn", input, 1, weight, bias)
    for one in (running_mean, running_var):
        walk.statistics |= one.buffers
    return found


@handles("group_norm")
def group_norm(
    walk: Walk,
    input: Any,
    num_groups: int,
    weight: Any = None,
    bias: Any = None,
    eps: float = 1e-5,
    cudnn_enabled: bool = True,
) -> View:
    return _normalised(walk, "gn", input, 1, weight, bias, groups=num_groups)


@handles("layer_norm")
def layer_norm(
    walk: Walk,
    input: Any,
    normalized_shape: Any,
    weight: Any = None,
    bias: Any = None,
    eps: float = 1e-5,
    cudnn_enable: bool = True,
) -> View:
    shape = tuple(normalized_shape) if isinstance(normalized_shape, list | tuple) else (normalized_shape,)
    if len(shape) != 1:
        return _of_all(walk, input, shape, weight, bias)
    return _normalised(walk, "ln", input, -1, weight, bias)


def _of_all(walk: Walk, input: Any, shape: tuple[int, ...], weight: Any, bias: Any) -> View:
    """A norm over channels and positions at once, which is one of a single group."""
    if not isinstance(input, View) or len(shape) != len(input.dims) - 1:
        raise NotUnderstood("it normalises over some of channels and positions")
    if weight is not None and prod(shape[1:]) != 1:
        help = "`nn.GroupNorm(1, channels)` has a factor for each channel, `elementwise_affine=False` none"
        raise NotUnderstood("it learns a factor for each position", help)
    return _normalised(walk, "gn", input, 1, weight, bias, groups=1)


@handles("rms_norm")
def rms_norm(
    walk: Walk, input: Any, normalized_shape: Any, weight: Any = None, eps: float | None = None
) -> View:
    shape = tuple(normalized_shape) if isinstance(normalized_shape, list | tuple) else (normalized_shape,)
    if len(shape) != 1:
        raise NotUnderstood("it normalises over channels and positions at once")
    return _normalised(walk, "ln", input, -1, weight, None)


@handles("instance_norm")
def instance_norm(
    walk: Walk,
    input: Any,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> View:
    if running_mean is None:
        return _normalised(walk, "instance_norm", input, 1, weight, bias)
    if use_input_stats:
        raise NotUnderstood("it normalises by its input and keeps statistics", "call it in evaluation mode")
    walk.remark("an instance norm with running statistics is a batch norm in inference, and written as `bn`")
    found: View = batch_norm(walk, input, running_mean, running_var, weight, bias)
    return found


@handles("local_response_norm")
def local_response_norm(
    walk: Walk, input: Any, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> View:
    from cnncalc.importers.torch.functions.elementwise import applied

    return applied(walk, "lrn", input, size=size, alpha=alpha, beta=beta)


__all__ = ["border", "conv", "of_map", "per_axis", "pointwise", "spatial_view"]
