"""The browser of all tests here, and the pages that they look at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cnncalc.cli import main
from tests.importers.onnx.files import graph, node, weights, written

if TYPE_CHECKING:
    from tests.browser.chromium import Browser

HOSTILE = """\
name: "</script><script>throw Error('run')</script> \\" ' & <b>"
description: "<img src=x onerror=alert(1)> ]]> <!-- "
input: [3, 40, 48]
layers:
  - name: "a<script>"
    conv3x3: {out: 8, padding: 1}
  - conv3x3: {out: 8, stride: 2}
  - upsample: 2
  - name: "b'&-->"
    conv1x1: 2
"""

CORNERS = """\
input: [1, 7, 8, 9]
layers:
  - concat:
      point: [conv: {out: 1, kernel: 1}]
      wide:
        - pad: [[0, 2], [3, 0], [2, 2]]
        - crop: [[2, 0], [0, 3], [0, 4]]
        - conv: {out: 1, kernel: [5, 3, 3], padding: [2, 1, 1]}
  - maxpool: {kernel: 2, stride: 1}
"""
"""A branch whose units at some faces read nothing but padding, so that there the other one alone counts."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    from tests.browser.chromium import Browser

    made = Browser()
    yield made
    made.driver.quit()


@pytest.fixture(scope="session")
def specs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What is looked at, by name: bundled networks, an imported file and one with names made to break out."""
    folder = tmp_path_factory.mktemp("specs")
    nodes = [
        node("Conv", ["x", "w"], ["y"], "/stem/<script>/Conv", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
        node("Relu", ["y"], ["z"], "/stem/act/Relu"),
        node("MaxPool", ["z"], ["p"], "/stem/pool/MaxPool", kernel_shape=[2, 2], strides=[2, 2]),
    ]
    imported = written(folder, graph(nodes, {"x": (1, 3, 33, 35)}, ["p"], [weights("w", (8, 3, 3, 3))]))
    hostile = folder / "hostile.yaml"
    hostile.write_text(HOSTILE, encoding="utf-8")
    corners = folder / "corners.yaml"
    corners.write_text(CORNERS, encoding="utf-8")
    bundled = ("vgg16", "resnet50:torchvision", "unet", "googlenet:paper", "tcn:one_stack", "c3d")
    return {name: name for name in bundled} | {
        "imported": imported,
        "hostile": str(hostile),
        "corners": str(corners),
    }


@pytest.fixture(scope="session")
def pages(specs: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The pages of the specs, and of several networks, drawn and compared."""
    folder = tmp_path_factory.mktemp("pages")
    made = {}
    several = {"two": ["draw", "vgg16", "unet"], "compared": ["compare", "stack3x3:7x7", "stack3x3:3x3x3"]}
    for name, words in {**{name: ["draw", spec] for name, spec in specs.items()}, **several}.items():
        made[name] = folder / f"{name.partition(':')[0]}.html"
        assert main([*words, "-o", str(made[name])]) == 0
    return made
