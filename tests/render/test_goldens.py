"""Each table at four widths, plain and in colour, as it is kept; and that the numbers in it are those of the report."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest

from cnncalc.analysis.report import LayerReport
from cnncalc.render.listings.layers import totals
from cnncalc.render.outputs.table import totals as drawn_totals
from cnncalc.render.rows import rows
from cnncalc.render.surface import PLAIN, Surface
from cnncalc.render.text import cells
from cnncalc.render.tree import Row, tree
from cnncalc.render.view import View
from tests.render.goldens import COMMANDS, FOLDER, TABLES, WIDTHS, report, text_of

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


def table_of(text: str) -> list[dict[str, str]]:
    """The rows of the first table by the titles of its columns, which are apart by two blanks at least."""
    lines = text.splitlines()
    rule = next(at for at, line in enumerate(lines) if set(line) == {"─"})
    head, body = lines[rule - 1], lines[rule + 1 : lines.index("", rule)]
    titles = re.findall(r"\S+(?: \S+)*", head)
    found = []
    for line in body:
        row = {}
        for title in titles:
            start = head.index(title) if title in ("layer", "op") else None
            end = head.index(title) + len(title)
            if title == "layer":
                name = re.match(r" *\S+(?: \S+)*", line)
                row[title] = name[0] if name else ""
            elif start is not None:
                row[title] = line[start:].split("  ")[0].strip()
            else:
                row[title] = line[:end].rsplit("  ", 1)[-1].strip() if line[end - 1 : end].strip() else ""
        found.append(row)
    return found


def number(text: str) -> int:
    return int(text.replace(",", ""))


def expected(row: Row) -> dict[str, str]:
    """What the columns of a row say, from the raw numbers of its layer."""
    layer: LayerReport = row.layer
    shape = "x".join(map(str, layer.shape.axes))
    sizes, steps = layer.field.size, layer.field.stride
    field = "all" if None in sizes else "x".join(map(str, sizes))
    stride = "-" if None in steps else "x".join(map(str, sorted(set(map(Fraction, filter(None, steps))))))
    found = {"output": shape, "rf size": field, "rf stride": stride}
    if not row.is_head:
        for title in ("weights", "biases", "params", "buffers", "MACs"):
            found[title] = f"{getattr(layer, title.lower()):,}"
    return found


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("width", WIDTHS)
def test_the_numbers_of_a_table_are_those_of_the_report(command: str, width: int) -> None:
    whole = report()
    layers = rows(whole.layers, None, all_layers=False).layers
    branches = tree(layers, command == "rf", PLAIN)
    found = table_of(kept(command)[width, "plain"])
    assert [row["layer"].rstrip() for row in found] == [branch.label for branch in branches]
    for row, branch in zip(found, branches, strict=True):
        for title, text in expected(branch).items():
            assert row.get(title, text) == text, (branch.label, title)
    for title in ("weights", "biases", "params", "buffers", "MACs"):
        if title in found[0]:
            pairs = zip(found, branches, strict=True)
            total = sum(number(row[title]) * branch.copies for row, branch in pairs if row[title])
            assert total == getattr(whole.totals, title.lower())


@pytest.mark.parametrize("width", WIDTHS)
def test_what_is_unknown_is_never_a_zero(width: int) -> None:
    text = kept("unknown")[width, "plain"]
    for row in table_of(text):
        if row["layer"].startswith("stem"):
            assert row["MACs"] == "?" and row["params"] == "2,352"
            assert row.get("output", "16x?x32") == "16x?x32"
    assert re.search(r"^MACs +\?$", text, re.MULTILINE)
    assert re.search(r"^\? \w", text, re.MULTILINE)


@pytest.mark.parametrize("width", [120, 160])
def test_a_comparison_is_of_the_two_totals(width: int) -> None:
    from tests.render.goldens import _reports

    one, two, _ = _reports()
    text = kept("compare")[width, "plain"]
    for title in ("params", "MACs", "buffers"):
        old, new = (getattr(one.totals, title.lower()), getattr(two.totals, title.lower()))
        per_cent = f"{float(Fraction(100 * (new - old), old)):+.1f} %"
        ratio = f"x{float(Fraction(new, old)):.3f}"
        line = next(line for line in text.splitlines() if line.startswith(title))
        assert re.split(r" {2,}", line)[1:] == [f"{old:,}", f"{new:,}", f"{new - old:+,}", per_cent, ratio]


@pytest.mark.parametrize("width", [47, 44, 40, 33, 27, 24, 18])
def test_sums_fit_terminals_that_are_narrow(width: int) -> None:
    rows = totals(report(), View("summary"))
    lines = drawn_totals(rows, Surface(width))
    assert max(map(cells, lines)) <= width
    text = " ".join(" ".join(lines).split())
    for title, exact, _ in rows:
        assert exact in text
        assert all(word in text for word in title.split())


@pytest.mark.parametrize("width", WIDTHS)
def test_the_counts_of_a_pool_are_those_of_its_windows(width: int) -> None:
    text = kept("pool")[width, "plain"]
    for size, kernel, (name, windows) in zip((13, 40), (3, 2), (("y", 7), ("x", 21)), strict=True):
        spans = [(2 * at - 1, 2 * at - 2 + kernel) for at in range(windows)]
        counts = [sum(first <= at <= last for first, last in spans) for at in range(size)]
        assert f"read   {''.join(map(str, counts))}\n" in text
        assert re.search(rf"^{name} +{size} +{kernel} +2 +1 +1 +{windows} +0$", text, re.MULTILINE)
        assert f"{spans[0][0]}..{spans[0][1]}  ░█" in text
