"""Which positions an imported Resize reads, against ONNX Runtime; networks with several that come back as they were written."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

import cnncalc
from cnncalc.analysis.report import Report
from cnncalc.importers.items import Refused, Request
from cnncalc.importers.onnx import read

onnx: Any = pytest.importorskip("onnx")
runtime: Any = pytest.importorskip("onnxruntime")
numpy: Any = pytest.importorskip("numpy")

pytestmark = pytest.mark.slow

Way = tuple[str, str, str]
MODES: list[Way] = [
    *(("linear", laid, "floor") for laid in ("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric")),
    ("linear", "half_pixel_symmetric", "floor"),
    *(("nearest", "asymmetric", nearest) for nearest in ("floor", "ceil", "round_prefer_floor")),
    *(("nearest", "half_pixel", nearest) for nearest in ("round_prefer_floor", "round_prefer_ceil", "floor")),
    ("nearest", "align_corners", "round_prefer_floor"),
    ("cubic", "half_pixel", "floor"),
    ("cubic", "align_corners", "floor"),
]  # fmt: skip
LENGTHS: list[tuple[int, int | float]] = [
    *((8, 2.0), (5, 3.0), (6, 1.5), (7, 1.25), (9, 1 / 3), (7, 0.5)),
    *((5, 8), (8, 5), (6, 12), (6, 1), (1, 4), (4, 9)),
]  # fmt: skip
"""Positions, and the factor or the size wanted."""


def resized(size: int, length: int | float, way: Way, rows: int = 1) -> Any:
    """A model of one Resize along the first axis of a map."""
    mode, laid, nearest = way
    given, name = ("", "sizes") if isinstance(length, int) else ("scales", "")
    values = [length, 3] if name else [length, 1.0]
    kind = onnx.TensorProto.INT64 if name else onnx.TensorProto.FLOAT
    node = onnx.helper.make_node(
        "Resize", ["x", "", given, name][: 4 if name else 3], ["y"], "up", mode=mode, axes=[2, 3],
        coordinate_transformation_mode=laid, nearest_mode=nearest,
    )  # fmt: skip
    value = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        [node],
        "resize",
        [value("x", onnx.TensorProto.FLOAT, [rows, 1, size, 3])],
        [value("y", onnx.TensorProto.FLOAT, None)],
        [onnx.helper.make_tensor(name or given, kind, [2], values)],
    )
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 19)], ir_version=9)


def reads(size: int, length: int | float, way: Way) -> list[tuple[int, int]]:
    """First and last position that ONNX Runtime reads for each new one: its answers to maps that are 1 at one place."""
    session = runtime.InferenceSession(resized(size, length, way, rows=size).SerializeToString())
    x = numpy.repeat(numpy.eye(size, dtype=numpy.float32)[:, None, :, None], 3, axis=3)
    (y,) = session.run(None, {"x": x})
    read = [numpy.nonzero(abs(y[:, 0, unit, 0]) > 1e-5)[0] for unit in range(y.shape[2])]
    return [(int(found.min()), int(found.max())) for found in read]


@pytest.mark.parametrize(("size", "length"), LENGTHS)
@pytest.mark.parametrize("way", MODES, ids="-".join)
def test_the_positions_are_those_of_onnx_runtime(
    tmp_path: Path, size: int, length: int | float, way: Way
) -> None:
    """And where ours are others, the import says so."""
    path = tmp_path / "net.onnx"
    onnx.save(resized(size, length, way), path)
    (model,) = cnncalc.load(path)
    report = cnncalc.analyze(model)
    expected = reads(size, length, way)
    assert report.layers[-1].shape.sizes == (len(expected), 3)
    axis = report.layers[-1].field.axes[0]
    spans = [axis.at(unit) for unit in range(len(expected))]
    found = [(max(span[0], 0), min(span[1], size - 1)) for span in spans if span]
    says = [one for one in read(Request(str(path))).remarks if "positions" in one]
    assert bool(says) or found == expected
    assert not says or found != expected or (way[0] == "linear" and len(expected) == 1), says


def test_a_part_of_a_map_is_refused(tmp_path: Path) -> None:
    model = resized(8, 4, ("linear", "tf_crop_and_resize", "floor"))
    onnx.save(model, tmp_path / "net.onnx")
    with pytest.raises(Refused, match="it resizes a part of the map"):
        read(Request(str(tmp_path / "net.onnx")))


# There and back


def layer(draw: Random) -> Any:
    return {
        "conv": {"kernel": draw.choice([1, 2, 3]), "out": 2, "stride": draw.choice([1, 2]), "padding": draw.choice([0, 1])}
    }  # fmt: skip


def enlarging(draw: Random) -> Any:
    given: dict[str, Any] = {"factor": draw.choice([2, 3, 4, "1.5", "5/4", "7/3", "0.5"])}
    if draw.random() < 0.5:
        given = {"size": draw.randint(2, 14)}
    return {"upsample": {**given, "mode": "bilinear", "align_corners": draw.random() < 0.8}}


def random_network(draw: Random) -> str:
    """Two maps resized, with convolutions before, between and after."""
    layers = [layer(draw) for _ in range(draw.randint(0, 2))] + [enlarging(draw)]
    layers += [layer(draw) for _ in range(draw.randint(0, 2))] + [enlarging(draw)]
    layers += [layer(draw) for _ in range(draw.randint(0, 1))]
    sizes = [draw.randint(6, 16) for _ in range(draw.choice([1, 2, 2]))]
    return json.dumps({"input": [2, *sizes], "layers": layers})


def last_fields(report: Report) -> list[Any]:
    record = report.layers[-1]
    return [
        (largest, [axis.at(unit) for unit in range(size or 0)])
        for axis, largest, size in zip(record.field.axes, record.field.size, record.shape.sizes, strict=True)
    ]


def test_resized_maps_come_back_with_their_fields(tmp_path: Path) -> None:
    path, seen = tmp_path / "net.onnx", 0
    for seed in range(120):
        text = random_network(Random(seed))
        (model,) = cnncalc.loads(text)
        report = cnncalc.analyze(model)
        if report.failed:
            continue
        written = cnncalc.export(report, "onnx")
        assert isinstance(written, bytes)
        path.write_bytes(written)
        (back,) = cnncalc.load(path)
        assert last_fields(cnncalc.analyze(back)) == last_fields(report), text
        assert not any("positions" in remark for remark in read(Request(str(path))).remarks)
        seen += 1
    assert seen > 60
