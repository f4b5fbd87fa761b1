"""Constants and the arithmetic of shapes: what is known without the network's input is computed at once."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from cnncalc.importers.onnx.call import Call
from cnncalc.importers.onnx.computed import computed, with_sources
from cnncalc.importers.onnx.file import MOST_VALUES, Constant, Picks, places, strides
from cnncalc.importers.onnx.held import Feature, Offsets, Scores, Spread, Unknown
from cnncalc.importers.onnx.layout import sizes_of
from cnncalc.importers.onnx.translation import Translation

MOST_FOLDED = 2**21
"""Elements of a constant that is computed."""
MOST_FOLDED_IN_ALL = 2**24
"""Elements of all constants of a file that are computed."""


def folded(translation: Translation, call: Call) -> tuple[Constant, ...] | None:
    """The outputs of a node that are known without the input; ``None`` where they are not."""
    found = _folded(translation, call)
    if found is not None:
        translation.folded += sum(len(one.values or ()) for one in found)
        if translation.folded > MOST_FOLDED_IN_ALL:
            raise Unknown(f"more than {MOST_FOLDED_IN_ALL:,} numbers would be computed from constants")
    return found


def _folded(translation: Translation, call: Call) -> tuple[Constant, ...] | None:
    node = call.node
    if node.operator == "Constant":
        return (_constant(call),)
    if node.operator in ("Shape", "Size"):
        return _shape(call)
    if not node.inputs or not all(one is None or isinstance(one, Constant) for one in call.inputs):
        return None
    constants = [one for one in call.inputs if isinstance(one, Constant)]
    fold = _FOLDS.get(node.operator)
    if (
        node.operator == "ScatterND"
        and constants
        and constants[0].fill is not None
        and constants[0].elements <= MOST_FOLDED
    ):
        constants[0] = constants[0]._replace(values=(constants[0].fill,) * constants[0].elements)
    picked = _picked(call, constants)
    if picked is not None:
        return (picked,)
    if fold is None or any(one.values is None for one in constants):
        return (_of_weights(call),)
    try:
        found = fold(call, constants)
    except (ArithmeticError, ValueError, IndexError, TypeError, KeyError) as error:
        raise Unknown(f"its constants do not fit together ({error})") from None
    return (with_sources(call, found),) if isinstance(found, Constant) else found


def _of_weights(call: Call) -> Constant:
    """What is made of weights whose values are not read, or by an operator that is not computed."""
    if call.node.operator in _KEEPING:
        return _kept(call.node.operator, call)
    weight = computed(call)
    if weight is not None:
        return weight
    if call.node.operator not in _FOLDS:
        raise Unknown("its inputs are constants, and it is not known how to compute it")
    raise Unknown("it is computed from weights alone")


def _shape(call: Call) -> tuple[Constant, ...] | None:
    """The shape of a tensor, computed or constant, or how many elements it has."""
    held = call.input(0)
    if not isinstance(held, Constant | Feature | Scores | Offsets | Spread):
        return None
    if isinstance(held, Spread):
        sizes = held.sizes
    else:
        sizes = held.dims if isinstance(held, Constant | Offsets) else sizes_of(held.layout)
    if call.node.operator == "Size":
        return (Constant((), (prod(sizes),), is_float=False),)
    sizes = sizes[call.attribute("start", 0) : call.attribute("end", len(sizes))]
    return (Constant((len(sizes),), tuple(sizes), is_float=False),)


def _constant(call: Call) -> Constant:
    for name in ("value", "value_float", "value_int", "value_floats", "value_ints", "sparse_value"):
        found = call.attribute(name)
        if isinstance(found, Constant):
            return in_graph(found._replace(name=call.node.outputs[0]))
        if isinstance(found, tuple):
            return Constant((len(found),), found, is_float=name == "value_floats")
        if found is not None:
            return Constant((), (found,), is_float=name == "value_float")
    raise Unknown("the constant has no value that is a number")


def in_graph(one: Constant) -> Constant:
    """A constant that is written among the nodes: one number for all elements is nothing learned, as the
    offsets that PyTorch's older exporter writes for a norm that has none.
    """
    is_uniform = one.elements > 1 and one.values is not None and len(set(one.values)) == 1
    return one._replace(is_spread=True) if is_uniform else one


_KEEPING = {
    "Identity", "Cast", "Reshape", "Transpose", "Unsqueeze", "Squeeze", "Flatten", "DequantizeLinear",
    "QuantizeLinear", "Expand",
}  # fmt: skip
"""What makes of a weight another form of the same weight."""


def _kept(name: str, call: Call) -> Constant:
    """A weight without values in another form: its new shape, and the name it has in the file."""
    weight = call.inputs[0] if call.inputs else None
    if not isinstance(weight, Constant):
        raise Unknown("the weight is missing")
    dims, order = weight.dims, ()
    if name == "Transpose":
        order = call.attribute("perm", tuple(range(len(dims)))[::-1])
        if sorted(order) != list(range(len(dims))):
            raise Unknown(f"attribute `perm` is {order}")
        dims = tuple(dims[axis] for axis in order)
    elif name == "Reshape":
        dims = new_sizes(dims, call.values(1, "the new shape") or (), call.attribute("allowzero", 0))
    elif name in ("Unsqueeze", "Squeeze"):
        axes = call.attribute("axes") or call.values(1, "`axes`")
        dims = unsqueezed(dims, axes or ()) if name == "Unsqueeze" else squeezed(dims, axes)
    elif name == "Expand":
        wanted = tuple(int(size) for size in call.values(1, "the new shape") or ())
        dims = (1,) * (len(wanted) - len(dims)) + dims
        if any(size not in (1, old) for size, old in zip(wanted[::-1], dims[::-1], strict=False)):
            raise Unknown(f"a weight of {list(weight.dims)} is repeated to {list(wanted)}")
    elif name == "Flatten":
        axis = call.attribute("axis", 1) % (len(dims) + 1)
        dims = (prod(dims[:axis]), prod(dims[axis:]))
    return weight._replace(
        dims=tuple(dims),
        values=None,
        is_float=True if "Quant" in name else weight.is_float,
        place=weight.place if name in _ORDERLY or (name == "Transpose" and weight.order is None) else None,
        order=(weight.dims, tuple(order)) if name == "Transpose" else weight.order,
        picks=None,
    )


_ORDERLY = {"Identity", "Reshape", "Unsqueeze", "Squeeze", "Flatten"}
"""What leaves the elements of a constant in their order."""
_MOVING = {*_ORDERLY, "Transpose", "Slice", "Gather", "Expand"}
"""What only moves the elements of a constant, or repeats them."""


def _picked(call: Call, constants: Sequence[Constant]) -> Constant | None:
    """What is made of the rows of a weight, which it keeps track of; ``None`` where nothing is."""
    if not constants:
        return None
    weight, operator = constants[0], call.node.operator
    is_lookup = operator == "Gather" and weight.is_float and bool(weight.name) and len(weight.dims) > 1
    if operator not in _MOVING or not (weight.picks or is_lookup):
        if weight.picks and weight.values is None:
            raise Unknown("it is computed from weights alone")
        return None
    if any(one.values is None for one in constants[1:]):
        raise Unknown("it is computed from weights alone")
    values = moved(call, constants) if weight.values is not None else None
    picks = weight.picks
    if picks is None and call.attribute("axis", 0) % len(weight.dims) == 0:
        size, indices = weight.dims[0], constants[1]
        rows = tuple(int(index) % size for index in indices.values or ())
        if any(not -size <= index < size for index in indices.values or ()):
            raise Unknown("its constants do not fit together (an index is outside)")
        picks = Picks(weight.name, weight.elements, rows, prod(weight.dims[1:]))
        return Constant(
            (*indices.dims, *weight.dims[1:]), None if values is None else values.values, picks=picks
        )
    if weight.elements > MOST_FOLDED:
        raise Unknown("it is computed from weights alone")
    codes = tuple(range(weight.elements)) if picks is None else picks.codes()
    name, elements = (weight.name, weight.elements) if picks is None else (picks.weight, picks.elements)
    made = moved(call, [weight._replace(values=codes), *constants[1:]])
    if made is None or made.values is None:
        raise Unknown("it is computed from weights alone")
    picks = Picks(name, elements, made.values, 1)
    return Constant(made.dims, None if values is None else values.values, picks=picks)


def moved(call: Call, constants: Sequence[Constant]) -> Constant | None:
    """What an operator that moves elements makes; ``None`` where it is too much."""
    try:
        found = _FOLDS[call.node.operator](call, list(constants))
    except (ArithmeticError, ValueError, IndexError, TypeError, KeyError):
        return None
    assert isinstance(found, Constant)
    return found


def new_sizes(sizes: Sequence[int], target: Sequence[int], allow_zero: int) -> tuple[int, ...]:
    """The sizes that ``Reshape`` gives.

    Raises:
        Unknown: where they are not those of as many elements.
    """
    found = [
        sizes[place] if size == 0 and not allow_zero and place < len(sizes) else int(size)
        for place, size in enumerate(target)
    ]
    known = prod(size for size in found if size != -1)
    if found.count(-1) > 1 or any(size < -1 for size in found):
        raise Unknown(f"a shape is {list(target)}")
    if -1 in found and known:
        found[found.index(-1)] = prod(sizes) // known
    if prod(found) != prod(sizes):
        raise Unknown(f"{'x'.join(map(str, sizes))} cannot be reshaped to {list(target)}")
    return tuple(found)


def unsqueezed(sizes: Sequence[Any], axes: Sequence[int], new: Any = 1) -> tuple[Any, ...]:
    rank = len(sizes) + len(axes)
    places = {int(axis) % rank for axis in axes} if rank else set()
    rest = iter(sizes)
    return tuple(new if place in places else next(rest) for place in range(rank))


def squeezed(sizes: Sequence[int], axes: Sequence[int] | None) -> tuple[int, ...]:
    gone = (
        {place for place, size in enumerate(sizes) if size == 1}
        if axes is None
        else {int(axis) % len(sizes) for axis in axes}
    )
    return tuple(size for place, size in enumerate(sizes) if place not in gone)


# Values


def _made(dims: Sequence[int], values: Sequence[Any], like: Constant | None = None) -> Constant:
    is_float = any(isinstance(value, float) for value in values) or (
        like is not None and like.is_float and not values
    )
    return Constant(tuple(dims), tuple(values), is_float=is_float)


def broadcast(constants: Sequence[Constant]) -> tuple[tuple[int, ...], list[list[Any]]]:
    """The common shape of some constants, and the values of each spread over it."""
    rank = max(len(one.dims) for one in constants)
    padded = [(1,) * (rank - len(one.dims)) + one.dims for one in constants]
    dims = tuple(0 if 0 in along else max(along) for along in zip(*padded, strict=True))
    if prod(dims) > MOST_FOLDED or any(
        size not in (1, dims[axis]) for one in padded for axis, size in enumerate(one)
    ):
        raise ValueError("shapes " + " and ".join(str(one.dims) for one in constants))
    spread = []
    for one, sizes in zip(constants, padded, strict=True):
        assert one.values is not None
        if sizes == dims:
            spread.append(list(one.values))
            continue
        steps = [step if size > 1 else 0 for step, size in zip(strides(sizes), sizes, strict=True)]
        spread.append([one.values[place] for place in places(map(range, dims), steps)])
    return dims, spread


Fold = Callable[["Call", list[Constant]], "Constant | tuple[Constant, ...]"]


def _elementwise(compute: Callable[..., Any]) -> Fold:
    def fold(call: Call, constants: list[Constant]) -> Constant:
        dims, values = broadcast(constants)
        return _made(dims, [compute(*one) for one in zip(*values, strict=True)], constants[0])

    return fold


def _divide(a: Any, b: Any) -> Any:
    if isinstance(a, int) and isinstance(b, int):
        quotient = abs(a) // abs(b)
        return quotient if (a < 0) == (b < 0) else -quotient
    return a / b


def _power(a: Any, b: Any) -> Any:
    if abs(b) > 64 or abs(a) > 2**31:
        raise ValueError("a power that large")
    return a**b


def _cast(call: Call, constants: list[Constant]) -> Constant:
    (one,) = constants
    to = call.attribute("to", 1)
    call.ignore("saturate", "round_mode")
    values = one.values or ()
    if to == 9:
        return one._replace(values=tuple(bool(value) for value in values), is_float=False)
    if to in (2, 3, 4, 5, 6, 7, 12, 13):
        return one._replace(values=tuple(int(value) for value in values), is_float=False)
    return one._replace(values=tuple(float(value) for value in values), is_float=True)


def _gather(call: Call, constants: list[Constant]) -> Constant:
    data, indices = constants
    axis = call.attribute("axis", 0) % len(data.dims)
    assert data.values is not None
    assert indices.values is not None
    outer, inner = prod(data.dims[:axis]), prod(data.dims[axis + 1 :])
    size = data.dims[axis]
    if outer * inner * indices.elements > MOST_FOLDED:
        raise ValueError("too many elements")
    if any(not -size <= index < size for index in indices.values):
        raise ValueError("an index is outside")
    values = [
        data.values[(before * size + index % size) * inner + after]
        for before in range(outer)
        for index in indices.values
        for after in range(inner)
    ]
    return _made((*data.dims[:axis], *indices.dims, *data.dims[axis + 1 :]), values, data)


def _concat(call: Call, constants: list[Constant]) -> Constant:
    axis = call.attribute("axis", 0) % max(len(constants[0].dims), 1)
    outer = prod(constants[0].dims[:axis])
    if any(len(one.dims) != len(constants[0].dims) for one in constants):
        raise ValueError("ranks differ")
    values: list[Any] = []
    for before in range(outer):
        for one in constants:
            width = prod(one.dims[axis:])
            values.extend((one.values or ())[before * width : (before + 1) * width])
    first = constants[0].dims
    return _made(
        (*first[:axis], sum(one.dims[axis] for one in constants), *first[axis + 1 :]), values, constants[0]
    )


def _slice(call: Call, constants: list[Constant]) -> Constant:
    data = constants[0]
    ranges = slices(call, data.dims)
    values = [(data.values or ())[place] for place in places(ranges, strides(data.dims))]
    return _made(tuple(map(len, ranges)), values, data)


def slices(call: Call, sizes: Sequence[int]) -> list[range]:
    """What ``Slice`` takes along each axis; the arguments are attributes before opset 10."""
    starts = call.attribute("starts") or call.values(1, "`starts`")
    ends = call.attribute("ends") or call.values(2, "`ends`")
    if starts is None or ends is None:
        raise Unknown("`starts` or `ends` is missing")
    axes = call.attribute("axes") or call.values(3, "`axes`") or tuple(range(len(starts)))
    steps = call.values(4, "`steps`") or (1,) * len(starts)
    if not len(starts) == len(ends) == len(axes) == len(steps):
        raise Unknown("`starts`, `ends`, `axes` and `steps` are not as many as each other")
    ranges = [range(size) for size in sizes]
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        if not step:
            raise Unknown("a step is 0")
        place = int(axis) % len(sizes)
        ranges[place] = range(sizes[place])[slice(int(start), _bounded(int(end), int(step)), int(step))]
    return ranges


def _bounded(end: int, step: int) -> int | None:
    return None if step < 0 and end < -(2**31) else end


def _keep_values(name: str) -> Fold:
    def fold(call: Call, constants: list[Constant]) -> Constant:
        call.ignore("axis", "block_size", "output_dtype", "saturate")
        found = _kept(name, call)
        return found._replace(values=constants[0].values)

    return fold


def _transpose(call: Call, constants: list[Constant]) -> Constant:
    (data,) = constants
    found = _kept("Transpose", call)
    order = call.attribute("perm", tuple(range(len(data.dims)))[::-1])
    steps = strides(data.dims)
    moved = places(map(range, found.dims), (steps[axis] for axis in order))
    return found._replace(values=tuple((data.values or ())[place] for place in moved))


def _filled(call: Call, constants: list[Constant]) -> Constant:
    """``ConstantOfShape``: its values are kept where they are few; it may be a weight of a light model."""
    dims = tuple(int(size) for size in constants[0].values or ())
    if any(size < 0 for size in dims):
        raise ValueError("a negative size")
    fill = call.attribute("value", Constant((1,), (0.0,)))
    value = (fill.values or (0.0,))[0]
    count = prod(dims)
    values = (value,) * count if count <= MOST_VALUES else None
    return Constant(dims, values, call.node.outputs[0], isinstance(value, float), fill=value)


def _scattered(call: Call, constants: list[Constant]) -> Constant:
    """``ScatterND``: some rows, or elements, replaced."""
    data, indices, updates = constants
    call.must_be("reduction", "none")
    depth = indices.dims[-1]
    width, steps = prod(data.dims[depth:]), strides(data.dims[:depth])
    if data.elements > MOST_FOLDED or updates.elements * depth != indices.elements * width:
        raise ValueError(f"shapes {data.dims}, {indices.dims} and {updates.dims}")
    values = list(data.values or ())
    numbers, new = indices.values or (), updates.values or ()
    for place in range(indices.elements // depth):
        index = numbers[place * depth : (place + 1) * depth]
        sizes = data.dims[:depth]
        if any(not -size <= one < size for one, size in zip(index, sizes, strict=True)):
            raise ValueError("an index is outside")
        first = sum(one % size * step for one, size, step in zip(index, sizes, steps, strict=True)) * width
        values[first : first + width] = new[place * width : (place + 1) * width]
    return _made(data.dims, values, data)


def _range(call: Call, constants: list[Constant]) -> Constant:
    start, stop, step = ((one.values or (0,))[0] for one in constants)
    count = max(math.ceil((stop - start) / step), 0)
    if count > MOST_FOLDED:
        raise ValueError("too many elements")
    return _made((count,), [start + place * step for place in range(count)], constants[0])


def _expand(call: Call, constants: list[Constant]) -> Constant:
    shape = Constant(tuple(int(size) for size in constants[1].values or ()), None)
    if shape.elements > MOST_FOLDED:
        raise ValueError("too many elements")
    dims, (values, _) = broadcast([constants[0], shape._replace(values=(0,) * shape.elements)])
    return _made(dims, values, constants[0])._replace(is_spread=constants[0].elements == 1)


def _tile(call: Call, constants: list[Constant]) -> Constant:
    data, counts = constants[0], [int(one) for one in constants[1].values or ()]
    if len(counts) != len(data.dims) or min(counts, default=0) < 0:
        raise ValueError(f"{list(data.dims)} repeated {counts} times")
    dims = tuple(size * count for size, count in zip(data.dims, counts, strict=True))
    if prod(dims) > MOST_FOLDED:
        raise ValueError("too many elements")
    rows = [[*range(size)] * count for size, count in zip(data.dims, counts, strict=True)]
    values = [(data.values or ())[place] for place in places(rows, strides(data.dims))]
    return _made(dims, values, data)


def _split(call: Call, constants: list[Constant]) -> tuple[Constant, ...]:
    data = constants[0]
    axis = call.attribute("axis", 0) % len(data.dims)
    parts = split_sizes(call, data.dims[axis])
    found, start = [], 0
    for size in parts:
        picked = Constant((size,), tuple(range(start, start + size)))
        found.append(_gather_of(data, picked, axis))
        start += size
    return tuple(found)


def _gather_of(data: Constant, indices: Constant, axis: int) -> Constant:
    outer, inner, size = prod(data.dims[:axis]), prod(data.dims[axis + 1 :]), data.dims[axis]
    values = [
        (data.values or ())[(before * size + index) * inner + after]
        for before in range(outer)
        for index in indices.values or ()
        for after in range(inner)
    ]
    return _made((*data.dims[:axis], *indices.dims, *data.dims[axis + 1 :]), values, data)


def split_sizes(call: Call, size: int) -> tuple[int, ...]:
    """The parts that ``Split`` makes: given, or as equal as can be."""
    outputs = len(call.node.outputs)
    given = call.attribute("split") or call.values(1, "`split`")
    if given:
        if sum(given) != size or min(given) < 0:
            raise Unknown(f"parts {list(given)} of {size} channels")
        if len(given) != outputs:
            raise Unknown(f"{len(given)} parts for {outputs} outputs")
        return tuple(int(part) for part in given)
    count = call.attribute("num_outputs", outputs)
    if count != outputs:
        raise Unknown(f"attribute `num_outputs` is {count} for {outputs} outputs")
    width = -(-size // count)
    return tuple(min(width, size - width * place) for place in range(count))


def _reduce(compute: Callable[[list[Any]], Any]) -> Fold:
    def fold(call: Call, constants: list[Constant]) -> Constant:
        data = constants[0]
        rank = len(data.dims)
        given = call.attribute("axes") or (constants[1].values if len(constants) > 1 else None)
        keep = call.attribute("keepdims", 1)
        call.ignore("noop_with_empty_axes")
        gone = {int(axis) % rank for axis in given} if given else set(range(rank))
        kept = tuple(1 if axis in gone else size for axis, size in enumerate(data.dims))
        steps = [0 if axis in gone else step for axis, step in enumerate(strides(kept))]
        parts: list[list[Any]] = [[] for _ in range(prod(kept))]
        for place, value in zip(places(map(range, data.dims), steps), data.values or (), strict=True):
            parts[place].append(value)
        dims = kept if keep else tuple(size for axis, size in enumerate(data.dims) if axis not in gone)
        return _made(dims, [compute(part) for part in parts], data)

    return fold


def _clip(call: Call, constants: list[Constant]) -> Constant:
    """Its limits are attributes before opset 11."""
    data = constants[0]
    low, high = (
        call.attribute(name) if call.input(place) is None else (call.values(place, "a limit") or (None,))[0]
        for place, name in ((1, "min"), (2, "max"))
    )
    values = data.values or ()
    if low is not None:
        values = tuple(max(value, low) for value in values)
    if high is not None:
        values = tuple(min(value, high) for value in values)
    return _made(data.dims, values, data)


def _modulo(call: Call, constants: list[Constant]) -> Constant | tuple[Constant, ...]:
    """``Mod`` with C's or Python's sign."""
    c_like = call.attribute("fmod", 0)
    return _elementwise(math.fmod if c_like else operator.mod)(call, constants)


_FOLDS: dict[str, Fold] = {
    "Add": _elementwise(operator.add),
    "Sub": _elementwise(operator.sub),
    "Mul": _elementwise(operator.mul),
    "Div": _elementwise(_divide),
    "Mod": _modulo,
    "Pow": _elementwise(_power),
    "Min": _elementwise(lambda *values: min(values)),
    "Max": _elementwise(lambda *values: max(values)),
    "Neg": _elementwise(operator.neg),
    "Abs": _elementwise(abs),
    "Floor": _elementwise(lambda value: float(math.floor(value))),
    "Ceil": _elementwise(lambda value: float(math.ceil(value))),
    "Round": _elementwise(lambda value: float(round(value))),
    "Sqrt": _elementwise(math.sqrt),
    "Exp": _elementwise(math.exp),
    "Log": _elementwise(math.log),
    "Reciprocal": _elementwise(lambda value: 1 / value),
    "Equal": _elementwise(operator.eq),
    "Less": _elementwise(operator.lt),
    "Greater": _elementwise(operator.gt),
    "LessOrEqual": _elementwise(operator.le),
    "GreaterOrEqual": _elementwise(operator.ge),
    "Not": _elementwise(operator.not_),
    "And": _elementwise(lambda a, b: bool(a and b)),
    "Or": _elementwise(lambda a, b: bool(a or b)),
    "Where": _elementwise(lambda condition, a, b: a if condition else b),
    "Cast": _cast,
    "Clip": _clip,
    "Gather": _gather,
    "Concat": _concat,
    "Slice": _slice,
    "Split": _split,
    "Transpose": _transpose,
    "ConstantOfShape": _filled,
    "ScatterND": _scattered,
    "Range": _range,
    "Expand": _expand,
    "Tile": _tile,
    "ReduceProd": _reduce(prod),
    "ReduceSum": _reduce(sum),
    "ReduceMean": _reduce(lambda values: _divide(sum(values), len(values))),
    "ReduceMax": _reduce(max),
    "ReduceMin": _reduce(min),
    **{name: _keep_values(name) for name in _ORDERLY},
}


def is_folded(name: str) -> bool:
    """Whether an operator is computed here where its inputs are known."""
    return name in _FOLDS or name in _KEEPING or name in ("Constant", "Shape", "Size")
