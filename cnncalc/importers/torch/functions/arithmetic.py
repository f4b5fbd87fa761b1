"""Sums, products and the like: of two maps a join, with learned numbers a scale or shift, with fixed numbers
nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from cnncalc.geometry.shape import Shape
from cnncalc.importers.torch.functions.attention import Scores, offset
from cnncalc.importers.torch.functions.elementwise import applied
from cnncalc.importers.torch.functions.lengths import WORKING, Length, divided, kept
from cnncalc.importers.torch.rearrange import as_map, whole
from cnncalc.importers.torch.views import CHANNELS, COPIES, Dim, View, whole_axis
from cnncalc.importers.torch.walk import Const, NotUnderstood, Walk, handles, no_map


def arithmetic(walk: Walk, op: str, left: Any, right: Any) -> Any:
    """One operation on two operands, of which at least one is a map."""
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Scores):
            return _of_scores(one, other)
        if isinstance(one, Length):
            return _of_length(walk, op, left, right)
    if isinstance(right, View) and not isinstance(left, View):
        if op == "div":
            inverse = applied(walk, "pow", right, exponent=-1)
            return arithmetic(walk, "mul", inverse, left)
        left, right = right, left
    if not isinstance(left, View):
        raise no_map(left)
    if isinstance(right, View):
        return joined(walk, op, left, right)
    if isinstance(right, Const):
        return _with_constant(walk, op, left, right)
    if isinstance(right, int | float):
        return left
    raise NotUnderstood("one operand is neither a map nor a number")


def _of_length(walk: Walk, op: str, left: Any, right: Any) -> Any:
    """What is divided by a norm, or a norm with a small number added."""
    if op == "div" and isinstance(right, Length):
        return divided(walk, left, right)
    if op in ("add", "max") and isinstance(left, Length) and isinstance(right, int | float):
        return kept(walk, left)
    raise NotUnderstood("it works on the norm over the channels", WORKING)


def _of_scores(scores: Scores, other: Any) -> Scores:
    """Scores of an attention, scaled or with something added."""
    if isinstance(other, Const):
        return offset(scores, other)
    if isinstance(other, int | float):
        return scores
    raise NotUnderstood("scores of an attention together with what depends on the input")


def joined(walk: Walk, op: str, left: View, right: View) -> View:
    """Two maps made one, element by element; a dimension of size 1 is spread over the other's."""
    word = op
    if not walk.knows(word):
        word = {"sub": "add", "div": "mul"}.get(op, op)
        if word == op:
            raise NotUnderstood(f"the language has no `{op}`")
    first, second = whole(walk, left), whole(walk, right)
    rank = max(len(first.dims), len(second.dims))
    first, second = _with_rank(first, rank), _with_rank(second, rank)
    first, second = _without_copies(first, second), _without_copies(second, first)
    for one, other in ((first, second), (second, first)):
        if _spreads(walk, other, one):
            both = (one, _over_groups(walk, other, one))
            return _join(walk, word, *(both if one is first else both[::-1]), one)
    if _same_layout(walk, first, second):
        return _join(walk, word, first, second, _fuller(walk, first, second))
    layout = _layout(walk, first) or _layout(walk, second)
    if layout is None:
        raise NotUnderstood("its operands are arranged in different ways")
    nodes = [as_map(walk, one, *layout) for one in (first, second)]
    views = [_placed(walk, node, layout, rank) for node in nodes]
    return _join(walk, word, views[0], views[1], _fuller(walk, *views))


def _with_rank(view: View, rank: int) -> View:
    return view._replace(dims=((),) * (rank - len(view.dims)) + view.dims)


def _without_copies(view: View, other: View) -> View:
    """A view whose copies along a dimension that the other one has are left to the join, which spreads it."""
    dims = tuple(
        () if _is_copied(dim) and beside and not _is_copied(beside) else dim
        for dim, beside in zip(view.dims, other.dims, strict=True)
    )
    return view._replace(dims=dims)


def _is_copied(dim: Dim) -> bool:
    return all(factor.axis == COPIES for factor in dim)


def _spreads(walk: Walk, part: View, full: View) -> bool:
    """Whether each dimension of ``part`` is that of ``full`` or has one value for all of it; ``full`` has
    all.
    """
    if part.rolls != full.rolls and any(part.factors(axis) for axis in range(1, len(part.offsets))):
        return False
    same = walk.shapes[part.node].rank == walk.shapes[full.node].rank or not walk.shapes[part.node].rank
    return same and all(one == other or not one for one, other in zip(part.dims, full.dims, strict=True))


def _over_groups(walk: Walk, part: View, full: View) -> View:
    """A map that is spread over groups of channels of another: as often as there are groups."""
    channels, every = (walk.axis_size(view.node, CHANNELS) for view in (part, full))
    if channels in (1, every) or every % channels:
        return part
    shape = Shape(every, walk.shapes[part.node].sizes)
    node = walk.emit("concat", [part.node] * (every // channels), shape)
    return View(node, full.dims, full.offsets, full.rolls)


def _same_layout(walk: Walk, first: View, second: View) -> bool:
    """Whether two maps can be spread over each other, each along some dimensions."""
    ranks = {walk.shapes[view.node].rank for view in (first, second)}
    if first.rolls or second.rolls or len(ranks - {0}) > 1:
        return False
    return all(
        one == other or not one or not other for one, other in zip(first.dims, second.dims, strict=True)
    )


def _fuller(walk: Walk, first: View, second: View) -> View:
    dims = tuple(one or other for one, other in zip(first.dims, second.dims, strict=True))
    return first._replace(dims=dims)


def _layout(walk: Walk, view: View) -> tuple[int, tuple[int, ...]] | None:
    """Which dimension is the channels and which the positions, where each is one."""
    shape = walk.shapes[view.node]
    found = []
    for axis in range(shape.rank + 1):
        size = walk.axis_size(view.node, axis)
        at = [index for index, dim in enumerate(view.dims) if dim and dim == whole_axis(axis, size)]
        if not at:
            return None
        found.append(at[0])
    return found[0], tuple(found[1:])


def _placed(walk: Walk, node: str, layout: tuple[int, tuple[int, ...]], rank: int) -> View:
    shape = walk.shapes[node]
    dims: list[Dim] = [()] * rank
    dims[layout[0]] = whole_axis(CHANNELS, shape.channels or 1)
    for axis, index in enumerate(layout[1][: shape.rank]):
        dims[index] = whole_axis(axis + 1, shape.sizes[axis] or 1)
    return View(node, tuple(dims), (0,) * (shape.rank + 1))


def _join(walk: Walk, op: str, first: View, second: View, like: View) -> View:
    shapes = [walk.shapes[view.node] for view in (first, second)]
    rank = max(shape.rank for shape in shapes)
    maps = [shape for shape in shapes if shape.rank == rank]
    sizes = tuple(max(axis) for axis in zip(*(tuple(s or 1 for s in one.sizes) for one in maps), strict=True))
    channels = max(shape.channels or 1 for shape in shapes)
    if len({shape.channels for shape in shapes}) > 1 and not walk.knows("channel_mean"):
        raise NotUnderstood("a map of one channel is spread over the channels of another")
    node = walk.emit(op, [first.node, second.node], Shape(channels, sizes))
    made = View(node, like.dims, (0,) * (rank + 1), first.rolls or second.rolls)
    for one in (first, second):
        if one in walk.copied:
            walk.copied[made] = walk.copied[one]
    return made


def _with_constant(walk: Walk, op: str, map: View, constant: Const) -> View:
    """A map with numbers that do not depend on the input."""
    if not constant.parameters:
        if prod(constant.shape) > 1:
            walk.remark("fixed factors or offsets (buffers) change no number here and are left out")
        return map
    if prod(constant.shape) == 1 and walk.numel([constant]) > 1 and op in ("mul", "div"):
        return _with_one_of_several(walk, map, constant)
    if prod(constant.shape) != walk.numel([constant]):
        raise NotUnderstood("its learned numbers are computed from others")
    return _with_learned(walk, op in ("mul", "div"), map, constant)


def _with_one_of_several(walk: Walk, map: View, constant: Const) -> View:
    """A map times one of several learned numbers, such as the weights of a sum; as many factors as numbers
    are all of them.
    """
    key = constant.parameters
    if key & walk.counted and key not in walk.parts:
        raise NotUnderstood("its learned numbers are those of another layer in part")
    walk.counted |= key
    walk.parts.setdefault(key, []).append(walk.now)
    return applied(walk, "scale", map, per_channel=False)


def _with_learned(walk: Walk, factor: bool, map: View, constant: Const) -> View:
    """A map with learned factors or offsets."""
    spread = _spread(walk, map, constant)
    view = whole(walk, map)
    if spread == "one":
        if factor:
            return applied(walk, "scale", view, (constant,), per_channel=False)
        return _shifted(walk, view, constant, per_channel=False)
    if spread == "channels":
        if factor:
            return applied(walk, "scale", view, (constant,))
        found = walk.item_of(view.node)
        is_bare = found is not None and found.op == "scale" and not found.arguments
        if found is not None and is_bare and found.share and walk.added_to(constant) == found.share:
            walk.amend(view.node, bias=True)
            return view
        if found is not None and is_bare and not found.share:
            if constant.parameters & walk.counted:
                raise NotUnderstood("its weights are those of another layer in part")
            walk.own(view.node, (constant,))
            walk.amend(view.node, bias=True)
            return view
        return _shifted(walk, view, constant)
    if factor:
        raise NotUnderstood("a learned factor of another shape than one per channel")
    return _shifted(walk, view, constant, per_position=True)


def _shifted(walk: Walk, view: View, constant: Const, **arguments: Any) -> View:
    if not walk.knows("shift"):
        raise NotUnderstood("a learned offset")
    return applied(walk, "shift", view, (constant,), **arguments)


def _spread(walk: Walk, map: View, constant: Const) -> str:
    """Over what learned numbers go: ``one``, ``channels`` or ``positions``."""
    if prod(constant.shape) == 1:
        return "one"
    view = whole(walk, map)
    shape = (1,) * (len(view.dims) - len(constant.shape)) + constant.shape
    held = [factor for dim, size in zip(view.dims, shape, strict=True) if size > 1 for factor in dim]
    if len(shape) == len(view.dims) and all(one.axis == CHANNELS for one in held):
        if prod(one.size for one in held) == walk.axis_size(view.node, CHANNELS) == prod(shape):
            return "channels"
        raise NotUnderstood("learned numbers for a part of the channels")
    if prod(shape) == walk.shapes[view.node].elements():
        return "positions"
    raise NotUnderstood("learned numbers of a shape that is neither the channels nor the whole map")


@handles("add", "iadd", "radd")
def add(walk: Walk, input: Any, other: Any, alpha: float = 1) -> Any:
    return arithmetic(walk, "add", input, other)


@handles("sub", "isub", "subtract")
def sub(walk: Walk, input: Any, other: Any, alpha: float = 1) -> Any:
    return arithmetic(walk, "sub", input, other)


@handles("rsub")
def rsub(walk: Walk, input: Any, other: Any, alpha: float = 1) -> Any:
    return arithmetic(walk, "sub", other, input)


@handles("mul", "imul", "rmul", "multiply")
def mul(walk: Walk, input: Any, other: Any) -> Any:
    return arithmetic(walk, "mul", input, other)


@handles("div", "truediv", "itruediv", "true_divide")
def div(walk: Walk, input: Any, other: Any) -> Any:
    return arithmetic(walk, "div", input, other)


@handles("rtruediv", "rdiv")
def rdiv(walk: Walk, input: Any, other: Any) -> Any:
    return arithmetic(walk, "div", other, input)


@handles("maximum")
def maximum(walk: Walk, input: Any, other: Any) -> Any:
    """The larger of two maps, element by element."""
    if isinstance(other, Const):
        return _with_constant(walk, "max", input, other)
    if not isinstance(input, View) or not isinstance(other, View):
        raise NotUnderstood("it is not the larger of two maps")
    return joined(walk, "max", input, other)


@handles("minimum")
def minimum(walk: Walk, input: Any, other: Any) -> Any:
    """The smaller of two maps: of both negated the larger, negated."""
    return applied(walk, "neg", maximum(walk, *(applied(walk, "neg", one) for one in (input, other))))


@handles("addcmul")
def addcmul(walk: Walk, input: Any, tensor1: Any, tensor2: Any, value: float = 1) -> Any:
    return add(walk, mul(walk, tensor1, tensor2), input)


def added(walk: Walk, views: Sequence[View]) -> View:
    """The sum of several maps."""
    found = views[0]
    for one in views[1:]:
        found = joined(walk, "add", found, one)
    return found


__all__ = ["added", "arithmetic", "joined", "maximum", "minimum"]
