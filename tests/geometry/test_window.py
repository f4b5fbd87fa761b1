"""Windows against an enumeration of where they can start: output sizes, the smallest input, what is read."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import count, takewhile
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cnncalc.errors import Fault
from cnncalc.geometry.axis import NEEDS_SIZE, Taps, Unknown
from cnncalc.geometry.receptive_field import LOCAL, IntervalMap
from cnncalc.geometry.window import CEIL, FLOOR, Rounding, TransposedWindow, Window

CEIL_KEEPING = Rounding(up=True, drop_in_padding=False)
small = st.integers(0, 6)
positive = st.integers(1, 6)


def windows(
    rounding: st.SearchStrategy[Rounding], padding: st.SearchStrategy[int] = small
) -> st.SearchStrategy[Window]:
    return st.builds(Window, positive, positive, padding, padding, st.integers(1, 4), rounding)


def positions(window: Window, i: int) -> list[int]:
    """What window i reads, tap by tap."""
    assert window.before is not None
    return [i * window.stride - window.before + m * window.dilation for m in range(window.kernel)]


def enumerated(window: Window, size: int) -> int:
    """Slide the window over the padded input and count: those that end inside it, and where rounding is up those that hang
    over by less than a stride; then drop the last one if it starts behind the input."""
    assert window.after is not None
    end = size + window.after
    allowed = window.stride - 1 if window.rounding.up else 0
    fitting = list(takewhile(lambda i: positions(window, i)[-1] + 1 - end <= allowed, count()))
    if (
        fitting
        and window.rounding.up
        and window.rounding.drop_in_padding
        and positions(window, fitting[-1])[0] >= size
    ):
        fitting.pop()
    return len(fitting)


def size_or_none(window: Window | TransposedWindow, size: int) -> int | None:
    try:
        return window.output_size(size)
    except Fault:
        return None


@given(windows(st.sampled_from([FLOOR, CEIL, CEIL_KEEPING])), st.integers(1, 40))
def test_size_is_the_number_of_window_positions(window: Window, size: int) -> None:
    assert size_or_none(window, size) == (enumerated(window, size) or None)


@given(windows(st.just(FLOOR), st.integers(-3, 6)), st.integers(1, 40))
def test_size_where_the_input_is_cropped(window: Window, size: int) -> None:
    assert size_or_none(window, size) == (enumerated(window, size) or None)


@given(windows(st.sampled_from([FLOOR, CEIL, CEIL_KEEPING])))
def test_smallest_input_is_the_smallest_that_works(window: Window) -> None:
    smallest = window.smallest_input()
    assert next(n for n in count(1) if size_or_none(window, n) is not None) == smallest


@given(windows(st.sampled_from([FLOOR, CEIL])), st.integers(1, 8))
def test_misfit_names_the_smallest_input(window: Window, size: int) -> None:
    assume(size_or_none(window, size) is None)
    with pytest.raises(Fault) as caught:
        window.output_size(size)
    assert (caught.value.code, caught.value.help) == (
        "E301",
        f"the smallest size that works here is {window.smallest_input()}",
    )


@given(windows(st.just(FLOOR)), st.integers(-20, 20))
def test_reads_the_positions_of_the_definition(window: Window, unit: int) -> None:
    taps = window.reads(None)
    assert isinstance(taps, Taps)
    assert LOCAL.through(taps).at(unit) == (positions(window, unit)[0], positions(window, unit)[-1])


def test_extent_counts_the_holes_of_a_dilated_kernel() -> None:
    assert Window(3, dilation=4).extent == 4 * (3 - 1) + 1


@pytest.mark.parametrize(
    ("window", "size", "message"),
    [
        (Window(9), 8, "window 9 does not fit the size 8"),
        (Window(9, 1, 1, 1), 5, "window 9 does not fit the padded size 7"),
        (Window(3, dilation=4), 8, "window 9 (kernel 3, dilation 4) does not fit the size 8"),
    ],
)
def test_misfit_messages(window: Window, size: int, message: str) -> None:
    with pytest.raises(Fault) as caught:
        window.output_size(size)
    assert (caught.value.code, caught.value.message) == ("E301", message)


def test_padding_unknown_leaves_size_and_start_unknown() -> None:
    window = Window(3, 2, None, None)
    reads = window.reads(None)
    assert window.padding is None
    assert window.output_size(7) is None
    assert isinstance(reads, Unknown)
    assert reads.reason == NEEDS_SIZE
    field = LOCAL.through(reads)
    assert (field.start, field.size(None), field.stride) == (None, 3, Fraction(2))


@pytest.mark.parametrize(
    ("window", "size", "expected"),
    [
        (Window(2, 2, 1, 1, rounding=CEIL), 5, 3),
        (Window(2, 2, 1, 1, rounding=CEIL_KEEPING), 5, 4),
        (Window(4, 4, 2, 2, rounding=CEIL), 9, 3),
        (Window(3, 2, rounding=CEIL), 112, 56),
        (Window(3, 2), 112, 55),
        (Window(2, 3, rounding=CEIL), 3, 1),
        (Window(2, 3, rounding=CEIL_KEEPING), 3, 2),
    ],
)
def test_rounding_up_drops_a_window_that_starts_behind_the_input(
    window: Window, size: int, expected: int
) -> None:
    assert window.output_size(size) == expected


# Transposed windows: every input unit writes its kernel; outputs are cut at both ends and extended by the output padding.


def transposed() -> st.SearchStrategy[TransposedWindow]:
    return st.builds(TransposedWindow, positive, positive, small, small, st.integers(1, 4), st.integers(0, 3))


def written(window: TransposedWindow, j: int) -> list[int]:
    return [j * window.stride - window.before + m * window.dilation for m in range(window.kernel)]


@given(transposed(), st.integers(1, 20))
def test_transposed_size_is_what_the_kernels_span(window: TransposedWindow, size: int) -> None:
    last = max(written(window, size - 1)) - window.after + window.output_padding
    assert size_or_none(window, size) == (last + 1 if last >= 0 else None)


@given(transposed())
def test_transposed_misfit_names_the_smallest_input(window: TransposedWindow) -> None:
    working = next(n for n in count(1) if size_or_none(window, n) is not None)
    if working > 1:
        with pytest.raises(Fault, match="leaves no output of a transposed window over size 1") as caught:
            window.output_size(1)
        found = re.fullmatch(r"the smallest size that works here is (\d+)", caught.value.help or "")
        assert found is not None
        assert int(found[1]) == working


@given(transposed(), st.integers(-15, 15))
def test_transposed_unit_reads_who_writes_it(window: TransposedWindow, unit: int) -> None:
    taps = window.reads(None)
    assert isinstance(taps, Taps)
    writers = [j for j in range(-60, 61) if unit in written(window, j)]
    assert LOCAL.through(taps).at(unit) == ((min(writers), max(writers)) if writers else None)


def test_transposed_is_of_no_size_where_the_input_is() -> None:
    assert TransposedWindow(3, 2).output_size(None) is None


def test_transposed_with_gaps_reads_nothing_there() -> None:
    taps: Any = TransposedWindow(2, 3).reads(None)
    seen = LOCAL.through(taps).maps[0]
    assert seen == IntervalMap(1, ((0, 0), (0, 0), None))
    assert not seen.affine
