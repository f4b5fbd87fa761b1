"""Parts of the channels of a map along an axis of their own: stacked, weighed and added up."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from cnncalc.geometry.shape import Shape
from tests.importers.onnx.files import integers, node, weights
from tests.importers.onnx.test_translation import network, ops, refusal

PARTS = integers("parts", [1, 2, 2, 8, 8])
GATED = [
    node("Reshape", ["x", "parts"], ["p"]),
    node("ReduceSum", ["p"], ["s"], axes=[1], keepdims=0),
    node("GlobalAveragePool", ["s"], ["g"]),
    node("Conv", ["g", "w"], ["c"]),
    node("Reshape", ["c", "one"], ["o"]),
    node("Softmax", ["o"], ["a"], axis=1),
    node("Mul", ["p", "a"], ["m"]),
    node("ReduceSum", ["m"], ["y"], axes=[1], keepdims=0),
]


def test_parts_are_weighed_and_added_up(tmp_path: Path) -> None:
    """The attention of ResNeSt over the parts of its channels."""
    constants = [PARTS, integers("one", [1, 2, 2, 1, 1]), weights("w", [4, 2, 1, 1])]
    found = network(tmp_path, GATED, constants, opset=11)
    words = ["slice", "slice", "add", "global_avgpool", "conv", "softmax", "mul", "slice", "slice", "add"]
    assert ops(found) == words
    assert [one.given("channels") for one in found.items if one.op == "slice"] == [(0, 2), (2, 2)] * 2
    assert found.items[-1].shape == Shape(2, (8, 8))


@pytest.mark.parametrize(("operator", "word"), [("ReduceMean", "add"), ("ReduceMax", "max")])
def test_parts_are_reduced_by_a_join(operator: str, word: str, tmp_path: Path) -> None:
    nodes = [node("Reshape", ["x", "parts"], ["p"]), node(operator, ["p"], ["y"], axes=[1], keepdims=0)]
    assert ops(network(tmp_path, nodes, [PARTS])) == ["slice", "slice", word]


def test_equal_maps_are_stacked_along_an_axis_of_their_own(tmp_path: Path) -> None:
    """The branches of a selective kernel."""
    nodes = [
        node("Relu", ["x"], ["r"]),
        node("Unsqueeze", ["x", "1"], ["a"]),
        node("Unsqueeze", ["r", "1"], ["b"]),
        node("Concat", ["a", "b"], ["c"], axis=1),
        node("ReduceSum", ["c", "1"], ["y"], keepdims=0),
    ]
    found = network(tmp_path, nodes, [integers("1", [1])])
    assert ops(found) == ["relu", "concat", "slice", "slice", "add"]
    assert found.items[1].shape == Shape(8, (8, 8))


@pytest.mark.parametrize(
    ("target", "axes", "reason"),
    [
        ([1, 2, 2, 8, 8], [2], "it reduces axes that are neither the channels nor positions"),  # every second channel
        ([1, 4, 2, 4, 8], [2], "it reduces axes that are neither the channels nor positions"),  # parts of the rows
    ],
)  # fmt: skip
def test_other_parts_are_refused(target: list[int], axes: Sequence[int], reason: str, tmp_path: Path) -> None:
    nodes = [node("Reshape", ["x", "parts"], ["p"]), node("ReduceMean", ["p"], ["y"], axes=axes, keepdims=0)]
    assert refusal(tmp_path, nodes, [integers("parts", target)]) == [("ReduceMean", reason)]


def _attention(cuts: Sequence[bytes]) -> list[bytes]:
    """Attention whose linear layer makes queries, keys and values of one head after another."""
    return [
        node("Conv", ["x", "w"], ["c"]),
        node("Reshape", ["c", "heads"], ["h"]),
        *cuts,
        node("Transpose", ["q"], ["qt"], perm=[0, 1, 3, 2]),
        node("MatMul", ["qt", "k"], ["scores"]),
        node("Softmax", ["scores"], ["weights"], axis=-1),
        node("Transpose", ["v"], ["vt"], perm=[0, 1, 3, 2]),
        node("MatMul", ["weights", "vt"], ["m"]),
        node("Transpose", ["m"], ["mt"], perm=[0, 1, 3, 2]),
        node("Reshape", ["mt", "map"], ["y"]),
    ]


SPLIT = [node("Split", ["h", "sizes"], ["q", "k", "v"], axis=2)]
SLICES = [
    node("Slice", ["h", str(start), str(stop), "2"], [name])
    for start, stop, name in ((0, 3, "q"), (3, 6, "k"), (6, 8, "v"))
]
HEADS = [
    integers("heads", [1, 2, 8, 64]), integers("sizes", [3, 3, 2]), integers("map", [1, 4, 8, 8]), weights("w", [16, 4, 1, 1]),
    *(integers(str(one), [one]) for one in (0, 2, 3, 6, 8)),
]  # fmt: skip


@pytest.mark.parametrize("cuts", [SPLIT, SLICES], ids=["split", "slices"])
def test_queries_keys_and_values_of_one_head_after_another_are_attention(
    cuts: list[bytes], tmp_path: Path
) -> None:
    found = network(tmp_path, _attention(cuts), HEADS)
    (attention,) = found.items
    assert (attention.op, attention.given("heads"), attention.given("head")) == ("attention", 2, 3)
    assert found.stated.params == 16 * 4


@pytest.mark.parametrize(
    ("cuts", "kernel", "group"),
    [
        ([*SPLIT, node("Relu", ["h"], ["z"])], 4, 1),  # read in another order too
        ([*SPLIT, node("Relu", ["c"], ["z"])], 4, 1),
        (SPLIT, 2, 2),  # each half of the channels has inputs of its own
    ],
)
def test_heads_of_channels_whose_order_matters_are_refused(
    cuts: list[bytes], kernel: int, group: int, tmp_path: Path
) -> None:
    _, *others = _attention(cuts)
    grouped = node("Conv", ["x", "w"], ["c"], group=group)
    constants = [*(one for one in HEADS if one != HEADS[3]), weights("w", [16, kernel, 1, 1])]
    outputs = ("y", "z") if group == 1 else ("y",)
    assert refusal(tmp_path, [grouped, *others], constants, outputs=outputs)[0][0] == "Split"
