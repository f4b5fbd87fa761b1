"""What the import reads of operators on sequences, tokens, bins and channels: exported layers come back as they were."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

import cnncalc
from tests.importers.onnx.files import content, floats, graph, integers, node, number, weights, written

LAYERS = (
    "[3, 7], lstm: {hidden: 4, bidirectional: true}",
    "[3, 7], gru: {hidden: 4, sequence: false}",
    "[3, 7], rnn: 4",
    "[3, 1, 7], squeeze, lstm: 4",
    "[1, 7], embedding: {out: 5, vocab: 20}",
    "[8, 4, 3], eca: 5",
    "[8, 5], attention: 2, relu",
    "[8, 4, 3], attention: {heads: 2, head: 5, value: 3, bias: false}",
    "[8, 4, 3], attention: {heads: 1, project: false}, conv1x1: 4",
    "[8, 4, 3], attention: {heads: 4, out_bias: false}",
    "[4, 8, 7], global_lppool",
    "[4, 8, 7], roi_pool: {out: 3}",
    "[4, 8, 7], adaptive_maxpool: [3, 7]",
    "[4, 14], adaptive_avgpool: 6",
    "[4, 5, 5], bn: {scale: false}",
    "[4, 5, 5], bn: {beta: false}",
    "[4, 5], gn: {groups: 2, affine: false}",
    "[4, 5, 5], instance_norm",
    "[4, 5, 5], instance_norm: {affine: true}",
    "[4, 5, 5], ln: {affine: false}",
    "[4, 5, 5], ln: {gamma: false}",
    "[4, 5, 3], shift: {per_position: true}",
    "[4, 5, 3], shift: {per_position: true, per_channel: false}",
    "[6, 3, 5], tokens: {extra: 2}, token: 0",
    "[6, 3, 5], tokens, conv1: 4",
    "[6, 12], to_map: [4, 3], conv3x3: 2",
    "[8, 3, 5], tokens, pixel_shuffle: 2, conv1: 4",
    "[4], linear: 24, to_map: [4, 3], conv3x3: 2",
)


@pytest.mark.parametrize("text", LAYERS)
def test_exported_layers_come_back(text: str, tmp_path: Path) -> None:
    shape, _, layers = text.partition("], ")
    items = "\n".join(f"  - {one}" for one in _items(layers))
    (model,) = cnncalc.loads(f"framework: onnx\ninput: {shape}]\nlayers:\n{items}\n")
    report = cnncalc.analyze(model)
    data = cnncalc.export(report, "onnx")
    assert isinstance(data, bytes)
    (tmp_path / "net.onnx").write_bytes(data)
    (again,) = cnncalc.load(str(tmp_path / "net.onnx"))
    back = cnncalc.analyze(again)
    assert [(one.op, one.shape, one.params, one.buffers, one.macs) for one in back.layers] == [
        (one.op, one.shape, one.params, one.buffers, one.macs) for one in report.layers
    ]


def _items(layers: str) -> list[str]:
    """The layers of a line: split at commas outside of braces and brackets."""
    found, depth = [""], 0
    for character in layers:
        depth += (character in "{[") - (character in "}]")
        if character == "," and not depth:
            found.append("")
        else:
            found[-1] += character
    return [one.strip() for one in found]


@pytest.mark.parametrize(
    ("nodes", "constants", "shape", "reason"),
    [
        (
            [node("LSTM", ["x", "w", "r"], ["y"], hidden_size=4)],
            [weights("w", [1, 16, 3]), weights("r", [1, 16, 4])],
            (1, 3, 7),
            "is no sequence of steps, batch and channels",
        ),
        (
            [
                node("Conv", ["x", "w"], ["q"]),
                node("Transpose", ["q"], ["k"], perm=[0, 2, 1]),
                node("MatMul", ["q", "k"], ["y"]),
            ],
            [weights("w", [4, 3, 1])],
            (1, 3, 7),
            "it multiplies 1x4x7, which are no heads of attention over all positions of one map",
        ),
        (
            [node("MaxRoiPool", ["x", "r"], ["y"], pooled_shape=[3])],
            [floats("r", [0.0] * 5, [1, 5])],
            (1, 3, 8, 8),
            "attribute `pooled_shape` is \\[3\\]",
        ),
        (
            [node("MeanVarianceNormalization", ["x"], ["y"], axes=[0, 2, 3])],
            [],
            (1, 3, 8, 8),
            "it goes over the batch",
        ),
        (
            [node("MatMul", ["x", "w"], ["m"]), node("Gather", ["t", "m"], ["y"])],
            [weights("w", [7, 4]), weights("t", [20, 5])],
            (1, 7),
            "a table \\[20, 5\\] read by an input of 4, which is no row of tokens",
        ),
        (
            [node("Unsqueeze", ["x", "a"], ["u"]), node("Conv", ["u", "w"], ["y"], pads=[1, 0])],
            [integers("a", [1]), weights("w", [1, 1, 3])],
            (1, 8),
            "a weight \\[1, 1, 3\\] along the channels is no `eca`",
        ),
    ],
)
def test_what_looks_alike_is_refused(
    nodes: list[bytes], constants: list[bytes], shape: tuple[int, ...], reason: str, tmp_path: Path
) -> None:
    path = written(tmp_path, graph(nodes, {"x": shape}, ("y",), constants), 17)
    with pytest.raises(cnncalc.CnncalcError, match=reason):
        cnncalc.load(str(path))


def _scalar(name: str, value: int) -> bytes:
    return number(2, 7) + content(8, name) + content(9, struct.pack("<q", value))


def _fused(cut: str, order: str = "qkv", reads_twice: bool = False) -> bytes:
    """Attention with 2 heads of 4 channels at 9 positions, its queries, keys and values made by one layer."""
    parts = {
        "Split": [
            node("Split", ["t"], ["q1", "k1", "v1"], axis=0, num_outputs=3),
            *(node("Squeeze", [f"{one}1", "0"], [one]) for one in "qkv"),
        ],
        "Gather": [node("Gather", ["t", f"i{place}"], [one], axis=0) for place, one in enumerate("qkv")],
        "Slice": [
            piece
            for place, one in enumerate("qkv")
            for piece in (
                node("Slice", ["t", f"{place}", f"{place + 1}", "0"], [f"{one}1"]),
                node("Squeeze", [f"{one}1", "0"], [one]),
            )
        ],
    }
    query, key, values = tuple(order)
    nodes = [
        node("Transpose", ["x"], ["line"], perm=[0, 2, 1]),
        node("MatMul", ["line", "w"], ["m"], "qkv/MatMul"),
        node("Add", ["m", "b"], ["f"], "qkv/Add"),
        node("Reshape", ["f", "heads"], ["r"]),
        node("Transpose", ["r"], ["t"], perm=[2, 0, 3, 1, 4]),
        *parts[cut],
        node("Transpose", [key], ["kt"], perm=[0, 1, 3, 2]),
        node("MatMul", [query, "kt"], ["scores"], "scores"),
        node("Softmax", ["scores"], ["weights"], axis=-1),
        node("MatMul", ["weights", values], ["o"], "attend"),
        node("Transpose", ["o"], ["ot"], perm=[0, 2, 1, 3]),
        node("Reshape", ["ot", "joined"], ["out"]),
        node("MatMul", ["out", "p"], ["proj"], "proj/MatMul"),
        node("Add", ["proj", "c"], ["y"], "proj/Add"),
        *([node("Relu", ["f"], ["z"])] if reads_twice else []),
    ]
    constants = [
        *(weights(name, dims) for name, dims in {"w": [8, 24], "b": [24], "p": [8, 8], "c": [8]}.items()),
        *(integers(f"{place}", [place]) for place in range(4)),
        *(_scalar(f"i{place}", place) for place in range(3)),
        integers("heads", [1, 9, 3, 2, 4]),
        integers("joined", [1, 9, 8]),
    ]
    return graph(nodes, {"x": (1, 8, 9)}, ("y", "z") if reads_twice else ("y",), constants)


@pytest.mark.parametrize("cut", ["Split", "Gather", "Slice"])
def test_queries_keys_and_values_of_one_layer_are_attention(cut: str, tmp_path: Path) -> None:
    (model,) = cnncalc.load(written(tmp_path, _fused(cut), 18))
    report = cnncalc.analyze(model)
    assert [(one.op, str(one.shape)) for one in report.layers] == [("attention", "8x9")]
    assert report.totals.params == 3 * 8 * 8 + 3 * 8 + 8 * 8 + 8
    assert report.totals.macs == 9 * (3 * 8 * 8 + 8 * 8) + 2 * 9 * 9 * 8


@pytest.mark.parametrize(("order", "reads_twice"), [("kqv", False), ("qvk", False), ("qkv", True)])
def test_one_layer_of_another_order_or_that_is_read_again_is_refused(
    order: str, reads_twice: bool, tmp_path: Path
) -> None:
    with pytest.raises(cnncalc.CnncalcError, match="not made by linear layers of their own") as caught:
        cnncalc.load(written(tmp_path, _fused("Split", order, reads_twice), 18))
    assert "may be read from PyTorch: `cnncalc import package.module:callable`" in str(caught.value)
