"""Attention in ONNX files: queries times keys, a softmax, times values, and the linear layers around them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod
from typing import Any, NamedTuple

from cnncalc.geometry.shape import Shape
from cnncalc.importers.items import Item
from cnncalc.importers.onnx.call import Call
from cnncalc.importers.onnx.elementwise import is_learned
from cnncalc.importers.onnx.file import Constant
from cnncalc.importers.onnx.folding import new_sizes, squeezed, unsqueezed
from cnncalc.importers.onnx.held import ATTENTION_HELP, KEYS, Feature, Offsets, Scores, Unknown
from cnncalc.importers.onnx.layout import (
    BATCH,
    CHANNELS,
    Atom,
    Dim,
    Layout,
    known,
    merged,
    reshaped,
    size_of,
    times,
    transposed,
    whole,
)
from cnncalc.importers.onnx.offsets import added, by_head, continued_offsets, equation
from cnncalc.importers.onnx.translation import Translation


class _Side(NamedTuple):
    """One side of a product: its axes that both have, those that it alone has, and that which is summed."""

    tensor: str
    batch: Layout
    free: Layout
    inner: Dim

    @property
    def sizes(self) -> str:
        return "x".join(str(size_of(dim)) for dim in (*self.batch, *self.free, self.inner))


class _Laid(NamedTuple):
    """How one side of attention is laid on its map."""

    heads: int
    head: int
    blocks: tuple[int, ...] | None
    moved: tuple[int, ...]


# Products


def multiplied(translation: Translation, call: Call) -> bool:
    """Whether ``MatMul`` is one of attention, which then is an item, or half of one."""
    one, other = call.input(0), call.input(1)
    if not isinstance(one, Feature | Scores) or not isinstance(other, Feature):
        return False
    ranks = (len(one.layout), len(other.layout))
    if min(ranks) < 3 or max(ranks) > 8:
        raise _no_heads(translation, one if isinstance(one, Feature) else other)
    names, others = ("abcdef"[8 - rank :] for rank in ranks)
    _product(translation, call, one, other, f"{names}yz", f"{others}zx", f"{names}yx")
    return True


def einsum(translation: Translation, call: Call) -> bool:
    """Whether ``Einsum`` is a product of attention."""
    one, other = call.input(0), call.input(1)
    if not isinstance(one, Feature | Scores) or not isinstance(other, Feature) or len(call.node.inputs) != 2:
        return False
    (first, second), result = equation(call)
    _product(translation, call, one, other, first, second, result)
    return True


def _product(
    translation: Translation,
    call: Call,
    one: Feature | Scores,
    other: Feature,
    first: str,
    second: str,
    result: str,
) -> None:
    """A product whose axes have letters, as ``Einsum`` has them."""
    both = [letter for letter in first if letter in second and letter in result]
    summed = [letter for letter in first if letter in second and letter not in result]
    mine = [letter for letter in first if letter not in second]
    theirs = [letter for letter in second if letter not in first]
    if len(summed) != 1 or sorted(result) != sorted(both + mine + theirs):
        raise Unknown("it is no product of queries and keys, nor of their scores and values", ATTENTION_HELP)
    (inner,) = summed
    dims = dict(zip(second, other.layout, strict=True))
    right = _Side(other.tensor, _of(dims, both), _of(dims, theirs), dims[inner])
    dims = dict(zip(first, one.layout, strict=True))
    order = [(both + mine + theirs).index(letter) for letter in result]
    if isinstance(one, Feature):
        left = _Side(one.tensor, _of(dims, both), _of(dims, mine), dims[inner])
        _scored(translation, call, left, right, order)
    elif len(theirs) == 1:
        _attended(translation, call, one, (_of(dims, both), _of(dims, mine), dims[inner]), right, order)
    else:
        raise Unknown("it is no product of scores and values", ATTENTION_HELP)


def _of(dims: dict[str, Dim], letters: Iterable[str]) -> Layout:
    return tuple(dims[letter] for letter in letters)


def _scored(translation: Translation, call: Call, query: _Side, key: _Side, order: list[int]) -> None:
    laid, other = _laid(translation, query), _laid(translation, key)
    batches = [by_head(side.batch, laid.head) for side in (query, key)]
    if (laid.heads, laid.head) != (other.heads, other.head) or batches[0] != batches[1]:
        raise Unknown("these are no queries and keys of attention, with the same heads", ATTENTION_HELP)
    if (laid.blocks or other.blocks) and laid[2:] != other[2:]:
        raise Unknown("queries and keys are of unlike blocks of positions", ATTENTION_HELP)
    keys = tuple(tuple(atom._replace(axis=atom.axis + KEYS) for atom in dim) for dim in key.free)
    layout = transposed((*batches[0], *query.free, *keys), order)
    translation.held[call.node.outputs[0]] = Scores(
        query=query.tensor,
        key=key.tensor,
        layout=layout,
        heads=laid.heads,
        head=laid.head,
        blocks=laid.blocks,
        moved=laid.moved,
    )


def _laid(translation: Translation, side: _Side) -> _Laid:
    """Heads, channels of a head and blocks of positions, by where the parts of the map's axes are."""
    shape = translation.shapes[side.tensor]
    channels, *sizes = known(shape)
    outer = [atom for dim in side.batch for atom in dim]
    inside = [atom for dim in side.free for atom in dim]
    head = size_of(side.inner)
    heads = channels // head if channels % head == 0 else 0
    split = _sorted(atom for atom in outer if atom.axis == CHANNELS)
    if (
        not shape.rank
        or not side.free
        or side.inner != whole(CHANNELS, head)
        or split != ((Atom(CHANNELS, head, heads),) if heads > 1 else ())
        or any(atom.axis == CHANNELS for atom in inside)
        or [atom for atom in (*outer, *inside) if atom.axis == BATCH] != [*whole(BATCH, translation.batch)]
        or any(atom.axis == BATCH for atom in inside)
    ):
        raise _no_heads(translation, side)
    blocks, moved = [], []
    for axis, size in enumerate(sizes, 1):
        within = _sorted(atom for atom in inside if atom.axis == axis)
        between = _sorted(atom for atom in outer if atom.axis == axis)
        width = size_of(within)
        by = next((atom.moved for atom in (*within, *between)), 0)
        if within != _stretch(axis, 1, width, by) or between != _stretch(axis, width, size // width, by):
            raise Unknown("it attends to every n-th position, or to another part of a map", ATTENTION_HELP)
        blocks.append(width)
        moved.append(by)
    return _Laid(heads, head, tuple(blocks) if blocks != sizes else None, tuple(moved))


def _sorted(atoms: Iterable[Atom]) -> Dim:
    return merged(sorted(atoms, key=lambda atom: -atom.stride))


def _stretch(axis: int, stride: int, size: int, moved: int) -> Dim:
    return (Atom(axis, stride, size, moved),) if size > 1 else ()


def _no_heads(translation: Translation, side: Feature | _Side) -> Unknown:
    sizes = times(side.sizes) if isinstance(side, Feature) else side.sizes
    return Unknown(
        f"it multiplies {sizes}, which are no heads of attention over all positions of one map",
        ATTENTION_HELP,
    )


# Scores


def continued(translation: Translation, call: Call) -> None:
    """A node that reads scores of attention, or what is to be added to them."""
    scores: Scores | None = call.first(Scores)
    operator, output = call.node.operator, call.node.outputs[0]
    if scores is None:
        continued_offsets(translation, call)
    elif operator in _PRODUCTS and _PRODUCTS[operator](translation, call):
        return
    elif operator in ("Softmax", "LogSoftmax"):
        translation.held[output] = _weighed(translation, call, scores)
    elif operator in ("Identity", "Cast", "Dropout"):
        call.ignore("to", "saturate", "round_mode", "seed", "is_test", "ratio")
        translation.held[output] = scores
    elif operator in ("Reshape", "Transpose", "Unsqueeze", "Squeeze", "Flatten"):
        translation.held[output] = scores._replace(layout=_rearranged(call, scores.layout))
    elif operator in ("Add", "Sub", "Mul", "Div", "Sum") and len(call.node.inputs) == 2:
        call.ignore("axis", "broadcast")
        other = call.inputs[1] if call.inputs[0] is scores else call.inputs[0]
        if isinstance(other, Constant) and other.elements == 1 and other.picks is None:
            if is_learned(translation, other):
                raise Unknown("a learned number multiplies the scores of attention", ATTENTION_HELP)
            translation.held[output] = scores
        elif operator in ("Add", "Sum") and isinstance(other, Constant | Offsets) and not scores.weighed:
            translation.held[output] = added(translation, scores, other)
        else:
            raise Unknown(
                "something is added to the scores of attention, or multiplied by them", ATTENTION_HELP
            )
    else:
        raise Unknown("it reads the scores of attention", ATTENTION_HELP)


_PRODUCTS = {"MatMul": multiplied, "Einsum": einsum}


def _rearranged(call: Call, layout: Layout) -> Layout:
    """The axes of scores after a reshape or a transpose."""
    operator, sizes = call.node.operator, tuple(map(size_of, layout))
    if operator == "Transpose":
        order = call.attribute("perm", tuple(range(len(layout)))[::-1])
        if sorted(order) != list(range(len(layout))):
            raise Unknown(f"attribute `perm` is {list(order)}")
        return transposed(layout, order)
    if operator == "Reshape":
        target = call.attribute("shape") or call.values(1, "the new shape") or ()
        new = new_sizes(sizes, target, call.attribute("allowzero", 0))
    elif operator == "Flatten":
        axis = call.attribute("axis", 1) % (len(layout) + 1)
        new = (prod(sizes[:axis]), prod(sizes[axis:]))
    else:
        axes = call.attribute("axes") or call.values(1, "`axes`")
        new = unsqueezed(sizes, axes or ()) if operator == "Unsqueeze" else squeezed(sizes, axes)
    found = reshaped(layout, new)
    if found is None:
        raise Unknown(f"it reshapes the scores of attention to {'x'.join(map(str, new))}", ATTENTION_HELP)
    return found


def _weighed(translation: Translation, call: Call, scores: Scores) -> Scores:
    rank = len(scores.layout)
    axis = call.attribute("axis", -1 if translation.opset >= 13 else 1) % rank
    if scores.weighed or axis != rank - 1 or any(atom.axis < KEYS for atom in scores.layout[-1]):
        raise Unknown(f"it weighs the scores of attention along axis {axis}, which is not the keys")
    return scores._replace(weighed=True)


def _attended(
    translation: Translation,
    call: Call,
    scores: Scores,
    axes: tuple[Layout, Layout, Dim],
    value: _Side,
    order: list[int],
) -> None:
    batch, free, inner = axes
    laid = _laid(translation, value._replace(free=(value.inner,), inner=value.free[0]))
    width, heads = laid.head, laid.heads
    keys = tuple(atom._replace(axis=atom.axis + KEYS) for atom in value.inner)
    if heads != scores.heads:
        raise Unknown(f"attention has values of {heads} heads and queries of {scores.heads}", ATTENTION_HELP)
    if keys != inner or by_head(value.batch, width) != batch:
        raise Unknown("values of attention are not of the positions that its keys are of", ATTENTION_HELP)
    shift = _shift(translation, scores)
    parts = (scores.query, scores.key, value.tensor)
    makers = _makers(translation, parts, scores.reads)
    sources = [one.inputs[0] for one in makers]
    biases = {bool(one.given("bias")) for one in makers}
    if sources[1] != sources[2] or len(biases) != 1:
        raise Unknown(
            "queries, keys and values of attention are of different tensors, or only some have biases",
            ATTENTION_HELP,
        )
    source, memory = sources[:2]
    given = {"bias": biases.pop(), **_arguments(translation, scores, source, width, shift)}
    if memory != source and len(given.keys() & {"window", "position"}):
        raise Unknown("positions or blocks of two tensors are compared", ATTENTION_HELP)
    translation.forget(dict.fromkeys(one.output for one in makers))
    translation.forget(one for one in dict.fromkeys(parts) if one in translation.places)
    shape = translation.shapes[source]
    seen = prod(scores.blocks or known(translation.shapes[memory])[1:])
    translation.macs += prod(known(shape)[1:]) * seen * heads * (scores.head + width)
    layout = transposed((*_by_width(batch, width), *free, whole(CHANNELS, width)), order)
    new = Shape(heads * width, shape.sizes)
    inputs = [source] if memory == source else [source, memory]
    translation.layer(call, "attention", inputs, new, layout, project=False, **given)


def _by_width(dims: Layout, width: int) -> Layout:
    return tuple(
        tuple(atom._replace(stride=atom.stride * width) if atom.axis == CHANNELS else atom for atom in dim)
        for dim in dims
    )


def _shift(translation: Translation, scores: Scores) -> tuple[int, ...] | None:
    """How far blocks are moved round; what comes together from both ends of a map must be masked."""
    if scores.blocks is None:
        return None
    sizes = known(translation.shapes[scores.query])[1:]
    shift = tuple(
        by % block if block < size else 0
        for size, block, by in zip(sizes, scores.blocks, scores.moved, strict=True)
    )
    if any(shift) and not scores.is_masked:
        raise Unknown("its moved blocks see round the border of the map: no mask is added", ATTENTION_HELP)
    return shift if any(shift) else None


def _arguments(
    translation: Translation, scores: Scores, source: str, width: int, shift: tuple[int, ...] | None
) -> dict[str, Any]:
    """What is said of heads, blocks and positions."""
    shape = translation.shapes[source]
    found: dict[str, Any] = {"heads": scores.heads}
    if scores.head * scores.heads != shape.channels:
        found["head"] = scores.head
    if width != scores.head:
        found["value"] = width
    maker = translation.maker(source)
    if scores.blocks is not None or (maker is not None and maker.op == "pad"):
        found |= {"window": scores.blocks or known(shape)[1:], "shift": shift}
    if scores.along and sorted(scores.along) != list(range(1, shape.rank + 1)):
        raise Unknown("learned positions are of some axes of the map alone", ATTENTION_HELP)
    if scores.along and scores.has_table:
        raise Unknown("learned positions are in a table and by axis at once", ATTENTION_HELP)
    if scores.along or scores.has_table:
        found["position"] = "axes" if scores.along else "table"
    return {name: value for name, value in found.items() if value is not None}


def filled_up(
    translation: Translation,
    call: Call,
    source: Feature,
    margins: tuple[tuple[int, int], ...],
    new: Shape,
    layout: Layout,
) -> bool:
    """Whether a crop takes away what a map was filled up with to whole blocks, as attention itself does."""
    cut, crops = margins, []
    maker = translation.maker(source.tensor)
    while maker is not None and maker.op == "crop" and _is_read_by(translation, maker.output, 1):
        crops.append(maker.output)
        more: Any = maker.given("margins")
        cut = tuple((one[0] + by[0], one[1] + by[1]) for one, by in zip(cut, more, strict=True))
        maker = translation.maker(maker.inputs[0])
    window: Any = None if maker is None or maker.op != "attention" else maker.given("window")
    if maker is None or not isinstance(window, tuple) or not _is_read_by(translation, maker.output, 1):
        return False
    pad = translation.maker(maker.inputs[0])
    whole_blocks = tuple((0, -size % block) for size, block in zip(known(new)[1:], window, strict=True))
    if pad is None or pad.op != "pad" or not (pad.given("margins") == cut == whole_blocks):
        return False
    translation.forget(crops)
    place, output = translation.places.pop(maker.output), call.node.outputs[0]
    translation.items[place] = maker._replace(inputs=pad.inputs, output=output, shape=new)
    translation.places[output] = place
    translation.shapes[output] = new
    translation.held[output] = Feature(output, layout)
    return True


# Linear layers


def _makers(translation: Translation, parts: Sequence[str], reads: int) -> list[Item]:
    """The linear layers that make queries, keys and values, and nothing else."""
    found: dict[str, list[str]] = {}
    items = [translation.maker(part) for part in parts]
    for part, one in zip(parts, items, strict=True):
        if one is None:
            raise _no_layers()
        found.setdefault(one.inputs[0] if one.op == "slice" else part, []).append(part)
    makers: dict[str, Item] = {}
    for tensor, made in found.items():
        maker = translation.maker(tensor)
        if maker is None or not _is_linear(maker):
            raise _no_layers()
        sliced = [one for one in made if one != tensor]
        if sliced and not (
            made == sliced
            and _cover(translation, sliced, maker)
            and translation.is_private(tensor, len(made))
            and sum(tensor in one.inputs for one in translation.items) == len(made)
        ):
            raise _no_layers()
        for part in made:
            if part in makers or not _is_read_by(translation, part, reads if part == parts[0] else 1):
                raise _no_layers()
            makers[part] = maker
    return [makers[part] for part in parts]


def _no_layers() -> Unknown:
    return Unknown(
        "queries, keys or values of attention are not made by linear layers of their own", ATTENTION_HELP
    )


def _is_read_by(translation: Translation, tensor: str, readers: int) -> bool:
    """Whether so many nodes read a tensor under any of its names, those that only rename it not counted."""
    names = [
        name
        for name in dict.fromkeys(translation.held.of.get(tensor, ()))
        if isinstance(held := translation.held[name], Feature) and held.tensor == tensor
    ]
    read = [translation.reads[name] for name in names if translation.reads[name]]
    is_given_out = set(names).intersection(translation.model.graph.outputs)
    return sum(read) - (len(read) - 1) == readers and not is_given_out


def _is_linear(maker: Item) -> bool:
    ones = (1, *((1,) * rank for rank in (1, 2, 3)))
    return (
        maker.op == "conv"
        and maker.given("kernel") in ones
        and (maker.given("groups") or 1) == 1
        and maker.given("stride") in (None, *ones)
        and not any(map(any, padding if isinstance(padding := maker.given("padding"), tuple) else ()))  # type: ignore[arg-type]
        and maker.share is None
    )


def _cover(translation: Translation, parts: Sequence[str], maker: Item) -> bool:
    """Whether parts of channels follow one another and are all that a layer makes."""
    first = 0
    for part in parts:
        channels = translation.items[translation.places[part]].arguments["channels"]
        start, count = (int(number) for number in channels)  # type: ignore[union-attr, arg-type]
        if start != first:
            return False
        first += count
    return first == maker.given("out")


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
