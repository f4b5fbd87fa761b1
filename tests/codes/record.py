"""What the examples of the codes give: `python -m tests.codes.record` writes it down, a test fails where it differs."""

from __future__ import annotations

import contextlib
import io
import os
import shlex
import tempfile
from pathlib import Path
from textwrap import dedent

from cnncalc.cli import main
from cnncalc.codes import CODES, Code
from tests.importers.onnx import files

RECORD = Path(__file__).parents[1] / "data" / "codes.txt"
NET = "input: [3, 8, 8]\nlayers: [conv3x3: 4]\n"
CUSTOM = "input: [3, 8, 8]\nlayers: [custom: {params: 4, macs: 0}]\n"
WIDE = NET.replace("4", "6")


def printed(code: Code, example: str) -> str:
    """Exit code and output of an example, in a folder with specs, ONNX files and a folder ``empty``."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            Path("net.yaml").write_text(NET, encoding="utf-8")
            Path("wide.yaml").write_text(WIDE, encoding="utf-8")
            Path("custom.yaml").write_text(CUSTOM, encoding="utf-8")
            Path("empty").mkdir()
            Path("broken.onnx").write_bytes(files.model(files.SMALL)[:-3])
            Path("small.onnx").write_bytes(files.model(files.SMALL))
            Path("misfit.onnx").write_bytes(files.model(files.MISFIT))
            Path("unknown.onnx").write_bytes(files.model(files.UNKNOWN))
            return _run(_arguments(code, example))
        finally:
            os.chdir(before)


def _arguments(code: Code, example: str) -> list[str]:
    if example.startswith("$ "):
        words = shlex.split(example[2:])
        return words[words.index("cnncalc") + 1 :]
    text = dedent(example).lstrip("\n")
    if text.startswith("[tool."):
        Path("pyproject.toml").write_text(text, encoding="utf-8")
        return ["check", "net.yaml"]
    Path("spec.yaml").write_text(text, encoding="utf-8")
    return ["check", "spec.yaml", *(["--select", code.code] if code.quiet else [])]


def _run(arguments: list[str]) -> str:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        exit_code = main(arguments)
    return f"exit {exit_code}\n{err.getvalue()}{out.getvalue()}"


def record() -> str:
    """The output of every bad example."""
    return "\n".join(f"# {code.code}\n{printed(code, code.bad)}" for code in CODES.values() if code.bad)


if __name__ == "__main__":
    RECORD.write_text(record(), encoding="utf-8")
