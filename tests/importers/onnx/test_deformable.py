"""Deformable convolutions in ONNX files: what comes back as one layer, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import cnncalc
from cnncalc.importers.items import Refused, Request
from cnncalc.importers.onnx import read
from tests.importers.onnx.files import graph, node, weights, written

PADS: dict[str, Any] = {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}
OFFSETS = node("Conv", ["x", "ow", "ob"], ["o"], "/offsets", **PADS)
DEFORM = node("DeformConv", ["x", "w", "o"], ["y"], "/deform", **PADS)
WEIGHTS = [weights("ow", [18, 4, 3, 3]), weights("ob", [18]), weights("w", [6, 4, 3, 3])]


@pytest.mark.parametrize(
    "layers",
    [
        "deform_conv3x3: {out: 6, padding: 1}",
        "deform_conv3x3: {out: 6, stride: 2, groups: 2, offset_groups: 4, bias: false}, rsqrt",
        "deform_conv5x3: {out: 8, dilation: 2, modulated: true}, deform_conv3x3: {out: 4, modulated: true, offset_groups: 2}",
        "residual: {body: [deform_conv3x3: {out: 4, padding: 1}]}",
    ],
)
def test_what_is_exported_comes_back(tmp_path: Path, layers: str) -> None:
    (model,) = cnncalc.loads(f"{{input: [4, 19, 17], layers: [{layers}]}}")
    report = cnncalc.analyze(model)
    data = cnncalc.export(report, "onnx")
    assert isinstance(data, bytes)
    path = tmp_path / "net.onnx"
    path.write_bytes(data)
    (again,) = cnncalc.load(str(path))
    back = cnncalc.analyze(again)
    assert [(one.op, one.shape, one.params, one.macs, one.field) for one in back.layers] == [
        (one.op, one.shape, one.params, one.macs, one.field) for one in report.layers
    ]


def test_parameters_are_those_of_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, graph([OFFSETS, DEFORM], {"x": [1, 4, 8, 8]}, ["y"], WEIGHTS), 19)
    found = read(Request(path))
    assert found.stated.params == 18 * 4 * 9 + 18 + 6 * 4 * 9


@pytest.mark.parametrize(
    ("nodes", "outputs"),
    [
        ([OFFSETS, DEFORM], ["y", "o"]),
        ([OFFSETS, node("Relu", ["o"], ["r"]), node("DeformConv", ["x", "w", "r"], ["y"], "/deform", **PADS)], ["y"]),
        ([node("Conv", ["x", "ow"], ["o"], **PADS), DEFORM], ["y"]),
        ([node("Relu", ["x"], ["r"]), node("Conv", ["r", "ow", "ob"], ["o"], **PADS), DEFORM], ["y"]),
        ([node("Conv", ["x", "ow1", "ob"], ["o"]), DEFORM], ["y"]),
        ([OFFSETS, node("Sigmoid", ["o"], ["m"]), node("DeformConv", ["x", "w", "o", "", "m"], ["y"], "/deform", **PADS)], ["y"]),
    ],
    ids=["given out too", "not from a convolution", "without bias", "of another tensor", "other kernel", "factors of the offsets"],
)  # fmt: skip
def test_offsets_made_otherwise_are_refused(tmp_path: Path, nodes: list[bytes], outputs: list[str]) -> None:
    constants = [*WEIGHTS, weights("ow1", [18, 4, 1, 1])]
    path = written(tmp_path, graph(nodes, {"x": [1, 4, 8, 8]}, outputs, constants), 19)
    with pytest.raises(Refused) as caught:
        read(Request(path))
    (problem,) = caught.value.problems
    assert (problem.node, problem.operator) == ("/deform", "DeformConv")
    assert "offsets" in problem.reason and "one convolution of the same windows" in (problem.help or "")
