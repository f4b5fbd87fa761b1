"""ONNX files held to the format, to ONNX Runtime, to PyTorch's values and to our own importer."""

from __future__ import annotations

from collections import Counter
from itertools import product
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("onnxruntime")
pytest.importorskip("onnx")
pytest.importorskip("numpy")

import numpy as np

import cnncalc
from cnncalc.analysis.report import LayerReport, Report
from cnncalc.errors import ExportError
from cnncalc.layers import OPERATIONS
from cnncalc.network.model import Model
from tests.exporters import onnx_files as running
from tests.exporters.networks import NAMES, awkward
from tests.rotation import todays

pytestmark = pytest.mark.slow

CONFIGS = Path(__file__).parent.parent.parent / "configs"
SPECS = sorted(CONFIGS.rglob("*.yaml"))
NOT_WRITTEN = {"custom"}
"""Operations that ONNX has no operator for."""
MOST_MACS = 300_000_000
"""Of a network that ONNX Runtime runs each time; every larger one it runs every two months."""
MOST_PARAMS = 20_000_000
IN_TURN = set(todays(SPECS, 60))
"""Networks that are run today however large they are; each has its turn within the share of its day."""
MOST_IN_TURN = 30_000_000_000
"""Multiply-adds above which a network is run at a smaller input, where it has an output for one."""


def exported(text: str) -> bytes:
    (model,) = cnncalc.loads(text)
    data = cnncalc.export(cnncalc.analyze(model), "onnx")
    assert isinstance(data, bytes)
    return data


def models_of(path: Path) -> list[Model]:
    """The models of a bundled file, its cases included."""
    every = [
        one for model in cnncalc.load(str(path)) for one in (model, *(case.model for case in model.cases))
    ]
    return [model for model in every if not model.errors]


def needed(report: Report) -> list[LayerReport]:
    """The layers that an output depends on; an importer leaves the others out."""
    wanted = {output.path for output in report.outputs}
    found = []
    for layer in reversed(report.layers):
        if layer.path in wanted:
            wanted.update(layer.inputs)
            found.append(layer)
    return found


def totals(report: Report) -> dict[str, int]:
    """Parameters, buffers and MACs; weights that are never learned are weights of a file like others."""
    layers = needed(report)
    fixed = sum(layer.buffers or 0 for layer in layers if getattr(layer.layer, "learned", True) is False)
    return {
        "params": sum(layer.params or 0 for layer in layers) + fixed,
        "buffers": sum(layer.buffers or 0 for layer in layers) - fixed,
        "macs": sum(layer.macs or 0 for layer in layers),
    }


def seen(report: Report) -> Counter[Any]:
    """Shape and receptive field of every output."""
    fields = {layer.path: layer.field for layer in report.layers}
    return Counter(
        (str(output.shape), fields[output.path].size, fields[output.path].stride, fields[output.path].start)
        for output in report.outputs
        if output.path in fields
    )


def runnable(model: Model, report: Report) -> Report:
    """The network at its own size, with open axes of 64 positions; a large one at a half, a quarter or an eighth
    of it and as many positions more as it needs to have an output.
    """
    for shrunk, more in [(1, 0), *product((2, 4, 8), range(32))]:
        sizes = {
            name: (shape.channels, *((size or 64) // shrunk + more for size in shape.sizes))
            for name, shape in report.inputs
        }
        found = cnncalc.analyze(model, sizes)
        if found.failed is None and totals(found)["macs"] <= MOST_IN_TURN:
            return found
    return report


def run_wrongly(model: Model, report: Report) -> list[str]:
    """What ONNX Runtime makes in another shape, or not at all."""
    report = runnable(model, report)
    data = cnncalc.export(report, "onnx")
    assert isinstance(data, bytes)
    onnx_model = running.checked(data)
    made = running.run(onnx_model)
    missing = {layer.path for layer in report.layers} - made.keys()
    return [*running.wrong_shapes(made, onnx_model.graph.output), *sorted(missing)]


@pytest.mark.parametrize("path", todays(SPECS), ids=lambda path: path.stem)
def test_bundled_networks_come_back_as_they_were(path: Path, tmp_path: Path) -> None:
    for model in models_of(path):
        report = cnncalc.analyze(model)
        if report.failed is not None:
            continue
        ops = {layer.op if layer.layer is None else layer.layer.op for layer in report.layers}
        if ops & NOT_WRITTEN:
            with pytest.raises(ExportError, match=f"ONNX cannot express this `{(ops & NOT_WRITTEN).pop()}`"):
                cnncalc.export(report, "onnx")
            continue
        data = cnncalc.export(report, "onnx")
        assert isinstance(data, bytes)
        running.checked(data)
        counted = totals(report)
        if path in IN_TURN or (counted["macs"] <= MOST_MACS and counted["params"] <= MOST_PARAMS):
            assert run_wrongly(model, report) == [], model.name
        file = tmp_path / "net.onnx"
        file.write_bytes(data)
        (again,) = cnncalc.load(str(file))
        back = cnncalc.analyze(again)
        assert totals(back) == counted, model.name
        assert seen(back) == seen(report), model.name


LAYERS = {
    "conv": ["[3, 9, 8], conv3x2: {out: 4, stride: [2, 1], padding: [[1, 0], [2, 1]], dilation: [1, 2]}"],
    "depthwise": ["[4, 9], depthwise3: {mult: 2, padding: causal}"],
    "conv_transpose": [
        "[4, 5, 6], conv_transpose4x3: {out: 6, groups: 2, stride: [2, 3], padding: [[1, 0], [1, 1]]}",
        "[4, 5], conv_transpose3: {out: 2, stride: 2, padding: 1, output_padding: 1}",
    ],
    "maxpool": [
        "[2, 8, 8], maxpool3x3: {stride: 2, ceil: true}",
        "[2, 5, 5], maxpool2: {stride: 2, padding: 1, ceil: true}",
        "[2, 9, 10], maxpool3: {stride: 2, ceil: true}",
    ],
    "avgpool": ["[2, 9, 9], avgpool4: {stride: 4, padding: 2, ceil: true}", "[2, 9, 9, 9], avgpool2"],
    "lppool": ["[2, 8], lppool2: {power: 3}"],
    "global_avgpool": ["[2, 8, 7], global_avgpool"],
    "global_maxpool": ["[2, 8, 7, 3], global_maxpool"],
    "global_lppool": ["[2, 8], global_lppool"],
    "adaptive_avgpool": ["[2, 8, 7], adaptive_avgpool: 4", "[2, 13], adaptive_avgpool: 6"],
    "adaptive_maxpool": ["[2, 8, 7], adaptive_maxpool: [4, 3]", "[2, 3, 3], adaptive_maxpool: 5"],
    "roi_pool": ["[2, 8, 7], roi_pool: {out: 3}"],
    "spp_level": [
        f"[2, 13, 13], spp_level: {{bins: 4, mode: {mode}}}" for mode in ("paper", "exact", "adaptive")
    ],
    "deform_conv": [
        "[2, 9, 9], deform_conv3x3: {out: 4, padding: 1}",
        "[4, 9, 9], deform_conv3x3: {out: 4, stride: 2, groups: 2, offset_groups: 2, modulated: true}",
    ],
    "flatten": ["[2, 3, 4], flatten"],
    "linear": ["[6], linear: 4", "[6, 1, 1], linear: {out: 4, bias: false}"],
    "embedding": ["[1, 7], embedding: {out: 5, vocab: 20}"],
    "lstm": [
        "[3, 7], lstm: {hidden: 4, bidirectional: true, layers: 2}",
        "[3, 7], lstm: {hidden: 4, sequence: false}",
    ],
    "gru": ["[3, 7], gru: 4", "[3, 7], gru: {hidden: 4, bidirectional: true, sequence: false}"],
    "rnn": ["[3, 7], rnn: {hidden: 4, layers: 3}"],
    "eca": ["[8, 1, 1], eca: 3", "[8, 3, 4], eca: 5", "[8], eca: 3"],
    "attention": [
        "[8, 5], attention: 2",
        "[8, 4, 3], attention: {heads: 2, head: 5, value: 3, bias: false}",
        "[8, 4, 3], attention: {heads: 2, project: false, position: table}",
        "[8, 4, 6], attention: {heads: 2, position: axes}",
        "[8, 7, 6], attention: {heads: 2, window: 3, position: table}",
        "[8, 8, 8], attention: {heads: 2, window: 4, shift: 2, out_bias: false}",
        "[8, 9, 8, 7], attention: {heads: 2, window: [4, 3, 2], shift: [2, 1, 1]}",
    ],
    "bn": ["[4, 5, 5], bn", "[4], bn: {scale: false}"],
    "gn": ["[4, 5, 5], gn: 2", "[4, 5], gn: {groups: 2, affine: false}"],
    "ln": ["[4, 5, 5], ln", "[4], ln", "[4, 5], ln: {affine: false}", "[4, 5], ln: {beta: false}"],
    "instance_norm": ["[4, 5, 5], instance_norm", "[4, 5], instance_norm: {affine: true}"],
    "lrn": ["[8, 5, 5], lrn: 5"],
    "scale": ["[4, 5], scale: {bias: true}", "[4, 5], scale: {per_channel: false}"],
    "shift": ["[4, 5], shift", "[4, 5, 3], shift: {per_position: true, per_channel: false}"],
    "prelu": ["[4, 5], prelu: {per_channel: true}", "[4], prelu"],
    "softmax": ["[4, 5], softmax"],
    "dropout": ["[4, 5], dropout"],
    "pow": ["[4, 5], pow: 3"],
    "hardtanh": ["[4, 5], hardtanh: {low: -2, high: 3}"],
    "channel_shuffle": ["[6, 5, 4], channel_shuffle: 3", "[6], channel_shuffle: 2"],
    "slice": ["[6, 5], slice: [2, 3]"],
    "glu": ["[6, 5], glu"],
    "squeeze": ["[6, 1, 5], squeeze", "[6, 5], squeeze"],
    "tokens": ["[6, 3, 5], tokens", "[6, 3, 5], tokens: {extra: 2}"],
    "to_map": [
        "[6, 12], to_map: [4, 3]",
        "[6, 14], to_map: {size: [4, 3], extra: 2}",
        "[24], to_map: [4, 3]",
    ],
    "token": ["[6, 12], token: 3", "[6, 12], token: -1"],
    "unfold": ["[2, 7, 8], unfold3x2: {stride: 2, padding: 1}", "[2, 9], unfold3: {dilation: 2}"],
    "pixel_shuffle": [
        "[8, 3], pixel_shuffle: 2",
        "[8, 3, 4], pixel_shuffle: 2",
        "[16, 3, 4, 2], pixel_shuffle: 2",
    ],
    "pixel_unshuffle": [
        "[2, 6], pixel_unshuffle: 2",
        "[2, 6, 4], pixel_unshuffle: 2",
        "[2, 6, 4, 2], pixel_unshuffle: 2",
    ],
    "upsample": [
        "[2, 5, 4], upsample: 2",
        "[2, 5, 4], upsample: {factor: [1.5, 2], mode: bilinear}",
        "[2, 5, 4], upsample: {factor: 2.6, mode: bicubic}",
        "[2, 5, 4], upsample: {size: [9, 3], mode: bilinear, align_corners: true}",
        "[2, 14], upsample: {size: 4}",
        "[2, 5, 4, 3], upsample: {factor: 2, mode: bilinear}",
    ],
    "pad": ["[2, 5, 4], pad: [[1, 0], [0, 2]]"],
    "crop": ["[2, 5, 4], crop: [[1, 0], [0, 2]]"],
}
"""One layer each, which PyTorch or ONNX Runtime must give the same shape; its input first."""
PLAIN = (
    "relu",
    "relu6",
    "leaky_relu",
    "sigmoid",
    "tanh",
    "gelu",
    "silu",
    "elu",
    "selu",
    "mish",
    "hardswish",
    "hardsigmoid",
    "identity",
    "drop_path",
    "square",
    "sqrt",
    "rsqrt",
    "exp",
    "log",
    "abs",
    "neg",
    "softplus",
    "softsign",
    "celu",
    "logsigmoid",
    "tanhshrink",
    "channel_mean",
    "channel_max",
    "l2norm",
)
JOINS = ("concat", "add", "sub", "mul", "div", "max", "upsample_to", "crop_to")
"""Operations of several inputs, which have tests of their own."""
ONE_LAYER = [
    (op, f"{{input: {text.partition('], ')[0]}], layers: [{text.partition('], ')[2]}]}}")
    for op, texts in {**LAYERS, **{op: [f"[4, 3, 3], {op}", f"[4], {op}"] for op in PLAIN}}.items()
    for text in texts
]


def test_every_operation_is_tried() -> None:
    tried = {*LAYERS, *PLAIN, *JOINS, *NOT_WRITTEN}
    missing = sorted(set(OPERATIONS) - tried)
    assert not missing, (
        f"add {', '.join(missing)} to `LAYERS` of tests/exporters/test_onnx.py where cnncalc/exporters/onnx writes it, "
        "otherwise to `NOT_WRITTEN`"
    )
    assert tried <= set(OPERATIONS)


@pytest.mark.parametrize(("op", "text"), ONE_LAYER, ids=[text[8:-2] for _, text in ONE_LAYER])
def test_one_layer_runs_with_our_shape(op: str, text: str) -> None:
    (model,) = cnncalc.loads(text)
    report = cnncalc.analyze(model)
    assert op in {layer.op for layer in report.layers}
    onnx_model = running.checked(exported(text))
    made = running.run(onnx_model)
    assert running.wrong_shapes(made, onnx_model.graph.output) == []
    assert {layer.path for layer in report.layers} <= made.keys()


OTHERWISE: dict[str, tuple[str, set[str]]] = {
    "dropout": ("an identity once the network is trained", {"identity"}),
    "drop_path": ("an identity once the network is trained", {"identity"}),
    "squeeze": ("of a map without an axis of size 1 an identity", {"squeeze", "identity"}),
    "lstm": ("one node for each of its layers", {"lstm"}),
    "gru": ("one node for each of its layers", {"gru"}),
    "rnn": ("one node for each of its layers", {"rnn"}),
    "spp_level": ("bins of one size are a pool's windows", {"maxpool"}),
    "adaptive_avgpool": ("bins of one size are a pool's windows", {"adaptive_avgpool", "avgpool"}),
    "adaptive_maxpool": ("bins of one size are a pool's windows", {"adaptive_maxpool", "maxpool"}),
}
"""Operations that come back as others of equal numbers: why, and as which."""


def _read_again(text: str, folder: Path) -> tuple[Report, Report]:
    """A spec's report, and that of what the importer makes of its file."""
    (folder / "net.onnx").write_bytes(exported(text))
    (model,), (again,) = cnncalc.loads(text), cnncalc.load(str(folder / "net.onnx"))
    return cnncalc.analyze(model), cnncalc.analyze(again)


@pytest.mark.parametrize(("op", "text"), ONE_LAYER, ids=[text[8:-2] for _, text in ONE_LAYER])
def test_one_layer_comes_back_as_one_of_equal_numbers(op: str, text: str, tmp_path: Path) -> None:
    report, back = _read_again(text, tmp_path)
    assert totals(back) == totals(report)
    assert seen(back) == seen(report)
    ops = [layer.op for layer in back.layers]
    assert ops == [layer.op for layer in report.layers] or set(ops) <= OTHERWISE[op][1]


TWO = "{input: [4, 6, 6], layers: [{conv3x3: {out: 4, padding: 1}, name: one}, {maxpool3: {stride: 1, padding: 1}, name: two}, %s]}"


@pytest.mark.parametrize(
    "item",
    [
        *(f"{{{op}: [one, two]}}" for op in ("concat", "add", "sub", "mul", "div", "max")),
        "{add: [one, two, one]}",
        "{sub: [one, two, one]}",
        "{mul: {gate: [global_avgpool, flatten, linear: 4, sigmoid], map: []}}",
        "{mul: {map: [], gate: [channel_mean, sigmoid]}}",
        "{concat: [one]}",
        "maxpool2, {upsample_to: {target: one, mode: bilinear}}",
        "pad: 2, {crop_to: one}",
        "pad: 2, {crop_to: {target: one, offset: [1, 3]}}",
        "{attention: {heads: 2, kv: one}}",
        "{conv3x3: {out: 4, padding: 1}, share: one}",
        "maxpool2, {conv_transpose3x3: {out: 4, stride: 2, padding: 1, size: one}}",
    ],
)
def test_layers_that_read_several(item: str, tmp_path: Path) -> None:
    report, back = _read_again(TWO % item, tmp_path)
    assert (totals(back), seen(back)) == (totals(report), seen(report))
    onnx_model = running.checked(exported(TWO % item))
    made = running.run(onnx_model)
    assert running.wrong_shapes(made, onnx_model.graph.output) == []


def test_shared_weights_are_one_tensor() -> None:
    model = running.checked(exported(TWO % "{conv3x3: {out: 4, padding: 1}, share: one}"))
    weights = [node.input[1] for node in model.graph.node if node.op_type == "Conv"]
    assert weights == ["one.weight", "one.weight"]


def test_everything_that_cannot_be_written_is_named_at_once() -> None:
    text = """
    input: [3, 8, 8]
    layers:
      - {custom: {params: 3, macs: 0}, name: first}
      - {lppool2: {power: 2.5}, name: second}
      - {seq: [{custom: {params: 3, macs: 0}, name: inner}], name: third}
    """
    (model,) = cnncalc.loads(text)
    with pytest.raises(ExportError) as caught:
        cnncalc.export(cnncalc.analyze(model), "onnx")
    found = [(one.code, one.path, one.message) for one in caught.value.diagnostics]
    assert found == [
        (
            "E330",
            "first",
            "ONNX cannot express this `custom`: it is an operation of which only numbers are given",
        ),
        (
            "E330",
            "second",
            "ONNX cannot express this `lppool`: the power of its norm is 2.5, ONNX has whole numbers from 1 on",
        ),
        (
            "E330",
            "third/inner",
            "ONNX cannot express this `custom`: it is an operation of which only numbers are given",
        ),
    ]


@pytest.mark.parametrize("framework", ["pytorch", "tensorflow", "caffe", "onnx", "onnx:17"])
@pytest.mark.parametrize("size", [7, 8, 9, 10])
def test_pools_are_counted_as_the_framework_counts(framework: str, size: int) -> None:
    pool = (
        "maxpool3: {stride: 2, padding: same}"
        if framework == "tensorflow"
        else "maxpool3: {stride: 2, padding: 1, ceil: true}"
    )
    text = f"{{framework: {framework}, input: [2, {size}, {size}], layers: [{pool}]}}"
    onnx_model = running.checked(exported(text))
    assert running.wrong_shapes(running.run(onnx_model), onnx_model.graph.output) == []


def test_open_sizes_stay_open() -> None:
    model = running.checked(
        exported("{input: [3, any, any], layers: [conv3x3: {out: 4, padding: 1}, global_avgpool, linear: 2]}")
    )
    assert running.sizes(model.graph.input[0]) == ["batch", 3, "input_1", "input_2"]
    made = running.run(model, {"input": np.zeros((2, 3, 9, 5), np.float32)})
    assert made["linear_1"].shape == (2, 2)


def test_regions_of_interest_are_an_input() -> None:
    model = running.checked(exported("{input: [2, 8, 7], layers: [{roi_pool: {out: 3}, name: roi}]}"))
    assert [one.name for one in model.graph.input] == ["input", "roi/regions"]


def test_what_needs_a_size_says_so() -> None:
    with pytest.raises(ExportError, match=r"the size 4x\?x\? is not known.*pass --input"):
        exported("{input: [4, any, any], layers: [channel_shuffle: 2, pixel_unshuffle: 2]}")


def test_names_are_kept_whatever_they_are() -> None:
    names = ["class", 'a "b"', "<script>", "größe", "x.weight", "input"]
    items = "\n".join(f"  - {{conv1x1: 3, name: '{name}'}}" for name in names[:-1])
    model = running.checked(exported(f"name: '</script>'\ninput: [3, 4, 4]\nlayers:\n{items}"))
    made = running.run(model)
    assert set(names[:-1]) <= made.keys()
    assert model.graph.name == "</script>"


def test_names_that_mean_something_elsewhere_run_and_come_back(tmp_path: Path) -> None:
    report = awkward()
    data = cnncalc.export(report, "onnx")
    assert isinstance(data, bytes)
    assert len(running.run(running.checked(data))) >= len(NAMES)
    path = tmp_path / "awkward.onnx"
    path.write_bytes(data)
    (back,) = cnncalc.load(path)
    assert cnncalc.analyze(back).totals == report.totals


def test_the_format_is_what_it_says() -> None:
    model = running.checked(exported("{name: tiny, input: [3, 8, 8], layers: [conv3x3: {out: 4}]}"))
    assert (model.ir_version, [(one.domain, one.version) for one in model.opset_import]) == (10, [("", 21)])
    assert model.producer_name == "cnncalc"
    assert [node.op_type for node in model.graph.node] == ["ConstantOfShape", "ConstantOfShape", "Conv"]
    assert [node.name for node in model.graph.node][-1] == "/conv3x3_1/Conv"
    assert [one.name for one in model.graph.initializer] == ["sizes_4_3_3_3", "sizes_4"]


@pytest.mark.parametrize(
    "text",
    [
        "{input: [4, 6, 8], layers: [conv3x3: 4, tokens]}",
        "{input: [6, 9], layers: [conv3: 6, pixel_shuffle: 2]}",
        "{input: [6, 8], layers: [conv3: 6, pixel_unshuffle: 2]}",
        "{input: [6, 8, 8], layers: [conv3x3: 6, channel_shuffle: 2]}",
        "{input: [4, 6, 8], layers: [conv3x3: 4, flatten]}",
    ],
)
def test_a_rearrangement_at_the_end_comes_back(text: str, tmp_path: Path) -> None:
    (model,) = cnncalc.loads(text)
    report = cnncalc.analyze(model)
    data = cnncalc.export(report, "onnx")
    assert isinstance(data, bytes)
    path = tmp_path / "net.onnx"
    path.write_bytes(data)
    (again,) = cnncalc.load(str(path))
    assert seen(cnncalc.analyze(again)) == seen(report)


def test_files_are_small() -> None:
    (model,) = cnncalc.load("vgg16")
    data = cnncalc.export(cnncalc.analyze(model), "onnx")
    assert len(data) < 20_000  # of 138 million parameters


def test_many_layers() -> None:
    text = "{input: [8, 8, 8], layers: [{seq: [conv3x3: {out: 8, padding: 1}, relu], repeat: 5_000}]}"
    data = exported(text)
    import onnx

    assert len(onnx.load_from_string(data).graph.node) == 5_000 * 4
