"""How often positions are read, against counting by hand and by brute force."""

from __future__ import annotations

import pytest

from cnncalc.errors import Fault
from cnncalc.geometry.participation import counts, interval, phases_read, pooled, runs
from cnncalc.geometry.resample import All, Bins
from cnncalc.geometry.window import CEIL, Window


@pytest.mark.parametrize(
    ("window", "size", "expected"),
    [
        (Window(2, 2), 8, (1, 1, 1, 1, 1, 1, 1, 1)),  # standard pooling
        (Window(3, 2), 7, (1, 1, 2, 1, 2, 1, 1)),  # overlapping pooling, as in AlexNet
        (Window(2, 2), 5, (1, 1, 1, 1, 0)),  # floor drops the edge
        (Window(2, 2, rounding=CEIL), 5, (1, 1, 1, 1, 1)),  # ceil reads it
        (Window(2, 3), 8, (1, 1, 0, 1, 1, 0, 1, 1)),  # the stride jumps over
        (Window(3, 1, 1, 1), 4, (2, 3, 3, 2)),
        (Window(3, 1, 0, 0, 2), 7, (1, 1, 2, 1, 2, 1, 1)),  # dilated: 0 2 4, 1 3 5, 2 4 6
    ],
)
def test_counts(window: Window, size: int, expected: tuple[int, ...]) -> None:
    assert counts(runs(window, size), size) == expected


def test_counts_by_brute_force() -> None:
    for kernel in range(1, 5):
        for stride in range(1, 5):
            for dilation in range(1, 4):
                for padding in range(3):
                    for size in range(1, 12):
                        window = Window(kernel, stride, padding, padding, dilation)
                        try:
                            reads = runs(window, size)
                        except Fault:
                            continue
                        taps = [
                            i * stride - padding + m * dilation
                            for i in range(len(reads))
                            for m in range(kernel)
                        ]
                        assert counts(reads, size) == tuple(taps.count(x) for x in range(size)), (
                            window,
                            size,
                        )


def test_whole_and_uneven_bins() -> None:
    assert [interval(run) for run in runs(All(), 5)] == [(0, 4)]
    assert [interval(run) for run in runs(Bins(4), 10)] == [(0, 2), (2, 4), (5, 7), (7, 9)]
    assert counts(runs(Bins(4), 10), 10) == (1, 1, 2, 1, 1, 1, 1, 2, 1, 1)


def test_intervals_keep_their_padding() -> None:
    assert [interval(run) for run in runs(Window(3, 2, 1, 1), 5)] == [(-1, 1), (1, 3), (3, 5)]


@pytest.mark.parametrize("stride", range(1, 9))
def test_phases_read_are_those_that_some_window_reads(stride: int) -> None:
    for kernel in range(1, 10):
        for dilation in range(1, 10):
            window = Window(kernel, stride, 0, 0, dilation)
            often = pooled(window, 400).counts[100:300]
            assert phases_read(window) == sum(any(often[phase::stride]) for phase in range(stride)), (
                kernel,
                dilation,
            )
