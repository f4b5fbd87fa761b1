"""Which units see a position: against trying all of them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cnncalc.geometry.axis import NEEDS_SIZE
from cnncalc.geometry.receptive_field import AxisField, Interval, IntervalMap
from cnncalc.geometry.seeing import units_seeing

spans = st.tuples(st.integers(-9, 9), st.integers(0, 8)).map(lambda one: (one[0], one[0] + one[1]))
maps = st.builds(
    IntervalMap, st.integers(0, 9), st.lists(st.none() | spans, min_size=1, max_size=4).map(tuple)
)


def tried(field: AxisField, position: int, units: int) -> Interval | None:
    seeing = [unit for unit in range(units) if (span := field.at(unit)) and span[0] <= position <= span[1]]
    return (seeing[0], seeing[-1]) if seeing else None


@given(maps, st.integers(-5, 60), st.integers(1, 30))
def test_all_units_are_tried(seen: IntervalMap, position: int, units: int) -> None:
    field = AxisField((seen,))
    assert units_seeing(field, position, units) == tried(field, position, units)


@given(maps, maps, st.integers(0, 40), st.integers(1, 30))
def test_of_paths_of_several_strides_the_hull_counts(
    one: IntervalMap, other: IntervalMap, position: int, units: int
) -> None:
    field = AxisField((one, other))
    assert units_seeing(field, position, units) == tried(field, position, units)


@given(st.integers(1, 4), st.integers(-3, 0), st.integers(0, 4), st.integers(0, 40), st.integers(1, 30))
def test_units_that_see_all_before(stride: int, start: int, extent: int, position: int, units: int) -> None:
    field = AxisField((IntervalMap(stride, ((start, start + extent),)),), looks_back=True)
    assert units_seeing(field, position, units) == tried(field, position, units)


def test_what_is_not_known() -> None:
    assert units_seeing(AxisField((), unknown="because"), 3, 9) == "because"
    assert units_seeing(AxisField((), is_global=True), 3, 9) is None
    both = AxisField((IntervalMap(1, ((0, 2),)), IntervalMap(2, ((0, 2),))))
    assert units_seeing(both, 3, None) == NEEDS_SIZE


def test_a_map_of_unknown_length_has_no_last_unit() -> None:
    assert units_seeing(AxisField((IntervalMap(2, ((-1, 3),)),)), 100, None) == (49, 50)
