"""Counted nouns, values per axis, and changes in per cent."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.support.numbers import by, percent, plural, signed


def test_nouns_are_counted() -> None:
    assert [plural(number, "layer") for number in (0, 1, 2, 1234)] == [
        "0 layers",
        "1 layer",
        "2 layers",
        "1,234 layers",
    ]
    assert [plural(number, "bias", "biases") for number in (1, 2)] == ["1 bias", "2 biases"]
    assert plural(None, "parameter") == "an unknown number of parameters"


def test_one_value_per_axis() -> None:
    assert (by((3, 5)), by(["3", None, Fraction(1, 2)]), by(())) == ("3x5", "3x?x1/2", "")


@given(st.integers(-3000, 3000), st.integers(-300, 300))
def test_a_change_has_enough_digits_to_tell_it_from_a_limit(change: int, limit: int) -> None:
    per_cent, bound = Fraction(change, 1000), Fraction(limit, 100)
    said = Fraction(signed(per_cent, bound).removesuffix(" %").replace(",", ""))
    assert (said > bound) == (per_cent > bound)
    if per_cent != bound:
        assert (said < bound) == (per_cent < bound)


@pytest.mark.parametrize(
    ("number", "base", "expected"),
    [
        (5120, 8960, "-42.9 %"),
        (10**6 + 5 * 10**2, 10**6, "+0.1 %"),  # a half is rounded away from 0
        (10**6 - 5 * 10**2, 10**6, "-0.1 %"),
        (10**6 - 4 * 10**2, 10**6, "-0.04 %"),
        (10**18 + 1, 10**18, "+0.0000000000000001 %"),
        (10**400, 1, "+" + f"{10**402 - 100:,}" + ".0 %"),
        (Fraction(1, 2), Fraction(1, 3), "+50.0 %"),
        (7, 7, "0.0 %"),
        (3, 0, None),
    ],
)
def test_changes_in_per_cent(number: int | Fraction, base: int | Fraction, expected: str | None) -> None:
    assert percent(number, base) == expected


@given(st.integers(0, 10**9), st.integers(1, 10**9))
def test_changes_are_rounded_as_decimals_are(number: int, base: int) -> None:
    shown = percent(number, base)
    assert shown is not None
    change = Decimal(number - base) * 100 / Decimal(base)
    digits = shown.removesuffix(" %").replace(",", "")
    assert Decimal(digits) == change.quantize(Decimal(digits), ROUND_HALF_UP)
    assert (Decimal(digits) == 0) == (number == base)


def test_a_change_keeps_its_first_digit() -> None:
    assert [signed(Fraction(change)) for change in ("0.04", "-0.0004", "0")] == [
        "+0.04 %",
        "-0.0004 %",
        "0.0 %",
    ]
