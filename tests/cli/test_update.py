"""``check --update``, ``--add`` and ``--diff``: files, output and exit codes."""

from __future__ import annotations

import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from cnncalc import bundled
from tests.cli.running import Ran

NET = "input: [3, 8, 8]\nlayers:\n  - conv3x3: 4  # stem\n    expect: [5, 6, 6]\nexpect: {params: 100, macs: <= 1K}\n"
FIXED = NET.replace("[5,", "[4,").replace("100", "112").replace("1K", "3888")
"""3*4*9 + 4 parameters, 3*4*9*36 = 3888 MACs."""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(NET)


def test_what_failed_is_written_and_then_holds(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "check", "--update", "net.yaml")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == (
        "net.yaml:4:13: net: conv3x3_1 shape: [5, 6, 6] -> [4, 6, 6]\n"
        "net.yaml:5:18: net: params: 100 -> 112\n"
        "net.yaml:5:29: net: macs: <= 1K -> <= 3888\n"
        "1 file: 3 expectations written\n"
    )
    assert Path("net.yaml").read_text() == FIXED
    assert Ran(capsys, "check", "net.yaml").code == 0


def test_a_passing_file_is_not_touched(capsys: pytest.CaptureFixture[str]) -> None:
    path = Path("net.yaml")
    path.write_text(FIXED)
    before = path.stat()
    ran = Ran(capsys, "check", "--update", "net.yaml")
    assert (ran.code, ran.out) == (0, "1 file: 0 expectations written\n")
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("end", ["", "\n"])
def test_bytes_around_stay(capsys: pytest.CaptureFixture[str], mark: str, ending: str, end: str) -> None:
    def data(text: str) -> bytes:
        return (mark + text.rstrip("\n") + end).replace("\n", ending).encode()

    Path("net.yaml").write_bytes(data(NET))
    assert Ran(capsys, "check", "--update", "net.yaml").code == 0
    assert Path("net.yaml").read_bytes() == data(FIXED)


def test_mode_and_link_stay_and_nothing_is_left_beside(capsys: pytest.CaptureFixture[str]) -> None:
    Path("net.yaml").chmod(0o640)
    Path("link.yaml").symlink_to("net.yaml")
    assert Ran(capsys, "check", "--update", "link.yaml").code == 0
    assert Path("link.yaml").is_symlink()
    assert stat.S_IMODE(Path("net.yaml").stat().st_mode) == 0o640
    assert Path("net.yaml").read_text() == FIXED
    assert sorted(path.name for path in Path().iterdir()) == ["link.yaml", "net.yaml"]


def test_a_diff_writes_nothing_and_can_be_applied(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "check", "--diff", "net.yaml")
    assert (ran.code, ran.err, Path("net.yaml").read_text()) == (1, "", NET)
    assert ran.out == (
        "--- a/net.yaml\n+++ b/net.yaml\n@@ -1,5 +1,5 @@\n input: [3, 8, 8]\n layers:\n   - conv3x3: 4  # stem\n"
        "-    expect: [5, 6, 6]\n-expect: {params: 100, macs: <= 1K}\n"
        "+    expect: [4, 6, 6]\n+expect: {params: 112, macs: <= 3888}\n"
    )


APPLY = [("git", "apply"), ("patch", "-p1", "--quiet")]


@pytest.mark.parametrize("command", APPLY, ids=["git", "patch"])
@pytest.mark.parametrize(
    ("spec", "name", "mark"),
    [
        ("net.yaml", "net.yaml", ""),
        (".", "net.yaml", "\ufeff"),
        ("./nets/../nets/q.yaml", "nets/q.yaml", ""),
        ("a b/c d.yaml", "a b/c d.yaml", ""),
        ("ü.yaml", "ü.yaml", ""),
        ('"q".yaml', '"q".yaml', ""),
        ("{here}/nets/q.yaml", "nets/q.yaml", ""),
        ("link/q.yaml", "real/q.yaml", ""),
    ],
)
def test_a_patch_can_be_applied_from_where_it_was_made(
    spec: str, name: str, mark: str, command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    Path("net.yaml").unlink()
    Path(name).parent.mkdir(exist_ok=True)
    Path("link").symlink_to("real")
    data = {side: (mark + text).encode() for side, text in (("old", NET), ("new", FIXED))}
    Path(name).write_bytes(data["old"])
    ran = Ran(capsys, "check", "--diff", spec.replace("{here}", str(Path.cwd())))
    assert ran.code == 1
    subprocess.run(command, input=ran.out.encode(), check=True)
    assert Path(name).read_bytes() == data["new"]


def test_a_patch_within_a_repository(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    for variable in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(variable, raising=False)
    subprocess.run(["git", "init", "--quiet"], check=True)
    Path("nets").mkdir()
    Path("nets/q.yaml").write_text(NET)
    monkeypatch.chdir("nets")
    ran = Ran(capsys, "check", "--diff", "q.yaml")
    subprocess.run(["git", "apply"], input=ran.out.encode(), check=True)
    assert Path("q.yaml").read_text() == FIXED


def test_a_file_elsewhere_is_patched_from_the_root(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("sub").mkdir()
    monkeypatch.chdir("sub")
    ran = Ran(capsys, "check", "--diff", "../net.yaml")
    assert ran.out.splitlines()[0] == f"--- a{Path.cwd().parent.as_posix()}/net.yaml"


def test_what_a_diff_leaves_is_told_beside_it(capsys: pytest.CaptureFixture[str]) -> None:
    Path("net.yaml").write_text("input: [3, 8, 8]\nlayers: [conv3x3: 4]\nexpect: {error: E301}\n")
    ran = Ran(capsys, "check", "--diff", "net.yaml")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "net.yaml:3:17: net: error stays: an expected error is not a measured value\n"


def test_a_diff_of_a_file_without_a_last_line_end(capsys: pytest.CaptureFixture[str]) -> None:
    Path("net.yaml").write_text(NET.rstrip("\n"))
    ran = Ran(capsys, "check", "--update", "--diff", "net.yaml")
    assert ran.out.endswith("macs: <= 3888}\n\\ No newline at end of file\n")


def test_nothing_to_show(capsys: pytest.CaptureFixture[str]) -> None:
    Path("net.yaml").write_text(FIXED)
    ran = Ran(capsys, "check", "--diff", "net.yaml")
    assert (ran.code, ran.out, ran.err) == (0, "", "")


def test_what_cannot_be_written_still_fails(capsys: pytest.CaptureFixture[str]) -> None:
    Path("net.yaml").write_text("layers: [conv3x3: 4]\nexpect: {params: 1, rf: 5}\n")
    ran = Ran(capsys, "check", "--update", "net.yaml")
    assert ran.code == 1
    assert ran.out == (
        "net.yaml:2:18: net: params stays: the value is not known\n"
        "net.yaml:2:25: net: rf: 5 -> 3\n"
        "1 file: 1 expectation written, 1 left\n"
    )


def test_an_error_in_the_way_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    text = "input: [3, 8, 8]\nlayers: [conv9x9: 4]\nexpect: {params: 1}\n"
    Path("net.yaml").write_text(text)
    ran = Ran(capsys, "check", "--update", "net.yaml")
    assert (ran.code, Path("net.yaml").read_text()) == (1, text)
    assert ran.err.startswith("error[E301]")
    Path("net.yaml").write_text("layers: [cnv: 4]\n")
    ran = Ran(capsys, "check", "--update", "net.yaml")
    assert ran.code == 1
    assert ran.err.startswith("error[E111]")


def test_expectations_are_added_where_there_are_none(capsys: pytest.CaptureFixture[str]) -> None:
    bare = "input: [3, 8, 8]\nlayers:\n  - conv3x3: 4\n"
    Path("bare.yaml").write_text(bare)
    ran = Ran(capsys, "check", "--add", "shape,params,macs,rf", "bare.yaml", "net.yaml")
    assert ran.code == 1
    assert ran.out == (
        "bare.yaml:1:1: bare: expect: {shape: [4, 6, 6], params: 112, macs: 3888, rf: 3}\n2 files: 1 expectation written\n"
    )
    assert (
        Path("bare.yaml").read_text() == bare + "expect: {shape: [4, 6, 6], params: 112, macs: 3888, rf: 3}\n"
    )
    assert Path("net.yaml").read_text() == NET
    assert Ran(capsys, "check", "--add", "shape", "bare.yaml").out == "1 file: 0 expectations written\n"


def test_adding_and_updating_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    Path("net.yaml").write_text(NET[: NET.rindex("expect")])
    ran = Ran(capsys, "check", "--update", "--add", "params", "net.yaml")
    assert (ran.code, Path("net.yaml").read_text()) == (
        0,
        FIXED[: FIXED.rindex("expect")] + "expect: {params: 112}\n",
    )


def test_what_is_unknown_is_not_added(capsys: pytest.CaptureFixture[str]) -> None:
    Path("net.yaml").write_text("layers: [conv3x3: 4]\n")
    ran = Ran(capsys, "check", "--add", "params,rf", "net.yaml")
    assert (ran.code, Path("net.yaml").read_text()) == (0, "layers: [conv3x3: 4]\nexpect: {rf: 3}\n")
    reason = "net.yaml:1:1: net: params is not added: the value is not known\n"
    assert ran.out == f"net.yaml:1:1: net: expect: {{rf: 3}}\n{reason}1 file: 1 expectation written, 1 left\n"
    Path("net.yaml").write_text("layers: [conv3x3: 4]\n")
    ran = Ran(capsys, "check", "--add", "params", "net.yaml")
    assert (ran.code, ran.out) == (0, f"{reason}1 file: 0 expectations written, 1 left\n")
    ran = Ran(capsys, "check", "--add", "params", "--diff", "net.yaml")
    assert (ran.code, ran.out, ran.err) == (0, "", reason)


@pytest.mark.slow
def test_a_whole_folder_of_the_bundled_networks(capsys: pytest.CaptureFixture[str]) -> None:
    for name in bundled.names():
        source = bundled.path_of(name)
        assert source is not None
        shutil.copy(source, f"{name}.yaml")
    Path("net.yaml").unlink()
    before = {path: path.read_bytes() for path in Path().iterdir()}
    ran = Ran(capsys, "check", "--update", ".")
    assert (ran.code, {path: path.read_bytes() for path in Path().iterdir()}) == (0, before)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--update", "-"), "- is not a file; only files can be rewritten"),
        (("--update", "vgg16"), "vgg16 is not a file; only files can be rewritten"),
        (("--update", "missing.yaml"), "missing.yaml is not a file; only files can be rewritten"),
        (("--update", "net.yaml", "--framework", "caffe"), "cannot be combined with --set or --framework"),
        (("--diff", "net.yaml", "--set", "n=3"), "cannot be combined with --set or --framework"),
        (
            ("--update", "net.yaml", "--strict"),
            "Invalid value for --strict: cannot be combined with --update, --add or --diff",
        ),
        (("--add", "rf", "net.yaml", "--output", "x.md"), "--output: cannot be combined"),
        (("--diff", "net.yaml", "--format", "json"), "--format: cannot be combined"),
        (("--diff", "net.yaml", "--watch"), "--watch: cannot be combined"),
        (
            ("--update", "net.yaml", "--require-expect", "--output-format", "json"),
            "--output-format and --require-expect: cannot be combined",
        ),
        (
            ("--update", "net.yaml", "--select", "W", "--ignore", "W504", "--portability"),
            "--select and --ignore and --port",
        ),
        (("--add", "shape,parms", "net.yaml"), "'parms' is not a metric, did you mean 'params'?"),
        (("--add", "error", "net.yaml"), "'error' is not a metric"),
    ],
)
def test_what_cannot_be_done(
    arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = Ran(capsys, "check", *arguments)
    assert (ran.code, ran.out, Path("net.yaml").read_text()) == (2, "", NET)
    assert message in ran.err


def test_an_empty_folder_is_never_a_success(capsys: pytest.CaptureFixture[str]) -> None:
    Path("empty").mkdir()
    ran = Ran(capsys, "check", "--update", "empty", "net.yaml")
    assert ran.code == 2
    assert ran.err.startswith("error[E115]: no spec in `empty`\n")
    assert Path("net.yaml").read_text() == FIXED


def test_files_in_a_folder_that_are_no_specs_are_passed_over(capsys: pytest.CaptureFixture[str]) -> None:
    Path("other.yaml").write_text("jobs: [a, b]\n")
    ran = Ran(capsys, "check", "--update", ".")
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "1 file: 3 expectations written")
    ran = Ran(capsys, "check", "--update", "other.yaml")
    assert (ran.code, ran.err.startswith("error[E104]")) == (1, True)


@pytest.mark.parametrize("option", ["--update", "--diff", "--add=params"])
@pytest.mark.parametrize(
    "text", ["kind: A\n---\nkind: B\n", "a: {{ .Values.a }}\n{{- if .b }}\nc: 1\n{{- end }}\n"]
)
def test_foreign_yaml_in_a_folder_is_passed_over_as_check_does(
    text: str, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("foreign.yaml").write_text(text)
    Path("net.yaml").write_text(FIXED)
    Path("latin.yaml").write_bytes(b"a: \xe9\n")
    assert Ran(capsys, "check", ".").code == 0
    ran = Ran(capsys, "check", option, ".")
    assert (ran.code, ran.err) == (0, "")
    assert Ran(capsys, "check", option, "foreign.yaml").code == 1


def test_one_variant_alone(capsys: pytest.CaptureFixture[str]) -> None:
    model = "{layers: [conv3x3: 4], expect: {rf: 1}}"
    text = f"models:\n  a: {model}\n  b: {model}\n"
    Path("net.yaml").write_text(text)
    assert Ran(capsys, "check", "--update", "--model", "b", "net.yaml").code == 0
    assert Path("net.yaml").read_text() == text.replace(
        f"b: {model}", f"b: {model.replace('rf: 1', 'rf: 3')}"
    )


def test_one_variant_alone_breaks_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    """3*4*9 + 4 = 112 parameters in a, 3*5*9 + 5 = 140 in b."""
    text = (
        "input: [3, 8, 8]\nvars: {c: 4}\nlayers: [{conv3x3: c, expect: {params: 112, macs: ~1K}}]\n"
        "models: {a: {}, b: {vars: {c: 5}}}\n"
    )
    Path("net.yaml").write_text(text)
    ran = Ran(capsys, "check", "--update", "--model", "b", "net.yaml")
    assert (ran.code, Path("net.yaml").read_text()) == (1, text)
    assert "b: conv3x3_1 params stays: its uses measure different values\n" in ran.out
    Path("net.yaml").write_text(text.replace("112", "<= 112"))
    assert Ran(capsys, "check", "--update", "--model", "a", "net.yaml").code == 1
    assert "params: <= 112" in Path("net.yaml").read_text()
    Ran(capsys, "check", "--update", "--model", "b", "net.yaml")
    assert "params: <= 140" in Path("net.yaml").read_text()


@pytest.mark.parametrize("options", [["--update"], ["--add", "params"], ["--diff"]])
def test_a_limit_on_layers_holds_here_too(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    text = "input: [3, 8, 8]\nlayers: [relu, relu]\n"
    Path("net.yaml").write_text(text)
    ran = Ran(capsys, "check", *options, "net.yaml", "--max-layers", "1")
    assert ran.code == 1
    assert "error[E102]" in ran.err
    assert Path("net.yaml").read_text() == text
