"""Attention in ONNX files: queries times keys, a softmax, times values, and the linear layers around them."""

from __future__ import annotations

from math import prod
from typing import Any

from cnncalc.geometry.shape import Shape
from cnncalc.importers.items import Item
from cnncalc.importers.onnx.file import Constant
from cnncalc.importers.onnx.layout import BATCH, CHANNELS, Atom, Dim, known, plain, whole
from cnncalc.importers.onnx.translation import Call, Feature, Scores, Translation, Unknown

WORKING = (
    "attention over windows, with added positions or with fewer keys than queries is read from PyTorch: "
    "`cnncalc import package.module:callable`"
)


def multiplied(translation: Translation, call: Call) -> bool:
    """Whether a product of two tensors is one of attention, which then is an item, or half of one."""
    one, other = call.input(0), call.input(1)
    if isinstance(one, Feature) and isinstance(other, Feature):
        heads, head = _parts(translation, one, last=True)
        if (heads, head) != _parts(translation, other, last=False):
            raise Unknown("these are no queries and keys of attention, with the same heads", WORKING)
        translation.held[call.node.outputs[0]] = Scores(one.tensor, other.tensor, heads, head)
        return True
    if isinstance(one, Scores) and isinstance(other, Feature):
        _attended(translation, call, one, other)
        return True
    return False


def passes(translation: Translation, call: Call) -> bool:
    """Whether a node leaves the scores of attention as they are but for their scale."""
    scores = next((one for one in call.inputs if isinstance(one, Scores)), None)
    if scores is None:
        return False
    others = [one for one in call.inputs if one is not scores and one is not None]
    if any(not isinstance(one, Constant) or one.elements != 1 for one in others):
        raise Unknown("something is added to the scores of attention, or multiplied by them", WORKING)
    translation.held[call.node.outputs[0]] = scores
    return True


def _parts(translation: Translation, feature: Feature, last: bool) -> tuple[int, int]:
    """Heads and channels of a head; the channels are the last axis, or that before the positions."""
    shape = translation.shapes[feature.tensor]
    channels = known(shape)[0]
    if len(feature.layout) == 4 and shape.rank:
        batch, split, *rest = feature.layout
        inner, positions = rest[::-1] if last else rest
        heads = prod(atom.size for atom in split)
        head = channels // heads
        everywhere = tuple(atom for dim in plain(shape, translation.batch)[2:] for atom in dim)
        if (
            batch == whole(BATCH, translation.batch)
            and positions == everywhere
            and split == _heads(heads, head)
            and inner == whole(CHANNELS, head)
        ):
            return heads, head
    raise Unknown(
        f"it multiplies {'x'.join(map(str, feature.sizes))}, which are no heads of attention over "
        "all positions of one map",
        WORKING,
    )


def _heads(heads: int, head: int) -> Dim:
    return (Atom(CHANNELS, head, heads),) if heads > 1 else ()


def _attended(translation: Translation, call: Call, scores: Scores, value: Feature) -> None:
    heads, width = _parts(translation, value, last=True)
    if heads != scores.heads:
        raise Unknown(f"attention has values of {heads} heads and queries of {scores.heads}", WORKING)
    parts = (scores.query, scores.key, value.tensor)
    fused = _fused(translation, parts)
    makers = [fused] if fused is not None else [_linear(translation, tensor) for tensor in parts]
    sources, biases = {one.inputs for one in makers}, {bool(one.given("bias")) for one in makers}
    if len(sources) != 1 or len(biases) != 1:
        raise Unknown(
            "queries, keys and values of attention are of different tensors, or only some have biases",
            WORKING,
        )
    (source,), (bias,) = sources.pop(), biases
    shape = translation.shapes[source]
    channels, *sizes = known(shape)
    translation.forget((*(one.output for one in makers), *(parts if fused is not None else ())))
    count = prod(sizes)
    translation.macs += count * count * heads * (scores.head + width)
    arguments: dict[str, Any] = {"heads": heads, "bias": bias, "project": False}
    if scores.head * heads != channels:
        arguments["head"] = scores.head
    if width != scores.head:
        arguments["value"] = width
    positions = tuple(atom for dim in plain(shape, translation.batch)[2:] for atom in dim)
    layout = (whole(BATCH, translation.batch), _heads(heads, width), positions, whole(CHANNELS, width))
    new = Shape(heads * width, shape.sizes)
    translation.layer(call, "attention", source, new, layout, **arguments)


def _linear(translation: Translation, tensor: str) -> Item:
    """The layer that makes queries, keys or values, and nothing else."""
    found = translation.maker(tensor)
    if found is None or not _is_linear(found) or not translation.is_private(tensor):
        raise Unknown(
            "queries, keys or values of attention are not made by linear layers of their own", WORKING
        )
    return found


def _is_linear(maker: Item) -> bool:
    ones = (1, *((1,) * rank for rank in (1, 2, 3)))
    return (
        maker.op == "conv"
        and maker.given("kernel") in ones
        and (maker.given("groups") or 1) == 1
        and maker.given("stride") in (None, *ones)
        and maker.share is None
    )


def _fused(translation: Translation, parts: tuple[str, str, str]) -> Item | None:
    """The one linear layer that makes queries, keys and values, one after another, and nothing else."""
    items = [translation.items[place] for one in parts if (place := translation.places.get(one)) is not None]
    if len(items) != len(parts) or any(one.op != "slice" for one in items):
        return None
    sources = {one.inputs for one in items}
    place = translation.places.get(items[0].inputs[0])
    if len(sources) != 1 or place is None or not all(map(translation.is_private, parts)):
        return None
    maker = translation.items[place]
    first = 0
    for one in items:
        start, count = (int(number) for number in one.arguments["channels"])  # type: ignore[union-attr, arg-type]
        if start != first:
            return None
        first += count
    readers = [one for one in translation.items[place:] if maker.output in one.inputs]
    is_private = translation.is_private(maker.output, len(parts)) and len(readers) == len(parts)
    return maker if first == maker.given("out") and is_private and _is_linear(maker) else None


def projected(translation: Translation, feature: Feature, out: int, output: str) -> bool:
    """Whether a linear layer is the output of the attention before it, which then has it."""
    place = translation.places.get(feature.tensor)
    found = None if place is None else translation.items[place]
    if place is None or found is None or found.op != "attention" or found.given("project") is not False:
        return False
    shape = translation.shapes[found.inputs[0]]
    if shape.channels != out or not translation.is_private(feature.tensor):
        return False
    given = {name: value for name, value in found.arguments.items() if name != "project"}
    made = found._replace(output=output, shape=shape, arguments={**given, "out_bias": False})
    translation.items[place] = made
    del translation.places[feature.tensor]
    translation.places[output] = place
    translation.shapes[output] = shape
    return True
