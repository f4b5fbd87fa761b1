"""A command run within the test's process."""

from __future__ import annotations

import pytest

from cnncalc.cli import main


class Ran:
    """Exit code and output of a command."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *arguments: str) -> None:
        capsys.readouterr()
        self.code = main(arguments)
        self.out, self.err = capsys.readouterr()
