"""Command lines with odd values of every option: an answer, or a refusal with its reason."""

from __future__ import annotations

from random import Random

import pytest

from tests.fuzz.commands import COMMANDS, VALUES, command_line, parameters, survive_command, values

FOUND = [
    "solve net.cfg --vary w=1..64 --so-that macs<=1G",
    "compare flat.yaml --frameworks --format page",
    "sweep joined.yaml --output made.mmd --format html",
]
"""What fuzzing has found."""


@pytest.mark.parametrize("line", FOUND)
def test_what_fuzzing_has_found(line: str) -> None:
    survive_command(line.split(" "))


def test_there_are_values_of_every_option() -> None:
    taken = [name for command in COMMANDS for name, one in parameters(command).items() if values(name, one)]
    assert set(VALUES) <= set(taken), "of no option"


@pytest.mark.parametrize("command", COMMANDS)
def test_odd_options(command: str) -> None:
    chance = Random(command)
    for _ in range(12):
        survive_command(command_line(lambda most: chance.randint(0, most), command))
