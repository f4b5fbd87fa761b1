"""Growth of the receptive field: every point is a number of the report."""

from __future__ import annotations

from functools import cache
from math import log2

import pytest

from cnncalc import analyze, loads
from cnncalc.errors import NoAnswer
from cnncalc.render.pictures import Drawing, draw
from tests.cli.running import Ran
from tests.render.pictures.reading import elements, reports, texts

NETWORKS = ["vgg16", "resnet18", "unet", "googlenet", "stack3x3", "tcn", "c3d", "deeplab", "se"]


@pytest.mark.parametrize("name", NETWORKS)
def test_every_point_has_the_field_of_its_layer(name: str) -> None:
    for report in reports(name):
        svg = draw("growth", Drawing((report,)))
        layers = {layer.path: layer for layer in report.layers}
        drawn = elements(svg, "circle")
        assert drawn
        for point in drawn:
            size = layers[point["data-layer"]].field.size[int(point["data-axis"])]
            assert int(point["data-field"]) == size
        assert {one["data-layer"] for one in elements(svg, "rect")} == {
            path for path, layer in layers.items() if any(layer.field.sees_all) and path in _shown(svg)
        }


def _shown(svg: str) -> set[str]:
    return {one["data-layer"] for tag in ("circle", "rect") for one in elements(svg, tag)}


def test_heights_are_logarithms_of_the_sizes() -> None:
    drawn = elements(draw("growth", Drawing(reports("vgg16"))), "circle")
    heights = {int(one["data-field"]): float(one["cy"]) for one in drawn}
    (small, low), (large, high) = min(heights.items()), max(heights.items())
    for size, y in heights.items():
        expected = low + (high - low) * log2(size / small) / log2(large / small)
        assert y == pytest.approx(expected, abs=0.02)


def test_networks_beside_each_other_have_the_same_scale() -> None:
    small = reports("stack3x3")[0]
    (alone,) = {one["cy"] for one in elements(draw("growth", Drawing((small,))), "circle")} - {"0"}
    both = elements(draw("growth", Drawing((small, *reports("vgg16")))), "circle")
    heights: dict[str, set[str]] = {}
    for one in both:
        heights.setdefault(one["data-field"], set()).add(one["cy"])
    assert len(heights["5"]) == 1
    assert heights["5"] != {alone}


def test_the_last_field_and_the_input_are_said() -> None:
    words = texts(draw("growth", Drawing(reports("vgg16"))))
    assert "input 224" in words
    assert any(word.startswith("212 ") for word in words)  # pool5, before the classifier


def test_the_main_path_goes_through_the_largest_field() -> None:
    (report,) = (
        analyze(model)
        for model in loads(
            "input: [1, 32, 32]\nlayers:\n  - concat:\n      a: [conv3x3: 4]\n      b: [conv5x5: 4]\n"
        )
    )
    drawn = elements(draw("growth", Drawing((report,))), "circle")
    kinds = {one["data-layer"].partition("/")[2]: one["class"] for one in drawn}
    assert kinds["a/conv3x3_1"] == "open-a"
    assert kinds["b/conv5x5_1"] == "fill-a"


@pytest.mark.parametrize("name", ["resnet18", "googlenet:paper", "unet"])
def test_a_point_is_as_deep_as_the_longest_way_to_its_layer(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Counted are the layers that the table shows."""
    (report,) = reports(name)
    table = Ran(capsys, "rf", name, "--paths").out
    layers = {layer.path: layer for layer in report.layers}
    shown = {line.split()[0] for line in table.splitlines() if line.strip()} & set(layers)

    @cache
    def depth(path: str) -> int:
        if path not in layers:
            return 0
        return max(map(depth, layers[path].inputs), default=0) + (path in shown)

    points = elements(draw("growth", Drawing((report,))), "circle")
    places = {depth(one["data-layer"]): float(one["cx"]) for one in points}
    (first, left), (last, right) = min(places.items()), max(places.items())
    assert last - first > 5
    for one in points:
        expected = left + (right - left) * (depth(one["data-layer"]) - first) / (last - first)
        assert float(one["cx"]) == pytest.approx(expected, abs=0.02)


def test_a_network_without_a_known_field_is_refused() -> None:
    (report,) = (analyze(model) for model in loads("input: [64]\nlayers: [linear: 10]\n"))
    with pytest.raises(NoAnswer, match="no receptive field"):
        draw("growth", Drawing((report,)))
