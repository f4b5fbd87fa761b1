"""Alignment and effective fields: regions against `rf --at`, sums against brute force."""

from __future__ import annotations

from math import sqrt

import pytest

from cnncalc import analyze, load, loads
from cnncalc.analysis.report import Report
from cnncalc.errors import InputError, NoAnswer
from cnncalc.questions.effective import effective, profile
from cnncalc.render.pictures import Drawing, draw
from tests.render.pictures.reading import elements, reports, texts


def one(text: str) -> Report:
    (model,) = loads(text)
    return analyze(model)


def test_the_strips_of_a_join_are_the_regions_of_its_branches() -> None:
    (report,) = reports("unet")
    layers = {layer.path: layer for layer in report.layers}
    svg = draw("align", Drawing((report,), ("concat_1",), (10, 10)))
    drawn = elements(svg, "rect", "data-first")
    assert [strip["data-layer"] for strip in drawn] == ["crop_to_1", "up4/relu_1"] * 2
    for at, strip in enumerate(drawn):
        span = layers[strip["data-layer"]].field.axes[0].at(10 + at // 2)
        assert (int(strip["data-first"]), int(strip["data-last"])) == span
    assert any("the centres are 4 input positions apart" in words for words in texts(svg))


def test_aligned_branches_are_said_to_be() -> None:
    svg = draw("align", Drawing(reports("resnet18")))
    assert any("at the same place" in words for words in texts(svg))


def test_the_first_join_that_is_amiss_is_drawn() -> None:
    text = (
        "input: [1, 32, 32]\nlayers:\n  - residual: {body: [conv3x3: {out: 1, padding: 1}]}\n"
        "  - concat:\n      a: [conv3x3: {out: 2, padding: [[0, 2], [1, 1]]}]\n      b: [conv1x1: 2]\n"
    )
    svg = draw("align", Drawing((one(text),)))
    assert any("concat_1" in words for words in texts(svg))
    assert {"y: the centres are 1 input position apart", "x: the centres are at the same place"} <= set(
        texts(svg)
    )


@pytest.mark.parametrize(
    ("kernel", "stride", "padding"), [(3, 2, 1), (4, 2, 1), (5, 3, 0), (2, 2, 0), (5, 2, 2)]
)
def test_sums_of_a_transposed_convolution_equal_brute_force(kernel: int, stride: int, padding: int) -> None:
    size = 5
    text = (
        f"input: [1, {size}, {size}]\nlayers:\n"
        f"  - conv_transpose: {{out: 1, kernel: {kernel}, stride: {stride}, padding: {padding}}}\n"
    )
    report = one(text)
    sums = [0] * report.layers[0].shape.sizes[0]  # type: ignore[operator]
    for position in range(size):
        for tap in range(kernel):
            output = position * stride - padding + tap
            if 0 <= output < len(sums):
                sums[output] += 1
    svg = draw("align", Drawing((report,)))
    along = [int(cell["data-count"]) for cell in elements(svg, "rect", "data-output")]
    assert along == sums[:16] * 2
    for cell in elements(svg, "rect", "data-row"):
        expected = sums[int(cell["data-row"])] * sums[int(cell["data-column"])]
        assert int(cell["data-count"]) == expected
    assert any("checkerboard" in words for words in texts(svg)) == bool(kernel % stride)


def test_a_network_without_branches_is_refused_and_beside_others_named() -> None:
    with pytest.raises(NoAnswer, match="neither a join"):
        draw("align", Drawing(reports("vgg16")))
    svg = draw("align", Drawing((*reports("vgg16"), *reports("resnet18"))))
    assert any("neither a join" in words for words in texts(svg))
    with pytest.raises(NoAnswer, match="does not join branches"):
        draw("align", Drawing(reports("vgg16"), ("conv1_1",)))
    with pytest.raises(InputError, match="2 spatial axes, not 1"):
        draw("align", Drawing(reports("resnet18"), (), (1,)))


@pytest.mark.parametrize("name", ["vgg16", "gridding", "tcn", "resnet18"])
def test_an_effective_field_is_that_of_the_question(name: str) -> None:
    for model, report in zip(load(name), reports(name), strict=True):
        last = report.last_local
        assert last is not None
        svg = draw("erf", Drawing((report,)))
        answer = profile(model, last.path).axes
        (frame, *_) = elements(svg, "rect", "data-first")
        first = next(axis for axis in answer if axis is not None)
        assert int(frame["data-first"]) == first.first
        assert int(frame["data-last"]) == first.first + len(first.gradient) - 1
        (band, *_) = elements(svg, "rect", "data-width")
        known = {layer.path: layer for layer in effective(model).layers}[last.path]
        assert int(band["data-width"]) in known.width
        holes = {int(mark["data-hole"]) for mark in elements(svg, "line", "data-hole")}
        assert holes >= {first.first + at for at, paths in enumerate(first.paths) if not paths}


def test_the_curve_has_the_share_of_each_position() -> None:
    report = one(
        "input: [1, 32, 32]\nlayers:\n  - conv3x3: {out: 1, padding: 1}\n  - conv3x3: {out: 1, padding: 1}\n"
    )
    svg = draw("erf", Drawing((report,)))
    (curve,) = elements(svg, "path", "data-most")
    heights = [160 - float(point.split(",")[1]) for point in curve["d"][1:].split("L")][1:-1:2]
    # Two kernels of 3 give 1, 2, 3, 2, 1 paths, in which the shares of the squared gradient are.
    assert [height / 160 for height in heights] == pytest.approx([1 / 3, 2 / 3, 1, 2 / 3, 1 / 3], abs=1e-3)
    variance = sum(count * at**2 for count, at in zip((1, 2, 3, 2, 1), range(-2, 3), strict=True)) / 9
    assert any(f"standard deviation {sqrt(variance):.1f}" in words for words in texts(svg))


def test_a_network_that_sees_all_at_once_has_no_profile() -> None:
    with pytest.raises(NoAnswer, match="no layer sees a part"):
        draw("erf", Drawing((one("input: [4, 8, 8]\nlayers: [flatten, linear: 3]\n"),)))
