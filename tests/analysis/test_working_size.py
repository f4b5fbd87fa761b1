"""The input that works, as the help of E301 names it, against trying every size."""

from __future__ import annotations

import re

import pytest

import cnncalc

NETS = {
    "pools": "[maxpool2, maxpool2, maxpool2]",
    "valid kernels": "[conv3x3: 4, maxpool2, conv5x5: 4, conv3x3: {out: 4, stride: 2}]",
    "a pool behind a pad": "[pad: [1, 1], maxpool3: {stride: 2}, conv3x3: 2, conv3x3: 2]",
    "a wide one": "[conv3x3: {out: 4, stride: 3}, conv3x3: {out: 2, dilation: 2}, conv3x3: 2]",
    "a U of valid kernels": "[{conv3x3: 4, name: a}, maxpool2, conv3x3: 4, {upsample: 2, name: b}, {crop_to: b, from: a},"
    " concat: [prev, b], conv3x3: 4]",
    "a decoder that rounds": "[{conv1x1: 4, name: a}, maxpool2, maxpool2, upsample: 4, concat: [a, prev]]",
    "a flat end": "[conv3x3: {out: 4, stride: 2}, maxpool3, flatten, linear: 5]",
}


def works(layers: str, height: int, width: int) -> bool:
    (model,) = cnncalc.loads(f"input: [3, {height}, {width}]\nlayers: {layers}\n")
    return cnncalc.analyze(model).ok


def help_for(layers: str, height: int, width: int) -> str:
    (model,) = cnncalc.loads(f"input: [3, {height}, {width}]\nlayers: {layers}\n")
    return cnncalc.analyze(model).diagnostics[-1].help or ""


@pytest.mark.parametrize("layers", NETS.values(), ids=NETS)
@pytest.mark.parametrize(("height", "width"), [(3, 4), (4, 4), (5, 30), (6, 2), (9, 12)])
def test_the_input_that_works_is_the_first_one_that_does(layers: str, height: int, width: int) -> None:
    if works(layers, height, width):
        return
    tall = next(size for size in range(height, 100) if works(layers, size, 96))
    wide = next(size for size in range(width, 100) if works(layers, 96, size))
    assert works(layers, tall, wide)
    least = next(size for size in range(1, 100) if works(layers, size, 96))
    word = "smallest" if (tall, wide) == (least, least) else "next larger"
    found = f"3x{tall}x{wide}"
    ways = (f"; the {word} input that works is {found}", f" and {found}", f"nearest input that fits: {found}")
    assert help_for(layers, height, width).endswith(ways)


@pytest.mark.parametrize(
    ("network", "given", "found"),
    [
        ("vgg16", "3x20x20", "smallest input that works is 3x32x32"),
        ("vgg16", "3x20x300", "next larger input that works is 3x32x300"),
        ("unet", "1x100x101", "smallest input that works is 1x188x188"),
    ],
)
def test_of_bundled_networks(network: str, given: str, found: str) -> None:
    report = cnncalc.analyze(cnncalc.load(network)[0], given)
    assert (report.diagnostics[-1].help or "").endswith(f"; the {found}")


def test_where_the_layer_reads_the_input_one_number_is_enough() -> None:
    assert help_for("[conv9x9: 4]", 8, 8) == "the smallest size that works here is 9"


def test_no_input_works_where_none_does() -> None:
    layers = "[adaptive_avgpool: 2, conv3x3: 4]"
    assert re.fullmatch("the smallest size that works here is 3", help_for(layers, 9, 9))
