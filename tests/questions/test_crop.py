"""The part of the input that units need: against each unit's own region, and units that do not exist."""

from __future__ import annotations

from random import Random

import pytest

import cnncalc
from cnncalc.analysis.inside import inside
from cnncalc.network.model import Model
from cnncalc.questions.crop import crop
from tests.questions.networks import Writer


def model_of(layers: str, input: str = "[4, 30]") -> Model:
    (model,) = cnncalc.loads(f"input: {input}\nlayers: {layers}")
    return model


def spans_of(
    model: Model, path: str, first: int, last: int
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """What each of the units sees along the first axis, and what it really reads."""
    report = cnncalc.analyze(model)
    layer = next(layer for layer in report.layers if layer.path == path)
    units = [(at, *(0,) * (len(layer.field.axes) - 1)) for at in range(first, last + 1)]
    seen = [span for unit in units if (span := layer.field.at(unit)[0]) is not None]
    read = [inside(report, unit)[path][0] for unit in units]
    return seen, [one for one in read if isinstance(one, tuple)]


def test_the_hull_of_all_units_of_random_networks() -> None:
    tested = 0
    for seed in range(60):
        try:
            (model,) = cnncalc.loads(Writer(seed).spec())
            report = cnncalc.analyze(model)
        except cnncalc.CnncalcError:
            continue
        if report.failed is not None:
            continue
        local = [layer for layer in report.layers if any(axis.maps for axis in layer.field.axes)]
        for layer in local[-2:]:
            size, field = layer.field.units[0], layer.field.axes[0]
            if size is None or size > 60 or field.is_global or field.reason(size) or field.unknown_start:
                continue
            first, last = sorted(Random(seed).choices(range(size), k=2))
            seen, read = spans_of(model, layer.path, first, last)
            if not seen:
                continue
            (axis,) = crop(model, layer.path, ((first, last),)).axes
            assert axis.region == (min(one for one, _ in seen), max(other for _, other in seen))
            hull = (min(one for one, _ in read), max(other for _, other in read)) if read else None
            assert axis.inside == hull
            tested += 1
    assert tested > 20


@pytest.mark.parametrize(
    ("name", "path", "units", "regions"),
    [
        ("resnet18", "layer2[1]", ((3, 5), (3, 5)), ((-25, 89), (-25, 89))),
        ("resnet18", "layer4[1]", ((0, 6), (0, 0)), ((-217, 409), (-217, 217))),
    ],
)
def test_resnet(
    name: str, path: str, units: tuple[tuple[int, int], ...], regions: tuple[tuple[int, int], ...]
) -> None:
    found = crop(cnncalc.load(name)[0], path, units)
    assert tuple(axis.region for axis in found.axes) == regions
    assert [axis.before for axis in found.axes] == [-region[0] for region in regions]
    assert [axis.after for axis in found.axes] == [max(0, region[1] - 223) for region in regions]


def test_positions_that_rounding_drops_are_not_read() -> None:
    """Of 10 positions a pool of 3 drops the last; a convolution behind it reads its padding there."""
    (axis,) = crop(model_of("[maxpool3, conv3: {out: 4, padding: 1}]", "[4, 10]"), "conv3_1", ((1, 2),)).axes
    assert (axis.region, axis.inside, axis.after) == ((0, 11), (0, 8), 2)


def test_what_sees_all_needs_all() -> None:
    (axis,) = crop(model_of("[conv3: 4, mul: {gate: [global_avgpool], map: []}]"), "mul_1", ((2, 3),)).axes
    assert (axis.region, axis.inside, axis.whole) == ((0, 29), (0, 29), True)


@pytest.mark.parametrize(
    ("path", "units", "message"),
    [
        ("conv_1", ((0, 1),), "no layer of .* is named 'conv_1': did you mean 'conv3_1'"),
        ("conv3_1", ((0, 28),), r"`conv3_1` has no units 0..28: it has 0..27"),
        ("conv3_1", ((-1, 2),), r"`conv3_1` has no units -1..2: it has 0..27"),
        ("conv3_1", ((5, 2),), r"the units 5..2 end before they begin"),
        ("conv3_1", ((0, 1), (0, 1)), "`conv3_1` has 1 axis, the units are given along 2"),
    ],
)
def test_units_that_do_not_exist(path: str, units: tuple[tuple[int, int], ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        crop(model_of("[conv3: 4]"), path, units)


def test_a_region_that_is_not_known() -> None:
    (model,) = cnncalc.loads(
        "framework: tensorflow\ninput: [2, any]\nlayers: [conv3: {out: 4, stride: 2, padding: same}]"
    )
    with pytest.raises(cnncalc.NoAnswer, match="needs the input size"):
        crop(model, "conv3_1", ((0, 1),))
