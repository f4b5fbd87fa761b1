"""Command lines with odd values of every option: an answer, or a refusal with its reason."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests.cli.running import Ran
from tests.fuzz.commands import COMMANDS, VALUES, command_line, parameters, survive_command, values
from tests.importers.examples import EXAMPLES

FOUND = [
    "solve net.cfg --vary w=1..64 --so-that macs<=1G",
    "compare flat.yaml --frameworks --format page",
    "check net.pt2 --diff",
    "rf net.onnx --input 3xanyxany",
    "sweep joined.yaml --output made.mmd --format html",
]
"""What fuzzing has found."""


@pytest.mark.parametrize("line", FOUND)
def test_what_fuzzing_has_found(line: str) -> None:
    survive_command(line.split(" "))


def test_there_are_values_of_every_option() -> None:
    taken = [
        name
        for command in COMMANDS
        for name, one in parameters(command).items()
        if values(command, name, one)
    ]
    assert set(VALUES) <= set(taken), "of no option"


@pytest.mark.parametrize("command", COMMANDS)
def test_odd_options(command: str) -> None:
    chance = Random(command)
    for _ in range(12):
        survive_command(command_line(lambda most: chance.randint(0, most), command))


def test_a_file_of_another_format_is_not_rewritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "net.cfg"
    path.write_bytes(EXAMPLES[".cfg"])
    ran = Ran(capsys, "check", str(path), "--update", "--add", "params")
    assert (ran.code, path.read_bytes()) == (2, EXAMPLES[".cfg"])
    assert "is no spec; only specs can be rewritten" in ran.err


def test_open_sizes_are_refused_for_a_file_of_onnx(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(EXAMPLES[".onnx"])
    ran = Ran(capsys, "rf", str(path), "--input", "3xanyxany")
    assert ran.code == 1
    assert "error[E117]: input: --input 3x?x? leaves a size open" in ran.err
