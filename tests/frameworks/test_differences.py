"""The guide's table of what frameworks document and do: its last column is what cnncalc computes.

What is documented and observed is held by `tests/oracle/test_frameworks_*.py`, which run the frameworks.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

import cnncalc
from cnncalc.errors import CnncalcError
from tests.documents import GUIDE


def size(spec: str) -> str:
    """The sizes of the result where they differ, one otherwise; or the code of the error."""
    try:
        (model,) = cnncalc.loads(f"{{{spec}}}")
        report = cnncalc.analyze(model)
    except CnncalcError as error:
        return error.diagnostics[0].code
    if report.failed is not None:
        return report.diagnostics[0].code
    return " ".join(map(str, dict.fromkeys(report.layers[-1].shape.sizes)))


def first_reads(spec: str) -> str:
    (model,) = cnncalc.loads(f"{{{spec}}}")
    (axis,) = cnncalc.analyze(model).layers[-1].field.axes
    places = [place for unit in (0, 1) if (place := axis.at(unit))]
    assert all(first == last for first, last in places)
    return "reads " + " and ".join(str(first) for first, _ in places)


def separable() -> str:
    params = {}
    for bias in ("true", "false"):
        spec = f"{{framework: tensorflow, input: [4, 9, 9], layers: [separable: {{out: 6, kernel: 3, bias: {bias}}}]}}"
        params[bias] = cnncalc.analyze(cnncalc.loads(spec)[0]).totals.params
    assert params == {"true": 4 * 9 + 4 + 4 * 6 + 6, "false": 4 * 9 + 4 * 6}  # Keras has 4*9 + 4*6 + 6
    return "`separable` is two convolutions, each with its own; `bias: false` is equal"


CASES: dict[str, Callable[[], str]] = {
    "PyTorch `MaxPool1d`, ceil, k=3 s=2 on 7": lambda: size("input: [1, 7], layers: [maxpool3: {stride: 2, ceil: true}]"),
    "PyTorch average pool k=3 s=1 p=1 on 2, three axes": lambda: size("input: [1, 2, 2, 2], layers: [avgpool3: {stride: 1, padding: 1}]"),
    "PyTorch max pool k=3 d=2 p=2": lambda: {"E305": "refused"}[size("input: [1, 9], layers: [maxpool3: {stride: 1, dilation: 2, padding: 2}]")],
    "ONNX opset 19 pool, ceil, k=2 s=2 p=1 on 5": lambda: "; ".join(
        size(f"framework: onnx:{opset}, input: [1, 5], layers: [maxpool2: {{stride: 2, padding: 1, ceil: true}}]") + more
        for opset, more in ((21, ""), (22, " from opset 22"))
    ),
    "ONNX pool `auto_pad=VALID`, ceil, k=3 s=2 on 8": lambda: size("framework: onnx, input: [1, 8], layers: [maxpool3: {stride: 2, padding: valid, ceil: true}]"),
    "ONNX pool `auto_pad=SAME`, k=3 d=2 s=1 on 8": lambda: size("framework: onnx, input: [1, 8], layers: [maxpool3: {stride: 1, dilation: 2, padding: same}]"),
    "ONNX pool k=2 s=2 on 1": lambda: size("framework: onnx, input: [1, 1], layers: [maxpool2: {stride: 2}]"),
    "ONNX ConvTranspose `auto_pad=SAME`, k=1 s=3 on 4": lambda: size("framework: onnx, input: [1, 4], layers: [conv_transpose1: {out: 1, stride: 3, padding: same}]"),
    "TensorFlow SAME, k=1 s=3 on 6": lambda: first_reads("framework: tensorflow, input: [1, 6], layers: [maxpool1: {stride: 3, padding: same}]"),
    "Keras k=3 s=2 d=2 on 9": lambda: {"3": "computed"}[size("framework: tensorflow, input: [1, 9, 9], layers: [conv3: {out: 1, stride: 2, dilation: 2}]")],
    "Keras `Conv2DTranspose`, `same`, k=3 s=2 on 5": lambda: size("framework: tensorflow, input: [1, 5, 5], layers: [conv_transpose3: {out: 1, stride: 2, padding: same}]"),
    "Keras `SeparableConv2D`": separable,
    "Caffe pool k=1 s=2 on 32": lambda: size("framework: caffe, input: [1, 32], layers: [maxpool1: {stride: 2}]"),
    "Caffe pool padded along one axis only": lambda: {"3 4": "so", "4": "not clipped"}[
        size("framework: caffe, input: [1, 6, 6], layers: [maxpool: {kernel: [1, 3], stride: 2, padding: [0, 1]}]")
    ],
}  # fmt: skip


def rows() -> dict[str, str]:
    """Each input of the table, and what it says of cnncalc."""
    text = (GUIDE / "frameworks.md").read_text(encoding="utf-8").partition("| input | documented |")[2]
    cells = [line.split(" | ") for line in re.findall(r"^\| (.*) \|$", text, re.MULTILINE)]
    return {row[0]: row[-1] for row in cells}


def test_every_row_is_computed() -> None:
    assert list(rows()) == list(CASES)


@pytest.mark.parametrize("row", CASES)
def test_what_cnncalc_makes_of_it(row: str) -> None:
    assert CASES[row]() == rows()[row]


@pytest.mark.parametrize(
    ("framework", "item", "code"),
    [
        ("pytorch", "linear: 4", "E306"),
        ("onnx", "linear: 4", "E306"),
        ("pytorch", "avgpool2: {dilation: 2}", "E305"),
        ("pytorch", "lppool2: {dilation: 2}", "E305"),
        ("pytorch", "lppool2: {padding: 1}", "E305"),
        ("pytorch", "conv3: {out: 1, padding: same_lower}", "E305"),
        ("tensorflow", "conv3: {out: 1, padding: same_lower}", "E305"),
        ("caffe", "conv3: {out: 1, padding: same_lower}", "E305"),
        ("tensorflow", "maxpool2: {ceil: true}", "E305"),
        ("caffe", "maxpool2: {dilation: 2}", "E305"),
        ("caffe", "avgpool2: {dilation: 2}", "E305"),
        ("caffe", "lppool2: {dilation: 2}", "E305"),
    ],
)
def test_what_is_not_offered_is_an_error_there_only(framework: str, item: str, code: str) -> None:
    assert size(f"framework: {framework}, input: [1, 8, 8], layers: [{item}]") == code
    other = {"linear: 4": "caffe", "maxpool2: {ceil: true}": "caffe"}.get(item, "onnx")
    assert not size(f"framework: {other}, input: [1, 8, 8], layers: [{item}]").startswith("E")
