"""Normalisation in the forms in which exporters write it as several nodes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.importers.onnx.files import floats, integers, node, weights
from tests.importers.onnx.test_translation import network, ops

NUMBERS = [
    floats("2", [2.0], []),
    floats("eps", [1e-5], []),
    floats("half", [0.5], []),
    floats("-half", [-0.5], []),
]
LESS = [node("Sub", ["x", "m"], ["d"])]
SQUARES = [*LESS, node("Mul", ["d", "d"], ["q"])]
ROOT = [node("Add", ["v", "eps"], ["e"]), node("Sqrt", ["e"], ["s"])]
DIVIDED = [*ROOT, node("Div", ["d", "s"], ["n"])]
AFFINE = [node("Mul", ["g", "n"], ["p"]), node("Add", ["p", "b"], ["y"])]


def mean(name: str, of: str, axes: Sequence[int]) -> bytes:
    return node("ReduceMean", [of], [name], axes=axes)


def moments(axes: Sequence[int], squares: list[bytes] = SQUARES) -> list[bytes]:
    return [mean("m", "x", axes), *squares, mean("v", "q", axes)]


KERAS = [
    *moments([1]), *ROOT, node("Reciprocal", ["s"], ["r"]), node("Mul", ["r", "g"], ["k"]), node("Mul", ["x", "k"], ["scaled"]),
]  # fmt: skip
"""As Keras computes it: with one factor for the tensor and for its mean."""


@pytest.mark.parametrize(
    ("nodes", "op", "given", "params"),
    [
        ([*moments([1]), *DIVIDED, *AFFINE], "ln", {}, 8),
        ([*moments([1], [*LESS, node("Pow", ["d", "2"], ["q"])]), *DIVIDED, *AFFINE], "ln", {}, 8),
        ([*moments([1]), *DIVIDED, node("Mul", ["n", "g"], ["y"])], "ln", {"beta": False}, 4),
        ([*moments([1]), *ROOT, node("Div", ["d", "s"], ["y"])], "ln", {"affine": False}, 0),
        ([*moments([1]), *ROOT, node("Reciprocal", ["s"], ["r"]), node("Mul", ["r", "d"], ["y"])], "ln", {"affine": False}, 0),
        ([*moments([1]), node("Add", ["eps", "v"], ["e"]), node("Pow", ["e", "half"], ["s"]), node("Div", ["d", "s"], ["n"]), *AFFINE], "ln", {}, 8),
        ([*moments([1]), node("Add", ["v", "eps"], ["e"]), node("Pow", ["e", "-half"], ["r"]), node("Mul", ["d", "r"], ["y"])], "ln", {"affine": False}, 0),
        ([*moments([1]), node("Sqrt", ["v"], ["r"]), node("Add", ["r", "eps"], ["s"]), node("Div", ["d", "s"], ["n"]), *AFFINE], "ln", {}, 8),
        ([mean("m", "x", [1]), *LESS, node("Mul", ["x", "x"], ["xx"]), mean("mm", "xx", [1]), node("Mul", ["m", "m"], ["m2"]), node("Sub", ["mm", "m2"], ["v"]), *DIVIDED, *AFFINE], "ln", {}, 8),
        ([*KERAS, node("Mul", ["m", "k"], ["mk"]), node("Sub", ["b", "mk"], ["o"]), node("Add", ["scaled", "o"], ["y"])], "ln", {}, 8),
        ([*KERAS, node("Neg", ["m"], ["-m"]), node("Mul", ["-m", "k"], ["mk"]), node("Add", ["mk", "b"], ["o"]), node("Add", ["scaled", "o"], ["y"])], "ln", {}, 8),
        ([*KERAS, node("Mul", ["m", "k"], ["mk"]), node("Sub", ["scaled", "mk"], ["y"])], "ln", {"beta": False}, 4),
        ([*moments([2, 3]), *DIVIDED, *AFFINE], "instance_norm", {"affine": True}, 8),
        ([*moments([2, 3]), *ROOT, node("Div", ["d", "s"], ["y"])], "instance_norm", {"affine": False}, 0),
        ([*moments([1, 2, 3]), *DIVIDED, *AFFINE], "gn", {"groups": 1}, 8),
    ],
)  # fmt: skip
def test_moments_of_any_form_are_one_norm(
    nodes: list[bytes], op: str, given: dict[str, object], params: int, tmp_path: Path
) -> None:
    constants = [*NUMBERS, weights("g", [4, 1, 1]), weights("b", [4, 1, 1])]
    found = network(tmp_path, nodes, constants)
    assert (ops(found), found.items[0].arguments) == ([op], given)
    assert found.stated.params == params


@pytest.mark.parametrize(
    "nodes",
    [
        [mean("m", "x", [1]), *SQUARES, mean("v", "q", [2, 3]), *DIVIDED, *AFFINE],  # along other axes
        [mean("m", "x", [1]), *LESS, node("Mul", ["x", "x"], ["q"]), mean("v", "q", [1]), *DIVIDED, *AFFINE],  # of no difference
        [node("Relu", ["x"], ["z"]), mean("m", "z", [1]), *SQUARES, mean("v", "q", [1]), *DIVIDED, *AFFINE],  # of another tensor
    ],
)  # fmt: skip
def test_what_is_divided_by_something_else_is_no_norm(nodes: list[bytes], tmp_path: Path) -> None:
    constants = [*NUMBERS, weights("g", [4, 1, 1]), weights("b", [4, 1, 1])]
    assert "div" in ops(network(tmp_path, nodes, constants))


def test_a_normal_that_is_read_twice_keeps_its_factors_apart(tmp_path: Path) -> None:
    nodes = [
        *moments([1]),
        *DIVIDED,
        node("Mul", ["n", "g"], ["p"]),
        node("Relu", ["n"], ["r"]),
        node("Add", ["p", "r"], ["y"]),
    ]
    found = network(tmp_path, nodes, [*NUMBERS, weights("g", [4, 1, 1])])
    assert sorted(ops(found)) == ["add", "ln", "relu", "scale"]
    assert found.stated.params == 4


GROUPS = [
    node("Reshape", ["x", "groups"], ["r"]),
    node("InstanceNormalization", ["r", "ones", "zeros"], ["i"]),
]


@pytest.mark.parametrize(
    ("nodes", "given", "params"),
    [
        ([node("Reshape", ["i", "back"], ["n"]), *AFFINE], {}, 8),
        ([node("Reshape", ["i", "back"], ["n"]), node("Mul", ["n", "g"], ["y"])], {"beta": False}, 4),
        ([node("Reshape", ["i", "back"], ["y"])], {"affine": False}, 0),
    ],
)
def test_instance_norm_of_groups_is_a_group_norm(
    nodes: list[bytes], given: dict[str, object], params: int, tmp_path: Path
) -> None:
    """As PyTorch's exporters write it."""
    constants = [
        integers("groups", [0, 2, -1]), integers("back", [1, 4, 8, 8]), floats("ones", [1.0, 1.0]), floats("zeros", [0.0, 0.0]),
        weights("g", [4, 1, 1]), weights("b", [4, 1, 1]),
    ]  # fmt: skip
    found = network(tmp_path, [*GROUPS, *nodes], constants)
    assert (ops(found), found.items[0].arguments) == (["gn"], {"groups": 2, **given})
    assert found.stated.params == params


def test_gelu_of_a_product_is_one_function(tmp_path: Path) -> None:
    nodes = [
        node("Sigmoid", ["x"], ["gate"]), node("Relu", ["x"], ["r"]), node("Mul", ["r", "gate"], ["p"]), node("Div", ["p", "root"], ["a"]),
        node("Erf", ["a"], ["f"]), node("Add", ["f", "1"], ["c"]), node("Mul", ["p", "c"], ["h"]), node("Mul", ["h", "half"], ["y"]),
    ]  # fmt: skip
    constants = [*NUMBERS, floats("1", [1.0], []), floats("root", [2**0.5], [])]
    assert ops(network(tmp_path, nodes, constants)) == ["sigmoid", "relu", "mul", "gelu"]


@pytest.mark.parametrize(
    ("name", "number", "params"),
    [
        ("/norm/Constant_1_output_0", 0.0, 4),
        ("Constant_output_0", 0.0, 4),
        ("/norm/Constant_output_0", 0.5, 8),
        ("norm.bias", 0.0, 8),
    ],
)
def test_offsets_that_are_no_parameter_are_not_learned(
    name: str, number: float, params: int, tmp_path: Path
) -> None:
    """A norm without them, as PyTorch's older exporter writes it and tools store it."""
    nodes = [
        node("Transpose", ["x"], ["t"], perm=[0, 2, 3, 1]),
        node("LayerNormalization", ["t", "g", name], ["l"]),
        node("Transpose", ["l"], ["y"], perm=[0, 3, 1, 2]),
    ]
    found = network(tmp_path, nodes, [weights("g", [4]), floats(name, [number, 0.0, 0.0, 0.0])])
    assert (ops(found), found.stated.params) == (["ln"], params)
