"""Every command in hostile surroundings: full disks, readers that go away, outputs that cannot be written, a sudden end."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cnncalc import bundled
from cnncalc.cli import COMMANDS, main
from tests.cli.running import Ran
from tests.cli.test_process import COMMAND
from tests.cli.test_surroundings import LAYER, MODEL, harmless, needs_full, quoted

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
SPECS = {"net.yaml", "sound.yaml"}
WRITING = [name for name in LINES if name not in ("explain", "layers")]
CALLS = {
    **{name: [name, *words] for name, words in LINES.items()},
    "compare as a page": ["compare", "net.yaml", "lenet5", "--format", "page"],
    "draw as a page": ["draw", "net.yaml", "--format", "html"],
    "export as ONNX": ["export", "net.yaml", "--to", "onnx"],
    "sweep as a table": ["sweep", "net.yaml", "--input", "3x8..16/8"],
    "sweep as a picture": ["sweep", "net.yaml", "--input", "3x8..16/8", "--format", "svg"],
    "rf as JSON": ["rf", "net.yaml", "--format", "json"],
    "a refusal": ["tile", "net.yaml", "--image", "64x64", "--tile", "1"],
    "a misuse": ["stream", "net.yaml", "--rate", "fast"],
}
"""The same, further forms, and what is not answered."""
CODES = {"a refusal": 1, "a misuse": 2}
"""How these end; all others with 0."""
TEXTS = [call for call in CALLS if call != "export as ONNX"]
SOURCES = {
    "sweep",
    "zoo",
    "import",
    "export",
    "schema",
    "draw",
    "draw as a page",
    "compare as a page",
    "sweep as a picture",
    "rf as JSON",
}
"""Those whose lines are for a program, however wide the terminal is."""
HOSTILE = f"""
name: {quoted(MODEL)}
description: {quoted(MODEL)}
input: [3, 16, 16]
vars: {{c: 4}}
layers:
  - conv3x3: {{out: c, padding: 1}}
    name: {quoted(LAYER)}
    note: {quoted(MODEL)}
  - relu
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(SPEC, encoding="utf-8")
    Path("sound.yaml").write_text("input: [1, 64]\nlayers: [conv3: 4]\n", encoding="utf-8")
    Path("lenet.prototxt").write_text(LENET, encoding="utf-8")


def test_every_command_is_tried_here() -> None:
    missing = [name for name in COMMANDS if name not in LINES]
    assert not missing, f"add a call of {missing} to LINES in tests/cli/test_every_command.py"


@pytest.mark.parametrize("name", [name for name, words in LINES.items() if SPECS & set(words)])
def test_a_spec_is_a_file_standard_input_a_bundled_name_or_a_file_of_another_format(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (spec,) = SPECS & set(LINES[name])
    assert Ran(capsys, "export", spec, "-o", "other.onnx").code == 0
    path_of = bundled.path_of
    monkeypatch.setattr(
        bundled, "path_of", lambda word: Path(spec).absolute() if word == "mine" else path_of(word)
    )
    words = LINES[name]
    if name == "solve":  # a file of another format has no variables
        words = [spec, "--vary", "input=8..64", "--so-that", "activations <= 2000"]
    found = []
    for source in (spec, "-", "mine", "other.onnx"):
        monkeypatch.setattr("sys.stdin", io.StringIO(Path(spec).read_text(encoding="utf-8")))
        ran = Ran(capsys, name, *(source if word == spec else word for word in words))
        assert ran.code == 0, (source, ran.err)
        found.append(re.findall(r"\d[\d,.]*", ran.out.replace("onnx:21", "")))
    if name not in ("check", "draw"):  # an import states more expectations, and labels have widths
        assert found[0] and found[1:] == [found[0]] * 3


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("tile net.yaml --image 64x64 --tile 1", 1),
        ("stream net.yaml --rate 100", 1),
        ("solve net.yaml --vary c=1..4 --so-that params<=1", 1),
        ("sizes wrong.yaml", 1),
        ("compare net.yaml absent.yaml", 2),
        ("compare net.yaml --frameworks", 0),
        ("compare net.yaml net.yaml --fail-if params>1", 1),
        ("check absent.yaml wrong.yaml", 2),
        ("rf absent.yaml", 2),
        ("summary wrong.yaml", 1),
        ("pool --in 2 --kernel 5", 1),
        ("spp --in 2 --levels 9 --mode caffe", 1),
    ],
)
def test_json_is_alone_whatever_is_wrong(line: str, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    Path("wrong.yaml").write_text("layers: [cnv]\n", encoding="utf-8")
    ran = Ran(capsys, *line.split(), "--format", "json")
    assert (ran.code, ran.err) == (code, "")
    assert ("diagnostics" in ran.out) and json.loads(ran.out)


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


class Interrupted(io.StringIO):
    def write(self, text: str) -> int:
        raise KeyboardInterrupt


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("call", CALLS)
def test_standard_output_and_error_that_are_closed(call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", errors := io.StringIO())
    assert main(CALLS[call]) == CODES.get(call, 0)
    assert "E901" not in errors.getvalue()
    monkeypatch.setattr(sys, "stderr", None)
    assert main(CALLS[call]) == CODES.get(call, 0)


@pytest.mark.parametrize("call", [call for call in TEXTS if call not in CODES])
def test_an_interrupt_while_the_result_is_written(
    call: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdout", Interrupted())
    assert main(CALLS[call]) == 130
    assert call == "import" or not capsys.readouterr().err


@pytest.mark.parametrize("call", TEXTS)
@pytest.mark.parametrize("encoding", ["ascii", "utf-16"])
def test_every_command_in_other_encodings(call: str, encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = SPEC.replace("  - relu", "  - relu:\n    name: größe")
    Path("net.yaml").write_text(f"name: größe 卷积 🙂\n{spec}", encoding="utf-8")
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2))
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    assert main(CALLS[call]) == CODES.get(call, 0)
    said, complained = (stream.buffer.getvalue().decode(encoding) for stream in (out, err))
    assert said or complained
    assert "E901" not in complained


@pytest.mark.parametrize("call", TEXTS)
def test_every_command_on_terminals_of_any_width(
    call: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    for columns in (1, 20, 80):
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setattr(sys, "stdout", terminal := Terminal())
        assert main(CALLS[call]) == CODES.get(call, 0)
        assert "E901" not in capsys.readouterr().err
    if call not in SOURCES:
        assert max(map(len, terminal.getvalue().splitlines()), default=0) <= 80


@pytest.mark.parametrize("name", [name for name in WRITING if name != "zoo"])
def test_no_result_is_written_over_a_spec(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = {spec: Path(spec).read_bytes() for spec in ("net.yaml", "sound.yaml")}
    for spec in before:
        ran = Ran(capsys, name, *LINES[name], "--output", spec)
        assert (ran.code, ran.out) == (2, "")
        assert f"cannot write {spec}: it is" in ran.err or name in ("export", "import")
    assert {spec: Path(spec).read_bytes() for spec in before} == before


@pytest.mark.parametrize("call", TEXTS)
def test_what_a_spec_says_is_inert_in_every_result(call: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("net.yaml").write_text(HOSTILE, encoding="utf-8")
    Path("sound.yaml").write_text(HOSTILE.replace("3x3", "3").replace("16, 16", "64"), encoding="utf-8")
    ran = Ran(capsys, *CALLS[call])
    assert ran.code == CODES.get(call, 0)
    assert harmless(ran.out + ran.err)


def test_the_largest_image_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    largest = "1000000000"
    ran = Ran(capsys, "tile", "net.yaml", "--image", f"{largest}x{largest}", "--tile", largest)
    assert (ran.code, ran.err) == (0, "")
    assert " · 1 tile\n" in ran.out
    ran = Ran(capsys, "tile", "net.yaml", "--image", "1000000001x8", "--tile", largest)
    assert ran.code == 2
    assert "is not made of whole numbers from 1 to 1,000,000,000" in " ".join(ran.err.split())
