"""Where a resized map puts its units against where they look, with PyTorch's own interpolation."""

from __future__ import annotations

from fractions import Fraction

import pytest

import cnncalc
from tests.oracle.modules import torch

F = torch.nn.functional


def unit_at(units: int, size: int, position: Fraction, *, corners: bool) -> float:
    """The unit that interpolation to ``size`` puts at a position: what a map of its own numbers has there."""
    numbers = torch.arange(units, dtype=torch.float64).reshape(1, 1, -1)
    resized = F.interpolate(numbers, size=size, mode="linear", align_corners=corners)[0, 0]
    before = int(position)
    after = min(before + 1, size - 1)
    return float(resized[before] + (resized[after] - resized[before]) * float(position - before))


@pytest.mark.parametrize(
    ("layers", "offset"),
    [
        ("conv3: {out: 1, stride: 2, padding: 1}", Fraction(-1, 2)),
        ("maxpool2", Fraction(0)),
        ("conv4: {out: 1, stride: 2, padding: 1}", Fraction(0)),
        ("conv7: {out: 1, stride: 2, padding: 3}, maxpool3: {stride: 2, padding: 1}", Fraction(-3, 2)),
        ("conv5: {out: 1, stride: 4, padding: 2}", Fraction(-3, 2)),
        ("conv3: 1, maxpool2", Fraction(1)),
    ],
)
def test_half_pixel_centres_put_a_unit_as_far_away_as_the_offset_says(layers: str, offset: Fraction) -> None:
    """Resized by the stride, a unit's number is found at its centre less the offset."""
    (model,) = cnncalc.loads(f"input: [1, 64]\nlayers: [{layers}]\n")
    last = cnncalc.analyze(model).layers[-1]
    (stride,), (units,) = last.rf.stride, last.shape.sizes
    assert stride is not None
    assert units is not None
    assert last.rf.offset == (offset,)
    for unit in range(3, units - 3):
        (span,) = last.rf.at((unit,))
        assert span is not None
        centre = Fraction(sum(span), 2)
        found = unit_at(units, int(units * stride), centre - offset, corners=False)
        assert found == pytest.approx(unit)
        if offset:
            assert unit_at(units, int(units * stride), centre, corners=False) != pytest.approx(unit)


@pytest.mark.parametrize(
    ("size", "kernels", "agree"),
    [(33, (3, 3), True), (33, (5, 3), True), (17, (3,), True), (32, (3, 3), False), (34, (3,), False), (33, (2, 2), False)],
)  # fmt: skip
def test_aligned_corners_agree_at_odd_sizes_of_odd_half_padded_kernels(
    size: int, kernels: tuple[int, ...], agree: bool
) -> None:
    """33 becomes 17 and 9; where n is not s (m - 1) + 1, or a kernel is even, units look elsewhere."""
    layers = ", ".join(f"conv{one}: {{out: 1, stride: 2, padding: {one // 2}}}" for one in kernels)
    (model,) = cnncalc.loads(f"input: [1, {size}]\nlayers: [{layers}]\n")
    last = cnncalc.analyze(model).layers[-1]
    (stride,), (units,), (centre,) = last.rf.stride, last.shape.sizes, last.rf.centre
    assert stride is not None
    assert units is not None
    assert (size == stride * (units - 1) + 1 and centre == 0) is agree
    found = []
    for unit in range(units):
        (span,) = last.rf.at((unit,))
        assert span is not None
        at = min(max(Fraction(sum(span), 2), Fraction(0)), Fraction(size - 1))
        found.append(unit_at(units, size, at, corners=True) == pytest.approx(unit))
    assert all(found) is agree


def test_a_map_made_smaller_and_larger_again_is_offset_by_half_a_position() -> None:
    """By a 3x3 convolution of stride 2; a pool of 2 puts its units where a resize by 2 does."""
    x = torch.arange(32, dtype=torch.float64).reshape(1, 1, -1)
    smaller = F.conv1d(x, torch.full((1, 1, 3), 1 / 3, dtype=torch.float64), stride=2, padding=1)
    pooled = F.avg_pool1d(x, 2)
    for map, shift in ((smaller, -0.5), (pooled, 0.0)):
        again = F.interpolate(map, scale_factor=2, mode="linear", align_corners=False)
        inner = slice(6, 26)
        assert torch.allclose(again[..., inner], x[..., inner] + shift)
