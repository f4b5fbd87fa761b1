"""``--watch`` and shell completion."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cnncalc import bundled
from cnncalc.cli import configuration, main, watch
from cnncalc.cli.check import depended_on
from cnncalc.codes import CODES
from tests.cli.running import Ran, heed_interrupts

ROOT = Path(__file__).parents[2]
GOOD = "input: [3, 8, 8]\nlayers: [conv3x3: 4]\nexpect: {params: 112}\n"


class Saved:
    """A stand-in for sleeping that saves files meanwhile, and then interrupts."""

    def __init__(self, *saves: Callable[[], object]) -> None:
        self.saves = list(saves)

    def __call__(self, seconds: float) -> None:
        if not self.saves:
            raise KeyboardInterrupt
        self.saves.pop(0)()


def _watched(folder: Path, *saves: Callable[[], object]) -> list[list[str]]:
    """The files that each run saw."""
    runs: list[list[str]] = []

    def files() -> list[str]:
        return sorted(map(str, folder.glob("*.yaml")))

    with pytest.raises(KeyboardInterrupt):
        watch.watch(lambda: runs.append([Path(file).read_text() for file in files()]), files, Saved(*saves))
    return runs


def test_it_runs_again_for_each_change_and_only_then(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two = tmp_path / "a.yaml", tmp_path / "b.yaml"
    one.write_text("1")
    runs = _watched(
        tmp_path,
        lambda: None,
        lambda: one.write_text("11"),
        lambda: None,
        lambda: two.write_text("2"),
        two.unlink,
    )
    assert runs == [["1"], ["11"], ["11", "2"], ["11"]]
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition("] ")[2] for line in lines if line] == [
        f"{one} changed",
        f"{two} changed",
        f"{two} changed",
    ]


def test_several_changes_at_once_are_one_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def save() -> None:
        for name in "abc":
            (tmp_path / f"{name}.yaml").write_text(name)

    assert _watched(tmp_path, save) == [[], ["a", "b", "c"]]
    assert capsys.readouterr().out.endswith("a.yaml and 2 more changed\n")


def test_a_file_that_is_gone_and_back_is_no_crash(tmp_path: Path) -> None:
    named = str(tmp_path / "a.yaml")
    runs: list[int] = []
    with pytest.raises(KeyboardInterrupt):
        watch.watch(
            lambda: runs.append(1),
            lambda: [named],
            Saved(lambda: Path(named).write_text("x"), Path(named).unlink),
        )
    assert len(runs) == 3


def test_the_project_and_bundled_networks_are_watched_too(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.cnncalc]\nstrict = true\n")
    spec = tmp_path / "a.yaml"
    vgg = bundled.path_of("vgg16")
    found = list(depended_on([str(spec), "vgg16", "missing"]))
    assert found[:3] == [str(spec), str(vgg), "missing"]
    assert len(set(found)) == len(found)
    assert {str(folder / "pyproject.toml") for folder in (tmp_path, *tmp_path.parents, Path.cwd())} <= set(
        found[3:]
    )


def _checked(monkeypatch: pytest.MonkeyPatch, *saves: Callable[[], object]) -> None:
    """``check --watch .`` while files are saved."""
    real = watch.watch
    monkeypatch.setattr(watch, "watch", lambda run, files: real(run, files, Saved(*saves)))
    assert main(["check", "--watch", "."]) == 130


def test_a_configuration_is_followed_from_its_first_line_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets" / "a.yaml").write_text("input: [3, 15, 15]\nlayers: [maxpool2]\n")
    project, nearer = tmp_path / "pyproject.toml", tmp_path / "nets" / "pyproject.toml"
    _checked(
        monkeypatch,
        lambda: project.write_text("[tool.cnncalc]\nignore = [\n"),
        lambda: project.write_text("[tool.cnncalc]\nignore = ['W504']\n"),
        lambda: nearer.write_text("[tool.cnncalc]\nselect = ['W504']\n"),
    )
    out, err = capsys.readouterr()
    sums = [line.partition("failed")[2] for line in out.splitlines() if line.startswith("1 file")]
    assert sums == [", 1 warning", "", ", 1 warning"]
    assert out.count("toml changed") == 3
    assert err.startswith("error[E903]: this is not TOML")


def test_a_watch_may_begin_with_a_broken_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    configuration.forget()
    (tmp_path / "a.yaml").write_text(GOOD)
    (tmp_path / "pyproject.toml").write_text("[tool.cnncalc]\nstrict = tru\n")
    _checked(monkeypatch, lambda: (tmp_path / "pyproject.toml").write_text("[tool.cnncalc]\nstrict = true\n"))
    out, err = capsys.readouterr()
    assert out.endswith("1 file: 1 expectation met, 0 failed\n")
    assert err.count("E903") == 1


def test_standard_input_cannot_be_watched(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "check", "--watch", "-")
    assert ran.code == 2
    assert "standard input cannot be watched" in ran.err


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_real_run_follows_a_save_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    spec = tmp_path / "a.yaml"
    spec.write_text(GOOD)
    command = [sys.executable, "-u", "-m", "cnncalc", "check", "--watch", str(spec)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heed_interrupts
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        first = process.stdout.readline()
        time.sleep(0.1)
        spec.write_text(GOOD.replace("112", "113"))
        lines = [process.stdout.readline() for _ in range(3)]
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130
        assert process.stderr.read() == ""
    assert first.startswith("1 file")
    assert lines[1].endswith("a.yaml changed\n")
    assert "E401" in lines[2]


# Completion


def completed(*words: str) -> list[str]:
    """What bash would offer for the last word."""
    done = subprocess.run(
        [sys.executable, "-m", "cnncalc"],
        env={
            **os.environ,
            "_CNNCALC_COMPLETE": "complete_bash",
            "COMP_WORDS": " ".join(("cnncalc", *words)),
            "COMP_CWORD": str(len(words)),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("com",), ["compare"]),
        (("compare", "--fail"), ["--fail-if"]),
        (("params", "x.yaml", "--format", "m"), ["markdown"]),
        (("params", "vgg16"), ["vgg16", "vgg16_c"]),
        (("compare", "vgg16", "alex"), ["alexnet", "alexnet_v2"]),
        (("params", "no-such-network"), []),
        (("rf", "lenet5", "--model", "m"), ["modern"]),
        (("rf", "no-such-network", "--model", "m"), []),
        (("rf", "lenet5", "--framework", "ca"), ["caffe"]),
        (("check", "x.yaml", "--select", "W60"), ["W601", "W602", "W603"]),
        (("check", "alex"), ["alexnet", "alexnet_v2"]),
        (("explain", "lang"), ["language"]),
        (("explain", "E30"), [f"E30{number}" for number in range(1, 10) if f"E30{number}" in CODES]),
        (("layers", "conv_"), ["conv_transpose"]),
        (("zoo", "alex"), ["alexnet", "alexnet_v2"]),
    ],
)
def test_a_shell_completes_commands_options_values_and_networks(
    words: tuple[str, ...], found: list[str]
) -> None:
    assert completed(*words) == found


@pytest.mark.parametrize(
    ("shell", "file", "said"),
    [
        ("bash", ".bash_completions/cnncalc.sh", "complete -o default -F _cnncalc_completion cnncalc"),
        ("zsh", ".zfunc/_cnncalc", "#compdef cnncalc"),
        ("fish", ".config/fish/completions/cnncalc.fish", "complete --command cnncalc"),
    ],
)
def test_completion_is_installed(shell: str, file: str, said: str, tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "cnncalc", "--install-completion", shell],
        env={**os.environ, "HOME": str(tmp_path), "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"},
        stdout=subprocess.DEVNULL,
        check=True,
        cwd=ROOT,
    )
    assert said in (tmp_path / file).read_text()


def test_there_is_a_script_for_powershell() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cnncalc"],
        env={**os.environ, "_CNNCALC_COMPLETE": "source_powershell"},
        capture_output=True,
        text=True,
    )
    assert "Register-ArgumentCompleter -Native -CommandName cnncalc" in done.stdout


def test_completion_is_offered_where_no_command_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert "--install-completion" in Ran(capsys, "--help").out
    assert "--install-completion" not in Ran(capsys, "zoo", "--help").out


BY_NAME = "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION"


def installed(home: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Completion installed in a home of its own, where no program but Python is found."""
    return subprocess.run(
        [sys.executable, "-m", "cnncalc", "--install-completion", *words],
        env={"HOME": str(home), "PATH": str(home), "PYTHONPATH": str(ROOT), **more},
        capture_output=True,
        text=True,
    )


def test_completion_without_powershell_says_so(tmp_path: Path) -> None:
    done = installed(tmp_path, "pwsh", **{BY_NAME: "1"})
    said = "error[E902]: completion cannot be installed: PowerShell (`pwsh`) is not installed\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said)


def test_completion_where_no_file_can_be_written(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.touch()
    done = installed(home, "bash", **{BY_NAME: "1"})
    assert done.returncode == 2
    assert done.stderr.startswith(f"error[E902]: completion cannot be installed in {home}")


@pytest.mark.parametrize("option", ["--install-completion", "--show-completion"])
def test_a_shell_beside_completion_is_no_value(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, option, "pwsh")
    assert (ran.code, ran.out) == (2, "")
    assert " ".join(ran.err.split()) == (
        f"cnncalc: Invalid value for {option}: takes no value, but found 'pwsh': it is for the shell that "
        "cnncalc is started from Try `cnncalc --help`."
    )


@pytest.mark.parametrize(("more", "is_coloured"), [({}, False), ({"FORCE_COLOR": "1"}, True)])
def test_completion_has_colours_where_they_are_wanted(
    more: dict[str, str], is_coloured: bool, tmp_path: Path
) -> None:
    done = installed(tmp_path, "bash", **{BY_NAME: "1"}, **more)
    assert done.returncode == 0
    assert ("\x1b[" in done.stdout) == is_coloured
    assert "bash completion installed in" in done.stdout
