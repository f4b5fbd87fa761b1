"""W518: inputs with the channels last are remarked where they are written, and others are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnncalc import analyze, loads
from cnncalc.advice import advise_on_file
from cnncalc.cli import main
from cnncalc.language.parser import parse
from cnncalc.language.source import Source
from tests.language.refusing import found_in

RELU = "layers: [relu]\n"


def found(text: str) -> list[tuple[int, str, str | None]]:
    source = Source("f.yaml", text)
    root, _ = parse(source)
    remarks = advise_on_file(source, root, frozenset(("W518",)))
    return [(one.location.line if one.location else 0, one.message, one.help) for one in remarks]


@pytest.mark.parametrize(
    ("shape", "message", "meant"),
    [
        ("[224, 224, 3]", "224x224x3 is 224 channels of 224x3, as channels come first", "[3, 224, 224]"),
        ("28x28x1", "28x28x1 is 28 channels of 28x1, as channels come first", "[1, 28, 28]"),
        (
            "[16, 16, 16, 1]",
            "16x16x16x1 is 16 channels of 16x16x1, as channels come first",
            "[1, 16, 16, 16]",
        ),
    ],
)
def test_channels_last(shape: str, message: str, meant: str) -> None:
    assert found(f"input: {shape}\n{RELU}") == [(1, message, f"write `{meant}`")]
    assert found(f"input: {meant}\n{RELU}") == []


@pytest.mark.parametrize(
    "shape", ["[3, 3, 3]", "[64, 3]", "[64, 1, 1]", "[64, 56, 1]", "[8, 8, 8]", "[any, any, 3]", "[n, n, 3]"]
)
def test_shapes_that_may_well_be_meant(shape: str) -> None:
    assert found(f"vars: {{n: 9}}\ninput: {shape}\n{RELU}") == []


def test_inputs_of_models_and_cases_and_several_inputs() -> None:
    text = """\
        models:
          a:
            input: {left: [3, 9, 9], right: [9, 9, 3]}
            layers: [relu]
            cases:
              - {input: {left: [8, 8, 1]}}
        """
    assert [(line, help) for line, _, help in found(text)] == [
        (3, "write `[3, 9, 9]`"),
        (6, "write `[1, 8, 8]`"),
    ]


def test_a_window_that_does_not_fit_into_the_channels() -> None:
    ((code, _, _, help),) = found_in("input: [32, 32, 3]\nlayers: [conv5x5: 8]\n")
    assert code == "E301" and help is not None
    assert help.endswith("; channels come first: did you mean `input: [3, 32, 32]`?")


@pytest.mark.parametrize(
    ("own", "given", "meant"),
    [
        ("[3, 32, 32]", "64x48x3", "3x64x48"),
        ("[1, 28, 28]", "28x28x1", "1x28x28"),
        ("[3, 8, 32, 32]", "8x32x32x3", "3x8x32x32"),
        ("[any, 32, 32]", "32x32x3", "3x32x32"),
        ("[3, 32, 32]", "3x64x3", None),
        ("[3, 32, 32]", "4x64x48", None),
        ("[any, 32, 32]", "64x48x3", None),
        ("[64, 32, 32]", "32x32x64", None),
        ("[3, 100]", "100x3", None),
        ("[32, 32, 3]", "32x32x3", None),
    ],
)
def test_an_input_that_is_asked_for_with_its_channels_last(own: str, given: str, meant: str | None) -> None:
    (model,) = loads(f"input: {own}\n{RELU}")
    remarks = [one for one in analyze(model, given).diagnostics if one.code == "W518"]
    assert [one.help for one in remarks] == ([] if meant is None else [f"did you mean {meant}?"])
    assert analyze(model).diagnostics == ()
    for one in remarks:
        channels, _, sizes = given.partition("x")
        known = "x".join(own.strip("[]").split(", ")).replace("any", "?")
        said = f"{given} is {channels} channels of {sizes}, as channels come first; the spec's own input is"
        assert (one.severity, one.message) == ("warning", f"{said} {known}")


def test_an_error_that_says_so_is_not_repeated() -> None:
    (model,) = loads("input: [3, 32, 32]\nlayers: [conv5x5: 8]\n")
    (error,) = analyze(model, "32x32x3").diagnostics
    assert error.code == "E301" and "did you mean `input: [3, 32, 32]`?" in (error.help or "")
    remark, error = analyze(model, "48x32x3").diagnostics
    assert (remark.code, remark.help, error.code) == ("W518", "did you mean 3x48x32?", "E301")


@pytest.mark.parametrize("command", ["params", "shapes", "rf", "summary", "compare"])
def test_every_table_has_the_warning(
    command: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "two.yaml"
    path.write_text(
        "input: {left: [3, 32, 32], right: [3, 32, 32]}\n"
        "layers:\n- concat: {l: [{conv1x1: 4, from: left}], r: [{conv1x1: 4, from: right}]}\n"
    )
    assert main([command, str(path), "--input", "left=32x32x3", "--input", "right=32x32x3"]) == 0
    assert [line.rpartition("; ")[2] for line in capsys.readouterr().err.splitlines() if "W518" in line] == [
        "the spec's own `left` is 3x32x32",
        "the spec's own `right` is 3x32x32",
    ]
