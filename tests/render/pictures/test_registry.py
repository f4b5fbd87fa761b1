"""The registries of pictures and of forms: nothing can be there by half."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from xml.etree import ElementTree

import pytest

from cnncalc.render import drawings, pictures
from cnncalc.render.pictures import PICTURES, Drawing
from tests.cli.running import Ran
from tests.render.pictures.reading import SVG, reports, texts
from tests.render.test_registry import faults

SHARED = {"__init__", "blocks", "common", "drawn", "photo", "regions", "svg"}
"""Modules beside the kinds that are none."""


def test_every_kind_is_whole() -> None:
    files = {path.stem for path in Path(pictures.__file__ or "").parent.glob("*.py")} - SHARED
    unregistered = files - set(PICTURES)
    assert not unregistered, f"add a Picture for {unregistered} to cnncalc/render/pictures/__init__.py"
    missing = [f"cnncalc/render/pictures/{name}.py" for name in sorted(set(PICTURES) - files)]
    assert not missing, f"write {', '.join(missing)}"
    for picture in PICTURES.values():
        module = import_module(f"{pictures.__name__}.{picture.name}")
        assert callable(getattr(module, "draw", None)), f"{picture.name}.py has no function `draw`"
        assert picture.about, f"{picture.name}: say in `about` what it shows"


def test_every_form_is_whole() -> None:
    assert faults(drawings.FORMS, Path(drawings.__file__ or "").parent) == []


def test_help_and_errors_follow_from_the_registry(capsys: pytest.CaptureFixture[str]) -> None:
    help = " ".join(Ran(capsys, "draw", "--help").out.split())
    for picture in PICTURES.values():
        assert f"{picture.name} is {picture.about}" in help
    ran = Ran(capsys, "draw", "stack3x3", "--what", "nope")
    assert ran.code == 2
    assert all(f"'{name}'" in ran.err for name in PICTURES)


@pytest.mark.parametrize("kind", PICTURES)
def test_what_ended_a_network_is_said_once(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text("input: [3, 4, 4]\nlayers: [conv7x7: 8]\n", encoding="utf-8")
    ran = Ran(capsys, "draw", str(spec), "--what", kind)
    assert (ran.code, ran.err.count("error[")) == (1, 1)
    assert ran.err.startswith("error[E301]: window 7 does not fit the size 4")


@pytest.mark.parametrize("kind", ["field", "erf", "pool"])
def test_of_a_structure_the_layer_at_its_end_is_drawn(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "net.yaml"
    spec.write_text("input: [1, 9, 9]\nlayers: [{seq: [conv3x3: 1, maxpool2], name: stem}, conv1x1: 1]\n")

    def drawn(layer: str) -> str:
        return Ran(capsys, "draw", str(spec), "--what", kind, "--layer", layer).out

    assert drawn("stem") == drawn("stem/maxpool2_1") != ""


def test_an_ending_that_is_no_form_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "x.png"
    ran = Ran(capsys, "draw", "stack3x3", "-o", str(target))
    assert (ran.code, ran.out) == (2, "")
    assert f"use one of {', '.join(drawings.FORMS.endings)}" in ran.err
    assert not target.exists()


def test_a_picture_goes_to_a_file_or_to_standard_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "x.svg"
    assert Ran(capsys, "draw", "stack3x3", "-o", str(target)).code == 0
    ran = Ran(capsys, "draw", "stack3x3")
    assert (ran.code, ran.err) == (0, "")
    assert (
        ran.out == target.read_text(encoding="utf-8") == pictures.draw("growth", Drawing(reports("stack3x3")))
    )


def test_a_picture_is_of_the_network_that_the_options_ask_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "net.yaml"
    models = "models: {a: {layers: [conv3x3: c]}, b: {layers: [conv5x5: c]}}"
    spec.write_text(f"input: [3, 32, 32]\nvars: {{c: 4}}\n{models}\n", encoding="utf-8")

    def titles(*more: str) -> str:
        return " ".join(texts(Ran(capsys, "draw", str(spec), "--what", "cost", *more).out))

    assert "a \u00b7 3x32x32 \u00b7 pytorch" in titles()
    assert "112" in titles() and "168" in titles("--set", "c=6")  # 3*9*4 + 4, and of 6 channels
    assert "a \u00b7 3x9x16 \u00b7 pytorch" in titles("--input", "3x9x16")
    assert "a \u00b7" not in titles("--model", "b")
    assert "a \u00b7 3x32x32 \u00b7 caffe" in titles("--framework", "caffe")


def test_a_picture_has_a_title_and_a_description() -> None:
    root = ElementTree.fromstring(pictures.draw("growth", Drawing(reports("stack3x3"))))
    assert [child.tag for child in root[:2]] == [SVG + "title", SVG + "desc"]
    assert all(child.text for child in root[:2])


@pytest.mark.parametrize("what", PICTURES)
@pytest.mark.parametrize(
    ("choice", "option", "value"),
    [("layers", "--layer", "level4/conv3x3_1[0]"), ("at", "--at", "0,0"), ("depth", "--depth", "1")],
)
def test_a_choice_is_heeded_or_refused(
    what: str, choice: str, option: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    value = "concat_2" if (what, choice) == ("align", "layers") else value
    ran = Ran(capsys, "draw", "unet", "--what", what, option, value)
    if choice in PICTURES[what].takes:
        assert ran.out != Ran(capsys, "draw", "unet", "--what", what).out
        return
    assert (ran.code, ran.out) == (2, "")
    assert f"{what} has no use for `{choice.removesuffix('s')}`" in ran.err
