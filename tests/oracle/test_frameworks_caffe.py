"""Caffe's sizes and windows by the formulas of its source, restated; and the rounding of all frameworks, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor
from typing import Any

import pytest

from tests.oracle.grids import Answer, Case, Positions, answers, disagreements, drawn, grid, records


def per_axis(case: Case, name: str, default: int) -> list[int]:
    value = case.args.get(name, default)
    return list(value) if isinstance(value, list) else [value] * len(case.sizes)


def pooled(case: Case) -> Answer:
    """``PoolingLayer``: Reshape, and the loops of Forward_cpu.

    Source: src/caffe/layers/pooling_layer.cpp and the defaults of PoolingParameter in src/caffe/proto/caffe.proto
    """
    kernels, strides, pads = (
        per_axis(case, "kernel", 0),
        per_axis(case, "stride", 1),
        per_axis(case, "padding", 0),
    )
    if any(pad >= kernel for pad, kernel in zip(pads, kernels, strict=True)):
        return Answer(refusal="E305")
    up = ceil if case.args.get("ceil", True) else floor
    reads = []
    for size, kernel, stride, pad in zip(case.sizes, kernels, strides, pads, strict=True):
        outputs = int(up((size + 2 * pad - kernel) / stride)) + 1
        if any(pads) and (outputs - 1) * stride >= size + pad:
            outputs -= 1
        if outputs < 1:
            return Answer(refusal="E301")
        reads.append(_windows(outputs, size, kernel, stride, pad))
    return Answer(tuple(reads))


def _windows(outputs: int, size: int, kernel: int, stride: int, pad: int) -> Positions:
    starts = [unit * stride - pad for unit in range(outputs)]
    return tuple(tuple(range(max(start, 0), min(start + kernel, size))) for start in starts)


def hold(cases: Sequence[Case], at_least: int) -> None:
    assert len(cases) >= at_least
    got, expected = answers(cases, "caffe"), [pooled(case) for case in cases]
    wrong = disagreements(cases, [one.visible for one in got], [one.visible for one in expected])
    assert not wrong, f"{len(wrong)} of {len(cases)}\n" + "\n".join(wrong[:10])


@pytest.mark.parametrize("op", ["maxpool", "avgpool"])
@pytest.mark.parametrize("kernel", range(1, 6))
def test_every_small_pool(op: str, kernel: int) -> None:
    """With Caffe's own stride of 1 and rounding up where none are given."""
    every: dict[str, Sequence[Any]] = {
        "stride": [None, 1, 2, 3, 4],
        "padding": [None, 1, 2, 3, 4, 5],
        "ceil": [None, True, False],
    }
    hold(grid(op, range(1, 17), kernel=[kernel], **every), 1440)


def test_pools_over_two_axes() -> None:
    """Mostly unequal arguments; padding along one axis clips along both."""
    cases = drawn(
        "maxpool", 2000, 2, range(1, 12), kernel=[1, 2, 3, 4], stride=[1, 2, 3, 4], padding=[0, 0, 1, 2]
    )
    hold(cases, 2000)


@pytest.mark.parametrize("padding", [[1, 0], [0, 1]])
def test_the_clip_of_one_padded_axis_holds_for_the_other(padding: list[int]) -> None:
    """``if (pad_h_ || pad_w_)`` stands before the clip of both axes: 6 by kernel 1 and stride 2 is 4 unpadded, here 3."""
    kernel = [3 if pad else 1 for pad in padding]
    hold([Case("maxpool", {"kernel": kernel, "stride": [2, 2], "padding": padding}, (1, 6, 6))], 1)
    hold([Case("maxpool", {"kernel": kernel, "stride": [2, 2]}, (1, 6, 6))], 1)


@pytest.mark.parametrize("size", [6, 10, 32])
def test_an_unpadded_pool_keeps_an_empty_last_window(size: int) -> None:
    """The clip is for padded pools only, so that a stride beyond the kernel gives a window that lies outside the map."""
    (got,) = answers([Case("maxpool", {"kernel": 1, "stride": 2}, (1, size))], "caffe")
    assert got.sizes == (size // 2 + 1,)
    assert got.reads[0][-1] == ()


def test_sizes_of_convolutions_and_deconvolutions() -> None:
    """Both round down where pools round up.

    Source: compute_output_shape in src/caffe/layers/conv_layer.cpp and deconv_layer.cpp
    """
    every: dict[str, Sequence[Any]] = {
        "kernel": range(1, 6),
        "stride": range(1, 5),
        "padding": range(4),
        "dilation": [1, 2, 3],
    }
    for case, got in _computed(grid("conv", range(1, 13), **every)):
        extent = case.args["dilation"] * (case.args["kernel"] - 1) + 1
        room = case.sizes[0] + 2 * case.args["padding"] - extent
        assert got == ((floor(room / case.args["stride"]) + 1,) if room >= 0 else "E301"), case
    for case, got in _computed(grid("conv_transpose", range(1, 7), **every)):
        extent = case.args["dilation"] * (case.args["kernel"] - 1) + 1
        size = case.args["stride"] * (case.sizes[0] - 1) + extent - 2 * case.args["padding"]
        assert got == ((size,) if size > 0 else "E301"), case


def _computed(cases: Sequence[Case]) -> list[tuple[Case, tuple[int, ...] | str]]:
    return [
        (case, got.refusal or got.sizes) for case, got in zip(cases, answers(cases, "caffe"), strict=True)
    ]


def test_the_same_map_is_33_after_a_pool_and_32_after_a_convolution() -> None:
    args = {"kernel": 3, "stride": 2, "padding": 1}
    assert [
        got.sizes for got in answers([Case("maxpool", args, (1, 64)), Case("conv", args, (1, 64))], "caffe")
    ] == [
        (33,),
        (32,),
    ]


@pytest.mark.parametrize(
    ("op", "args"),
    [
        ("conv", {"kernel": 3, "padding": "same"}),
        ("maxpool", {"kernel": 3, "padding": "same"}),
        ("conv_transpose", {"kernel": 3, "padding": "same"}),
        ("maxpool", {"kernel": 3, "padding": 3}),
        ("avgpool", {"kernel": 3, "dilation": 2}),
    ],
)
def test_what_caffe_has_not(op: str, args: dict[str, int]) -> None:
    assert records([Case(op, args, (1, 9, 9))], "caffe") == ["E305"]


def test_batch_norm_learns_nothing_and_scale_does() -> None:
    """BatchNorm holds a mean, a variance and one count that is no statistic; gamma and beta are a Scale layer's."""
    plain, affine, scale, shifted = records(
        [
            Case("bn", {}, (8, 5, 5)),
            Case("bn", {"scale": True}, (8, 5, 5)),
            Case("scale", {}, (8, 5, 5)),
            Case("scale", {"bias": True}, (8, 5, 5)),
        ],
        "caffe",
    )
    assert not isinstance(plain, str)
    assert not isinstance(affine, str)
    assert not isinstance(scale, str)
    assert not isinstance(shifted, str)
    assert (plain.params, plain.buffers) == (0, 2 * 8)
    assert (affine.params, affine.buffers) == (2 * 8, 2 * 8)
    assert (scale.params, shifted.params) == (8, 2 * 8)


ROUNDED: list[
    tuple[int, int, int, int, int, int, int, int, int | None, int | None, tuple[int, int] | None]
] = [
    # size, kernel, stride, padding; pytorch floor and ceil, onnx ceil before opset 22, caffe; tensorflow valid, same, its pads
    (7, 2, 2, 0, 3, 4, 4, 4, 3, 4, (0, 1)),
    (7, 3, 2, 0, 3, 3, 3, 3, 3, 4, (1, 1)),
    (6, 3, 2, 0, 2, 3, 3, 3, 2, 3, (0, 1)),
    (8, 3, 2, 0, 3, 4, 4, 4, 3, 4, (0, 1)),
    (112, 3, 2, 0, 55, 56, 56, 56, 55, 56, (0, 1)),
    (112, 3, 2, 1, 56, 57, 57, 57, None, None, None),
    (55, 3, 2, 0, 27, 27, 27, 27, 27, 28, (1, 1)),
    (27, 3, 2, 0, 13, 13, 13, 13, 13, 14, (1, 1)),
    (13, 3, 2, 0, 6, 6, 6, 6, 6, 7, (1, 1)),
    (13, 2, 2, 0, 6, 7, 7, 7, 6, 7, (0, 1)),
    (109, 3, 2, 0, 54, 54, 54, 54, 54, 55, (1, 1)),
    (54, 3, 2, 0, 26, 27, 27, 27, 26, 27, (0, 1)),
    (64, 3, 2, 1, 32, 33, 33, 33, None, None, None),
    (9, 4, 4, 2, 3, 3, 4, 3, None, None, None),
    (2, 3, 3, 1, 1, 1, 2, 1, None, None, None),
    (5, 2, 2, 1, 3, 3, 4, 3, None, None, None),
    (32, 1, 2, 0, 16, 16, 17, 17, 16, 16, (0, 0)),
    (10, 1, 2, 0, 5, 5, 6, 6, 5, 5, (0, 0)),
    (11, 1, 2, 0, 6, 6, 6, 6, 6, 6, (0, 0)),
    (6, 1, 2, 0, 3, 3, 4, 4, 3, 3, (0, 0)),
    (5, 1, 3, 0, 2, 2, 3, 3, 2, 2, (0, 0)),
    (1, 2, 2, 1, 1, 1, 2, 1, None, None, None),
    (10, 3, 3, 1, 4, 4, 4, 4, None, None, None),
    (28, 2, 2, 0, 14, 14, 14, 14, 14, 14, (0, 0)),
    (29, 2, 2, 0, 14, 15, 15, 15, 14, 15, (0, 1)),
    (15, 3, 2, 0, 7, 7, 7, 7, 7, 8, (1, 1)),
    (300, 2, 2, 0, 150, 150, 150, 150, 150, 150, (0, 0)),
    (75, 2, 2, 0, 37, 38, 38, 38, 37, 38, (0, 1)),
]


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "padding", "down", "up", "naive", "caffe", "valid", "same", "around"),
    ROUNDED,
)
def test_one_pool_in_all_frameworks(
    size: int,
    kernel: int,
    stride: int,
    padding: int,
    down: int,
    up: int,
    naive: int,
    caffe: int,
    valid: int | None,
    same: int | None,
    around: tuple[int, int] | None,
) -> None:
    plain = Case("maxpool", {"kernel": kernel, "stride": stride, "padding": padding}, (1, size))
    ceiling = plain._replace(args={**plain.args, "ceil": True})
    assert _size(plain, "pytorch") == _size(plain, "onnx") == _size(plain, "onnx:19") == down
    assert _size(ceiling, "pytorch") == _size(ceiling, "onnx") == up
    assert _size(ceiling, "onnx:19") == naive
    assert _size(plain, "caffe") == _size(ceiling, "caffe") == caffe
    if valid is None:
        return
    assert _size(plain._replace(args={**plain.args, "padding": "valid"}), "tensorflow") == valid
    for framework in ("tensorflow", "onnx", "onnx:19"):
        (record,) = records([plain._replace(args={**plain.args, "padding": "same"})], framework)
        assert not isinstance(record, str)
        assert record.windows is not None
        assert (record.shape.sizes[0], record.windows[0].padding) == (same, around)


def _size(case: Case, framework: str) -> int:
    (got,) = answers([case], framework)
    return got.sizes[0]
