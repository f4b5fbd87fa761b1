"""Pools and pyramids: windows and counts against brute force."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any, cast
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncalc import analyze, loads
from cnncalc.analysis.report import LayerReport
from cnncalc.errors import Fault, NoAnswer
from cnncalc.frameworks import framework_named
from cnncalc.frameworks.rules import AxisPadding
from cnncalc.geometry.axis import Run
from cnncalc.geometry.participation import pooled
from cnncalc.render.pictures import Drawing, draw
from cnncalc.render.pictures.pool import drawn
from tests.cli.running import Ran
from tests.render.pictures.reading import elements, reports, texts


def counted(
    size: int, kernel: int, stride: int, padding: int, dilation: int
) -> tuple[list[int], list[list[int]]]:
    """How often each position is read, and what each window reads, by trying every one."""
    windows = []
    start = -padding
    while start + (kernel - 1) * dilation < size + padding:
        windows.append([start + tap * dilation for tap in range(kernel)])
        start += stride
    return [sum(position in window for window in windows) for position in range(size)], windows


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 30), st.integers(1, 5), st.integers(1, 5), st.integers(0, 2), st.integers(1, 3))
def test_counts_and_windows_equal_brute_force(
    size: int, kernel: int, stride: int, padding: int, dilation: int
) -> None:
    rules = framework_named("pytorch")
    assert rules is not None
    padding = min(padding, kernel // 2)
    try:
        window = rules.pool_window(
            kernel, stride, AxisPadding(padding, padding), dilation, None, size, padding > 0
        )
        axis = pooled(window, size)
    except Fault:
        return
    svg = drawn((axis,), "pytorch")
    counts, windows = counted(size, kernel, stride, padding, dilation)
    positions = elements(svg, "rect", "data-position")
    assert [int(one["data-count"]) for one in positions] == counts
    bars = elements(svg, "rect", "data-window")
    assert [(int(one["data-first"]), int(one["data-last"])) for one in bars] == [
        (taps[0], taps[-1]) for taps in windows
    ]
    if bars and dilation == 1:
        pixels = float(positions[0]["width"])
        for one, taps in zip(bars, windows, strict=True):
            middle = float(one["x"]) + float(one["width"]) / 2
            expected = float(positions[0]["x"]) + (taps[0] + taps[-1] + 1) / 2 * pixels
            assert middle == pytest.approx(expected, abs=0.3)


@pytest.mark.parametrize(("size", "kernel", "stride"), [(224, 3, 2), (300, 2, 5), (900, 1, 7)])
def test_runs_of_a_long_axis_have_the_counts_of_their_positions(size: int, kernel: int, stride: int) -> None:
    rules = framework_named("pytorch")
    assert rules is not None
    padded = kernel > 1
    padding = AxisPadding(1, 1) if padded else AxisPadding(0, 0)
    axis = pooled(rules.pool_window(kernel, stride, padding, 1, None, size, padded), size)
    runs = elements(drawn((axis,), "pytorch"), "rect", "data-position")
    found = [
        int(one["data-count"])
        for one in runs
        for _ in range(int(one["data-position"]), int(one["data-end"]) + 1)
    ]
    assert found == counted(size, kernel, stride, int(padded), 1)[0]
    left = float(runs[0]["x"])
    pixels = float(runs[0]["width"]) / (int(runs[0]["data-end"]) + 1)
    for one in runs:
        assert float(one["x"]) == pytest.approx(left + int(one["data-position"]) * pixels, abs=3)


def test_the_map_of_two_axes_is_their_product() -> None:
    rows, columns = counted(7, 3, 2, 1, 1)[0], counted(9, 2, 3, 1, 1)[0]
    rules = framework_named("pytorch")
    assert rules is not None
    axes = [
        pooled(rules.pool_window(kernel, stride, AxisPadding(1, 1), 1, None, size, True), size)
        for size, kernel, stride in ((7, 3, 2), (9, 2, 3))
    ]
    cells = elements(drawn(axes, "pytorch"), "rect", "data-row")
    found = {(int(one["data-row"]), int(one["data-column"])): int(one["data-count"]) for one in cells}
    assert found == {(y, x): rows[y] * columns[x] for y, x in product(range(7), range(9))}


def test_the_first_pool_of_a_network_or_the_layer_asked_for() -> None:
    assert any("pool1" in one for one in texts(draw("pool", Drawing(reports("vgg16")))))
    svg = draw("pool", Drawing(reports("vgg16"), ("conv1_1",)))
    assert {int(one["data-count"]) for one in elements(svg, "rect", "data-position")} == {2, 3}


@pytest.mark.parametrize(("what", "name"), [("pool", "unet3d"), ("spp", "vgg16")])
def test_a_network_without_one_is_refused(what: str, name: str) -> None:
    with pytest.raises(NoAnswer, match=r"there is no|not known"):
        draw(what, Drawing(reports(name, "1xanyxanyxany" if what == "pool" else None)))


def test_the_bins_of_a_pyramid_are_its_windows() -> None:
    for report in reports("spp"):
        svg = draw("spp", Drawing((report,)))
        found = [one["data-region"] for one in elements(svg, "rect", "data-region")]
        expected = []
        for layer in report.layers:
            if layer.op == "spp_level":
                spans = [(one.start, one.start + one.length - 1) for one in _bins(layer)]
                expected += [f"{a}..{b} {c}..{d}" for a, b in spans for c, d in spans]
        assert found == expected


def _bins(layer: LayerReport) -> list[Run]:
    """What each bin of a level reads along an axis of the square map, by the definition of its mode."""
    size, arguments = layer.in_shape.sizes[0], cast("Any", layer.layer)
    bins, mode = arguments.bins, arguments.mode
    assert size is not None
    if bins == 1:
        return [Run(0, 1, size)]
    if mode == "adaptive":
        edges = [(size * at // bins, -(-size * (at + 1) // bins)) for at in range(bins)]
        return [Run(start, 1, end - start) for start, end in edges]
    if mode == "caffe":
        kernel = -(-size // bins)
        pad = (kernel * bins - size + 1) // 2
        return [Run(at * kernel - pad, 1, kernel) for at in range(bins)]
    kernel, stride = -(-size // bins), size // bins
    if mode == "exact":
        kernel = size - (bins - 1) * stride
    return [Run(at * stride, 1, kernel) for at in range((size - kernel) // stride + 1)]


@pytest.mark.parametrize(
    "words",
    [
        ("pool", "7", "3", "2"),
        ("spp", "--in", "13", "--levels", "1,2,4"),
        ("spp", "--in", "13x7", "--levels", "1,2,20", "--mode", "all"),
        ("compare", "vgg16", "resnet18"),
        ("sweep", "stack3x3", "--input", "64x32..64/32"),
    ],
)
def test_results_of_commands_are_pictures_by_their_ending(
    words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "x.svg"
    ran = Ran(capsys, *words, "-o", str(target))
    assert ran.out == ""
    root = ElementTree.parse(target).getroot()
    assert root.tag.endswith("svg")
    assert Ran(capsys, *words, "--format", "svg").out == target.read_text(encoding="utf-8")


@pytest.mark.parametrize("words", [("rf", "stack3x3"), ("compare", "stack3x3", "--frameworks")])
def test_a_result_without_a_picture_is_none_by_its_ending(
    words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = Ran(capsys, *words, "-o", str(tmp_path / "x.svg"))
    assert (ran.code, ran.out) == (2, "")
    assert "no format has the ending" in ran.err


@pytest.mark.parametrize(("size", "outlined"), [(99, True), (1024, False)])
def test_boxes_too_narrow_for_an_outline_have_none(size: int, outlined: bool) -> None:
    (model,) = loads(f"input: [1, {size}]\nlayers: [maxpool3: {{stride: 2}}]")
    boxes = elements(draw("pool", Drawing((analyze(model),))), "rect", "data-position")
    assert {"style" not in box for box in boxes} == {outlined}
