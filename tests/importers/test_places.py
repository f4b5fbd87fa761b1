"""Diagnostics about a translated file name its node, not a line of a text that nobody sees."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cnncalc import analyze, load
from cnncalc.errors import CnncalcError
from cnncalc.geometry.shape import Shape
from cnncalc.importers.items import Network, item
from cnncalc.importers.translating import _failure
from cnncalc.render.diagnostics import render
from tests.importers.caffe.networks import conv, data
from tests.importers.darknet.networks import net, section
from tests.importers.onnx.files import graph, model, node, weights, written
from tests.importers.pt2.programs import program, tensor, zipped


@pytest.fixture
def file(tmp_path: Path) -> str:
    """Two branches of which one is centred one position further to the right."""
    body = graph(
        [
            node("Conv", ["x", "w3"], ["a"], "/stem/left/Conv"),
            node("Conv", ["x", "w5"], ["b"], "/stem/right/Conv", pads=[0, 0, 2, 2]),
            node("Add", ["a", "b"], ["y"], "/stem/sum/Add"),
        ],
        {"x": (1, 3, 10, 10)},
        ["y"],
        [weights("w3", (4, 3, 3, 3)), weights("w5", (4, 3, 5, 5))],
    )
    return written(tmp_path, body)


def test_a_warning_names_the_node(file: str) -> None:
    (loaded,) = load(file)
    (found,) = analyze(loaded).diagnostics
    assert found.code == "W502"
    assert found.location is not None
    assert (found.location.file, found.location.node) == (file, "stem.sum")
    assert found.location.said == f"{file}: node stem.sum"
    assert f"--> {file}: node stem.sum (" in render([found])


def test_an_error_at_another_size_names_the_node(file: str) -> None:
    (loaded,) = load(file)
    (found,) = analyze(loaded, input="3x2x2").diagnostics
    assert found.severity == "error"
    assert str(CnncalcError(found)).startswith(f"{file}: node stem.left: E3")


def _keras(*convolutions: tuple[str, dict[str, object]]) -> bytes:
    layers = [{"class_name": "InputLayer", "config": {"name": "in", "batch_shape": [None, 6, 6, 3]}}]
    layers += [{"class_name": "Conv2D", "config": {"name": name, **given}} for name, given in convolutions]
    return json.dumps({"class_name": "Sequential", "config": {"name": "net", "layers": layers}}).encode()


def _onnx() -> bytes:
    nodes = [node("Conv", ["x", "w3"], ["a"], "first"), node("Conv", ["a", "w7"], ["y"], "big")]
    given = [weights("w3", (4, 3, 3, 3)), weights("w7", (4, 4, 7, 7))]
    return model(graph(nodes, {"x": (1, 3, 6, 6)}, ["y"], given))


def _pt2() -> bytes:
    small = program()
    small["graph_module"]["graph"]["tensor_values"]["x"] = tensor(1, 3, 2, 2)
    return zipped(json.dumps(small).encode())


def _joined(operator: str, weight: tuple[int, ...], **attributes: int) -> bytes:
    join = node(operator, ["x", "a"], ["y"], "join", "", **attributes)
    nodes = [node("Conv", ["x", "w"], ["a"], "first"), join]
    return model(graph(nodes, {"x": (1, 3, 6, 6)}, ["y"], [weights("w", weight)]))


_SUM = 'layer { name: "sum" type: "Eltwise" bottom: "first" bottom: "data" top: "y" }'
INVALID = {
    "big.json": _keras(
        ("first", {"filters": 4, "kernel_size": [3, 3]}), ("big", {"filters": 4, "kernel_size": [7, 7]})
    ),
    "groups.json": _keras(("big", {"filters": 4, "kernel_size": [3, 3], "groups": 3})),
    "big.prototxt": (data(6) + conv("first", "data", 4, 3) + conv("big", "first", 4, 7)).encode(),
    "sum.prototxt": (data(6) + conv("first", "data", 3, 3) + _SUM).encode(),
    "big.cfg": (net(6) + section("convolutional", filters=4, size=9, pad=0)).encode(),
    "big.onnx": _onnx(),
    "big.pt2": _pt2(),
    "weight.onnx": model(
        graph([node("Conv", ["x", "w"], ["y"], "first")], {"x": (1, 4, 6, 6)}, ["y"], [weights("w", (4, 3, 3, 3))])
    ),
    "axes.onnx": model(
        graph([node("Conv", ["x", "w"], ["y"], "first")], {"x": (1, 4, 6, 6)}, ["y"], [weights("w", (4, 4, 3))])
    ),
    "sum.onnx": _joined("Add", (3, 3, 3, 3)),
    "sum4.onnx": _joined("Add", (4, 3, 1, 1)),
    "concat.onnx": _joined("Concat", (4, 3, 3, 1), axis=1),
    "vector.onnx": model(
        graph([node("Add", ["x", "v"], ["y"], "shift")], {"x": (1, 3, 6, 6)}, ["y"], [weights("v", (2, 1))])
    ),
    "factor.onnx": model(
        graph([node("Mul", ["v", "x"], ["y"], "scale")], {"x": (1, 3, 6, 6)}, ["y"], [weights("v", (4, 1, 1))])
    ),
    "linear.onnx": model(
        graph([node("Gemm", ["x", "w"], ["y"], "fc")], {"x": (1, 4)}, ["y"], [weights("w", (6, 2))])
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "code", "message", "at"),
    [
        ("big.json", "E301", "window 7 does not fit the size 4", "big"),
        ("groups.json", "E302", "out 4 cannot be divided into 3 groups", "big"),
        ("big.prototxt", "E301", "window 7 does not fit the size 4", "big"),
        ("sum.prototxt", "E303", "cannot join `relu_first` (3x4x4) and `input` (3x6x6): sizes differ", "sum"),
        ("big.cfg", "E301", "window 9 does not fit the size 6", "convolutional_0"),
        ("big.onnx", "E301", "Conv: window 7 does not fit the size 4", "big"),
        ("big.pt2", "E301", "window 3 does not fit the size 2", "stem"),
        ("weight.onnx", "E310", "Conv: the weight 4x3x3x3 reads 3 channels, its input is 1x4x6x6", "first"),
        ("axes.onnx", "E304", "Conv: the weight 4x4x3 has 1 spatial axis, its input is 1x4x6x6", "first"),
        ("sum.onnx", "E303", "Add: cannot join `x` (1x3x6x6) and `a` (1x3x4x4): axes 2 and 3 differ", "join"),
        ("sum4.onnx", "E303", "Add: cannot join `x` (1x3x6x6) and `a` (1x4x6x6): axis 1 differs", "join"),
        ("concat.onnx", "E303", "Concat: cannot join `x` (1x3x6x6) and `a` (1x4x4x6): axis 2 differs", "join"),
        ("vector.onnx", "E303", "Add: cannot join `x` (1x3x6x6) and `v` (2x1): axis 2 differs", "shift"),
        ("factor.onnx", "E303", "Mul: cannot join `v` (4x1x1) and `x` (1x3x6x6): axis 1 differs", "scale"),
        ("linear.onnx", "E310", "Gemm: the weight 6x2 reads 6 features, its input is 1x4", "fc"),
    ],
)  # fmt: skip
def test_a_network_that_is_invalid_in_its_source_gets_the_error_of_its_layer(
    name: str, code: str, message: str, at: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(INVALID[name])
    with pytest.raises(CnncalcError) as caught:
        load(path)
    (found,) = caught.value.diagnostics
    assert (found.code, found.message) == (code, message)
    assert found.location is not None
    assert found.location.said == f"{path}: node {at}"


def test_a_structure_that_makes_a_valid_network_invalid_is_the_fault_of_the_import() -> None:
    items = (item("conv", "x", "y", out=4, kernel=(3, 3), padding="valid"),)
    valid = Network("net", (("x", Shape(3, (6, 6))),), items, ("y",), "pytorch", "by hand")
    (found,) = _failure(valid, "net.onnx").diagnostics
    assert found.code == "E118"
    assert found.location is not None
    assert found.location.file == "net.onnx"


def test_a_spec_that_disagrees_names_the_file_and_the_node(tmp_path: Path) -> None:
    wrong = program()
    wrong["graph_module"]["graph"]["tensor_values"]["y"] = tensor(1, 4, 5, 6)
    path = tmp_path / "net.pt2"
    path.write_bytes(zipped(json.dumps(wrong).encode()))
    with pytest.raises(CnncalcError, match="E118") as caught:
        load(path)
    (found,) = caught.value.diagnostics
    assert found.location is not None
    assert found.location.said == f"{path}: node stem"


def test_a_size_that_a_program_was_not_exported_for_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "net.pt2"
    path.write_bytes(zipped(json.dumps(program()).encode()))
    with pytest.raises(CnncalcError, match="axis 2 of its input is 8, not 9") as caught:
        load(path, input="3x9x9")
    (found,) = caught.value.diagnostics
    assert found.location is not None
    assert (found.code, found.location.file) == ("E113", str(path))
