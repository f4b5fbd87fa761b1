"""The parts of README.md that are generated: `python -m tests.documents` writes them, a test fails where they are stale."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
from pathlib import Path

from cnncalc.cli import main
from cnncalc.codes import CODES

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
_SECTION = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_CONSOLE = re.compile(r"^```console\n\$ (cnncalc .*)\n(?:.*\n)*?```$", re.MULTILINE)


def regenerated(text: str) -> str:
    """The text with the output of every command and every generated section in it made anew."""
    text = _SECTION.sub(lambda found: f"{found[1]}{SECTIONS[found[2]]()}{found[3]}", text)
    return _CONSOLE.sub(lambda block: f"```console\n$ {block[1]}\n{output_of(block[1])}```", text)


def codes() -> str:
    """The codes as a table."""
    rows = [f"| {code.code} | {code.title} | {code.severity} |" for code in CODES.values()]
    return "\n".join(["", "| code | what | |", "| --- | --- | --- |", *rows, ""]) + "\n"


SECTIONS = {"codes": codes}
"""What stands between ``<!-- generated: NAME -->`` and ``<!-- end -->``."""


def output_of(command: str) -> str:
    """What a command prints into a pipe, diagnostics first, run from the root of the project."""
    words = shlex.split(command)
    out, err = io.StringIO(), io.StringIO()
    before = Path.cwd()
    os.chdir(ROOT)
    os.environ.pop("GITHUB_ACTIONS", None)  # what `check` prints would follow it
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main(words[1:])
    finally:
        os.chdir(before)
    return err.getvalue() + out.getvalue()


if __name__ == "__main__":
    README.write_text(regenerated(README.read_text(encoding="utf-8")), encoding="utf-8")
