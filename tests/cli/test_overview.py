"""What ``cnncalc`` shows alone, help at the width of a terminal, and colours where they are wanted."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import TextIO

import pytest

from cnncalc.cli import COMMANDS, _function, main
from cnncalc.cli.command import TERM
from cnncalc.cli.output import surface_of
from cnncalc.cli.overview import EXAMPLES, GROUPS, render
from cnncalc.render.surface import Surface
from tests.cli.running import Ran


def test_every_command_is_in_a_group(capsys: pytest.CaptureFixture[str]) -> None:
    grouped = [name for names in GROUPS.values() for name in names]
    missing = [name for name in COMMANDS if name not in grouped]
    assert not missing, f"add {missing} to GROUPS in cnncalc/cli/overview.py"
    assert len(set(grouped)) == len(grouped)
    ran = Ran(capsys)
    assert (ran.code, ran.err) == (2, "")
    for name in COMMANDS:
        assert re.search(rf"^  {name} +[A-Z]\w", ran.out, re.MULTILINE), name
    assert all(f"  {example} " in ran.out for example, _ in EXAMPLES)
    assert len(EXAMPLES) == 3


def test_the_examples_are_commands(capsys: pytest.CaptureFixture[str]) -> None:
    for example, _ in EXAMPLES:
        words = example.split()[1:]
        assert words[0] in COMMANDS
        options = [word for word in words if word.startswith("--")]
        help = Ran(capsys, words[0], "--help").out
        assert all(option in help for option in options)


@pytest.mark.parametrize("width", [52, 60, 80])
def test_the_overview_fits_a_terminal(width: int) -> None:
    commands = {name: _function(name) for name in COMMANDS}
    lines = render(commands, Surface(width)).splitlines()
    assert max(map(len, lines)) <= width
    words = " ".join(" ".join(lines).split())
    assert all(word in words for _, says in EXAMPLES for word in says.split())


def test_help_has_no_types_of_python(capsys: pytest.CaptureFixture[str]) -> None:
    for name in COMMANDS:
        help = Ran(capsys, name, "--help").out
        usage = " ".join(help.partition("\n\n")[0].split())
        assert re.fullmatch(rf"Usage: cnncalc {name} \[OPTIONS\]( [A-Z.]+| \[[A-Z.|\[\] ]+\])*", usage), usage
        assert not re.search(r"<(str|int|float|list|int range|float range)\b", help), name


def test_a_spec_in_place_of_a_command(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text("layers: []\n")
    for word, is_spec in (("net.yaml", True), ("vgg16", True), ("none.yaml", False)):
        ran = Ran(capsys, word)
        assert (ran.code, ran.out) == (2, "")
        assert (f"Did you mean `cnncalc summary {word}`?" in ran.err) == is_spec


@pytest.mark.parametrize("width", [60, 80, 110])
def test_help_uses_the_width(
    width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    lines = Ran(capsys, "check", "--help").out.splitlines()
    longest = max(len(line) for line in lines if "|" not in line)
    assert width - 16 < longest <= width


@pytest.mark.parametrize("command", ["compare", "rf", "solve"])
def test_options_leave_room_for_what_is_said_of_them(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    help = Ran(capsys, command, "--help").out.partition("Options:\n")[2]
    below = [line for line in help.splitlines() if line.startswith("   ")]
    assert len({len(line) - len(line.lstrip()) for line in below}) == 1
    assert 0 < len(below[0]) - len(below[0].lstrip()) <= 4 + TERM


class Stream(io.StringIO):
    """Standard output that may be a terminal."""

    encoding = "utf-8"

    def __init__(self, is_terminal: bool) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


@pytest.mark.parametrize(
    ("is_terminal", "environment", "colour"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),
        (True, {"TERM": "dumb"}, False),
        (False, {"FORCE_COLOR": "1"}, True),
        (True, {"TERM": "dumb", "FORCE_COLOR": "1"}, True),
        (True, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
    ],
)
def test_colours_are_where_they_are_wanted(
    is_terminal: bool, environment: dict[str, str], colour: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "90")
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    stream: TextIO = Stream(is_terminal)
    surface = surface_of(stream)
    assert surface.colour is colour
    assert surface.width == (90 if is_terminal else None)


def test_a_pool_by_places(capsys: pytest.CaptureFixture[str]) -> None:
    named = Ran(capsys, "pool", "--in", "9x7", "--kernel", "3", "--stride", "2", "--padding", "1").out
    assert Ran(capsys, "pool", "9x7", "3", "2", "1").out == named
    assert Ran(capsys, "pool", "9x7", "-k", "3", "-s", "2", "-p", "1").out == named
    assert Ran(capsys, "pool", "9x7", "3", "2", "-p", "1", "-d", "1").out == named
    assert "given twice: 3 and 4" in Ran(capsys, "pool", "7", "3", "-k", "4").err
    assert "at most 4 numbers, not 5" in Ran(capsys, "pool", *"74211").err
    assert "--kernel: it is missing; for example: cnncalc pool 7 3" in Ran(capsys, "pool", "7").err
    assert main(["pool"]) == 2
