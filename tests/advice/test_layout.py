"""W518: inputs with the channels last are remarked where they are written, and others are not."""

from __future__ import annotations

import pytest

from cnncalc.advice import advise_on_file
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
    ((_, _, _, help),) = found_in("input: [3, 3, 32]\nlayers: [conv5x5: 8]\n")
    assert help is not None and "channels" not in help
