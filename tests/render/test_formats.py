"""The same report as JSON, CSV and Markdown."""

from __future__ import annotations

import csv
import json
from io import StringIO
from typing import Any

import cnncalc
from cnncalc import __version__
from cnncalc.analysis.report import Report
from cnncalc.errors import Diagnostic
from cnncalc.geometry.receptive_field import AxisField, IntervalMap
from cnncalc.geometry.shape import Shape
from cnncalc.geometry.window import Window
from cnncalc.render.listings.networks import Entry
from cnncalc.render.outputs.latex import escaped
from cnncalc.render.surface import PLAIN
from cnncalc.render.view import Unread, View
from tests.render.reports import affine, field, layer, misfit, relu, report
from tests.render.writing import compared, networks


def document(*entries: Entry, **view: Any) -> dict[str, Any]:
    text = networks(entries, View(**{"command": "rf", **view}), "json", PLAIN)
    assert text.isascii()
    assert text.endswith("}\n")
    loaded = json.loads(text)
    assert isinstance(loaded, dict)
    return loaded


def stem() -> Report:
    return report(
        layer("stem", windows=(Window(7, 2, 3, 3), Window(5, 1, 0, 1)), field=field(affine(2, -3, 3)))
    )


def test_json_has_every_key_of_format_1() -> None:
    found = document(stem())
    assert (found["format"], found["tool"], list(found)) == (
        1,
        f"cnncalc {__version__}",
        ["format", "tool", "models"],
    )
    model = found["models"][0]
    assert {key: model[key] for key in ("name", "file", "framework", "input", "outputs", "diagnostics")} == {
        "name": "net",
        "file": "net.yaml",
        "framework": "pytorch",
        "input": [3, 8, 8],
        "outputs": [{"path": "stem", "shape": [4, 8, 8]}],
        "diagnostics": [],
    }
    record = {
        "path": "stem",
        "op": "conv",
        "line": 1,
        "inputs": ["input"],
        "shape": [4, 8, 8],
        "window": {"kernel": [7, 5], "stride": [2, 1], "padding": [[3, 3], [0, 1]], "dilation": [1, 1]},
        "params": 112,
        "weights": 108,
        "biases": 4,
        "buffers": 0,
        "macs": 6912,
        "rf": {
            "size": [7, 7],
            "stride": [2, 2],
            "start": [-3, -3],
            "largest_at": [0, 0],
            "offset": [-0.5, -0.5],
            "uniform": True,
            "aligned": True,
            "global": False,
            "before": False,
        },
    }
    assert record.items() <= model["layers"][0].items()
    totals = {"params": 112, "buffers": 0, "macs": 6912, "flops": 2 * 6912, "activations": 4 * 8 * 8}
    assert totals.items() <= model["totals"].items()


KEYS = {
    "model": "name file framework input layers totals outputs diagnostics failed",
    "layer": "path op line inputs shape window params weights biases trainable buffers macs rf shares reasons bytes intensity",
    "window": "kernel stride padding dilation",
    "rf": "size stride start largest_at offset uniform aligned global before",
    "totals": "params weights biases trainable buffers macs flops activations peak_activations peak_activations_in_place "
    "bytes intensity dtype weight_bytes",
    "output": "path shape",
    "diagnostic": "code severity message help path file line column",
}
"""The keys that programs may rely on: more may come, none may go."""


def test_no_key_of_json_goes() -> None:
    failed = report(layer("stem"), diagnostics=(misfit("head"),))
    (model,) = document(failed)["models"]
    (record,) = model["layers"]
    found = {
        "model": model,
        "layer": record,
        "window": document(stem())["models"][0]["layers"][0]["window"],
        "rf": record["rf"],
        "totals": model["totals"],
        "output": model["outputs"][0],
        "diagnostic": model["diagnostics"][0],
    }
    missing = {what: set(keys.split()) - set(found[what]) for what, keys in KEYS.items()}
    assert not any(missing.values()), missing


def test_json_has_the_records_of_a_spec_in_the_order_of_evaluation() -> None:
    text = """input: [3, 8, 8]
layers:
  - conv3x3: {out: 4, padding: 1}
  - relu
  - concat:
      a: [conv1x1: 2]
      b: [maxpool2x2: {stride: 1, padding: [[0, 1], [0, 1]]}]
  - mul: [prev, [global_avgpool]]
"""
    (model,) = cnncalc.loads(text)
    layers = document(cnncalc.analyze(model))["models"][0]["layers"]
    side, top, gate = "concat_1/a/conv1x1_1", "concat_1/b/maxpool2x2_1", "mul_1/branch_2/global_avgpool_1"
    assert [(one["path"], one["line"], one["inputs"]) for one in layers] == [
        ("conv3x3_1", 3, ["input"]),
        ("relu_1", 4, ["conv3x3_1"]),
        (side, 6, ["relu_1"]),
        (top, 7, ["relu_1"]),
        ("concat_1", 5, [side, top]),
        (gate, 8, ["concat_1"]),
        ("mul_1", 8, ["concat_1", gate]),
    ]
    assert [one["path"] for one in layers if one["window"] is None] == ["relu_1", "concat_1", gate, "mul_1"]
    fields = {one["path"]: one["rf"] for one in layers}
    assert [fields[path]["start"] for path in ("conv3x3_1", top, gate)] == [[-1, -1], [-1, -1], None]
    assert [path for path, field in fields.items() if not field["aligned"]] == ["concat_1", "mul_1"]
    assert [path for path, field in fields.items() if field["global"]] == [gate, "mul_1"]


def test_json_has_null_for_what_is_unknown_and_exact_numbers_for_what_is_not() -> None:
    whole = AxisField((), True)
    half = AxisField((IntervalMap(1, ((0, 0), (0, 1))),))
    layers = document(
        report(
            layer("any", shape=Shape(4, (None, 8)), weights=None, windows=None, reasons=("no input",)),
            layer("global", field=field(whole)),
            layer("half", field=field(half)),
            layer("part", field=field(whole, affine(1, 0, 4))),
        )
    )["models"][0]["layers"]
    assert layers[0]["shape"] == [4, None, 8]
    assert layers[0]["window"] is None
    assert layers[0]["params"] is None
    assert layers[0]["weights"] is None
    assert layers[0]["reasons"] == ["no input"]
    assert layers[1]["rf"] == {
        "size": None,
        "stride": None,
        "start": None,
        "largest_at": None,
        "offset": None,
        "uniform": True,
        "aligned": True,
        "global": True,
        "before": False,
    }
    assert layers[2]["rf"]["stride"] == [0.5, 0.5]
    assert layers[2]["rf"]["largest_at"] == [1, 1]
    assert layers[2]["rf"]["uniform"] is False
    assert layers[3]["rf"]["size"] == [None, 5]


def test_what_is_unknown_is_never_0_and_leaves_its_total_unknown() -> None:
    """MACs without a size, parameters that a `custom` does not state: with their reasons, in a table and in JSON."""
    (model,) = cnncalc.loads(
        "input: [3, any, 8]\nlayers: [conv3x3: 4, relu, custom: {kernel: 3}, {linear: 2, name: last}]"
    )
    found = cnncalc.analyze(model, framework="tensorflow")
    layers = json.loads(networks([found], View("params"), "json", PLAIN))["models"][0]
    conv, act, custom, last = layers["layers"]
    assert (conv["params"], conv["macs"], conv["reasons"]) == (
        112,
        None,
        ["needs the input size: add `input: ...` or pass --input"],
    )
    assert (act["params"], act["macs"]) == (0, 0)
    assert (custom["params"], custom["macs"]) == (None, None)
    assert "`custom_1` gives no `params` and no `macs`" in custom["reasons"]
    assert (last["params"], last["macs"]) == (4 * 2 + 2, None)
    totals = {
        key: layers["totals"][key]
        for key in ("params", "weights", "biases", "buffers", "macs", "flops", "activations")
    }
    assert totals == {
        "params": None,
        "weights": None,
        "biases": 4 + 2,
        "buffers": 0,
        "macs": None,
        "flops": None,
        "activations": None,
    }
    table = networks([found], View("params", all_layers=True), "table", PLAIN)
    rows = {line.split()[0]: line.split()[-1] for line in table.splitlines() if line.strip()}
    assert (rows["conv3x3_1"], rows["relu_1"], rows["custom_1"], rows["last"], rows["MACs"]) == (
        "?",
        "0",
        "?",
        "?",
        "?",
    )
    assert (
        "\n? needs the input size: add `input: ...` or pass --input\n? `custom_1` gives no `params` and no `macs`\n"
        in table
    )


def test_json_lists_every_layer_whatever_a_table_folds() -> None:
    conv = layer("stem[0]/a")
    layers = document(report(conv, relu("stem[0]/b", conv)), depth=1)["models"][0]["layers"]
    assert [record["path"] for record in layers] == ["stem[0]/a", "stem[0]/b"]


def test_json_regions() -> None:
    layers = document(
        report(
            layer("stem", field=field(affine(2, -1, 1)), rules=(Window(3, 2, 1, 1),) * 2),
            layer("small", field=field(affine(4, 0, 3), units=(1, 1))),
        ),
        unit=(0, 3),
    )["models"][0]["layers"]
    assert layers[0]["region"] == {
        "unit": [0, 3],
        "first": [-1, 5],
        "last": [1, 7],
        "inside_first": [0, 5],
        "inside_last": [1, 7],
    }
    assert layers[1]["region"] is None


def test_json_has_bytes_and_intensities_of_the_dtype() -> None:
    stem = layer("stem")
    model = document(report(stem, relu("act", stem), peak_in_place=400), dtype="float16")["models"][0]
    assert [layer["bytes"] for layer in model["layers"]] == [2 * (192 + 256 + 112), 2 * (256 + 256)]
    assert [layer["intensity"] for layer in model["layers"]] == [2 * 6912 / 1120, 0]
    assert model["totals"]["bytes"] == 1120 + 1024
    assert model["totals"]["intensity"] == 2 * 6912 / 1120
    assert model["totals"]["peak_activations_in_place"] == 400


def test_json_of_several_inputs_and_of_none() -> None:
    both = report(
        layer("a", inputs=("left",)), inputs=(("left", Shape(3, (8, 8))), ("right", Shape(1, (4, 4))))
    )
    assert document(both)["models"][0]["input"] == {"left": [3, 8, 8], "right": [1, 4, 4]}
    unknown = report(layer("a"), inputs=(("input", Shape(None, (None, None))),))
    assert document(unknown)["models"][0]["input"] == [None, None, None]


def test_json_of_invalid_specs() -> None:
    failed = report(layer("stem"), failed="head", diagnostics=(misfit("head"),), outputs=(), peak=None)
    unread = Unread("no.yaml", (Diagnostic("E110", "error", "`no.yaml` does not exist"),))
    models = document(failed, unread)["models"]
    assert models[0]["layers"][0]["params"] == 112
    assert models[0]["totals"]["params"] is None
    assert models[0]["totals"]["peak_activations"] is None
    for key in ("peak_activations_in_place", "bytes", "intensity"):
        assert [model["totals"][key] for model in models] == [None, None]
    assert models[0]["diagnostics"] == [
        {
            "code": "E301",
            "severity": "error",
            "message": "window 9 does not fit the size 7",
            "help": "the smallest size that works here is 9",
            "path": "head",
            "file": "net.yaml",
            "line": 12,
            "column": 5,
        }
    ]
    assert models[1]["file"] == "no.yaml"
    assert models[1]["layers"] == []
    assert models[1]["diagnostics"][0]["code"] == "E110"


def test_json_keeps_names_as_they_are() -> None:
    name = 'a\x1b"\\\n卷'
    model = document(report(layer(name), name=name))["models"][0]
    assert model["name"] == name
    assert model["layers"][0]["path"] == name


def test_csv_has_plain_numbers_and_every_layer() -> None:
    conv = layer("stem", weights=1_234_567, biases=None)
    text = networks(
        [report(conv, relu("relu_1", conv)), report(conv, name="b")], View("params"), "csv", PLAIN
    )
    rows = list(csv.DictReader(StringIO(text)))
    assert [row["path"] for row in rows] == ["stem", "relu_1", "stem"]
    assert (rows[0]["file"], rows[0]["model"], rows[2]["model"]) == ("net.yaml", "net", "b")
    assert (rows[0]["weights"], rows[0]["biases"], rows[0]["params"], rows[0]["macs"]) == (
        "1234567",
        "",
        "",
        "6912",
    )


def test_depth_folds_rows_of_csv_and_no_records_of_json() -> None:
    (model,) = cnncalc.loads("input: [3, 9, 9]\nlayers: [seq: [conv3x3: 4, relu], seq: [conv3x3: 5, relu]]")
    found = cnncalc.analyze(model)
    for depth, count in ((None, 4), (1, 2)):
        view = View("params", depth=depth)
        assert len(list(csv.DictReader(StringIO(networks([found], view, "csv", PLAIN))))) == count
        assert len(json.loads(networks([found], view, "json", PLAIN))["models"][0]["layers"]) == 4


def test_csv_of_receptive_fields() -> None:
    text = networks([stem()], View("rf"), "csv", PLAIN)
    row = next(csv.DictReader(StringIO(text)))
    assert (row["rf_size"], row["rf_stride"], row["rf_padding"], row["rf_flags"]) == ("7x7", "2x2", "3x3", "")


def test_markdown_escapes_what_it_would_read() -> None:
    text = networks([report(layer("a|b`c", op="x*y"), name="net_[1]")], View("params"), "markdown", PLAIN)
    assert text.startswith("## net\\_\\[1\\] · 3x8x8 · pytorch\n")
    assert "| layer | op | output | weights |" in text
    assert "| --- | --- | ---: | ---: |" in text
    assert "| `` a\\|b`c `` | x\\*y | 4x8x8 | 108 |" in text
    assert "| params | 112 |  |" in text


def test_latex_indents_a_tree_by_blanks_as_its_fonts_have_no_lines() -> None:
    paths = ("stage[0]/a_1", "stage[0]/side/b", "stage[0]/side/c", "stage[0]")
    some = report(*map(layer, paths))
    for surface in (PLAIN, PLAIN._replace(unicode=False)):
        text = networks([some], View("params"), "latex", surface)
        rows = [line.partition(" & ")[0] for line in text.splitlines()]
        indented = [row for row in rows if "~" in row][:4]
        assert indented == ["~~~a\\_1", "\\textbf{~~~side}", "~~~~~~b", "~~~~~~c"]
        assert text.isascii()
    assert (escaped("[x]"), escaped("*")) == ("{[}x]", "{*}")  # not a part of the `\\\\` of the line before
    assert escaped("███ a…") == "\\rule{0.75em}{1.5ex} a\\ldots{}"


def test_a_comparison_in_json_and_csv() -> None:
    one, two = (
        report(layer("a", weights=8960, biases=0), name="one"),
        report(layer("a", weights=5120, biases=0), name="two"),
    )
    comparison = json.loads(compared([one, two], "json", PLAIN))["comparison"]
    assert comparison["base"] == "one"
    assert comparison["models"] == ["one", "two"]
    assert comparison["metrics"]["params"][1] == {"value": 5120, "difference": -3840, "ratio": 5120 / 8960}
    assert comparison["metrics"]["rf_size"] == [{"value": "3x3"}, {"value": "3x3"}]
    rows = list(csv.DictReader(StringIO(compared([one, two], "csv", PLAIN))))
    assert {"metric": "params", "model": "two", "value": "5120", "difference": "-3840"}.items() <= rows[
        1
    ].items()


def test_a_failed_network_is_compared_as_unknown() -> None:
    failed = report(layer("a"), name="two", failed="b", diagnostics=(misfit("b"),), outputs=())
    line = next(
        line
        for line in compared([report(layer("a")), failed], "table", PLAIN).splitlines()
        if line.startswith("params")
    )
    assert line.split() == ["params", "112", "?", "-", "-", "-"]
