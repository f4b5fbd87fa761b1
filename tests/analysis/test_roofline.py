"""The least time of layers: by hand for one, and that it is the larger of two bounds for all."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

import cnncalc
from cnncalc.analysis.roofline import Machine, bounds, summed
from cnncalc.analysis.traffic import moved
from tests.cli.running import Ran

MACHINE = Machine(Fraction(10**12), Fraction(10**9))


def test_the_larger_bound_counts() -> None:
    (model,) = cnncalc.loads("input: [3, 32, 32]\nlayers: [conv3x3: {out: 8, padding: 1}, relu]")
    found = bounds(cnncalc.analyze(model), MACHINE, 4)
    conv, relu = found["conv3x3_1"], found["relu_1"]
    numbers = 3 * 32 * 32 + 8 * 32 * 32 + 8 * 3 * 9 + 8
    assert conv is not None and relu is not None
    assert (conv.seconds, conv.by) == (Fraction(4 * numbers, 10**9), "memory")
    assert (relu.seconds, relu.by) == (Fraction(4 * 2 * 8 * 32 * 32, 10**9), "memory")
    slow = bounds(cnncalc.analyze(model), Machine(Fraction(10**6), Fraction(10**9)), 4)["conv3x3_1"]
    assert slow is not None
    assert (slow.seconds, slow.by) == (Fraction(2 * 8 * 27 * 32 * 32, 10**6), "compute")


def test_layers_of_a_network() -> None:
    report = cnncalc.analyze(cnncalc.load("resnet18")[0])
    found, traffic = bounds(report, MACHINE, 2), moved(report)
    for layer in report.layers:
        bound, bytes, macs = found[layer.path], traffic[layer.path].bytes(2), layer.macs
        assert bound is not None and bytes is not None and macs is not None
        assert bound.seconds == max(2 * macs / MACHINE.peak, bytes / MACHINE.bandwidth)
    whole = summed([found[layer.path] for layer in report.layers])
    assert whole is not None
    assert (whole.seconds, whole.by) == (sum(one.seconds for one in found.values() if one), "memory")


def test_what_is_not_known() -> None:
    (model,) = cnncalc.loads("input: [3, any, any]\nlayers: [conv3x3: 4]")
    assert bounds(cnncalc.analyze(model), MACHINE, 4)["conv3x3_1"] is None


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    given = ("summary", "resnet18", "--peak", "19.5T", "--bandwidth", "1555GB/s")
    (model,) = json.loads(Ran(capsys, *given, "--format", "json").out)["models"]
    assert model["totals"]["intensity"] == pytest.approx(55.48, abs=0.005)
    assert model["totals"]["roofline"]["seconds"] == pytest.approx(
        sum(layer["roofline"]["seconds"] for layer in model["layers"])
    )
    assert model["layers"][0]["roofline"] == {
        "seconds": pytest.approx(2 * 118_013_952 / 19.5e12),
        "bound": "compute",
    }
    shown = Ran(capsys, *given, "--depth", "1").out
    assert "time: at least" in shown and "FLOPs per byte, of layers with MACs" in shown
    assert "roofline" not in Ran(capsys, "summary", "lenet5", "--format", "json").out


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (("--peak", "19.5T"), "a bound needs both: add --bandwidth, such as `--peak 19.5T --bandwidth 1555G`"),
        (("--bandwidth", "1T"), "a bound needs both: add --peak"),
        (("--peak", "19.5TB", "--bandwidth", "1T"), "'19.5TB' is not a number of FLOPs per second, such as 19.5T"),
        (("--peak", "0", "--bandwidth", "1T"), "'0' is not a number of FLOPs per second"),
        (("--peak", "1T", "--bandwidth", "fast"), "'fast' is not a number of bytes per second, such as 1555G or 2TB/s"),
        (("--peak", "-1T", "--bandwidth", "1T"), "'-1T' is not a number of FLOPs per second"),
    ],
)  # fmt: skip
def test_machines_that_are_none(
    given: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = Ran(capsys, "summary", "lenet5", *given)
    assert ran.code == 2
    assert message in " ".join(ran.err.split())
