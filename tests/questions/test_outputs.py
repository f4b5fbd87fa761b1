"""Of several outputs every answer says which one it is about: the end of the main path."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import Ran

SEVERAL = """
input: [3, 64]
layers:
  - {conv: {out: 8, kernel: 3, padding: 1}, name: stem}
  - {conv: {out: 8, kernel: 3, padding: 1}, name: idle}
  - {conv: {out: 4, kernel: 3, padding: 1}, name: left, from: stem}
  - {head: [conv: {out: 3, kernel: 1}], name: aux}
  - {conv: {out: 2, kernel: 1}, name: last}
"""
"""Three tensors that may be meant as the output: the end of the main path, a head, and what nothing reads."""
ONE = SEVERAL.replace("  - {conv: {out: 8, kernel: 3, padding: 1}, name: idle}\n", "").replace(
    "  - {head: [conv: {out: 3, kernel: 1}], name: aux}\n", ""
)
QUESTIONS = {
    "tile": ["--image", "64", "--tile", "32"],
    "stream": ["--rate", "100"],
    "sizes": [],
}
OTHERS = ["aux/conv_1", "idle"]


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("several.yaml").write_text(SEVERAL)
    Path("one.yaml").write_text(ONE)


def record(capsys: pytest.CaptureFixture[str], question: str, spec: str) -> Any:
    (found,) = json.loads(Ran(capsys, question, spec, *QUESTIONS[question], "--format", "json").out)["models"]
    return found


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_says_which_output_it_is_about(question: str, capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, question, "several.yaml", *QUESTIONS[question])
    assert f"of the output last, not of {', '.join(OTHERS)}\n" in ran.out
    assert "of the output" not in Ran(capsys, question, "one.yaml", *QUESTIONS[question]).out
    several, one = (record(capsys, question, spec) for spec in ("several.yaml", "one.yaml"))
    assert (several["output"], several["other_outputs"]) == ("last", OTHERS)
    assert (one["output"], one["other_outputs"]) == ("last", [])


def test_many_outputs_are_not_all_named(capsys: pytest.CaptureFixture[str]) -> None:
    head = "  - {head: [conv: {out: 3, kernel: 1}], name: aux}\n"
    heads = "".join(head.replace("aux", f"aux{number}") for number in range(6))
    Path("many.yaml").write_text(SEVERAL.replace(head, heads))
    named = ", ".join(f"aux{number}/conv_1" for number in range(4))
    assert f"not of {named} and 3 more\n" in Ran(capsys, "sizes", "many.yaml").out


@pytest.mark.parametrize(
    ("expected", "is_about_one"),
    [
        ("[2, 65]", True),
        ("{channels: 3}", True),
        ("{rf: 4}", True),
        ("{macs: 1}", False),
        ("{in: [3, 65]}", False),
    ],
)
def test_a_failed_expectation_says_which_output_is_meant(
    expected: str, is_about_one: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    meant = "of several outputs `last` is meant; for `aux/conv_1`, `idle` write `expect` beside the item"
    for spec, text in (("several.yaml", SEVERAL), ("one.yaml", ONE)):
        Path(spec).write_text(f"{text}expect: {expected}\n")
        ran = Ran(capsys, "check", spec)
        assert "E401" in ran.out
        assert (meant in ran.out) == (is_about_one and spec == "several.yaml")
