"""``[tool.cnncalc]``: which files are checked, which warnings count, and what is wrong with a table."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cnncalc.cli import configuration
from cnncalc.cli.configuration import NOTHING, Settings, settings_for
from tests.cli.running import Ran

FLOORED = "input: [3, 8, 8]\nlayers:\n  - conv3x3: {out: 4, stride: 2}\n"
"""Drops a row and a column: W504."""
WRONG = "layers: [cnv]\n"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configuration.forget()
    monkeypatch.chdir(tmp_path)


def write(text: str, folder: str = ".") -> None:
    Path(folder).mkdir(exist_ok=True, parents=True)
    Path(folder, "pyproject.toml").write_text(text)


def warnings(ran: Ran) -> int:
    return ran.out.count(": W")


def test_the_nearest_table_counts(tmp_path: Path) -> None:
    write("[tool.cnncalc]\nstrict = true\n")
    write("[project]\nname = 'cnncalc-user'\n", "a/b")
    write("[tool.cnncalc]\nexclude = ['x']\n", "a/c")
    above = Settings(str(tmp_path), strict=True)
    assert (
        settings_for(".") == settings_for("a/b") == settings_for("a/b/net.yaml") == settings_for("-") == above
    )
    assert settings_for("a/c/d/net.yaml") == Settings(str(tmp_path / "a/c"), exclude=("x",))


def test_without_a_table_there_are_no_settings() -> None:
    write("[tool.other]\nx = 1 # not for cnncalc\n")
    assert settings_for(".") == NOTHING


@pytest.mark.parametrize(
    ("pattern", "matched", "others"),
    [
        ("drafts", ["drafts/a.yaml", "x/drafts/b/a.yaml", "drafts"], ["draft/a.yaml", "adrafts/a.yaml"]),
        ("drafts/", ["drafts/a.yaml", "x/drafts/a.yaml"], ["a.yaml"]),
        ("/drafts", ["drafts/a.yaml"], ["x/drafts/a.yaml"]),
        ("nets/*.yaml", ["nets/a.yaml"], ["nets/b/a.yaml", "x/nets/a.yaml", "nets/a.yml"]),
        ("nets/**/*.yaml", ["nets/a.yaml", "nets/b/c/a.yaml"], ["a.yaml"]),
        ("**/old/*", ["old/a.yaml", "x/y/old/a.yaml"], ["old.yaml"]),
        ("nets/**", ["nets/a.yaml", "nets/b/a.yaml"], ["a.yaml"]),
        ("*.test.yaml", ["a.test.yaml", "x/b.test.yaml"], ["a.yaml", "atest.yaml"]),
        ("net?.yaml", ["net1.yaml"], ["net.yaml", "net12.yaml"]),
        ("a+b.yaml", ["a+b.yaml"], ["aab.yaml"]),
        ("a+[[]b].yaml", ["a+[b].yaml"], ["a+b.yaml"]),
        ("[ab].yaml", ["a.yaml", "x/b.yaml"], ["c.yaml", "ab.yaml", "[ab].yaml"]),
        ("[!ab0-9]x.yaml", ["cx.yaml"], ["ax.yaml", "5x.yaml", "c/x.yaml"]),
        ("x[!a]y.yaml", ["xby.yaml"], ["x/y.yaml", "xay.yaml"]),
        ("[a.yaml", ["[a.yaml"], ["a.yaml"]),
        ("./drafts", ["drafts/a.yaml"], ["x/drafts/a.yaml"]),
        ("./nets//./*.yaml", ["nets/a.yaml"], ["nets/b/a.yaml", "x/nets/a.yaml"]),
    ],
)
def test_patterns(pattern: str, matched: list[str], others: list[str], tmp_path: Path) -> None:
    settings = Settings(str(tmp_path), include=(pattern,))
    assert [path for path in (*matched, *others) if settings.takes(path)] == matched
    settings = Settings(str(tmp_path), exclude=(pattern,))
    assert [path for path in (*matched, *others) if settings.takes(path)] == others


def test_files_left_out_are_not_checked_unless_they_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    write("[tool.cnncalc]\ninclude = ['nets/**/*.yaml']\nexclude = ['drafts']\n")
    for name in ("nets/a.yaml", "nets/drafts/b.yaml", "other/c.yaml"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(FLOORED if name == "nets/a.yaml" else WRONG)
    ran = Ran(capsys, "check", ".")
    assert (ran.code, ran.out.splitlines()[-1][:6]) == (0, "1 file")
    assert Ran(capsys, "check", "nets/drafts/b.yaml").code == 1
    assert Ran(capsys, "check", "nets/**/*.yaml").code == 0
    for options in ((), ("--update",)):
        ran = Ran(capsys, "check", *options, "other")
        assert (ran.code, ran.err) == (
            2,
            "error[E115]: no spec in `other`\n"
            "  = help: 1 file left out by `include` and `exclude` of [tool.cnncalc] in pyproject.toml\n",
        )


def test_warnings_are_chosen_by_the_project_then_by_the_command_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("a.yaml").write_text(FLOORED)
    assert warnings(Ran(capsys, "check", "a.yaml")) == 1
    write("[tool.cnncalc]\nignore = ['W504']\n")
    configuration.forget()
    assert warnings(Ran(capsys, "check", "a.yaml")) == 0
    assert warnings(Ran(capsys, "check", "a.yaml", "--ignore", "W501")) == 1
    write("[tool.cnncalc]\nselect = ['W501']\n")
    configuration.forget()
    assert warnings(Ran(capsys, "check", "a.yaml")) == 0
    assert warnings(Ran(capsys, "check", "a.yaml", "--select", "W")) >= 1


def test_an_empty_list_on_the_command_line_lifts_that_of_the_project(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("a.yaml").write_text(FLOORED)
    write("[tool.cnncalc]\nignore = ['W504']\n")
    assert warnings(Ran(capsys, "check", "a.yaml", "--ignore", "")) == 1
    write("[tool.cnncalc]\nselect = ['W501']\n")
    configuration.forget()
    assert warnings(Ran(capsys, "check", "a.yaml", "--select", "")) == 1


def test_portability_keeps_to_what_the_project_ignores(capsys: pytest.CaptureFixture[str]) -> None:
    """TensorFlow's `same` puts the one position of padding that 8 takes with a stride of 2 at the end: W602."""
    Path("a.yaml").write_text("input: [3, 8, 8]\nlayers: [conv3x3: {out: 4, stride: 2, padding: 1}]\n")
    asked = ("check", "a.yaml", "--portability", "--select", "W6")
    assert Ran(capsys, *asked).out.count("W602") == 1
    write("[tool.cnncalc]\nignore = ['W602']\n")
    configuration.forget()
    assert Ran(capsys, *asked).out.count("W602") == 0
    assert Ran(capsys, "check", "a.yaml", "--portability").out.count("W602") == 0
    assert Ran(capsys, *asked, "--ignore", "W504").out.count("W602") == 1


def test_each_file_has_the_settings_of_its_own_project(capsys: pytest.CaptureFixture[str]) -> None:
    write("[tool.cnncalc]\nignore = ['W504']\n", "quiet")
    Path("quiet/a.yaml").write_text(FLOORED)
    Path("b.yaml").write_text(FLOORED)
    ran = Ran(capsys, "check", ".")
    assert (warnings(ran), "b.yaml:3" in ran.out) == (1, True)


def test_a_strict_project_fails_for_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.yaml").write_text(FLOORED)
    assert Ran(capsys, "check", "a.yaml").code == 0
    write("[tool.cnncalc]\nstrict = true\n")
    configuration.forget()
    assert Ran(capsys, "check", "a.yaml").code == 1


def test_a_strict_project_is_strict_with_its_own_files_only(capsys: pytest.CaptureFixture[str]) -> None:
    write("[tool.cnncalc]\nstrict = true\n", "strict")
    Path("strict/a.yaml").write_text("input: [3, 8, 8]\nlayers: [conv3x3: 4]\n")
    Path("other").mkdir()
    Path("other/b.yaml").write_text(FLOORED)
    assert [Ran(capsys, "check", *folders).code for folders in (["other"], ["strict", "other"], ["."])] == [
        0,
        0,
        0,
    ]
    assert Ran(capsys, "check", "--strict", "strict", "other").code == 1
    Path("strict/c.yaml").write_text(FLOORED)
    assert [
        Ran(capsys, "check", *folders).code for folders in (["strict", "other"], ["--no-strict", "."])
    ] == [1, 0]


@pytest.mark.parametrize(
    ("text", "line", "message", "help"),
    [
        (
            "[tool.cnncalc]\nstrict = true\nexcludes = []\n",
            3,
            "unknown key `excludes` in `tool.cnncalc`",
            "did you mean `exclude`?",
        ),
        (
            "[tool.cnncalc]\nframework = 'caffe'\n",
            2,
            "unknown key `framework` in `tool.cnncalc`",
            "possible: include, exclude, select, ignore, strict",
        ),
        (
            "[tool.cnncalc.check]\n",
            1,
            "unknown key `check` in `tool.cnncalc`",
            "possible: include, exclude, select, ignore, strict",
        ),
        ("[tool.cnncalc]\nstrict = 'yes'\n", 2, "`strict` is true or false", None),
        (
            "[tool.cnncalc]\n\n  include = 'nets'\n",
            3,
            '`include` is a list of patterns, such as ["nets/**/*.yaml"]',
            None,
        ),
        (
            "[tool.cnncalc]\nexclude = ['/']\n",
            2,
            '`exclude` is a list of patterns, such as ["nets/**/*.yaml"]',
            None,
        ),
        (
            "[tool.cnncalc]\nexclude = ['.']\n",
            2,
            '`exclude` is a list of patterns, such as ["nets/**/*.yaml"]',
            None,
        ),
        (
            "[tool.cnncalc]\nexclude = ['../cfg/nets']\n",
            2,
            "`exclude`: `../cfg/nets` can match nothing: patterns are relative to the folder of this file",
            "leave out `..`, or put a pyproject.toml there",
        ),
        ("[tool.cnncalc]\nselect = [5]\n", 2, '`select` is a list of codes, such as ["W504"]', None),
        (
            "[tool.cnncalc]\nignore = ['X1']\n",
            2,
            "`ignore`: no code begins with 'X1': `cnncalc explain` lists them",
            None,
        ),
        ("tool.cnncalc = 3\n", None, "`tool.cnncalc` is a table", "write `[tool.cnncalc]` above its keys"),
        ("[tool.cnncalc]\nstrict = tru\n", 2, "this is not TOML: invalid value", None),
    ],
)
def test_a_broken_table_ends_the_run(
    text: str, line: int | None, message: str, help: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    write(text)
    Path("a.yaml").write_text("layers: [relu]\n")
    ran = Ran(capsys, "check", "a.yaml")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"error[E903]: {message}\n --> pyproject.toml:{line or 1}:")
    assert (f"  = help: {help}\n" in ran.err) == (help is not None)


def test_a_file_that_is_not_utf_8(capsys: pytest.CaptureFixture[str]) -> None:
    Path("pyproject.toml").write_bytes(b"[tool.cnncalc]\n# \xff\n")
    Path("a.yaml").write_text("layers: [relu]\n")
    ran = Ran(capsys, "check", "a.yaml")
    assert (ran.code, "`pyproject.toml` cannot be read: it is not UTF-8" in ran.err) == (2, True)


def test_no_number_depends_on_it(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.yaml").write_text(FLOORED)
    before = Ran(capsys, "summary", "a.yaml").out
    write("[tool.cnncalc]\nbroken = {}\n")
    configuration.forget()
    assert Ran(capsys, "summary", "a.yaml").out == before


def test_a_path_below_the_root_is_matched_from_anywhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write("[tool.cnncalc]\nexclude = ['nets/a.yaml']\n")
    Path("nets").mkdir()
    monkeypatch.chdir("nets")
    assert not settings_for("a.yaml").takes("a.yaml")
    assert settings_for("a.yaml").takes(os.path.join("..", "a.yaml"))
