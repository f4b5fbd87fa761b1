"""Every command in hostile surroundings: full disks, readers that go away, outputs that cannot be written, a sudden end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cnncalc.cli import COMMANDS
from tests.cli.running import Ran
from tests.cli.test_process import COMMAND
from tests.cli.test_surroundings import needs_full

LENET = (Path(__file__).parents[1] / "data" / "lenet.prototxt").read_text(encoding="utf-8")
SPEC = "input: [3, 16, 16]\nvars: {c: 4}\nlayers:\n  - conv3x3: {out: c, padding: 1}\n  - relu\nexpect: {params: 112}\n"
LINES = {
    "params": ["net.yaml"],
    "rf": ["net.yaml"],
    "shapes": ["net.yaml"],
    "summary": ["net.yaml"],
    "spp": ["--in", "13", "--levels", "1,2"],
    "pool": ["7", "3", "2"],
    "compare": ["net.yaml", "lenet5"],
    "sweep": ["net.yaml", "--input", "3x8..16/8", "--format", "csv"],
    "sizes": ["net.yaml"],
    "tile": ["net.yaml", "--image", "64x64", "--tile", "32"],
    "stream": ["sound.yaml", "--rate", "100"],
    "solve": ["net.yaml", "--vary", "c=1..64", "--so-that", "params <= 500"],
    "import": ["lenet.prototxt"],
    "export": ["net.yaml", "--to", "torch"],
    "draw": ["net.yaml"],
    "check": ["net.yaml"],
    "explain": ["limits"],
    "layers": [],
    "schema": [],
    "zoo": ["lenet5"],
}
"""A call of each command that succeeds."""
ENDINGS = {
    "export": ".py",
    "draw": ".svg",
    "import": ".yaml",
    "zoo": ".yaml",
    "schema": ".json",
    "sweep": ".csv",
}
WRITING = [name for name in LINES if name not in ("explain", "layers")]


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(SPEC, encoding="utf-8")
    Path("sound.yaml").write_text("input: [1, 64]\nlayers: [conv3: 4]\n", encoding="utf-8")
    Path("lenet.prototxt").write_text(LENET, encoding="utf-8")


def test_every_command_is_tried_here() -> None:
    missing = [name for name in COMMANDS if name not in LINES]
    assert not missing, f"add a call of {missing} to LINES in tests/cli/test_every_command.py"


@pytest.mark.parametrize("name", WRITING)
def test_outputs_that_cannot_be_written(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("loop").symlink_to("loop")
    Path("folder").mkdir()
    before = sorted(os.listdir())
    ending = ENDINGS.get(name, "")
    for target in (
        "folder",
        f"absent/out{ending}",
        "loop",
        f"net.yaml/out{ending}",
        "x" * 5000,
        "a\0b",
        "/dev/full",
    ):
        if target != "/dev/full" or Path(target).exists():
            ran = Ran(capsys, name, *LINES[name], "--output", target)
            assert ran.code == 2, (target, ran.out, ran.err)
            assert "E901" not in ran.err
            assert "cannot" in ran.err or "E902" in ran.err or "--output" in ran.err, ran.err
    assert sorted(os.listdir()) == before


ENDED = """
import os, signal, sys
from cnncalc.__main__ import command
left = {events}
def ended(event, arguments):
    global left
    if event in ("os.rename", "os.chmod", "os.remove") or event == "open" and "out" in str(arguments[0]):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.{name})
sys.addaudithook(ended)
sys.argv = ["cnncalc", *{arguments}]
command()
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", WRITING)
def test_a_sudden_end_leaves_the_output_whole(name: str) -> None:
    """Killed or terminated when the new text is being written or put in its place, there is the old one or the new one."""
    out = Path(f"out{ENDINGS.get(name, '.txt')}")
    arguments = [
        name,
        *LINES[name],
        "--output",
        out.name,
        *(["--force"] if name in ("import", "export") else []),
    ]
    done = subprocess.run([*COMMAND, *arguments], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    new = out.read_bytes()
    assert new
    for events, kind in ((2, "SIGTERM"), (1, "SIGKILL")):
        out.write_text("old", encoding="utf-8")
        code = ENDED.format(events=events, name=kind, arguments=arguments)
        ended = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
        assert ended.returncode in (-signal.SIGKILL, 128 + signal.SIGTERM), ended.stderr
        assert out.read_bytes() in (b"old", new)
        if kind == "SIGTERM":
            assert not list(Path().glob("*.tmp"))


@needs_full
@pytest.mark.slow
@pytest.mark.parametrize("name", LINES)
def test_a_full_disk_and_a_reader_that_goes_away(name: str) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*COMMAND, name, *LINES[name]], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith(b"error[E902]: cannot write to standard output: "), done.stderr
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [*COMMAND, name, *LINES[name]], stdout=writing, stderr=subprocess.PIPE, check=False
        )
    finally:
        os.close(writing)
    assert done.returncode == 0
    assert name == "import" or not done.stderr  # which says there what it has read
