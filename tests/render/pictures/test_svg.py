"""The writer of SVG, and every kind of picture of many networks as XML with hostile names."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncalc import analyze, loads
from cnncalc.errors import NoAnswer
from cnncalc.render.pictures import PICTURES, Drawing, draw
from cnncalc.render.pictures.svg import (
    DARK,
    LIGHT,
    SERIES,
    Panel,
    fitted,
    hatched,
    lines_of,
    number,
    rect,
    sheet,
    spread,
    text,
    width_of,
)
from cnncalc.render.text import inert
from tests.render.pictures.reading import SVG, elements, reports, texts

NETWORKS = [
    "vgg16",
    "resnet18",
    "unet",
    "googlenet",
    "wavenet",
    "stack3x3",
    "c3d",
    "textcnn",
    "deeplabv3",
    "dcgan",
    "ssd300",
    "vit",
    "gridding",
    "spp",
    "crnn",
]
HOSTILE = "a<script>&\"'</title>]]>\u202e\x07\u00e9\u4e2d"


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("what", PICTURES)
def test_every_kind_of_every_network_is_xml(what: str, name: str) -> None:
    try:
        svg = draw(what, Drawing(reports(name)))
    except NoAnswer as error:
        assert "no " in str(error) or "neither" in str(error)
        return
    root = ElementTree.fromstring(svg)
    assert root.tag == f"{SVG}svg"
    assert svg.endswith("</svg>\n")
    assert not [
        found for found in root.iter() if found.tag in (f"{SVG}script", f"{SVG}image", f"{SVG}foreignObject")
    ]
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")
    assert "nan" not in svg and "inf," not in svg

    assert not any(word in svg for word in ("url(", "@import", "@font-face", "onload=", "href="))


MARKED = ["resnet18", "unet", "spp", "dcgan", "gridding", "tcn"]
ABOUT = (
    "data-layer",
    "data-network",
    "data-axis",
    "data-scope",
    "data-figure",
    "data-row",
    "data-column",
    "data-output",
)
"""What says which mark it is, and no number of it."""


@pytest.mark.parametrize("what", PICTURES)
def test_a_pointer_shows_the_exact_numbers_of_a_mark(what: str) -> None:
    """All that a mark stands for is in its title; the frame of the input has its size written beside it."""
    shown = 0
    for name in MARKED:
        try:
            svg = draw(what, Drawing(reports(name)))
        except NoAnswer:
            continue
        for mark in ElementTree.fromstring(svg).iter():
            if mark.tag not in (f"{SVG}rect", f"{SVG}circle"):
                continue
            numbers = {
                key: value
                for key, value in mark.attrib.items()
                if key.startswith("data-") and key not in ABOUT
            }
            if not numbers or "data-input" in numbers:
                continue
            said = (
                mark.findtext(f"{SVG}title", "")
                .replace("never", "0")
                .replace("once", "1")
                .replace("twice", "2")
                .replace("no path", "0")
            )
            found = set(re.findall(r"[0-9]+", said.replace(",", "")))
            for key, value in numbers.items():
                assert set(re.findall(r"[0-9]+", value.replace(",", ""))) <= found, (
                    name,
                    key,
                    mark.attrib,
                    said,
                )
            shown += 1
    assert shown >= 10


def test_what_is_side_by_side_differs_without_its_colour() -> None:
    """The lines of several layers and of several axes in their dashes, and what is remarkable in its thickness."""
    layers = ("conv1_1", "pool3", "conv5_3", "pool5")
    boxes = elements(draw("field", Drawing(reports("vgg16"), layers)), "rect", "data-region")
    assert len({box.get("stroke-dasharray") for box in boxes}) == len(boxes) == 4
    (model,) = loads("input: [1, 40, 40]\nlayers: [conv3x5: 4, conv3x5: 4]")
    root = ElementTree.fromstring(draw("growth", Drawing((analyze(model),))))
    lines = [one for one in root.iter(f"{SVG}path") if one.get("class", "").startswith("line-")]
    assert len({one.get("stroke-dasharray") for one in lines}) == 2
    rules = draw("growth", Drawing(reports("vgg16")))
    thick = re.findall(r"\.cnncalc-picture (\S+?)\{[^}]*stroke-width:3", rules)
    assert thick == [".late"]


@pytest.mark.parametrize("what", PICTURES)
def test_hostile_names_are_text(what: str) -> None:
    spec = (
        'name: "a<script>&\\"\'</title>]]>\\u202e\\u00e9\\u4e2d"\ninput: [3, 16, 16]\nlayers:\n'
        "  - conv3x3: {out: 4, padding: 1}\n"
        "  - concat:\n      \u00e9<b>: [conv3x3: {out: 2, padding: 1}]\n      b&c: [conv1x1: 2]\n"
        "  - maxpool2\n  - spp: {levels: [2, 1]}\n  - linear: 2\n"
    )
    (model,) = loads(spec)
    svg = draw(what, Drawing((analyze(model),)))
    root = ElementTree.fromstring(svg)
    assert "<script" not in svg and "\u202e" not in svg
    assert not [found for found in root.iter() if found.tag.endswith("script") or found.tag.endswith("}b")]
    assert "<script>" in "".join(root.itertext())


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=20))
def test_any_text_is_escaped(words: str) -> None:
    svg = sheet(
        words, words, [Panel(10, 10, (text(0, 0, words, title=words), rect(0, 0, 1, 1, title=words)))]
    )
    root = ElementTree.fromstring(svg)
    (found,) = root.iter(f"{SVG}text")
    shown = inert(words).replace("\r", "\n")
    assert "".join(found.itertext()) == 2 * shown
    assert root[0].text == (shown or None)


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=40), st.floats(10, 200))
def test_a_text_is_cut_to_its_room(words: str, width: float) -> None:
    short = fitted(words, width)
    assert width_of(short) <= max(width, width_of("\u2026"))
    assert all(width_of(line) <= max(width, width_of("\u2026")) for line in lines_of(words, width))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0, 200), min_size=1, max_size=8))
def test_labels_are_moved_apart_in_their_order(places: list[float]) -> None:
    found = spread(places, 10, 0, 200)
    ranked = sorted(range(len(places)), key=lambda at: (places[at], at))
    assert all(found[b] - found[a] >= 10 - 1e-9 for a, b in pairwise(ranked))
    assert max(found) <= 200 + 1e-9


@settings(max_examples=20, deadline=None)
@given(st.floats(-50, 50), st.floats(-50, 50), st.floats(0.5, 80), st.floats(0.5, 80))
def test_hatching_stays_in_its_rectangle(x: float, y: float, width: float, height: float) -> None:
    drawn = dict(hatched(x, y, width, height).attributes)["d"]
    for stroke in filter(None, drawn.split("M")):
        for point in stroke.split("L"):
            px, py = map(float, point.split(","))
            assert x - 0.01 <= px <= x + width + 0.01
            assert y - 0.01 <= py <= y + height + 0.01


@pytest.mark.parametrize(
    ("value", "expected"),
    [(3, "3"), (3.0, "3"), (0.125, "0.12"), (-0.001, "0"), (1.5, "1.5"), (100.0, "100")],
)
def test_numbers_are_short(value: float, expected: str) -> None:
    assert number(value) == expected


def test_widths_are_those_of_helvetica_and_a_little_more() -> None:
    assert 1.1 <= width_of("Hamburgefonstiv 0123") / (12 * 10.17) <= 1.25
    assert width_of("\u4e2d", 10) >= 10
    assert width_of("e\u0301") == width_of("e")


def test_several_networks_are_beside_each_other() -> None:
    alone = ElementTree.fromstring(draw("growth", Drawing(reports("vgg16"))))
    both = ElementTree.fromstring(draw("growth", Drawing((*reports("vgg16"), *reports("resnet18")))))
    assert float(both.attrib["width"]) > 1.8 * float(alone.attrib["width"])
    assert {"VGG-16 \u00b7 3x224x224 \u00b7 pytorch", "ResNet-18 \u00b7 3x224x224 \u00b7 pytorch"} <= set(
        texts(draw("growth", Drawing((*reports("vgg16"), *reports("resnet18")))))
    )


def test_what_ended_an_analysis_is_said() -> None:
    (model,) = loads("input: [3, 8, 8]\nlayers:\n  - conv3x3: 4\n  - conv9x9: 4\n")
    for what in ("growth", "field", "graph", "cost"):
        assert any(word.startswith("x conv9x9") for word in texts(draw(what, Drawing((analyze(model),)))))


def luminance(colour: str) -> float:
    """The relative luminance of WCAG 2."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    return sum(weight * one for weight, one in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def blended(colour: str, below: str, opacity: float) -> str:
    """A colour over another one."""
    pairs = [(int(colour[at : at + 2], 16), int(below[at : at + 2], 16)) for at in (1, 3, 5)]
    return "#" + "".join(f"{round(one * opacity + other * (1 - opacity)):02x}" for one, other in pairs)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_texts_have_contrast_on_what_is_behind_them(theme: dict[str, str]) -> None:
    grounds = {
        "ink": [theme["paper"], theme["fill"], blended(theme["a"], theme["paper"], 0.45)],
        "soft": [theme["paper"], theme["fill"]],
        "alarm": [theme["paper"], blended(theme["alarm"], theme["paper"], 0.05)],
        **{name: [theme["paper"]] for name in SERIES},
    }
    for name, some in grounds.items():
        for ground in some:
            dark, light = sorted((luminance(theme[name]), luminance(ground)))
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (name, theme[name], ground)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("rsvg-convert") is None, reason="rsvg-convert is not installed")
def test_another_program_draws_it_in_pixels(tmp_path: Path) -> None:
    """The size and the signature of a PNG, and more than one colour."""
    picture, pixels = tmp_path / "growth.svg", tmp_path / "growth.png"
    picture.write_text(draw("growth", Drawing(reports("vgg16"))), encoding="utf-8")
    subprocess.run(["rsvg-convert", picture, "-o", pixels], check=True)
    data = pixels.read_bytes()
    root = ElementTree.parse(picture).getroot()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", data[16:24]) == (int(root.attrib["width"]), int(root.attrib["height"]))
    assert len(data) > 5_000
