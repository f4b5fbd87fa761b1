"""An ONNX model as a network: input sizes, the translation, what is refused and what is remarked."""

from __future__ import annotations

import os
import re
from contextlib import suppress

from cnncalc.frameworks.onnx import NEWEST_OPSET
from cnncalc.geometry.shape import Shape
from cnncalc.importers.batches import MOVED
from cnncalc.importers.items import (
    NOT_UNDERSTOOD,
    Item,
    Malformed,
    Network,
    Problem,
    Refused,
    Request,
    Stated,
)
from cnncalc.importers.onnx.batches import lost_batch
from cnncalc.importers.onnx.file import OnnxModel, OnnxNode, read_model
from cnncalc.importers.onnx.held import Feature, Lost, Offsets, Scores, Spread, Unknown
from cnncalc.importers.onnx.inputs import Order, Orders, layout_of
from cnncalc.importers.onnx.layout import CHANNELS, known, times, whole
from cnncalc.importers.onnx.translation import UNRUNNABLE, Translation
from cnncalc.importers.onnx.walk import walk
from cnncalc.support.words import shown

Axes = tuple[int | None, ...]
NEWEST = 26
"""The newest opset whose operators were compared with the tables here."""
OLDEST = 6
TRIED = ((224, 288), (256, 320), (288, 224))
"""Sizes that stand in for open ones: what the same layers come from at all of them does not depend on
them.
"""


def network_of(request: Request) -> Network:
    model = read_model(request.source)
    if not OLDEST <= model.opset <= NEWEST:
        raise Refused(
            [Problem("", "opset", f"the file is of opset {model.opset}", f"{OLDEST} to {NEWEST} are known")]
        )
    if not model.graph.inputs:
        raise Malformed(request.source, "the graph has no input")
    open_axes = _open_axes(model, request)
    if not open_axes:
        return _network(model, request, translation_of(model, request, ()), None)
    first, second = (_tried(model, request, sizes, open_axes) for sizes in TRIED[:2])
    if _without_shapes(first.items) != _without_shapes(second.items):
        name, reason = open_axes, _first_difference(first.items, second.items)
        raise Refused(
            [Problem(name, "input", f"its size is open, and {reason}", "pass --input with the size")]
        )
    return _network(model, request, first, second)


def _tried(model: OnnxModel, request: Request, sizes: tuple[int, ...], name: str) -> Translation:
    """The items at sizes that stand in for open ones of an input.

    Raises:
        Refused: of what does not fit together there it is not said that it never does.
    """
    try:
        return translation_of(model, request, sizes)
    except Refused as refused:
        size = times(sizes)
        help = f"the size of `{shown(name)}` is open, and {size} was tried: pass --input with its size"
        raise Refused(
            [one._replace(help=help) if one.help == UNRUNNABLE else one for one in refused.problems]
        ) from None


def _open_axes(model: OnnxModel, request: Request) -> str:
    """The first input with an open spatial axis that no size is given for; empty where there is none."""
    for place, (name, axes) in enumerate(model.graph.inputs):
        if request.shape_of(name, place == 0) is None and (axes is None or None in axes[1:]):
            return name or "input"
    return ""


def translation_of(model: OnnxModel, request: Request, sizes: tuple[int, ...] = ()) -> Translation:
    """The items at one choice of the open sizes.

    Raises:
        Refused: with everything that is not understood.
    """
    translation = Translation(model, request.source, request.partial)
    orders = Orders(model.graph)
    for place, (name, axes) in enumerate(model.graph.inputs):
        order = translation.orders[name] = orders.of(name, axes)
        shape, batch = _input_shape(
            name, _channels_first(axes, order), request.shape_of(name, place == 0), sizes
        )
        translation.batch = batch if place == 0 else translation.batch
        translation.shapes[name] = shape
        translation.held[name] = Feature(name, layout_of(order, shape, translation.batch))
    walk(translation, model.graph)
    for name in model.graph.outputs:
        held = translation.held.get(name)
        if isinstance(held, Feature):
            problem = lost_batch(translation, name, held)
            if problem is not None:
                translation.problems.append(problem)
                translation.held[name] = Lost()
                continue
            if _is_vector(held, translation.shapes[held.tensor]):
                continue
            with suppress(Unknown):  # an order that is no layer's is a view of what was computed
                translation.held[name] = translation.settled(held, name)
    lost = [name for name in model.graph.outputs if not isinstance(translation.held.get(name), Feature)]
    is_invalid = any(one.code != NOT_UNDERSTOOD for one in translation.problems)
    if translation.problems and (lost or is_invalid or not request.partial):
        raise Refused(translation.problems)
    if lost:
        reason = _LOST.get(type(translation.held.get(lost[0])), "it does not depend on the input")
        raise Refused([Problem(lost[0], "output", reason)])
    return translation


def _is_vector(held: Feature, shape: Shape) -> bool:
    """Whether an output is the channels of a vector or of one position, between axes of size 1."""
    filled = [dim for dim in held.layout[1:] if dim]
    return (not shape.rank or shape.is_point) and filled == [whole(CHANNELS, known(shape)[0])]


_LOST: dict[type, str] = {
    Scores: "it is the scores of attention, which are a part of a layer",
    Offsets: "a matrix multiplies the channels of each head, which is no layer",
    Spread: "it repeats the values of another tensor",
}
"""Why what is held is no output."""


def _channels_first(axes: Axes | None, order: Order) -> Axes | None:
    """The axes of an input in the order of a spec; tokens have one channel, their number."""
    if axes is None or order is Order.FIRST:
        return axes
    if order is Order.TOKENS:
        return (axes[0], 1, *axes[1:])
    return (axes[0], axes[-1], *axes[1:-1])


def _input_shape(
    name: str, axes: tuple[int | None, ...] | None, asked: Shape | None, sizes: tuple[int, ...]
) -> tuple[Shape, int]:
    """The shape of an input without the batch, and the batch."""
    if asked is not None:
        if axes is not None and len(axes) != len(asked.axes) + 1:
            raise Refused(
                [Problem(name, "input", f"it has {len(axes)} axes, --input gives {len(asked.axes)}")]
            )
        if not asked.known:
            reason = f"--input {asked} leaves a size open"
            raise Refused([Problem(name, "input", reason, "pass numbers, such as 3x224x224")])
        return asked, 1
    if axes is None or len(axes) < 2 or len(axes) > 5:
        found = "no shape" if axes is None else f"{len(axes)} axes"
        raise Refused([Problem(name, "input", f"it has {found}", "pass --input, such as 3x224x224")])
    if axes[1] is None:
        raise Refused([Problem(name, "input", "its channels are open", "pass --input, such as 3x224x224")])
    tried = iter(sizes * 2)
    spatial = tuple(size if size is not None else next(tried) for size in axes[2:])
    return Shape(axes[1], spatial), axes[0] or 1


def _without_shapes(items: list[Item]) -> list[Item]:
    return [one._replace(shape=None) for one in items]


def _with_common_shape(one: Item, other: Item) -> Item:
    """An item whose shape has the axes that do not depend on the input's size."""
    if one.shape is None or other.shape is None or one.shape.rank != other.shape.rank:
        return one._replace(shape=None)
    axes = [
        here if here == there else None for here, there in zip(one.shape.axes, other.shape.axes, strict=True)
    ]
    return one._replace(shape=Shape(axes[0], tuple(axes[1:])))


def _first_difference(one: list[Item], other: list[Item]) -> str:
    for here, there in zip(_without_shapes(one), _without_shapes(other), strict=False):
        if here != there:
            return f"`{here.label or here.output}` ({here.op}) depends on it"
    return "the layers depend on it"


def _network(
    model: OnnxModel, request: Request, translation: Translation, other: Translation | None
) -> Network:
    inputs = []
    for place, (name, axes) in enumerate(model.graph.inputs):
        shape = translation.shapes[name]
        axes = _channels_first(axes, translation.orders[name])
        if other is not None and request.shape_of(name, place == 0) is None and axes is not None:
            shape = Shape(shape.channels, tuple(axes[2:]))
        inputs.append((name, shape))
    items = tuple(translation.items)
    if other is not None:
        items = tuple(map(_with_common_shape, items, other.items))
    used = {tensor for one in items for tensor in one.inputs}
    outputs = []
    for name in model.graph.outputs:
        held = translation.held[name]
        assert isinstance(held, Feature)
        outputs.append(held.tensor)
    stem = os.path.splitext(os.path.basename(request.source))[0]
    return Network(
        name=stem,
        inputs=tuple(one for one in inputs if one[0] in used or len(inputs) == 1),
        items=items,
        outputs=tuple(dict.fromkeys(outputs)),
        framework=f"onnx:{model.opset}" if model.opset < NEWEST_OPSET else "onnx",
        source=_source(request.source, model),
        classes=translation.classes,
        stated=Stated(
            params=translation.params,
            buffers=translation.buffers,
            macs=translation.macs if other is None and not translation.problems else None,
        ),
        nodes=len(model.graph.nodes),
        remarks=_remarks(translation),
        unknown=tuple(translation.problems),
    )


def _remarks(translation: Translation) -> tuple[str, ...]:
    found = []
    if not _NORMS & {one.op for one in translation.items} and _has_folded(translation.model):
        found.append(
            "no batch norm in the file: it may have been folded into the convolutions by its exporter"
        )
    if translation.fixed:
        where = translation.fixed[0] or "a node"
        found.append(f"fixed numbers at `{where}` change values and are no parameters: left out")
    found.extend([MOVED] if translation.has_moved_batch else [])
    for label, how in translation.moved[:1]:
        others = f", and {len(translation.moved) - 1} more" if len(translation.moved) > 1 else ""
        found.append(
            f"`{label}`{others}: {how}, `upsample` reads other positions: fields may differ by a few"
        )
    return tuple(found)


def _has_folded(model: OnnxModel) -> bool:
    """Whether most convolutions have what a norm leaves in the one that it is folded into: a bias, and not
    the weight of a module by its own name.
    """
    nodes = [node for node in model.graph.nodes if node.operator in ("Conv", "ConvTranspose")]
    return len(nodes) > 3 and 2 * sum(map(_may_hold_norm, nodes)) > len(nodes)


def _may_hold_norm(node: OnnxNode) -> bool:
    weight, bias = (*node.inputs, "", "", "")[1:3]
    if node.outputs[:1] and node.outputs[0].startswith(_PICKED):
        return True
    return bool(bias) and not _PARAMETER.fullmatch(weight)


_NORMS = {"bn", "gn", "ln", "instance_norm"}
_PICKED = "getitem"
"""How PyTorch names what it takes of several results, such as of a norm, which here a convolution makes."""
_PARAMETER = re.compile(r"(?!.*[Ff]usion).*[._]weight")
"""The names that exporters leave to weights as they are; those of folded ones are numbered."""


def _source(path: str, model: OnnxModel) -> str:
    """The file's name, the format's version and the producer."""
    made = f", {model.producer}" if model.producer else ""
    return f"{os.path.basename(path)}, ONNX opset {model.opset}{made}"
