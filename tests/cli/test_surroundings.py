"""Hostile surroundings: streams that are closed, disks that are full, odd terminals, odd files, texts that would take over a terminal."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest

from cnncalc.cli import main
from cnncalc.cli.check import Format
from tests.cli.running import Ran, heed_interrupts
from tests.cli.test_process import COMMAND, on_terminal, run
from tests.importers.examples import EXAMPLES

SPEC = "input: [3, 8, 8]\nlayers:\n  - conv3x3: 4\n  - relu\n"
BROKEN = "input: [3, 8, 8]\nlayers:\n  - conv9x9: 4\n"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(SPEC, encoding="utf-8")
    Path("broken.yaml").write_text(BROKEN, encoding="utf-8")


def started(*arguments: str, **options: Any) -> subprocess.Popen[bytes]:
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([*COMMAND, *arguments], **{**pipes, **options})


def reading_standard_input(process: subprocess.Popen[bytes]) -> None:
    """Wait until a process has nothing left to do but wait for what it is given."""
    before = -1.0
    for _ in range(100):
        time.sleep(0.1)
        fields = Path(f"/proc/{process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        used = float(fields[11]) + float(fields[12])
        if fields[0] == "S" and used == before and used > 0:
            return
        before = used
    raise AssertionError("the process does not come to rest")


needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")


# Signals


@needs_proc
def test_an_interrupt_ends_with_130_and_no_traceback() -> None:
    with started("rf", "-", preexec_fn=heed_interrupts) as process:
        reading_standard_input(process)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (130, b"")


@needs_proc
def test_a_termination_ends_quietly_and_leaves_the_output_alone() -> None:
    Path("out.txt").write_text("old", encoding="utf-8")
    with started("rf", "-", "--output", "out.txt") as process:
        reading_standard_input(process)
        process.terminate()
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (143, b"", b"")
    assert Path("out.txt").read_text(encoding="utf-8") == "old"


def test_a_termination_while_the_output_is_written_leaves_nothing_half_written() -> None:
    Path("out.txt").write_text("old", encoding="utf-8")
    code = """
import os, signal, sys, time
os.replace = lambda *names: (os.kill(os.getpid(), signal.SIGTERM), time.sleep(10))
sys.argv = ["cnncalc", "rf", "net.yaml", "--output", "out.txt"]
from cnncalc.__main__ import command
command()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (143, b"")
    assert Path("out.txt").read_text(encoding="utf-8") == "old"
    assert sorted(os.listdir()) == ["broken.yaml", "net.yaml", "out.txt"]


WRITING = {
    "import": ["import", "net.cfg", "--force", "--output", "out.yaml"],
    "export": ["export", "net.yaml", "--to", "onnx", "--force", "--output", "out.onnx"],
    "draw": ["draw", "net.yaml", "--output", "out.svg"],
    "page": ["draw", "net.yaml", "--output", "out.html"],
    "sweep": ["sweep", "net.yaml", "--input", "3x8..12x8..12", "--output", "out.csv"],
    "sizes": ["sizes", "net.yaml", "--output", "out.json"],
    "tile": ["tile", "net.yaml", "--image", "64x64", "--tile", "32x32", "--output", "out.md"],
}
"""Commands that write a file, by what they write."""
KILLED = """
import os, signal, sys
from pathlib import Path
from cnncalc.cli import main, output
arguments, target = sys.argv[1:], Path(sys.argv[-1])
def run(last):
    seen = 0
    def trace(frame, event, _):
        nonlocal seen
        if frame.f_code not in writing:
            return None
        if event == "line":
            seen += 1
            if seen == last:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace
    sys.settrace(trace)
    os._exit(main(arguments))
def ended(last):
    child = os.fork() or run(last)
    return os.waitpid(child, 0)[1]
writing = {one.__code__ for one in (output._replace, output._write_beside, output._fill)}
assert main(arguments) == 0
new, old, line = target.read_bytes(), b"old", 1
found = []
target.write_bytes(old)
while ended(line) == signal.SIGKILL:
    found.append(target.read_bytes())
    assert found[-1] in (old, new), (line, found[-1])
    target.write_bytes(old)
    line += 1
assert old in found and len(found) > 5 and target.read_bytes() == new
"""
"""Kills a command at each line that it runs while it writes its output; the last run gets to its end."""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("what", WRITING)
def test_a_kill_at_any_instant_leaves_the_old_file_or_the_new_one(what: str) -> None:
    Path("net.cfg").write_bytes(EXAMPLES[".cfg"])
    done = subprocess.run([sys.executable, "-c", KILLED, *WRITING[what]], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


# Streams


@pytest.mark.parametrize(("closed", "code"), [((1,), 0), ((2,), 0), ((0, 1, 2), 0)])
def test_streams_that_are_closed(closed: tuple[int, ...], code: int) -> None:
    def close() -> None:
        for number in closed:
            os.close(number)

    with started("rf", "net.yaml", preexec_fn=close) as process:
        out, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (code, b"")
    assert bool(out) is (1 not in closed)


def test_a_standard_input_that_is_closed() -> None:
    with started("rf", "-", preexec_fn=lambda: os.close(0)) as process:
        _, err = process.communicate(timeout=20)
    assert process.returncode == 2
    assert err.startswith(b"error[E110]: standard input is closed")


@pytest.mark.parametrize(
    "command", [["rf", "broken.yaml"], ["check", "broken.yaml"], ["rf", "net.yaml", "--format", "xml"]]
)
def test_a_reader_that_goes_away_at_once(command: list[str]) -> None:
    for stream in ("stdout", "stderr"):
        reading, writing = os.pipe()
        os.close(reading)
        with started(*command, **{stream: writing}) as process:
            os.close(writing)
            _, err = process.communicate(timeout=20)
        assert process.returncode in (0, 1, 2)
        assert b"Traceback" not in (err or b"")
        assert b"BrokenPipe" not in (err or b"")


@needs_full
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_full_disk_behind_a_stream(stream: str) -> None:
    with open("/dev/full", "wb") as full, started("rf", "broken.yaml", **{stream: full}) as process:
        _, err = process.communicate(timeout=20)
    assert process.returncode == (2 if stream == "stdout" else 1)
    assert b"Traceback" not in (err or b"")


# The output file


def limited(size: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@pytest.mark.parametrize("format", ["table", "json", "csv", "markdown"])
def test_a_disk_that_fills_up_leaves_the_file_as_it_was(format: str) -> None:
    Path("out.txt").write_text("old", encoding="utf-8")
    with started(
        "summary", "net.yaml", "--format", format, "--output", "out.txt", preexec_fn=limited(64)
    ) as process:
        _, err = process.communicate(timeout=20)
    assert process.returncode == 2
    assert err.startswith(b"error[E902]: cannot write out.txt: ")
    assert Path("out.txt").read_text(encoding="utf-8") == "old"
    assert sorted(os.listdir()) == ["broken.yaml", "net.yaml", "out.txt"]


@pytest.mark.slow
@pytest.mark.parametrize("what", WRITING)
def test_a_disk_that_fills_up_leaves_the_output_of_every_command(what: str) -> None:
    Path("net.cfg").write_bytes(EXAMPLES[".cfg"])
    target = Path(WRITING[what][-1])
    target.write_text("old", encoding="utf-8")
    before = sorted(os.listdir())
    with started(*WRITING[what], preexec_fn=limited(64)) as process:
        _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert f"error[E902]: cannot write {target}: ".encode() in err
    assert target.read_text(encoding="utf-8") == "old"
    assert sorted(os.listdir()) == before


@pytest.mark.parametrize(
    "target", [".", "absent/out.txt", "loop", "net.yaml/out.txt", "x" * 5000, "a\0b", "", "/dev/full"]
)
def test_an_output_that_cannot_be_written(target: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("loop").symlink_to("loop")
    before = sorted(os.listdir())
    ran = Ran(capsys, "rf", "net.yaml", "--output", target)
    assert ran.code == 2
    assert "E902" in ran.err or "cannot" in ran.err
    assert "E901" not in ran.err
    assert sorted(os.listdir()) == before


def test_an_output_behind_a_link_is_written_where_the_link_points(capsys: pytest.CaptureFixture[str]) -> None:
    Path("real.txt").write_text("old", encoding="utf-8")
    Path("link.txt").symlink_to("real.txt")
    assert Ran(capsys, "rf", "net.yaml", "--output", "link.txt").code == 0
    assert Path("link.txt").is_symlink()
    assert "conv3x3_1" in Path("real.txt").read_text(encoding="utf-8")


# Surroundings of the process


def test_an_empty_environment() -> None:
    done = subprocess.run(
        [*COMMAND, "rf", "vgg16"],
        capture_output=True,
        env={"PYTHONPATH": os.pathsep.join(sys.path)},
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("home", ["/nowhere", "", "\x1b[31m"])
def test_a_home_that_is_none(home: str) -> None:
    assert run("rf", "net.yaml", HOME=home, XDG_CONFIG_HOME=home).returncode == 0


@pytest.mark.parametrize(
    "surroundings",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "ascii:strict"},
        {"PYTHONIOENCODING": "latin-1"},
        {"PYTHONIOENCODING": "cp437"},
        {"PYTHONIOENCODING": "utf-16"},
        {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"},
        {"LC_ALL": "POSIX", "LANG": "nonsense", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"TERM": "dumb"},
        {"TERM": ""},
        {"COLUMNS": "0"},
        {"COLUMNS": "-5"},
        {"COLUMNS": "wide"},
        {"PYTHONOPTIMIZE": "2"},
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "command", [["summary", "name.yaml"], ["rf", "wrong.yaml"], ["spp", "--in", "300", "--levels", "1,2,40"]]
)
def test_odd_encodings_and_terminals(command: list[str], surroundings: dict[str, str]) -> None:
    Path("name.yaml").write_text(f"name: größe 卷积 🙂\ndescription: ‮x\n{SPEC}", encoding="utf-8")
    Path("wrong.yaml").write_text("layers:\n  - größe 卷积 🙂\n", encoding="utf-8")
    done = run(*command, **surroundings)
    assert done.returncode in (0, 1)
    assert b"E901" not in done.stderr
    assert done.stdout + done.stderr


@pytest.mark.parametrize("columns", [1, 7, 20, 33])
@pytest.mark.parametrize(
    "command",
    [["summary", "net.yaml"], ["rf", "broken.yaml"], ["pool", "--in", "7x9", "--kernel", "3"], ["layers"]],
)
def test_narrow_terminals(columns: int, command: list[str]) -> None:
    text = on_terminal(columns, *command, NO_COLOR="1")
    assert "E901" not in text
    assert text.strip()


@pytest.mark.parametrize("columns", [40, 80])
def test_what_was_misused_is_said_in_lines_that_fit(columns: int) -> None:
    text = on_terminal(columns, "rf", "resnet18", "--input", "3x5x", NO_COLOR="1")
    lines = text.replace("\r", "").splitlines()
    assert max(map(len, lines)) <= columns
    assert " ".join(lines) == (
        "cnncalc: Invalid value for --input: '3x5x' is not a shape: write the channels and the sizes, "
        "for instance 3x224x224 Try `cnncalc rf --help`."
    )
    assert "\x1b[1;31mcnncalc:\x1b[0m Invalid" in on_terminal(columns, "rf", "resnet18", "--input", "3x5x")


@pytest.mark.parametrize("command", [[], ["layers"], ["layers", "attention"], ["explain", "W519"]], ids=str)
def test_prose_fits(command: list[str]) -> None:
    assert max(map(len, on_terminal(80, *command, NO_COLOR="1").replace("\r", "").splitlines())) <= 80


# Files


def test_files_that_are_none(capsys: pytest.CaptureFixture[str]) -> None:
    Path("folder.yaml").mkdir()
    Path("loop.yaml").symlink_to("loop.yaml")
    Path("dangling.yaml").symlink_to("absent.yaml")
    os.mkfifo("pipe.yaml")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket.yaml")
        for name, message in {
            "folder.yaml": "is a folder",
            "loop.yaml": "cannot be read: too many levels of symbolic links",
            "dangling.yaml": "does not exist",
            "pipe.yaml": "is not a file but a device or a pipe",
            "socket.yaml": "is not a file but a device or a pipe",
            "/dev/zero": "is not a file but a device or a pipe",
            "net.yaml/x.yaml": "cannot be read: not a directory",
            "a\0b": "is not the name of a file",
            "x" * 5000: "is not",
        }.items():
            ran = Ran(capsys, "rf", name)
            assert ran.code == 2, name
            assert message in ran.err or "no file and no bundled network" in ran.err, (name, ran.err)
            assert "E901" not in ran.err, name


@pytest.mark.parametrize(
    "command",
    [
        ["check"],
        ["params"],
        ["rf"],
        ["shapes"],
        ["summary"],
        ["compare"],
        ["compare", "--frameworks"],
        ["sweep", "--input", "3x8..16/8"],
    ],
    ids=" ".join,
)
def test_no_result_is_written_over_a_spec(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    Path("spec.txt").write_text(SPEC, encoding="utf-8")
    Path("link.txt").symlink_to("spec.txt")
    for output in ("spec.txt", "./spec.txt", "link.txt"):
        ran = Ran(capsys, *command, "spec.txt", "--output", output)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err == f"error[E902]: cannot write {output}: it is one of the specs to read\n"
    ran = Ran(capsys, *command, "--output", "broken.yaml", "net.yaml")
    assert (ran.code, ran.out) == (2, "")
    assert (
        ran.err == "error[E902]: cannot write broken.yaml: it is a spec, and a result never overwrites one\n"
    )
    assert [Path(name).read_text(encoding="utf-8") for name in ("spec.txt", "broken.yaml")] == [SPEC, BROKEN]
    Path("report.txt").write_text("old report\n", encoding="utf-8")
    for output in ("report.txt", "new.txt", "report.txt"):
        assert Ran(capsys, *command, "net.yaml", "--output", output).code == 0
    assert Ran(capsys, "check", ".", "--output", "net.yaml").code == 2
    assert Path("net.yaml").read_text(encoding="utf-8") == SPEC


@pytest.mark.parametrize(
    "command",
    [["schema"], ["spp", "--in", "13", "--levels", "1,2"], ["pool", "--in", "7", "--kernel", "3"]],
    ids=lambda one: one[0],
)
def test_nor_is_one_by_a_command_that_reads_none(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert Ran(capsys, *command, "--output", "net.yaml").code == 2
    assert Path("net.yaml").read_text(encoding="utf-8") == SPEC


def test_a_spec_is_written_over_a_spec(capsys: pytest.CaptureFixture[str]) -> None:
    assert Ran(capsys, "zoo", "lenet5", "--output", "net.yaml").code == 0
    assert "LeNet" in Path("net.yaml").read_text(encoding="utf-8")


def test_a_folder_of_such_files_is_checked_to_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    folder = Path("specs")
    folder.mkdir()
    (folder / "net.yaml").write_text(SPEC, encoding="utf-8")
    (folder / "loop.yaml").symlink_to("loop.yaml")
    (folder / "around").symlink_to(".")
    os.mkfifo(folder / "pipe.yaml")
    (folder / "empty.yaml").touch()
    ran = Ran(capsys, "check", "specs")
    assert ran.code in (1, 2)
    assert "E901" not in ran.err
    assert "1 file" in ran.out or "2 files" in ran.out


@pytest.mark.parametrize("when", ["before it is opened", "after it was found"])
def test_a_file_that_vanishes_while_it_is_read(
    when: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "stat" if when == "before it is opened" else "fstat"
    real = getattr(os, name)

    def vanishing(*arguments: Any, **options: Any) -> Any:
        found = real(*arguments, **options)
        Path("net.yaml").unlink(missing_ok=True)
        return found

    monkeypatch.setattr(os, name, vanishing)
    ran = Ran(capsys, "rf", "./net.yaml")
    assert ran.code == (2 if name == "stat" else 0)
    assert ("does not exist" in ran.err) is (name == "stat")


def test_a_file_that_shrinks_while_it_is_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = os.stat

    def shrinking(*arguments: Any, **options: Any) -> Any:
        found = real(*arguments, **options)
        Path("net.yaml").write_text("layers:", encoding="utf-8")
        return found

    monkeypatch.setattr(os, "stat", shrinking)
    assert Ran(capsys, "rf", "./net.yaml").code == 1


PLAIN = "layers:\n  - conv3x3: 4\n    name: stem\n  - relu\n"


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + PLAIN.encode(),
        PLAIN.replace("\n", "\r\n").encode(),
        PLAIN.replace("\n", "\r").encode(),
        PLAIN.replace("\n", "  \n\n").encode(),
        PLAIN.encode().rstrip(),
        f"# {'x' * 10**6}\n{PLAIN}".encode(),
        f"{{layers: [{{conv3x3: 4, name: stem}}, relu]{' ' * 10**6}}}".encode(),
        PLAIN.replace(": 4", ":\t4").encode(),
        PLAIN.replace(": 4", ": 4\t# four").encode(),
    ],
)
def test_the_same_spec_however_it_is_written(data: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    Path("net.yaml").write_bytes(PLAIN.encode())
    wanted = Ran(capsys, "params", "net.yaml")
    Path("net.yaml").write_bytes(data)
    ran = Ran(capsys, "params", "net.yaml")
    assert (ran.code, ran.out, ran.err) == (0, wanted.out, "")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"layers:\n\t- relu\n", "a tab is used where only spaces are allowed"),
        (b"layers: [relu\0]\n", "U+0000 (NUL) cannot be in a spec"),
        (b"layers: [\xed\xa0\x80]\n", "is not UTF-8"),
        (b"layers: [\xff]\n", "is not UTF-8"),
        (b'layers: [{relu: , name: "\\ud800"}]\n', "cannot be in a spec"),
        (b'layers: [{relu: , name: "\\ud800"}]\n', "E101"),
        (PLAIN.encode("utf-16"), "the file is UTF-16, not UTF-8"),
        (PLAIN.encode("utf-32"), "the file is UTF-16, not UTF-8"),
        (b"\x1f\x8b\x08\0\0\0\0\0", "E101"),
        (b"x" * 3 * 10**6, "E105"),
        (b"layers: [" + b"x" * 3 * 10**6 + b"]", "E111"),
        (b"layers: [relu,, " + b" " * 10**6 + b"]", "E101"),
        (b"", "the spec is empty"),
    ],
)
def test_texts_that_are_no_specs(data: bytes, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("net.yaml").write_bytes(data)
    ran = Ran(capsys, "params", "net.yaml")
    assert ran.code == 1
    if message != "cannot be in a spec":
        assert message in ran.err
    assert len(ran.err) < 3000


# Texts that would take over a terminal

LAYER = "[red]x[-] :smile: \x1b[31m\x1b]8;;a.b\x07\x9b5m\u202e"
MODEL = f"[link=http://a.b]{LAYER}[/]"


def quoted(text: str) -> str:
    """A YAML text in double quotes with every character that is not plain written as an escape."""
    return (
        '"'
        + "".join(
            c if c.isascii() and c.isprintable() and c not in '"\\' else f"\\u{ord(c):04x}" for c in text
        )
        + '"'
    )


HOSTILE = {
    "names": f"name: {quoted(MODEL)}\ndescription: {quoted(MODEL)}\nlayers:\n- conv3x3: 4\n  name: {quoted(LAYER)}\n  note: {quoted(MODEL)}\n",
    "reasons": f"layers: [{{conv3x3: {{padding: 1}}, name: {quoted(LAYER)}}}, {{custom: {{kernel: 3}}, name: b}}, bn]\n",
    "branches": f"input: [4, 8, 8]\nlayers: [concat: {{? {quoted(LAYER)} : [conv1x1: 4], b: [conv3x3: 4]}}]\n",
    "inputs": f"input: {{? {quoted(LAYER)} : [1, 8, 8], b: [1, 8, 8]}}\nlayers: [concat: [{quoted(LAYER)}, b]]\n",
    "operations": f"layers: [{quoted(MODEL)}]\n",
    "keys": f"{quoted(MODEL)}: 1\nlayers: [relu]\n",
    "references": f"layers: [{{relu: , from: {quoted(MODEL)}}}]\n",
    "values": f"framework: {quoted(MODEL)}\nlayers: [{{conv3x3: {quoted(MODEL)}, expect: {{params: {quoted(MODEL)}}}}}]\n",
    "variables": f"vars: {{? {quoted(MODEL)} : 1, n: {quoted(MODEL)}}}\nlayers: [conv3x3: n]\n",
    "blocks": f"blocks: {{? {quoted(LAYER)} : {{params: [{quoted(LAYER)}], layers: [conv9x9: q]}}}}\nlayers: [{{{quoted(LAYER)}: 3}}]\n",
    "models": f"models: {{? {quoted(MODEL)} : {{layers: [relu]}}, b: {{layers: [conv3x3: 4]}}}}\n",
    "expectations": f"name: {quoted(MODEL)}\ninput: [3, 9, 9]\nlayers: [{{conv3x3: 4, name: {quoted(LAYER)}, expect: [1, 1, 1]}}]\n",
}  # fmt: skip


def harmless(text: str) -> bool:
    return all(character.isprintable() or character == "\n" for character in text)


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_a_spec_says_is_printed_inert(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("net.yaml").write_text(HOSTILE[kind], encoding="utf-8")
    commands = [
        *(["check", "--format", format, "--select", "W"] for format in get_args(Format)),
        ["compare", "net.yaml"],
        *(["summary", "--format", format] for format in ("table", "csv", "markdown", "json")),
    ]
    for command in commands:
        ran = Ran(capsys, *command, "net.yaml")
        assert ran.code in (0, 1), ran.err
        assert harmless(ran.out + ran.err), command


def test_marks_of_rich_are_no_marks_even_on_a_terminal() -> None:
    Path("net.yaml").write_text(HOSTILE["names"], encoding="utf-8")
    text = on_terminal(200, "summary", "net.yaml")
    assert "[red]x[-] :smile: ␛[31m" in text
    assert "[link=http://a.b][red]x" in text
    assert "\x1b[31m" not in text
    assert "\x1b]8" not in text
    Path("net.yaml").write_text(HOSTILE["operations"], encoding="utf-8")
    assert "\x1b]8" not in on_terminal(200, "summary", "net.yaml")


def test_marks_in_a_source_line_are_shown_as_they_stand(capsys: pytest.CaptureFixture[str]) -> None:
    Path("net.yaml").write_text("layers:\n  - [red]x[/] :smile:\n", encoding="utf-8")
    assert "  - [red]x[/] :smile:" in Ran(capsys, "rf", "net.yaml").err


def test_names_of_files_and_words_of_the_command_line_are_inert(capsys: pytest.CaptureFixture[str]) -> None:
    name = f"{LAYER.replace('/', '')}.yaml"
    Path(name).write_text(SPEC, encoding="utf-8")
    for arguments in (
        ["rf", name],
        ["rf", "absent\x1b[31m.yaml"],
        ["rf", "net.yaml", "--model", LAYER],
        ["rf", "net.yaml", "--set", f"{LAYER}=1"],
        ["rf", "net.yaml", "--input", LAYER],
        ["rf", "net.yaml", "--framework", LAYER],
        ["rf", "net.yaml", "--format", LAYER],
        ["rf", "net.yaml", "--output", f"absent/{LAYER}"],
        ["layers", LAYER],
        ["explain", LAYER],
        [LAYER],
        ["check", LAYER],
        ["check", name],
    ):
        ran = Ran(capsys, *arguments)
        assert ran.code in (0, 2), arguments
        assert harmless(ran.out + ran.err), arguments


def test_what_is_passed_on_as_bytes_that_are_no_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rf", os.fsdecode(b"\xff\xfe.yaml")]) == 2
    assert harmless(capsys.readouterr().err)


# Texts that would run, read or reach something

TEMPTATIONS = [
    "layers: [relu]\nname: !!python/object/apply:os.system [touch owned]\n",
    "layers: !!python/name:os.system relu\n",
    "layers: !include /etc/passwd\n",
    "<<: !include net.yaml\nlayers: [relu]\n",
    "layers: [conv3x3: \"__import__('os').system('touch owned')\"]\n",
    "layers: [conv3x3: \"open('/etc/passwd')\"]\n",
    "vars: {n: 1}\nlayers: [conv3x3: n.__class__]\n",
    "layers: [conv3x3: '$(touch owned)', conv1x1: '`touch owned`', relu: '${HOME}']\n",
    "name: '{0.__class__}'\ndescription: '%s {{7*7}} {self}'\nlayers: [{relu: , note: file:///etc/passwd}]\n",
    "source: [http://127.0.0.1/x, /etc/passwd]\nframework: http://127.0.0.1/\nlayers: [{relu: , from: /etc/passwd}]\n",
    "layers: [relu]\ncases: [{name: ../../owned, expect: {error: E301}}]\n",
]


def test_nothing_in_a_spec_runs_reads_or_reaches_anything() -> None:
    """Every event of the interpreter that opens, starts, loads or connects something, but for the specs themselves."""
    for number, text in enumerate(TEMPTATIONS):
        Path(f"{number}.yaml").write_text(text, encoding="utf-8")
    code = f"""
import sys
from cnncalc import CnncalcError, analyze, load
from cnncalc.checks.files import Wanted, check_file
from cnncalc.codes import CODES
from cnncalc.render.diagnostics import render
from tests.render.writing import networks
from cnncalc.render.surface import PLAIN
from cnncalc.render.view import View
names = ["./net.yaml", "./broken.yaml", *(f"./{{number}}.yaml" for number in range({len(TEMPTATIONS)}))]
def everything(name):
    check_file(name, Wanted(frozenset(CODES)))
    try:
        reports = [analyze(model) for model in load(name)]
    except CnncalcError as error:
        return render(error.diagnostics)
    return [networks(reports, View("summary"), format, PLAIN) for format in ("table", "json", "csv", "markdown")]
for name in names:
    everything(name)
kinds = ("open", "import", "compile", "exec", "socket", "subprocess", "os", "shutil", "ctypes", "urllib", "marshal")
seen = set()
def hook(event, arguments):
    if event.split(".")[0] in kinds and not (event == "open" and arguments[0] in names):
        seen.add((event, str(arguments[0])))
sys.addaudithook(hook)
for name in names:
    everything(name)
print(sorted(seen))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stdout
    assert not Path("owned").exists()
