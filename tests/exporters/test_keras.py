"""Exported Keras source, executed by Keras: what it holds and what comes out."""

from __future__ import annotations

import shutil
import subprocess
import sys
from math import prod
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("keras")

import cnncalc
from cnncalc import Report, bundled
from tests.exporters.networks import awkward
from tests.rotation import todays

pytestmark = pytest.mark.slow

SMALL = (
    "lenet5",
    "resnet18",
    "unet",
    "mobilenet_v1",
    "mobilenet_v2",
    "slim_resnet_v1",
    "squeezenet",
    "inception_resnet_v2",
    "efficientnet",
    "textcnn",
    "char_cnn",
    "crnn",
)
"""Networks that Keras builds within seconds."""


def executed(text: str) -> Any:
    """The model that source makes."""
    space: dict[str, Any] = {"__name__": "net"}
    exec(compile(text, "net.py", "exec"), space)
    return [value for value in space.values() if getattr(value, "__code__", None) is not None][-1]()


def held(model: Any) -> tuple[int, int, list[tuple[int, ...]]]:
    """Trained numbers, others, and output shapes with the channels first."""
    trained = sum(prod(one.shape) for one in model.trainable_weights)
    others = sum(prod(one.shape) for one in model.non_trainable_weights if "seed" not in one.path)
    shapes = [tuple(output.shape[1:]) for output in model.outputs]
    return trained, others, [(shape[-1], *shape[:-1]) for shape in shapes]


def expected(report: Report) -> tuple[int, int, list[tuple[Any, ...]]]:
    """The same as the report has it."""
    totals = report.totals
    assert totals.params is not None
    assert totals.trainable is not None
    assert totals.buffers is not None
    others = totals.params - totals.trainable + totals.buffers
    return totals.trainable, others, [output.shape.axes for output in report.outputs]


def exported(text: str) -> tuple[str, Report]:
    (model,) = cnncalc.loads(f"framework: tensorflow\n{text}")
    report = cnncalc.analyze(model)
    written = cnncalc.export(report, "keras")
    assert isinstance(written, str)
    return written, report


def of_tensorflow() -> list[str]:
    """The bundled networks that follow TensorFlow's rules."""
    return [
        name
        for name in bundled.names()
        if any(model.framework.name == "tensorflow" for model in cnncalc.load(name))
    ]


@pytest.mark.parametrize("name", todays(sorted({*SMALL, *of_tensorflow()})))
def test_a_bundled_network_is_what_the_report_says(name: str) -> None:
    for model in cnncalc.load(name)[:2]:
        report = cnncalc.analyze(model, framework="tensorflow")
        if not report.ok or not all(shape.known for _, shape in report.inputs):
            continue
        try:
            text = cnncalc.export(report, "keras")
        except cnncalc.ExportError as error:
            assert all(one.code == "E330" and one.path for one in error.diagnostics)
            continue
        assert isinstance(text, str)
        assert held(executed(text)) == expected(report)


def test_names_of_all_kinds_are_valid_and_distinct() -> None:
    report = awkward("tensorflow")
    text = cnncalc.export(report, "keras")
    assert isinstance(text, str)
    assert held(executed(text)) == expected(report)


LAYERS = {
    "same": "conv3x3: {out: 4, stride: 2, padding: same}",
    "numbers": "conv3x3: {out: 4, padding: [[0, 1], [2, 1]]}",
    "depthwise": "depthwise3x3: {mult: 2, padding: same}",
    "transposed": "conv_transpose3x3: {out: 4, stride: 2, padding: same}",
    "transposed by numbers": "conv_transpose4x4: {out: 4, stride: 2, padding: 1}",
    "transposed unlike": "conv_transpose: {out: 4, kernel: [3, 2], stride: [2, 3], padding: [[1, 0], [0, 1]], output_padding: [1, 0]}",
    "transposed to a size": "conv_transpose3x3: {out: 4, stride: 2, padding: 1, size: [24, 30]}",
    "transposed and dilated": "conv_transpose3x3: {out: 4, dilation: 2, padding: 2, learned: false}",
    "transposed with gaps": "conv_transpose2x2: {out: 4, stride: 3, output_padding: 1}",
    "pixel shuffle": "pixel_shuffle: 2",
    "pixel unshuffle": "pixel_unshuffle: 3",
    "channel shuffle": "channel_shuffle: 4",
    "fixed weights": "conv3x3: {out: 4, learned: false}",
    "frozen": "{conv3x3: 4, frozen: true}",
    "a padded pool": "maxpool3: {stride: 2, padding: 1}",
    "same pool": "avgpool3: {stride: 2, padding: same}",
    "adaptive": "adaptive_avgpool: [4, 5]",
    "no offsets": "bn: {beta: false}",
    "group norm": "gn: {groups: 2, gamma: false}",
    "layer norm": "ln",
    "prelu": "prelu: {per_channel: true}",
    "one slope": "prelu",
    "gate": "mul: {gate: [global_avgpool, conv1x1: 8, sigmoid], map: []}",
    "vector gate": "mul: {gate: [global_avgpool, flatten, linear: 8], map: []}",
    "slice": "slice: {channels: [2, 4]}",
    "resize": "upsample: {size: [20, 30], mode: bilinear}",
    "upsample": "upsample: {factor: 2, mode: bilinear}",
    "crop": "crop: [[1, 0], [2, 3]]",
    "per position": "linear: 5",
    "pow": "pow: 3",
    "celu": "celu: 0.5",
    "sub": "sub: {one: [conv1x1: 8], other: []}",
    "a sequence": "seq: [tokens, lstm: {hidden: 5, bidirectional: true, layers: 2}]",
    "the last state": "seq: [tokens, gru: {hidden: 5, sequence: false}]",
    "attention": "seq: [tokens, attention: {heads: 2}]",
}


@pytest.mark.parametrize("layer", LAYERS.values(), ids=list(LAYERS))
def test_a_layer(layer: str) -> None:
    text, report = exported(f"input: [8, 12, 15]\nlayers:\n  - {layer}\n")
    assert held(executed(text)) == expected(report)


def test_the_rules_of_another_framework_are_refused_with_the_way_out() -> None:
    (model,) = cnncalc.loads("name: Net\ninput: [3, 8, 8]\nlayers: [conv3x3: 4]\n")
    with pytest.raises(cnncalc.ExportError) as caught:
        cnncalc.export(cnncalc.analyze(model), "keras")
    (found,) = caught.value.diagnostics
    assert found.message == "Keras cannot express `Net`: it follows the rules of pytorch"
    assert found.help == "`--framework tensorflow` computes it by Keras's rules"


def test_all_layers_that_keras_lacks_are_named() -> None:
    with pytest.raises(cnncalc.ExportError) as caught:
        exported("input: [4, 8, 8]\nlayers: [lrn, scale, conv3x3: 4]\n")
    assert [one.path for one in caught.value.diagnostics] == ["lrn_1", "scale_1"]


def test_weights_that_are_shared_are_one_layer() -> None:
    text, report = exported(
        "input: {left: [3, 9, 9], right: [3, 9, 9]}\n"
        "layers:\n"
        "  - {conv3x3: {out: 4, padding: same}, from: left, name: tower}\n"
        "  - {conv3x3: {out: 4, padding: same}, from: right, share: tower, name: other}\n"
        "  - concat: [tower, prev]\n"
    )
    assert held(executed(text)) == expected(report)


def test_a_block_is_a_function_with_its_parameters() -> None:
    text, report = exported(
        "name: Net\ninput: [3, 32, 32]\n"
        "blocks:\n  basic:\n    params: [c, s=1]\n    layers:\n"
        "      - residual:\n          body:\n"
        "            - conv3x3: {out: c, stride: s, padding: same, norm: bn, act: relu}\n"
        "            - conv3x3: {out: c, padding: same, norm: bn}\n"
        "          shortcut: project\n      - relu\n"
        "layers:\n"
        "  - conv3x3: {out: 16, padding: same}\n"
        "  - {basic: 16, name: one, repeat: 3}\n"
        "  - {basic: {c: 32, s: 2 if i == 0 else 1}, name: two, repeat: 3}\n"
        "  - global_avgpool\n  - linear: 10\n"
    )
    assert held(executed(text)) == expected(report)
    assert "def basic(x, filters, strides=1):" in text
    assert "    if strides != 1:\n" in text
    assert "    for _ in range(3):\n        x = basic(x, 16)\n" in text
    assert "    x = basic(x, 32, strides=2)\n    for _ in range(2):\n        x = basic(x, 32)\n" in text


@pytest.mark.parametrize("name", ["lenet5", "resnet18", "unet", "mobilenet_v1"])
def test_source_is_formatted(name: str, tmp_path: Path) -> None:
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent)) or shutil.which("ruff")
    if ruff is None:
        pytest.skip("ruff is not installed")
    text = cnncalc.export(cnncalc.analyze(cnncalc.load(name)[0], framework="tensorflow"), "keras")
    assert isinstance(text, str)
    (tmp_path / "net.py").write_text(text, encoding="utf-8")
    options = ("--isolated", "--line-length", "100", str(tmp_path))
    for command in (["check"], ["format", "--diff"]):
        done = subprocess.run([ruff, *command, *options], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
