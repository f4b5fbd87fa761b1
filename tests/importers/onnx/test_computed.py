"""Weights that a graph computes of weights: standardised ones, and those with a gain."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.importers.onnx.files import floats, integers, node, weights
from tests.importers.onnx.test_translation import network, ops, refusal

CONV = node("Conv", ["x", "w"], ["y"])
MOMENTS = [
    node("ReduceMean", ["v"], ["mean"], axes=[1, 2, 3]),
    node("Sub", ["v", "mean"], ["d"]),
    node("Mul", ["d", "d"], ["square"]),
    node("ReduceMean", ["square"], ["var"], axes=[1, 2, 3]),
]
STANDARDISED = [*MOMENTS, node("Sqrt", ["var"], ["std"]), node("Div", ["d", "std"], ["s"])]
NORMED = [node("ReduceL2", ["v"], ["norm"], axes=[1, 2, 3]), node("Div", ["v", "norm"], ["s"])]
AS_BATCH_NORM = [
    node("Reshape", ["v", "line"], ["lines"]),
    node("ReduceMean", ["copy"], ["mean"], axes=[0, 1], keepdims=0),
    node("BatchNormalization", ["lines", "g", "zeros", "mean", "mean"], ["s"], training_mode=1),
    node("Reshape", ["s", "back"], ["w"]),
]
"""As PyTorch writes `batch_norm` of a weight: the mean is that of another copy of it."""


@pytest.mark.parametrize(
    ("nodes", "words", "learned"),
    [
        ([*STANDARDISED, node("Identity", ["s"], ["w"])], ["conv"], 0),
        ([*STANDARDISED, node("Mul", ["s", "g"], ["w"])], ["conv", "scale"], 8),
        ([*NORMED, node("Mul", ["s", "g"], ["w"])], ["conv", "scale"], 8),
        ([*NORMED, node("Mul", ["s", "half"], ["w"])], ["conv"], 0),
    ],
)
@pytest.mark.parametrize("has_values", [False, True])
def test_a_weight_computed_of_a_weight_counts_as_that_and_its_gain(
    nodes: Sequence[bytes], words: list[str], learned: int, has_values: bool, tmp_path: Path
) -> None:
    dims = [8, 4, 3, 3]
    kernel = floats("v", [one / 7 for one in range(8 * 36)], dims) if has_values else weights("v", dims)
    gain = floats("g", [0.5 + one for one in range(8)], [8, 1, 1, 1])
    constants = [kernel, gain, floats("half", [0.5], [])]
    found = network(tmp_path, [*nodes, CONV], constants)
    assert (ops(found), found.stated.params) == (words, 8 * 4 * 9 + learned)


@pytest.mark.parametrize(("gains", "words"), [([0.5] * 8, ["conv", "scale"]), ([1.0] * 8, ["conv"])])
def test_a_batch_norm_of_a_weight_has_the_weight_and_its_factors(
    gains: list[float], words: list[str], tmp_path: Path
) -> None:
    constants = [
        weights("v", [8, 4, 3, 3]), weights("copy", [1, 36, 8]), floats("g", gains), floats("zeros", [0.0] * 8),
        integers("line", [1, 8, -1]), integers("back", [8, 4, 3, 3]),
    ]  # fmt: skip
    found = network(tmp_path, [*AS_BATCH_NORM, CONV], constants)
    assert (ops(found), found.stated.params) == (words, 8 * 4 * 9 + 8 * (len(words) - 1))


def test_a_gain_of_the_weight_of_a_linear_layer_is_behind_it(tmp_path: Path) -> None:
    nodes = [node("Flatten", ["x"], ["f"]), node("Mul", ["v", "g"], ["w"]), node("MatMul", ["f", "w"], ["y"])]
    constants = [weights("v", [256, 5]), floats("g", [0.5, 1, 2, 3, 4], [1, 5])]
    found = network(tmp_path, nodes, constants)
    assert (ops(found), found.stated.params) == (["flatten", "linear", "scale"], 256 * 5 + 5)


def test_a_weight_of_other_learned_numbers_is_refused(tmp_path: Path) -> None:
    nodes = [node("Add", ["v", "u"], ["w"]), CONV]
    constants = [weights("v", [8, 4, 3, 3]), weights("u", [8, 4, 1, 1])]
    reason = "its weight 8x4x3x3 is computed of 320 learned numbers"
    assert refusal(tmp_path, nodes, constants) == [("Conv", reason)]


def test_a_weight_with_a_gain_that_is_used_twice_is_refused(tmp_path: Path) -> None:
    nodes = [
        node("Mul", ["v", "g"], ["w"]),
        node("Conv", ["x", "w"], ["a"]),
        node("Conv", ["a", "w"], ["y"]),
    ]
    constants = [weights("v", [4, 4, 3, 3]), floats("g", [0.5, 1, 2, 3], [4, 1, 1, 1])]
    assert refusal(tmp_path, nodes, constants) == [("Conv", "its weight has a gain and is used twice")]
