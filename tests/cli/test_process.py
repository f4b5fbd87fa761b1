"""Runs as processes of their own: pipes, terminals, encodings, and what is imported."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from cnncalc import layers
from cnncalc.cli import COMMANDS
from cnncalc.render.outputs import FORMATS

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "cnncalc"]


def run(*arguments: str, input: str | None = None, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*COMMAND, *arguments],
        input=input and input.encode(),
        capture_output=True,
        env={**os.environ, **environment},
        check=False,
    )


def on_terminal(columns: int, *arguments: str, **environment: str) -> str:
    """What a terminal of a width gets to see."""
    ours, theirs = pty.openpty()
    try:
        with subprocess.Popen(
            [*COMMAND, *arguments],
            stdout=theirs,
            stderr=theirs,
            env={**os.environ, "COLUMNS": str(columns), "TERM": "xterm", **environment},
        ):
            os.close(theirs)
            chunks = []
            while True:
                try:
                    chunk = os.read(ours, 65536)
                except OSError:
                    break
                if not chunk:
                    break
                chunks.append(chunk)
    finally:
        os.close(ours)
    return b"".join(chunks).decode().replace("\r\n", "\n")


def test_a_spec_from_standard_input() -> None:
    done = run("rf", "-", input="layers: [conv3x3]\n")
    assert done.returncode == 0
    assert b"conv3x3_1" in done.stdout


def test_nothing_is_cut_in_a_pipe() -> None:
    name = "x" * 300
    done = run(
        "params", "-", input=f"input: [3, 8, 8]\nlayers:\n  - conv3x3: 4\n    name: {name}\n", COLUMNS="40"
    )
    assert name.encode() in done.stdout
    assert b"left out" not in done.stdout
    assert b"\x1b" not in done.stdout


def test_a_terminal_gets_colours_unless_told_otherwise() -> None:
    assert "\x1b[1m" in on_terminal(120, "params", "lenet5")
    assert "\x1b" not in on_terminal(120, "params", "lenet5", NO_COLOR="1")
    assert "\x1b" not in on_terminal(120, "params", "lenet5", TERM="dumb")


def test_a_narrow_terminal_loses_columns_and_says_so() -> None:
    text = on_terminal(48, "params", "lenet5", NO_COLOR="1")
    assert "not shown for lack of width: " in " ".join(text.split())
    table = text.split("\n\n")[1]
    assert max(map(len, table.splitlines())) <= 48


@pytest.mark.parametrize(
    "command", [["params", "vgg16"], ["rf", "misfit.yaml"], ["spp", "--in", "300", "--levels", "1,2,40"]]
)
def test_an_ascii_output_never_fails(command: list[str], tmp_path: Path) -> None:
    spec = tmp_path / "misfit.yaml"
    spec.write_text(
        "name: größe\ninput: [3, 8, 8]\nlayers:\n  - conv9x9: 4\n    note: größe\n", encoding="utf-8"
    )
    done = run(
        *(str(spec) if word == spec.name else word for word in command),
        PYTHONIOENCODING="ascii",
        PYTHONUTF8="0",
    )
    assert done.returncode in (0, 1)
    assert done.stdout.isascii()
    assert done.stderr.isascii()
    assert b"E901" not in done.stderr
    assert done.stdout


def test_a_closed_pipe_ends_quietly() -> None:
    spec = "input: [8, 8, 8]\nlayers:\n  - conv3x3: {out: 8, padding: 1}\n    repeat: 20000\n"
    with subprocess.Popen(
        [*COMMAND, "params", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(spec.encode())
        process.stdin.close()
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_told() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*COMMAND, "params", "lenet5"], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 2
    assert done.stderr.startswith(b"error[E902]: cannot write to standard output: ")


def test_a_run_imports_only_what_it_needs() -> None:
    """Of commands, families of layers and formats those that are used."""
    loaded = loaded_by(["rf", "stack3x3"])
    assert not loaded & {"rich", "click", "pydantic"}
    commands = {f"cnncalc.cli.{name}" for name in COMMANDS.values()}
    assert loaded & commands == {"cnncalc.cli.networks"}
    families = {f"cnncalc.layers.{path.stem}" for path in Path(layers.__file__).parent.glob("*.py")}
    shared = {f"cnncalc.layers.{name}" for name in ("base", "catalogue", "fields")}
    used = {f"cnncalc.layers.{name}" for name in ("convolution", "activation", "normalization")}
    assert loaded & families - shared <= used
    formats = {f"cnncalc.render.outputs.{name}" for name in FORMATS.names}
    assert loaded & formats == {"cnncalc.render.outputs.table"}


def test_no_command_loads_rich_or_a_framework(tmp_path: Path) -> None:
    lenet, out = "tests/data/lenet.prototxt", str(tmp_path)
    commands = [
        ["--help"], ["rf", "--help"], ["rf", "vgg16"], ["summary", "vgg16", "--format", "csv"], ["compare", "vgg16", "resnet18"],
        ["check", "vgg16"], ["sweep", "vgg16", "--input", "3x224..225"], ["sizes", "vgg16"], ["solve", "mobilenet_v1", "--model", "mobilenet_v1", "--vary", "a=1..2", "--so-that", "macs <= 1G"],
        ["draw", "vgg16", "-o", f"{out}/a.html"], ["export", "vgg16", "--to", "onnx", "-o", f"{out}/a.onnx"],
        ["rf", f"{out}/a.onnx"], ["import", lenet, "-o", f"{out}/a.yaml"], ["export", "vgg16", "--to", "torch"],
    ]  # fmt: skip
    loaded = {name.partition(".")[0] for name in loaded_by(*commands)}
    assert not loaded & {
        "rich",
        "click",
        "torch",
        "torchvision",
        "onnx",
        "tensorflow",
        "keras",
        "numpy",
        "h5py",
    }


def loaded_by(*commands: list[str]) -> set[str]:
    """The modules that are loaded after these commands."""
    code = f"import sys; from cnncalc.cli import main; codes = [main(one) for one in {list(commands)!r}]; print(any(codes), *sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    failed, *loaded = done.stderr.splitlines()[-1].split()
    assert failed == "False", done.stderr
    return set(loaded)
