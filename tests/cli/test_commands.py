"""The commands as users run them: results, diagnostics and exit codes."""

from __future__ import annotations

import json
import os
import re
import stat
from pathlib import Path

import pytest

from cnncalc import __version__, bundled
from cnncalc.cli import COMMANDS
from cnncalc.render.outputs import FORMATS
from tests.cli.running import Ran

GOOD = "input: [3, 8, 8]\nlayers:\n  - conv3x3: 4\n  - relu\nexpect: {shape: [4, 6, 6], params: 3*4*9 + 4}\n"
MISFIT = "input: [3, 8, 8]\nlayers:\n  - conv3x3: 4\n  - conv9x9: 4\n"
UNGRAMMATICAL = "layers:\n  - cnv3x3: 4\n"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in (("good", GOOD), ("misfit", MISFIT), ("wrong", UNGRAMMATICAL)):
        (tmp_path / f"{name}.yaml").write_text(text)


def test_a_fine_run(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "params", "good.yaml")
    assert (ran.code, ran.err) == (0, "")
    assert "conv3x3_1" in ran.out


@pytest.mark.parametrize("command", ["params", "rf", "shapes", "summary", "compare"])
def test_other_sizes_than_wanted_are_said_with_every_number(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("spp.yaml").write_text("input: [2, 11, 11]\nlayers: [spp: [4], linear: 3]\n")
    specs = ["spp.yaml"] * (1 + (command == "compare"))
    ran = Ran(capsys, command, *specs)
    assert ran.code == 0
    assert ran.err.startswith("warning[W501]: mode paper gives 5x5 bins on a map of 11x11 instead of 4x4\n")
    assert ran.err.count("warning") == 1


@pytest.mark.parametrize("command", ["params", "rf", "shapes", "summary"])
def test_a_shape_error_prints_the_good_rows_and_exits_1(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = Ran(capsys, command, "misfit.yaml")
    assert ran.code == 1
    assert "\nconv3x3_1 " in ran.out
    assert "\nx conv9x9_1: window 9 does not fit the size 6\n" in ran.out
    assert ran.err.startswith(
        "error[E301]: window 9 does not fit the size 6\n --> misfit.yaml:4:5 (conv9x9_1)\n"
    )


def test_an_invalid_spec_does_not_hide_a_valid_one(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "params", "wrong.yaml", "good.yaml")
    assert ran.code == 1
    assert "conv3x3_1" in ran.out
    assert "did you mean `conv3x3`?" in ran.err


def test_json_is_alone(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "params", "wrong.yaml", "misfit.yaml", "good.yaml", "--format", "json")
    models = json.loads(ran.out)["models"]
    assert models[0].keys() == models[2].keys()
    assert models[0]["totals"].keys() == models[2]["totals"].keys()
    assert (models[0]["totals"]["peak_activations"], models[0]["totals"]["dtype"]) == (None, "float32")
    assert (ran.code, ran.err) == (1, "")
    assert [len(model["layers"]) for model in models] == [0, 1, 2]
    assert [[found["code"] for found in model["diagnostics"]] for model in models][1:] == [["E301"], []]


@pytest.mark.parametrize(
    "arguments",
    [
        ["params", "nowhere.yaml"],
        ["params", "good.yaml", "nowhere.yaml"],
        ["params"],
        [],
        ["nonsense"],
        ["params", "good.yaml", "--nonsense"],
        ["params", "good.yaml", "--format", "xml"],
        ["params", "good.yaml", "--framework", "theano"],
        ["params", "good.yaml", "--model", "large"],
        ["params", "good.yaml", "--set", "n"],
        ["params", "good.yaml", "--set", "n=3"],
        ["params", "good.yaml", "--input", "3xbig"],
        ["params", "good.yaml", "--depth", "0"],
        ["rf", "good.yaml", "--at", "1"],
        ["rf", "good.yaml", "--at", "1,b"],
        ["spp", "--in", "13"],
        ["spp", "--in", "0", "--levels", "1"],
        ["spp", "--in", "1x2x3", "--levels", "1"],
        ["spp", "--in", "13", "--levels", "1,,2"],
        ["pool", "--in", "7x7", "--kernel", "3x3x3"],
        ["pool", "--in", "7", "--kernel", "3", "--framework", "theano"],
        ["layers", "conw"],
        ["check", "nowhere"],
    ],
)
def test_what_cannot_be_done_exits_2_with_a_message(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    ran = Ran(capsys, *arguments)
    assert ran.code == 2
    assert ran.err + ran.out
    assert "Traceback" not in ran.err
    assert "E901" not in ran.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["params", "good.yaml", "--framework", "theano"],
        ["sweep", "good.yaml", "--framework", "theano"],
        ["pool", "--in", "7", "--kernel", "3", "--framework", "theano"],
    ],
)
def test_an_unknown_framework_is_told_alike(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    said = Ran(capsys, *arguments).err
    assert "unknown framework `theano`" in said
    assert "possible: pytorch, tensorflow, caffe, onnx, onnx:OPSET" in said


def test_an_operation_in_capitals_is_guessed(capsys: pytest.CaptureFixture[str]) -> None:
    assert "no operation 'CONV', did you mean 'conv'?" in Ran(capsys, "layers", "CONV").err


@pytest.mark.parametrize("command", ["params", "sweep"])
def test_one_shape_for_several_inputs(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("two.yaml").write_text(
        "input: {left: [3, 8, 8], right: [3, 8, 8]}\nlayers: [{add: [left, right]}]\n"
    )
    ran = Ran(capsys, command, "two.yaml", "--input", "3x9x9")
    assert ran.code == 2
    assert "the network has several inputs, name one: left=..., right=..." in ran.err


def test_an_unforeseen_error_is_told_as_such(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: object, **options: object) -> None:
        raise KeyError("oh\x1b")

    monkeypatch.setattr("cnncalc.cli.run.load_path", broken)
    ran = Ran(capsys, "params", "good.yaml")
    assert ran.code == 2
    assert ran.err.startswith("error[E901]: internal error, please report")
    assert "Traceback" not in ran.err
    monkeypatch.setenv("CNNCALC_TRACEBACK", "1")
    assert "Traceback" in Ran(capsys, "params", "good.yaml").err


def test_a_lack_of_memory_is_no_fault_of_the_program(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object, **options: object) -> None:
        raise MemoryError

    monkeypatch.setattr("cnncalc.analysis.run._Run.evaluate", full)
    ran = Ran(capsys, "params", "good.yaml")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        "error[E905]: not enough memory for the answer\n"
        "  = help: give it more memory, or ask about less: `cnncalc explain limits`\n"
    )


@pytest.mark.parametrize("command", ["params", "sweep"])
def test_an_unforeseen_wrong_value_is_not_taken_for_the_input(
    command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as that of a strict zip."""

    def broken(*arguments: object, **options: object) -> None:
        raise ValueError("zip() argument 2 is shorter than argument 1")

    monkeypatch.setattr("cnncalc.analysis.run._Run.evaluate", broken)
    ran = Ran(capsys, command, "good.yaml", "--input", "3x9x9")
    assert ran.code == 2
    assert ran.err.startswith("error[E901]: internal error, please report")
    assert "--input" not in ran.err


def test_an_interrupt_exits_130(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("cnncalc.cli.run.load_path", interrupted)
    ran = Ran(capsys, "params", "good.yaml")
    assert (ran.code, ran.out) == (130, "")


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert Ran(capsys, "--version").out == f"cnncalc {__version__}\n"
    ran = Ran(capsys, "--help")
    assert ran.code == 0
    assert all(f"\n  {name} " in ran.out for name in COMMANDS)
    for name in COMMANDS:
        ran = Ran(capsys, name, "--help")
        assert ran.code == 0
        assert f"Usage: cnncalc {name}" in ran.out


def test_options_reach_the_computation(capsys: pytest.CaptureFixture[str]) -> None:
    assert "4x18x18" in Ran(capsys, "shapes", "good.yaml", "--input", "3x20x20").out
    assert "tensorflow" in Ran(capsys, "shapes", "good.yaml", "--framework", "tensorflow").out
    assert "relu_1" in Ran(capsys, "shapes", "good.yaml", "--all").out
    assert "weight memory in bytes (int8)    112" in Ran(capsys, "params", "good.yaml", "--dtype", "int8").out
    record = json.loads(Ran(capsys, "rf", "good.yaml", "--at", "0,5", "--format", "json").out)["models"][0][
        "layers"
    ][0]
    assert record["region"]["first"] == [0, 5]
    assert record["region"]["inside_last"] == [2, 7]


def test_bundled_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert "vgg16" in bundled.names()
    assert list(bundled.names()) == sorted(bundled.names())
    assert bundled.path_of("nonsense") is None
    assert "138,357,544" in Ran(capsys, "params", "vgg16").out


def test_variants_stand_side_by_side(capsys: pytest.CaptureFixture[str]) -> None:
    Path("two.yaml").write_text(
        "input: [16, 8, 8]\nmodels:\n  a: {layers: [conv3x3: 8]}\n  b: {layers: [conv1x1: 8]}\n"
    )
    ran = Ran(capsys, "params", "two.yaml")
    assert ran.out.count("weight memory") == 2
    assert "side by side" in ran.out
    only = Ran(capsys, "params", "two.yaml", "--model", "b")
    assert only.out.count("weight memory") == 1
    assert "side by side" not in only.out
    compared = Ran(capsys, "compare", "two.yaml")
    assert compared.out.startswith("side by side")
    assert "weight memory" not in compared.out


@pytest.mark.parametrize(
    "arguments",
    [
        ["params", "good.yaml"],
        ["rf", "good.yaml"],
        ["shapes", "good.yaml"],
        ["summary", "good.yaml"],
        ["compare", "good.yaml", "good.yaml"],
        ["compare", "good.yaml", "--frameworks"],
        ["sweep", "good.yaml"],
        ["spp", "--in", "13", "--levels", "4"],
        ["pool", "--in", "7", "--kernel", "3"],
    ],
    ids=" ".join,
)
def test_a_file_has_the_format_of_its_ending(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    endings = {"x.json": "json", "x.csv": "csv", "x.MD": "markdown", "x.txt": "table"}
    for name, format in endings.items():
        assert Ran(capsys, *arguments, "--output", name).out == ""
        assert Path(name).read_text(encoding="utf-8") == Ran(capsys, *arguments, "--format", format).out
    Ran(capsys, *arguments, "--format", "table", "--output", "x.json")
    assert Path("x.json").read_text(encoding="utf-8") == Path("x.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", ["spp", "pool", "sweep", "zoo"])
def test_nothing_is_said_of_layers_where_there_are_none(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "every layer" not in " ".join(Ran(capsys, command, "--help").out.split())
    assert "every layer" in " ".join(Ran(capsys, "params", "--help").out.split())


# spp and pool


def test_spp(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "spp", "--in", "13", "--levels", "1,2,4", "--channels", "256")
    assert (ran.code, ran.err) == (0, "")
    assert "vector length with 256 channels  5,376" in ran.out
    assert "9..12  ·········████" in ran.out


def test_spp_warns_where_the_paper_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "spp", "--in", "11", "--levels", "4")
    assert ran.code == 0
    assert "other bins than asked for" in ran.out
    assert ran.err == (
        "warning[W501]: mode paper gives 5x5 bins on a map of 11x11 instead of 4x4\n"
        "  = help: use a mode that gives 4x4: exact, adaptive, caffe\n"
    )


def test_spp_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(Ran(capsys, "spp", "--in", "13", "--levels", "4,2,1", "--format", "json").out)
    level = {
        "bins": [4, 4],
        "window": [4, 4],
        "stride": [3, 3],
        "padding": [[0, 0], [0, 0]],
        "obtained": [4, 4],
        "exact": True,
        "unread": [0, 0],
    }
    assert level.items() <= found["levels"][0].items()
    assert (found["format"], found["in"], found["mode"], found["bins"], found["length"]) == (
        1,
        [13, 13],
        "paper",
        21,
        None,
    )
    unread = json.loads(Ran(capsys, "spp", "--in", "10x12", "--levels", "4", "--format", "json").out)[
        "levels"
    ][0]
    assert (unread["obtained"], unread["unread"], unread["exact"]) == ([4, 4], [1, 0], False)


def test_spp_of_all_modes(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "spp", "--in", "13", "--levels", "4,6", "--mode", "all")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.count("not possible") == 1
    found = json.loads(
        Ran(capsys, "spp", "--in", "13", "--levels", "4,6", "--mode", "all", "--format", "json").out
    )
    assert [(one["mode"], one["bins"]) for one in found["modes"]] == [
        ("paper", 52),
        ("exact", 52),
        ("adaptive", 52),
        ("caffe", None),
    ]


def test_an_illegal_pyramid_exits_1(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "spp", "--in", "5", "--levels", "1,4", "--mode", "caffe")
    assert ran.code == 1
    assert ran.err.startswith("error[E308]: mode caffe has no 4 bins on a map of 5")
    ran = Ran(capsys, "spp", "--in", "5", "--levels", "1,4", "--mode", "caffe", "--format", "json")
    found = json.loads(ran.out)
    assert (ran.code, ran.err, found["bins"], found["diagnostics"][0]["code"]) == (1, "", None, "E308")


def test_a_level_that_leaves_positions_unread_names_the_modes_that_do_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Caffe's padding for 5 into 4 is floor((2*4-5+1)/2) = 2, no less than its kernel."""
    ran = Ran(capsys, "spp", "--in", "14", "--levels", "2,4")
    assert (ran.code, ran.err) == (0, "")
    assert (
        "\n4x4 bins do not read the end of the map; modes that read all: exact, adaptive, caffe\n" in ran.out
    )
    assert "2x2 bins" not in ran.out
    levels = json.loads(Ran(capsys, "spp", "--in", "14x5", "--levels", "2,4", "--format", "json").out)[
        "levels"
    ]
    assert [level["works"] for level in levels] == [
        ["paper", "exact", "adaptive", "caffe"],
        ["exact", "adaptive"],
    ]


def test_what_pooling_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    def kind(*options: str) -> str:
        return Ran(capsys, "pool", "--in", *options).out.splitlines()[6]

    assert kind("8", "--kernel", "2") == "standard, each position is read once"
    assert kind("5", "--kernel", "3", "--padding", "1") == "standard, each position is read once"
    assert kind("7", "--kernel", "3") == "not overlapping, 1 position not read"
    assert kind("10", "--kernel", "2", "--stride", "3") == (
        "not overlapping, the stride 3 skips positions that the kernel 2 does not reach"
    )
    assert kind("2", "--kernel", "2", "--stride", "3") == "not overlapping, each position is read once"
    assert kind("7", "--kernel", "3", "--stride", "2") == "overlapping"
    assert kind("8", "--kernel", "3", "--stride", "2") == "overlapping, 1 position not read"
    assert kind("9", "--kernel", "2", "--dilation", "2") == (
        "overlapping, the stride 2 skips positions that the kernel 2, dilation 2 does not reach"
    )


def test_pool_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    axis = json.loads(
        Ran(capsys, "pool", "--in", "7", "--kernel", "3", "--stride", "2", "--format", "json").out
    )["axes"][0]
    assert {
        "in": 7,
        "out": 3,
        "kernel": 3,
        "stride": 2,
        "padding": [0, 0],
        "windows": [[0, 2], [2, 4], [4, 6]],
        "counts": [1, 1, 2, 1, 2, 1, 1],
    }.items() <= axis.items()


def test_pool_defaults_and_rounding_are_the_frameworks(capsys: pytest.CaptureFixture[str]) -> None:
    def out(*more: str) -> int:
        found = json.loads(Ran(capsys, "pool", "--in", "6", "--kernel", "3", "--format", "json", *more).out)
        size = found["axes"][0]["out"]
        assert isinstance(size, int)
        return size

    assert (out(), out("--framework", "caffe")) == (2, 4)
    assert (
        out("--stride", "2"),
        out("--stride", "2", "--ceil"),
        out("--stride", "2", "--framework", "caffe"),
    ) == (2, 3, 3)
    assert out("--stride", "2", "--framework", "caffe", "--floor") == 2
    assert out("--stride", "1", "--dilation", "2") == 2


def test_pool_of_two_axes_draws_the_map(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "pool", "--in", "5x3", "--kernel", "3", "--stride", "2x1", "--padding", "0x1")
    assert ran.out.endswith(
        "how often each position of the map is read:\n2 3 2\n2 3 2\n4 6 4\n2 3 2\n2 3 2\n"
    )


@pytest.mark.parametrize(("kernel", "padding", "code"), [("9", "0", "E301"), ("2", "2", "E305")])
def test_an_impossible_pool_exits_1(
    kernel: str, padding: str, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = Ran(capsys, "pool", "--in", "7", "--kernel", kernel, "--padding", padding)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(f"error[{code}]")


# check and layers


def test_check_sums_up(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "check", "good.yaml")
    assert (ran.code, ran.out, ran.err) == (0, "1 file: 2 expectations met, 0 failed\n", "")


def test_check_prints_a_line_per_failed_expectation(capsys: pytest.CaptureFixture[str]) -> None:
    Path("liar.yaml").write_text(GOOD.replace("+ 4}", "+ 5, rf: 3}"))
    ran = Ran(capsys, "check", "liar.yaml")
    assert ran.code == 1
    assert ran.out.splitlines() == [
        "liar.yaml:5:36: E401 liar: expected params 3*4*9 + 5 = 113, got 112 (-0.9 %)",
        "1 file: 2 expectations met, 1 failed",
    ]


def test_check_of_a_folder_skips_other_files(capsys: pytest.CaptureFixture[str]) -> None:
    folder = Path("folder/deeper")
    folder.mkdir(parents=True)
    (folder / "compose.yml").write_text("services: {web: {image: x}}\n")
    (folder / "tagged.yaml").write_text("a: !Ref x\n")
    (folder / "notes.txt").write_text("layers:\n")
    (folder / "net.yml").write_text(GOOD)
    (folder.parent / "broken.yaml").write_text("layers:\n  - conv3x3: {out: \n")
    ran = Ran(capsys, "check", "folder")
    assert ran.code == 1
    names = "folder/deeper/compose.yml, folder/deeper/tagged.yaml"
    assert (
        ran.out.splitlines()[-1]
        == f"2 files: 2 expectations met, 0 failed, 1 error, 2 files skipped ({names})"
    )
    assert Ran(capsys, "check", "folder/deeper").code == 0


def test_check_with_nothing_to_check_exits_2(capsys: pytest.CaptureFixture[str]) -> None:
    Path("empty").mkdir()
    ran = Ran(capsys, "check", "empty")
    assert (ran.code, ran.out) == (2, "0 files: 0 expectations met, 0 failed, 1 not checked\n")
    ran = Ran(capsys, "check", "good.yaml", "nowhere.yaml")
    assert (ran.code, ran.out) == (2, "1 file: 2 expectations met, 0 failed, 1 not checked\n")
    assert ran.err.startswith("error[E110]: ")
    assert "`nowhere.yaml`" in ran.err


def test_layers_lists_and_describes_operations(capsys: pytest.CaptureFixture[str]) -> None:
    everything = Ran(capsys, "layers")
    assert everything.code == 0
    assert all(f"\n  {op} " in everything.out for op in ("conv", "maxpool", "concat", "inception"))
    one = Ran(capsys, "layers", "conv")
    assert "\n  stride, s " in one.out
    assert one.out.startswith("conv\n")
    assert Ran(capsys, "layers", "conv3x3").out == one.out
    assert "did you mean 'conv'?" in Ran(capsys, "layers", "conw").err
    assert Ran(capsys, "layers", "relu3x3").code == 2
    assert "k//2 at both ends" in one.out
    inception = Ran(capsys, "layers", "inception").out
    assert "\n  KxK " in inception and "`3x3: [96, 128]`" in inception
    assert "without bias and a bn" in Ran(capsys, "layers", "residual").out


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (("rf", "good.yaml", "--format", "jsn"), "Did you mean 'json'?"),
        (("spp", "--in", "13", "--levels", "2", "--mode", "papr"), "Did you mean 'paper'?"),
        (("rf", "good.yaml", "--format", "xyzzy"), f"{FORMATS.names[-1]!r}.\nTry"),
    ],
)
def test_the_value_of_an_option_that_was_probably_meant(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], meant: str
) -> None:
    ran = Ran(capsys, *arguments)
    assert ran.code == 2 and meant in ran.err


@pytest.mark.parametrize(
    ("given", "there"),
    [
        ("net20.yml", "net20.yaml"),
        ("d/net20", "d/net20.yaml"),
        ("d/net20.yml", "d/net20.yaml"),
        ("net20", "net20.yaml"),
    ],
)
def test_the_file_that_was_probably_meant(capsys: pytest.CaptureFixture[str], given: str, there: str) -> None:
    Path("d").mkdir()
    Path(there).write_text("layers: [relu]\n")
    ran = Ran(capsys, "rf", given)
    assert ran.code == 2 and f"did you mean `{there}`?" in ran.err


# --output


def test_output_replaces_a_file_in_one_step(capsys: pytest.CaptureFixture[str]) -> None:
    target = Path("result.txt")
    target.write_text("old")
    target.chmod(0o640)
    ran = Ran(capsys, "params", "good.yaml", "--output", "result.txt")
    assert (ran.code, ran.out) == (0, "")
    assert "conv3x3_1" in target.read_text()
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert sorted(path.name for path in Path().iterdir()) == [
        "good.yaml",
        "misfit.yaml",
        "result.txt",
        "wrong.yaml",
    ]


def test_output_goes_through_a_link(capsys: pytest.CaptureFixture[str]) -> None:
    Path("link").symlink_to("result.txt")
    assert Ran(capsys, "params", "good.yaml", "--output", "link").code == 0
    assert Path("link").is_symlink()
    assert "conv3x3_1" in Path("result.txt").read_text()


@pytest.mark.parametrize("target", ["nowhere/result.txt", ".", "a\0b"])
def test_an_unwritable_output_exits_2(target: str, capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "params", "good.yaml", "--output", target)
    assert ran.code == 2
    assert ran.err.startswith("error[E902]: cannot write ")
    assert ran.err.count("\n") == 1
    assert os.listdir()
    assert not [name for name in os.listdir() if name.endswith(".tmp")]


def test_pool_refuses_what_the_framework_lacks(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "pool", "--in", "9", "--kernel", "3", "--dilation", "2", "--framework", "caffe")
    assert ran.code == 1
    assert "caffe has no dilation for maxpool" in ran.err


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ("w=abc", "E203]: `--set w=abc`: unknown name `abc`"),
        ("w=1/0", "E207]: `--set w=1/0`: `1/0`: division by zero"),
        ("w=v", "E205]: `--set w=v`: the variable `w` depends on itself: w -> v -> w"),
    ],
)
@pytest.mark.parametrize("command", ["params", "check", "sweep"])
def test_a_value_that_means_nothing_is_no_error_of_the_file(
    command: str, given: str, error: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("vars.yaml").write_text("vars: {w: 16, v: w}\ninput: [3, 8, 8]\nlayers: [conv3x3: v]\n")
    ran = Ran(capsys, command, "vars.yaml", "--set", given)
    assert ran.code == 2
    assert ran.err == f"error[{error}\n"


def test_a_region_is_clipped_to_the_inputs_it_belongs_to(capsys: pytest.CaptureFixture[str]) -> None:
    """Unit 8 sees 15..17 with stride 2 and 7..9 with stride 1: of 18 positions all, of 9 the first two; a join
    sees what either input shows.
    """
    Path("two.yaml").write_text(
        "input: {l: [1, 18, 18], r: [1, 9, 18], v: [4]}\n"
        "layers:\n"
        "  - {conv3x3: {out: 1, p: 1, s: 2}, from: l, name: a}\n"
        "  - {conv3x3: {out: 1, p: 1, s: [1, 2]}, from: r, name: b}\n"
        "  - add: [a, b]\n"
        "  - {crop_to: a, from: b}\n"
    )
    ran = Ran(capsys, "rf", "two.yaml", "--at", "8,8", "--format", "json")
    layers = json.loads(ran.out)["models"][0]["layers"]
    assert [layer["region"]["inside_first"] for layer in layers] == [[15, 15], [7, 15], [7, 15], [7, 15]]
    assert [layer["region"]["inside_last"] for layer in layers] == [[17, 17], [8, 17], [17, 17], [8, 17]]
    assert [layer["reasons"] for layer in layers] == [[], [], [], []]


def test_a_region_of_an_unknown_size_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    Path("any.yaml").write_text("input: [1, any, 9]\nlayers: [conv3x3: {out: 1, p: 1}]\n")
    ran = Ran(capsys, "rf", "any.yaml", "--at", "2,8")
    assert "?, 7..8\n\n? needs the input size: add `input: ...` or pass --input\n" in ran.out


def test_an_ending_in_pixels_says_how_to_get_a_picture(capsys: pytest.CaptureFixture[str]) -> None:
    png = "`rsvg-convert a.svg -o a.png` makes a PNG"
    pdf = "`rsvg-convert -f pdf a.svg -o a.pdf` makes a PDF"
    for name, how in (("a.png", png), ("a.JPG", png), ("a.pdf", pdf), ("a.xyz", None)):
        for command in ("rf", "compare", "draw"):
            ran = Ran(capsys, command, "vgg16", "-o", name)
            assert (ran.code, ran.out) == (2, "")
            words = " ".join(ran.err.split())
            assert f"no format has the ending of '{name}'; use one of ." in words
            assert ("pictures are SVG" in words) == (how is not None)
            assert how is None or f"`cnncalc draw SPEC -o a.svg`, of which {how}" in words


def test_several_errors_are_counted_where_people_read_them(capsys: pytest.CaptureFixture[str]) -> None:
    Path("many.yaml").write_text("input: [3, 8, 8]\nlayers: [cnv: 3, conv3x3: {ot: 4}]\n")
    for command in ("rf", "compare", "sizes", "check", "export"):
        more = ("--to", "torch") if command == "export" else ()
        ran = Ran(capsys, command, "many.yaml", *more)
        assert ran.code == 1
        assert ran.err.endswith("\n\n2 errors\n") == (command != "check")
    assert Ran(capsys, "rf", "many.yaml", "--format", "json").err == ""


def test_a_place_in_a_bundled_network_is_no_path_of_the_installation(
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = " ".join(Ran(capsys, "sizes", "unet", "--near", "500").out.split())
    assert re.search(r"`maxpool2_4` drops positions at the end \(unet\.yaml:[0-9]+\)", out)
