"""Expectations of the input sizes that fit."""

from __future__ import annotations

import pytest

import cnncalc
from cnncalc.analysis.run import analyze
from cnncalc.checks.expectations import check
from cnncalc.errors import Diagnostic

HALVED = "[{maxpool2: , name: down}, upsample: 2, concat: [input, prev]]"
# Strided 3x3 convolutions that are up-sampled back to all but the first: 1 to 4, and 0, 29, 30, 31 modulo 32.
FPN = "[" + ", ".join(f"{{conv3x3: {{out: 4, stride: 2, padding: 1}}, name: c{at}}}" for at in range(5)) + ", " + ", ".join(
    f"upsample: 2, add: [c{at}, prev]" for at in (3, 2, 1)
) + "]"  # fmt: skip


def finding(sizes: str, layers: str, input: str = "4x64x64") -> tuple[str | None, str]:
    """The message, where the expectation is not met, and what was found."""
    (model,) = cnncalc.loads(f"input: {input}\nlayers: {layers}\nexpect: {{sizes: {sizes}}}")
    (found,) = check(model)
    return (None if found.diagnostic is None else found.diagnostic.message, found.got)


@pytest.mark.parametrize(
    ("sizes", "layers"),
    [
        ("{multiple_of: 2}", HALVED),
        ("{multiple_of: 2, smallest: 2}", HALVED),
        ("{valid_sizes: 0, modulo: 2}", HALVED),
        ("{valid_sizes: [2, 0], modulo: 4}", HALVED),
        ("{smallest: 1}", FPN),
        ("{valid_sizes: [0, 29, 30, 31], modulo: 32}", FPN),
        ("{multiple_of: 1, smallest: 5}", "[conv5x5: 4]"),
    ],
)
def test_met(sizes: str, layers: str) -> None:
    assert finding(sizes, layers)[0] is None


@pytest.mark.parametrize(
    ("sizes", "layers", "message"),
    [
        ("{multiple_of: 4}", HALVED, "expected sizes {multiple_of: 4}, got multiples of 2"),
        ("{multiple_of: 1}", HALVED, "expected sizes {multiple_of: 1}, got multiples of 2"),
        ("{multiple_of: 2, smallest: 4}", HALVED, "expected sizes {multiple_of: 2, smallest: 4}, got multiples of 2"),
        ("{multiple_of: 32}", FPN, "expected sizes {multiple_of: 32}, got 1..4 and 0, 29..31 modulo 32"),
        ("{smallest: 3}", "[conv: {kernel: [3, 5], out: 2}]", "expected sizes {smallest: 3}, got every size from 3, every size from 5"),
        ("{smallest: 1}", "[squeeze]", "which sizes fit is unknown, expected {smallest: 1}"),
    ],
)  # fmt: skip
def test_not_met(sizes: str, layers: str, message: str) -> None:
    assert finding(sizes, layers, "4x1x64" if "squeeze" in layers else "4x64x64")[0] == message


@pytest.mark.parametrize(
    ("expect", "code", "message"),
    [
        ("{sizes: 32}", "E105", "the sizes that fit are a mapping, found `32`"),
        ("{sizes: {}}", "E106", "an empty expectation"),
        ("{sizes: {multiples: 32}}", "E104", "`multiples` says nothing of sizes"),
        ("{sizes: {multiple_of: 0}}", "E109", "multiple_of is a whole number from 1 to 1,000,000, found 0"),
        ("{sizes: {multiple_of: [1, 2]}}", "E105", "multiple_of is a whole number, found a list"),
        ("{sizes: {valid_sizes: [0, 3]}}", "E106", "valid_sizes and modulo belong together"),
        ("{sizes: {modulo: 3}}", "E106", "valid_sizes and modulo belong together"),
        ("{sizes: {valid_sizes: [0, 3], modulo: 3}}", "E109", "3 is no residue modulo 3"),
        ("{sizes: {multiple_of: 3, valid_sizes: [0], modulo: 3}}", "E107", "multiple_of and valid_sizes exclude each other"),
    ],
)  # fmt: skip
def test_what_is_no_expectation(expect: str, code: str, message: str) -> None:
    with pytest.raises(cnncalc.SpecError) as found:
        cnncalc.loads(f"input: 3x8x8\nlayers: [conv3x3: 4]\nexpect: {expect}")
    first = found.value.diagnostics[0]
    assert (first.code, first.message) == (code, message)


def test_a_layer_has_no_sizes_that_fit() -> None:
    with pytest.raises(cnncalc.SpecError, match="unknown expectation"):
        cnncalc.loads("input: 3x8x8\nlayers: [{conv3x3: 4, expect: {sizes: {multiple_of: 1}}}]")


def last_of(layers: str, input: str) -> Diagnostic:
    (model,) = cnncalc.loads(f"input: {input}\nlayers: {layers}")
    return analyze(model).diagnostics[-1]


@pytest.mark.parametrize(
    ("input", "near"),
    [
        ("4x51x64", "nearest inputs that fit: 4x50x64 and 4x52x64"),
        ("4x51x7", "nearest inputs that fit: 4x50x6 and 4x52x8"),
        ("4x3", "nearest inputs that fit: 4x2 and 4x4"),
    ],
)
def test_a_join_that_fails_names_the_nearest_inputs(input: str, near: str) -> None:
    found = last_of(HALVED, input)
    assert found.code == "E303"
    assert (found.help or "").endswith(near)
