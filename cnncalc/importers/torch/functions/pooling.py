"""Pools and changes of size."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from cnncalc.geometry.shape import Shape, Size
from cnncalc.importers.scales import as_written, fraction_of
from cnncalc.importers.torch.functions.indices import Indices
from cnncalc.importers.torch.functions.weighted import border, of_map, per_axis, spatial_view
from cnncalc.importers.torch.rearrange import padded, with_positions
from cnncalc.importers.torch.views import View
from cnncalc.importers.torch.walk import HANDLERS, NotUnderstood, Walk, handles


def _pooled(
    walk: Walk, op: str, input: Any, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil: bool
) -> View:
    rank = _rank(walk)
    size = per_axis(kernel, rank)
    step = size if stride is None or stride == [] or stride == () else per_axis(stride, rank)
    input = _with_wide_border(walk, input, size, per_axis(padding, rank))
    node, pads = of_map(walk, input, rank, fill=float("-inf") if op == "maxpool" else 0.0)
    dilation = per_axis(dilation, rank)
    made = _sizes(walk, rank)
    shape = walk.shapes[node]
    padding = border(walk, node, size, step, dilation, per_axis(padding, rank), pads)
    if (
        size == shape.sizes
        and made == (1,) * rank
        and not _padded(padding)
        and _follows(walk, node, "kernel_size", rank)
    ):
        op = {"maxpool": "global_maxpool", "avgpool": "global_avgpool"}[op]
        return spatial_view(walk, walk.emit(op, node, Shape(shape.channels, made)))
    _remark_fixed(walk)
    return spatial_view(
        walk,
        walk.emit(
            op,
            node,
            Shape(shape.channels, made),
            kernel=size,
            stride=step,
            padding=padding,
            dilation=dilation if set(dilation) != {1} else None,
            ceil=True if ceil else None,
        ),
    )


def _with_wide_border(walk: Walk, input: Any, kernel: Sequence[int], padding: Sequence[int]) -> Any:
    """A map whose border is an operation of its own where it is more than a pool can have as its padding."""
    if not isinstance(input, View) or len(input.pads) != len(kernel) + 2:
        return input
    borders = zip(kernel, padding, input.pads[2:], strict=True)
    is_wide = any(2 * (own + one) > taps for taps, own, around in borders for one in around)
    return padded(walk, input) if is_wide else input


def _remark_fixed(walk: Walk) -> None:
    """Say so where the code computes the window from the input size."""
    names = ("kernel_size", "stride", "padding")
    if walk.other_call is None or walk.call.function.strip("_") not in HANDLERS:
        return
    first = inspect.signature(HANDLERS[walk.call.function.strip("_")]).bind(
        walk, *walk.call.args, **walk.call.kwargs
    )
    if any(first.arguments.get(name) != walk.other_argument(name) for name in names):
        walk.remark_here("the window of a pool follows the input size and is fixed")


def _padded(padding: Any) -> bool:
    return padding == "same" or any(any(one) if isinstance(one, tuple) else one for one in padding)


def _follows(walk: Walk, node: str, name: str, rank: int) -> bool:
    """Whether a window is as large as the map at the second size, too."""
    other = walk.other_argument(name)
    if walk.other is None or other is None:
        return False
    return per_axis(other, rank) == walk.other_sizes.get(node)


def _rank(walk: Walk) -> int:
    """As the name says, such as `max_pool2d` or `max_pool2d_with_indices`."""
    found = re.search("[1-3](?=d)", walk.call.function)
    assert found is not None
    return int(found[0])


def _sizes(walk: Walk, rank: int) -> tuple[int, ...]:
    return walk.recording.shape(walk.call.outputs[0])[-rank:]


@handles("max_pool1d", "max_pool2d", "max_pool3d")
def max_pool(
    walk: Walk,
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> View:
    if return_indices:
        raise NotUnderstood("it also returns indices")
    return _pooled(walk, "maxpool", input, kernel_size, stride, padding, dilation, ceil_mode)


@handles("max_pool1d_with_indices", "max_pool2d_with_indices", "max_pool3d_with_indices")
def max_pool_with_indices(
    walk: Walk,
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> list[Any]:
    """A pool, and where its maxima are, which is for `max_unpool`."""
    pooled = _pooled(walk, "maxpool", input, kernel_size, stride, padding, dilation, ceil_mode)
    item = walk.item_of(pooled.node)
    assert item is not None
    return [pooled, Indices(walk.recording.shape(walk.call.outputs[1]), item.inputs[0])]


@handles("max_unpool1d", "max_unpool2d", "max_unpool3d")
def max_unpool(
    walk: Walk,
    input: Any,
    indices: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    output_size: Any = None,
) -> View:
    """Values put where the maxima were: to the size of what was pooled."""
    if not isinstance(indices, Indices) or indices.source is None:
        raise NotUnderstood("its indices are not those of a max pool")
    rank = _rank(walk)
    node, _ = of_map(walk, input, rank)
    made = _sizes(walk, rank)
    if walk.shapes[indices.source].sizes != made:
        raise NotUnderstood("its result is of another size than what was pooled", "give `output_size`")
    note = "values return to where the maxima were, with zeros around them"
    shape = Shape(walk.shapes[node].channels, made)
    return spatial_view(walk, walk.emit("upsample_to", [node, indices.source], shape, note=note))


@handles("avg_pool1d", "avg_pool2d", "avg_pool3d")
def avg_pool(
    walk: Walk,
    input: Any,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: Any = None,
) -> View:
    return _pooled(walk, "avgpool", input, kernel_size, stride, padding, 1, ceil_mode)


@handles("lp_pool1d", "lp_pool2d", "lp_pool3d")
def lp_pool(
    walk: Walk, input: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False
) -> View:
    rank = _rank(walk)
    node, pads = of_map(walk, input, rank)
    if pads:
        raise NotUnderstood("zeros around a power pool")
    size = per_axis(kernel_size, rank)
    step = size if stride is None else per_axis(stride, rank)
    shape = Shape(walk.shapes[node].channels, _sizes(walk, rank))
    return spatial_view(
        walk,
        walk.emit(
            "lppool",
            node,
            shape,
            kernel=size,
            stride=step,
            ceil=True if ceil_mode else None,
            power=float(norm_type),
        ),
    )


@handles("adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d")
def adaptive_avg_pool(walk: Walk, input: Any, output_size: Any) -> View:
    return _adaptive(walk, "avgpool", input)


@handles("adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d")
def adaptive_max_pool(walk: Walk, input: Any, output_size: Any, return_indices: bool = False) -> View:
    return _adaptive(walk, "maxpool", input)


def _adaptive(walk: Walk, kind: str, input: Any) -> View:
    rank = _rank(walk)
    node, pads = of_map(walk, input, rank)
    if pads:
        raise NotUnderstood("zeros around an adaptive pool")
    shape, made = walk.shapes[node], _sizes(walk, rank)
    if made == (1,) * rank:
        if shape.rank == 0:
            return spatial_view(walk, node)
        return spatial_view(walk, walk.emit(f"global_{kind}", node, Shape(shape.channels, made)))
    other = _other_sizes(walk, rank)
    if other not in (None, made):
        walk.remark(KEPT)
    found = spatial_view(walk, walk.emit(f"adaptive_{kind}", node, Shape(shape.channels, made), out=made))
    if other is not None:
        walk.other_sizes[found.node] = other
    return found


KEPT = "a pool along one axis gives the recorded number of positions at every size of the input"
MODES = {
    "nearest": "nearest",
    "linear": "bilinear",
    "bilinear": "bilinear",
    "trilinear": "bilinear",
    "bicubic": "bicubic",
}


@handles("interpolate", "upsample")
def interpolate(
    walk: Walk,
    input: Any,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: Any = None,
    antialias: bool = False,
) -> Any:
    if mode not in MODES or antialias:
        raise NotUnderstood(f"mode {mode}{' with antialias' if antialias else ''}")
    rank = len(walk.recording.shape(walk.call.outputs[0])) - 2
    node, pads = of_map(walk, input, rank)
    if pads:
        raise NotUnderstood("zeros around a map that is resized")
    node = with_positions(walk, node, rank)
    factors = scale_factor
    if recompute_scale_factor and factors is not None and any(float(one) % 1 for one in _listed(factors)):
        factors = None  # the sizes that come out say how fast positions follow each other
    return _resized(walk, node, rank, MODES[mode], bool(align_corners), factors)


@handles("upsample_nearest2d", "upsample_nearest1d", "upsample_nearest3d")
def upsample_nearest(walk: Walk, input: Any, output_size: Any = None, scale_factors: Any = None) -> Any:
    return interpolate(walk, input, output_size, scale_factors, "nearest")


@handles("upsample_bilinear2d", "upsample_linear1d", "upsample_trilinear3d")
def upsample_linear(
    walk: Walk, input: Any, output_size: Any = None, align_corners: bool = False, scale_factors: Any = None
) -> Any:
    return interpolate(walk, input, output_size, scale_factors, "bilinear", align_corners)


def _resized(walk: Walk, node: str, rank: int, mode: str, corners: bool, factors: Any) -> View:
    shape, made = walk.shapes[node], _sizes(walk, rank)
    result = Shape(shape.channels, made)
    given: dict[str, Any] = {"mode": mode if mode != "nearest" else None, "align_corners": corners or None}
    if made == shape.sizes and walk.other_sizes.get(node) in (None, _other_sizes(walk, rank)):
        return spatial_view(walk, node)
    fractions = _fractions(factors, shape.sizes, made)
    if fractions is not None:
        factor = tuple(map(as_written, fractions))
        return spatial_view(walk, walk.emit("upsample", node, result, factor=factor, **given))
    target = None if factors is not None else _target(walk, node, made, _other_sizes(walk, rank))
    if target is not None:
        return spatial_view(walk, walk.emit("upsample_to", [node, target], result, **given))
    times = None if factors is not None else _multiple(walk, node, made, _other_sizes(walk, rank))
    if times is not None:
        return spatial_view(walk, walk.emit("upsample", node, result, factor=times, **given))
    if walk.other is not None and _other_sizes(walk, rank) != made:
        walk.remark_here(f"the size that a map is resized to follows the input size and is kept as {made}")
    return spatial_view(walk, walk.emit("upsample", node, result, size=made, **given))


def _fractions(factors: Any, sizes: tuple[Size, ...], made: tuple[int, ...]) -> tuple[Fraction, ...] | None:
    """The factors of the axes; ``None`` where sizes are given, or a factor is no small fraction."""
    if factors is None or None in sizes:
        return None
    scales = [float(one) for one in _listed(factors)]
    scales *= len(sizes) if len(scales) == 1 else 1
    found = [fraction_of(scale, size or 1, new) for scale, size, new in zip(scales, sizes, made, strict=True)]
    kept = tuple(one for one in found if one is not None)
    return kept if len(kept) == len(found) else None


def _listed(factors: Any) -> Sequence[float]:
    return factors if isinstance(factors, list | tuple) else [factors]


def _other_sizes(walk: Walk, rank: int) -> tuple[int, ...] | None:
    return (
        None
        if walk.other is None or walk.other_call is None
        else walk.other.shape(walk.other_call.outputs[0])[-rank:]
    )


def _multiple(
    walk: Walk, node: str, made: tuple[int, ...], other: tuple[int, ...] | None
) -> tuple[int, ...] | None:
    """How many times the map's sizes the new ones are along each axis, at both sizes of the input; ``None``
    where these are no whole numbers, or an axis does not tell.
    """
    sizes, others = walk.shapes[node].sizes, walk.other_sizes.get(node)
    if other is None or others is None or len(sizes) != len(made):
        return None
    found = tuple(new // (size or 1) for new, size in zip(made, sizes, strict=True))
    at_both = zip(sizes, made, others, other, found, strict=True)
    is_same = all(
        size is not None and size != there and (size * times, there * times) == (new, new_there)
        for size, new, there, new_there, times in at_both
    )
    return found if is_same else None


def _target(walk: Walk, node: str, made: tuple[int, ...], other: tuple[int, ...] | None) -> str | None:
    """The latest tensor that has the wanted size at both sizes of the input."""
    if other is None or other == made:
        return None
    for found in reversed([*(name for name, _ in walk.inputs), *walk.place]):
        if found != node and walk.shapes[found].sizes == made and walk.other_sizes.get(found) == other:
            return found
    return None


__all__ = ["KEPT", "adaptive_avg_pool", "interpolate"]
