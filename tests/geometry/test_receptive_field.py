"""Interval maps against sets of indices: composition, hulls, periods; and the laws that maps and fields obey."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache, reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.geometry.axis import IDENTITY_TAPS, LONGEST_PERIOD, TOO_IRREGULAR, WHOLE, Run, Taps, Unknown
from cnncalc.geometry.receptive_field import LOCAL, AxisField, Interval, IntervalMap, offset
from cnncalc.geometry.resample import Bilinear, Border, Nearest
from cnncalc.geometry.window import TransposedWindow, Window

UNITS = range(-25, 40)
Sees = Callable[[int], frozenset[int]]


def runs() -> st.SearchStrategy[Run]:
    return st.builds(Run, st.integers(-5, 5), st.integers(1, 3), st.integers(0, 4))


def any_taps() -> st.SearchStrategy[Taps]:
    """Periodic reads of any kind, units that read nothing included."""
    return st.builds(Taps, st.integers(1, 4), st.lists(runs(), min_size=1, max_size=4).map(tuple))


def monotone_taps() -> st.SearchStrategy[Taps]:
    """Reads whose first and last units never go back: windows and up-sampling."""
    window = st.builds(
        Window, st.integers(1, 4), st.integers(1, 3), st.integers(0, 3), st.just(0), st.integers(1, 3)
    )
    factor = st.integers(1, 3)
    rules = st.one_of(window, factor.map(Nearest), factor.map(Bilinear))
    return rules.map(lambda rule: rule.reads(None)).filter(lambda reads: isinstance(reads, Taps))  # type: ignore[return-value]


def by_index(steps: list[Taps]) -> Sees:
    """What a unit sees through these operations, as a set, by following every index."""

    def through(before: Sees, taps: Taps) -> Sees:
        @cache
        def sees(unit: int) -> frozenset[int]:
            turn, residue = divmod(unit, len(taps.runs))
            run = taps.runs[residue]
            read = [run.start + turn * taps.advance + m * run.step for m in range(run.length)]
            return frozenset().union(*map(before, read))

        return sees

    return reduce(through, steps, lambda unit: frozenset([unit]))


def hull(indices: frozenset[int]) -> Interval | None:
    return (min(indices), max(indices)) if indices else None


def field_of(steps: list[Taps]) -> AxisField:
    return reduce(AxisField.through, steps, LOCAL)


@given(st.lists(any_taps(), max_size=4))
def test_maps_are_the_hulls_of_index_sets(steps: list[Taps]) -> None:
    sees, field = by_index(steps), field_of(steps)
    assert [field.at(unit) for unit in UNITS] == [hull(sees(unit)) for unit in UNITS]


@given(st.lists(any_taps(), max_size=4))
def test_stride_is_the_advance_over_many_units(steps: list[Taps]) -> None:
    field = field_of(steps)
    assert field.stride == reduce(
        lambda stride, taps: stride * Fraction(taps.advance, len(taps.runs)), steps, Fraction(1)
    )


@given(st.lists(any_taps(), max_size=4))
def test_period_is_the_shortest(steps: list[Taps]) -> None:
    seen = field_of(steps).maps[0]
    for period in range(1, len(seen.spans)):
        advance, rest = divmod(seen.advance * period, len(seen.spans))
        if rest:
            continue
        again = [(seen.at(unit), seen.at(unit + period)) for unit in range(2 * len(seen.spans))]
        moved = [
            there == (None if here is None else (here[0] + advance, here[1] + advance))
            for here, there in again
        ]
        assert not all(moved)


@given(st.lists(any_taps(), max_size=3), st.lists(any_taps(), max_size=3))
def test_joined_sees_what_either_sees(one: list[Taps], other: list[Taps]) -> None:
    sees, sees_too = by_index(one), by_index(other)
    joined = field_of(one).joined(field_of(other))
    assert [joined.at(unit) for unit in UNITS] == [hull(sees(unit) | sees_too(unit)) for unit in UNITS]
    assert (joined.stride is None) == (field_of(one).stride != field_of(other).stride)


@given(st.lists(any_taps(), max_size=2), st.lists(any_taps(), max_size=2), any_taps())
def test_an_operation_after_a_join_sees_through_both(one: list[Taps], other: list[Taps], after: Taps) -> None:
    joined = field_of(one).joined(field_of(other)).through(after)
    sees, sees_too = by_index([*one, after]), by_index([*other, after])
    assert [joined.at(unit) for unit in UNITS] == [hull(sees(unit) | sees_too(unit)) for unit in UNITS]


@given(*[st.lists(any_taps(), max_size=2)] * 3)
def test_joining_is_commutative_associative_idempotent(a: list[Taps], b: list[Taps], c: list[Taps]) -> None:
    x, y, z = field_of(a), field_of(b), field_of(c)

    def same(one: AxisField, other: AxisField) -> bool:
        return set(one.maps) == set(other.maps) and one.is_global == other.is_global

    assert same(x.joined(y), y.joined(x))
    assert x.joined(y).aligned == y.joined(x).aligned
    assert same(x.joined(y).joined(z), x.joined(y.joined(z)))
    assert x.joined(x) == x


@given(*[st.lists(any_taps(), max_size=2)] * 2)
def test_aligned_where_all_centres_agree(a: list[Taps], b: list[Taps]) -> None:
    one, other = field_of(a), field_of(b)
    pairs = [(one.at(unit), other.at(unit)) for unit in range(-150, 150)]
    together = all(sum(here) == sum(there) for here, there in pairs if here is not None and there is not None)
    assert one.joined(other).aligned == (together and one.stride == other.stride)


@given(monotone_taps(), monotone_taps(), monotone_taps())
def test_composition_is_associative(a: Taps, b: Taps, c: Taps) -> None:
    inner = LOCAL.through(b).through(c).maps[0]
    together = Taps(
        inner.advance, tuple(Run(span[0], 1, span[1] - span[0] + 1) for span in inner.spans if span)
    )
    assert LOCAL.through(a).through(b).through(c) == LOCAL.through(a).through(together)


@given(st.lists(any_taps(), max_size=3))
def test_identity_changes_nothing(steps: list[Taps]) -> None:
    one_by_one = Window(1).reads(None)
    assert isinstance(one_by_one, Taps)
    assert (
        field_of([one_by_one, *steps])
        == field_of(steps)
        == field_of([*steps, one_by_one])
        == field_of([*steps, IDENTITY_TAPS])
    )


@given(*[st.tuples(st.integers(1, 5), st.integers(1, 4), st.integers(0, 4))] * 2)
def test_two_windows_are_one(first: tuple[int, int, int], second: tuple[int, int, int]) -> None:
    (k1, s1, p1), (k2, s2, p2) = first, second
    both = LOCAL.through(Window(k1, s1, p1).reads(None)).through(Window(k2, s2, p2).reads(None))
    assert both == LOCAL.through(Window(k1 + (k2 - 1) * s1, s1 * s2, p1 + p2 * s1).reads(None))


@given(st.integers(1, 5), st.integers(1, 5))
def test_two_up_samplings_are_one(first: int, second: int) -> None:
    both = LOCAL.through(Nearest(first).reads(None)).through(Nearest(second).reads(None))
    assert both == LOCAL.through(Nearest(first * second).reads(None))


@given(st.integers(1, 6))
def test_striding_undoes_nearest_up_sampling(factor: int) -> None:
    assert LOCAL.through(Nearest(factor).reads(None)).through(Window(1, factor).reads(None)) == LOCAL


@given(st.integers(0, 5))
def test_cropping_undoes_padding(margin: int) -> None:
    assert LOCAL.through(Border(margin, 0).reads(None)).through(Border(-margin, 0).reads(None)) == LOCAL


def test_whole_axis_is_global_without_a_local_path() -> None:
    field = field_of([IDENTITY_TAPS]).through(WHOLE)
    assert field == AxisField((), True)
    assert (field.size(7), field.start, field.stride, field.at(0), field.reason(None)) == (
        None,
        None,
        None,
        None,
        None,
    )


def test_global_path_beside_a_local_one_keeps_the_local_numbers() -> None:
    local = LOCAL.through(Window(3, 2, 1).reads(None))
    gated = local.joined(AxisField((), True)).through(Window(3, 1, 1).reads(None))
    assert (gated.is_global, gated.size(None), gated.stride, gated.start) == (
        True,
        3 + 2 * 2,
        Fraction(2),
        -3,
    )


def test_unequal_strides_keep_the_exact_hull_per_unit() -> None:
    joined = LOCAL.joined(LOCAL.through(Window(1, 2).reads(None)))
    assert [joined.at(unit) for unit in (-1, 0, 3)] == [(-2, -1), (0, 0), (3, 6)]
    assert (joined.aligned, joined.stride, joined.uniform, joined.size(None)) == (False, None, False, None)
    assert joined.size(5) == 8 - 4 + 1
    assert joined.reason(None) is not None
    assert joined.reason(5) is None


def test_unknown_start_takes_branches_as_aligned_and_keeps_the_largest() -> None:
    small, large = (LOCAL.through(Window(k, 2, None, None).reads(None)) for k in (3, 7))
    joined = small.joined(large)
    assert (joined.size(None), joined.start, joined.stride, joined.unknown_start) == (
        7,
        None,
        Fraction(2),
        small.unknown_start,
    )


def test_unknown_reads_leave_the_field_unknown_with_the_reason() -> None:
    field = LOCAL.through(Unknown("why"))
    assert (field.maps, field.reason(3)) == ((), "why")
    assert field.joined(LOCAL).unknown == "why"
    assert LOCAL.joined(field).unknown == "why"


def test_transposed_convolution_alone_sees_one_and_two_by_turns() -> None:
    field = LOCAL.through(TransposedWindow(3, 2, 1).reads(None))
    assert [field.at(unit) for unit in range(4)] == [(0, 0), (0, 1), (1, 1), (1, 2)]
    assert (field.size(None), field.uniform, field.stride) == (2, False, Fraction(1, 2))


def test_map_without_any_input_has_no_size() -> None:
    field = LOCAL.through(Taps(1, (Run(0, 1, 0),)))
    assert (field.size(None), field.at(3), field.start) == (None, None, None)


@pytest.mark.parametrize("stride", [LONGEST_PERIOD + 1, 10**12])
def test_period_beyond_bounds_is_unknown_at_once(stride: int) -> None:
    field = LOCAL.through(TransposedWindow(3, stride).reads(8))
    assert (field.size(None), field.unknown) == (None, TOO_IRREGULAR)


@pytest.mark.parametrize("rule", [Nearest(10**12), Bilinear(10**9)])
def test_factor_beyond_bounds_is_unknown_at_once(rule: Nearest | Bilinear) -> None:
    assert LOCAL.through(rule.reads(8)).unknown == TOO_IRREGULAR


def test_offset_of_centres() -> None:
    one, other = IntervalMap(1, ((0, 2),)), IntervalMap(1, ((1, 2),))
    assert offset(one, other) == (Fraction(1, 2), Fraction(1, 2))
    assert offset(IntervalMap(2, ((0, 0), (0, 2))), IntervalMap(1, ((0, 0),))) == (Fraction(0), Fraction(0))
