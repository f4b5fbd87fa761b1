"""Functions with weights: convolutions, linear layers, norms."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from cnncalc.frameworks import TENSORFLOW
from cnncalc.frameworks.rules import AxisPadding
from cnncalc.geometry.shape import Shape
from cnncalc.importers.torch.functions.attention import projected
from cnncalc.importers.torch.rearrange import as_map, as_vector, padded, positionwise, with_channels
from cnncalc.importers.torch.views import CHANNELS, Dim, View
from cnncalc.importers.torch.walk import Const, NotUnderstood, Walk, handles


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
        raise NotUnderstood("it works on what is no map")
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


def _gain(walk: Walk, weight: Const, bias: Const | None, out: int) -> bool:
    """Whether the weights are computed with a learned gain for each output channel besides."""
    if not weight.parameters:
        return False
    more = walk.numel([weight]) - prod(weight.shape)
    if more not in (0, out):
        raise NotUnderstood("its weights are computed from other learned numbers")
    return more == out


def convolved(
    walk: Walk, input: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: int
) -> View:
    """A convolution in any number of axes."""
    weight, rank = _kernel(weight)
    out, per_group, *kernel_sizes = weight.shape
    kernel = tuple(kernel_sizes)
    has_bias = _bias(walk, bias)
    if isinstance(input, View) and rank == 1 and _is_across_channels(walk, input, weight):
        return _eca(walk, input, weight, bias, kernel[0])
    node, pads = of_map(walk, input, rank)
    shape = walk.shapes[node]
    step, spacing = per_axis(stride, rank), per_axis(dilation, rank)
    if padding == "same":
        padding_given: Any = "same"
    elif padding == "valid":
        padding_given = border(walk, node, kernel, step, spacing, (0,) * rank, pads)
    else:
        padding_given = border(walk, node, kernel, step, spacing, per_axis(padding, rank), pads)
    channels = per_group * groups
    if channels != shape.channels:
        raise NotUnderstood(f"it reads {channels} channels where {shape.channels} come in")
    made = Shape(out, walk.recording.shape(walk.call.outputs[0])[2:])
    weights = (weight, bias)
    if shape.rank == 0:
        if set(kernel) != {1} or groups > 1:
            raise NotUnderstood("a convolution of a vector")
        linear = walk.emit(
            "linear", node, Shape(out, ()), weights, out=out, bias=has_bias, learned=_fixed(walk, weight)
        )
        return spatial_view(walk, linear)
    if set(kernel) == {1} and groups == 1 and set(step) == {1} and not pads:
        taken = projected(walk, walk.plain_view(node), weight, bias)
        if taken is not None:
            return spatial_view(walk, taken)
    gain = _gain(walk, weight, bias, out)
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
    if gain:
        node = _scaled(walk, node)
    return spatial_view(walk, node)


def _scaled(walk: Walk, node: str) -> str:
    """The learned gain of weights that are standardised, as a factor for each channel behind them."""
    conv = walk.item_of(node)
    if conv is not None and conv.share is not None:
        raise NotUnderstood("weights with a gain that are used twice")
    label = walk.item_of(node).label if conv is not None else ""  # type: ignore[union-attr]
    return walk.emit(
        "scale", node, walk.shapes[node], label=f"{label}.gain", note="the gain of the standardised weights"
    )


def _is_across_channels(walk: Walk, view: View, weight: Const) -> bool:
    if weight.shape[:2] != (1, 1) or view.pads or len(view.dims) != 3 or view.dims[1]:
        return False
    return bool(view.dims[2]) and all(one.axis == CHANNELS for one in view.dims[2])


def _eca(walk: Walk, input: View, weight: Const, bias: Any, kernel: int) -> View:
    if not walk.knows("eca"):
        raise NotUnderstood("a convolution across the channels of a vector")
    if bias is not None:
        raise NotUnderstood("a convolution across the channels with a bias")
    view = positionwise(walk, input, 2)
    node = walk.emit("eca", view.node, walk.shapes[view.node], (weight,), kernel=kernel)
    return view._replace(node=node)


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
    if not weight.parameters or walk.numel([weight]) != prod(weight.shape):
        raise NotUnderstood("its weights are fixed or computed from others")
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
        raise NotUnderstood("it works on what is no map")
    weight = _weight(weight)
    out, channels = weight.shape
    dim = len(input.dims) - 1
    view = positionwise(walk, as_vector(walk, padded(walk, input) if input.pads else input, dim), dim)
    shape = walk.shapes[view.node]
    if shape.channels != channels:
        raise NotUnderstood(f"it reads {channels} features where {shape.channels} come in")
    if weight.parameters and walk.numel([weight]) != prod(weight.shape):
        raise NotUnderstood("its weights are computed from other learned numbers")
    made = Shape(out, shape.sizes)
    weights, has_bias = (weight, bias), _bias(walk, bias)
    if shape.is_point:
        node = walk.emit(
            "linear", view.node, Shape(out, ()), weights, out=out, bias=has_bias, learned=_fixed(walk, weight)
        )
        dims: list[Dim] = [()] * len(view.dims)
        dims[dim] = walk.plain_view(node).dims[1]
        return View(node, tuple(dims), (0,))
    taken = projected(walk, view, weight, bias)
    if taken is not None:
        return with_channels(view, taken, dim, out)
    node = walk.emit(
        "conv",
        view.node,
        made,
        weights,
        kernel=(1,) * shape.rank,
        out=out,
        bias=has_bias,
        learned=_fixed(walk, weight),
    )
    if view.node in walk.other_sizes:
        walk.other_sizes[node] = walk.other_sizes[view.node]
    return with_channels(view, node, dim, out)


def _normalised(walk: Walk, op: str, input: Any, dim: int, weight: Any, bias: Any, **arguments: Any) -> View:
    if not isinstance(input, View):
        raise NotUnderstood("it works on what is no map")
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
    if view.node in walk.other_sizes:
        walk.other_sizes[node] = walk.other_sizes[view.node]
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
    if running_mean is None or training:
        raise NotUnderstood("it normalises by the statistics of the batch")
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
        raise NotUnderstood("it normalises over channels and positions at once")
    return _normalised(walk, "ln", input, -1, weight, bias)


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
    if running_mean is not None:
        raise NotUnderstood("it keeps running statistics")
    return _normalised(walk, "instance_norm", input, 1, weight, bias)


@handles("local_response_norm")
def local_response_norm(
    walk: Walk, input: Any, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> View:
    from cnncalc.importers.torch.functions.elementwise import applied

    return applied(walk, "lrn", input, size=size, alpha=alpha, beta=beta)


__all__ = ["border", "of_map", "per_axis", "spatial_view"]
