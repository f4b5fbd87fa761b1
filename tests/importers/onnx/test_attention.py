"""Attention in ONNX files: blocks, moved blocks, learned positions, another tensor's keys; what looks alike."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import cnncalc
from cnncalc.importers.items import Request
from cnncalc.importers.onnx import read
from tests.importers.onnx.files import content, floats, graph, integers, node, number, weights, written

EXPORTED = (
    "[8, 6, 6], attention: {heads: 2, window: 3}",
    "[8, 6, 9], attention: {heads: 2, window: 3, shift: 1}",
    "[8, 6, 9], attention: {heads: 2, window: 3, shift: [1, 0], position: table}",
    "[8, 6, 9], attention: {heads: 2, window: [3, 9], shift: 1, position: axes}",
    "[8, 7, 9], attention: {heads: 2, window: [1, 9]}",
    "[8, 7, 9], attention: {heads: 2, window: 1}",
    "[8, 4, 5], attention: {heads: 2, position: table}",
    "[8, 4, 5], attention: {heads: 1, position: table}",
    "[8, 4, 5], attention: {heads: 1, position: axes}",
    "[8, 4, 5], attention: {heads: 8, position: axes}",
    "[8, 7], attention: {heads: 2, position: axes, head: 3, value: 5, bias: false}",
    "[8, 4, 4, 4], attention: {heads: 2, window: 2, shift: 1, position: table}",
    "[8, 4, 4, 4], attention: {heads: 2, position: axes, project: false}",
    "[8, 7, 7], attention: {heads: 2, window: 3}",
    "[8, 7, 5], attention: {heads: 2, window: 4, shift: 2, position: axes}",
    "[8, 2, 9], attention: {heads: 2, window: 4, shift: 2, position: table, out_bias: false}",
    "[8, 1, 3], attention: {heads: 2, window: [7, 4], position: table}",
)


def _back(text: str, folder: Path) -> tuple[cnncalc.Report, cnncalc.Report]:
    (model,) = cnncalc.loads(text)
    report = cnncalc.analyze(model)
    assert report.ok
    data = cnncalc.export(report, "onnx")
    assert isinstance(data, bytes)
    (folder / "net.onnx").write_bytes(data)
    (again,) = cnncalc.load(str(folder / "net.onnx"))
    return report, cnncalc.analyze(again)


@pytest.mark.parametrize("text", EXPORTED)
def test_an_exported_layer_comes_back(text: str, tmp_path: Path) -> None:
    shape, _, layer = text.partition("], ")
    one, other = _back(f"framework: onnx\ninput: {shape}]\nlayers:\n  - {layer}\n", tmp_path)
    assert _rows(one) == _rows(other)


def _rows(report: cnncalc.Report) -> list[object]:
    return [
        (one.op, one.shape, one.params, one.macs, one.field.size, one.field.start) for one in report.layers
    ]


@st.composite
def layers(draw: st.DrawFn) -> str:
    """A spec of one attention, with blocks that are not the whole map."""
    sizes = draw(st.lists(st.integers(2, 6), min_size=1, max_size=3))
    given: dict[str, object] = {"heads": draw(st.sampled_from((1, 2, 4)))}
    for name in ("head", "value"):
        if draw(st.booleans()):
            given[name] = draw(st.integers(1, 5))
    for name in ("bias", "project"):
        given[name] = draw(st.booleans())
    given["out_bias"] = draw(st.booleans()) if given["project"] else True
    if draw(st.booleans()):
        window = [draw(st.integers(1, 5)) for _ in sizes]
        assume(any(by < size for by, size in zip(window, sizes, strict=True)))
        given |= {"window": window, "shift": [draw(st.integers(0, by - 1)) for by in window]}
    given["position"] = draw(st.sampled_from(("none", "table", "axes")))
    return yaml.safe_dump(
        {"framework": "onnx", "input": [8, *sizes], "layers": [{"attention": given}]}, sort_keys=False
    )


@settings(max_examples=25, deadline=None)
@given(text=layers())
def test_any_exported_layer_comes_back(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    one, other = _back(text, tmp_path_factory.mktemp("attention"))
    assert _rows(one) == _rows(other)


@pytest.mark.parametrize("memory", ["conv1x1: 6", "maxpool2"])
def test_keys_and_values_of_another_tensor_come_back(memory: str, tmp_path: Path) -> None:
    text = f"""
framework: onnx
input: [8, 4, 6]
layers:
  - {{relu: , name: t}}
  - {{{memory}{"" if ":" in memory else ": "}, name: m, from: t}}
  - {{attention: {{heads: 2, head: 3, kv: m}}, from: t}}
"""
    one, other = _back(text, tmp_path)
    assert _rows(one) == _rows(other)


# By hand, as PyTorch's exporter writes a layer of Swin: 2 heads of 4 channels, blocks of 2 x 2 of a 4 x 6 map


HEADS, WIDTH, BLOCK, SIZES = 2, 4, 2, (4, 6)
PLACES = [*product(range(BLOCK), repeat=2)]
COUNT = SIZES[0] // BLOCK * (SIZES[1] // BLOCK)


def _table(number_of: Callable[[int, int, int], float]) -> bytes:
    """Numbers for each head and pair of positions, by their offset down and across."""
    values = [
        number_of(head, two[0] - one[0], two[1] - one[1])
        for head in range(HEADS)
        for one in PLACES
        for two in PLACES
    ]
    return floats("table", values, [1, HEADS, 4, 4])


def _mask(shift: int, masked: float = -100.0) -> bytes:
    """A mask between positions that a roll by ``shift`` brought together from both ends."""
    values = []
    for block in product(range(SIZES[0] // BLOCK), range(SIZES[1] // BLOCK)):
        for one in PLACES:
            for two in PLACES:
                sides = [
                    [at * BLOCK + place[axis] >= SIZES[axis] - shift for axis, at in enumerate(block)]
                    for place in (one, two)
                ]
                values.append(0.0 if sides[0] == sides[1] else masked)
    return floats("mask", values, [COUNT, 1, 4, 4])


def _different(head: int, down: int, across: int) -> float:
    return 0.37 * head + 0.1 * down + 0.031 * across


def _roll(source: str, axis: int, by: int, output: str) -> list[bytes]:
    """What ``torch.roll`` becomes."""
    return [
        node("Slice", [source, f"{by}", "end", f"{axis}"], [f"{output}a"]),
        node("Slice", [source, "0", f"{by}", f"{axis}"], [f"{output}b"]),
        node("Concat", [f"{output}a", f"{output}b"], [output], axis=axis),
    ]


def _swin(shift: int, constants: Sequence[bytes], after: Sequence[bytes] = ()) -> bytes:
    channels = HEADS * WIDTH
    rolls = [*_roll("line", 1, shift, "down"), *_roll("down", 2, shift, "rolled")] if shift else []
    back = [*_roll("map", 1, -shift, "up"), *_roll("up", 2, -shift, "out")] if shift else []
    given = {one for one in ("table", "mask") if any(one.encode() in constant for constant in constants)}
    with_table = [node("Add", ["s", "table"], ["st"], "table")] if "table" in given else []
    with_mask = [
        node("Reshape", ["st" if with_table else "s", "byblock"], ["sb"]),
        node("Add", ["sb", "mask"], ["sm"], "mask"),
        node("Reshape", ["sm", "blocks4"], ["sw"]),
    ]
    scores = "sw" if "mask" in given else "st" if with_table else "s"
    nodes = [
        node("Transpose", ["x"], ["line"], perm=[0, 2, 3, 1]),
        *rolls,
        node("Reshape", ["rolled" if shift else "line", "cut"], ["c"]),
        node("Transpose", ["c"], ["ct"], perm=[0, 1, 3, 2, 4, 5]),
        node("Reshape", ["ct", "blocks"], ["b"]),
        node("MatMul", ["b", "w"], ["m"], "qkv/MatMul"),
        node("Add", ["m", "bias"], ["f"], "qkv/Add"),
        node("Reshape", ["f", "heads"], ["r"]),
        node("Transpose", ["r"], ["t"], perm=[2, 0, 3, 1, 4]),
        *(node("Gather", ["t", f"i{place}"], [one], axis=0) for place, one in enumerate("qkv")),
        node("Mul", ["q", "half"], ["qs"]),
        node("Transpose", ["k"], ["kt"], perm=[0, 1, 3, 2]),
        node("MatMul", ["qs", "kt"], ["s"], "scores"),
        *with_table,
        *(with_mask if "mask" in given else []),
        *after,
        node("Softmax", [scores], ["a"], axis=-1),
        node("MatMul", ["a", "v"], ["o"], "attend"),
        node("Transpose", ["o"], ["ot"], perm=[0, 2, 1, 3]),
        node("Reshape", ["ot", "blocks"], ["oj"]),
        node("MatMul", ["oj", "p"], ["proj"], "proj/MatMul"),
        node("Reshape", ["proj", "grid"], ["g"]),
        node("Transpose", ["g"], ["gt"], perm=[0, 1, 3, 2, 4, 5]),
        node("Reshape", ["gt", "whole"], ["map" if shift else "out"]),
        *back,
        node("Transpose", ["out"], ["y"], perm=[0, 3, 1, 2]),
    ]
    rows, columns = (size // BLOCK for size in SIZES)
    fixed = [
        weights("w", [channels, 3 * channels]),
        weights("bias", [3 * channels]),
        weights("p", [channels, channels]),
        floats("half", [0.5]),
        integers("cut", [1, rows, BLOCK, columns, BLOCK, channels]),
        integers("blocks", [COUNT, 4, channels]),
        integers("heads", [COUNT, 4, 3, HEADS, WIDTH]),
        integers("byblock", [1, COUNT, HEADS, 4, 4]),
        integers("blocks4", [COUNT, HEADS, 4, 4]),
        integers("grid", [1, rows, columns, BLOCK, BLOCK, channels]),
        integers("whole", [1, *SIZES, channels]),
        integers("end", [2**63 - 1]),
        *(integers(f"{place}", [place]) for place in (-1, 0, 1, 2)),
        *(
            number(2, 7) + content(8, f"i{place}") + content(9, struct.pack("<q", place))
            for place in range(3)
        ),
    ]
    return graph(nodes, {"x": (1, channels, *SIZES)}, ("y",), [*fixed, *constants])


@pytest.mark.parametrize("has_table", [False, True])
@pytest.mark.parametrize("shift", [0, 1])
def test_a_layer_of_swin_is_one_attention(shift: int, has_table: bool, tmp_path: Path) -> None:
    constants = [*([_mask(shift)] if shift else []), *([_table(_different)] if has_table else [])]
    (model,) = cnncalc.load(written(tmp_path, _swin(shift, constants)))
    (layer,) = cnncalc.analyze(model).layers
    assert layer.op == "attention"
    assert layer.params == 3 * (8 * 8 + 8) + 8 * 8 + has_table * HEADS * 3 * 3
    assert layer.macs == 24 * 4 * 8 * 8 + 24 * 4 * 8 * 2
    assert layer.field.size == (2, 2)
    assert layer.field.start == ((-1, -1) if shift else (0, 0))


@pytest.mark.parametrize(
    ("shift", "constants", "reason"),
    [
        (1, [], "its moved blocks see round the border of the map: no mask is added"),
        (
            1,
            [_mask(0)],
            "the 1x6x1x4x4 numbers that are added to scores are not one for each head and offset",
        ),
        (1, [_mask(1, -3.0)], "numbers that are added to scores"),
        (0, [_mask(1)], "its mask is not that between positions of a moved block"),
        (
            0,
            [_table(lambda head, down, across: _different(head, abs(down), across))],
            "of 18 numbers that are added to scores 12 are different",
        ),
        (
            0,
            [_table(lambda head, down, across: _different(head // HEADS, down, across))],
            "of 18 numbers .* 9 are different",
        ),
        (0, [_table(lambda *offset: 0.0 * sum(offset))], "of 18 numbers .* 1 are different"),
        (
            0,
            [floats("table", [0.1 * place for place in range(32)], [1, 2, 4, 4])],
            "differ at one offset: they are no table of relative positions",
        ),
        (
            0,
            [weights("table", [1, 2, 4, 4])],
            "the 1x2x4x4 numbers that are added to scores are not in the file",
        ),
        (0, [floats("table", [0.1, 0.2, 0.3, 0.4], [4, 1])], "are not one for each head and offset"),
        (0, [floats("table", [0.1, 0.2, 0.3], [3, 1, 1])], "to scores of 6x2x4x4 it adds 3x1x1"),
    ],
)
def test_what_looks_like_a_layer_of_swin_is_refused(
    shift: int, constants: list[bytes], reason: str, tmp_path: Path
) -> None:
    with pytest.raises(cnncalc.CnncalcError, match=reason):
        cnncalc.load(written(tmp_path, _swin(shift, constants)))


def test_with_partial_what_is_added_to_scores_is_stated(tmp_path: Path) -> None:
    nodes = [
        node("Transpose", ["x"], ["t"], perm=[0, 2, 1]),
        node("MatMul", ["t", "wq"], ["q"]),
        node("MatMul", ["t", "wk"], ["k"]),
        node("Transpose", ["k"], ["kt"], perm=[0, 2, 1]),
        node("MatMul", ["q", "kt"], ["s"], "scores"),
        node("Add", ["s", "b"], ["a"], "added"),
        node("Relu", ["a"], ["y"]),
    ]
    constants = [weights("wq", [8, 4]), weights("wk", [8, 4]), weights("b", [1, 5, 5])]
    body = graph(nodes, {"x": (1, 8, 5)}, ("y",), constants, {"a": (1, 5, 5)})
    found = read(Request(written(tmp_path, body), partial=True))
    assert [one.op for one in found.items] == ["conv", "conv", "custom", "relu"]
    assert found.items[-2].inputs == ("q", "k")
    assert "are not in the file" in found.unknown[0].reason


# By hand, as PyTorch's exporter writes the attention of BoTNet in timm: vectors for each offset along an axis


ROWS, COLUMNS = 2, 3


def _offsets(axis: str, rows: int, columns: int, order: list[int]) -> list[bytes]:
    """For each query what vectors for offsets along the last axis give: padded, and cut in rows one shorter."""
    n = f"{axis}"
    return [
        node("MatMul", [f"q{n}", f"vectors{n}"], [f"m{n}"], f"vectors{n}"),
        node("Reshape", [f"m{n}", f"lines{n}"], [f"l{n}"]),
        node("Pad", [f"l{n}", f"one{n}"], [f"p{n}"]),
        node("Flatten", [f"p{n}"], [f"f{n}"], axis=1),
        node("Pad", [f"f{n}", f"rest{n}"], [f"r{n}"]),
        node("Reshape", [f"r{n}", f"longer{n}"], [f"s{n}"]),
        node("Slice", [f"s{n}", "0", f"size{n}", "1"], [f"t{n}"]),
        node("Slice", [f"t{n}", f"last{n}", "end", "2"], [f"u{n}"]),
        node("Reshape", [f"u{n}", f"grid{n}"], [f"v{n}"]),
        node("Expand", [f"v{n}", f"wide{n}"], [f"w{n}"]),
        node("Transpose", [f"w{n}"], [f"o{n}"], perm=order),
    ]


def _sizes_of(axis: str, others: int, size: int, span: int) -> list[bytes]:
    return [
        weights(f"vectors{axis}", [WIDTH, span]),
        integers(f"lines{axis}", [-1, size, span]),
        integers(f"one{axis}", [0, 0, 0, 0, 0, 1]),
        integers(f"rest{axis}", [0, 0, 0, span - size]),
        integers(f"longer{axis}", [-1, size + 1, span]),
        integers(f"size{axis}", [size]),
        integers(f"last{axis}", [size - 1]),
        integers(f"grid{axis}", [HEADS, others, 1, size, size]),
        integers(f"wide{axis}", [HEADS, others, others, size, size]),
    ]


def _botnet(span: int = 2 * COLUMNS - 1, order: list[int] | None = None) -> bytes:
    channels, count = HEADS * WIDTH, ROWS * COLUMNS
    nodes = [
        node("Conv", ["x", "qkv"], ["c"], "qkv/Conv", kernel_shape=[1, 1]),
        node("Split", ["c", "parts"], ["q", "k", "v"], axis=1),
        node("Reshape", ["q", "heads"], ["qh"]),
        node("Transpose", ["qh"], ["qt"], perm=[0, 2, 1]),
        node("Reshape", ["k", "heads"], ["kh"]),
        node("Reshape", ["v", "heads"], ["vh"]),
        node("Transpose", ["vh"], ["vt"], perm=[0, 2, 1]),
        node("MatMul", ["qt", "kh"], ["s"], "scores"),
        node("Mul", ["s", "half"], ["sh"]),
        node("Reshape", ["qt", "map"], ["qx"]),
        *_offsets("x", ROWS, COLUMNS, order or [0, 1, 3, 2, 4]),
        node("Transpose", ["qx"], ["qy"], perm=[0, 2, 1, 3]),
        *_offsets("y", COLUMNS, ROWS, [0, 3, 1, 4, 2]),
        node("Add", ["oy", "ox"], ["both"]),
        node("Reshape", ["both", "pairs"], ["offsets"]),
        node("Add", ["sh", "offsets"], ["so"], "offsets"),
        node("Softmax", ["so"], ["a"], axis=-1),
        node("MatMul", ["a", "vt"], ["o"], "attend"),
        node("Transpose", ["o"], ["ot"], perm=[0, 2, 1]),
        node("Reshape", ["ot", "whole"], ["y"]),
    ]
    constants = [
        weights("qkv", [3 * channels, channels, 1, 1]),
        floats("half", [0.5]),
        integers("parts", [channels] * 3),
        integers("heads", [HEADS, WIDTH, -1]),
        integers("map", [HEADS, ROWS, COLUMNS, WIDTH]),
        integers("pairs", [-1, count, count]),
        integers("whole", [-1, channels, ROWS, COLUMNS]),
        integers("end", [2**63 - 1]),
        *(integers(f"{place}", [place]) for place in (0, 1, 2)),
        *_sizes_of("x", ROWS, COLUMNS, span),
        *_sizes_of("y", COLUMNS, ROWS, 2 * ROWS - 1),
    ]
    return graph(nodes, {"x": (1, channels, ROWS, COLUMNS)}, ("y",), constants)


def test_attention_with_vectors_by_axis_is_one_layer(tmp_path: Path) -> None:
    (model,) = cnncalc.load(written(tmp_path, _botnet()))
    (layer,) = cnncalc.analyze(model).layers
    assert (layer.op, str(layer.shape)) == ("attention", "8x2x3")
    assert layer.params == 3 * 8 * 8 + (3 + 5) * WIDTH
    assert layer.macs == 6 * 3 * 8 * 8 + 2 * 6 * 6 * 8


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (
            _botnet(order=[0, 1, 4, 2, 3]),
            "what 5 learned vectors give .* is not added by the offset along an axis",
        ),
        (_botnet(span=7), "cannot be reshaped|7 learned vectors"),
    ],
)
def test_vectors_in_another_order_are_refused(body: bytes, reason: str, tmp_path: Path) -> None:
    with pytest.raises(cnncalc.CnncalcError, match=reason):
        cnncalc.load(written(tmp_path, body))
