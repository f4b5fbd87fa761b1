"""Sweeps: every combination has its row, and a row says what an analysis of it alone says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import combinations, product
from pathlib import Path

import pytest

import cnncalc
from cnncalc import CnncalcError, GraphError, SpecError, analyze, load
from cnncalc.analysis.report import Report
from cnncalc.geometry.shape import Shape
from cnncalc.loading import Options, source_at
from cnncalc.network.model import Model
from cnncalc.questions.sweep import Grid, Row, SpecLoader, parse_shapes, parse_values, sweep
from cnncalc.render.listings.sweep import Sweep
from cnncalc.render.outputs import FORMATS
from cnncalc.render.surface import PLAIN, Surface
from tests.analysis.each import analyze_each
from tests.cli.running import Ran

SPEC = """\
vars: {width: 8}
input: 3x32x32
layers:
  - conv3x3: {out: width, stride: 2, padding: 0}
  - conv3x3: {out: 4, padding: 0}
"""


@pytest.fixture
def spec(tmp_path: Path) -> str:
    path = tmp_path / "small.yaml"
    path.write_text(SPEC, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("text", "shapes"),
    [
        ("3x8..10x4", ["3x8x4", "3x9x4", "3x10x4"]),
        ("3x8..17/4", ["3x8", "3x12", "3x16"]),
        ("1..2x5..6", ["1x5", "1x6", "2x5", "2x6"]),
        ("3xanyx7", ["3x?x7"]),
    ],
)
def test_ranges_are_written_out(text: str, shapes: list[str]) -> None:
    found = parse_shapes(text)
    assert list(map(str, found)) == shapes
    assert found.count == len(shapes)


@pytest.mark.parametrize("text", ["", "3x", "3x9..8", "3x1..", "3x1..4/0", "3x1..4/", "3x-1..4", "3x0"])
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_shapes(text)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_row_says_what_an_analysis_alone_says(spec: str, jobs: int) -> None:
    grid = Grid({"": parse_shapes("3x6..9x20..22") + parse_shapes("3x40x40")}, {"width": ("2", "6")})
    rows = list(sweep(grid, SpecLoader(source_at(spec), Options()), jobs=jobs))
    assert len(rows) == grid.total == 2 * (4 * 3 + 1)
    for row in rows:
        report = analyze(load(spec, sets=dict(row.sets))[0], dict(row.inputs))
        assert row.ok == report.ok
        assert row.macs == report.totals.macs
        assert row.peak == report.peak
        assert row.outputs == tuple(output.shape for output in report.outputs)


def test_dropped_positions_are_counted() -> None:
    rows = _rows("input: 3x8x8\nlayers:\n  - conv3x3: {out: 4, stride: 2, padding: 0}\n", "3x7..8x8")
    assert [row.dropped for row in rows] == [7 * 8 - 7 * 7, 8 * 8 - 7 * 7]


def test_what_is_dropped_of_an_unknown_size_is_unknown() -> None:
    rows = _rows(
        "input: 3x8x8\nlayers:\n  - conv3x3: {out: 4, stride: 2, padding: 0}\n  - conv3x3: 4\n", "3xanyx8"
    )
    assert [row.dropped for row in rows] == [None]


def test_an_input_that_does_not_fit_has_its_error() -> None:
    rows = _rows("input: 3x8x8\nlayers:\n  - conv3x3: {out: 4, padding: 0}\n", "3x2..3x8")
    assert [row.ok for row in rows] == [False, True]
    assert rows[0].macs is None
    assert (rows[0].error or "").startswith("E3")


def _rows(text: str, shapes: str) -> list[Row]:
    from cnncalc import loads

    return list(sweep(Grid({"": parse_shapes(shapes)}), lambda _: loads(text)))


def test_variables_and_inputs_are_combined(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "sweep", spec, "--input", "3x8..9x8", "--set", "width=2,6", "--format", "json")
    found = json.loads(ran.out)["combinations"]
    assert ran.code == 0
    assert [(one["sets"], one["inputs"]["input"]) for one in found] == [
        ({"width": width}, [3, size, 8]) for width in ("2", "6") for size in (8, 9)
    ]


def test_a_value_that_means_nothing_is_an_invalid_row(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "sweep", spec, "--set", "width=2,0.5", "--format", "json")
    assert [one["valid"] for one in json.loads(ran.out)["combinations"]] == [True, False]
    assert ran.code == 0


def test_too_many_combinations_are_refused_at_once(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "sweep", spec, "--input", "3x1..999999999x1..999999999")
    assert ran.code == 2
    assert "more than the 100,000 that one sweep takes" in ran.err


def test_an_unknown_variable_is_refused(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "sweep", spec, "--set", "widht=2,3")
    assert ran.code == 2
    assert "no variable is named `widht`" in ran.err


def test_a_spec_is_read_once_for_all_sizes(spec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnncalc.questions.sweep.CHUNK", 20)  # so that the sizes are more than one chunk
    asked: list[dict[str, str]] = []

    def counted(sets: Mapping[str, str]) -> tuple[Model, ...]:
        asked.append(dict(sets))
        return load(spec, sets=sets)

    grid = Grid({"": parse_shapes("3x20..24x20..29")}, {"width": ("2", "6")})
    assert sum(row.ok for row in sweep(grid, counted)) == 2 * 5 * 10
    assert len(asked) <= 3  # the first choice of variables is also tried before all others
    assert [one for at, one in enumerate(asked) if one not in asked[:at]] == [{"width": "2"}, {"width": "6"}]


def test_a_list_in_brackets_is_one_value() -> None:
    from cnncalc.cli.options import _listed

    assert _listed("max(1,2),3") == ("max(1,2)", "3")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["resnet50", "unet", "googlenet", "deeplabv3", "sppnet", "pspnet", "se"])
def test_what_is_used_again_at_another_size_is_what_it_would_be(name: str) -> None:
    sizes = ["64x64", "65x64", "96x97", "64x64", "33x40", "anyxany", "9x9", "64xany"]
    for model in load(name):
        if len(model.inputs) == 1 and model.inputs[0][1].rank == 2:
            inputs = [f"{model.inputs[0][1].channels}x{size}" for size in sizes]
            at_once = [without_help(one) for one in analyze_each(model, inputs)]
            assert at_once == [without_help(analyze(model, input)) for input in inputs]


def without_help(report: Report) -> Report:
    """A report whose errors say no more than what is wrong: one of many does not look for a size that works."""
    return report._replace(diagnostics=tuple(found._replace(help=None) for found in report.diagnostics))


def test_one_size_stands_for_all_axes_of_the_network() -> None:
    grid = Grid({"": parse_shapes("3x192..256/32")})
    assert [str(row.inputs[0][1]) for row in sweep(grid, lambda _: load("resnet18"))] == [
        "3x192x192",
        "3x224x224",
        "3x256x256",
    ]
    (row,) = sweep(Grid({"": parse_shapes("3x8")}), lambda _: load("c3d"))
    assert str(row.inputs[0][1]) == "3x8x8x8"
    (row,) = sweep(Grid({"": parse_shapes("256x80")}), lambda _: load("textcnn")[:1])
    assert str(row.inputs[0][1]) == "256x80"


def test_a_narrow_table_keeps_the_reason_and_no_note_of_what_it_leaves_out() -> None:
    error = "E301 window 9 does not fit the size 8 (conv9x9_1)"
    rows = (
        Row("a_long_name", (), (("input", Shape(3, (9, 9))),), error=error),
        Row("a_long_name", (), (), dropped=5),
    )
    document = Sweep("small.yaml", rows)
    lines = FORMATS.render("table", document, Surface(60)).splitlines()
    body = lines[2 : lines.index("", 2)]
    assert max(map(len, body)) <= 60
    place = body[0].index("error")
    assert "".join(line[place:] for line in body[2:]).replace(" ", "") == error.replace(" ", "")
    assert "dropped" in lines[-1]
    assert not any(line.startswith("dropped:") for line in lines)
    assert "\ndropped: " in FORMATS.render("table", document, PLAIN)
    assert "\ndropped: " in FORMATS.render("markdown", document)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("8..32/8", ["8", "16", "24", "32"]),
        ("0..2", ["0", "1", "2"]),
        ("1..6/4", ["1", "5"]),
        ("2*c", ["2*c"]),
        ("0.5", ["0.5"]),
    ],
)
def test_values_are_ranges_or_expressions(text: str, values: list[str]) -> None:
    assert list(parse_values(text)) == values


@pytest.mark.parametrize("text", ["9..8", "1..4/0", "0..10000000"])
def test_a_range_of_values_has_some_and_not_too_many(text: str) -> None:
    with pytest.raises(ValueError):
        parse_values(text)


def test_a_repeated_variable_has_all_its_values(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(
        capsys, "sweep", spec, "--set", "width=8..16/4", "--set", "width=5,min(2, 3)", "--format", "json"
    )
    assert [row["sets"]["width"] for row in json.loads(ran.out)["combinations"]] == [
        "8",
        "12",
        "16",
        "5",
        "min(2, 3)",
    ]
    assert Ran(capsys, "sweep", spec, "--set", "width=9..8").code == 2


LINES = [
    "- conv3x3: {out: 4*w, dilatoin: 2}",
    "- conv3x3: {out: 4*w, padding: same2}",
    "- relux",
    "- {conv3x3: {out: 4, stide: r}, repeat: r}",
    "- conv3x3: 6/w",
    "- conv3x3: 6/i",
    '- {conv3x3: 4, name: a, repeat: r}\n  - add: ["a[1]", prev]',
    "- {conv3x3: 4, repeat: 2-r}",
    "- add: [nowhere, prev]",
    "- {seq: [add: [nowhere, prev]], repeat: 2-r}",
    "- conv3x3: {out: 4, act: act}\n  - {tanh: , from: relu_1}",
    "- conv3x3: {out: 4, act: act}\n  - {relu: , from: act_1}",
    "- conv3x3: {out: 4, act: relu}\n  - relu",
]
"""Layers with which something is wrong, whatever the variables are or for some of their values."""


@pytest.mark.parametrize("pair", list(combinations(LINES, 2)), ids=str)
def test_what_is_wrong_with_every_combination_is_found_once(pair: tuple[str, str], tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    lines = "\n  ".join(pair)
    path.write_text(f"vars: {{w: 1, r: 1, act: relu}}\ninput: 3x9x9\nlayers:\n  {lines}\n", encoding="utf-8")
    sets = {"w": "1..4/3", "r": "0..3", "act": ["relu", "none"]}
    alone = [loaded(path, w, r, act) for w, r, act in product("14", "0123", sets["act"])]
    always = set.intersection(*(set() if isinstance(one, Model) else set(causes(one)) for one in alone))
    try:
        rows = list(cnncalc.sweep(path, sets=sets))
    except (SpecError, GraphError) as error:
        assert set() < set(causes(error)) <= always
        return
    assert not always
    assert len(rows) == 16
    for row, one in zip(rows, alone, strict=True):
        if isinstance(one, Model):
            assert row.ok == analyze(one).ok
        else:
            assert row.error == str(one).partition("\n")[0]


def loaded(path: Path, w: str, r: str, act: str) -> Model | CnncalcError:
    """The model with these values, or why there is none."""
    try:
        (model,) = load(path, sets={"w": w, "r": r, "act": act})
    except CnncalcError as error:
        return error
    return model


def causes(error: CnncalcError) -> list[tuple[object, ...]]:
    return [(found.code, found.message, found.location) for found in error.diagnostics]


def test_a_spec_that_is_wrong_stops_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(SPEC.replace("stride", "stide"), encoding="utf-8")
    for arguments in (("--set", "width=1..99999"), ("--input", "3x8..9000x9")):
        ran = Ran(capsys, "sweep", str(path), *arguments, "--format", "csv", "--jobs", "2")
        assert (ran.code, ran.out, ran.err.count("unknown argument of conv `stide`")) == (1, "", 1)


def test_a_mistyped_name_is_one_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(
        "vars: {w: 4}\ninput: 3x9x9\nlayers:\n  - {conv1x1: w, name: stem}\n  - {relu: , from: stm}\n"
    )
    ran = Ran(capsys, "sweep", str(path), "--set", "w=1..99")
    assert (ran.code, ran.out, ran.err.count("did you mean `stem`?")) == (1, "", 1)


def test_a_numbered_name_that_no_combination_has_is_one_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(
        "vars: {w: 4, n: 1, a: relu}\ninput: 3x9x9\nlayers:\n  - {conv1x1: {out: w, act: a}, repeat: n}\n"
        "  - relu\n  - {relu: , from: relu_9}\n"
    )
    for sets in (("w=1..99",), ("w=1,2", "n=1,2"), ("a=relu,none,silu",)):
        arguments = [word for one in sets for word in ("--set", one)]
        ran = Ran(capsys, "sweep", str(path), *arguments, "--input", "3x9,3x12", "--format", "csv")
        assert (ran.code, ran.out, ran.err.count("no earlier tensor is named `relu_9`")) == (1, "", 1)


def test_a_numbered_name_that_some_combination_has_is_an_error_of_the_others(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(
        "vars: {n: 1}\ninput: 3x9x9\nlayers:\n  - {conv1x1: 4, repeat: n}\n  - {tanh: , from: 'conv1x1_1[1]'}\n"
    )
    rows = list(cnncalc.sweep(path, sets={"n": ["1", "2", "3"]}))
    assert [row.ok for row in rows] == [False, True, True]
