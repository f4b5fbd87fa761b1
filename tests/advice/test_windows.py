"""W504, W505, W507, W514: what windows leave unread, or read unevenly, against counting by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncalc import analyze, loads
from cnncalc.analysis.dropped import dropped_positions
from cnncalc.errors import SpecError
from cnncalc.frameworks import FRAMEWORKS
from cnncalc.geometry.participation import phases_read, unread_end
from cnncalc.geometry.window import CEIL, FLOOR, TransposedWindow, Window
from tests.advice.remarks import layers, network, remarks

WINDOWS = st.builds(
    Window,
    kernel=st.integers(1, 7),
    stride=st.integers(1, 7),
    before=st.integers(0, 3),
    after=st.integers(0, 3),
    dilation=st.integers(1, 3),
    rounding=st.sampled_from((FLOOR, CEIL)),
)


def positions_read(window: Window, size: int) -> set[int]:
    """Every position that some window reads, one by one."""
    units = window.output_size(size) or 0
    before = window.before or 0
    return {
        position
        for unit in range(units)
        for m in range(window.kernel)
        if 0 <= (position := unit * window.stride - before + m * window.dilation) < size
    }


@given(WINDOWS, st.integers(24, 40))
def test_unread_end_is_what_lies_behind_the_last_position_in_reach(window: Window, size: int) -> None:
    taps = {
        unit * window.stride - (window.before or 0) + m * window.dilation
        for unit in range(window.output_size(size) or 0)
        for m in range(window.kernel)
    }
    assert unread_end(window, size) == max(0, size - 1 - max(taps))


def test_unread_end_of_an_unknown_size_is_unknown() -> None:
    assert unread_end(Window(2, 2), None) is None
    assert unread_end(Window(3, 2, None, None), 8) is None


@given(WINDOWS)
def test_phases_read_are_those_of_the_interior(window: Window) -> None:
    size = 20 * window.stride + 40
    middle = 10 * window.stride
    read = positions_read(window, size)
    assert phases_read(window) == sum(position in read for position in range(middle, middle + window.stride))


# W504


def test_dropped_positions_are_named_and_counted() -> None:
    (found,) = layers("W504", "maxpool2", input="[8, 15, 15]")
    assert found.message == (
        f"rounding down drops the last of 15 positions (14) along each axis: {15 * 15 - 14 * 14} of {15 * 15} are never read"
    )
    assert (
        found.help
        == "maps of 14x14 and 16x16 are read completely; or pad the end, or round up with `ceil: true`"
    )
    assert (found.path, found.location and (found.location.line, found.location.column)) == (
        "maxpool2_1",
        (3, 5),
    )


def test_the_sizes_said_to_be_read_whole_are() -> None:
    assert not layers("W504", "maxpool2", input="[8, 14, 14]")
    assert not layers("W504", "maxpool2", input="[8, 16, 16]")


def test_axes_are_told_apart() -> None:
    (found,) = layers("W504", "conv4x2: {out: 8, stride: 4}", input="[8, 19, 32]")
    which = "the last 3 of 19 positions (16..18) along axis 1"
    assert found.message == f"rounding down drops {which}: {3 * 32} of {19 * 32} are never read"
    (found,) = layers("W504", "conv4: {out: 8, stride: 4}", input="[8, 19]")
    assert found.message == "rounding down drops the last 3 of 19 positions (16..18)"


@pytest.mark.parametrize(
    ("item", "size"),
    [
        ("conv3x3: {out: 8, stride: 2, padding: 1}", 32),  # the padding is dropped, not the map
        ("maxpool2: {ceil: true}", 15),
        ("conv3x3: 8", 15),
        ("conv1x1: {out: 8, stride: 2}", 32),  # W514 says so
        ("maxpool3x3: {stride: 2}", 15),
    ],
)
def test_nothing_is_dropped(item: str, size: int) -> None:
    assert not layers("W504", item, input=f"[8, {size}, {size}]")


@pytest.mark.parametrize("op", ["maxpool", "avgpool", "lppool", "conv"])
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_rounding_up_is_advised_where_it_can_be_written(framework: str, op: str) -> None:
    own = "stride: 2" if op != "conv" else "stride: 2, out: 8"
    spec = f"framework: {framework}\ninput: [8, 15, 15]\nlayers: [{op}2: {{{own}%s}}]\n"
    try:
        (model,) = loads(spec % ", ceil: true")
        can_round_up = analyze(model).ok
    except SpecError:
        can_round_up = False
    (found,) = remarks("W504", spec % (", ceil: false" if can_round_up else ""))
    assert ("ceil: true" in (found.help or "")) == can_round_up


def test_unknown_sizes_drop_nothing_that_is_known() -> None:
    assert not layers("W504", "maxpool2", input="[8, any, any]")
    (found,) = layers("W504", "maxpool2", input="[8, any, 15]")
    assert found.message == "rounding down drops the last of 15 positions (14) along axis 2"
    assert (
        found.help
        == "maps of ?x14 and ?x16 are read completely; or pad the end, or round up with `ceil: true`"
    )


@pytest.mark.parametrize(
    ("item", "sizes", "dropped"),
    [
        ("maxpool2", "15, 15", 15 * 15 - 14 * 14),
        ("maxpool2", "any, 15", None),
        ("maxpool2", "any, 14", None),
        ("conv1x2: {out: 8, stride: [1, 2]}", "any, 14", 0),  # no row is ever dropped, and no column of 14
        ("conv1x2: {out: 8, stride: [1, 2]}", "any, 15", None),  # one column, of unknown height
        ("conv3x3: 8", "any, any", 0),
        ("relu", "any, any", 0),
    ],
)
def test_dropped_positions_of_unknown_maps(item: str, sizes: str, dropped: int | None) -> None:
    assert dropped_positions(network(item, input=f"[8, {sizes}]").report.layers[0]) == dropped


# W505 and W514


def test_a_stride_beyond_the_kernel_skips() -> None:
    (found,) = layers("W505", "maxpool2: {stride: 3}")
    assert found.message == (
        "the stride 3x3 skips positions that the kernel 2x2 does not reach:"
        f" 2x2 of every 3x3 positions are read, {100 * (9 - 4) / 9:.1f} % of the map never"
    )


def test_a_stride_that_shares_a_divisor_with_the_dilation_skips() -> None:
    (found,) = layers("W505", "conv3x3: {out: 8, stride: 2, dilation: 2}")
    assert (
        "kernel 3x3, dilation 2x2 does not reach: 1x1 of every 2x2 positions are read, 75.0 %"
        in found.message
    )


@pytest.mark.parametrize(
    "item", ["maxpool3x3: {stride: 3}", "conv3x3: {out: 8, stride: 2}", "conv1x1: {out: 8, stride: 2}"]
)
def test_strides_within_the_kernel_skip_nothing(item: str) -> None:
    assert not layers("W505", item)


def test_a_pointwise_kernel_with_a_stride() -> None:
    (found,) = layers("W514", "conv1x1: {out: 8, stride: 2}")
    assert found.message == (
        "a 1x1 with stride 2x2 reads only a part of its input: 1x1 of every 2x2 positions are read, 75.0 % of the map never"
    )
    (found,) = layers(
        "W514", "residual: {body: [conv3x3: {out: 16, stride: 2, padding: 1}], shortcut: project}"
    )
    assert found.path == "residual_1/shortcut/conv1x1_1"
    assert found.location is not None
    assert (found.location.line, found.location.column) == (3, 5)


@pytest.mark.parametrize("item", ["conv1x1: 8", "conv2x2: {out: 8, stride: 2}", "maxpool2: {stride: 3}"])
def test_other_kernels_are_not_pointwise(item: str) -> None:
    assert not layers("W514", item)


# W507


@pytest.mark.parametrize("stride", [2, 3, 4])
@pytest.mark.parametrize("kernel", [2, 3, 4, 5, 6])
def test_uneven_coverage_against_counting(kernel: int, stride: int) -> None:
    counts = [0] * (30 * stride + kernel)
    for unit in range(30):
        for m in range(kernel):
            counts[unit * stride + m] += 1
    middle = set(counts[10 * stride : 20 * stride])
    found = layers("W507", f"conv_transpose{kernel}x{kernel}: {{out: 8, stride: {stride}}}")
    assert bool(found) == (len(middle) > 1)
    if found:
        assert found[0].message.endswith(f"between {min(middle) ** 2} and {max(middle) ** 2} in all")


def test_sizes_that_are_whole_are_given_for_the_axes_that_are_known() -> None:
    (found,) = layers("W504", "maxpool2", input="[8, 15, any]")
    assert found.message == "rounding down drops the last of 15 positions (14) along axis 1"
    assert found.help is not None
    assert found.help.startswith("maps of 14x? and 16x? are read completely")


def test_a_checkerboard_is_shown_in_numbers() -> None:
    (found,) = layers("W507", "conv_transpose5x5: {out: 8, stride: 2}")
    assert found.message == (
        "the stride 2x2 does not divide the kernel 5x5: an output sums 3 or 2 inputs, varying by phase along each axis,"
        " between 4 and 9 in all"
    )
    assert found.help == "kernels that are uniform here: 4x4 and 6x6"
    (found,) = layers("W507", "conv_transpose63: {out: 8, stride: 32}", input="[8, 16]")
    assert "sums 1 to 2 inputs, varying by phase" in found.message


def test_a_dilation_that_weaves_a_checkerboard_is_named_as_its_cause() -> None:
    """With both at 2 all four taps fall on every second output: 4 or 0 along an axis, 16 or 0 in all."""
    (found,) = layers("W507", "conv_transpose4x4: {out: 8, stride: 2, dilation: 2}")
    assert found.message == (
        "the stride 2x2 has a common factor with the dilation 2x2: an output sums 4 or 0 inputs, varying by phase along each axis,"
        " between 0 and 16 in all"
    )
    assert found.help == "a dilation of 1x1 reaches all outputs"
    (found,) = layers("W507", "conv_transpose3x4: {out: 8, stride: 2, dilation: [2, 3]}")
    assert found.message.startswith(
        "the stride 2x2 has a common factor with the dilation 2x3 and the stride 2x2 does not divide the kernel 3x4: "
    )
    assert found.help == "a dilation of 1x3 reaches all outputs; kernels that are uniform here: 2x4 and 4x4"
    assert not layers("W507", "conv_transpose4x4: {out: 8, stride: 2, dilation: 3}")


def test_even_transposed_convolutions_and_others_weave_nothing() -> None:
    assert not layers(
        "W507", "conv_transpose4x4: {out: 8, stride: 2, padding: 1}", "conv3x3: {out: 8, stride: 2}"
    )
    assert TransposedWindow(4, 2).output_size(16) == 34
