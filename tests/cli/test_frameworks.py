"""One spec under every framework, and the options that ask for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cnncalc import analyze, load
from cnncalc.cli import main
from cnncalc.frameworks import FRAMEWORKS
from cnncalc.render.listings.frameworks import Frameworks
from cnncalc.render.outputs import FORMATS
from cnncalc.render.surface import Surface

SPEC = "input: [3, 112, 112]\nlayers:\n- conv1x1: 8\n- maxpool3: {stride: 2}\n"


@pytest.fixture
def spec(tmp_path: Path) -> str:
    path = tmp_path / "net.yaml"
    path.write_text(SPEC, encoding="utf-8")
    return str(path)


def test_only_rows_that_differ_are_shown(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "--frameworks", spec]) == 0
    assert capsys.readouterr().out.splitlines()[2:] == [
        "layer           pytorch   tensorflow        caffe         onnx",
        "──────────────────────────────────────────────────────────────",
        "maxpool3_1  8x55x55 / 0  8x55x55 / 0  8x56x56 / 0  8x55x55 / 0",
        "",
        "1 layer differs",
        "1 layer that is the same in all of them is not shown (--all)",
        "each cell: output / rf padding",
    ]
    assert main(["compare", "--frameworks", spec, "--format", "csv"]) == 0
    assert [line.rpartition(",")[2] for line in capsys.readouterr().out.splitlines()] == [
        "differs",
        "false",
        "true",
    ]


def test_deep_names_fit_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    for model in load("resnet18"):
        columns = [[analyze(model, framework=name)] for name in FRAMEWORKS]
        lines = FORMATS.render("table", Frameworks(columns, all_layers=False), Surface(80)).splitlines()
        assert max(map(len, lines[1:])) <= 80
        assert not any("left out" in line for line in lines)


def test_rows_that_differ_are_marked_among_all(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "--frameworks", spec, "--all"]) == 0
    lines = capsys.readouterr().out.splitlines()
    (pool,) = (line for line in lines if line.startswith("maxpool3_1"))
    assert pool.split() == [
        "maxpool3_1",
        *["8x55x55", "/", "0"] * 2,
        "8x56x56",
        "/",
        "0",
        "8x55x55",
        "/",
        "0",
        "<-",
        "differs",
    ]
    (conv,) = (line for line in lines if line.startswith("conv1x1_1"))
    assert "differs" not in conv
    assert "1 layer differs" in lines


def test_json_has_a_model_for_each_framework(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "--frameworks", spec, "--format", "json"]) == 0
    models = json.loads(capsys.readouterr().out)["models"]
    assert [model["framework"] for model in models] == ["pytorch", "tensorflow", "caffe", "onnx"]
    assert [model["layers"][-1]["shape"] for model in models] == [
        [8, 55, 55],
        [8, 55, 55],
        [8, 56, 56],
        [8, 55, 55],
    ]


def test_a_framework_that_rejects_the_spec_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "same.yaml"
    path.write_text(
        "input: [3, 8, 8]\nlayers: [conv3x3: {out: 4, stride: 2, padding: same}]\n", encoding="utf-8"
    )
    assert main(["compare", "--frameworks", str(path)]) == 0
    assert "caffe: conv3x3_1: caffe has no padding `same`" in capsys.readouterr().out


def test_frameworks_that_agree_need_no_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "same.yaml"
    path.write_text("name: Same\ninput: [3, 8, 8]\nlayers: [conv3x3: 4, conv1x1: 2]\n", encoding="utf-8")
    assert main(["compare", "--frameworks", str(path)]) == 0
    assert capsys.readouterr().out == (
        "Same · 3x8x8 · pytorch, tensorflow, caffe, onnx\n\n"
        "all frameworks agree\n"
        "2 layers that are the same in all of them are not shown (--all)\n"
    )


REFUSED = "input: [3, 8, 8]\nlayers:\n- conv3x3: 4\n- conv9x9: 4\n"


@pytest.mark.parametrize("format", [format.name for format in FORMATS])
def test_an_error_in_all_frameworks_is_reported_once(
    format: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "refused.yaml"
    path.write_text(REFUSED, encoding="utf-8")
    assert main(["compare", "--frameworks", str(path), "--format", format]) == 1
    out, err = capsys.readouterr()
    assert err.count("error[E301]: window 9 does not fit the size 6") == (format != "json")
    assert "all frameworks agree\n" not in out
    assert ("all frameworks agree on the layers before the error" in out) == FORMATS[format].notes


def test_what_one_framework_refuses_is_reported_where_a_format_has_no_notes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "same.yaml"
    path.write_text(
        "input: [3, 8, 8]\nlayers: [conv3x3: {out: 4, stride: 2, padding: same}]\n", encoding="utf-8"
    )
    for format in ("csv", "jsonl", "table"):
        assert main(["compare", "--frameworks", str(path), "--format", format]) == 0
        err = capsys.readouterr().err
        assert ("caffe has no padding `same`" in err) == (format != "table")


def test_what_does_not_go_together(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "--frameworks", spec, "--fail-if", "params > 5"]) == 2
    assert "cannot be combined with" in capsys.readouterr().err


def test_check_reports_portability_where_asked(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", spec]) == 0
    assert "W601" not in capsys.readouterr().out
    assert main(["check", spec, "--portability"]) == 0
    assert "W601 caffe makes 56x56 of 112x112, pytorch 55x55" in capsys.readouterr().out


def test_an_older_opset(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "pool.yaml"
    path.write_text(
        "input: [1, 5]\nlayers: [maxpool2: {stride: 2, padding: 1, ceil: true}]\n", encoding="utf-8"
    )
    sizes = []
    for framework in ("onnx:19", "onnx"):
        assert main(["shapes", str(path), "--framework", framework, "--format", "json"]) == 0
        sizes.append(json.loads(capsys.readouterr().out)["models"][0]["layers"][0]["shape"])
    assert sizes == [[1, 4], [1, 3]]
