"""Files of other formats that ask for too much, or that would like to be run."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import cnncalc
from cnncalc.importers.items import Malformed, Network, Refused, Request
from cnncalc.importers.registry import IMPORTERS, Importer
from cnncalc.importers.translating import read_network
from cnncalc.importers.unforeseen import reported
from tests.importers.caffe.networks import data as input_of
from tests.importers.examples import EXAMPLES, HOSTILE
from tests.importers.onnx import files as onnx
from tests.limited import run_limited


def onnx_of(node: bytes) -> bytes:
    return onnx.model(onnx.graph([node], {"x": (1, 3, 8, 8)}, ["y"]))


def test_there_is_an_example_of_every_format() -> None:
    endings = {one.endings or one.shared_endings for one in IMPORTERS.values() if not one.runs_code}
    for own in endings:
        assert set(own) & set(EXAMPLES), f"add an example of {own} to tests/importers/examples.py"


@pytest.mark.parametrize("ending", EXAMPLES)
def test_the_examples_are_one_network(ending: str, tmp_path: Path) -> None:
    """Keras and ONNX have a bias where Darknet has a batch norm and ONNX' example nothing."""
    path = tmp_path / f"net{ending}"
    path.write_bytes(EXAMPLES[ending])
    (model,) = cnncalc.load(path)
    report = cnncalc.analyze(model)
    conv = next(layer for layer in report.layers if layer.op == "conv")
    assert (conv.weights, conv.shape.channels) == (3 * 4 * 9, 4)
    assert conv.field.size == (3, 3)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        (
            "net.onnx",
            onnx.model(onnx.graph([onnx.node("Relu", ["x"], ["y"])], {"x": (1, 3, 8, 8)}, [])),
            "the network has no output",
        ),
        (
            "net.json",
            json.dumps(
                {
                    "class_name": "Functional",
                    "config": {
                        "layers": [{"class_name": "ReLU", "config": {}, "inbound_nodes": [{"kwargs": 3}]}],
                        "input_layers": [["ReLU", 0, 0]],
                        "output_layers": [["ReLU", 0, 0]],
                    },
                }
            ).encode(),
            "`kwargs` of a call is 3",
        ),
    ],
)
def test_what_makes_no_network_is_an_error_of_the_file(
    name: str, data: bytes, message: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(Malformed) as caught:
        cnncalc.load(tmp_path / name)
    assert [(one.code, one.message) for one in caught.value.diagnostics] == [("E116", message)]


def importer_that(does: Callable[[], object]) -> Importer:
    """An importer with one fault of its own while it reads the node ``conv1``."""

    class Faulty(Importer):
        def read(self, request: Request) -> Network:
            with reported(request.source, "conv1"):
                does()
            raise NotImplementedError

    return Faulty(*IMPORTERS["onnx"])


def test_what_no_check_foresees_is_an_error_of_the_file_and_says_so(tmp_path: Path) -> None:
    path = str(tmp_path / "net.onnx")
    with pytest.raises(Malformed) as caught:
        read_network(Request(path), importer_that(lambda: len(7)))  # type: ignore[arg-type]
    (found,) = caught.value.diagnostics
    said = r"a value here is unforeseen by the reader \(TypeError: object of type 'int' .*, test_hostile.py:\d+\)"
    assert re.fullmatch(said, found.message), found.message
    assert found.location is not None
    assert found.location.said == f"{path}: node conv1"


def test_faults_that_no_data_can_cause_stay_internal_errors(tmp_path: Path) -> None:
    def fail() -> None:
        raise AssertionError

    with pytest.raises(AssertionError):
        read_network(Request(str(tmp_path / "net.onnx")), importer_that(fail))


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("net.onnx", onnx_of(onnx.node("Concat", [], ["y"])), "Concat: input 0 is missing"),
        (
            "net.onnx",
            onnx_of(onnx.node("DepthToSpace", ["x"], ["y"], blocksize=[2, 2])),
            "DepthToSpace: attribute `blocksize` is (2, 2)",
        ),
        (
            "net.onnx",
            onnx_of(onnx.node("MaxPool", ["x"], ["y"], kernel_shape=2)),
            "MaxPool: attribute `kernel_shape` is 2",
        ),
        (
            "net.onnx",
            onnx_of(onnx.node("Flatten", ["x"], ["y"], axis="one")),
            "Flatten: attribute `axis` is one",
        ),
        (
            "net.prototxt",
            (input_of(8) + 'layer { name: "a" type: "Strange" bottom: "nothing" top: "y" }').encode(),
            "strange: no layer before it makes the blob `nothing`",
        ),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_values_of_other_types_are_refused_by_name(
    name: str, data: bytes, reason: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(data)
    for partial in (False, True):
        with pytest.raises(Refused) as caught:
            read_network(Request(str(tmp_path / name), partial=partial))
        assert [one.message for one in caught.value.diagnostics] == [reason]


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_what_asks_for_too_much_ends_in_an_error_or_in_time(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(HOSTILE[name])
    said = run_limited("params", str(path), "--depth", "1")
    assert "\x1b" not in said


@pytest.mark.slow
def test_nothing_in_a_file_runs_reads_or_reaches_anything(tmp_path: Path) -> None:
    """Every event of the interpreter that starts, loads or connects something, once all modules are loaded."""
    paths = []
    for ending, data in EXAMPLES.items():
        paths.append(tmp_path / f"net{ending}")
        paths[-1].write_bytes(data)
    beside = onnx.weights("w", (4, 3, 3, 3)) + onnx.content(
        13, onnx.content(1, "location") + onnx.content(2, "w.bin")
    )
    given = {"x": (1, 3, 16, 16)}, ["y"], [beside + onnx.number(14, 1)]
    paths.append(tmp_path / "external.onnx")
    paths[-1].write_bytes(onnx.model(onnx.graph([onnx.node("Conv", ["x", "w"], ["y"], "conv")], *given)))
    (tmp_path / "w.bin").write_bytes(bytes(4 * 4 * 3 * 3 * 3))
    code = f"""
import sys
from cnncalc import analyze, load
names = {[str(path) for path in paths]!r}
def everything():
    return [analyze(model) for name in names for model in load(name)]
everything()
kinds = ("open", "import", "compile", "exec", "socket", "subprocess", "os", "shutil", "ctypes", "urllib", "marshal", "pickle")
seen = set()
def hook(event, arguments):
    if event.split(".")[0] in kinds and not (event == "open" and str(arguments[0]) in names and "r" in str(arguments[1])):
        seen.add((event, str(arguments[0])))
sys.addaudithook(hook)
everything()
print(sorted(seen))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stdout + done.stderr
