"""The list of bundled networks, and one of them as its spec."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cnncalc import bundled
from cnncalc.cli import main


def test_the_list_has_every_spec(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["zoo", "--format", "json"]) == 0
    networks = json.loads(capsys.readouterr().out)["networks"]
    assert {one["spec"] for one in networks} == set(bundled.names())
    vgg = next(one for one in networks if one["spec"] == "vgg16")
    assert (vgg["params"], vgg["macs"], vgg["rf"]) == (138_357_544, 15_470_264_320, [212, 212])


def test_words_filter_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["zoo", "kim", "2014", "--format", "csv"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 1
    assert all(line.startswith("textcnn,") for line in lines[1:])


def test_a_name_prints_the_spec(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["zoo", "lenet5"]) == 0
    path = bundled.path_of("lenet5")
    assert path is not None
    assert capsys.readouterr().out == path.read_text(encoding="utf-8")


def test_words_that_nothing_has(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["zoo", "perceptron of nobody"]) == 2
    assert "no bundled network has" in capsys.readouterr().err


def test_a_list_in_a_file_has_the_format_of_its_ending(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["zoo", "lenet", "lecun", "--output", str(tmp_path / "zoo.csv")]) == 0
    assert capsys.readouterr().out == ""
    assert (tmp_path / "zoo.csv").read_text(encoding="utf-8").startswith("spec,model,year,")
