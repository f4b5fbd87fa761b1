"""``cnncalc compare``: revisions, budgets and the comment for a pull request."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from cnncalc import analyze, load
from cnncalc.render.surface import Surface
from tests.cli.running import Ran
from tests.render.writing import compared

OLD = "input: [3, 8, 8]\nlayers:\n  - conv3x3: 4\n  - relu\n  - conv1x1: 8\n"
NEW = "input: [3, 8, 8]\nlayers:\n  - conv3x3: 5\n  - conv1x1: 8\n  - bn\n"
"""112 + 40 = 152 parameters against 140 + 48 + 16 = 204."""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("old.yaml").write_text(OLD)
    Path("new.yaml").write_text(NEW)


def test_a_comment_for_a_pull_request(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "compare", "old.yaml", "new.yaml", "--format", "markdown", "--output", "comment.md")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert Path("comment.md").read_text(encoding="utf-8") == (
        "### old → new\n\n"
        "|  | old.yaml | new.yaml | change |\n"
        "| --- | ---: | ---: | ---: |\n"
        "| parameters | 152 | 204 | +52 (+34.2 %) |\n"
        "| MACs | 5,040 | 6,300 | +1,260 (+25.0 %) |\n"
        "| peak activations | 432 | 576 | +144 (+33.3 %) |\n"
        "| receptive field | 3x3 | 3x3 |  |\n"
        "| output | 8x6x6 | 8x6x6 |  |\n"
        "| weights | 140 | 183 | +43 (+30.7 %) |\n"
        "| biases | 12 | 21 | +9 (+75.0 %) |\n"
        "| buffers | 0 | 16 | +16 |\n"
        "| activations | 576 | 756 | +180 (+31.3 %) |\n\n"
        "<details><summary>Layers: 1 added, 1 removed, 2 changed</summary>\n\n"
        "| layer |  | shape | window | params | MACs | rf size |\n"
        "| --- | --- | ---: | ---: | ---: | ---: | ---: |\n"
        "| `conv3x3_1` | changed | **4x6x6 → 5x6x6** | 3x3 | **112 → 140** | **3,888 → 4,860** | 3x3 |\n"
        "| `relu_1` | removed | 4x6x6 |  | 0 | 0 | 3x3 |\n"
        "| `conv1x1_1` | changed | 8x6x6 | 1x1 | **40 → 48** | **1,152 → 1,440** | 3x3 |\n"
        "| `bn_1` | added | 8x6x6 |  | 16 | 0 | 3x3 |\n\n"
        "</details>\n"
    )


def test_without_a_change(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "compare", "old.yaml", "old.yaml", "--format", "markdown")
    assert ran.code == 0
    assert ran.out.endswith("\n\nNo layer changed.\n")


def test_variants_are_paired_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.yaml").write_text("models: {one: {layers: [conv3x3: 4]}, gone: {layers: [relu]}}\n")
    Path("b.yaml").write_text("models: {fresh: {layers: [tanh]}, one: {layers: [conv5x5: 4]}}\n")
    ran = Ran(capsys, "compare", "a.yaml", "b.yaml", "--format", "markdown", "--fail-if", "rf > +0")
    assert ran.code == 1
    assert [line for line in ran.out.splitlines() if line.startswith("###")] == [
        "### fresh",
        "### one",
        "### gone",
    ]
    assert "\n\nAdded: it is in b.yaml only.\n\n" in ran.out
    assert "\n\nRemoved: it is in a.yaml only.\n\n" in ran.out
    assert "| receptive field | 3x3 | 5x5 | changed |\n" in ran.out
    assert ran.out.endswith(
        "Fails if:\n\n| condition |  | network | measured |\n| --- | --- | --- | --- |\n"
        "| `rf > +0` | **failed** | fresh | cannot be decided: \\`fresh\\` is new |\n"
        "| `rf > +0` | **failed** | one | rf was 3 and is 5 (+66.7 %) |\n"
        "| `rf > +0` | **failed** | gone | cannot be decided: \\`gone\\` was removed |\n"
    )


def test_a_network_that_was_renamed_does_not_pass_unseen(capsys: pytest.CaptureFixture[str]) -> None:
    same = "s: {layers: [conv3x3: 4]}"
    Path("a.yaml").write_text(f"input: [3, 8, 8]\nmodels: {{{same}, m: {{layers: [conv3x3: 4]}}}}\n")
    Path("b.yaml").write_text(f"input: [3, 8, 8]\nmodels: {{{same}, big: {{layers: [conv3x3: 40]}}}}\n")
    ran = Ran(capsys, "compare", "a.yaml", "b.yaml", "--fail-if", "params > +5%")
    help = "  = help: two files are compared model by model, by their names: of one that was renamed no change is known\n"
    assert (ran.code, ran.err) == (
        1,
        f"error[E405]: `params > +5%` cannot be decided: `big` is new (big, b.yaml)\n{help}\n"
        f"error[E405]: `params > +5%` cannot be decided: `m` was removed (m, a.yaml)\n{help}\n2 errors\n",
    )
    ran = Ran(capsys, "compare", "a.yaml", "b.yaml", "--format", "json", "--fail-if", "params > +5%")
    assert [(one["model"], one["kept"]) for one in json.loads(ran.out)["budgets"]] == [
        ("s", True),
        ("big", False),
        ("m", False),
    ]
    assert Ran(capsys, "compare", "a.yaml", "b.yaml", "--fail-if", "params > 2K").code == 0
    assert Ran(capsys, "compare", "a.yaml", "b.yaml", "--fail-if", "params > 1K").code == 1


def test_names_cannot_mark_anything_up(capsys: pytest.CaptureFixture[str]) -> None:
    Path("new.yaml").write_text(OLD.replace("  - relu", "  - relu:\n    name: '<b>|x|'"))
    ran = Ran(capsys, "compare", "old.yaml", "new.yaml", "--format", "markdown")
    assert "<b>" not in ran.out
    Path("new.yaml").write_text(OLD.replace("  - relu", "  - bn:\n    name: '<b>|x|'"))
    ran = Ran(capsys, "compare", "old.yaml", "new.yaml", "--format", "markdown")
    assert "| `<b>\\|x\\|` | added |" in ran.out


def test_a_comment_stays_within_what_can_be_posted(capsys: pytest.CaptureFixture[str]) -> None:
    Path("new.yaml").write_text(OLD + "  - conv1x1: 8\n    repeat: 1000\n")
    ran = Ran(capsys, "compare", "old.yaml", "new.yaml", "--format", "markdown")
    assert len(ran.out) < 65536
    assert (
        "\n\nand 800 more layers: `cnncalc compare --format json` has all of them\n\n</details>\n" in ran.out
    )


@pytest.mark.parametrize(
    ("conditions", "code"),
    [
        (("params > 5M",), 0),
        (("params > +5%",), 1),
        (("params > 5M", "macs > +0"), 1),
        (("params > +34.3%", "rf < 3"), 0),
    ],
)
def test_conditions_decide_the_exit_code(
    conditions: tuple[str, ...], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    options = [word for condition in conditions for word in ("--fail-if", condition)]
    assert Ran(capsys, "compare", "old.yaml", "new.yaml", *options).code == code


def test_a_page_has_tabs_the_differences_and_the_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("compare", "old.yaml", "new.yaml", "--fail-if", "params > +5%")
    ran = Ran(capsys, *words, "-o", "page.html")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("error[E405]: ")
    page = Path("page.html").read_text(encoding="utf-8")
    assert re.findall(r'role="tab" [^>]*>([^<]*)<', page) == ["Comparison", "old", "new"]
    assert "<td>152</td><td>204</td><td>+52 (+34.2 %)</td>" in page
    assert "<summary>Layers: 1 added, 1 removed, 2 changed</summary>" in page
    assert page.count("<span>  - conv1x1: 8</span>") == 2  # the text of both specs
    assert "params &gt; +5%" in page
    assert page == Ran(capsys, *words, "--format", "page").out
    assert Ran(capsys, *words, "-o", "page.htm").code == 1
    assert Path("page.htm").read_text(encoding="utf-8") == page
    assert Ran(capsys, *words, "--format", "html", "-o", "page.html").code == 1
    table = Path("page.html").read_text(encoding="utf-8")
    assert "<script" not in table and "<td>152</td><td>204</td><td>+52 (+34.2 %)</td>" in table
    assert table == Ran(capsys, *words, "--format", "html").out


@pytest.mark.parametrize("specs", ["old none", "none old", "none nor", "none old new"])
def test_what_is_left_of_a_comparison_is_none(specs: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One network alone, or a second one in place of the first, would pass for the comparison."""
    files = [f"{name}.yaml" for name in specs.split()]
    for format in ("table", "markdown", "csv", "page"):
        ran = Ran(capsys, "compare", *files, "--format", format)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith("error[E110]: `n") and "old.yaml" not in ran.err
    assert Ran(capsys, "compare", *files, "-o", "page.html").code == 2
    assert not Path("page.html").exists()
    models = json.loads(Ran(capsys, "compare", *files, "--format", "json").out)["models"]
    assert [model["file"] for model in models] == files


def test_the_rest_is_compared_with_the_first(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "compare", "old.yaml", "none.yaml", "new.yaml")
    assert (ran.code, ran.out.splitlines()[0].split()) == (
        2,
        ["side", "by", "side", "old", "new", "difference", "change", "ratio"],
    )
    assert ran.err.startswith("error[E110]: `none.yaml` does not exist")


def test_a_page_of_values_of_a_variable(capsys: pytest.CaptureFixture[str]) -> None:
    Path("net.yaml").write_text(
        "vars: {d: 1}\ninput: [3, 9, 9]\nlayers:\n  - conv3x3: {out: d, dilation: d}\n"
    )
    page = Ran(capsys, "compare", "net.yaml", "--set", "d=1,2", "--format", "page").out
    assert re.findall(r'role="tab" [^>]*>([^<]*)<', page) == ["Comparison", "d=1", "d=2"]


def test_a_broken_budget_is_told_beside_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "compare", "old.yaml", "new.yaml", "--fail-if", "params > +5%")
    assert ran.err == "error[E405]: `params > +5%`: params was 152 and is 204 (+34.2 %) (new, new.yaml)\n"
    assert ran.out.startswith("side by side")


def test_json_has_every_change_and_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(
        capsys,
        "compare",
        "old.yaml",
        "new.yaml",
        "--format",
        "json",
        "--fail-if",
        "params > +5%",
        "--fail-if",
        "rf > 9",
    )
    document = json.loads(ran.out)
    assert (ran.code, ran.err) == (1, "")
    (pair,) = document["pairs"]
    assert (pair["name"], pair["old"], pair["new"]) == ("new", "old.yaml", "new.yaml")
    assert [(one["change"], one["path"], one["differs"]) for one in pair["layers"]] == [
        ("changed", "conv3x3_1", ["shape", "params", "macs"]),
        ("removed", "relu_1", []),
        ("changed", "conv1x1_1", ["params", "macs"]),
        ("added", "bn_1", []),
    ]
    assert [pair["layers"][0][key]["params"] for key in ("old", "new")] == [112, 140]
    assert [(one["budget"], one["model"], one["kept"]) for one in document["budgets"]] == [
        ("params > +5%", "new", False),
        ("rf > 9", "new", True),
    ]


def test_more_than_two_are_held_against_the_first(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "compare", "old.yaml", "old.yaml", "new.yaml", "--fail-if", "params > +5%")
    assert ran.code == 1
    assert ran.err.count("error[E405]") == 1


def test_a_condition_that_nothing_is_held_to_is_no_success(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "compare", "new.yaml", "--fail-if", "params > +5%")
    assert ran.code == 2
    assert ran.err.startswith("error[E113]: no network of new.yaml has another one to compare with\n")
    Path("a.yaml").write_text("models: {one: {layers: [relu]}, two: {layers: [relu]}}\n")
    assert Ran(capsys, "compare", "a.yaml", "new.yaml", "--fail-if", "params > +5%").code == 1


def test_a_condition_that_cannot_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "compare", "old.yaml", "new.yaml", "--fail-if", "params >> 5M")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        "error[E904]: `--fail-if params >> 5M`: expected a comparison, found `>>`\n  = help: possible: > >= < <= == !=\n"
    )


def test_a_file_that_cannot_be_read_is_not_removed(capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.yaml").write_text("layers: [cnv: 3]\n")
    ran = Ran(capsys, "compare", "old.yaml", "bad.yaml", "--format", "markdown", "--fail-if", "params > +5%")
    assert ran.code == 1
    assert "Removed" not in ran.out
    assert ran.err.startswith("error[E111]")


# Revisions


@pytest.fixture
def _repository(monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    Path("nets").mkdir()
    Path("nets/a.yaml").write_text(OLD)
    _git("init", "--quiet", "--initial-branch=main")
    _git("add", "nets")
    _git("-c", "user.name=n", "-c", "user.email=e@x", "commit", "--quiet", "--message=m")
    Path("nets/a.yaml").write_text(NEW)


def _git(*arguments: str) -> None:
    subprocess.run(("git", *arguments), check=True)


@pytest.mark.usefixtures("_repository")
def test_a_file_against_what_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(
        capsys,
        "compare",
        "main:nets/a.yaml",
        "nets/a.yaml",
        "--format",
        "markdown",
        "--fail-if",
        "params > +5%",
    )
    assert ran.code == 1
    assert ran.out.startswith(
        "### a\n\n|  | main:nets/a.yaml | nets/a.yaml | change |\n| --- | ---: | ---: | ---: |\n| parameters | 152 | 204 |"
    )


@pytest.mark.usefixtures("_repository")
@pytest.mark.parametrize("place", ["", "nets/"])
def test_a_file_of_another_format_against_what_it_was(place: str, capsys: pytest.CaptureFixture[str]) -> None:
    path = Path(f"{place}lenet.prototxt")
    new = (Path(__file__).parents[1] / "data/lenet.prototxt").read_text(encoding="utf-8")
    path.write_text(new.replace("num_output: 500", "num_output: 400"), encoding="utf-8")
    _git("add", str(path))
    path.write_text(new, encoding="utf-8")
    ran = Ran(capsys, "compare", f":{path}", str(path), "--format", "csv", "--fail-if", "params > +5%")
    assert ran.code == 1
    old = 25 * 20 + 20 + 25 * 20 * 50 + 50 + 800 * 400 + 400 + 400 * 10 + 10
    assert f"params was {old:,} and is 431,080" in ran.err


@pytest.mark.usefixtures("_repository")
def test_a_damaged_file_of_another_format_is_named_as_it_was_given(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("nets/net.onnx").write_bytes(b"\x08\x0a\xff\xff")
    _git("add", "nets")
    ran = Ran(capsys, "compare", ":nets/net.onnx", "nets/a.yaml")
    assert ran.code == 1
    assert ran.err.startswith("error[E116]: ")
    assert " --> :nets/net.onnx" in ran.err


@pytest.mark.usefixtures("_repository")
def test_the_index_and_paths_from_here(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _git("add", "nets")
    assert (
        "| parameters | 152 | 204 |"
        in Ran(capsys, "compare", "HEAD:nets/a.yaml", ":nets/a.yaml", "--format", "markdown").out
    )
    monkeypatch.chdir("nets")
    assert (
        "| parameters | 152 | 204 |"
        in Ran(capsys, "compare", "HEAD:./a.yaml", "a.yaml", "--format", "markdown").out
    )
    ran = Ran(capsys, "compare", "HEAD:a.yaml", "a.yaml")
    assert ran.code == 2
    assert (
        ran.err
        == "error[E110]: there is no file `a.yaml` in `HEAD`\n  = help: did you mean `HEAD:./a.yaml`?\n"
    )


@pytest.mark.usefixtures("_repository")
def test_an_error_in_a_revision_is_located(capsys: pytest.CaptureFixture[str]) -> None:
    Path("nets/a.yaml").write_text("layers: [cnv: 3]\n")
    _git("add", "nets")
    ran = Ran(capsys, "compare", ":nets/a.yaml", "old.yaml")
    assert ran.code == 1
    assert " --> :nets/a.yaml:1:10 " in ran.err


@pytest.mark.usefixtures("_repository")
@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("nope:nets/a.yaml", "git knows no revision `nope`"),
        ("main:nets/b.yaml", "there is no file `nets/b.yaml` in `main`"),
        ("main:nets", "`main:nets` is a folder"),
        (":nets/b.yaml", "there is no file `nets/b.yaml` in the index"),
    ],
)
def test_what_git_does_not_have(spec: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "compare", spec, "new.yaml")
    assert ran.code == 2
    assert ran.err.startswith(f"error[E110]: {message}\n")


@pytest.mark.usefixtures("_repository")
@pytest.mark.parametrize("spec", ["main:nets/b.yaml", "main:./nets/b.yaml", ":nets/b.yaml"])
def test_a_file_that_is_new_is_told_to_be(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("nets/b.yaml").write_text(NEW)
    ran = Ran(capsys, "compare", spec, "nets/b.yaml", "--fail-if", "params > +5%")
    assert ran.code == 2
    assert ran.err.endswith("  = help: the file is new: there is nothing to compare it with yet\n")


@pytest.mark.usefixtures("_repository")
@pytest.mark.parametrize(
    ("spec", "help"),
    [
        ("main:nets", "name a file in it, for instance `main:nets/a.yaml`"),
        ("main:nets/", "name a file in it, for instance `main:nets/a.yaml`"),
        ("main:./nets", "name a file in it, for instance `main:./nets/a.yaml`"),
        ("main", "for instance `main:nets/a.yaml`; `main:./a.yaml` counts from here"),
        ("HEAD", "for instance `HEAD:nets/a.yaml`; `HEAD:./a.yaml` counts from here"),
    ],
)
def test_a_revision_without_a_file_says_what_to_write(
    spec: str, help: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = Ran(capsys, "compare", spec, "nets/a.yaml")
    assert ran.code == 2
    assert ran.err.endswith(f"  = help: {help}\n")


@pytest.mark.parametrize(
    ("option", "values", "message"),
    [
        ("--set", ("d=1", "d=2"), "'d' is given twice, as 1 and as 2: give one of them"),
        ("--input", ("a=3x8", "a=3x9"), "'a' is given twice, as 3x8 and as 3x9: give one of them"),
        ("--input", ("3x8x8", "3x9x9"), "it is given 2 times, with 3x8x8 and 3x9x9: give one shape"),
        ("--input", ("3x8,3x9",), "'3x8,3x9' is more than one shape: write one, for instance 3x8"),
    ],
)
@pytest.mark.parametrize("command", ["compare", "rf", "summary"])
def test_a_value_is_never_dropped(
    command: str, option: str, values: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = [word for value in values for word in (option, value)]
    ran = Ran(capsys, command, "stack3x3", *given)
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.startswith(f"cnncalc: Invalid value for {option}: {message}; `cnncalc sweep` computes")


def test_a_change_is_shown_with_enough_digits_to_decide(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.yaml").write_text("input: [1, 8, 8]\nlayers: [custom: {params: 100_000}]\n")
    Path("b.yaml").write_text("input: [1, 8, 8]\nlayers: [custom: {params: 100_101}]\n")
    ran = Ran(capsys, "compare", "a.yaml", "b.yaml", "--fail-if", "params > +0.1%")
    assert ran.code == 1
    assert "(+0.101 %)" in ran.err


def test_a_revision_is_never_an_option_of_git(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "compare", "new.yaml", "--", "--batch:a.yaml")
    assert ran.code == 2
    assert ran.err == "error[E110]: `--batch` is not a revision\n"


def test_without_a_repository(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.delenv("GIT_DIR", raising=False)
    ran = Ran(capsys, "compare", "main:a.yaml", "new.yaml")
    assert ran.code == 2
    assert "names a revision, but this folder is not in a git repository" in ran.err


def test_what_makes_a_module_is_no_revision(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.py").write_text("", encoding="utf-8")
    ran = Ran(capsys, "compare", "lenet5", "net.py:Net")
    assert (ran.code, ran.out) == (2, "")
    assert "PyTorch code is run by `cnncalc import net.py:Net -o net.yaml` only" in ran.err


@pytest.mark.usefixtures("_repository")
def test_a_repository_that_git_refuses_is_told_in_its_own_words(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    ran = Ran(capsys, "compare", "HEAD:nets/a.yaml", "nets/a.yaml")
    assert ran.code == 2
    message, help = ran.err.splitlines()
    assert message.startswith(
        "error[E110]: `HEAD:nets/a.yaml` names a revision, and git says: detected dubious ownership in"
    )
    assert "git config --global --add safe.directory" in help


def test_without_git(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    ran = Ran(capsys, "compare", "main:a.yaml", "new.yaml")
    assert ran.code == 2
    assert ran.err.startswith(
        "error[E110]: a SPEC with a colon names a git revision, but git cannot be run\n"
    )


def test_a_file_with_a_colon_in_its_name_is_a_file(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    Path("main:a.yaml").write_text(OLD)
    assert Ran(capsys, "compare", "main:a.yaml", "new.yaml").code == 0


# Names and pairs


def headings(ran: Ran) -> list[list[str]]:
    return [line.split()[3:] for line in ran.out.splitlines() if line.startswith("side by side")]


@pytest.mark.usefixtures("_repository")
def test_networks_of_one_name_are_called_by_their_files(capsys: pytest.CaptureFixture[str]) -> None:
    Path("nets/b.yaml").write_text("name: a\n" + NEW)
    assert headings(Ran(capsys, "compare", "HEAD:nets/a.yaml", "nets/a.yaml")) == [
        ["HEAD:nets/a.yaml", "nets/a.yaml", "difference", "change", "ratio"]
    ]
    assert headings(Ran(capsys, "compare", "nets/a.yaml", "nets/b.yaml"))[0][:2] == ["a", "b"]
    text = Ran(capsys, "compare", "nets/a.yaml", "nets/b.yaml", "old.yaml").out
    assert re.split(" {2,}", text.splitlines()[0])[1:] == ["a", "b:a", "old"]


def test_models_of_two_files_are_paired_in_every_format(capsys: pytest.CaptureFixture[str]) -> None:
    """1*9*4 + 4 = 40 parameters of a 3x3 from one channel, 104 of a 5x5, 200 of a 7x7."""
    Path("a.yaml").write_text(
        "input: [1, 9, 9]\nmodels: {gone: {layers: [relu]}, one: {layers: [conv3x3: 4]}}\n"
    )
    Path("b.yaml").write_text(
        "input: [1, 9, 9]\nmodels: {one: {layers: [conv5x5: 4]}, fresh: {layers: [conv7x7: 4]}}\n"
    )
    ran = Ran(capsys, "compare", "a.yaml", "b.yaml")
    assert headings(ran) == [["a", "b", "difference", "change", "ratio"], ["fresh"], ["gone"]]
    assert ran.out.startswith("one\n\n")
    assert "\n\nfresh: only in b.yaml\n\n" in ran.out
    assert "\n\ngone: only in a.yaml\n\n" in ran.out
    assert [line.split()[1:] for line in ran.out.splitlines() if line.startswith("params")] == [
        ["40", "104", "+64", "+160.0", "%", "x2.600"],
        ["200"],
    ]
    rows = list(
        csv.DictReader(Ran(capsys, "compare", "a.yaml", "b.yaml", "--format", "csv").out.splitlines())
    )
    assert [
        (row["file"], row["model"], row["value"], row["difference"])
        for row in rows
        if row["metric"] == "params"
    ] == [
        ("a.yaml", "one", "40", ""),
        ("b.yaml", "one", "104", "64"),
        ("b.yaml", "fresh", "200", ""),
    ]
    document = json.loads(Ran(capsys, "compare", "a.yaml", "b.yaml", "--format", "json").out)
    assert document["comparison"]["files"] == ["a.yaml", "a.yaml", "b.yaml", "b.yaml"]
    assert document["pairs"][0]["metrics"]["params"][1] == {"value": 104, "difference": 64, "ratio": 2.6}


def test_without_a_common_name_all_are_held_against_the_first(capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.yaml").write_text("models: {one: {layers: [conv3x3: 4]}, two: {layers: [conv5x5: 4]}}\n")
    assert headings(Ran(capsys, "compare", "old.yaml", "a.yaml")) == [["old", "a:one", "a:two"]]


def test_three_networks_have_differences_and_ratios(capsys: pytest.CaptureFixture[str]) -> None:
    """3*9*c + c parameters: 112 of 4 channels, 140 of 5, 168 of 6."""
    for channels in (4, 5, 6):
        Path(f"c{channels}.yaml").write_text(f"input: [3, 8, 8]\nlayers: [conv3x3: {channels}]\n")
    lines = Ran(capsys, "compare", "c4.yaml", "c5.yaml", "c6.yaml").out.splitlines()
    assert [re.split(" {2,}", line.strip()) for line in lines[2:7]] == [
        ["params", "112", "140", "168"],
        ["to the first", "+28", "+56"],
        ["ratio", "x1.250", "x1.500"],
        ["to the one before", "+28", "+28"],
        ["ratio", "x1.250", "x1.200"],
    ]


@pytest.mark.parametrize("count", [3, 7])
def test_many_networks_fit_a_terminal_with_headings_of_their_own(count: int) -> None:
    reports = [
        analyze(load(name)[0])
        for name in ("vgg16", "alexnet", "resnet50", "googlenet", "unet", "lenet5", "inception")
    ]
    text = compared(reports[:count], "table", Surface(80))
    lines = text.splitlines()
    assert max(map(len, lines[: lines.index("")] if "" in lines else lines)) <= 80
    heads = [head for head in lines[0].split("  ") if head]
    assert len(set(heads)) == len(heads)
    assert any("ratio" in line for line in lines)


WIDTHS = "vars: {d: 1, w: 4}\ninput: [3, 32, 32]\nlayers: [conv3x3: {out: w, dilation: d}]\n"


def test_values_of_a_variable_are_compared(capsys: pytest.CaptureFixture[str]) -> None:
    Path("net.yaml").write_text(WIDTHS)
    ran = Ran(capsys, "compare", "net.yaml", "--set", "d=1,2,4")
    assert re.split(" {2,}", ran.out.splitlines()[0])[1:] == ["d=1", "d=2", "d=4"]
    row = next(line for line in ran.out.splitlines() if line.startswith("rf size"))
    assert row.split()[2:] == ["3x3", "5x5", "9x9"]
    ranged = json.loads(
        Ran(capsys, "compare", "net.yaml", "--set", "w=4..8/4", "--set", "d=2", "--format", "json").out
    )
    assert [(model["name"], model["totals"]["params"]) for model in ranged["models"]] == [
        ("w=4, d=2", 3 * 9 * 4 + 4),
        ("w=8, d=2", 3 * 9 * 8 + 8),
    ]
    for arguments, message in (
        (("net.yaml", "old.yaml", "--set", "d=1,2"), "several values of a variable compare one spec"),
        (("net.yaml", "--frameworks", "--set", "d=1,2"), "and not with --frameworks"),
        (("net.yaml", "--set", "d=1..101"), "101 combinations are more than the 100"),
    ):
        ran = Ran(capsys, "compare", *arguments)
        assert (ran.code, message in ran.err) == (2, True)


def test_a_classifier_shows_the_field_of_its_last_local_layer(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "compare", "resnet50:torchvision", "vgg16")
    row = next(line for line in ran.out.splitlines() if line.startswith("rf size"))
    assert row.split()[2:] == ["427x427", "212x212"]


def test_folders_are_compared_by_the_paths_of_their_files(capsys: pytest.CaptureFixture[str]) -> None:
    for folder, width in (("before", 4), ("after", 8)):
        Path(folder, "deep").mkdir(parents=True)
        Path(folder, "deep", "net.yaml").write_text(WIDTHS.replace("w: 4", f"w: {width}"))
        Path(folder, "notes.yaml").write_text("to do: nothing\n")
        Path(folder, f"{folder}.yaml").write_text(WIDTHS)
    ran = Ran(capsys, "compare", "before", "after", "--fail-if", "params > +5%")
    assert ran.code == 1
    assert ran.err.count("cannot be decided") == 2
    titles = [line for line in ran.out.splitlines() if line.endswith(".yaml")]
    assert titles == [
        "before.yaml: before: only in before/before.yaml",
        "deep/net.yaml",
        "after.yaml: after: only in after/after.yaml",
    ]
    document = json.loads(Ran(capsys, "compare", "before", "after", "--format", "json").out)
    assert [model["file"] for model in document["models"]] == [
        "before/before.yaml", "before/deep/net.yaml", "after/deep/net.yaml", "after/after.yaml",
    ]  # fmt: skip


@pytest.mark.usefixtures("_repository")
def test_a_folder_is_compared_with_what_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "compare", "HEAD:nets", "nets")
    assert ran.code == 0
    assert ran.out.splitlines()[0] == "a.yaml"
    assert ran.out.splitlines()[2].split("  ")[0] == "side by side"
    assert Ran(capsys, "compare", "HEAD:nets", "old.yaml").code == 2


@pytest.mark.usefixtures("_repository")
def test_folders_say_which_files_of_other_formats_are_not_compared(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lenet = Path(__file__).parents[1] / "data/lenet.prototxt"
    shutil.copy(lenet, "nets/b.prototxt")
    Path("nets/keras.json").write_text('{"class_name": "Sequential", "config": {"layers": []}}')
    Path("nets/other.json").write_text('{"a": 1}')
    _git("add", "nets")
    _git("-c", "user.name=n", "-c", "user.email=e@x", "commit", "--quiet", "--message=m")
    Path("nets/new.onnx").write_bytes(b"")
    ran = Ran(capsys, "compare", "HEAD:nets", "nets")
    assert (ran.code, ran.out.splitlines()[0]) == (0, "a.yaml")
    assert ran.err == (
        "not compared: b.prototxt, keras.json, new.onnx (name files of other formats one by one: "
        "`cnncalc compare HEAD:nets/b.prototxt nets/b.prototxt`)\n"
    )
    Path("only").mkdir()
    shutil.copy(lenet, "only/b.prototxt")
    ran = Ran(capsys, "compare", "only", "only")
    assert ran.code == 2
    assert "there are no specs in these folders; not compared: b.prototxt (name files" in " ".join(
        ran.err.split()
    )


PIPED = "vars: {d: 1}\ninput: [3, 16, 16]\nlayers:\n  - conv3x3: {out: 8, dilation: d, padding: 1}\n"


@pytest.mark.parametrize("command", [["compare"], ["rf"], ["params"], ["draw"], ["compare", "--frameworks"]])
def test_standard_input_is_given_once(
    command: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(PIPED))
    ran = Ran(capsys, *command, "-", "new.yaml", "-")
    assert (ran.code, ran.out) == (2, "")
    assert " ".join(ran.err.split()).startswith(
        "cnncalc: Invalid value for SPEC...: standard input (`-`) can be read once only: "
        "put the other network into a file"
    )


@pytest.mark.parametrize("options", [["--set", "d=1,2"], ["--frameworks", "--all"]])
@pytest.mark.parametrize("text", [PIPED, PIPED.replace("out", "uot"), PIPED + "\0"])
def test_standard_input_is_compared_as_a_file_is(
    options: list[str], text: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("net.yaml").write_text(text)
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    piped, filed = (Ran(capsys, "compare", spec, *options) for spec in ("-", "net.yaml"))
    assert piped.code == filed.code
    assert piped.out.replace("<stdin>", "net") == filed.out.replace("net.yaml", "net")
    assert piped.err.replace("<stdin>", "net.yaml") == filed.err
