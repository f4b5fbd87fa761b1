"""Regions in the input: every box is what `rf --at` says."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from pathlib import Path
from xml.etree import ElementTree

import pytest

from cnncalc import analyze, loads
from cnncalc.errors import InputError, NoAnswer
from cnncalc.render.pictures import Drawing, draw
from tests.cli.running import Ran
from tests.render.pictures.reading import SVG, elements, reports, texts


@pytest.mark.parametrize(
    ("name", "layers", "at"),
    [
        ("vgg16", ("conv1_1", "pool3", "conv5_3"), (0, 0)),
        ("resnet18", ("conv1", "layer2[0]/residual_1"), (3, 27)),
        ("unet", ("concat_1", "level1/conv3x3_1[1]"), (5, 4)),
        ("stack3x3", (), (10, 20)),
    ],
)
def test_a_box_is_what_rf_says_of_the_unit(
    name: str, layers: tuple[str, ...], at: tuple[int, int], capsys: pytest.CaptureFixture[str]
) -> None:
    place = ",".join(map(str, at))
    known = json.loads(Ran(capsys, "rf", name, "--at", place, "--all", "--format", "json").out)["models"]
    for report, model in zip(reports(name), known, strict=True):
        regions = {layer["path"]: layer["region"] for layer in model["layers"]}
        svg = draw("field", Drawing((report,), layers, at))
        boxes = elements(svg, "rect", "data-region")
        assert {box["data-layer"] for box in boxes} >= set(layers)
        assert boxes
        (frame,) = elements(svg, "rect", "data-input")
        across = float(frame["width"]) / int(frame["data-input"].split("x")[1])
        left, top = float(frame["x"]), float(frame["y"])
        for box in boxes:
            seen = regions[box["data-layer"]]
            rows, columns = zip(seen["first"], seen["last"], strict=True)
            assert box["data-region"] == f"{rows[0]}..{rows[1]} {columns[0]}..{columns[1]}"
            drawn = [float(box[key]) for key in ("x", "y", "width", "height")]
            expected = [
                left + columns[0] * across,
                top + rows[0] * across,
                (columns[1] + 1 - columns[0]) * across,
                (rows[1] + 1 - rows[0]) * across,
            ]
            assert drawn == pytest.approx(expected, abs=0.05)


def test_padding_is_hatched_where_a_box_is_beyond_the_input() -> None:
    corner = draw("field", Drawing(reports("vgg16"), ("conv1_1",), (0, 0)))
    inside = draw("field", Drawing(reports("vgg16"), ("conv1_1",), (9, 9)))
    assert corner.count('class="hatch-a"') == 2  # above, and to the left
    assert 'class="hatch-a"' not in inside


def test_the_neighbour_is_a_stride_away() -> None:
    svg = draw("field", Drawing(reports("vgg16"), ("pool3",), (9, 9)))
    root = ElementTree.fromstring(svg)
    (box,) = elements(svg, "rect", "data-region")
    (beside,) = (one.attrib for one in root.iter(SVG + "rect") if one.get("class") == "dash-a")
    (frame,) = elements(svg, "rect", "data-input")
    pixels = float(frame["width"]) / 224
    assert float(beside["x"]) - float(box["x"]) == pytest.approx(8 * pixels, abs=0.05)


def test_a_cross_is_at_the_centre() -> None:
    svg = draw("field", Drawing(reports("vgg16"), ("pool3",), (9, 9)))
    (box,) = elements(svg, "rect", "data-region")
    (cross,) = (
        one.attrib["d"]
        for one in ElementTree.fromstring(svg).iter(SVG + "path")
        if one.get("class") == "line-a" and one.attrib["d"].count("M") == 2
    )
    points = [tuple(map(float, point.split(","))) for point in re.findall(r"[0-9.-]+,[0-9.-]+", cross)]
    for axis, (at, size) in enumerate((("x", "width"), ("y", "height"))):
        middle = sum(point[axis] for point in points) / 4
        assert middle == pytest.approx(float(box[at]) + float(box[size]) / 2, abs=0.02)


@pytest.mark.parametrize("name", ["resnet18", "googlenet", "c3d"])
def test_middle_units_of_some_layers_on_the_main_path_are_drawn_unasked(name: str) -> None:
    for report in reports(name):
        layers = {layer.path: layer for layer in report.layers}
        growth = elements(draw("growth", Drawing((report,))), "circle")
        main = {one["data-layer"] for one in growth if one["class"].startswith("fill")}
        svg = draw("field", Drawing((report,)))
        drawn = elements(svg, "rect", "data-unit") or elements(svg, "rect", "data-first")
        assert {one["data-layer"] for one in drawn} <= main
        for one in drawn:
            middle = ",".join(str((size or 0) // 2) for size in layers[one["data-layer"]].shape.sizes)
            assert one.get("data-unit", middle) == middle


def test_a_stride_that_varies_is_one_on_average() -> None:
    (model,) = loads(
        "input: [1, 16, 16]\nlayers:\n  - conv3x3: {out: 1, stride: 2, padding: 1}\n  - upsample: 2\n"
        "  - conv3x3: {out: 1, padding: 1}\n"
    )
    report = analyze(model)
    spans = [report.layers[-1].field.axes[0].at(unit) for unit in (6, 7, 8, 9)]
    assert spans == [(3, 7), (5, 9), (5, 9), (7, 11)]  # steps of 2, 0 and 2
    words = texts(draw("field", Drawing((report,), ("conv3x3_1", "conv3x3_2"))))
    assert "3x3, stride 2" in words
    assert "5x5, stride 1 on average" in words


@pytest.mark.parametrize("name", ["tcn", "c3d", "unet3d"])
def test_other_than_two_axes_are_strips(name: str) -> None:
    for report in reports(name):
        layers = {layer.path: layer for layer in report.layers}
        drawn = elements(draw("field", Drawing((report,))), "rect", "data-first")
        rank = len(report.inputs[0][1].sizes)
        assert len(drawn) % rank == 0
        paths = list(dict.fromkeys(one["data-layer"] for one in drawn))
        for at, one in enumerate(drawn):
            axis = at // len(paths)
            field = layers[one["data-layer"]].field
            units = field.units[axis]
            span = field.axes[axis].at(0 if units is None else units // 2)
            assert (int(one["data-first"]), int(one["data-last"])) == span


def test_a_layer_that_sees_all_is_the_whole_input() -> None:
    svg = draw("field", Drawing(reports("vgg16"), ("fc6",)))
    (box,) = elements(svg, "rect", "data-region")
    assert box["data-region"] == "0..223 0..223"
    assert any("all rows" in one for one in texts(svg))


@pytest.mark.parametrize(
    ("drawing", "message"),
    [
        (Drawing(reports("vgg16"), ("conv1_3",)), "did you mean conv1_2|did you mean"),
        (Drawing(reports("vgg16"), ("pool5",), (7, 0)), "`?pool5`? has no unit 7,0: its map is 7x7"),
        (Drawing(reports("vgg16"), (), (7,)), "VGG-16 has 2 spatial axes, not 1"),
        (Drawing(reports("vgg16"), ("conv1_1",) * 5), "at most 4"),
    ],
)
def test_what_does_not_exist_is_refused(drawing: Drawing, message: str) -> None:
    with pytest.raises(InputError, match=message):
        draw("field", drawing)


def test_an_unknown_region_is_refused_with_its_reason() -> None:
    text = "framework: tensorflow\ninput: [1, any, any]\nlayers:\n  - conv3x3: {out: 4, stride: 2, padding: same}\n"
    (report,) = (analyze(model) for model in loads(text))
    with pytest.raises(NoAnswer, match="what `conv3x3_1` sees is not known: needs the input size"):
        draw("field", Drawing((report,), ("conv3x3_1",)))
    with pytest.raises(NoAnswer, match="no layer is known to see a part of the input"):
        draw("field", Drawing((report,)))


PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def test_a_picture_of_the_users_is_behind_the_regions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "photo.png"
    file.write_bytes(b64decode(PIXEL))
    ran = Ran(capsys, "draw", "vgg16", "--what", "field", "--behind", str(file))
    assert ran.code == 0
    (image,) = ElementTree.fromstring(ran.out).iter(SVG + "image")
    (frame,) = elements(ran.out, "rect", "data-input")
    assert image.attrib["href"] == f"data:image/png;base64,{PIXEL}"
    assert all(image.attrib[key] == frame[key] for key in ("x", "y", "width", "height"))
    assert draw("field", Drawing(reports("vgg16"))) != ran.out


@pytest.mark.parametrize(("content", "message"), [(b"<svg/>", "is none of png, jpeg"), (None, "cannot read")])
def test_a_file_that_is_no_picture_is_refused(
    content: bytes | None, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "photo.png"
    if content is not None:
        file.write_bytes(content)
    ran = Ran(capsys, "draw", "vgg16", "--what", "field", "--behind", str(file))
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err


def test_a_picture_is_for_regions_and_the_page_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, page = tmp_path / "photo.png", tmp_path / "x.html"
    file.write_bytes(b64decode(PIXEL))
    ran = Ran(capsys, "draw", "vgg16", "--behind", str(file))
    assert (ran.code, ran.out) == (2, "")
    assert "growth has no use for `behind`: leave it out, or draw one of field" in ran.err
    assert Ran(capsys, "draw", "vgg16", "--behind", str(file), "-o", str(page)).code == 0
    assert PIXEL in page.read_text(encoding="utf-8")


def test_numbers_are_never_cut() -> None:
    assert "sees rows -191 to 511, columns -127 to 575" in texts(draw("field", Drawing(reports("flownets"))))
