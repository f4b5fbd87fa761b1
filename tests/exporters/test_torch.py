"""Exported PyTorch source, executed: it holds, gives and costs what the report says, and reads well."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch")

import cnncalc
from cnncalc import Report, bundled
from cnncalc.exporters.identifiers import class_name
from cnncalc.exporters.torch.helpers import HELPERS
from tests.exporters.networks import awkward, reports_of
from tests.exporters.running import executed, expected, held, torch
from tests.rotation import todays

pytestmark = pytest.mark.slow

INEXPRESSIBLE = {"roi_pool": "regions", "custom": "no such layer", "deform_conv": "no such layer"}
"""Operations that PyTorch has no module for."""
HAND_PICKED = ("resnet18", "unet", "densenet", "mobilenet_v2", "inception_v3", "wavenet", "crnn", "hrnet")


def exported(text: str) -> tuple[str, Report]:
    (model,) = cnncalc.loads(text)
    report = cnncalc.analyze(model)
    written = cnncalc.export(report, "torch")
    assert isinstance(written, str)
    return written, report


@pytest.mark.parametrize("name", todays(list(bundled.names())))
def test_a_bundled_network_is_what_the_report_says(name: str) -> None:
    for _, report in reports_of(name):
        try:
            text = cnncalc.export(report, "torch")
        except cnncalc.ExportError as error:
            ops = {layer.op for layer in report.layers} & {*INEXPRESSIBLE, "attention"}
            assert ops, error
            continue
        assert isinstance(text, str)
        assert held(text, report) == expected(report)


LAYERS = {
    "a padding that differs before and after": "conv3x3: {out: 4, padding: [[0, 1], [2, 0]]}",
    "a causal convolution": "conv3x3: {out: 4, padding: causal}",
    "same": "conv4x4: {out: 4, padding: same}",
    "groups": "conv3x3: {out: 8, groups: 4, stride: [2, 1]}",
    "depthwise": "depthwise3x3: {mult: 2, dilation: 2}",
    "transposed": "conv_transpose4x4: {out: 4, stride: 2, padding: [[0, 1], [1, 0]]}",
    "fixed weights": "conv3x3: {out: 4, learned: false}",
    "a norm without offsets": "bn: {beta: false}",
    "a norm without factors": "bn: {gamma: false}",
    "group norm": "gn: {groups: 2, affine: false}",
    "layer norm": "ln: {beta: false}",
    "instance norm": "instance_norm: {affine: true}",
    "a padded pool": "maxpool3x3: {stride: 2, padding: [[0, 1], [1, 1]]}",
    "a pool that rounds up": "avgpool3: {stride: 2, ceil: true}",
    "lppool": "lppool3: {power: 3, stride: 2}",
    "a pyramid": "spp: [1, 2, 4]",
    "global lppool": "global_lppool: {power: 3}",
    "scale": "scale: {bias: true}",
    "shift": "shift: {per_position: true}",
    "prelu": "prelu: {per_channel: true}",
    "pow": "pow: 3",
    "drop path": "drop_path: 0.2",
    "shuffle": "channel_shuffle: 2",
    "slice": "slice: {channels: [2, 4]}",
    "tokens": "tokens: {extra: 2}",
    "unfold": "unfold3x3: {stride: 2, padding: 1, dilation: 2}",
    "pixel shuffle": "pixel_shuffle: 2",
    "pixel unshuffle": "pixel_unshuffle: 3",
    "a factor that is no whole number": "upsample: {factor: 4/3, mode: bilinear}",
    "corners": "upsample: {size: [20, 30], mode: bilinear, align_corners: true}",
    "pad and crop": "crop: [[1, 0], [2, 3]]",
    "eca": "eca: 3",
    "attention": "attention: {heads: 2, head: 5, value: 3, bias: false}",
    "attention within blocks": "attention: {heads: 2, window: [4, 5], shift: [2, 0], position: table}",
    "blocks that do not fill the map": "attention: {heads: 2, window: 7, shift: 3}",
    "a table over the whole map": "attention: {heads: 4, position: table, head: 3}",
    "glu": "glu",
    "l2norm": "l2norm",
    "means": "mul: {gate: [channel_mean, sigmoid], map: []}",
    "linear on a point": "seq: [global_avgpool, linear: 10]",
    "a vector as a map": "seq: [flatten, linear: 24, to_map: [4, 3], conv3x3: 2]",
}


@pytest.mark.parametrize("layer", LAYERS.values(), ids=list(LAYERS))
def test_a_layer(layer: str) -> None:
    """Counted without numbers, as PyTorch counts none of its fused attention; then with numbers as well."""
    text, report = exported(f"input: [8, 12, 15]\nlayers:\n  - {layer}\n")
    assert held(text, report) == expected(report)
    assert held(text, report, "cpu")._replace(macs=0) == expected(report)._replace(macs=0)


ALONG = {
    "lstm": "lstm: {hidden: 5, layers: 2, bidirectional: true}",
    "the last state": "gru: {hidden: 5, bidirectional: true, sequence: false}",
    "rnn": "rnn: 5",
    "pixel shuffle over one axis": "pixel_shuffle: 2",
    "pixel unshuffle over one axis": "pixel_unshuffle: 3",
    "unfold over one axis": "unfold3: {dilation: 2}",
    "a map of tokens": "seq: [to_map: [3, 4], conv3x3: 2]",
    "a token": "token: 3",
    "the last token": "token: -1",
}


@pytest.mark.parametrize("layer", ALONG.values(), ids=list(ALONG))
def test_a_layer_over_one_axis(layer: str) -> None:
    text, report = exported(f"input: [8, 12]\nlayers:\n  - {layer}\n")
    found, wanted = held(text, report, "cpu"), expected(report)
    assert found._replace(macs=0) == wanted._replace(macs=0)


def test_the_rules_of_other_frameworks_are_written_out() -> None:
    spec = "framework: {}\ninput: [8, 12, 15]\nlayers: [conv3x3: {{out: 4, stride: 2{}}}, maxpool3: {{stride: 2{}}}]\n"
    for framework, padding in (
        ("tensorflow", ", padding: same"),
        ("caffe", ", padding: 1"),
        ("onnx", ", padding: same"),
    ):
        text, report = exported(spec.format(framework, padding, padding))
        assert held(text, report) == expected(report)


def test_weights_that_are_shared_are_one_module() -> None:
    text, report = exported(
        "input: {left: [3, 9, 9], right: [3, 9, 9]}\n"
        "layers:\n"
        "  - {seq: [conv3x3: {out: 4, norm: bn}, conv3x3: 5], from: left, name: tower}\n"
        "  - {seq: [conv3x3: {out: 4, norm: bn}, conv3x3: 5], from: right, share: tower, name: other}\n"
        "  - concat: [tower, prev]\n"
    )
    assert held(text, report) == expected(report)


def test_heads_are_further_outputs() -> None:
    text, report = exported(
        "input: [3, 9, 9]\nlayers:\n  - conv3x3: 4\n  - head: [conv1x1: 2]\n    name: scores\n  - conv3x3: 5\n"
    )
    assert held(text, report) == expected(report)
    assert len(report.outputs) == 2


def test_what_is_frozen_is_not_trained() -> None:
    text, report = exported("input: [3, 9, 9]\nlayers:\n  - {conv3x3: 4, frozen: true}\n  - conv3x3: 5\n")
    found = held(text, report)
    assert found == expected(report)
    assert found.trainable < found.params


NAMES = (
    "class",
    "x",
    "self",
    "F",
    "torch",
    "train",
    "ünï cødé",
    "3x3",
    "a-b",
    "a b",
    "it's",
    'say "x"',
    "漢字",
    "None",
)


def test_names_of_all_kinds_are_valid_and_distinct() -> None:
    layers = "".join(
        f"  - conv3x3: {{out: {4 + number}, padding: 1}}\n    name: {name!r}\n" if "'" not in name else ""
        for number, name in enumerate(NAMES)
    )
    joined = ", ".join(repr(name) for name in NAMES if "'" not in name)
    text, report = exported(
        f'name: \'try: """ \\ 1\'\ninput: [3, 9, 9]\nlayers:\n{layers}  - concat: [{joined}]\n'
    )
    assert held(text, report) == expected(report)


def test_names_that_mean_something_elsewhere() -> None:
    report = awkward()
    text = cnncalc.export(report, "torch")
    assert isinstance(text, str)
    assert held(text, report) == expected(report)


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("googlenet:paper", ["class Inception(nn.Module):", "self.inception3a = Inception(", "self.branch3x3 = nn."]),
        ("flownets", ["self.conv3_1 = Step(", "self.conv3_2 = Step("]),
        ("bn_inception", ["self.module3a = Module(", "self.double2 = nn."]),
    ],
)  # fmt: skip
def test_names_with_digits_are_as_a_person_would_write_them(name: str, lines: list[str]) -> None:
    (model,) = cnncalc.load(name)
    text = cnncalc.export(cnncalc.analyze(model), "torch")
    assert isinstance(text, str)
    assert [line for line in lines if line not in text] == []


def test_a_block_is_a_class_with_its_parameters() -> None:
    text, report = exported(
        "name: Net\ninput: [3, 32, 32]\n"
        "blocks:\n  basic:\n    params: [c, s=1]\n    layers:\n"
        "      - residual:\n          body:\n"
        "            - conv3x3: {out: c, stride: s, padding: 1, norm: bn, act: relu}\n"
        "            - conv3x3: {out: c, padding: 1, norm: bn}\n"
        "          shortcut: project\n      - relu\n"
        "layers:\n"
        "  - conv3x3: {out: 16, padding: 1}\n"
        "  - {basic: 16, name: one, repeat: 3}\n"
        "  - {basic: {c: 32, s: 2 if i == 0 else 1}, name: two, repeat: 3}\n"
        "  - global_avgpool\n  - linear: 10\n"
    )
    assert held(text, report) == expected(report)
    assert text.count("class Basic(nn.Module)") == 1
    assert "def __init__(self, in_channels, out_channels, stride=1):" in text
    assert "if stride != 1 or in_channels != out_channels:" in text
    assert "self.one = nn.Sequential(*(Basic(16, 16) for _ in range(3)))" in text
    assert "nn.Sequential(Basic(16, 32, stride=2), *(Basic(32, 32) for _ in range(2)))" in text
    assert "x = self.body(x) + self.shortcut(x)" in text


def test_numbers_that_grow_from_copy_to_copy_are_a_loop() -> None:
    text, report = exported(
        "name: Net\ninput: [8, 64]\nlayers:\n"
        "  - conv3: {out: 8, padding: half, dilation: 2**i}\n    repeat: 5\n    name: dilated\n"
    )
    assert held(text, report) == expected(report)
    text, report = exported(
        "name: Net\ninput: [8, 16, 16]\nlayers:\n"
        "  - dense_block: {repeat: 5, body: [bn, relu, conv3x3: {out: 4, padding: 1}]}\n"
    )
    assert held(text, report) == expected(report)
    assert "8 + 4 * i" in text and "for i in range(5)" in text


@pytest.mark.parametrize("name", HAND_PICKED)
def test_source_is_formatted(name: str, tmp_path: Path) -> None:
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent)) or shutil.which("ruff")
    if ruff is None:
        pytest.skip("ruff is not installed")
    for number, (_, report) in enumerate(reports_of(name)):
        text = cnncalc.export(report, "torch") if number == 0 else ""
        assert isinstance(text, str)
        (tmp_path / f"net{number}.py").write_text(text, encoding="utf-8")
    options = ("--isolated", "--line-length", "100", str(tmp_path))
    checked = subprocess.run([ruff, "check", *options], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
    formatted = subprocess.run(
        [ruff, "format", "--diff", *options], capture_output=True, text=True, check=False
    )
    assert formatted.returncode == 0, formatted.stdout


def test_what_the_source_brings_along_is_formatted(tmp_path: Path) -> None:
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent)) or shutil.which("ruff")
    if ruff is None:
        pytest.skip("ruff is not installed")
    head = "import torch\nimport torch.nn.functional as F\nfrom torch import nn\n"
    text = "\n\n\n".join([head.rstrip(), *(source.strip("\n") for source in HELPERS.values())]) + "\n"
    (tmp_path / "helpers.py").write_text(text, encoding="utf-8")
    options = ("--isolated", "--line-length", "100", str(tmp_path))
    for command in (["check"], ["format", "--diff"]):
        done = subprocess.run([ruff, *command, *options], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def test_blocks_attend_within_themselves() -> None:
    """A unit's output depends on the positions of its block, moved blocks cut at the border included."""
    text, _ = exported("name: Net\ninput: [4, 8]\nlayers: [attention: {heads: 2, window: 4, shift: 2}]\n")
    torch.manual_seed(0)
    network = executed(text)["Net"]().eval()
    x = torch.rand(1, 4, 8, requires_grad=True)
    blocks = ((0, 1), (2, 3, 4, 5), (6, 7))
    for unit in range(8):
        (gradient,) = torch.autograd.grad(network(x)[0, :, unit].sum(), x)
        read = {place for place in range(8) if gradient[0, :, place].abs().sum() > 0}
        assert read == set(next(block for block in blocks if unit in block))


def test_the_file_runs_as_it_is(tmp_path: Path) -> None:
    (model,) = cnncalc.load("resnet18")
    text = cnncalc.export(cnncalc.analyze(model), "torch")
    assert isinstance(text, str)
    path = tmp_path / "net.py"
    path.write_text(text, encoding="utf-8")
    done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout == "(1, 1000)\n11,689,512 parameters\n"


def test_importing_the_file_defines_the_class() -> None:
    text, report = exported("name: My net-2\ninput: [3, 8, 8]\nlayers: [conv3x3: 4]\n")
    assert class_name(report.name) == "MyNet2"
    assert "MyNet2" in executed(text)
