"""Bins, up-sampling and borders against their definitions, position by position."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.errors import Fault
from cnncalc.geometry.axis import NEEDS_SIZE, AxisRule, Run, Taps, Unknown, Whole
from cnncalc.geometry.receptive_field import LOCAL, Interval
from cnncalc.geometry.resample import All, Bilinear, Bins, Border, Interpolation, Nearest, Resize, adaptive
from cnncalc.geometry.window import Window

sizes = st.integers(1, 40)
factors = st.integers(1, 6)


def seen(rule: AxisRule, size: int | None, unit: int) -> Interval | None:
    return LOCAL.through(rule.reads(size)).at(unit)


def touched(low: Fraction, high: Fraction, size: int) -> list[int]:
    """The positions whose unit of length overlaps the open interval from low to high."""
    return [x for x in range(size) if x < high and x + 1 > low]


@given(sizes, st.integers(2, 20))
def test_bin_holds_every_position_it_touches(size: int, bins: int) -> None:
    for i in range(bins):
        inside = touched(Fraction(i * size, bins), Fraction((i + 1) * size, bins), size)
        assert seen(Bins(bins), size, i) == (inside[0], inside[-1])


@given(sizes, st.integers(2, 20))
def test_bins_leave_nothing_unread(size: int, bins: int) -> None:
    spans = [span for i in range(bins) if (span := seen(Bins(bins), size, i))]
    assert {x for first, last in spans for x in range(first, last + 1)} == set(range(size))


@given(sizes, st.integers(2, 20))
def test_bins_that_are_alike_are_a_window(size: int, bins: int) -> None:
    laid = [touched(Fraction(i * size, bins), Fraction((i + 1) * size, bins), size) for i in range(bins)]
    steps = {there[0] - here[0] for here, there in pairwise(laid)}
    rule = adaptive(bins, size)
    if len({len(one) for one in laid}) == len(steps) == 1 and steps != {0}:
        assert rule == Window(len(laid[0]), steps.pop())
        assert rule.output_size(size) == bins
    else:
        assert rule == Bins(bins)


def test_largest_bin_is_the_size_and_not_uniform() -> None:
    field = LOCAL.through(Bins(4).reads(7))
    assert [field.at(i) for i in range(4)] == [(0, 1), (1, 3), (3, 5), (5, 6)]
    assert (field.size(4), field.uniform) == (3, False)


def test_one_bin_sees_all() -> None:
    assert isinstance(Bins(1).reads(9), Whole)
    assert isinstance(All().reads(None), Whole)
    assert (All().output_size(9), All().output_size(None)) == (1, 1)


def test_bins_of_an_unknown_size_are_unknown() -> None:
    assert Bins(3).reads(None) == Unknown(NEEDS_SIZE)
    assert Bins(3).output_size(None) == 3


@given(factors, sizes, st.integers(-20, 40))
def test_nearest_repeats_each_unit(factor: int, size: int, unit: int) -> None:
    copies = [j for j in range(-30, 60) for _ in range(factor)]
    assert seen(Nearest(factor), None, unit) == (copies[unit + 30 * factor],) * 2
    assert Nearest(factor).output_size(size) == len([j for j in range(size) for _ in range(factor)])


@given(factors, st.integers(-20, 40))
def test_bilinear_reads_the_units_of_positive_weight(factor: int, unit: int) -> None:
    centre = (unit + Fraction(1, 2)) / factor - Fraction(1, 2)
    weighted = [j for j in range(-40, 60) if abs(j - centre) < 1]
    assert seen(Bilinear(factor), None, unit) == (weighted[0], weighted[-1])


@given(sizes, st.integers(1, 40), st.booleans())
def test_resize_maps_the_axes_onto_each_other(size: int, target: int, linear: bool) -> None:
    rule = Resize(target, linear)
    assert rule.output_size(size) == target
    for i in range(target):
        if linear:
            centre = (i + Fraction(1, 2)) * size / target - Fraction(1, 2)
            weighted = [j for j in range(-2, size + 2) if abs(j - centre) < 1]
        else:
            weighted = [j for j in range(size) if j <= Fraction(i * size, target) < j + 1]
        assert seen(rule, size, i) == (weighted[0], weighted[-1])


@given(sizes, factors)
def test_resize_to_a_multiple_is_an_up_sampling(size: int, factor: int) -> None:
    for linear, rule in ((False, Nearest(factor)), (True, Bilinear(factor))):
        assert LOCAL.through(Resize(size * factor, linear).reads(size)) == LOCAL.through(rule.reads(size))


def test_resize_of_an_unknown_size_is_unknown() -> None:
    assert Resize(7).reads(None) == Unknown(NEEDS_SIZE)


@given(st.integers(-6, 6), st.integers(-6, 6), sizes, st.integers(-10, 10))
def test_border_shifts_and_resizes(before: int, after: int, size: int, unit: int) -> None:
    padded = [*range(-before, 0), *range(size), *range(size, size + after)]
    padded = padded[max(-before, 0) : len(padded) - max(-after, 0)] if size + before + after > 0 else []
    rule = Border(before, after)
    if not padded:
        with pytest.raises(Fault, match="leaves nothing of size"):
            rule.output_size(size)
        return
    assert rule.output_size(size) == len(padded)
    assert seen(rule, None, unit) == (padded[0] + unit,) * 2


def test_border_of_an_unknown_size() -> None:
    assert Border(1, 2).output_size(None) is None


@pytest.mark.parametrize("rule", [Nearest(1), Bilinear(1), Border(0, 0)])
def test_what_changes_nothing_reads_itself(rule: AxisRule) -> None:
    reads = rule.reads(5)
    assert isinstance(reads, Taps)
    assert LOCAL.through(reads) == LOCAL


@pytest.mark.parametrize("taps", [1, 2])
def test_an_axis_that_a_factor_leaves_as_long_as_it_was_is_copied(taps: int) -> None:
    """floor(3 * 5/4) = 3: PyTorch's interpolate copies; 4 become 5, of which unit 1 reads the neighbours of 0.7."""
    rule = Interpolation(Fraction(5, 4), None, taps)
    assert rule.reads(3) == Taps(1, (Run(0, 1, 1),))
    assert rule.reads(4) != Taps(1, (Run(0, 1, 1),))
