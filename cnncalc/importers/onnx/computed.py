"""Weights that a graph computes of weights: their shape, and the learned numbers that they are made of."""

from __future__ import annotations

from collections.abc import Sequence

from cnncalc.importers.onnx.call import Call
from cnncalc.importers.onnx.file import Constant
from cnncalc.importers.onnx.held import Unknown

_ELEMENTWISE = {
    "Add", "Sub", "Mul", "Div", "Pow", "Sqrt", "Reciprocal", "Neg", "Abs", "Exp", "Clip", "Max", "Min",
}  # fmt: skip
_REDUCTIONS = {
    "ReduceMean", "ReduceSum", "ReduceSumSquare", "ReduceL1", "ReduceL2", "ReduceMax", "ReduceMin",
}  # fmt: skip
_NORMS = {"BatchNormalization", "InstanceNormalization", "LayerNormalization", "MeanVarianceNormalization"}
"""They take what they normalise, factors and offsets; statistics follow, which are not learned."""


def computed(call: Call) -> Constant | None:
    """What is made of weights whose values are not read; ``None`` where nothing of it is learned."""
    operator, constants = call.node.operator, [one for one in call.inputs if isinstance(one, Constant)]
    if operator not in _ELEMENTWISE | _REDUCTIONS | _NORMS or not constants:
        return None
    sources = sources_of(call)
    if not sources:
        return None
    dims = constants[0].dims
    if operator in _ELEMENTWISE:
        dims = _common([one.dims for one in constants])
    elif operator in _REDUCTIONS:
        dims = _reduced(call, dims)
    return Constant(dims, None, made_of=sources)


def with_sources(call: Call, found: Constant) -> Constant:
    """A constant that was computed, with the weights that it is made of."""
    if call.node.operator not in _ELEMENTWISE | _REDUCTIONS or not found.is_float:
        return found
    return found._replace(made_of=sources_of(call))


def sources_of(call: Call) -> tuple[tuple[str, int], ...]:
    """The names of the weights that a node computes with, and the elements of each."""
    constants = [one for one in call.inputs if isinstance(one, Constant)]
    if call.node.operator in _NORMS:
        constants = [constants[0], *(one for one in constants[1:3] if not _is_bare(one))]
    found: dict[str, int] = {}
    for one in constants:
        is_weight = one.name and one.is_float and one.elements > 1 and not one.is_spread
        found.update(one.made_of or ([(one.name, one.elements)] if is_weight else ()))
    return tuple(found.items())


def _is_bare(one: Constant) -> bool:
    """Whether factors or offsets are the ones or zeros of a norm that has none."""
    return one.values is not None and set(one.values) in ({0}, {1})


def _common(all_dims: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    rank = max(map(len, all_dims))
    padded = [(1,) * (rank - len(dims)) + dims for dims in all_dims]
    if any(len(set(along) - {1}) > 1 for along in zip(*padded, strict=True)):
        raise Unknown("its constants do not fit together")
    return tuple(map(max, zip(*padded, strict=True)))


def _reduced(call: Call, dims: tuple[int, ...]) -> tuple[int, ...]:
    given = call.attribute("axes") or call.values(1, "`axes`")
    gone = {int(axis) % len(dims) for axis in given} if given else set(range(len(dims)))
    if call.attribute("keepdims", 1):
        return tuple(1 if axis in gone else size for axis, size in enumerate(dims))
    return tuple(size for axis, size in enumerate(dims) if axis not in gone)
