"""Layers as a tree: what heads what, which copies are one row, and that nothing is lost or counted twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from cnncalc import analyze, bundled, load, loads
from cnncalc.analysis.report import LayerReport
from cnncalc.geometry.shape import Shape
from cnncalc.render.listings.layers import place_of
from cnncalc.render.rows import rows
from cnncalc.render.surface import PLAIN, Surface
from cnncalc.render.text import cells
from cnncalc.render.tree import tree
from cnncalc.render.view import View
from tests.render.reports import affine, field, layer
from tests.render.writing import networks

ASCII = Surface(unicode=False)


def labels(*layers: LayerReport, by_field: bool = False, surface: Surface = PLAIN) -> list[str]:
    return [row.label for row in tree(layers, by_field, surface)]


def named(*paths: str) -> list[LayerReport]:
    return [layer(path) for path in paths]


def test_a_structure_heads_its_layers() -> None:
    join = layer("a/b", "residual", is_join=True, windows=None, weights=0, biases=0, macs=0)
    found = tree([*named("stem", "a/b/x", "a/b/side/y", "a/b/side/z"), join, *named("a/c")], False, PLAIN)
    assert [row.label for row in found] == [
        "stem",
        "a",
        "├─ b",
        "│  ├─ x",
        "│  └─ side",
        "│     ├─ y",
        "│     └─ z",
        "└─ c",
    ]
    assert [row.is_head for row in found] == [False, True, False, False, True, False, False, False]
    assert found[2].layer is join
    assert found[4].layer.path == "a/b/side/z"


def test_only_children_share_the_line_of_their_parents() -> None:
    assert labels(*named("a/b/c", "d/e/x", "d/e/y")) == ["a/b/c", "d/e", "├─ x", "└─ y"]


def test_without_unicode_branches_are_ascii() -> None:
    assert labels(*named("a/x", "a/y/p", "a/y/q"), surface=ASCII) == [
        "a",
        "|- x",
        "`- y",
        "   |- p",
        "   `- q",
    ]


def test_copies_that_are_alike_are_one_row() -> None:
    copies = [f"a[{index}]/{name}" for index in range(3) for name in ("x", "y")]
    found = tree(named(*copies), False, PLAIN)
    assert [(row.label, row.copies) for row in found] == [("a x3", 3), ("├─ x", 3), ("└─ y", 3)]
    assert found[1].layer.path == "a[2]/x"


def test_copies_of_several_layers_in_turn() -> None:
    assert labels(*named("x[0]", "y[0]", "x[1]", "y[1]", "z")) == ["x x2", "y x2", "z"]


def test_copies_within_copies_multiply() -> None:
    paths = [f"a[{outer}]/b[{inner}]" for outer in range(2) for inner in range(3)]
    assert [(row.label, row.copies) for row in tree(named(*paths, "c"), False, PLAIN)] == [
        ("a x2", 2),
        ("└─ b x3", 6),
        ("c", 1),
    ]


def test_a_copy_that_is_different_is_apart() -> None:
    first = layer("a[0]", shape=Shape(9, (4, 4)))
    assert labels(first, *named("a[1]", "a[2]", "a[3]")) == ["a[0]", "a[1..3] x3"]
    assert labels(*named("a[0]", "a[1]"), layer("a[2]", op="pool")) == ["a[0..1] x2", "a[2]"]


def test_unknown_reasons_and_shared_weights_keep_copies_apart() -> None:
    assert labels(layer("a[0]"), layer("a[1]", weights=0, shares="a[0]")) == ["a[0]", "a[1]"]
    assert labels(layer("a[0]", weights=None, reasons=("no",)), layer("a[1]")) == ["a[0]", "a[1]"]


def test_fields_keep_copies_apart_where_the_table_is_about_them() -> None:
    copies = (layer("a[0]"), layer("a[1]", field=field(affine(1, -2, 2))))
    assert labels(*copies) == ["a x2"]
    assert labels(*copies, by_field=True) == ["a[0]", "a[1]"]


def test_names_cannot_draw_branches() -> None:
    assert labels(*named("a\x1b[2K/x", "a\x1b[2K/y"))[0] == "a␛[2K"


SPEC = "input: [3, 8, 8]\nlayers:\n- conv3x3: {out: 3, padding: 1, norm: bn, act: relu}\n  repeat: 3\n- conv1x1: 5\n"


def shown(command: str, all_layers: bool = False, paths: bool = False) -> str:
    (model,) = loads(SPEC, "net.yaml")
    return networks([analyze(model)], View(command, all_layers=all_layers, paths=paths), "table", PLAIN)


def test_copies_are_said_beneath_and_shown_where_asked_for() -> None:
    assert "\nconv3x3_1 x3 " in shown(
        "params"
    ) and "\nxN: N copies that are alike (--all shows each)\n" in shown("params")
    assert "the field of the last (--all" in shown("summary")
    for text in (shown("params", all_layers=True), shown("params", paths=True), shown("rf")):
        assert "\nconv3x3_1[2]" in text and "xN" not in text


def test_long_tables_end_with_what_shortens_them() -> None:
    (model,) = load("resnet18")
    text = networks([analyze(model)], View("summary"), "table", Surface(80))
    assert "\n--depth 1 folds these 49 rows into 12\n\nparams" in text
    folded = networks([analyze(model)], View("summary", depth=1), "table", Surface(80))
    assert "--depth" not in folded
    assert len(folded.split("───\n")[1].split("\n\n")[0].splitlines()) == 12


def test_resnet18_fits_a_terminal() -> None:
    (model,) = load("resnet18")
    lines = networks([analyze(model)], View("summary"), "table", Surface(80)).splitlines()
    assert len(lines) <= 75
    assert max(map(cells, lines)) <= 80


def test_titles_have_no_path_of_the_installation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (model,) = load("resnet18")
    report = analyze(model)
    assert networks([report], View("rf"), "table", PLAIN).startswith("ResNet-18 · 3x224x224 · pytorch\n")
    assert networks([report], View("rf"), "table", ASCII).startswith("ResNet-18 - 3x224x224 - pytorch\n")
    both = networks([report, report._replace(file="a/net.yaml")], View("rf"), "table", PLAIN)
    titles = [line for line in both.splitlines() if " · " in line]
    assert titles == [
        "ResNet-18 · 3x224x224 · pytorch · resnet18",
        "ResNet-18 · 3x224x224 · pytorch · a/net.yaml",
    ]
    monkeypatch.chdir(tmp_path)
    assert place_of(str(tmp_path / "nets" / "a.yaml")) == "nets/a.yaml"
    assert place_of("/elsewhere/a.yaml") == "/elsewhere/a.yaml"


@pytest.mark.slow
def test_every_bundled_network_as_a_tree() -> None:
    """Rows add up to the totals, and no name is folded at 80 columns."""
    for name in bundled.names():
        for model in load(name):
            report = analyze(model)
            found = tree(rows(report.layers, None, all_layers=False).layers, False, PLAIN)
            for count in ("params", "macs", "buffers"):
                each = [getattr(row.layer, count) for row in found if not row.is_head]
                if None not in each:
                    times = [row.copies for row in found if not row.is_head]
                    total = sum(number * copies for number, copies in zip(each, times, strict=True))
                    assert total == getattr(report.totals, count), name
            assert max(cells(row.label) for row in found) <= 40, name
            for command in ("params", "rf", "shapes", "summary"):
                text = networks([report], View(command), "table", Surface(80))
                assert max(map(cells, text.splitlines())) <= 80, (name, command)
                assert all(f"{row.label} " in text for row in found) or command == "rf", (name, command)
