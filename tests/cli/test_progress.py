"""How far a long run is: on a terminal's standard error, and nowhere else; checks in several processes."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cnncalc.render import progress
from tests.cli.running import Ran

RUN = """\
import sys
import threading

class AtOnce:
    def __init__(self, seconds, show):
        self.start = show

    def cancel(self):
        pass

threading.Timer = AtOnce
from cnncalc.cli import main
sys.exit(main(sys.argv[1:]))
"""
"""A run that is long at once: no patience would be short enough for one that is over before its bar is imported."""
COMMANDS = [
    ("sweep", "resnet18", "--input", "3x32..320/8"),
    ("check", "resnet18", "unet", "lenet5", "vgg16", "resnet50"),
    ("summary", "resnet18", "resnet50", "unet"),
]


def run(words: tuple[str, ...], stderr: int, term: str = "xterm") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TERM": term, "COLUMNS": "100"}
    environment.pop("GITHUB_ACTIONS", None)
    return subprocess.run(
        [sys.executable, "-c", RUN, *words],
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        env=environment,
        check=False,
    )


def on_terminal(words: tuple[str, ...], term: str = "xterm") -> tuple[str, str]:
    """Standard output, and what a terminal got on standard error."""
    master, slave = pty.openpty()
    try:
        done = run(words, slave, term)
    finally:
        os.close(slave)
    shown = b""
    try:
        while piece := os.read(master, 65536):
            shown += piece
    except OSError:  # the other end is closed
        pass
    finally:
        os.close(master)
    return done.stdout, shown.decode()


@pytest.mark.slow
@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_a_terminal_sees_how_far_a_run_is(words: tuple[str, ...]) -> None:
    out, shown = on_terminal(words)
    quiet = run(words, subprocess.PIPE)
    assert out == quiet.stdout
    assert "\x1b" not in quiet.stderr and "0/" not in quiet.stderr
    what = {"summary": "networks"}.get(words[0], words[0])
    assert what in shown and "/" in shown
    assert "networks" not in on_terminal(words, "dumb")[1]


def test_a_bar_appears_once_a_run_is_long(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "PATIENCE", 0.01)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    shown, end = "", time.monotonic() + 30
    with progress.Progress("networks", 3) as run_of_three:
        run_of_three.advance()
        while "1/3" not in shown and time.monotonic() < end:
            time.sleep(0.01)
            shown += capsys.readouterr().err
    assert "networks" in shown and "1/3" in shown


@pytest.mark.slow
def test_a_check_in_processes_finds_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.yaml").write_text("layers:\n- conw: 3\n")
    (tmp_path / "none.yaml").write_text("a: list\n")
    words = [
        "check",
        str(tmp_path),
        "resnet18",
        str(tmp_path / "bad.yaml"),
        "no-such-network",
        "unet",
        "lenet5",
    ]
    one = Ran(capsys, *words, "--format", "json")
    for jobs in ("2", "3"):
        many = Ran(capsys, *words, "--format", "json", "--jobs", jobs)
        assert (many.code, many.out, many.err) == (one.code, one.out, one.err)
    names = [Path(file["file"]).name for file in json.loads(one.out)["files"]]
    assert names[0] == "bad.yaml" and "unet" in names[-2]
