"""Joins as ONNX operators: concatenation, and arithmetic whose inputs are spread over each other."""

from __future__ import annotations

from cnncalc.exporters.onnx.writing import Call, Writing, writes

_OPERATORS = {"add": "Add", "sub": "Sub", "mul": "Mul", "div": "Div", "max": "Max"}
_MANY = {"add": "Sum", "max": "Max"}
"""Operators of any number of inputs."""


@writes("concat")
def concat(writing: Writing, call: Call) -> str:
    return writing.node("Concat", *call.inputs, axis=1)


@writes(*_OPERATORS)
def arithmetic(writing: Writing, call: Call) -> str:
    op, rank = call.layer.op, call.record.shape.rank
    tensors = [
        tensor if shape.rank == rank else _in_axes(writing, tensor, rank)
        for tensor, shape in zip(call.inputs, call.shapes, strict=True)
    ]
    if len(tensors) == 1:
        return writing.node("Identity", *tensors)
    if len(tensors) > 2 and op in _MANY:
        return writing.node(_MANY[op], *tensors)
    found, *others = tensors
    for other in others:
        found = writing.node(_OPERATORS[op], found, other)
    return found


def _in_axes(writing: Writing, tensor: str, rank: int) -> str:
    """A vector as a map of one position."""
    return writing.node("Unsqueeze", tensor, writing.integers(range(2, 2 + rank)))
