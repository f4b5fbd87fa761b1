"""Files are read as the `onnx` package reads them; damaged ones are errors with a place."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cnncalc.errors import CnncalcError, SourceError
from cnncalc.importers.items import Malformed, Request
from cnncalc.importers.onnx import read
from cnncalc.importers.onnx.file import Constant, OnnxGraph, label_of, read_model
from tests.importers.onnx.files import (
    CONV,
    SMALL,
    UNKNOWN,
    content,
    graph,
    integers,
    model,
    node,
    number,
    varint,
    weights,
    written,
)


def test_a_file_is_nodes_constants_and_inputs(tmp_path: Path) -> None:
    found = read_model(written(tmp_path, SMALL))
    assert (found.opset, found.producer) == (17, "by hand")
    assert found.graph.inputs == (("x", (1, 3, 8, 8)),)
    assert found.graph.outputs == ("y",)
    assert found.graph.constants["w"] == Constant((4, 3, 3, 3), None, "w")
    (only,) = found.graph.nodes
    assert (only.operator, only.inputs, only.label) == ("Conv", ("x", "w"), "stem.conv")
    assert only.attributes == {"kernel_shape": (3, 3), "pads": (1, 1, 1, 1)}


def test_values_are_read_of_small_tensors_alone(tmp_path: Path) -> None:
    body = graph(
        [CONV], {"x": [1, 3, 8, 8]}, ["y"], [integers("few", range(4096)), integers("many", range(4097))]
    )
    constants = read_model(written(tmp_path, body)).graph.constants
    assert constants["few"].values == tuple(range(4096))
    assert constants["many"].values is None


def test_initialisers_among_the_inputs_are_no_inputs(tmp_path: Path) -> None:
    body = graph([CONV], {"x": [1, 3, 8, 8], "w": [4, 3, 3, 3]}, ["y"], [weights("w", [4, 3, 3, 3])])
    assert [name for name, _ in read_model(written(tmp_path, body)).graph.inputs] == ["x"]


@pytest.mark.parametrize(
    ("name", "operator", "label"),
    [
        ("/layer1/layer1.0/conv1/Conv", "Conv", "layer1.0.conv1"),
        ("/features/features.0/features.0.1/Relu_2", "Relu", "features.0.1"),
        ("Conv_12", "Conv", "Conv_12"),
        ("model/conv1_conv/Conv2D", "Conv", "model.conv1_conv.Conv2D"),
        ("a\x1b[31m/b", "Conv", "a_31m.b"),
    ],
)
def test_labels_are_the_modules_in_a_nodes_name(name: str, operator: str, label: str) -> None:
    assert label_of(name, operator) == label


# Damaged and hostile


def outcome(path: Path, data: bytes) -> str:
    path.write_bytes(data)
    try:
        read(Request(str(path)))
    except CnncalcError as error:
        return error.diagnostics[0].code
    return "read"


def test_a_file_cut_anywhere_is_an_error_or_a_smaller_file(tmp_path: Path) -> None:
    whole = model(UNKNOWN)
    found = {outcome(tmp_path / "net.onnx", whole[:stop]) for stop in range(len(whole))}
    assert found == {"E116", "E117"}


def test_random_bytes_are_an_error(tmp_path: Path) -> None:
    chance = random.Random(0)
    for _ in range(300):
        assert outcome(tmp_path / "net.onnx", chance.randbytes(chance.randrange(1, 200))) in ("E116", "E117")


def test_bytes_changed_in_a_file_never_break_the_reader(tmp_path: Path) -> None:
    chance = random.Random(1)
    whole = model(UNKNOWN)
    for _ in range(500):
        data = bytearray(whole)
        for _ in range(chance.randrange(1, 4)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        found = outcome(tmp_path / "net.onnx", bytes(data))
        assert found in (
            "E116",
            "E117",
            "E301",
            "E302",
            "E304",
            "E310",
            "read",
        )  # E3: what does not fit its input


def test_an_error_says_the_byte(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(model(SMALL)[:-3])
    with pytest.raises(
        Malformed, match=r"a field of \d+ bytes goes beyond the end, \d+ are left \(at byte \d+\)"
    ):
        read(Request(str(path)))


def test_a_length_beyond_the_end_is_refused_before_anything_is_allocated(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(b"\x3a\xff\xff\xff\xff\xff\xff\xff\xff\x7f")
    with pytest.raises(Malformed, match="goes beyond the end"):
        read(Request(str(path)))


def test_endless_nesting_is_refused(tmp_path: Path) -> None:
    inner = b""
    for _ in range(400):
        attribute = content(1, "then_branch") + content(6, inner)
        inner = content(1, content(4, "If") + content(5, attribute))
    path = tmp_path / "net.onnx"
    path.write_bytes(model(inner))
    with pytest.raises(Malformed, match="nested more than 100 deep"):
        read(Request(str(path)))


def test_a_function_that_calls_itself_is_refused(tmp_path: Path) -> None:
    function = (
        content(1, "F")
        + content(4, "a")
        + content(5, "b")
        + content(7, node("F", ["a"], ["b"], domain="own"))
        + content(10, "own")
    )
    body = graph([node("F", ["x"], ["y"], domain="own")], {"x": [1, 3, 8, 8]}, ["y"])
    assert outcome(tmp_path / "net.onnx", model(body, extra=content(25, function))) == "E117"


def test_escape_codes_of_a_file_are_written_as_text(tmp_path: Path) -> None:
    body = graph([node("Bad\x1b[31m", ["x"], ["y"], "\x1b]0;title\x07")], {"x": [1, 3, 8, 8]}, ["y"])
    assert outcome(tmp_path / "net.onnx", model(body)) == "E117"


def test_what_is_no_file_is_said(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing.onnx"):
        with pytest.raises(SourceError):
            read(Request(str(path)))


def test_an_empty_file_is_an_error(tmp_path: Path) -> None:
    assert outcome(tmp_path / "net.onnx", b"") == "E116"


AUDITED = """
import sys
from cnncalc import load
from cnncalc.errors import CnncalcError

def attempt():
    for path in sys.argv[1:]:
        try:
            load(path)
        except CnncalcError:
            pass

attempt()
events = set()
sys.addaudithook(lambda event, _: events.add(event))
attempt()
print(sorted(events))
"""


def test_nothing_in_a_file_is_executed_and_no_other_file_opened(tmp_path: Path) -> None:
    """Once all modules are loaded, reading files again opens and maps them, and does nothing else."""
    paths = [tmp_path / name for name in ("good.onnx", "unknown.onnx", "broken.onnx")]
    for path, data in zip(paths, (model(SMALL), model(UNKNOWN), model(SMALL)[:-3]), strict=True):
        path.write_bytes(data)
    done = subprocess.run(
        [sys.executable, "-c", AUDITED, *map(str, paths)], capture_output=True, text=True, check=True
    )
    events = set(re.findall("'(.*?)'", done.stdout))
    assert {"open", "mmap.__new__"} <= events
    assert events <= {"open", "mmap.__new__", "sys._getframe", "object.__getattr__", "builtins.id"}


MEASURED = """
import re, sys
from cnncalc import load
load(sys.argv[1])
with open("/proc/self/status") as status:
    print(int(re.search(r"VmHWM:\\s+(\\d+)", status.read())[1]) // 1024)
"""
"""The peak of this process alone: ``ru_maxrss`` is that of the process that started it, where that is larger."""


def test_weights_are_not_read(tmp_path: Path) -> None:
    """A file of 2 GB is read in less than 100 MB."""
    size = 2 * 10**9
    head = (
        number(1, 500_000)
        + number(1, 1000)
        + number(2, 1)
        + content(8, "w")
        + varint(9 << 3 | 2)
        + varint(size)
    )
    rest = graph([node("Gemm", ["x", "w"], ["y"])], {"x": [1, 500_000]}, ["y"])
    body = varint(5 << 3 | 2) + varint(len(head) + size) + head
    start = (
        number(1, 8)
        + content(8, content(1, "") + number(2, 17))
        + varint(7 << 3 | 2)
        + varint(len(body) + size + len(rest))
    )
    path = tmp_path / "large.onnx"
    with path.open("wb") as file:
        file.write(start + body)
        file.seek(size, 1)
        file.write(rest)
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(path)], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 100


# Against the package


def package_models() -> list[Path]:
    onnx = pytest.importorskip("onnx")
    return sorted((Path(onnx.__file__).parent / "backend/test/data").rglob("*.onnx"))


@pytest.mark.slow
def test_every_model_of_the_onnx_package_is_read_as_it_reads_it() -> None:
    import onnx

    paths = package_models()
    assert len(paths) > 140
    for path in paths:
        ours, theirs = read_model(str(path)), onnx.load(str(path), load_external_data=False)
        assert ours.opset == next((one.version for one in theirs.opset_import if not one.domain), ours.opset)
        hold(ours.graph, theirs.graph, path)
        for function in theirs.functions:
            mine = ours.functions[function.domain, function.name]
            assert [one.operator for one in mine.nodes] == [one.op_type for one in function.node]


def hold(ours: OnnxGraph, theirs: Any, path: Path) -> None:
    """Compare a graph with what the package reads of it."""
    from onnx import numpy_helper

    assert list(ours.outputs) == [one.name for one in theirs.output]
    names = {one.name for one in theirs.initializer}
    assert [name for name, _ in ours.inputs] == [one.name for one in theirs.input if one.name not in names]
    for tensor in theirs.initializer:
        mine = ours.constants[tensor.name]
        assert list(mine.dims) == list(tensor.dims)
        if mine.values is not None:
            assert list(mine.values) == numpy_helper.to_array(tensor).ravel().tolist()
    assert len(ours.nodes) == len(theirs.node), path
    for one, other in zip(ours.nodes, theirs.node, strict=True):
        assert (one.operator, list(one.inputs), list(one.outputs)) == (
            other.op_type,
            list(other.input),
            list(other.output),
        )
        assert set(one.attributes) == {attribute.name for attribute in other.attribute}
        for attribute in other.attribute:
            hold_attribute(one.attributes[attribute.name], attribute, path)


def hold_attribute(mine: Any, attribute: Any, path: Path) -> None:
    from onnx import AttributeProto, helper

    if attribute.ref_attr_name:
        assert mine.name == attribute.ref_attr_name
    elif attribute.type == AttributeProto.GRAPH:
        hold(mine, attribute.g, path)
    elif attribute.type == AttributeProto.TENSOR:
        assert list(mine.dims) == list(attribute.t.dims)
    elif attribute.type in (AttributeProto.INT, AttributeProto.FLOAT):
        assert mine == helper.get_attribute_value(attribute)
    elif attribute.type in (AttributeProto.INTS, AttributeProto.FLOATS):
        assert list(mine) == list(helper.get_attribute_value(attribute))
    elif attribute.type == AttributeProto.STRING:
        assert mine == attribute.s.decode()
