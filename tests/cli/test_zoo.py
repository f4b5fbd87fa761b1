"""The list of bundled networks, and one of them as its spec."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import cnncalc
from cnncalc import bundled
from cnncalc.analysis.report import Report
from cnncalc.cli import main
from cnncalc.cli import zoo as command
from cnncalc.network.model import Model


@pytest.mark.slow
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


def test_a_slip_for_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["zoo", "resnt"]) == 2
    assert "no bundled network has resnt; did you mean resnet?" in capsys.readouterr().err


def test_a_list_in_a_file_has_the_format_of_its_ending(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["zoo", "lenet", "lecun", "--output", str(tmp_path / "zoo.csv")]) == 0
    assert capsys.readouterr().out == ""
    assert (tmp_path / "zoo.csv").read_text(encoding="utf-8").startswith("spec,model,year,")


def test_only_networks_that_have_the_words_are_computed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    computed: list[str] = []

    def analyze(model: Model) -> Report:
        computed.append(model.name)
        return cnncalc.analyze(model)

    monkeypatch.setattr(command, "analyze", analyze)
    assert main(["zoo", "perceptron"]) == 2
    assert main(["zoo", "lecun", "lenet", "--format", "json"]) == 0
    assert computed == [one["model"] for one in json.loads(capsys.readouterr().out)["networks"]]


@pytest.mark.slow
@pytest.mark.parametrize("words", [["kim"], ["2015"], ["inception", "2016"], ["Darknet-53"]])
def test_looking_into_texts_first_misses_no_network(words: list[str]) -> None:
    lower = [word.lower() for word in words]
    everywhere = [
        entry
        for name in bundled.names()
        for model in cnncalc.load(name)
        if all((entry := command.Entry.of(name, model)).has(word) for word in lower)
    ]
    assert [(one.spec, one.model) for one in command._exhibits(lower)] == [
        (one.spec, one.model) for one in everywhere
    ]
