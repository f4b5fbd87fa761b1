"""Plans of tiles: known answers, refusals and the command. Their outputs are compared in tests/oracle/test_tiles.py."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import cnncalc
from cnncalc.network.model import Model
from cnncalc.questions.tile import tile
from tests.cli.running import Ran
from tests.questions.test_sizes import DOUBLE
from tests.timing import ratio


def u_net() -> Model:
    """A padded U-Net of four pools, 64 channels wide at the top."""
    down = [f"{{double: {64 * 2**level}, name: d{level}}}, maxpool2" for level in range(4)]
    up = [
        f"conv_transpose2x2: {{out: {64 * 2**level}, stride: 2}}, concat: [d{level}, prev], double: {64 * 2**level}"
        for level in reversed(range(4))
    ]
    items = ", ".join([*down, "double: 1024", *up, "conv1x1: 2"])
    return model_of(f"input: 1x512x512\nblocks: {{double: {DOUBLE}}}\nlayers: [{items}]")


def model_of(text: str) -> Model:
    (model,) = cnncalc.loads(text)
    return model


def test_a_u_net_in_a_gibibyte() -> None:
    plan = tile(u_net(), (2048, 2048), memory=2**30)
    for axis in plan.axes:
        assert axis.align == 16
        assert axis.tiles == (
            (0, 960, (0, 865), 0),
            (768, 960, (866, 1633), 98),
            (1536, 512, (1634, 2047), 98),
        )
    assert (plan.tiles, round(plan.extra_macs, 3), plan.peak_bytes) == (9, 0.41, 960 * 960 * 256 * 4)


def test_memory_is_used_up_and_not_exceeded() -> None:
    for memory in (2**28, 2**29, 2**30):
        plan = tile(u_net(), (2048, 2048), memory=memory, dtype="float16", batch=2)
        assert plan.peak_bytes + plan.weight_bytes <= memory
        larger = max(one.size for one in plan.axes[0].tiles) + 16
        report = cnncalc.analyze(u_net(), f"1x{larger}x{larger}")
        assert report.peak is not None
        if len({one.size for one in plan.axes[0].tiles}) > 1:
            assert report.peak * 2 * 2 + plan.weight_bytes > memory


def test_a_whole_image_that_fits_is_one_tile() -> None:
    plan = tile(u_net(), (512, 512), memory=2**40)
    assert (plan.tiles, plan.extra_macs, plan.axes[0].tiles) == (1, 0.0, ((0, 512, (0, 511), 0),))


def test_every_unit_is_kept_once() -> None:
    plan = tile(cnncalc.load("srresnet")[0], (300, 411), tile=128)
    for axis in plan.axes:
        assert axis.tiles[0].keep[0] == 0
        assert axis.tiles[-1].keep[1] == axis.output - 1
        assert all(one.keep[1] + 1 == other.keep[0] for one, other in pairwise(axis.tiles))
        assert all(one.begin % axis.align == 0 for one in axis.tiles)
        assert axis.tiles[-1].begin + axis.tiles[-1].size == axis.size


def test_a_large_image_costs_some_analyses_and_not_one_per_tile() -> None:
    model = cnncalc.load("srresnet")[0]
    assert tile(model, (4096, 4096), tile=512).tiles == 100
    assert ratio(lambda: tile(model, (4096, 4096), tile=512), lambda: cnncalc.analyze(model)) < 40


def test_the_smallest_tile_of_a_deep_network_takes_some_analyses_and_not_one_for_each_layer() -> None:
    """What nothing drops or passes over is right alike wherever the end of the image is."""
    model = model_of("input: 1x64\nlayers: [{conv3: {out: 1, padding: 1}, repeat: 150}]")

    def plan() -> None:
        with pytest.raises(cnncalc.NoAnswer) as found:
            tile(model, (2000,), tile=200)
        assert (
            found.value.diagnostics[0].help == "tiles may begin anywhere; the smallest tile that works is 301"
        )

    assert ratio(plan, lambda: cnncalc.analyze(model)) < 200


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[conv3x3: 4, global_avgpool]", "`global_avgpool_1` (global_avgpool) sees the whole map"),
        ("[conv3x3: {out: 4, norm: {gn: 2}}]", "`gn_1` (gn) sees the whole map"),
        ("[conv3x3: 4, flatten, linear: 3]", "`flatten_1` (flatten) sees the whole map"),
        (
            "[mul: {gate: [global_avgpool], map: []}]",
            "`mul_1/gate/global_avgpool_1` (global_avgpool) sees the whole map",
        ),
        (
            "[conv3x3: 4, adaptive_avgpool: 7]",
            "`adaptive_avgpool_1` (adaptive_avgpool) makes 7 units of a map of any size",
        ),
    ],
)
def test_networks_that_cannot_be_tiled(text: str, message: str) -> None:
    with pytest.raises(cnncalc.NoAnswer) as found:
        tile(model_of(f"input: 4x8x8\nlayers: {text}"), (200, 200), tile=64)
    assert found.value.diagnostics[0].message.startswith(message)
    assert found.value.diagnostics[0].path is not None


def test_a_head_that_sees_all_does_not_matter() -> None:
    text = "[conv3x3: {out: 4, padding: 1}, head: [global_avgpool, linear: 3], conv3x3: {out: 1, padding: 1}]"
    assert tile(model_of(f"input: 4x8x8\nlayers: {text}"), (200, 200), tile=64).tiles == 16


def test_a_tile_that_is_too_small_says_which_is_not() -> None:
    model = u_net()
    with pytest.raises(cnncalc.NoAnswer) as found:
        tile(model, (1024, 1024), tile=100)
    assert (
        found.value.diagnostics[0].help
        == "tiles begin at multiples of 16; the smallest tile that works is 208"
    )
    assert tile(model, (1024, 1024), tile=208).tiles > 1
    with pytest.raises(cnncalc.NoAnswer):
        tile(model, (1024, 1024), tile=207)


@pytest.mark.parametrize(
    ("text", "image", "limit"),
    [
        ("conv5x5: {out: 2, padding: [2, 4], dilation: [1, 2]}", (108, 108), 3),  # the second axis needs more
        ("maxpool: {kernel: 2, stride: 3}, conv: {kernel: 4, out: 3, padding: 1}", (300, 300), 8),
        ("conv1x1: {out: 1, stride: 4}, conv3x3: {out: 1, padding: 1}", (64, 80), 2),
    ],
)
def test_the_smallest_tile_that_works_is_found_exactly(text: str, image: tuple[int, ...], limit: int) -> None:
    model = model_of(f"input: [1, 64, 64]\nlayers: [{text}]")

    def works(size: int) -> bool:
        try:
            tile(model, image, tile=size)
        except cnncalc.NoAnswer:
            return False
        return True

    with pytest.raises(cnncalc.NoAnswer) as found:
        tile(model, image, tile=limit)
    smallest = next(size for size in range(limit, min(image)) if works(size))
    assert found.value.diagnostics[0].help is not None
    assert found.value.diagnostics[0].help.endswith(f"; the smallest tile that works is {smallest}")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"image": (64,), "tile": 32}, "has 2 spatial axes, the image 1"),
        ({"image": (64, 64)}, "give a tile size or a memory limit"),
        ({"image": (64, 64), "tile": 0}, "a tile has at least 1 position"),
        ({"image": (64, 64), "tile": (8, 8, 8)}, "3 tile sizes for 2 axes"),
        ({"image": (64, 64), "tile": 8, "dtype": "float7"}, "no dtype 'float7'"),
        ({"image": (0, 64), "tile": 8}, "an axis is a number from 1"),
    ],
)
def test_questions_that_mean_nothing(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        tile(model_of("input: 4x8x8\nlayers: [conv3x3: 4]"), **arguments)


def test_a_tile_narrower_than_a_column_has_a_bar(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "line.yaml"
    path.write_text("input: [1, 8000]\nlayers: [conv3: {out: 1, padding: 1}]\n", encoding="utf-8")
    ran = Ran(capsys, "tile", str(path), "--image", "8000", "--tile", "2660")
    bars = ran.out.rsplit("\n\n", 1)[1].splitlines()
    assert "4 tiles" in ran.out  # 2659 + 2658 + 2658 units, and the 25 that are left
    assert [bar.count("█") > 0 for bar in bars] == [True] * 4
    assert bars[-1].endswith("█")


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(
        "name: Net\ninput: 1x8x8\nlayers: [conv5x5: {out: 2, padding: 2, stride: 2}]\n", encoding="utf-8"
    )
    ran = Ran(capsys, "tile", str(path), "--image", "40x24", "--tile", "24")
    assert ran.code == 0
    assert "Net · 1x40x24 · pytorch · 2 tiles" in ran.out
    assert "░" in ran.out
    document = json.loads(
        Ran(capsys, "tile", str(path), "--image", "40x24", "--tile", "24", "--format", "json").out
    )
    assert document["models"][0]["axes"][0]["tiles"] == [
        {"begin": 0, "size": 22, "keep": [0, 9], "at": 0},
        {"begin": 18, "size": 22, "keep": [10, 19], "at": 1},
    ]
    ran = Ran(capsys, "tile", str(path), "--image", "40x24", "--tile", "24", "--format", "csv")
    assert ran.out.splitlines()[1:3] == [f"{path},Net,0,0,0,22,0,9,0", f"{path},Net,0,1,18,22,10,19,1"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--image", "40x24"], "give one of --tile and --memory"),
        (["--image", "40x24", "--tile", "8", "--memory", "1GiB"], "give one of --tile and --memory"),
        (["--image", "big", "--tile", "8"], "is not made of whole numbers"),
        (["--image", "40x24", "--memory", "lots"], "is not an amount of memory, such as 2GiB"),
        (["--image", "40", "--tile", "8"], "has 2 spatial axes, the image 1"),
    ],
)
def test_options_that_mean_nothing(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = Ran(capsys, "tile", "unet", *arguments)
    assert ran.code == 2
    assert message in ran.err


@pytest.mark.parametrize(("memory", "size"), [(1, None), (3000, 10)])
def test_memory_that_leaves_tiles_too_small_for_the_network(memory: int, size: int | None) -> None:
    (model,) = cnncalc.loads("input: [3, 32, 32]\nlayers: [conv3x3: 4, maxpool2]\n")
    if size is None:
        with pytest.raises(cnncalc.NoAnswer, match="no tile that works fits into 1 byte;"):
            cnncalc.tile(model, (100, 100), memory=memory)
    else:
        assert cnncalc.tile(model, (100, 100), memory=memory).axes[0].tiles[0].size == size
