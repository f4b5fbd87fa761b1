"""Numbers and names as text."""

from __future__ import annotations

import pytest

from cnncalc.render.text import (
    cells,
    change,
    cut_between,
    difference,
    exact,
    inert,
    memory,
    once,
    ratio,
    rounded,
)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0, ""),
        (999, ""),
        (1000, "1.0K"),
        (8960, "9.0K"),
        (138_357_544, "138.4M"),
        (15_470_264_320, "15.5G"),
        (999_949, "999.9K"),
        (999_950, "1.0M"),
        (10**15, "1,000.0T"),
        (None, ""),
    ],
)
def test_rounded(number: int | None, expected: str) -> None:
    assert rounded(number) == expected


def test_exact_and_memory() -> None:
    assert (exact(1234567), exact(None)) == ("1,234,567", "?")
    assert (memory(1023), memory(1024), memory(4 * 138_357_544)) == ("", "1.0 KiB", "527.8 MiB")
    assert memory(2**20 - 1) == "1.0 MiB"


def test_changes() -> None:
    assert (difference(5120, 8960), change(5120, 8960), ratio(5120, 8960)) == ("-3,840", "-42.9 %", "x0.571")
    assert (difference(7, 7), change(7, 7), ratio(7, 7)) == ("0", "0.0 %", "x1.000")
    assert (difference(3, 0), change(3, 0), ratio(3, 0)) == ("+3", "-", "-")


def test_a_change_to_ten_times_as_much_is_a_multiple() -> None:
    assert [change(number, 8960) for number in (89599, 89600, 387280)] == ["+900.0 %", "x10.0", "x43.2"]
    assert [change(number, 100) for number in (1, 0, 200_000)] == ["-99.0 %", "-100.0 %", "x2,000.0"]
    assert ratio(1, 10**9) == "x<0.001"
    assert ratio(10**400, 1).startswith("x10,000,")


def test_equal_axes_once() -> None:
    assert (once(["2", "2"]), once(["3", "11"])) == ("2", "3x11")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("plain name", "plain name"),
        ("a\x1b[31mb", "a␛[31mb"),
        ("a\nb\tc\x7f", "a␊b␉c␡"),
        ("a\x9bb", "a\\u009bb"),
        ("\u202eabc", "\\u202eabc"),
        ("größe 卷", "größe 卷"),
        ("[red]x[/red]", "[red]x[/red]"),
    ],
)
def test_inert_names(name: str, shown: str) -> None:
    assert inert(name) == shown


def test_cells() -> None:
    assert (cells("abc"), cells("卷积"), cells("e\u0301")) == (3, 4, 1)


@pytest.mark.parametrize(
    ("path", "width", "lines"),
    [
        ("a/b", 9, ["a/b"]),
        ("stage_1/body/conv3x3_1", 14, ["stage_1/body/", "conv3x3_1"]),
        ("├─ stage/body/conv", 14, ["├─ stage/body/", "│  conv"]),
        ("│  └─ stage/conv", 13, ["│  └─ stage/", "│     conv"]),
        ("a_long_name/x", 6, ["a_long", "_name/", "x"]),
        ("a_longer_name/x", 10, ["a_longer_", "name/x"]),
        ("a-rather.long_name", 9, ["a-rather.", "long_name"]),
        ("├─ one_long_name_here", 12, ["├─ one_long_", "│  name_here"]),
        ("│  │  └─ abcdefgh", 10, ["│  │  └─ a", "bcdefgh"]),
        ("", 5, [""]),
    ],
)
def test_a_path_goes_on_in_the_next_line_between_its_names(path: str, width: int, lines: list[str]) -> None:
    assert cut_between(path, width) == lines
    assert max(map(len, lines)) <= width
