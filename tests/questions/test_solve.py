"""The largest value within budgets: known answers, and every value of a range computed."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import cnncalc
from cnncalc.errors import UsageError
from cnncalc.questions.solve import solve
from tests.cli.running import Ran

# Widths in steps, channels that are rounded to multiples, a stride, and a size.
SPEC = """\
name: Net
vars: {w: 1, d: 8, s: 1}
input: 3x64x64
layers:
  - conv3x3: {out: 16*w, padding: 1, stride: s}
  - conv3x3: {out: "divisible(24*w, d)", padding: 1}
  - global_avgpool
  - linear: 10
"""


@pytest.fixture
def spec(tmp_path: Path) -> str:
    path = tmp_path / "net.yaml"
    path.write_text(SPEC, encoding="utf-8")
    return str(path)


def test_mobilenet() -> None:
    found = solve("mobilenet_v1", "a", "macs <= 150M", step="1/32", model="mobilenet_v1")
    assert (found.value, found.measured, found.monotone) == ("1/2", {"macs": 149_497_088}, True)
    assert found.next is not None
    assert (found.next.value, found.next.measured) == ("17/32", {"macs": 167_797_072})


def test_one_of_several_models_is_named_with_its_file() -> None:
    one = solve("stack3x3:7x7", "input=8..64", "activations <= 100K")
    assert one == solve("stack3x3", "input=8..64", "activations <= 100K", model="7x7")
    assert one.value == "27"  # 2 layers of 64 channels: 2*64*27*27 = 93,312
    with pytest.raises(UsageError, match="several models"):
        solve("stack3x3", "input=8..64", "activations <= 100K")


def figure(spec: str, metric: str, sets: dict[str, str], input: str | None = None) -> Any:
    """A metric as the analysis has it; ``None`` where a value makes no network."""
    try:
        (model,) = cnncalc.load(spec, sets=sets)
    except cnncalc.CnncalcError:
        return None
    report = cnncalc.analyze(model, input)
    return None if not report.ok else report.peak if metric == "peak" else getattr(report.totals, metric)


@pytest.mark.parametrize("limit", [1000, 3000, 20_000, 100_000])
@pytest.mark.parametrize("step", ["1/16", "1/48", "1"])
def test_every_width_of_a_range(spec: str, limit: int, step: str) -> None:
    values = [Fraction(step) * number for number in range(1, int(4 / Fraction(step)) + 1)]
    params = {value: figure(spec, "params", {"w": str(value)}) for value in values}
    within = [value for value, count in params.items() if count is not None and count <= limit]
    text = f"w={step}..4/{step}"
    if not within:
        with pytest.raises(cnncalc.NoAnswer):
            solve(spec, text, f"params <= {limit}")
        return
    found = solve(spec, text, f"params <= {limit}")
    assert (found.value, found.measured) == (str(max(within)), {"params": params[max(within)]})
    larger = [value for value in values if value > max(within) and params[value] is not None]
    assert (found.next and found.next.value) == (str(min(larger)) if larger else None)


def test_what_falls_is_scanned(spec: str) -> None:
    macs = {value: figure(spec, "macs", {"s": str(value)}) for value in range(1, 21)}
    limit = sorted(set(macs.values()))[6]
    found = solve(spec, "s=1..20", f"macs >= {limit}")
    assert (found.value, found.monotone) == (
        str(max(s for s, count in macs.items() if count >= limit)),
        False,
    )
    assert solve(spec, "s=1..20", f"macs <= {limit}").value == "20"
    rounding = solve(spec, "d=1..60", "params <= 5000")
    counts = {value: figure(spec, "params", {"d": str(value)}) for value in range(1, 61)}
    assert not rounding.monotone
    assert rounding.value == str(max(d for d, count in counts.items() if count is not None and count <= 5000))


def test_few_values_are_tried_unless_a_metric_falls(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    """About two for each doubling of the range; where the metric falls each one from the largest down."""
    counts = [solve(spec, f"w=1..{2**power}", "params <= 200K").tried for power in (8, 10, 12, 14)]
    assert max(counts) <= 2 * 14 + 10
    few = figure(spec, "params", {"w": "20"})
    assert solve(spec, "w=1..16384", f"params <= {few}").value == "20"
    ran = Ran(capsys, "solve", spec, "--vary", "s=1..200", "--so-that", "macs >= 100K")
    tried = re.search(r"\nnot monotone: a metric falls where `s` grows; ([0-9]+) values tried\n", ran.out)
    assert tried
    assert 200 - 12 < int(tried[1]) < 200
    ran = Ran(capsys, "solve", spec, "--vary", "s=1..20000", "--so-that", "macs >= 100K")
    assert ran.code == 1
    assert "20,000 values are more than the 10,000 that are tried one by one" in " ".join(ran.err.split())


def test_several_conditions_at_once(spec: str) -> None:
    found = solve(spec, "w=1..64", ["params <= 100K", "macs <= 40M", "rf >= 5"])
    both = [
        w
        for w in range(1, 65)
        if figure(spec, "params", {"w": str(w)}) <= 100_000
        and figure(spec, "macs", {"w": str(w)}) <= 40_000_000
    ]
    assert found.value == str(max(both))
    assert set(found.measured) == {"params", "macs", "rf"}


@pytest.mark.parametrize("limit", [1000, 3000, 20_000, 100_000])
@pytest.mark.parametrize("step", ["1/16", "1/3"])
def test_the_smallest_value_of_a_range(spec: str, limit: int, step: str) -> None:
    values = [Fraction(step) * number for number in range(1, int(4 / Fraction(step)) + 1)]
    params = {value: figure(spec, "params", {"w": str(value)}) for value in values}
    enough = [value for value, count in params.items() if count is not None and count >= limit]
    text = f"w={step}..4/{step}"
    if not enough:
        with pytest.raises(cnncalc.NoAnswer, match="no value of `w` is within the conditions"):
            solve(spec, text, f"params >= {limit}", smallest=True)
        return
    found = solve(spec, text, f"params >= {limit}", smallest=True)
    assert (found.value, found.measured) == (str(min(enough)), {"params": params[min(enough)]})
    smaller = [value for value in values if value < min(enough) and params[value] is not None]
    assert (found.next and found.next.value) == (str(max(smaller)) if smaller else None)


def test_the_smallest_value_of_what_falls(spec: str) -> None:
    counts = {value: figure(spec, "params", {"d": str(value)}) for value in range(1, 61)}
    for limit in sorted({count for count in counts.values() if count is not None})[::8]:
        found = solve(spec, "d=1..60", f"params >= {limit}", smallest=True)
        assert found.value == str(
            min(d for d, count in counts.items() if count is not None and count >= limit)
        )


DILATED = """\
input: [16, 16000]
vars: {n: 1}
layers:
  - conv3: {out: 16, dilation: 2**i, padding: causal}
    repeat: n
"""


def test_how_deep_it_must_be(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """1 + 2*(2**n - 1) is 511 of eight layers, 1023 of nine."""
    path = tmp_path / "dilated.yaml"
    path.write_text(DILATED, encoding="utf-8")
    asked = ["solve", str(path), "--so-that", "rf >= 1000", "--vary"]
    ran = Ran(capsys, *asked, "n", "--smallest")
    assert ran.out.splitlines()[4:6] == ["smallest  9  1,023", "before    8    511"]
    ran = Ran(capsys, *asked, "n=1..9")
    assert "the conditions only bound it from below: --smallest gives the least value" in ran.out
    ran = Ran(capsys, *asked, "n=9..20", "--smallest", "--format", "json")
    (found,) = json.loads(ran.out)["models"]
    assert (found["value"], found["next"], found["smallest"]) == ("9", None, True)


def test_the_input_of_which_an_output_is_large_enough() -> None:
    """The original U-Net makes 388 of 572, and 16 more of 16 more."""
    assert solve("unet", "input=500..700", "size >= 388", smallest=True).value == "572"
    assert solve("unet", "input=500..700", "size >= 389", smallest=True).value == "588"
    assert solve("unet", "input=500..700", "size <= 388").value == "587"


def test_an_output_that_sees_all_is_said_where_no_value_helps(
    spec: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = Ran(capsys, "solve", spec, "--vary", "w=1..4", "--so-that", "rf <= 5")
    assert ran.code == 1
    assert "rf is all at `w` = 1" in ran.err
    assert "`rf` is that of the output, which sees the whole map" in " ".join(ran.err.split())


def test_the_size_of_the_input(spec: str) -> None:
    found = solve(spec, "input=8..512/8", "peak <= 1M")
    peaks = {size: figure(spec, "peak", {}, f"3x{size}x{size}") for size in range(8, 513, 8)}
    assert found.value == str(max(size for size, peak in peaks.items() if peak <= 10**6))


@pytest.mark.parametrize(
    ("vary", "condition", "message"),
    [
        ("w=1..4", "params <= 10", "no value of `w` is within the conditions: params is"),
        ("w=1/7..1/1/7", "params <= 10M", None),
        ("w=1/7..0.5/1/7", "params <= 10M", "no value of `w` from 1/7 to 3/7 makes a network"),
        ("w", "rf >= 5", "the conditions hold for every value that was tried, up to"),
    ],
)
def test_no_answer(spec: str, vary: str, condition: str, message: str | None) -> None:
    if message is None:
        assert solve(spec, vary, condition).value == "1"
        return
    with pytest.raises(cnncalc.NoAnswer) as found:
        solve(spec, vary, condition)
    assert found.value.diagnostics[0].message.startswith(message)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--vary", "q", "--so-that", "params <= 2M"], "no variable is named `q`"),
        (["--vary", "w=4..1", "--so-that", "params <= 2M"], "`--vary w=4..1` is empty: 4 is more than 1"),
        (["--vary", "w=a..b", "--so-that", "params <= 2M"], "`--vary w=a..b` is no range"),
        (["--vary", "w", "--step", "0", "--so-that", "params <= 2M"], "`--step 0` is not more than 0"),
        (
            ["--vary", "w=1..4/2", "--step", "1", "--so-that", "params <= 2M"],
            "has a step, and --step gives another",
        ),
        (["--vary", "w", "--so-that", "parms <= 2M"], "`--so-that parms <= 2M`: `parms` is not a metric"),
        (["--vary", "w", "--so-that", "params <= +5%"], "is about a change, and there is no old network"),
        (["--vary", "input=1/2..4", "--so-that", "params <= 5"], "an input has a whole number of positions"),
    ],
)
def test_questions_that_mean_nothing(
    spec: str, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = Ran(capsys, "solve", spec, *arguments)
    assert ran.code == 2
    assert message in ran.err


def test_the_command(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("solve", spec, "--vary", "w=1..8", "--so-that", "params <= 5000")
    ran = Ran(capsys, *arguments)
    assert ran.code == 0
    assert "Net · w = 1 · pytorch" in ran.out
    document = json.loads(Ran(capsys, *arguments, "--format", "json").out)
    (model,) = document["models"]
    assert (model["value"], model["monotone"]) == ("1", True)
    assert model["measured"] == {"params": figure(spec, "params", {"w": "1"})}
    assert model["next"] == {"value": "2", "measured": {"params": figure(spec, "params", {"w": "2"})}}
    assert Ran(capsys, "solve", spec, "--vary", "w=1..8", "--so-that", "params <= 5").code == 1
