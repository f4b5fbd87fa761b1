"""The input that works, as the help of E301 names it, against trying every size."""

from __future__ import annotations

import re

import pytest

import cnncalc
from cnncalc.analysis.along import Along, Job, Result
from cnncalc.analysis.fitting import Fitting, is_valid
from cnncalc.analysis.walk import Walk
from cnncalc.geometry.ray import Span

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

RESIDUAL = "[conv3x3: {out: 4, stride: 2}, residual: [conv3x3: {out: 8, stride: 2, padding: 1}, maxpool2, upsample: 2]]"


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


@pytest.mark.parametrize(
    ("layers", "is_named"),
    [
        ("[residual: [conv3x3: 3, relu, conv3x3: 3]]", False),  # at 5x5 the body is a single position
        ("[{conv3x3: 4, name: a}, maxpool2, conv3x3: 4, add: [a, prev]]", False),
        ("[{conv1x1: 4, name: a}, maxpool2, upsample: 2, add: [a, prev]]", True),
        (
            "[{conv1x1: 4, name: a}, maxpool2, {upsample: 2, name: b}, {global_avgpool: , name: g}, mul: [a, b, g]]",
            True,
        ),
    ],
)
def test_no_input_is_named_at_which_a_branch_is_spread_over_the_others(layers: str, is_named: bool) -> None:
    assert ("that fit" in help_for(layers, 33, 33)) is is_named


def test_no_input_works_where_none_does() -> None:
    layers = "[adaptive_avgpool: 2, conv3x3: 4]"
    assert re.fullmatch("the smallest size that works here is 3", help_for(layers, 9, 9))


def along(layers: str) -> Along:
    (model,) = cnncalc.loads(f"input: [3, 40, 40]\nlayers: {layers}\n")
    return Along(model, model.framework, 0)


@pytest.mark.parametrize("layers", [*NETS.values(), RESIDUAL], ids=[*NETS, "a projection"])
def test_a_walk_that_goes_on_for_another_size_finds_what_a_new_one_finds(layers: str) -> None:
    line = along(layers)
    fitting = Fitting(line)
    for stretch in [stretch for stretches in fitting.stretches for stretch in stretches]:
        span = Span(stretch.last)
        verdict = Walk(line, (stretch.residue, fitting.period)).at(span, fitting.wanted)
        assert str(verdict.fault) == str(stretch.verdict.fault)
        assert verdict._replace(fault=None) == stretch.verdict._replace(fault=None)
        assert (max(span.first, stretch.first), span.last) == (stretch.first, stretch.last)


def steps(monkeypatch: pytest.MonkeyPatch, count: int) -> int:
    """Layers that are asked for the sizes that a chain takes, of which each refuses two sizes of its own."""
    asked: list[int] = []
    own = Walk.passes

    def counted(walk: Walk, job: Job, span: Span) -> Result:
        asked.append(job.at)
        return own(walk, job, span)

    monkeypatch.setattr(Walk, "passes", counted)
    line = along(f"[{', '.join(['conv3x3: 3'] * count)}]")
    assert Fitting(line).sizes(is_valid).smallest == 2 * count + 1
    return len(asked)


@pytest.mark.parametrize("count", [10, 20, 40])
def test_each_layer_is_asked_only_for_the_sizes_that_are_new_to_it(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From 4 on, 3, 2 and 1; the first layer is asked for 2 and 1 at once."""
    assert steps(monkeypatch, count) == 4 * count - 1
