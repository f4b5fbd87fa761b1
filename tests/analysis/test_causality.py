"""Joins of causal branches: aligned where their last positions agree."""

from __future__ import annotations

import pytest

import cnncalc

BRANCHES = "{{input: [4, 64], layers: [{lead}concat: {{a: [{a}], b: [{b}]}}]}}"
CAUSAL = "conv3: {{out: 4, dilation: {d}, padding: [[{p}, 0]]}}"


def codes(a: str, b: str, lead: str = "") -> list[str]:
    (model,) = cnncalc.loads(BRANCHES.format(a=a, b=b, lead=lead))
    report = cnncalc.analyze(model)
    assert report.failed is None, report.diagnostics
    assert report.layers[-1].field.aligned == (not report.diagnostics)
    return [found.code for found in report.diagnostics]


def conv(d: int) -> str:
    return CAUSAL.format(d=d, p=2 * d)


@pytest.mark.parametrize(
    ("a", "b", "lead"),
    [
        (conv(1), conv(4), ""),
        (conv(2), "relu", ""),
        ("relu", "identity", f"{conv(1)}, "),
        (f"{conv(1)}, {conv(8)}", "conv1: 4", f"{conv(3)}, "),
        ("conv3: {out: 4, padding: 2}, crop: [[0, 2]]", "relu", ""),
        ("pad: [[2, 0]], conv3: 4", "relu", ""),
        ("conv3: {out: 4, padding: [[2, 0]]}, mul: {gate: [global_avgpool, conv1: 4], map: []}", "relu", ""),
    ],
    ids=["dilations", "identity", "the same", "stacks", "chomp", "padded apart", "a gate"],
)
def test_causal_branches_are_aligned(a: str, b: str, lead: str) -> None:
    assert codes(a, b, lead) == []


AHEAD = "conv5: {out: 4, padding: [[3, 1]]}"
"""Looks ahead by one position."""


@pytest.mark.parametrize(
    ("a", "b", "lead"),
    [
        (conv(1), "relu", f"{AHEAD}, "),
        (f"{conv(1)}, {conv(8)}", conv(2), f"{AHEAD}, "),
        (conv(1), "identity", "pad: [[0, 3]], crop: [[3, 0]], "),
        ("conv3: {out: 4, padding: 2}, crop: [[0, 2]]", "relu", f"{AHEAD}, "),
        ("pad: [[2, 0]], conv3: 4", "relu", "conv3: {out: 4, padding: 1}, "),
        (AHEAD, "conv3: {out: 4, padding: 1}", f"{conv(1)}, "),
    ],
    ids=["a skip", "stacks", "moved", "chomp", "padded apart", "ahead alike"],
)
def test_causal_branches_behind_a_look_ahead_are_aligned(a: str, b: str, lead: str) -> None:
    assert codes(a, b, lead) == []


@pytest.mark.parametrize(
    ("a", "b", "lead"),
    [
        (AHEAD, "relu", f"{conv(4)}, "),
        ("conv2: {out: 4, padding: [[1, 0]]}", "relu", "conv3: {out: 4, padding: 1}, "),
        ("conv4: {out: 4, padding: [[2, 1]]}", "relu", f"{conv(4)}, "),
        (conv(1), "conv3: {out: 4, padding: [[1, 1]]}", f"{AHEAD}, "),
    ],
    ids=["around the look-ahead", "an even kernel", "another one", "one of two"],
)
def test_others_behind_a_look_ahead_are_not(a: str, b: str, lead: str) -> None:
    assert codes(a, b, lead) == ["W502"]


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("conv5: {out: 4, padding: [[3, 1]]}", "conv3: {out: 4, padding: 1}"),
        ("conv3: {out: 4, padding: [[0, 2]]}", "conv3: {out: 4, padding: 1}"),
        (conv(1), "conv3: {out: 4, padding: 1}"),
        ("conv3: {out: 4, stride: 2, padding: 1}", "avgpool2"),
        ("conv3: 4", "crop: [[2, 0]]"),
    ],
    ids=["ends agree, padded behind", "ahead", "one of two", "strided", "unpadded"],
)
def test_others_are_not(a: str, b: str) -> None:
    assert codes(a, b) == ["W502"]


def test_wavenet_has_no_warning() -> None:
    for model in cnncalc.load("wavenet"):
        report = cnncalc.analyze(model)
        assert report.diagnostics == ()
        assert all(layer.field.aligned for layer in report.layers)
