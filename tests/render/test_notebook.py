"""Values that show themselves: in a notebook, in Rich, in a line, and as plain rows."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from rich.console import Console

import cnncalc
from cnncalc.render.document import Document
from cnncalc.render.listings.networks import Networks
from cnncalc.render.outputs import FORMATS
from cnncalc.render.surface import Surface
from cnncalc.render.view import View
from tests.render.examples import EXAMPLES, NAME
from tests.render.reports import layer, misfit, report

GUIDE = Path(cnncalc.__file__).parent / "guide" / "python.md"


@pytest.fixture(scope="module")
def resnet() -> cnncalc.Report:
    (model,) = cnncalc.load("resnet18")
    return cnncalc.analyze(model)


class Cells(HTMLParser):
    """The texts of the cells of all tables, row by row, and that every element is closed."""

    VOID = ("meta",)

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and ("td" in self.open or "th" in self.open):
            self.rows[-1][-1] += data


def test_a_report_is_a_table_of_html(resnet: cnncalc.Report) -> None:
    found = Cells(resnet._repr_html_())
    assert not found.tags & {"script", "link", "img", "iframe"}
    assert "http" not in resnet._repr_html_()
    heads = found.rows[0]
    conv = next(row for row in found.rows if row[0] == "conv1")
    first = resnet.layers[0]
    assert conv[heads.index("params")] == f"{first.params:,}"
    assert conv[heads.index("output")] == str(first.shape)
    assert ["params", f"{resnet.totals.params:,}", "11.7M"] in found.rows
    assert any(row[0].endswith("─ shortcut") for row in found.rows)


@pytest.mark.parametrize("kind", list(EXAMPLES), ids=lambda kind: kind.__name__)
def test_html_escapes_names(kind: type) -> None:
    text = FORMATS.render("html", EXAMPLES[kind]())
    assert NAME not in text and "<f>" not in text
    assert Cells(text).rows


def test_a_model_and_a_comparison_show_themselves(resnet: cnncalc.Report) -> None:
    (model,) = cnncalc.load("resnet18")
    assert model._repr_html_() == resnet._repr_html_()
    assert model._repr_markdown_() == FORMATS.render("markdown", Networks([resnet], View("summary")))
    both = cnncalc.compare(resnet, resnet._replace(name="other"))
    assert repr(both) == "<Comparison ResNet-18, other>"
    assert ["params", "11,689,512", "11,689,512", "0", "0.0 %", "x1.000"] in Cells(both._repr_html_()).rows
    assert "| params | 11,689,512 |" in both._repr_markdown_()
    with pytest.raises(TypeError, match="a report is what `analyze` returns, not str"):
        cnncalc.compare("resnet18")


def test_rich_prints_a_model_and_a_comparison_as_tables(resnet: cnncalc.Report) -> None:
    both = cnncalc.compare(resnet, resnet)
    shown: list[tuple[object, Document]] = [
        (cnncalc.load("resnet18")[0], Networks([resnet], View("summary"))),
        (both, both),
    ]
    for value, document in shown:
        stream = io.StringIO()
        Console(file=stream, width=120).print(value)
        expected = FORMATS.render("table", document, Surface(120))
        assert [line.rstrip() for line in stream.getvalue().splitlines()] == expected.splitlines()


@pytest.mark.parametrize("width", [60, 80, 120])
def test_rich_prints_what_a_terminal_shows(width: int, resnet: cnncalc.Report) -> None:
    stream = io.StringIO()
    Console(file=stream, width=width, force_terminal=True, color_system="standard").print(resnet)
    plain = re.sub("\x1b\\[[0-9;]*m", "", stream.getvalue())
    expected = FORMATS.render("table", Networks([resnet], View("summary")), Surface(width))
    assert [line.rstrip() for line in plain.splitlines()] == expected.splitlines()
    assert "\x1b[" in stream.getvalue()


def test_a_line_says_what_it_is(resnet: cnncalc.Report) -> None:
    (model,) = cnncalc.load("resnet18")
    assert repr(model) == "<Model ResNet-18 · 3x224x224 · pytorch>"
    assert repr(resnet) == (
        "<Report ResNet-18 · 3x224x224 · pytorch: 68 layers, 11,689,512 params, 1,814,073,344 MACs>"
    )
    assert repr(resnet.layers[0]) == (
        "<LayerReport conv1 · conv · 64x112x112: 9,408 params, 118,013,952 MACs>"
    )
    failed = report(layer("a"), failed="b", diagnostics=(misfit("b"),))
    assert repr(failed) == "<Report net · 3x8x8 · pytorch: 1 layer, failed at b>"
    assert repr(layer("a", weights=None, macs=None)) == "<LayerReport a · conv · 4x8x8: numbers unknown>"


def test_plain_rows_are_those_of_csv(resnet: cnncalc.Report) -> None:
    rows = resnet.to_dicts()
    assert len(rows) == len(resnet.layers)
    text = FORMATS.render("csv", Networks([resnet], View("summary")))
    for row, written in zip(rows, csv.DictReader(io.StringIO(text)), strict=True):
        shared = written.keys() & row.keys()
        assert {"path", "params", "macs", "rf_size"} <= shared
        assert all(written[key] == ("" if row[key] is None else str(row[key])) for key in shared)
    assert sum(row["weights"] + row["biases"] for row in rows) == resnet.totals.params


def test_the_field_has_the_name_that_json_has(resnet: cnncalc.Report) -> None:
    first = resnet.layers[0]
    assert first.rf is first.field
    assert (first.rf.size, first.rf.stride, first.rf.start) == ((7, 7), (2, 2), (-3, -3))


@pytest.mark.parametrize("before", [False, True])
def test_the_field_has_all_that_json_has(before: bool) -> None:
    """Under the same names, but for a word that Python keeps to itself."""
    last = "lstm: 4" if before else "global_avgpool"
    spec = f"input: [4, 20]\nlayers: [conv3: 4, {{conv_transpose3: {{out: 4, stride: 2}}}}, {last}]"
    report = cnncalc.analyze(cnncalc.loads(spec)[0])
    (model,) = json.loads(FORMATS.render("json", Networks([report], View("rf"))))["models"]
    for one, record in zip(report.layers, model["layers"], strict=True):
        for key, value in record["rf"].items():
            found = getattr(one.rf, "is_global" if key == "global" else key)
            assert found == value or list(found) == value or (value is None and set(found) <= {None}), key
    assert report.layers[-1].rf.before is before


def test_the_public_names_are_listed_and_in_the_guide() -> None:
    names = dir(cnncalc)
    assert names == cnncalc.__all__
    guide = GUIDE.read_text(encoding="utf-8")
    for name in names:
        assert getattr(cnncalc, name) is not None
        assert name.startswith("__") or f"`{name}" in guide, f"say in guide/python.md what {name} is"


NOTEBOOK = [
    "import cnncalc\n(model,) = cnncalc.load('resnet18')\nreport = cnncalc.analyze(model)",
    "report",
    "model",
    "cnncalc.compare(report, report)",
    "len(report.to_dicts())",
]


@pytest.mark.slow
def test_a_notebook_shows_tables(resnet: cnncalc.Report) -> None:
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    cells = [nbformat.v4.new_code_cell(source) for source in NOTEBOOK]
    notebook = nbformat.v4.new_notebook(cells=cells)
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    shown = [cell.outputs[0].data if cell.outputs else {} for cell in notebook.cells]
    assert shown[0] == {}
    assert shown[1]["text/html"] == shown[2]["text/html"] == resnet._repr_html_()
    assert shown[1]["text/markdown"] == resnet._repr_markdown_()
    assert shown[1]["text/plain"] == repr(resnet)
    assert "side by side" in shown[3]["text/html"]
    assert shown[4]["text/plain"] == "68"
