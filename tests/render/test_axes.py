"""Drawings of windows: exact where they fit, and honest where they do not."""

from __future__ import annotations

import pytest

from cnncalc.geometry.participation import runs
from cnncalc.geometry.pyramid import level
from cnncalc.geometry.window import CEIL, Window
from cnncalc.render.axes import product_map, tally, windows
from cnncalc.render.surface import PLAIN, Surface


def draw(window: Window, size: int, surface: Surface = PLAIN) -> list[str]:
    return windows(runs(window, size), size, surface)


def test_overlapping_windows() -> None:
    assert draw(Window(3, 2), 7) == [
        "0..2  ███····",
        "2..4  ··███··",
        "4..6  ····███",
        "read  1121211",
        "read once: 5 positions; read 2 times: 2 positions",
    ]


def test_padding_a_dropped_edge_and_dilation() -> None:
    assert draw(Window(2, 2, 1, 1), 4) == [
        "-1..0  ░█···",
        " 1..2   ·██·",
        " 3..4   ···█░",
        " read   1111",
        "read once: 4 positions",
    ]
    assert draw(Window(2, 2), 5)[-1] == "not read: 1 position; read once: 4 positions (unread: 4)"
    assert draw(Window(3, 4, 0, 0, 2), 5)[0] == "0..4  █·█·█"


def test_ascii() -> None:
    assert draw(Window(3, 3, 1, 1, rounding=CEIL), 4, Surface(None, False))[:2] == [
        "-1..1  +##..",
        " 2..4   ..##+",
    ]
    assert all(line.isascii() for line in draw(Window(3, 1), 500, Surface(40, False)))


def test_few_windows_on_a_wide_axis_are_drawn_to_scale() -> None:
    lines = windows(level("exact", 224, 4).reads, 224, Surface(50))
    assert [line[:8] for line in lines[:4]] == ["   0..55", " 56..111", "112..167", "168..223"]
    assert "one character stands for 6 positions" in lines
    assert not any(line.lstrip().startswith("read ") and line.rstrip()[-1].isdigit() for line in lines)
    assert max(map(len, lines[:4])) <= 50


def test_many_windows_on_a_wide_axis_are_cut_in_the_middle() -> None:
    lines = draw(Window(3, 2), 300, Surface(60))
    drawn = [line for line in lines if "█" in line]
    assert len(drawn) == 12
    assert max(map(len, drawn)) <= 60
    assert drawn[0].strip().startswith("0..2")
    assert drawn[-1].strip().startswith("296..298")
    assert any(line.endswith("(137 windows between not drawn)") for line in lines)
    left_out = next(line for line in lines if line.endswith("are left out of the drawing"))
    first, last = map(int, left_out.split()[1].split(".."))
    gap = drawn[0].index("…") - drawn[0].index("█")
    assert first == gap
    assert 300 - (last + 1) == len(drawn[0]) - drawn[0].index("…") - 1


@pytest.mark.slow
def test_every_width_fits() -> None:
    for width in range(20, 120, 7):
        for size in (5, 64, 1000, 100_000):
            lines = draw(Window(3, 2), size, Surface(width))
            drawn = [line for line in lines if "█" in line or line.lstrip().startswith("read  ")]
            narrowest = len(f"{size}..{size}  ") + 9
            assert max(map(len, drawn)) <= max(width, narrowest), (width, size)


def test_map_is_the_product_of_its_axes() -> None:
    assert product_map((1, 2, 0), (1, 3), PLAIN) == ["1 3", "2 6", "0 0"]
    assert product_map((1, 4), (1, 3), PLAIN) == [" 1  3", " 4 12"]
    large = product_map((1,) * 100, (1,) * 500, Surface(40))
    assert large[-2].startswith("columns ")
    assert large[-1].startswith("rows ")
    assert all(len(line) <= 40 for line in large[:-2])


def test_tally_names_unread_positions() -> None:
    assert tally((1, 1)) == "read once: 2 positions"
    assert tally((0, 0, 1, 0)) == "not read: 3 positions; read once: 1 position (unread: 0..1, 3)"
    assert tally((0, 1) * 20).endswith("(unread: 0, 2, 4, 6, 8, 10, 12, 14, and 12 more)")
