"""Each table at four widths, plain and in colour, as it is kept; and that the numbers in it are those of the report."""

from __future__ import annotations

import re

import pytest

from cnncalc.render.listings.layers import totals
from cnncalc.render.outputs.table import totals as drawn_totals
from cnncalc.render.surface import Surface
from cnncalc.render.text import cells
from cnncalc.render.view import View
from tests.render.goldens import FOLDER, TABLES, WIDTHS, report, text_of

HEAD = re.compile(r"^=== ([0-9]+) columns, (plain|colour)\n", re.MULTILINE)
STYLE = re.compile("␛\\[[0-9;]*m")


def kept(name: str) -> dict[tuple[int, str], str]:
    """The sections of a golden."""
    parts = HEAD.split((FOLDER / f"{name}.txt").read_text(encoding="utf-8"))[1:]
    return {
        (int(width), how): text for width, how, text in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    }


@pytest.mark.parametrize("name", TABLES)
def test_tables_are_as_they_are_kept(name: str) -> None:
    text = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    assert text_of(name) == text, "look at it, then run `python -m tests.render.goldens`"


@pytest.mark.parametrize("name", TABLES)
def test_nothing_is_wider_than_the_terminal_and_colours_change_nothing(name: str) -> None:
    found = kept(name)
    assert {width for width, _ in found} == set(WIDTHS)
    for width in WIDTHS:
        plain, coloured = found[width, "plain"], found[width, "colour"]
        assert max(map(cells, plain.splitlines())) <= width
        assert STYLE.sub("", coloured) == plain
        assert "␛" in coloured and "␛" not in plain


@pytest.mark.parametrize("width", [47, 44, 40, 33, 27, 24, 18])
def test_sums_fit_terminals_that_are_narrow(width: int) -> None:
    rows = totals(report(), View("summary"))
    lines = drawn_totals(rows, Surface(width))
    assert max(map(cells, lines)) <= width
    text = " ".join(" ".join(lines).split())
    for title, exact, _ in rows:
        assert exact in text
        assert all(word in text for word in title.split())
