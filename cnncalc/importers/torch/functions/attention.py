"""Attention: products of queries, keys and values become one item, with the linear layers around them."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple

from cnncalc.geometry.shape import Shape
from cnncalc.importers.items import Item
from cnncalc.importers.torch.rearrange import positionwise, whole
from cnncalc.importers.torch.views import CHANNELS, Dim, Factor, View, merged, size_of, whole_axis
from cnncalc.importers.torch.walk import Const, NotUnderstood, Opaque, Walk, handles

NO_ATTENTION = "a product of two tensors that no attention follows"


class Scores(NamedTuple):
    """How much each query weighs each key."""

    shape: tuple[int, ...]
    query: View
    key: View
    """Its last two dimensions are positions and channels, as the query's."""
    offsets: Const | None = None
    """What was added: learned for each offset, or a mask."""
    what: str = NO_ATTENTION


class Turned(NamedTuple):
    """Scores with keys before queries, as networks have them that keep channels before positions."""

    shape: tuple[int, ...]
    scores: Scores
    what: str = NO_ATTENTION


class Laid(NamedTuple):
    """How attention lies on a map."""

    heads: int
    head: int
    window: tuple[int, ...] | None
    shift: tuple[int, ...]


@handles("matmul", "bmm", "mm")
def matmul(walk: Walk, input: Any, other: Any = None, mat2: Any = None) -> Any:
    """Queries and keys make scores, scores and values what attention gives."""
    other = mat2 if other is None else other
    if isinstance(input, View) and isinstance(other, View):
        shape = walk.recording.shape(walk.call.outputs[0])
        return Scores(shape, input, _swapped(other))
    if isinstance(input, Scores) and isinstance(other, View):
        return attended(walk, input.query, input.key, other, input.offsets)
    if isinstance(input, View) and isinstance(other, Turned):
        scores = other.scores
        return _swapped(attended(walk, scores.query, scores.key, _swapped(input), scores.offsets))
    if any(isinstance(one, View) for one in (input, other)) and Const in {type(input), type(other)}:
        raise NotUnderstood("a product with a learned matrix that is no linear layer")
    raise NotUnderstood("a product of tensors that is no attention")


def turned(walk: Walk, scores: Scores | Turned, order: Sequence[int]) -> Scores | Turned:
    """Scores whose last two dimensions are exchanged."""
    rank = len(scores.shape)
    if [one % rank for one in order] != [*range(rank - 2), rank - 1, rank - 2]:
        raise NotUnderstood(f"it reads {NO_ATTENTION}")
    shape = walk.recording.shape(walk.call.outputs[0])
    return Turned(shape, scores) if isinstance(scores, Scores) else scores.scores._replace(shape=shape)


def _swapped(view: View) -> View:
    return view._replace(dims=(*view.dims[:-2], view.dims[-1], view.dims[-2]))


def offset(scores: Scores, constant: Const) -> Scores:
    """Scores with something added."""
    if scores.offsets is not None:
        parameters = scores.offsets.parameters | constant.parameters
        constant = constant._replace(parameters=parameters)
    return scores._replace(offsets=constant)


@handles("scaled_dot_product_attention")
def scaled_dot_product_attention(
    walk: Walk,
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> View:
    if is_causal or enable_gqa or not all(isinstance(one, View) for one in (query, key, value)):
        raise NotUnderstood("a causal mask, groups of queries, or what is no map")
    if attn_mask is not None and not isinstance(attn_mask, Const):
        raise NotUnderstood("its mask depends on the input")
    return attended(walk, query, key, value, attn_mask)


def attended(walk: Walk, query: View, key: View, value: View, offsets: Const | None) -> View:
    """One ``attention`` in place of the linear layers that make queries, keys and values."""
    laid, of_keys, of_values = (_laid(walk, one) for one in (query, key, value))
    if (laid.heads, laid.head) != (of_keys.heads, of_keys.head) or laid.heads != of_values.heads:
        raise NotUnderstood("queries and keys of unlike heads")
    if len({(one.window, one.shift) for one in (laid, of_keys, of_values)}) > 1:
        raise NotUnderstood("queries and keys of unlike blocks of positions")
    makers = [_maker(walk, one) for one in (query, key, value)]
    source, memory, given = _sources(makers)
    keys, values = laid.heads * laid.head, laid.heads * of_values.head
    made = sum(walk.shapes[output].channels or 0 for output in {one.output for one in makers})
    if made != 2 * keys + values:
        raise NotUnderstood("its linear layers make more than queries, keys and values")
    shape = walk.shapes[source]
    if memory != source and (laid.window or offsets is not None):
        raise NotUnderstood("offsets or blocks of positions of two tensors")
    position = _position(walk, offsets, laid, shape)
    node = walk.emit(
        "attention",
        [source] if memory == source else [source, memory],
        Shape(values, shape.sizes),
        heads=laid.heads,
        head=laid.head,
        value=of_values.head,
        bias=given,
        project=False,
        window=laid.window,
        shift=laid.shift if any(laid.shift) else None,
        position=position,
    )
    for one in {one.output: one for one in makers}.values():
        walk.take_over(node, one.output)
    if offsets is not None:
        walk.own(node, (offsets,))
    return _result(query, node, laid.heads, of_values.head)


def _laid(walk: Walk, view: View) -> Laid:
    """Heads, their width and blocks of positions, told by where the factors are."""
    *batch, positions, channels = view.dims
    if not channels or any(one.axis != CHANNELS for one in channels) or len(channels) != 1:
        raise NotUnderstood("a product over something other than the channels of a head")
    if any(one.axis == CHANNELS for one in positions):
        raise NotUnderstood("a product over the positions, between channels")
    heads = prod(one.size for dim in batch for one in dim if one.axis == CHANNELS)
    shape = walk.shapes[view.node]
    outer = [one for dim in batch for one in dim if one.axis != CHANNELS]
    inner = {axis: [one for one in positions if one.axis == axis] for axis in range(1, shape.rank + 1)}
    sizes = tuple(size_of(inner[axis]) for axis in inner)
    if any(one.axis < 0 for one in (*outer, *positions)):
        raise NotUnderstood("attention to copies of positions")
    if not outer:
        if sizes != shape.sizes or view.rolls:
            raise NotUnderstood("attention to a part of the positions")
        return Laid(heads, size_of(channels), None, (0,) * shape.rank)
    blocks = {one.axis: one for one in outer}
    for axis in inner:
        size = walk.axis_size(view.node, axis)
        expected = merged([Factor(axis, 1, sizes[axis - 1])])
        rest = blocks.get(axis, Factor(axis, sizes[axis - 1], 1))
        if merged(inner[axis]) != expected or (rest.stride, rest.size) != (
            sizes[axis - 1],
            size // sizes[axis - 1],
        ):
            raise NotUnderstood("attention within every n-th position, or another part of the map")
    rolls = view.rolls[1:] if view.rolls else (0,) * shape.rank
    shift = tuple(-roll % walk.axis_size(view.node, axis + 1) for axis, roll in enumerate(rolls))
    return Laid(heads, size_of(channels), sizes, shift)


def _maker(walk: Walk, view: View) -> Item:
    """The 1x1 convolution or linear layer that makes queries, keys or values."""
    found = walk.item_of(view.node)
    if (
        found is None
        or found.op != "conv"
        or found.share is not None
        or set(found.arguments.get("kernel", ())) != {1}  # type: ignore[arg-type]
        or found.arguments.get("groups", 1) != 1
        or set(found.arguments.get("stride", (1,))) != {1}  # type: ignore[arg-type]
        or found.arguments.get("learned") is False
    ):
        what = "the input itself" if found is None else f"`{found.op}`"
        raise NotUnderstood(f"queries, keys or values made by {what}, not by a linear layer")
    return found


def _sources(makers: list[Item]) -> tuple[str, str, bool]:
    """The tensors that queries, and that keys and values are made of, and whether with biases."""
    queries, keys, values = (one.inputs[0] for one in makers)
    biases = {bool(one.arguments.get("bias")) for one in makers}
    if keys != values:
        raise NotUnderstood("keys made of another tensor than values")
    if len(biases) > 1:
        raise NotUnderstood("a bias on only some of queries, keys and values")
    return queries, keys, biases.pop()


def _position(walk: Walk, offsets: Const | None, laid: Laid, shape: Shape) -> str | None:
    """What is learned for relative positions."""
    if offsets is None or not offsets.parameters:
        return None
    if offsets.macs != 0:
        raise NotUnderstood("offsets that layers of their own compute")
    sizes = laid.window or tuple(size or 0 for size in shape.sizes)
    if walk.numel([offsets]) != laid.heads * prod(2 * size - 1 for size in sizes):
        raise NotUnderstood("learned offsets that are not one per head and relative position")
    return "table"


def _result(query: View, node: str, heads: int, value: int) -> View:
    dims: list[Dim] = [
        tuple(Factor(CHANNELS, value, heads) if one.axis == CHANNELS else one for one in dim)
        for dim in query.dims[:-1]
    ]
    dims.append(whole_axis(CHANNELS, value))
    return View(node, tuple(dims), (0,) * len(query.offsets), query.rolls)


@handles("multi_head_attention_forward")
def multi_head_attention_forward(
    walk: Walk,
    query: Any,
    key: Any,
    value: Any,
    embed_dim_to_check: int,
    num_heads: int,
    in_proj_weight: Any,
    in_proj_bias: Any,
    bias_k: Any,
    bias_v: Any,
    add_zero_attn: bool,
    dropout_p: float,
    out_proj_weight: Const,
    out_proj_bias: Any,
    training: bool = True,
    key_padding_mask: Any = None,
    need_weights: bool = True,
    attn_mask: Any = None,
    use_separate_proj_weight: bool = False,
    q_proj_weight: Any = None,
    k_proj_weight: Any = None,
    v_proj_weight: Any = None,
    static_k: Any = None,
    static_v: Any = None,
    average_attn_weights: bool = True,
    is_causal: bool = False,
) -> View | list[Any]:
    """PyTorch's own ``nn.MultiheadAttention``."""
    others = (bias_k, bias_v, key_padding_mask, attn_mask, static_k, static_v)
    if any(one is not None for one in others) or add_zero_attn or use_separate_proj_weight or is_causal:
        raise NotUnderstood("a mask, added keys, or weights of other widths")
    if need_weights and walk.is_read(walk.call.outputs[1]):
        raise NotUnderstood("the weights of the positions, which it also gives out, are read")
    if not (query == key == value):
        raise NotUnderstood("queries made of another tensor than keys and values")
    view = positionwise(walk, query, -1 % len(query.dims))
    shape = walk.shapes[view.node]
    weights = (in_proj_weight, in_proj_bias, out_proj_weight, out_proj_bias)
    node = walk.emit(
        "attention",
        view.node,
        shape,
        weights,
        heads=num_heads,
        bias=in_proj_bias is not None,
        out_bias=out_proj_bias is not None,
    )
    made = view._replace(node=node)
    return [made, Opaque(walk.recording.shape(walk.call.outputs[1]))] if need_weights else made


def projected(walk: Walk, view: View, weight: Const, bias: Const | None) -> str | None:
    """The item of an attention that takes up the linear layer behind it; ``None`` where there is none."""
    found = walk.item_of(view.node)
    if found is None or found.op != "attention" or found.arguments.get("project") is not False:
        return None
    shape = walk.shapes[found.inputs[0]]
    alone = not any(view.node in one.inputs for one in walk.items)
    if weight.shape[0] != shape.channels or not alone or not weight.parameters:
        return None
    walk.own(view.node, (weight, bias))
    walk.settle_projection(view.node, bias is not None)
    walk.shapes[view.node] = Shape(weight.shape[0], shape.sizes)
    return view.node


__all__ = ["NO_ATTENTION", "Scores", "Turned", "offset", "projected", "turned", "whole"]
