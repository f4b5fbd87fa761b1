"""The parts of README.md that are generated: `python -m tests.documents` writes them, a test fails where they are stale."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
from pathlib import Path

from cnncalc.cli import main

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
_CONSOLE = re.compile(r"^```console\n\$ (cnncalc .*)\n(?:.*\n)*?```$", re.MULTILINE)


def regenerated(text: str) -> str:
    """The text with the output of every command in it made anew."""
    return _CONSOLE.sub(lambda block: f"```console\n$ {block[1]}\n{output_of(block[1])}```", text)


def output_of(command: str) -> str:
    """What a command prints into a pipe, diagnostics first, run from the root of the project."""
    words = shlex.split(command)
    out, err = io.StringIO(), io.StringIO()
    before = Path.cwd()
    os.chdir(ROOT)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main(words[1:])
    finally:
        os.chdir(before)
    return err.getvalue() + out.getvalue()


if __name__ == "__main__":
    README.write_text(regenerated(README.read_text(encoding="utf-8")), encoding="utf-8")
