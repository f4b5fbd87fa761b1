"""``cnncalc check`` as it is run: what is chosen, where it goes, and how it ends."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import yaml

from cnncalc.cli.check import Choices, format_of_file, usual_format
from tests.cli.running import Ran
from tests.timing import ratio

GOOD = "input: [3, 8, 8]\nlayers: [conv3x3: 4]\nexpect: {shape: [4, 6, 6]}\n"
ODD = "input: [3, 15, 15]\nlayers:\n  - maxpool2\n  - conv1x1: {out: 4, stride: 2}\n"
LIAR = GOOD.replace("[4, 6, 6]", "[4, 6, 7]")


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in (("good", GOOD), ("odd", ODD), ("liar", LIAR)):
        (tmp_path / f"{name}.yaml").write_text(text)


class Check(Ran):
    """A run of ``check``."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *arguments: str) -> None:
        super().__init__(capsys, "check", *arguments)

    @property
    def codes(self) -> list[str]:
        return [line.split()[1] for line in self.out.splitlines()[:-1]]


# Which warnings


@pytest.mark.parametrize(
    ("options", "codes"),
    [
        ([], ["W504"]),
        (["--select", "W514"], ["W514"]),
        (["--select", "W504,W514"], ["W504", "W514"]),
        (["--select", "W504", "--select", "W51"], ["W504", "W514"]),
        (["--ignore", "W504"], []),
        (["--select", "W5", "--ignore", "W514"], ["W504"]),
    ],
)
def test_select_and_ignore(options: list[str], codes: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    ran = Check(capsys, "odd.yaml", *options)
    assert (ran.code, ran.codes) == (0, codes)


@pytest.mark.parametrize("options", [["--select", "W999"], ["--ignore", "E4"], ["--ignore", "nonsense"]])
def test_codes_that_cannot_be_chosen_exit_2(options: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    ran = Check(capsys, "odd.yaml", *options)
    assert (ran.code, ran.out) == (2, "")
    assert options[1] in ran.err


@pytest.mark.parametrize(
    ("comment", "codes"),
    [
        ("# cnncalc: ignore[W504]", []),
        ("# wanted so #cnncalc: ignore[W501, W504]", []),
        ("# cnncalc: ignore[W5]", []),
        ("# cnncalc: ignore", []),
        ("# cnncalc: ignore, since the paper does so", []),
        ("# cnncalc: ignore [W504]", []),
        ("# cnncalc: ignore [W514]", ["W504"]),
        ("# cnncalc: ignore[W504] and #cnncalc: ignore[W514]", []),
        ("# cnncalc: ignored nothing here", ["W504"]),
        ("# cnncalc: ignore-next-line", ["W504"]),
        ("# cnncalc: ignore[W504", ["W504", "W517"]),
        ("# cnncalc: ignore W504", ["W504", "W517"]),
        ("# cnncalc: ignore: W514", ["W504", "W517"]),
        ("# cnncalc: ignore[w504]", ["W504", "W517"]),
        ("# cnncalc: ignore[W999]", ["W504", "W517"]),
        ("# cnncalc: ignore[W504, W999]", ["W517"]),
        ("# cnncalc: ignore[W514]", ["W504"]),
        ("# cnncalc: ignore[]", ["W504"]),
        ("# W504", ["W504"]),
    ],
)
def test_comments_turn_warnings_off(
    comment: str, codes: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("odd.yaml").write_text(ODD.replace("maxpool2", f"maxpool2  {comment}"))
    assert Check(capsys, "odd.yaml").codes == codes


@pytest.mark.parametrize(
    ("comment", "message"),
    [
        ("ignore[w504]", "5:17: W517 this comment turns nothing off: no code begins with `w504`"),
        ("ignore[W504", "5:17: W517 this comment turns nothing off: its codes are not in brackets"),
    ],
)
def test_a_comment_that_does_nothing_is_reported_where_it_stands(
    comment: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("odd.yaml").write_text(
        f"input: [3, 8, 8]\nlayers:\n  - maxpool2\n  # so\n  - conv1x1: 4  # cnncalc: {comment}\n"
    )
    assert Check(capsys, "odd.yaml").out.splitlines()[0].endswith(message)
    assert Check(capsys, "odd.yaml", "--ignore", "W517").codes == []


@pytest.mark.parametrize(
    ("layer", "codes"),
    [
        ('{maxpool2: , name: "p# cnncalc: ignore"}', ["W504"]),
        ('{maxpool2: , note: "p # cnncalc: ignore"}', ["W504"]),
        ("{maxpool2: , note: 'it''s # cnncalc: ignore'}", ["W504"]),
        ("{maxpool2: , note: p#cnncalc:ignore}", ["W504"]),
        ("{maxpool2: , note: p#cnncalc}  # cnncalc: ignore", []),
        ('{maxpool2: , note: "p # cnncalc"} # \u00e9 # cnncalc: ignore', []),
        ('{maxpool2: , note: "p # cnncalc: ignore[W999]"}', ["W504"]),
    ],
)
def test_only_comments_turn_warnings_off(
    layer: str, codes: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("odd.yaml").write_text(f"input: [3, 15, 15]\nlayers:\n  - {layer}\n", encoding="utf-8")
    assert Check(capsys, "odd.yaml").codes == codes


def test_a_long_text_is_no_comment_on_any_of_its_lines(capsys: pytest.CaptureFixture[str]) -> None:
    Path("odd.yaml").write_text(
        "description: |\n  # cnncalc: ignore[W999]\n# cnncalc: ignore[W998]\ninput: [3, 15, 15]\nlayers:\n"
        "  - {relu: , note: 'a\n     # cnncalc: ignore[W997]\n     b'}\n"
    )
    ran = Check(capsys, "odd.yaml")
    assert (ran.codes, "odd.yaml:3:1: W517" in ran.out, "W998" in ran.out) == (["W517"], True, True)


def test_comments_turn_no_error_off(capsys: pytest.CaptureFixture[str]) -> None:
    Path("liar.yaml").write_text(LIAR.rstrip() + "  # cnncalc: ignore[E401]\n")
    ran = Check(capsys, "liar.yaml")
    assert (ran.code, ran.codes) == (1, ["E401"])


def test_layers_of_one_line_are_one_warning(capsys: pytest.CaptureFixture[str]) -> None:
    Path("odd.yaml").write_text("input: [3, 15, 15]\nlayers:\n  - maxpool2:\n    repeat: 3\n")
    ran = Check(capsys, "odd.yaml")
    assert ran.codes == ["W504"]
    assert (
        "(14) along each axis: 29 of 225 are never read (and 2 more from this line) (maxpool2_1[0])"
        in ran.out
    )


def test_variants_that_share_a_line_are_one_warning(capsys: pytest.CaptureFixture[str]) -> None:
    Path("two.yaml").write_text(
        "input: [3, 15, 15]\nblocks: {p: {layers: [maxpool2]}}\nmodels:\n  a: {layers: [p]}\n  b: {layers: [p, relu]}\n"
    )
    assert Check(capsys, "two.yaml").codes == ["W504"]


def test_each_other_framework_is_a_warning_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    """The pool reads 8x8 with 2x2 windows: by 2 in PyTorch, and by 1, the default of Caffe and ONNX, there."""
    Path("pool.yaml").write_text("input: [3, 8, 8]\nlayers:\n  - maxpool2:\n    repeat: 2\n")
    lines = Check(capsys, "pool.yaml", "--portability").out.splitlines()
    assert [line.partition(" (and")[0] for line in lines[:-1]] == [
        "pool.yaml:3:5: W601 caffe makes 7x7 of 8x8, pytorch 4x4",
        "pool.yaml:3:5: W601 onnx makes 7x7 of 8x8, pytorch 4x4",
    ]
    assert all("(and 1 more from this line)" in line for line in lines[:-1])


# Exit codes


def test_warnings_fail_where_strict(capsys: pytest.CaptureFixture[str]) -> None:
    assert Check(capsys, "odd.yaml").code == 0
    assert Check(capsys, "odd.yaml", "--strict").code == 1
    assert Check(capsys, "odd.yaml", "--strict", "--ignore", "W504").code == 0
    assert Check(capsys, "good.yaml", "--strict").code == 0


def test_a_spec_without_expectations_fails_where_they_are_required(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ran = Check(capsys, "good.yaml", "odd.yaml", "--require-expect")
    assert ran.code == 1
    assert "odd.yaml:1:1: E404 the spec expects nothing" in ran.out
    assert Check(capsys, "good.yaml", "--require-expect").code == 0
    assert Check(capsys, "odd.yaml").code == 0


@pytest.mark.parametrize("path", ["empty", "none*.yaml", "empty/**/*.yaml"])
def test_nothing_matched_exits_2(path: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("empty").mkdir()
    (Path("empty") / "other.yaml").write_text("a: b\n")
    ran = Check(capsys, path)
    assert ran.code == 2
    assert ran.err.startswith(f"error[E115]: no spec in `{path}`\n")
    ran = Check(capsys, "good.yaml", path)
    assert ran.code == 2
    assert ran.out.startswith("1 file: 1 expectation met, 0 failed")


def test_a_folder_that_cannot_be_read_is_not_said_to_be_empty(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("closed").mkdir()
    monkeypatch.setattr(os, "access", lambda path, _: str(path) != "closed")  # root may read everything
    ran = Ran(capsys, "check", "closed")
    assert (ran.code, ran.err) == (
        2,
        "error[E110]: the folder `closed` cannot be read: permission denied\n",
    )


def test_a_missing_file_exits_2_and_the_others_are_checked(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Check(capsys, "nowhere.yaml", "liar.yaml")
    assert (ran.code, ran.codes) == (2, ["E401"])
    assert ran.out.endswith("1 file: 0 expectations met, 1 failed, 1 not checked\n")
    assert ran.err.startswith("error[E110]: `nowhere.yaml` does not exist")
    ran = Check(capsys, "nowhere.yaml", "--format", "json")
    (file,) = json.loads(ran.out)["files"]
    assert (ran.code, ran.err, file["checked"], file["diagnostics"][0]["code"]) == (2, "", False, "E110")


@pytest.mark.parametrize("name", ["unet.yaml", "resnet50.yml", "lenet5.yaml"])
def test_a_file_that_is_gone_is_not_the_bundled_network_of_its_name(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = Check(capsys, "good.yaml", name)
    assert (ran.code, ran.out) == (2, "1 file: 1 expectation met, 0 failed, 1 not checked\n")
    bare = name.partition(".")[0]
    assert (
        ran.err == f"error[E110]: `{name}` does not exist\n  = help: the bundled config is called `{bare}`\n"
    )
    assert Ran(capsys, "compare", name, name).code == 2
    assert Check(capsys, bare).code == 0


# Which files


@pytest.mark.parametrize(
    "other",
    [
        "author: J\u00f6rg\n".encode("latin-1"),
        b"a: \x00\n",
        b'text: "' + b"x" * 2**23 + b'"\n',
        "author: J\u00f6rg\n".encode("utf-16"),
    ],
    ids=["latin-1", "nul", "8 MiB", "utf-16"],
)
def test_a_foreign_file_in_a_folder_is_skipped_whatever_is_wrong_with_it(
    other: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("nets").mkdir()
    Path("nets/good.yaml").write_text(GOOD)
    Path("nets/other.yaml").write_bytes(other)
    ran = Check(capsys, "nets")
    assert (ran.code, ran.out) == (
        0,
        "1 file: 1 expectation met, 0 failed, 1 file skipped (nets/other.yaml)\n",
    )
    assert Check(capsys, "nets/other.yaml").code == 1


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_a_spec_in_a_folder_is_refused_where_it_is_not_utf_8(
    encoding: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("nets").mkdir()
    Path("nets/spec.yaml").write_bytes(f"name: J\u00f6rg\n{GOOD}".encode(encoding))
    assert Check(capsys, "nets").codes == ["E101"]


@pytest.mark.skipif(os.name == "nt", reason="symbolic links")
def test_the_lock_of_an_editor_is_no_spec_and_another_link_that_leads_nowhere_is_trouble(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("nets").mkdir()
    Path("nets/good.yaml").write_text(GOOD)
    Path("nets/.#good.yaml").symlink_to("me@host.1234:5678")
    assert Check(capsys, "nets").out == "1 file: 1 expectation met, 0 failed\n"
    Path("nets/gone.yaml").symlink_to("nowhere.yaml")
    assert Check(capsys, "nets").code == 2


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("input: [3, 8, 8]\nlayer:\n  - conv3x3: 4\n", "E104"),
        ("input: [3, 8, 8]\nexpect: {params: 3}\nnet: [conv3x3: 4]\n", "E104"),
        ("- conv3x3: 4\n", None),
        ("input: a.txt\noutput: b.txt\n", None),
        ("defaults: [base]\nmodel: {name: resnet}\n", None),
    ],
)
def test_a_slip_in_a_key_does_not_make_a_spec_a_foreign_file(
    text: str, code: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("nets").mkdir()
    Path("nets/good.yaml").write_text(GOOD)
    Path("nets/slip.yaml").write_text(text)
    ran = Check(capsys, "nets")
    assert (ran.code, "1 file skipped (nets/slip.yaml)" in ran.out) == ((1, False) if code else (0, True))
    assert code is None or code in ran.out


def test_folders_patterns_and_names_give_each_file_once(capsys: pytest.CaptureFixture[str]) -> None:
    Path("nets/deep").mkdir(parents=True)
    for name in ("a.yaml", "deep/b.yml"):
        (Path("nets") / name).write_text(GOOD)
    (Path("nets") / "notes.yaml").write_text("a: b\n")
    assert (
        Check(capsys, "nets").out
        == "2 files: 2 expectations met, 0 failed, 1 file skipped (nets/notes.yaml)\n"
    )
    assert (
        Check(capsys, "nets/*.yaml").out
        == "1 file: 1 expectation met, 0 failed, 1 file skipped (nets/notes.yaml)\n"
    )
    assert (
        Check(capsys, "nets/**/*.y*ml").out
        == "2 files: 2 expectations met, 0 failed, 1 file skipped (nets/notes.yaml)\n"
    )
    assert (
        Check(capsys, "nets", "nets/a.yaml", "./nets/*.yaml").out
        == "2 files: 2 expectations met, 0 failed, 1 file skipped (nets/notes.yaml)\n"
    )
    Path("odd[1].yaml").write_text(GOOD)
    assert Check(capsys, "odd[1].yaml").out.startswith("1 file: 1 ")


def test_environments_and_hidden_folders_are_looked_into_only_where_they_are_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    folders = [".git", ".venv/lib", "node_modules/x", "env/lib/site-packages", ".hidden"]
    for folder in ("nets", *(f"nets/{folder}" for folder in folders)):
        Path(folder).mkdir(parents=True)
        (Path(folder) / "a.yaml").write_text(GOOD)
    Path("nets/env/pyvenv.cfg").touch()
    one, two = ("1 file: 1 expectation met, 0 failed\n", "2 files: 2 expectations met, 0 failed\n")
    for path in ("nets", "nets/**/*.yaml", "n*", "./nets/**"):
        assert Check(capsys, path).out == one
    for folder in folders:
        assert Check(capsys, f"nets/{folder}").out == one
        assert Check(capsys, f"nets/{folder}/*.yaml").out == one
        assert Check(capsys, "nets", f"nets/{folder}/a.yaml").out == two
    assert Check(capsys, "--add", "params", "nets/env").code == 0
    assert Check(capsys, "nets/env/**/*.yaml").out == one


def test_standard_input(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO(LIAR))
    ran = Check(capsys, "-")
    assert ran.code == 1
    assert ran.out.startswith("<stdin>:3:17: E401 <stdin>: expected shape [4, 6, 7], got [4, 6, 6]")


# Where it goes


class Terminal:
    def isatty(self) -> bool:
        return True


def test_the_format_suits_the_surroundings() -> None:
    assert usual_format({}, Terminal()) == "full"
    assert usual_format({}, object()) == "concise"
    assert usual_format({"GITHUB_ACTIONS": "true"}, Terminal()) == "github"
    assert usual_format({"GITHUB_ACTIONS": "false"}, object()) == "concise"


@pytest.mark.parametrize(
    ("output", "format", "explicit", "expected"),
    [
        ("r.sarif", None, None, "sarif"),
        ("r.sarif.json", None, None, "sarif"),
        ("r.XML", "github", None, "junit"),
        ("r.md", None, None, "markdown"),
        ("r.json", None, None, "json"),
        ("r.json", "gitlab", None, "gitlab"),
        ("r.json", "sarif", None, "sarif"),
        ("r.json", "github", None, "json"),
        ("out/gl-code-quality-report.json", None, None, "gitlab"),
        ("r.txt", None, None, "full"),
        ("r.txt", "concise", None, "concise"),
        ("r.json", "json", "gitlab", "gitlab"),
    ],
)
def test_the_format_of_a_file(output: str, format: str | None, explicit: str | None, expected: str) -> None:
    assert format_of_file(Choices(format=format, output=output, output_format=explicit)) == expected


def test_a_file_is_written_beside_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Check(capsys, "liar.yaml", "--output", "r.sarif")
    assert ran.codes == ["E401"]
    assert json.loads(Path("r.sarif").read_text())["runs"][0]["results"][0]["ruleId"] == "E401"
    ran = Check(capsys, "liar.yaml", "--format", "json", "--output", "r.txt", "--output-format", "markdown")
    assert json.loads(ran.out)["summary"]["failed"] == 1
    assert Path("r.txt").read_text().startswith("**cnncalc check failed**")


def test_github_is_chosen_in_its_actions(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert Check(capsys, "liar.yaml").out.startswith("::error file=liar.yaml,line=3,col=17,")


def test_options_reach_the_computation(capsys: pytest.CaptureFixture[str]) -> None:
    Path("wide.yaml").write_text(
        "vars: {n: 4}\ninput: [3, 15, 15]\nmodels:\n  a: {layers: [conv3x3: n], expect: {channels: 4}}\n"
        "  b: {layers: [maxpool3x3: {stride: 2}], expect: {size: 7}}\n"
    )
    assert Check(capsys, "wide.yaml").code == 0
    assert "expected channels 4, got 5\n" in Check(capsys, "wide.yaml", "--set", "n=5").out
    assert Check(capsys, "wide.yaml", "--set", "n=5", "--model", "b").code == 0
    assert Check(capsys, "wide.yaml", "--framework", "caffe").code == 0
    assert Check(capsys, "wide.yaml", "--framework", "theano").code == 2


def test_a_failed_expectation_says_of_which_model_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    Path("two.yaml").write_text(
        "input: [3, 8, 8]\nlayers: [conv3x3: 4]\nexpect: [4, 6, 6]\n"
        "cases:\n  - {name: small, input: [3, 6, 6], expect: [4, 4, 5]}\n"
    )
    ran = Check(capsys, "two.yaml", "--format", "full")
    assert ran.code == 1
    assert "  = in `two (small)`\n" in ran.out
    assert (
        "two.yaml:5:45: E401 two (small): expected shape [4, 4, 5], got [4, 4, 4]\n"
        in Check(capsys, "two.yaml").out
    )


def test_no_option_is_advised_that_there_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    Path("open.yaml").write_text(
        "framework: tensorflow\nlayers:\n  - concat: [[conv3x3: {out: 8, stride: 2, padding: same}], [conv5x5: {out: 8, stride: 2, padding: same}]]\n"
        "expect: {macs: 3}\n"
    )
    ran = Check(capsys, "open.yaml", "--format", "full")
    assert ran.out.count("needs the input size: add `input: ...`\n") == 2
    assert [code in ran.out for code in ("W503", "E403", "--input")] == [True, True, False]


CASES = """\
input: [3, 8, 8]
layers: [conv3x3: 4, maxpool2]
cases:
  - {name: tiny, input: [3, 3, 3], expect: {params: 112}}
  - {input: [3, 2, 2], expect: {params: 112}}
  - {input: [3, 2, 2], framework: caffe, expect: {params: 112}}
  - {framework: onnx, expect: {size: 9}}
"""


def test_an_error_says_of_which_case_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    Path("c.yaml").write_text(CASES)
    lines = Check(capsys, "c.yaml").out.splitlines()
    assert [line.partition(": ")[2].partition(" (con")[0].partition(" (max")[0] for line in lines[:-1]] == [
        "E301 c (3x2x2), c (3x2x2, caffe): window 3 does not fit the size 2",
        "E301 c (tiny): window 2 does not fit the size 1",
        "E401 c (case 4, onnx): expected size 9, got 5",
    ]
    full = Check(capsys, "c.yaml", "--format", "full").out
    assert "  = in `c (tiny)`\n" in full
    assert "  = in `c (3x2x2)`, `c (3x2x2, caffe)`\n" in full
    (file,) = json.loads(Check(capsys, "c.yaml", "--format", "json").out)["files"]
    assert [(one["model"], one["models"]) for one in file["diagnostics"]] == [
        (None, ["c (3x2x2)", "c (3x2x2, caffe)"]),
        ("c (tiny)", ["c (tiny)"]),
        ("c (case 4, onnx)", ["c (case 4, onnx)"]),
    ]


def test_an_error_of_a_variant_says_so_and_one_of_all_does_not(capsys: pytest.CaptureFixture[str]) -> None:
    Path("v.yaml").write_text(
        "input: [3, 8, 8]\nmodels:\n  one: {layers: [relu]}\n  two: {layers: [conv9x9: 4]}\n"
    )
    assert ": E301 two: window 9 does not fit" in Check(capsys, "v.yaml").out
    Path("v.yaml").write_text(
        "input: [3, 8, 8]\nlayers: [conv9x9: 4]\ncases: [{framework: onnx, expect: {params: 1}}]\n"
    )
    (line, _) = Check(capsys, "v.yaml").out.splitlines()
    assert ": E301 window 9 does not fit" in line


@pytest.mark.slow
def test_two_hundred_specs_are_checked_in_no_time(capsys: pytest.CaptureFixture[str]) -> None:
    layer = "  - conv3x3: {out: c, padding: 1}\n    expect: {rf: %d}\n"
    spec = "vars: {c: 32}\ninput: [3, 64, 64]\nlayers:\n" + "".join(layer % (3 + 2 * n) for n in range(50))
    Path("many").mkdir()
    for number in range(200):
        (Path("many") / f"{number}.yaml").write_text(spec)
    assert Check(capsys, "many").out == "200 files: 10,000 expectations met, 0 failed\n"

    def events() -> None:
        for _ in range(1000):
            for _ in yaml.parse(spec, Loader=yaml.CSafeLoader):
                pass

    # It is about 16 times what libyaml takes for the events of as many texts.
    taken = 5 * ratio(lambda: Check(capsys, "many"), events)
    assert taken < 28, f"{taken:.1f} times the events of the texts"


def test_the_variants_that_are_in_order_are_checked_beside_those_that_are_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "net.yaml"
    good = "good: {layers: [conv1x1: 3], expect: {params: %s}}"
    spec.write_text(
        f"input: [3, 8, 8]\nmodels:\n  {good % 12}\n  also: {{layers: [{{conv1x1: {{bogus: 1}}}}]}}\n  last: {{layers: [conv1x1: {{bogus: 1}}]}}\n"
    )
    checked = Check(capsys, str(spec))
    assert checked.code == 1
    assert checked.out.count("E104") == 2
    assert "1 file: 1 expectation met, 0 failed, 2 errors" in checked.out
    ran = Ran(capsys, "params", str(spec), "--format", "json")
    assert ran.code == 1
    names = [(model["name"], model["totals"]["params"]) for model in json.loads(ran.out)["models"]]
    assert names == [("good", 12), (None, None)]
    spec.write_text(f"input: [3, 8, 8]\nbogus: 1\nmodels:\n  {good % 99}\n")
    assert "0 expectations met, 0 failed, 1 error" in Check(capsys, str(spec)).out
