"""Axes of size 1 that are repeated, by `Expand` or `Tile`."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnncalc.geometry.shape import Shape
from cnncalc.importers.items import Refused
from tests.importers.onnx.files import integers, node, weights
from tests.importers.onnx.test_translation import network, ops

REPEATED = [node("GlobalAveragePool", ["x"], ["g"]), node("Conv", ["g", "w"], ["c"])]


@pytest.mark.parametrize(("operator", "given"), [("Expand", [1, 6, 8, 12]), ("Tile", [1, 1, 8, 12])])
def test_a_position_repeated_beside_a_map_is_enlarged(
    operator: str, given: list[int], tmp_path: Path
) -> None:
    """As the pooled branch of a pyramid is joined with the others."""
    nodes = [
        *REPEATED,
        node(operator, ["c", "given"], ["e"]),
        node("Concat", ["x", "e"], ["y"], axis=1),
    ]
    constants = [weights("w", [6, 4, 1, 1]), integers("given", given)]
    found = network(tmp_path, nodes, constants, shape=(1, 4, 8, 12))
    assert ops(found) == ["global_avgpool", "conv", "upsample", "concat"]
    assert (found.items[2].given("factor"), found.items[-1].shape) == ((8, 12), Shape(10, (8, 12)))


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ([1, 1, 2, 1], "it repeats 1x4x8x8 \\[1, 1, 2, 1\\] times, after itself"),
        ([1, 1], "\\[1, 4, 8, 8\\] cannot be repeated \\[1, 1\\] times"),
    ],
)
def test_a_map_repeated_after_itself_is_refused(given: list[int], reason: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=reason):
        network(tmp_path, [node("Tile", ["x", "given"], ["y"])], [integers("given", given)])


def test_nothing_is_repeated_once(tmp_path: Path) -> None:
    nodes = [node("Tile", ["x", "given"], ["t"]), node("Relu", ["t"], ["y"])]
    assert ops(network(tmp_path, nodes, [integers("given", [1, 1, 1, 1])])) == ["relu"]
