"""Pyramid levels against brute force, the paper's closed form, and rows taken from the frameworks' own code."""

from __future__ import annotations

from itertools import count

import pytest

import cnncalc
from cnncalc.errors import Fault
from cnncalc.geometry.participation import counts
from cnncalc.geometry.pyramid import MODES, Level, alternatives, level, shortfall
from cnncalc.geometry.window import Window

PAIRS = [(size, bins) for size in range(1, 65) for bins in range(1, size + 1)]


def brute_counts(found: Level) -> tuple[int, ...]:
    covered = [range(first, last + 1) for first, last in found.intervals]
    return tuple(sum(x in window for window in covered) for x in range(found.size))


def test_the_paper_formula_is_wrong_in_1348_of_2080_pairs() -> None:
    wrong = [(size, bins) for size, bins in PAIRS if level("paper", size, bins).obtained != bins]
    assert (len(PAIRS), len(wrong)) == (2080, 1348)
    assert {(11, 4), (7, 4), (10, 6)} <= set(wrong)


def test_the_paper_formula_by_its_closed_form() -> None:
    for size, bins in PAIRS:
        quotient, rest = divmod(size, bins)
        found = level("paper", size, bins)
        assert found.obtained == (bins if rest == 0 else bins + (rest - 1) // quotient), (size, bins)
        if found.obtained == bins:
            assert found.unread == max(rest - 1, 0), (size, bins)
        assert (found.window, found.stride, found.padding) == (-(-size // bins), quotient, (0, 0))


@pytest.mark.parametrize("mode", ["exact", "adaptive"])
def test_exact_and_adaptive_give_the_bins_wanted_and_read_everything(mode: str) -> None:
    for size, bins in PAIRS:
        found = level(mode, size, bins)
        assert found.exact, (size, bins)
        assert min(brute_counts(found)) >= 1, (size, bins)
        assert found.intervals[0][0] == 0
        assert found.intervals[-1][1] == size - 1


def windows_of_caffe(size: int, bins: int) -> list[range]:
    """The smallest windows of which ``bins`` in a row are as long as the map, laid over it with the least equal padding.

    A window that would begin behind the map is not laid.
    """
    kernel = next(kernel for kernel in count(1) if kernel * bins >= size)
    padding = next(padding for padding in count() if padding + size + padding >= kernel * bins)
    return [range(start, start + kernel) for start in range(-padding, size, kernel)]


def test_caffe_gives_the_bins_wanted_or_is_illegal() -> None:
    illegal = set()
    for size, bins in PAIRS:
        windows = windows_of_caffe(size, bins)
        if windows[0][-1] < 0:
            illegal.add((size, bins))
            with pytest.raises(Fault) as raised:
                level("caffe", size, bins)
            assert raised.value.code == "E308"
        else:
            found = level("caffe", size, bins)
            assert found.intervals == tuple((window[0], window[-1]) for window in windows), (size, bins)
            assert found.exact
            assert found.padding == (-windows[0][0],) * 2
            assert brute_counts(found) == (1,) * size
    assert (5, 4) in illegal
    assert {(9, 8), (10, 8), (11, 8), (12, 8), (13, 8)} <= illegal


def test_the_error_of_an_illegal_caffe_level() -> None:
    with pytest.raises(Fault) as raised:
        level("caffe", 5, 4)
    assert (
        raised.value.message
        == "mode caffe has no 4 bins on a map of 5: padding 2 is not smaller than the kernel 2"
    )
    assert raised.value.help == "Caffe stops there; use mode adaptive or exact"


@pytest.mark.parametrize("mode", ["paper", "exact"])
def test_more_bins_than_positions_need_adaptive(mode: str) -> None:
    with pytest.raises(Fault, match=f"mode {mode} has no 4 bins on a map of 3: the stride floor.3/4. is 0"):
        level(mode, 3, 4)
    assert level("adaptive", 3, 4).obtained == 4


@pytest.mark.parametrize("mode", MODES)
def test_unread_positions_are_those_no_window_covers(mode: str) -> None:
    for size, bins in PAIRS[:600]:
        try:
            found = level(mode, size, bins)
        except Fault:
            continue
        assert found.unread == brute_counts(found).count(0), (size, bins)
        assert counts(found.reads, size) == brute_counts(found), (size, bins)


# Size, bins, the paper's (window, stride, bins obtained, positions read), Caffe's (kernel, padding) or None where it aborts,
# adaptive bins as [first, end). Sources: arXiv 1406.4729; src/caffe/layers/spp_layer.cpp of BVLC/caffe at 9b89154; torch.
ROWS = [
    (13, 1, (13, 13, 1, 13), (13, 0), [(0, 13)]),
    (13, 2, (7, 6, 2, 13), (7, 1), [(0, 7), (6, 13)]),
    (13, 3, (5, 4, 3, 13), (5, 1), [(0, 5), (4, 9), (8, 13)]),
    (13, 4, (4, 3, 4, 13), (4, 2), [(0, 4), (3, 7), (6, 10), (9, 13)]),
    (13, 6, (3, 2, 6, 13), None, [(0, 3), (2, 5), (4, 7), (6, 9), (8, 11), (10, 13)]),
    (10, 3, (4, 3, 3, 10), (4, 1), [(0, 4), (3, 7), (6, 10)]),
    (10, 4, (3, 2, 4, 9), (3, 1), [(0, 3), (2, 5), (5, 8), (7, 10)]),
    (10, 6, (2, 1, 9, 10), (2, 1), [(0, 2), (1, 4), (3, 5), (5, 7), (6, 9), (8, 10)]),
    (7, 4, (2, 1, 6, 7), (2, 1), [(0, 2), (1, 4), (3, 6), (5, 7)]),
    (7, 6, (2, 1, 6, 7), None, [(0, 2), (1, 3), (2, 4), (3, 5), (4, 6), (5, 7)]),
    (11, 4, (3, 2, 5, 11), (3, 1), [(0, 3), (2, 6), (5, 9), (8, 11)]),
    (5, 3, (2, 1, 4, 5), (2, 1), [(0, 2), (1, 4), (3, 5)]),
    (5, 4, (2, 1, 4, 5), None, [(0, 2), (1, 3), (2, 4), (3, 5)]),
    (9, 5, (2, 1, 8, 9), (2, 1), [(0, 2), (1, 4), (3, 6), (5, 8), (7, 9)]),
    (12, 5, (3, 2, 5, 11), (3, 2), [(0, 3), (2, 5), (4, 8), (7, 10), (9, 12)]),
    (24, 7, (4, 3, 7, 22), (4, 2), [(0, 4), (3, 7), (6, 11), (10, 14), (13, 18), (17, 21), (20, 24)]),
    (15, 6, (3, 2, 7, 15), (3, 2), [(0, 3), (2, 5), (5, 8), (7, 10), (10, 13), (12, 15)]),
    (60, 6, (10, 10, 6, 60), (10, 0), [(0, 10), (10, 20), (20, 30), (30, 40), (40, 50), (50, 60)]),
]


@pytest.mark.parametrize(("size", "bins", "paper", "caffe", "adaptive"), ROWS)
def test_published_rows(
    size: int,
    bins: int,
    paper: tuple[int, ...],
    caffe: tuple[int, int] | None,
    adaptive: list[tuple[int, int]],
) -> None:
    found = level("paper", size, bins)
    assert (found.window, found.stride, found.obtained, size - found.unread) == paper
    assert [(first, last + 1) for first, last in level("adaptive", size, bins).intervals] == adaptive
    if caffe is None:
        with pytest.raises(Fault):
            level("caffe", size, bins)
    else:
        pooled = level("caffe", size, bins)
        assert (pooled.window, pooled.padding[0], pooled.obtained) == (*caffe, bins)


def test_the_first_caffe_bin_starts_in_the_padding() -> None:
    assert level("caffe", 13, 4).intervals == ((-2, 1), (2, 5), (6, 9), (10, 13))


def test_an_adaptive_stride_is_given_only_where_it_is_one() -> None:
    assert level("adaptive", 13, 4).stride == 3
    assert level("adaptive", 10, 4).stride is None
    assert level("adaptive", 13, 1).stride == 13


def test_a_shortfall_names_the_modes_that_work() -> None:
    assert shortfall((level("paper", 11, 4), level("paper", 13, 4))) == (
        "mode paper gives 5x4 bins on a map of 11x13 instead of 4x4",
        "use a mode that gives 4x4: exact, adaptive, caffe",
    )
    assert shortfall((level("paper", 13, 4),) * 2) is None
    assert alternatives(((5, 4),)) == ("paper", "exact", "adaptive")
    assert alternatives(((5, 3), (5, 4))) == ("exact", "adaptive")


def test_bins_that_are_alike_have_a_window_in_a_network() -> None:
    """13 into 2: 0..6 and 6..12; 12 into 5: 0..2, 2..4, 4..7, 7..9, 9..11."""
    (model,) = cnncalc.loads("input: [1, 13, 12]\nlayers: [adaptive_avgpool: [2, 3], adaptive_maxpool: 2]")
    even, second = cnncalc.analyze(model).layers
    assert even.windows == (Window(7, 6), Window(4, 4))
    assert (even.field.size, even.field.stride, even.field.uniform) == ((7, 4), (6, 4), True)
    assert second.windows == (Window(1, 1), Window(2, 1))
    (uneven,) = cnncalc.analyze(cnncalc.loads("input: [1, 12]\nlayers: [adaptive_avgpool: 5]")[0]).layers
    assert (uneven.windows, uneven.field.size, uneven.field.uniform) == (None, (4,), False)
