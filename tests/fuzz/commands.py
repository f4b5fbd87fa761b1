"""Command lines of every command and option, with good values and odd ones: an answer, or a refusal with its reason."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Sequence
from contextlib import chdir, redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, get_args, get_origin, get_type_hints

import typer

from cnncalc import cli
from cnncalc.render.surface import PLAIN
from tests.fuzz.harness import check_inert
from tests.importers.examples import EXAMPLES

Choose = Callable[[int], int]
"""A number from 0 to the given one, both included."""

SPECS = {
    "plane.yaml": "vars: {w: 1}\ninput: [3, 16, 20]\nlayers:\n- conv3x3/2: 4*w\n- relu\n- name: c\n  conv3x3: 8\n- pool2x2\n",
    "line.yaml": "input: [2, any]\nlayers:\n- name: c\n  conv: {out: 4, kernel: 3, dilation: 2, padding: causal}\n- relu\n",
    "joined.yaml": "input: [3, 8, 8]\nlayers:\n- residual: [conv3x3: 3, bn]\n- concat: [[conv1x1: 2], [maxpool3x3/1]]\n- name: c\n  upsample: 2\n",
    "flat.yaml": "input: [3, 8, 8]\nlayers:\n- conv3x3: 4\n- flatten\n- name: c\n  linear: 10\n",
    "several.yaml": "models:\n  a: {input: [1, 9, 9], layers: [conv3x3: 2]}\n  b: {input: [1, 9, 9], layers: [conv5x5: 2]}\n",
    "broken.yaml": "input: [3, 4, 4]\nlayers:\n- conv9x9: 4\n",
    "vectors.yaml": "input: [5]\nlayers:\n- linear: 3\n",
}
"""Networks of each kind of map, one invalid."""
FILES = {
    **{name: text.encode() for name, text in SPECS.items()},
    **{f"net{ending}": data for ending, data in EXAMPLES.items()},
    "odd.png": b"\x89PNG\r\n\x1a\n" + b"\x00" * 20,
    "odd.gif": b"GIF89a\xff",
}
SOURCES = [*SPECS, *(f"net{ending}" for ending in EXAMPLES)]

_NUMBERS = ("0", "1", "2", "7", "-1", "1e9", "9" * 21, "1.5", "nan", "", "x", "2**70", "٣", "inf")
_AXES = ("1", "3", "3x3", "2x", "0", "-1", "9" * 21, "1x2x3x4", "same", "half", "1,1", "", "1/2")
_SIZES = (
    "512",
    "512x256",
    "0",
    "1x1",
    "4096x4096",
    "9" * 11 + "x" + "9" * 11,
    "x",
    "16x",
    "-5",
    "64x64x64",
    "1",
    "",
)
_POINTS = ("0,0", "1,2", "3", "-1,0", "99,99", "1,2,3", "", ",", "a,b", "9" * 20 + ",1", "1..3,2..4", "5..2")
_LAYERS = ("c", "conv_1", "1", "none", "", "*", "input", "conv2d_1", "out")
_MADE = ("", ".yaml", ".svg", ".html", ".json", ".md", ".tex", ".py", ".onnx", ".dot", ".mmd", ".png")
_BUDGETS = (
    "params <= 2M",
    "macs <= 1G",
    "params > 0",
    "rf <= 9",
    "params <= ",
    "x < 1",
    "params <= 1e999",
    "params > +5%",
    "1",
    "",
)
_CODES = ("E301", "W401", "W", "all", "", "x", "E9")
VALUES: dict[str, tuple[str, ...]] = {
    "--add": ("expect", "schema", "", "x"),
    "--at": _POINTS,
    "--bandwidth": (*_NUMBERS, "2T"),
    "--batch": _NUMBERS,
    "--behind": ("plane.yaml", "missing.png", "net.onnx", "odd.png", "odd.gif"),
    "--channels": _NUMBERS,
    "--crop": (*(f"c {point}" for point in _POINTS), "none 1,1", "c "),
    "--depth": ("1", "0", "99", "-1"),
    "--dilation": _AXES,
    "--fail-if": _BUDGETS,
    "--framework": ("pytorch", "tensorflow", "caffe", "onnx", "onnx:9", "onnx:999999999999", "keras", ""),
    "--from": ("onnx", "keras", "caffe", "darknet", "pt2", "x"),
    "--ignore": _CODES,
    "--image": _SIZES,
    "--in": _SIZES,
    "--input": ("3x32x32", "3x16..64/16", "2x100", "3xanyxany", "3x0x0", "3x99999999999x3", "x", "", "input=3x9x9", "-1x2x2", "5"),
    "--jobs": ("1", "0", "-1", "x", "65"),
    "--kernel": _AXES,
    "--layer": _LAYERS,
    "--levels": ("1,2,4", "1x2,3", "0", "", "x", "1,", "9" * 21, ",".join(["1"] * 500)),
    "--max-layers": ("1", "0", "3", "99999999999"),
    "--memory": ("2GiB", "1", "0", "500MB", "-1GB", "1e400GB", "x", "1e3", "nan", "99999999999999TB"),
    "--model": ("a", "b", "c", ""),
    "--name": ("a", "", "\x1b[31m", "a: b", "~"),
    "--near": _NUMBERS,
    "--output": (*(f"made{ending}" for ending in _MADE), "missing/made.tex", "plane.yaml", "."),
    "--padding": _AXES,
    "--peak": (*_NUMBERS, "312T"),
    "--profile": _LAYERS,
    "--rate": ("24000", "24k", "44.1kHz", "0", "-1", "1e-400", "1e400", "nan", "inf", "k", "", "1e308"),
    "--seen-from": _POINTS,
    "--select": _CODES,
    "--set": ("w=2", "w=0", "w=-1", "w=1/3", "w", "=", "v=1", "w=1..4", "w=1,2,3", "w=1..999999999", "w=2**99"),
    "--so-that": _BUDGETS,
    "--step": ("8", "1/32", "0", "-1", "x", "1e-300", "1/0"),
    "--stride": _AXES,
    "--tile": _SIZES,
    "--vary": ("w", "w=1..64", "w=8..512/8", "input", "input=8..64", "w=5..1", "w=1..9999999999", "w=0..1/0", "v", ""),
    "numbers": (*_NUMBERS, "1,2,3", "224,3,2"),
    "op": ("conv", "relu", "x", "", "[red]"),
    "subject": ("E301", "language", "x", "", "E9"),
    "paths": (*SOURCES, "missing.yaml", "."),
    "source": tuple(SOURCES),
    "spec": tuple(SOURCES),
    "specs": tuple(SOURCES),
}  # fmt: skip
"""Of each option that takes other values than a choice, and of each argument."""
COMMANDS = tuple(name for name in cli.COMMANDS if name != "zoo")
"""All but one that has no options of its own and evaluates every bundled network."""
LEFT_OUT = ("--dask", "--watch")
"""What reaches for another machine, and what does not end."""
MOST_OPTIONS = 5


@cache
def parameters(command: str) -> dict[str, Any]:
    """The options and arguments of a command by their names, as Click has them."""
    found: Any = typer.main.get_command(cli.application())
    every = {one.opts[-1]: one for one in found.commands[command].params}
    return {name: one for name, one in every.items() if name not in LEFT_OUT}


def values(command: str, name: str, parameter: Any) -> tuple[str, ...]:
    """Values of an option or argument; none of a switch."""
    if getattr(parameter, "is_flag", False):
        return ()
    choices = choices_of(command).get(parameter.name)
    return VALUES[name] if choices is None else (*choices, "x")


@cache
def choices_of(command: str) -> dict[str, tuple[str, ...]]:
    """What each option of a few words may be, by its parameter: typer keeps it elsewhere in every version."""
    found: Any = typer.main.get_command(cli.application())
    types = get_type_hints(found.commands[command].callback)
    return {name: words for name, type in types.items() if (words := _words(type))}


def _words(type: Any) -> tuple[str, ...]:
    if get_origin(type) is Literal:
        return get_args(type)
    return tuple(word for one in get_args(type) for word in _words(one))


def command_line(choose: Choose, command: str) -> list[str]:
    """A command with its arguments, what it needs most of the time, and up to five options."""
    known = parameters(command)
    found = [command]
    for name, one in known.items():
        if one.param_type_name == "argument":
            times = 1 if one.required and choose(9) else choose(2)
            found += (_picked(choose, values(command, name, one)) for _ in range(times))
        elif one.required and choose(9):
            found += _written(choose, command, name, one)
    options = sorted(name for name, one in known.items() if one.param_type_name == "option")
    for _ in range(choose(MOST_OPTIONS) if options else 0):
        name = _picked(choose, options)
        found += _written(choose, command, name, known[name])
    return found


def _written(choose: Choose, command: str, name: str, parameter: Any) -> list[str]:
    given = values(command, name, parameter)
    if not given:
        return [name]
    value = _picked(choose, given)
    return [name, *(value.split(" ", 1) if parameter.nargs == 2 else [value])]


def _picked(choose: Choose, values: Sequence[str]) -> str:
    return values[choose(len(values) - 1)]


def survive_command(arguments: Sequence[str]) -> str:
    """Run a command in a folder of its own; its exit code in words. It overwrites nothing that it was not asked to, and leaves
    nothing beside what it was asked for.
    """
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
    with TemporaryDirectory() as folder, chdir(folder):
        before = FILES if "." in arguments else {name: FILES[name] for name in FILES if name in arguments}
        for name, data in before.items():
            Path(name).write_bytes(data)
        with redirect_stdout(out), redirect_stderr(err):
            code = cli.main(arguments)
        if not {"--update", "--force"} & set(arguments):
            changed = [name for name, data in before.items() if Path(name).read_bytes() != data]
            assert not changed, f"{arguments}: {changed} are overwritten"
        has_written = any(name in arguments for name in os.listdir() if name not in before)
        left = {path.name for path in Path().iterdir()} - set(before) - set(arguments)
        assert not left, f"{arguments}: {left} is left behind"
    out.flush()
    errors = err.getvalue()
    assert "E901" not in errors, f"{arguments}: {errors}"
    check_inert(errors, PLAIN)
    assert code in (0, 1, 2), f"{arguments}: exit code {code}"
    assert code == 0 or errors or has_written or out.buffer.tell(), (
        f"{arguments}: exit code {code} without a reason"
    )
    return ("fine", "invalid", "refused")[code]
