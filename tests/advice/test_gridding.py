"""W506: holes in the field of dilated stacks, against following every position by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc.advice.gridding import Seen
from cnncalc.geometry.axis import Run
from tests.advice.remarks import layers

WINDOW = st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 4), st.integers(0, 3))
"""Kernel, stride, dilation, padding."""


def seen_by_unit_0(stack: list[tuple[int, int, int, int]]) -> set[int]:
    """The input positions that unit 0 of the last window reads, window by window backwards."""
    units = {0}
    for kernel, stride, dilation, padding in reversed(stack):
        units = {unit * stride - padding + m * dilation for unit in units for m in range(kernel)}
    return units


@given(st.lists(WINDOW, min_size=1, max_size=5))
def test_positions_are_those_found_by_hand(stack: list[tuple[int, int, int, int]]) -> None:
    seen: Seen | None = Seen()
    for kernel, stride, dilation, padding in stack:
        assert seen is not None
        seen = seen.through(stride, Run(-padding, dilation, kernel))
    assert seen is not None
    assert {seen.start + place for place in range(seen.width) if seen.bits >> place & 1} == seen_by_unit_0(
        stack
    )
    assert seen.read == len(seen_by_unit_0(stack))


def dilated(*dilations: int) -> list[str]:
    return [f"conv3x3: {{out: 8, dilation: {d}, padding: {d}}}" for d in dilations]


@pytest.mark.parametrize(
    ("dilations", "read", "width"),
    [((2,), 3, 5), ((2, 2), 5, 9), ((2, 2, 2), 7, 13), ((2, 4, 8), 15, 29), ((1, 4), 9, 11)],
)
def test_holes_are_counted(dilations: tuple[int, ...], read: int, width: int) -> None:
    assert len(seen_by_unit_0([(3, 1, d, d) for d in dilations])) == read
    (found,) = layers("W506", *dilated(*dilations))
    assert found.message == (
        f"the receptive field has holes: of {width}x{width} input positions only {read}x{read} are read,"
        f" density {100 * read**2 / width**2:.1f} %"
    )
    assert found.path == f"conv3x3_{len(dilations)}"


@pytest.mark.parametrize("dilations", [(1, 2), (1, 2, 3), (1, 2, 5), (2, 1), (1, 1, 2, 4, 8)])
def test_stacks_without_holes(dilations: tuple[int, ...]) -> None:
    assert not layers("W506", *dilated(*dilations))


def test_holes_are_gone_where_a_later_layer_fills_them() -> None:
    assert layers("W506", *dilated(2), "relu")
    assert not layers("W506", *dilated(2), "relu", "conv3x3: {out: 8, padding: 1}")


def test_strides_without_dilation_are_another_matter() -> None:
    assert not layers("W506", "conv1x1: {out: 8, stride: 2}", "conv3x3: {out: 8, padding: 1}")


def test_branches_fill_each_others_holes() -> None:
    assert not layers(
        "W506", "concat: [[conv3x3: {out: 8, dilation: 2, padding: 2}], [conv5x5: {out: 8, padding: 2}]]"
    )
    (found,) = layers("W506", "add: [[conv3x3: {out: 8, dilation: 3, padding: 3}], prev]")
    assert "of 7x7 input positions only 3x3 are read" in found.message


@pytest.mark.parametrize("shortcut", ["identity", "project"])
def test_holes_stay_behind_a_shortcut_that_keeps_the_shape(shortcut: str) -> None:
    (found,) = layers("W506", *dilated(2, 2), f"residual: {{body: [relu: ], shortcut: {shortcut}}}")
    assert found.path == "conv3x3_2"
    assert "of 9x9 input positions only 5x5 are read" in found.message


def test_a_projection_sees_the_holes_as_the_1x1_that_it_is() -> None:
    (found,) = layers("W506", *dilated(2), "residual: {body: [conv1x1: 16], shortcut: project}")
    assert "of 5x5 input positions only 3x3 are read" in found.message
    assert not layers(
        "W506", *dilated(2), "residual: {body: [conv3x3: {out: 16, padding: 1}], shortcut: project}"
    )
    window, body = (3, 1, 2, 2), (2, 2, 1, 0)
    stack = seen_by_unit_0([window, body]) | seen_by_unit_0([window, (1, 2, 1, 0)])
    items = (*dilated(2), "residual: {body: [conv1x2: {out: 16, stride: 2}], shortcut: project}")
    assert len(seen_by_unit_0([window, body])) == len(stack) == max(stack) - min(stack) + 1
    (found,) = layers("W506", *items)
    assert f"of 5x{len(stack)} input positions only 3x{len(stack)} are read" in found.message


def test_a_gate_that_sees_everything_fills_no_holes() -> None:
    gate = "mul: {gate: [global_avgpool, conv1x1: 8, sigmoid], map: []}"
    (found,) = layers("W506", *dilated(2), gate)
    assert "of 5x5 input positions only 3x3 are read" in found.message


def test_pooling_of_the_whole_ends_the_field() -> None:
    (found,) = layers("W506", *dilated(2), "global_avgpool", "linear: 10")
    assert found.path == "conv3x3_1"


def test_what_is_upsampled_is_not_followed() -> None:
    assert not layers("W506", *dilated(2), "upsample: 2", "conv3x3: {out: 8, padding: 1}")


RATES = dilated(12, 24, 36)


def positions_of(stacks: list[list[int]]) -> set[tuple[int, int]]:
    """The positions that unit (0, 0) reads through any of some stacks of 3x3 convolutions."""
    found: set[tuple[int, int]] = set()
    for stack in stacks:
        along = seen_by_unit_0([(3, 1, d, d) for d in stack])
        found |= {(y, x) for y in along for x in along}
    return found


@pytest.mark.parametrize(
    "stacks",
    [
        [[12], [24], [36]],
        [[2], [3]],
        [[4], [1, 1]],
        [[2, 2], [6]],
        [[5], [3, 3], [1]],
        [[6, 1], [9]],
    ],
)
def test_a_join_reads_the_union_of_what_its_branches_read(stacks: list[list[int]]) -> None:
    branches = ", ".join(f"b{at}: [{', '.join(dilated(*stack))}]" for at, stack in enumerate(stacks))
    found = layers("W506", "conv1x1: 8", f"concat: {{{branches}}}", input="[8, 128, 128]")
    read = positions_of(stacks)
    width = max(y for y, _ in read) - min(y for y, _ in read) + 1
    assert bool(found) == (len(read) < width**2)
    for one in found:
        assert f"of {width}x{width} input positions only" in one.message
        assert f"{100 * len(read) / width**2:.1f} %" in one.message


def test_the_holes_of_a_pyramid_are_those_of_its_widest_branch() -> None:
    branches = ", ".join(f"b{at}: [{conv}]" for at, conv in enumerate(RATES))
    (found,) = layers("W506", "conv1x1: 8", f"concat: {{{branches}}}", input="[8, 128, 128]")
    assert found.path == "concat_1/b2/conv3x3_1"
    assert found.message == (
        "the receptive field has holes: of 73x73 input positions only 25 are read by all branches together, "
        "9 by this one alone, density 0.5 %"
    )


@pytest.mark.parametrize(
    ("item", "size", "found"),
    [
        (dilated(18)[0], 18, True),
        (dilated(18)[0], 19, False),
        ("conv1x1: {out: 8, dilation: 18}", 8, False),
        ("conv3x3: {out: 8, padding: 1}", 1, False),
        ("conv: {out: 8, k: [3, 3], dilation: [1, 20], padding: [1, 20]}", 16, False),
        ("conv: {out: 8, k: [1, 3], dilation: [1, 20], padding: [0, 20]}", 16, True),
    ],
)
def test_taps_that_meet_padding_alone(item: str, size: int, found: bool) -> None:
    assert bool(layers("W520", item, input=f"[8, {size}, {size}]")) == found
