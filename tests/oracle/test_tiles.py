"""Plans of tiles run in PyTorch: the tiles put together equal the whole bit by bit, and the first unit not kept differs."""

from __future__ import annotations

import re
from itertools import product
from typing import Any

import pytest

import cnncalc
from cnncalc.guide import page
from cnncalc.questions.tile import Tiling, tile
from tests.oracle.modules import Tensor, torch
from tests.oracle.whole_numbers import image_of, network_of, run

# Each network, the sizes of its image, and those that its tiles may have.
NETWORKS: dict[str, tuple[str, tuple[int, ...], tuple[int, ...] | int]] = {
    "strides, a pool and dilation": (
        "input: 2x1x1\nlayers: [conv3x3: {out: 3, stride: 2, padding: 1}, maxpool2, conv3x3: {out: 2, dilation: 2, padding: 2}]",
        (97, 121),
        48,
    ),
    "a U-Net of nearest and transposed": (
        "input: 1x1x1\nlayers: [{conv3x3: {out: 2, padding: 1}, name: a}, maxpool2, {conv3x3: {out: 3, padding: 1}, name: b},"
        " maxpool2, conv3x3: {out: 3, padding: 1}, upsample: 2, {concat: [b, prev]}, conv3x3: {out: 2, padding: 1},"
        " conv_transpose2x2: {out: 2, stride: 2}, {concat: [a, prev]}, conv3x3: {out: 1, padding: 1}]",
        (96, 64),
        (48, 64),
    ),
    "bilinear": (
        "input: 1x1x1\nlayers: [{conv3x3: {out: 2, padding: 1, stride: 2}}, {upsample: {factor: 2, mode: bilinear}}, conv3x3: {out: 1, padding: 1}]",
        (50, 70),
        (24, 30),
    ),
    "an unpadded U-Net with crop_to": (
        "input: 1x1x1\nlayers: [{conv3x3: 2, name: a}, maxpool2, conv3x3: 2, conv_transpose2x2: {out: 2, stride: 2}, {identity: , name: up},"
        " {crop_to: up, from: a, name: cut}, {concat: [cut, up]}, conv3x3: {out: 2, padding: 1}]",
        (64, 92),
        (32, 36),
    ),
    "pixel shuffle": (
        "input: 3x1x1\nlayers: [conv5x5: {out: 4, padding: 2}, {residual: [conv3x3: {out: 4, padding: 1}]}, conv3x3: {out: 8, padding: 1},"
        " pixel_shuffle: 2, conv3x3: {out: 1, padding: 1}]",
        (37, 52),
        (20, 17),
    ),
    "odd transposed convolutions and an average pool": (
        "input: 1x1x1\nlayers: [{conv_transpose3x3: {out: 2, stride: 2, padding: 1, output_padding: 1}}, avgpool2,"
        " {conv_transpose4x4: {out: 2, stride: 2, padding: 1}}]",
        (33, 41),
        (12, 14),
    ),
    "TensorFlow's same on an odd size": (
        "framework: tensorflow\ninput: 1x1x1\nlayers: [conv3x3: {out: 2, stride: 2, padding: same}, conv3x3: {out: 2, stride: 2, padding: same},"
        " maxpool3x3: {stride: 2, padding: same}]",
        (99, 77),
        (51, 44),
    ),
    "TensorFlow's same on an even size": (
        "framework: tensorflow\ninput: 1x1x1\nlayers: [conv5x5: {out: 2, stride: 2, padding: same}, {maxpool2x2: {stride: 2, padding: same}}]",
        (100, 64),
        (40, 33),
    ),
    "pools that round up": (
        "input: 1x1x1\nlayers: [conv3x3: {out: 2, padding: 1}, {maxpool3x3: {stride: 2, ceil: true}}, {maxpool2x2: {stride: 2, ceil: true}},"
        " conv3x3: {out: 1, padding: 1}]",
        (90, 75),
        (40, 36),
    ),
    "projections": (
        "input: 2x1x1\nlayers: [{residual: {body: [conv3x3: {out: 4, stride: 2, padding: 1}, conv3x3: {out: 4, padding: 1}], shortcut: project}},"
        " {residual: {body: [conv3x3: {out: 4, padding: 1}], shortcut: identity}}]",
        (71, 90),
        (30, 41),
    ),
    "one axis": (
        "input: 2x1\nlayers: [conv7: {out: 4, stride: 2, padding: 3}, conv4: {out: 4, stride: 3, padding: 1}, conv3: {out: 2, padding: 1, dilation: 3}]",
        (400,),
        (120,),
    ),
    "three axes": (
        "input: 1x1x1x1\nlayers: [conv3x3x3: {out: 2, padding: 1, stride: [1, 2, 2]}, maxpool: {kernel: [1, 2, 2]}, conv3x3x3: {out: 1, padding: 1}]",
        (14, 40, 36),
        (8, 24, 28),
    ),
    "unequal kernels": (
        "input: 1x1x1\nlayers: [{conv: {kernel: [3, 7], out: 2, padding: [1, 3], stride: [1, 2]}}, {conv: {kernel: [5, 1], out: 2, padding: [2, 0]}}]",
        (60, 80),
        (25, 32),
    ),
    "resized to an earlier tensor": (
        "input: 1x1x1\nlayers: [{conv3x3: {out: 2, padding: 1}, name: a}, maxpool2, conv3x3: {out: 2, padding: 1}, {upsample_to: a}, {add: [a, prev]},"
        " conv3x3: {out: 1, padding: 1}]",
        (64, 48),
        (24, 32),
    ),
    "pixels to channels and back": (
        "input: 1x1x1\nlayers: [pixel_unshuffle: 2, conv3x3: {out: 4, padding: 1}, conv3x3: {out: 4, padding: 1}, pixel_shuffle: 2]",
        (60, 44),
        (20, 22),
    ),
    "borders added and cut off": (
        "input: 1x1x1\nlayers: [pad: [[1, 4], [2, 4]], conv5x5: 2, crop: [[1, 0], [0, 1]], maxpool3x3: {stride: 3}]",
        (80, 63),
        (33, 30),
    ),
    "even kernels padded on one side": (
        "input: 1x1x1\nlayers: [conv2x2: {out: 2, padding: [[0, 1], [1, 0]]}, conv4x4: {out: 2, stride: 2, padding: [[1, 2], [2, 1]]}, upsample: 3]",
        (45, 52),
        (20, 24),
    ),
    "unlike depths side by side": (
        "input: 1x1x1\nlayers: [{concat: [[conv3x3: {out: 2, padding: 1}], [conv3x3: {out: 2, padding: 1}, conv5x5: {out: 1, padding: 2}],"
        " [maxpool3x3: {stride: 1, padding: 1}]]}, conv1x1: 2, conv3x3: {out: 1, stride: 2, padding: 1}]",
        (51, 66),
        (21, 26),
    ),
}


def planned(name: str) -> tuple[str, tuple[int, ...], Tiling]:
    text, sizes, limit = NETWORKS[name]
    (model,) = cnncalc.loads(text)
    return text, sizes, tile(model, sizes, tile=limit)


def windows(plan: Tiling) -> list[tuple[tuple[slice, ...], tuple[slice, ...], tuple[slice, ...]]]:
    """For each tile: what is cut from the image, what it keeps of the whole, and where that is in its own output."""
    found = []
    for tiles in product(*(axis.tiles for axis in plan.axes)):
        cut = tuple(slice(one.begin, one.begin + one.size) for one in tiles)
        keep = tuple(slice(one.keep[0], one.keep[1] + 1) for one in tiles)
        own = tuple(slice(one.at, one.at + one.keep[1] - one.keep[0] + 1) for one in tiles)
        found.append((cut, keep, own))
    return found


@pytest.mark.parametrize("name", NETWORKS)
def test_tiles_put_together_are_the_whole(name: str) -> None:
    text, sizes, plan = planned(name)
    assert plan.tiles > 1
    network = network_of(text)
    image = image_of(network, sizes)
    whole = run(network, image)
    stitched = torch.full_like(whole, float("nan"))
    everything = (slice(None), slice(None))
    for cut, keep, own in windows(plan):
        stitched[everything + keep] = run(network, image[everything + cut])[everything + own]
    assert torch.equal(stitched, whole)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_first_unit_that_is_not_kept_differs(name: str) -> None:
    text, sizes, plan = planned(name)
    network = network_of(text)
    image = image_of(network, sizes)
    whole = run(network, image)
    checked = 0
    for axis, tiled in enumerate(plan.axes):
        for one in tiled.tiles[:-1]:
            cut = image.narrow(axis + 2, one.begin, one.size)
            own, there = one.at + one.keep[1] - one.keep[0] + 1, one.keep[1] + 1
            out = run(network, cut)
            if own < out.shape[axis + 2]:
                assert not torch.equal(out.select(axis + 2, own), whole.select(axis + 2, there)), (axis, one)
                checked += 1
    assert checked


def test_a_tile_one_align_later_would_lose_a_unit() -> None:
    """Each tile begins as far to the right as is right: one step further its first unit differs."""
    for name in ("strides, a pool and dilation", "one axis", "pixel shuffle"):
        text, sizes, plan = planned(name)
        network = network_of(text)
        image = image_of(network, sizes)
        whole = run(network, image)
        for axis, tiled in enumerate(plan.axes):
            steps = whole.shape[axis + 2] / sizes[axis]
            for one in tiled.tiles[1:]:
                begin = one.begin + tiled.align
                if begin + one.size > sizes[axis]:
                    continue
                out = run(network, image.narrow(axis + 2, begin, one.size))
                at = one.at - round(tiled.align * steps)
                first: Tensor = whole.select(axis + 2, one.keep[0])
                assert at < 0 or not torch.equal(out.select(axis + 2, at), first), (name, axis, one)


def test_a_tile_one_position_off_a_multiple_of_the_strides_has_no_unit_right() -> None:
    """Neither at the place where the unit would be nor at the next one."""
    text, sizes, plan = planned("strides, a pool and dilation")
    network = network_of(text)
    image = image_of(network, sizes)
    whole = run(network, image)
    begins = [axis.tiles[1].begin for axis in plan.axes]
    first = [axis.tiles[1].keep[0] - axis.tiles[1].at for axis in plan.axes]
    for off, right in ((0, 6 * 6), (1, 0)):
        out = run(network, image[:, :, begins[0] + off :, begins[1] + off :][:, :, :44, :44])
        height, width = out.shape[2:]
        places = [
            whole[:, :, first[0] + y :, first[1] + x :][:, :, :height, :width] for y in (0, 1) for x in (0, 1)
        ]
        assert sum(int((out == there).all(1).sum()) for there in places) == right


def test_the_example_of_the_guide_puts_tiles_together() -> None:
    (code,) = [
        block
        for block in re.findall(r"```python\n(.*?)```", page("questions").text, re.DOTALL)
        if "def tiled" in block
    ]
    names: dict[str, Any] = {}
    exec(code.partition("\n\n\n(model,)")[0], names)
    text, sizes, plan = planned("pixel shuffle")
    network = network_of(text)
    image = image_of(network, sizes)
    assert torch.equal(names["tiled"](lambda crop: run(network, crop), image, plan), run(network, image))
