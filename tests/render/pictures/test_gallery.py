"""The pictures that documents show are those that their commands make: a golden per kind."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cnncalc.render.pictures import PICTURES
from tests.cli.running import Ran
from tests.render.pictures.gallery import FOLDER, ROOT, SHOWN, commands, drawn

COMMANDS = commands()


@pytest.mark.parametrize("name", COMMANDS)
def test_a_picture_is_not_stale(name: str) -> None:
    found = (FOLDER / name).read_text(encoding="utf-8")
    assert found == drawn(COMMANDS[name]), "run `python -m tests.render.pictures.gallery`"


def test_there_are_no_other_pictures() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(COMMANDS)


def test_every_kind_is_shown_in_the_guide() -> None:
    text = SHOWN[1].read_text(encoding="utf-8")
    there = {command.split()[1] for command in COMMANDS.values()} | set(re.findall(r"--what (\w+)", text))
    for kind in PICTURES:
        assert kind in there or kind == "scatter", f"show {kind} in the guide's page pictures"


@pytest.mark.parametrize("document", [*SHOWN, ROOT / "configs" / "README.md"], ids=lambda path: path.name)
def test_every_picture_that_a_document_shows_is_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    shown = re.findall(r"\(([./]*\.github/pictures/\w+\.svg)\)", text)
    assert shown
    for name in shown:
        assert (document.parent / name).resolve().is_file(), name


def test_the_terminal_shows_what_is_said_in_place_of_pictures(capsys: pytest.CaptureFixture[str]) -> None:
    text = Ran(capsys, "explain", "pictures").out
    assert "cnncalc draw vgg16 --what field" in text
    assert "(picture: An Inception module as nested boxes)" in text
    assert "![" not in text and "!The" not in text and ".github" not in text
