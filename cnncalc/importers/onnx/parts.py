"""Parts of the channels of a map, one after another, along an axis of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cnncalc.geometry.shape import Shape
from cnncalc.importers.items import item
from cnncalc.importers.onnx.call import Call
from cnncalc.importers.onnx.file import Constant, OnnxNode
from cnncalc.importers.onnx.held import Feature, Unknown
from cnncalc.importers.onnx.layout import CHANNELS, Atom, Dim, known, size_of, whole
from cnncalc.importers.onnx.translation import Translation


def chunk(translation: Translation, feature: Feature, axis: int) -> int:
    """The channels of each part, where an axis of the tensor runs over parts of the channels, one after
    another, and other axes over those of a part: queries, keys and values of attention; else 0.
    """
    dim = feature.layout[axis]
    channels = known(translation.shapes[feature.tensor])[0]
    if len(dim) != 1 or dim[0].axis != CHANNELS or dim[0].stride * dim[0].size != channels:
        return 0
    width = dim[0].stride
    inside = [atom for other in feature.layout for atom in other if atom.axis == CHANNELS and atom != dim[0]]
    return width if all(atom.stride * atom.size <= width for atom in inside) else 0


def heads_of(translation: Translation, call: Call, feature: Feature, axis: int) -> int:
    """The heads of a linear layer's channels, where an axis runs over those of each head and all that reads
    the tensor cuts it there: in which order a layer makes its channels is its own choice; else 0.
    """
    dim, channels = feature.layout[axis], known(translation.shapes[feature.tensor])[0]
    width = size_of(dim)
    heads = channels // width
    others = [one for place, one in enumerate(feature.layout) if place != axis and _is_of_any(one)]
    if heads < 2 or dim != (Atom(CHANNELS, 1, width),) or others != [(Atom(CHANNELS, width, heads),)]:
        return 0
    maker = translation.maker(feature.tensor)
    if maker is not None and maker.op == "bn" and translation.is_private(maker.inputs[0]):
        maker = translation.maker(maker.inputs[0])
    if maker is None or maker.op not in ("conv", "linear") or maker.given("groups", 1) != 1 or maker.share:
        return 0
    return heads if translation.is_private(feature.tensor, _cuts(translation, call)) else 0


def _is_of_any(dim: Dim) -> bool:
    """Whether an axis of a tensor runs over any channels."""
    return any(atom.axis == CHANNELS for atom in dim)


def _cuts(translation: Translation, call: Call) -> int:
    """How many nodes cut a tensor along the axis along which a node does; 0 where others read it too."""
    name = call.node.inputs[0]
    readers = [one for one in translation.model.graph.nodes if one.inputs[:1] == (name,)]
    axes = {_axis(one, translation.held) for one in readers if one.operator != "Shape"}
    return sum(one.operator != "Shape" for one in readers) if len(axes) == 1 and None not in axes else 0


def _axis(node: OnnxNode, held: Mapping[str, object]) -> int | None:
    """The one axis along which a node cuts a tensor."""
    if node.operator == "Split":
        return int(node.attributes.get("axis", 0))
    given = held.get(node.inputs[3]) if node.operator == "Slice" and len(node.inputs) > 3 else None
    values = given.values if isinstance(given, Constant) else None
    return int(values[0]) if values and len(values) == 1 else None


def part(
    translation: Translation, call: Call, feature: Feature, axis: int, first: int, count: int, output: str
) -> None:
    """Some of the channels of a map, as a tensor of a name."""
    shape = translation.shapes[feature.tensor]
    width = chunk(translation, feature, axis)
    if width > 1:
        new = Shape(count * width, shape.sizes)
        taken = (first * width, count * width)
        translation.add(
            item("slice", feature.tensor, output, label=call.node.label, shape=new, channels=taken)
        )
        dim = (Atom(CHANNELS, width, count),) if count > 1 else ()
        translation.held[output] = Feature(output, (*feature.layout[:axis], dim, *feature.layout[axis + 1 :]))
        return
    heads = heads_of(translation, call, feature, axis)
    if heads:
        new = Shape(heads * count, shape.sizes)
        taken = (heads * first, heads * count)
        translation.add(
            item("slice", feature.tensor, output, label=call.node.label, shape=new, channels=taken)
        )
        outer = (Atom(CHANNELS, count, heads),)
        dims = [outer if _is_of_any(dim) else dim for dim in feature.layout]
        dims[axis] = whole(CHANNELS, count)
        translation.held[output] = Feature(output, tuple(dims))
        return
    if not translation.is_of_channels(feature, axis):
        feature = translation.settled(feature, call.node.operator)
        shape = translation.shapes[feature.tensor]
        if axis != 1 or not translation.is_of_channels(feature, axis):
            raise Unknown(f"it cuts axis {axis}, which is not the channels")
    new = Shape(count, shape.sizes)
    translation.add(
        item("slice", feature.tensor, output, label=call.node.label, shape=new, channels=(first, count))
    )
    layout = (*feature.layout[:axis], whole(CHANNELS, count), *feature.layout[axis + 1 :])
    translation.held[output] = Feature(output, layout)


def stacked(translation: Translation, call: Call, features: Sequence[Feature], axis: int) -> bool:
    """Whether equal maps are joined along an axis of size 1, which then runs over them."""
    layout, shape = features[0].layout, translation.shapes[features[0].tensor]
    channels = whole(CHANNELS, known(shape)[0])
    if (
        layout[axis]
        or not channels
        or not axis
        or layout.count(channels) != 1
        or {(one.layout, translation.shapes[one.tensor]) for one in features} != {(layout, shape)}
    ):
        return False
    new = Shape(known(shape)[0] * len(features), shape.sizes)
    dim = (Atom(CHANNELS, known(shape)[0], len(features)),)
    joined = (*layout[:axis], dim, *layout[axis + 1 :])
    translation.layer(call, "concat", [one.tensor for one in features], new, joined)
    return True


def added_up(translation: Translation, call: Call, feature: Feature, axis: int, word: str) -> Feature | None:
    """An axis of parts of the channels reduced: the parts are added up, or the largest taken; ``None`` where
    it is no such axis.
    """
    width = chunk(translation, feature, axis)
    if width < 2:
        return None
    output, names = call.node.outputs[0], []
    for place in range(feature.sizes[axis]):
        names.append(f"{output}|{place}")
        part(translation, call, feature, axis, place, 1, names[-1])
    found = translation.held[names[0]]
    assert isinstance(found, Feature)
    return translation.layer(call, word, names, translation.shapes[names[0]], found.layout)
