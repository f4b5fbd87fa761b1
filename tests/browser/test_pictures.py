"""Pictures in a browser: no text overlaps another one or leaves the picture, and both themes have their colours."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("selenium", reason="the tests of pictures in a browser need selenium")
if not (shutil.which("chromium") and shutil.which("chromedriver")):
    pytest.skip("the tests of pictures need chromium and chromedriver", allow_module_level=True)

import cnncalc
from cnncalc.cli import main
from cnncalc.errors import NoAnswer
from cnncalc.render.pictures import PICTURES, Drawing, draw
from cnncalc.render.pictures.svg import DARK, LIGHT, Panel, sheet, text
from tests.render.pictures.gallery import FOLDER
from tests.render.pictures.reading import reports
from tests.rotation import todays

if TYPE_CHECKING:
    from tests.browser.chromium import Browser

pytestmark = pytest.mark.slow

NETWORKS = ["resnet18", "unet", "wavenet", "c3d", "dcgan", "spp"]
OFTEN_ENOUGH = [
    "vgg16",
    "googlenet",
    "stack3x3",
    "gridding",
    "fpn",
    "textcnn",
    "yolov8",
    "ssd300",
    "densenet",
]
OFTEN_ENOUGH += ["swin", "unet3d", "mobilenet_v3", "crnn", "vit"]

AWKWARD = {
    "names": """
name: A_network_with_a_name_that_is_far_too_long_to_be_written_by_anyone_but_by_a_generator_of_networks
input: [3, 96, 128]
layers:
  - {conv3x3: {out: 8, padding: 1}, name: backbone.body.stage1.block0.branch_main.convolution_with_normalisation}
  - {seq: [{conv5x5: {out: 16, stride: 2}, name: the.inner}, maxpool2], name: this_is_a_very_long_name_of_a_sequence}
  - {residual: {body: [{conv3x3: {out: 16, padding: 1}, name: 卷积层的名字也可以很长很长很长很长很长}]}, name: residual_structure}
  - concat: {a_branch_with_a_long_name: [conv1x1: 8], b_another_one: [maxpool3: {stride: 1, padding: 1}]}
  - {conv_transpose3x3: {out: 8, stride: 2}, name: upsampling_by_a_transposed_convolution_of_three_taps}
  - {spp: {levels: [4, 2, 1]}, name: a_pyramid_with_a_long_name_that_goes_on_and_on}
  - {linear: 1000, name: the_classifier_at_the_very_end_of_the_network}
""",
    "inputs": """
input: {the_left_image: [3, 64, 300], the_right_image: [3, 64, 300], a_mask_of_the_image: [1, 64, 300]}
layers:
  - {conv3x3: {out: 8, padding: 1}, from: the_left_image, name: left_tower}
  - {conv3x3: {out: 8, padding: 1}, from: the_right_image, share: left_tower, name: right_tower}
  - {conv7x9: {out: 8, padding: [3, 4]}, from: a_mask_of_the_image, name: mask}
  - {concat: [left_tower, right_tower, mask], name: fused}
  - {conv3x3: {out: 8, stride: 2}}
  - {upsample: 3}
""",
    "deep": """
input: [1, 40000]
layers:
  - {conv3: {out: 16, padding: causal, dilation: 2 ** i}, repeat: 12, name: dilated}
  - {residual: {body: [conv3: {out: 16, padding: 1}, bn, relu]}, repeat: 90, name: block}
  - {maxpool3: {stride: 2}}
  - {conv_transpose5: {out: 4, stride: 3}}
""",
    "large": """
models:
  tiny: {input: [1, 9, 9], layers: [conv3x3: 1]}
  huge:
    input: [2000000, 40000, 40000]
    layers: [conv3x3: {out: 3000000, padding: 1}, conv3x3: {out: 2000, stride: 2, padding: 1}]
""",
}
"""Long names, several inputs, a single axis, many layers and long numbers."""

AMISS = """
const whole = document.documentElement.getBoundingClientRect(), found = [];
const texts = [...document.querySelectorAll("text")].map(one => [one.getBoundingClientRect(), one.lastChild.textContent]);
texts.forEach(([a, said], at) => {
  if (a.left < 0 || a.top < 0 || a.right > whole.right + .5 || a.bottom > whole.bottom + .5) found.push([said, "leaves"]);
  texts.slice(0, at).forEach(([b, other]) => {
    if (a.left < b.right - .5 && b.left < a.right - .5 && a.top + 3 < b.bottom - 3 && b.top + 3 < a.bottom - 3)
      found.push([said, other]);
  });
});
return [texts.length, found];
"""
"""A line of text is 3 pixels higher than its letters at both ends."""


def amiss(browser: Browser, svg: str, folder: Path) -> list[list[str]]:
    """The texts that overlap another one, or leave the picture."""
    target = folder / "x.svg"
    target.write_text(svg, encoding="utf-8")
    browser.open(target, width=1700)
    count, found = browser.run(AMISS)
    assert count
    assert browser.complaints() == []
    return list(found)


@pytest.mark.parametrize("name", [*NETWORKS, *todays(OFTEN_ENOUGH)])
def test_no_text_overlaps_or_leaves(name: str, browser: Browser, tmp_path: Path) -> None:
    for what in PICTURES:
        try:
            svg = draw(what, Drawing(reports(name)))
        except NoAnswer:
            continue
        assert amiss(browser, svg, tmp_path) == [], what


@pytest.mark.parametrize("name", todays(sorted(AWKWARD)))
def test_awkward_networks(name: str, browser: Browser, tmp_path: Path) -> None:
    drawing = Drawing(tuple(map(cnncalc.analyze, cnncalc.loads(AWKWARD[name]))))
    for what in PICTURES:
        try:
            svg = draw(what, drawing)
        except NoAnswer:
            continue
        assert amiss(browser, svg, tmp_path) == [], what


def test_what_overlaps_is_found(browser: Browser, tmp_path: Path) -> None:
    words = (text(0, 10, "one"), text(10, 12, "two"), text(90, 10, "three"))
    found = amiss(browser, sheet("", "", [Panel(100, 20, words)]), tmp_path)
    assert found == [["two", "one"], ["three", "leaves"]]


@pytest.mark.parametrize(
    "words",
    [
        ("pool", "--in", "30x7", "-k", "3", "-d", "2", "-s", "4"),
        ("pool", "224", "3", "2", "1"),
        ("spp", "--in", "13x9", "--levels", "1,2,3,20", "--mode", "all"),
        ("compare", "vgg", "resnet", "mobilenet_v2", "densenet"),
        ("sweep", "resnet18", "--input", "3x64..224/4"),
    ],
    ids=lambda words: words[0],
)
def test_results_of_other_commands(words: tuple[str, ...], browser: Browser, tmp_path: Path) -> None:
    target = tmp_path / "y.svg"
    main([*words, "-o", str(target)])
    assert amiss(browser, target.read_text(encoding="utf-8"), tmp_path) == []


@pytest.mark.parametrize(("theme", "colours"), [("light", LIGHT), ("dark", DARK)])
def test_colours_follow_the_theme(theme: str, colours: dict[str, str], browser: Browser) -> None:
    browser.open(FOLDER / "field.svg", theme=theme)
    found = browser.run(
        "return ['.paper', '.frame', 'text', 'text.soft'].map(one => "
        "getComputedStyle(document.querySelector(one)).fill)"
    )
    named = [colours[name] for name in ("paper", "fill", "ink", "soft")]
    assert found == [f"rgb({', '.join(str(int(one[at : at + 2], 16)) for at in (1, 3, 5))})" for one in named]
