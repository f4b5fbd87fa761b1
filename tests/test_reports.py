"""Questions that people asked in public, each as a small spec with the right answer, derived apart from cnncalc."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import Ran

REPORTS = Path(__file__).parent / "data" / "reports"
CASES: list[dict[str, Any]] = json.loads((REPORTS / "cases.json").read_text(encoding="utf-8"))
RUNS = [
    pytest.param(case["spec"], run, id=f"{case['id']}-{number}")
    for case in CASES
    for number, run in enumerate(case["runs"], 1)
]


@pytest.mark.parametrize(("spec", "run"), RUNS)
def test_the_answer_is_right(spec: str, run: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [str(REPORTS / spec) if word == "SPEC" else word for word in run["args"]]
    if "want" in run or "error" in run:
        ran = Ran(capsys, *arguments, "--format", "json")
        (model,) = (one for one in json.loads(ran.out)["models"] if run.get("model") in (None, one["name"]))
        for layer, field, value in run.get("want", ()):
            assert value_of(model, layer, field) == value, (layer, field)
        if "error" in run:
            assert run["error"] in [[found["code"], found["path"]] for found in model["diagnostics"]]
    ran = Ran(capsys, *arguments)
    assert ran.code == run["code"], ran.err
    for pattern in run.get("says", ()):
        assert re.search(pattern, ran.out + ran.err), ran.out + ran.err


def value_of(model: dict[str, Any], layer: str, field: str) -> object:
    """A field of the totals or of a layer's record: of several copies or layers inside, the last one's."""
    inside = re.compile(rf"{re.escape(layer)}(?:[/\[].*)?")
    records = [record for record in model["layers"] if inside.fullmatch(record["path"])]
    own = [record for record in records if record["path"] == layer]
    found: Any = model["totals"] if layer == "totals" else (own or records)[-1]
    for part in field.split("."):
        found = found[part]
    return found


def test_every_spec_is_asked_about() -> None:
    asked = {case["spec"] for case in CASES}
    assert asked == {path.name for path in REPORTS.glob("*.yaml")}
    assert all(case["title"] and case["right"] and case["source"] and case["runs"] for case in CASES)
