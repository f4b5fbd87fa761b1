"""The parts of README.md that are generated: `python -m tests.documents` writes them, a test fails where they are stale."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
from pathlib import Path

from cnncalc import errors
from cnncalc.analysis import run as analysis
from cnncalc.cli import main
from cnncalc.codes import CODES
from cnncalc.geometry import axis, shape
from cnncalc.language import (
    arguments,
    arithmetic,
    definitions,
    expressions,
    items,
    parser,
    reading,
    source,
    variables,
)
from cnncalc.network import graph, naming
from cnncalc.questions import sweep

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
_SECTION = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_CONSOLE = re.compile(r"^```console\n\$ (cnncalc .*)\n(?:.*\n)*?```$", re.MULTILINE)


def regenerated(document: str) -> str:
    """The document with the output of every command and every generated section in it made anew."""
    document = _SECTION.sub(lambda found: f"{found[1]}{SECTIONS[found[2]]()}{found[3]}", document)
    return _CONSOLE.sub(lambda block: f"```console\n$ {block[1]}\n{output_of(block[1])}```", document)


def codes() -> str:
    """The codes as a table."""
    rows = [f"| {code.code} | {code.title} | {code.severity} |" for code in CODES.values()]
    return "\n".join(["", "| code | what | |", "| --- | --- | --- |", *rows, ""]) + "\n"


def limits() -> str:
    """The limits as a table, from where they are declared."""
    rows = (
        ("bytes of text", source.MAX_BYTES),
        ("YAML nodes, aliases counted as what they stand for", parser.MAX_NODES),
        ("lists and mappings inside one another", parser.MAX_NESTING),
        ("lists of layers inside one another, uses of blocks counted", items.DEEPEST),
        ("layers of a file (`--max-layers`)", graph.MOST_LAYERS),
        ("inputs of all layers, per layer on average", graph.INPUTS_PER_LAYER),
        (
            "nodes read again for blocks, repeats, variants and cases, per layer on average",
            reading.REREAD_PER_LAYER,
        ),
        ("characters of the paths of all layers", graph.MOST_CHARACTERS),
        ("variables of a file", variables.MOST_VARIABLES),
        ("parameters of a block", definitions.MOST_PARAMETERS),
        ("a number that is written", arguments.LARGEST),
        ("characters of a name", naming.LONGEST_NAME),
        ("spatial axes of a map", shape.MOST_AXES),
        ("channels or a size that come out", shape.LARGEST_SIZE),
        ("characters of an expression", expressions.MAX_LENGTH),
        ("an exponent in an expression", arithmetic.MAX_EXPONENT),
        ("units after which an uneven field must repeat", axis.LONGEST_PERIOD),
        ("units of a network that are looked at one by one for uneven fields", analysis.MOST_UNITS),
        ("errors of a file that are reported", errors.MOST_ERRORS),
        ("combinations of a sweep", sweep.MOST_COMBINATIONS),
    )
    lines = [f"| {what} | {number:,} |" for what, number in rows]
    return "\n".join(["", "| at most | |", "| --- | ---: |", *lines, ""]) + "\n"


SECTIONS = {"codes": codes, "limits": limits}
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
