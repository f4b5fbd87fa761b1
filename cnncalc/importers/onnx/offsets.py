"""What is added to the scores of attention in ONNX files: learned positions, and masks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from cnncalc.importers.onnx.call import Call
from cnncalc.importers.onnx.file import Constant, numbers_of, places, strides
from cnncalc.importers.onnx.folding import MOST_FOLDED, broadcast, moved
from cnncalc.importers.onnx.held import ATTENTION_HELP, KEYS, Feature, Offsets, Scores, Term, Unknown
from cnncalc.importers.onnx.layout import (
    BATCH,
    CHANNELS,
    Atom,
    Layout,
    known,
    size_of,
    sizes_of,
    times,
    whole,
)
from cnncalc.importers.onnx.translation import Translation

MASKED = -50.0
"""What is added to the scores of positions that are not to see each other, or less."""
FEWEST_DIFFERENT = 0.9
"""The share of learned numbers that differ from each other."""


def added(translation: Translation, scores: Scores, other: Constant | Offsets) -> Scores:
    """Scores with something added that the language has a word for."""
    if isinstance(other, Offsets):
        return _by_axes(translation, scores, other)
    dims = _aligned(scores.layout, other.dims)
    if dims is None:
        raise Unknown(
            f"to scores of {times(map(size_of, scores.layout))} it adds {times(other.dims)}", ATTENTION_HELP
        )
    if other.picks is None:
        numbers = numbers_of(translation.file, other, MOST_FOLDED)
        if numbers is None:
            raise Unknown(
                f"the {times(other.dims)} numbers that are added to scores are not in the file, or too many",
                ATTENTION_HELP,
            )
        if all(number == 0 or number <= MASKED for number in numbers) and any(numbers):
            return _masked(translation, scores, dims, numbers)
        return _tabled(translation, scores, dims, numbers, other.name, None)
    if other.elements > MOST_FOLDED:
        raise Unknown(f"{times(other.dims)} learned numbers are added to scores", ATTENTION_HELP)
    picks = other.picks
    return _tabled(translation, scores, dims, picks.codes(), picks.weight, picks.elements)


def _aligned(layout: Layout, dims: Sequence[int]) -> tuple[int, ...] | None:
    """The sizes of what is spread over axes, one for each; ``None`` where it does not fit."""
    found = (1,) * (len(layout) - len(dims)) + tuple(dims)
    if len(found) != len(layout) or any(
        size not in (1, size_of(dim)) for size, dim in zip(found, layout, strict=True)
    ):
        return None
    return found


def _sums(layout: Layout, dims: Sequence[int], factor: Callable[[Atom], int]) -> list[int]:
    """For each element of what is spread over axes, its places on them, each times a factor, added up."""
    atoms = [atom for dim, size in zip(layout, dims, strict=True) if size > 1 for atom in dim]
    return places((range(atom.size) for atom in atoms), map(factor, atoms))


# A number for each head and offset


def _tabled(
    translation: Translation,
    scores: Scores,
    dims: tuple[int, ...],
    numbers: Sequence[Any],
    name: str,
    elements: int | None,
) -> Scores:
    """Scores with a table of a number for each head and offset of two positions: numbers of the file, or
    elements of a weight with so many.
    """
    sizes = scores.sizes(translation.shapes)
    spans = [2 * size - 1 for size in sizes]
    steps = strides(spans)
    of_head = prod(spans)

    def factor(atom: Atom) -> int:
        if atom.axis == CHANNELS:
            return atom.stride * of_head
        if atom.axis == BATCH or (atom.axis < KEYS and atom.stride >= sizes[atom.axis - 1]):
            return 0
        axis = atom.axis % KEYS
        return atom.stride * steps[axis - 1] * (1 if atom.axis < KEYS else -1)

    spread = {atom for dim, size in zip(scores.layout, dims, strict=True) if size == 1 for atom in dim}
    if scores.has_table or any(map(factor, spread)) or scores.key_sizes(translation.shapes) != sizes:
        raise Unknown(
            f"the {times(dims)} numbers that are added to scores are not one for each head and offset",
            ATTENTION_HELP,
        )
    found: dict[int, Any] = {}
    for offset, number in zip(_sums(scores.layout, dims, factor), numbers, strict=True):
        if found.setdefault(offset, number) != number:
            raise Unknown(
                f"the {times(dims)} numbers that are added to scores differ at one offset: they are no "
                "table of relative positions",
                ATTENTION_HELP,
            )
    count = scores.heads * of_head
    different = len(set(found.values()))
    if elements is not None and (elements, different) != (count, count):
        raise Unknown(
            f"of {elements:,} learned numbers {different:,} are added to scores, and there are {count:,} "
            "offsets of its heads",
            ATTENTION_HELP,
        )
    if elements is None and different < FEWEST_DIFFERENT * count:
        raise Unknown(
            f"of {count:,} numbers that are added to scores {different:,} are different: whether one is "
            "learned for each offset is not known",
            ATTENTION_HELP,
        )
    _counted(translation, name, count)
    return scores._replace(has_table=True)


def _counted(translation: Translation, name: str, count: int) -> None:
    """Count a weight, which no other layer uses."""
    if not name or name in translation.weights:
        raise Unknown("its learned positions are used by several layers, or not in the file", ATTENTION_HELP)
    translation.weights[name] = count


# A mask of what comes together from both ends of a map


def _masked(
    translation: Translation, scores: Scores, dims: tuple[int, ...], numbers: Sequence[Any]
) -> Scores:
    """Scores with a mask between the positions of each block that only the moving brought together."""
    sizes = known(translation.shapes[scores.query])[1:]
    blocks = scores.blocks or sizes
    apart = [0] * prod(dims)
    for axis, (size, block, by) in enumerate(zip(sizes, blocks, scores.moved, strict=True), 1):
        if block == size or not by % block:
            continue
        sides = []
        for of_keys in (0, KEYS):
            taken = {(axis, True), (axis + of_keys, False)}
            at = _sums(
                scores.layout,
                dims,
                lambda atom, taken=taken, block=block: (  # type: ignore[misc]
                    atom.stride if (atom.axis, atom.stride >= block) in taken else 0
                ),
            )
            sides.append([place >= size - by for place in at])
        if any(
            atom.axis % KEYS == axis
            for dim, one in zip(scores.layout, dims, strict=True)
            if one == 1
            for atom in dim
        ):
            raise _no_mask()
        apart = [one or mine != theirs for one, mine, theirs in zip(apart, *sides, strict=True)]
    if any(bool(number) != bool(is_apart) for number, is_apart in zip(numbers, apart, strict=True)):
        raise _no_mask()
    return scores._replace(is_masked=True)


def _no_mask() -> Unknown:
    return Unknown(
        "its mask is not that between positions of a moved block from both ends of the map", ATTENTION_HELP
    )


# A vector for each offset along an axis


def by_head(dims: Layout, head: int) -> Layout:
    """Axes whose channels are numbered by head."""
    return tuple(
        tuple(atom._replace(stride=atom.stride // head) if atom.axis == CHANNELS else atom for atom in dim)
        for dim in dims
    )


def equation(call: Call) -> tuple[list[str], str]:
    """The letters of each input and of the output of ``Einsum``."""
    text = str(call.attribute("equation", "")).replace(" ", "")
    read, arrow, made = text.partition("->")
    letters = read.split(",")
    is_plain = all(one.isalpha() and len(set(one)) == len(one) for one in (*letters, made))
    ranks = [len(_sizes_of(one)) for one in call.inputs]
    if not arrow or not is_plain or [*map(len, letters)] != ranks:
        raise Unknown(f"attribute `equation` is {text}, for inputs of {times(ranks)} axes")
    return letters, made


def _sizes_of(held: object) -> tuple[int, ...]:
    if isinstance(held, Constant | Offsets):
        return held.dims
    return sizes_of(held.layout) if isinstance(held, Feature | Scores) else ()


def by_vectors(
    translation: Translation, call: Call, feature: Feature, table: Constant, dims: Sequence[int]
) -> bool:
    """Whether a matrix multiplies the channels of each head: vectors for the queries of attention."""
    channels = known(translation.shapes[feature.tensor])[0]
    width, rows = dims
    if width in (1, channels) or feature.layout[-1] != whole(CHANNELS, width) or channels % width:
        return False
    size = prod(feature.sizes[:-1]) * rows
    if size > MOST_FOLDED:
        return False
    term = _term(feature.layout[:-1], table, rows, width, tuple(range(size)))
    made = Offsets(feature.tensor, (*feature.sizes[:-1], rows), (term,))
    translation.held[call.node.outputs[0]] = made
    return True


def looked_up(translation: Translation, call: Call) -> bool:
    """Whether ``Einsum`` is the product of queries with vectors, or with one of them for each offset."""
    feature, table = call.input(0), call.input(1)
    if not isinstance(feature, Feature) or not isinstance(table, Constant) or len(call.node.inputs) != 2:
        return False
    (first, second), result = equation(call)
    summed = set(first) & set(second) - set(result)
    if len(summed) != 1 or set(result) != (set(first) | set(second)) - summed:
        return False
    (inner,) = summed
    width = table.dims[second.index(inner)]
    sizes = {**dict(zip(second, table.dims, strict=True)), **dict(zip(first, feature.sizes, strict=True))}
    total = prod(sizes[letter] for letter in result)
    if feature.layout[first.index(inner)] != whole(CHANNELS, width) or total > MOST_FOLDED:
        return False
    picks = table.picks
    if picks is None and len(second) != 2:
        return False
    if picks is not None and (second[-1] != inner or picks.width != width):
        return False
    count = table.elements // width if picks is None else picks.elements // width
    chosen: Sequence[int] = range(count) if picks is None else picks.rows
    mine, theirs = (letters.replace(inner, "") for letters in (first, second))
    by_query, by_row = (
        places((range(sizes[letter]) for letter in result), (steps.get(letter, 0) for letter in result))
        for letters in (mine, theirs)
        for steps in (dict(zip(letters, strides([sizes[letter] for letter in letters]), strict=True)),)
    )
    codes = tuple(query * count + chosen[row] for query, row in zip(by_query, by_row, strict=True))
    axes = dict(zip(first, feature.layout, strict=True))
    layout = tuple(axes[letter] for letter in mine)
    name = table if picks is None else table._replace(name=picks.weight)
    term = _term(layout, name, count, width, codes)
    dims = tuple(sizes[letter] for letter in result)
    translation.held[call.node.outputs[0]] = Offsets(feature.tensor, dims, (term,))
    return True


def _term(layout: Layout, table: Constant, rows: int, width: int, codes: tuple[int, ...]) -> Term:
    """The product of queries laid out so with the vectors of a table."""
    atoms = [atom for dim in by_head(layout, width) for atom in dim]
    steps = strides([atom.size for atom in atoms])
    return Term(table.name, rows, width, tuple(zip(atoms, steps, strict=True)), codes)


_MOVING = ("Reshape", "Transpose", "Unsqueeze", "Squeeze", "Flatten", "Slice", "Gather", "Expand")


def continued_offsets(translation: Translation, call: Call) -> None:
    """A node that brings what vectors give into another order, or adds it up."""
    operator, output = call.node.operator, call.node.outputs[0]
    one = next(one for one in call.inputs if isinstance(one, Offsets))
    others = [other for other in call.inputs if other is not one and other is not None]
    if operator in ("Identity", "Cast") or (
        operator in ("Mul", "Div")
        and all(isinstance(other, Constant) and other.elements == 1 for other in others)
    ):
        call.ignore("to", "saturate", "round_mode", "axis", "broadcast")
        translation.held[output] = one
    elif operator in ("Add", "Sum") and len(others) == 1 and isinstance(others[0], Offsets):
        translation.held[output] = _total(one, others[0])
    elif operator in (*_MOVING, "Pad", "Concat") and all(isinstance(other, Constant) for other in others):
        move = {"Pad": _padded, "Concat": _joined}.get(operator, _moved)
        found = [move(call, one.dims, term.codes) for term in one.terms]
        terms = tuple(
            term._replace(codes=made.values or ()) for term, made in zip(one.terms, found, strict=True)
        )
        translation.held[output] = one._replace(dims=found[0].dims, terms=terms)
    else:
        raise Unknown(
            "a matrix multiplies the channels of each head, and what it gives is not added to scores of "
            "attention",
            ATTENTION_HELP,
        )


def _total(one: Offsets, other: Offsets) -> Offsets:
    if one.query != other.query:
        raise Unknown("what learned vectors give for different queries is added up", ATTENTION_HELP)
    if one.dims == other.dims:
        return one._replace(terms=(*one.terms, *other.terms))
    constants = [Constant(side.dims, term.codes) for side in (one, other) for term in side.terms]
    try:
        dims, codes = broadcast(constants)
    except ValueError as error:
        raise Unknown(f"it adds what does not fit together ({error})") from None
    terms = [
        term._replace(codes=tuple(made)) for term, made in zip((*one.terms, *other.terms), codes, strict=True)
    ]
    return one._replace(dims=dims, terms=tuple(terms))


def _moved(call: Call, dims: tuple[int, ...], codes: tuple[int, ...]) -> Constant:
    """The elements in the order into which an operator brings them."""
    inputs = (Constant(dims, codes), *call.inputs[1:])
    inner = Call(call.node, inputs, call.node.attributes)
    call.ignore(*call.node.attributes)
    found = moved(inner, [one for one in inputs if isinstance(one, Constant)])
    if found is None or found.values is None:
        raise Unknown("what learned vectors give is brought into an order that does not fit", ATTENTION_HELP)
    return found


def _padded(call: Call, dims: tuple[int, ...], codes: tuple[int, ...]) -> Constant:
    pads = call.attribute("pads") or call.values(1, "`pads`") or ()
    call.ignore("mode", "value")
    rank = len(dims)
    axes = call.values(3, "`axes`") or tuple(range(rank))
    if len(pads) != 2 * len(axes):
        raise Unknown(f"`pads` is {list(pads)}")
    pairs = {int(axis) % rank: (pads[place], pads[place + len(axes)]) for place, axis in enumerate(axes)}
    sizes = list(dims)
    found = list(codes)
    for axis, (before, after) in sorted(pairs.items(), reverse=True):
        width = prod(sizes[axis + 1 :])
        chunk = sizes[axis] * width
        sizes[axis] += before + after
        if min(before, after) < 0 or prod(sizes) > MOST_FOLDED:
            raise Unknown(f"`pads` is {list(pads)}")
        found = [
            code
            for start in range(0, len(found), chunk)
            for part in ([-1] * (before * width), found[start : start + chunk], [-1] * (after * width))
            for code in part
        ]
    return Constant(tuple(sizes), tuple(found))


def _joined(call: Call, dims: tuple[int, ...], codes: tuple[int, ...]) -> Constant:
    """With constants, which are nothing that vectors give."""
    inputs = tuple(
        Constant(one.dims, (-1,) * one.elements) if isinstance(one, Constant) else Constant(dims, codes)
        for one in call.inputs
    )
    if sum(one.elements for one in inputs) > MOST_FOLDED:
        raise Unknown("what learned vectors give is joined with too much")
    call.ignore("axis")
    found = moved(Call(call.node, inputs, call.node.attributes), list(inputs))
    if found is None or found.values is None:
        raise Unknown("what learned vectors give is joined with what does not fit", ATTENTION_HELP)
    return found


def _by_axes(translation: Translation, scores: Scores, other: Offsets) -> Scores:
    dims = _aligned(scores.layout, other.dims)
    if (
        other.query != scores.query
        or dims is None
        or scores.key_sizes(translation.shapes) != scores.sizes(translation.shapes)
    ):
        raise Unknown("what is added to scores is of other queries or positions", ATTENTION_HELP)
    found = scores
    for term in other.terms:
        axis = _axis_of(translation, found, dims, term)
        _counted(translation, term.table, term.rows * term.width)
        found = found._replace(along=(*found.along, axis), reads=found.reads + 1)
    return found


def _axis_of(translation: Translation, scores: Scores, dims: tuple[int, ...], term: Term) -> int:
    """The axis along whose offsets a term has its vectors: each of its elements is held to that."""
    sizes = scores.sizes(translation.shapes)
    spread = [atom for dim, size in zip(scores.layout, dims, strict=True) if size == 1 for atom in dim]
    for axis, size in enumerate(sizes, 1):
        if axis in scores.along or term.rows != 2 * size - 1 or term.width != scores.head:
            continue
        for sign in (1, -1):

            def factor(atom: Atom, axis: int = axis, size: int = size, sign: int = sign) -> int:
                if atom.axis >= KEYS:
                    return sign * atom.stride if atom.axis == axis + KEYS else 0
                own = term.step_of(atom) * term.rows
                return own - sign * atom.stride if atom.axis == axis and atom.stride < size else own

            if not any(map(factor, spread)):
                expected = [code + size - 1 for code in _sums(scores.layout, dims, factor)]
                if expected == list(term.codes):
                    return axis
    raise Unknown(
        f"what {term.rows} learned vectors give for each query is not added by the offset along an axis",
        ATTENTION_HELP,
    )
