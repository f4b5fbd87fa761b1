"""What the commands get from the command line is what typer would give them, sooner; and help in colour."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.core import TyperCommand

from cnncalc.cli import _MISUSE, COMMANDS, _function
from cnncalc.cli.command import Command, coloured
from cnncalc.render.surface import PLAIN, Surface
from tests.cli.running import Ran
from tests.cli.test_process import on_terminal, run

WORDS = ("1", "0", "-1", "007", "64", "65", "200000", "12345678901", "1e3", "²", "", "x", "table", "TABLE", "json", "int8", "all", "a,b")  # fmt: skip
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


def made(name: str, kind: type[TyperCommand]) -> Any:
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(name, cls=kind)(_function(name))
    return typer.main.get_command(app)


def given(command: Any, arguments: list[str]) -> object:
    """The values that the function of a command would be called with, or why it would not be."""
    try:
        with command.make_context("x", list(arguments), resilient_parsing=False) as context:
            return {name: (value, type(value)) for name, value in context.params.items()}
    except _MISUSE as error:
        return str(error)


@pytest.mark.parametrize("name", COMMANDS)
def test_values_are_those_that_typer_gives(name: str) -> None:
    ours, typers = made(name, Command), made(name, TyperCommand)
    arguments = [one for one in typers.params if one.param_type_name == "argument"]
    lead = ["1"] * sum(one.required for one in arguments)
    needed = [
        word for one in typers.params if one.required and one.opts[0][0] == "-" for word in (one.opts[0], "1")
    ]
    lines = [[], lead, [*lead, *needed], [*lead, *needed, "2", "3"]]
    for option in (one for one in typers.params if one.opts[0][0] == "-"):
        if not option.is_flag:
            lines.extend([*lead, *needed, option.opts[0], word] for word in WORDS)
            lines.append([*lead, *needed, option.opts[-1], "1", option.opts[0], "2"])
        lines += [[*lead, *needed, word] for word in (*option.opts, *option.secondary_opts)]
    for line in lines:
        wanted = given(typers, line)
        found = given(ours, line)
        if isinstance(wanted, dict):  # typer's functions get lists, whatever the context holds
            assert isinstance(found, dict), (line, found)
            wanted, found = (
                {one: _listed(value) for one, value in values.items()} for values in (wanted, found)
            )
        else:  # why a value is refused is said in our own words, whatever typer's version
            assert isinstance(found, str), (line, found)
            assert not re.search("Value error|Input should", found), (line, found)
            continue
        assert found == wanted, line


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("draw stack3x3 --what cots", "--what: 'cots' is not one of 'growth', "),
        ("draw stack3x3 --what cots", "'scatter'. Did you mean 'cost'?"),
        ("export lenet5 --to plain", "--to: 'plain' is not one of 'torch', "),
        ("check lenet5 --format xml", "--format: 'xml' is not one of 'full', "),
        ("check lenet5 --jobs 1.5", "-j / --jobs: '1.5' is not a whole number."),
        ("check lenet5 --jobs 99", "-j / --jobs: 99 is too large, the most is 64."),
        ("rf lenet5 --depth 0", "--depth: 0 is too small, the least is 1."),
        (f"rf lenet5 --depth {'9' * 5000}", "--depth: a number of 5,000 digits is too large."),
    ],
)
def test_a_refused_value_is_named_with_those_that_work(
    words: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = Ran(capsys, *words.split())
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("cnncalc: Invalid value for -")
    assert why in ran.err


def _listed(value: tuple[Any, type]) -> object:
    return list(value[0]) if isinstance(value[0], list | tuple) else value


def test_plain_values_load_no_converter() -> None:
    """From 0.29 on, typer converts with pydantic."""
    lines = [
        ["rf", "stack3x3", "--set", "c=8", "--at", "0,0", "--max-layers", "99", "--format", "csv", "--all"],
        ["summary", "lenet5", "--dtype", "int8", "--depth", "1"],
        ["check", "lenet5", "--jobs", "1"],
        ["pool", "7", "3", "--ceil"],
        ["--help"],
        ["rf", "--help"],
        ["--version"],
    ]
    code = f"import sys; from cnncalc.cli import main\nfor line in {lines}: assert main(line) == 0, line\nprint('pydantic' in sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "False\n")


# Help


@pytest.mark.parametrize("arguments", [["--help"], ["pool", "--help"], ["rf", "-h"]])
def test_help_has_colours_on_a_terminal_only(arguments: list[str]) -> None:
    plain = on_terminal(80, *arguments, NO_COLOR="1")
    shown = on_terminal(80, *arguments)
    assert "\x1b" not in plain
    assert ESCAPE.sub("", shown) == plain
    assert "\x1b[1mUsage\x1b[0m" in shown
    assert "\x1b[1mOptions\x1b[0m:" in shown
    piped = run(*arguments, COLUMNS="80")
    assert piped.stdout.decode() == plain
    assert b"\x1b[36m" in run(*arguments, FORCE_COLOR="1").stdout
    assert "\x1b" not in on_terminal(80, *arguments, TERM="dumb")


def test_an_error_is_apart_from_the_table_on_a_terminal_only(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text("input: [3, 8, 8]\nlayers: [conv3x3: 4, conv9x9: 4]\n")
    shown = on_terminal(80, "rf", str(path), NO_COLOR="1").replace("\r", "")
    assert "\n\nerror[E301]: window 9 does not fit" in shown
    piped = run("rf", str(path))
    assert piped.stderr.startswith(b"error[E301]") and not piped.stdout.endswith(b"\n\n")


def test_colours_of_help_are_for_what_one_types() -> None:
    text = """\
Usage: cnncalc pool [OPTIONS] [SIZE]

  Windows: and more.

Arguments:
  [SIZE [KERNEL]]  The same.
  [NAME | WORD...]  Words.
  SPEC...          A spec.

Options:
  -k, --kernel K    The window, see --stride.
  --ceil / --floor  Rounding.
                    --in is no term here.

Look up:
  zoo  The bundled networks.
"""
    shown = coloured(text, Surface(80, colour=True))
    assert re.findall("\x1b\\[1m(.*?)\x1b\\[0m", shown) == ["Usage", "Arguments", "Options", "Look up"]
    assert re.findall("\x1b\\[36m(.*?)\x1b\\[0m", shown) == [
        "[SIZE [KERNEL]]",
        "[NAME | WORD...]",
        "SPEC...",
        "-k, --kernel",
        "--ceil / --floor",
        "zoo",
    ]
    assert coloured(text, PLAIN) == text


def test_help_shows_the_commands_in_their_groups(capsys: pytest.CaptureFixture[str]) -> None:
    alone, help = Ran(capsys).out, Ran(capsys, "--help").out
    heads = re.findall(r"^([A-Z][a-z ]+):$", help, re.MULTILINE)
    assert heads[0] == "Options"
    assert [head for head in heads[1:] if f"\n{head}\n" not in alone] == []
    assert all(re.search(rf"^  {name}  ", help, re.MULTILINE) or f"\n  {name} " in help for name in COMMANDS)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("solve lenet5", "Missing option --vary."),
        ("rf", "Missing argument SPEC...."),
        ("schema more", "Unexpected argument: more"),
        ("resnet34", "No such command 'resnet34'. Did you mean `cnncalc summary resnet34`?"),
        ("check lenet5 --ignore W999", "Invalid value for --ignore: no code begins with 'W999'"),
        ("check lenet5 --select X", "Invalid value for --select: no code begins with 'X'"),
        (
            "check lenet5 --output-format json",
            "Invalid value for --output-format: is the format of the file of --output",
        ),
        ("compare lenet5 alexnet --all", "Invalid value for --all: is for --frameworks, which is missing"),
        ("draw stack3x3 --what field --layer x", "Invalid value for --layer: "),
        ("draw stack3x3 --what field --at 1", "Invalid value for --at: "),
        ("draw stack3x3 --what field --behind no.png", "Invalid value for --behind: "),
        ("explain X", "Invalid value for CODE | TOPIC: no code or topic 'X'"),
    ],
)
def test_a_wrong_line_names_what_is_wrong(words: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, *words.split())
    assert (ran.code, ran.out) == (2, "")
    assert " ".join(ran.err.split()).startswith(f"cnncalc: {said}")


@pytest.mark.parametrize(
    ("name", "reason"), [("no/x.json", "there is no folder no"), ("folder", "it is a folder")]
)
def test_a_file_that_cannot_be_written_says_why(
    name: str,
    reason: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    ran = Ran(capsys, "zoo", "--format", "json", "-o", name)
    assert (ran.code, ran.out, ran.err) == (2, "", f"error[E902]: cannot write {name}: {reason}\n")


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_limits_in_words(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    help = Ran(capsys, name, "--help").out
    assert "x>=" not in help and "<=x" not in help
    assert ("at least 1]" in " ".join(help.split())) == ("--max-layers" in help or "--channels" in help)


def test_a_bundled_network_needs_no_import(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "import", "resnet34")
    assert ran.code == 2
    assert "it is a bundled network, which every command takes" in ran.err
