"""Mermaid and DOT: every layer once, nested as the network is, read by Mermaid's and Graphviz's own parsers."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import cnncalc
from cnncalc import Report, bundled
from cnncalc.errors import ExportError
from cnncalc.exporters.chart import chart
from cnncalc.exporters.mermaid import MOST_CHARACTERS, MOST_EDGES
from tests.exporters.networks import awkward
from tests.rotation import todays

MERMAID = Path(os.environ.get("CNNCALC_NODE_MODULES", "/usr/local/lib/node_modules"))
"""Where npm has put the packages mermaid and jsdom."""


def text_of(report: Report, kind: str, depth: int | None = None) -> str:
    found = cnncalc.export(report, kind, depth=depth)
    assert isinstance(found, str)
    return found


def report_of(name: str, model: int = 0) -> Report:
    return cnncalc.analyze(cnncalc.load(name)[model])


def some(parts: int) -> list[Report]:
    """Bundled networks, others each day."""
    models = [model for name in todays(list(bundled.names()), parts) for model in cnncalc.load(name)]
    return [report for report in map(cnncalc.analyze, models) if report.ok]


@pytest.mark.parametrize("name", ["resnet18", "googlenet", "unet", "wavenet", "unet3d", "ssd300"])
def test_every_layer_is_a_box_and_every_tensor_an_arrow(name: str) -> None:
    report = report_of(name)
    drawn = chart(report)
    boxes = [item for _, item in drawn.walk() if hasattr(item, "kind")]
    assert len(boxes) == len(report.inputs) + len(report.layers) + len(report.outputs)
    wanted = sum(len(set(layer.inputs)) for layer in report.layers) + len(report.outputs)
    assert len(drawn.arrows) == wanted
    assert {arrow.size for arrow in drawn.arrows} <= {str(layer.shape) for layer in report.layers} | {
        str(shape) for _, shape in report.inputs
    }


def test_a_block_as_text() -> None:
    (model,) = cnncalc.loads(
        "{name: Tiny, input: [3, 8, 8], layers: [{residual: [conv3x3: {out: 3, padding: 1, norm: bn}], name: unit}, conv3x3: 4]}"
    )
    report = cnncalc.analyze(model)
    assert text_of(report, "mermaid").splitlines() == [
        "flowchart TB",
        '  n0(["input"])',
        '  subgraph g0 ["unit"]',
        '    n1["conv 3x3<br>81 params"]',
        '    n2["bn<br>6 params"]',
        '    n3("add")',
        "  end",
        '  n4["conv 3x3<br>112 params"]',
        '  n5(["output"])',
        '  n0 -->|"3x8x8"| n1',
        '  n1 -->|"3x8x8"| n2',
        '  n2 -->|"3x8x8"| n3',
        '  n0 -->|"3x8x8"| n3',
        '  n3 -->|"3x8x8"| n4',
        '  n4 -->|"4x6x6"| n5',
    ]
    assert text_of(report, "mermaid", depth=1).splitlines()[2] == '  n1[["unit<br>3 layers<br>87 params"]]'
    assert '  n1 [label="unit\\n3 layers\\n87 params", peripheries=2];' in text_of(report, "dot", depth=1)


def test_charts_are_folded_until_mermaid_draws_them() -> None:
    for name in ("resnet", "densenet", "efficientnet", "inception_v4", "swin", "yolov8"):
        for model in cnncalc.load(name):
            text = text_of(cnncalc.analyze(model), "mermaid")
            assert len(text) <= MOST_CHARACTERS and text.count("-->") <= MOST_EDGES, model.name
    deep = text_of(report_of("resnet", -1), "mermaid")
    assert re.search(r"%% folded to depth \d of \d, for Mermaid's limits", deep)


@pytest.mark.parametrize(("length", "is_folded"), [(10, False), (300, True)])
def test_long_names_are_folded_too(length: int, is_folded: bool) -> None:
    """Of 200 edges the names alone make the text too long."""
    names = ", ".join(f"{{seq: [relu], name: {'n' * length}{number}}}" for number in range(200))
    (model,) = cnncalc.loads(f"{{input: [3, 8, 8], layers: [{{seq: [{names}], name: all}}]}}")
    text = text_of(cnncalc.analyze(model), "mermaid")
    assert len(text) <= MOST_CHARACTERS
    assert ("%% folded to depth" in text) is is_folded


def test_what_cannot_be_folded_far_enough_is_refused() -> None:
    (model,) = cnncalc.loads("{input: [3, 8, 8], layers: [{relu: , repeat: 600}]}")
    with pytest.raises(
        ExportError, match="E330 Mermaid cannot express `<text>`: with every structure folded"
    ):
        cnncalc.export(cnncalc.analyze(model), "mermaid")
    assert text_of(cnncalc.analyze(model), "dot").count("->") == 601


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_graphviz_reads_names_that_mean_something() -> None:
    report = awkward()
    done = subprocess.run(
        ["dot", "-Tjson0"],
        input=text_of(report, "dot"),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stderr == ""
    drawn = json.loads(done.stdout)
    labels = [one["label"].split("\\n")[0] for one in drawn["objects"]]
    assert drawn["name"] == '<b>"x"</b>'
    for name in (
        "class",
        'a "b"',
        "<script>alert(1)",
        "größe",
        "卷积",
        "%%{init: {'theme': 'dark'}}%%",
    ):
        assert any(name.replace("\\", "\\\\") == label for label in labels), (name, labels)
    image = subprocess.run(
        ["dot", "-Tsvg"], input=text_of(report, "dot"), capture_output=True, text=True, check=True, timeout=60
    ).stdout
    assert "<script" not in image and "&amp;lt;" in image


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_graphviz_reads_every_bundled_network() -> None:
    texts = [text_of(report, "dot") for report in some(9)]
    done = subprocess.run(
        ["gvpr", "BEG_G { print(nNodes($G), \" \", nEdges($G)) }"],
        input="".join(texts), capture_output=True, text=True, check=True, timeout=100,
    )  # fmt: skip
    assert done.stderr == ""
    assert len(done.stdout.split()) == 2 * len(texts)


READ = """
import { createRequire } from "module";
import fs from "fs";
const require = createRequire(process.argv[2] + "/");
const { JSDOM } = require("jsdom");
const { window } = new JSDOM("");
globalThis.window = window;
globalThis.document = window.document;
const mermaid = (await import(process.argv[2] + "/mermaid/dist/mermaid.core.mjs")).default;
mermaid.initialize({});
const found = [];
for (const text of JSON.parse(fs.readFileSync(0, "utf8"))) {
  await mermaid.parse(text);
  const drawn = await mermaid.mermaidAPI.getDiagramFromText(text);
  found.push({ boxes: [...drawn.db.getVertices().values()].map((one) => one.text), edges: drawn.db.getEdges().length,
               groups: drawn.db.getSubGraphs().map((one) => one.title), config: mermaid.mermaidAPI.getConfig().theme });
}
console.log(JSON.stringify(found));
"""


@pytest.mark.slow
@pytest.mark.skipif(
    shutil.which("node") is None or not (MERMAID / "mermaid").is_dir() or not (MERMAID / "jsdom").is_dir(),
    reason="Node with the packages mermaid and jsdom is not installed (CNNCALC_NODE_MODULES says where)",
)
def test_mermaid_reads_what_is_written(tmp_path: Path) -> None:
    reports = [awkward(), *some(40)]
    script = tmp_path / "read.mjs"
    script.write_text(READ, encoding="utf-8")
    texts = [text_of(report, "mermaid") for report in reports]
    done = subprocess.run(
        ["node", str(script), str(MERMAID)],
        input=json.dumps(texts), capture_output=True, text=True, timeout=200,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    for text, found in zip(texts, json.loads(done.stdout), strict=True):
        assert found["edges"] == text.count("-->|")
        assert len(found["boxes"]) == len(re.findall(r"^ *n\d+[(\[]", text, re.MULTILINE))
        assert len(found["groups"]) == text.count("  subgraph ")
        assert found["config"] == "default"
