"""A command run within the test's process, and what one of its own needs."""

from __future__ import annotations

import signal

import pytest

from cnncalc.cli import main


class Ran:
    """Exit code and output of a command."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *arguments: str) -> None:
        capsys.readouterr()
        self.code = main(arguments)
        self.out, self.err = capsys.readouterr()


def heed_interrupts() -> None:
    """For a process to be interrupted: what a shell starts in the background, and its children, are deaf to Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
