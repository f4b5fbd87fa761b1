"""Receptive fields of whole networks against sets of input indices followed unit by unit."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import cnncalc
from cnncalc.analysis.report import Report
from cnncalc.geometry.axis import LONGEST_PERIOD, TOO_IRREGULAR
from cnncalc.geometry.receptive_field import AxisField
from tests.analysis.naive import COMPARED, INPUT, Axis, Item, evaluated, networks, spec_of

pytestmark = pytest.mark.slow

UNITS = range(-30, 60)


def analyzed(items: list[Item], axes: int) -> Report:
    (model,) = cnncalc.loads(spec_of(items, axes))
    report = cnncalc.analyze(model)
    assert report.failed is None
    return report


def fields_at_the_end(items: list[Item], axes: int) -> tuple[AxisField, ...]:
    """The field of the network's output, read by an identity that is the last record."""
    return analyzed([*items, {"identity": None}], axes).layers[-1].field.axes


def holds(field: AxisField, expected: Axis) -> None:
    """A field says of every unit, and of all of them together, what the index sets say.

    It may be unknown only where these are too long to repeat.
    """
    if field.unknown is not None:
        assert field.unknown == TOO_IRREGULAR
        assert expected.longest_period > LONGEST_PERIOD
        return
    assert [field.at(unit) for unit in UNITS] == [expected.span(unit) for unit in UNITS]
    assert field.stride == expected.stride
    start = expected.span(0)
    assert field.start == (None if start is None else start[0])
    # Padded only before (test_causality.py says where), branches are aligned by their ends.
    assert field.aligned == expected.aligned or (field.aligned and expected.ends_agree)
    if expected.stride is not None:
        period = max(len(one.spans) for one in field.maps)
        spans = {unit: expected.span(unit) for unit in range(COMPARED.start, max(COMPARED.stop, period))}
        assert field.size(None) == max(
            (last - first + 1 for first, last in filter(None, spans.values())), default=None
        )
        assert field.uniform == all(_on_the_line(unit, span, start, expected) for unit, span in spans.items())


def _on_the_line(
    unit: int, span: tuple[int, int] | None, start: tuple[int, int] | None, expected: Axis
) -> bool:
    """Whether a unit sees what unit 0 sees, moved on by the stride; seeing nothing everywhere is even as well."""
    if span is None or start is None or expected.stride is None:
        return span is start
    return all(there == here + unit * expected.stride for here, there in zip(start, span, strict=True))


SKIP = [{"conv": {"kernel": [3], "stride": [2], "padding": [0], "dilation": [1]}}]
GAPS = [{"conv_transpose": {"kernel": [2], "stride": [3], "padding": [0], "dilation": [1]}}]
LONG: Item = {
    "seq": [{"concat": [[*GAPS, *GAPS], [*SKIP, {"upsample": {"factor": [2], "mode": "nearest"}}]]}],
    "repeat": 2,
}
"""Twice over, its paths repeat together after 2 * 9**4 units."""


@given(networks(1))
@example([LONG])
@example([LONG, LONG])
@example([{"concat": ["prev", SKIP, [*SKIP, *SKIP]]}, *GAPS])
@example([*GAPS, *SKIP, {"add": ["prev", SKIP]}])
@example([{"residual": GAPS}, {"seq": [{"residual": SKIP}], "repeat": 2}])
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_one_axis(items: list[Item]) -> None:
    (field,) = fields_at_the_end(items, 1)
    holds(field, evaluated(items, INPUT, 0))


CAUSAL: list[Item] = [
    {"pad": [[2, 0], [0, 0]]},
    {"conv": {"kernel": [3, 1], "stride": [1, 1], "padding": [0, 0], "dilation": [1, 1]}},
]


@given(networks(2))
@example([{"residual": CAUSAL}])
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_two_axes_do_not_mix(items: list[Item]) -> None:
    for axis, field in enumerate(fields_at_the_end(items, 2)):
        holds(field, evaluated(items, INPUT, axis))


@given(networks(1), networks(1))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_record_has_the_field_of_its_own_place(first: list[Item], second: list[Item]) -> None:
    report = analyzed([*first, {"identity": None, "name": "middle"}, *second], 1)
    (middle,) = report.within("middle")
    holds(middle.field.axes[0], evaluated(first, INPUT, 0))


@pytest.mark.parametrize("times", [1, 2, 5])
def test_repeats_compose(times: int) -> None:
    body: list[Item] = [
        {"residual": [{"conv": {"kernel": [3], "stride": [1], "padding": [1], "dilation": [2]}}]}
    ]
    items: list[Item] = [{"seq": body, "repeat": times}]
    holds(fields_at_the_end(items, 1)[0], evaluated(body * times, INPUT, 0))


@given(networks(1))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_known_size_does_not_change_the_map(items: list[Item]) -> None:
    unknown = fields_at_the_end(items, 1)
    (model,) = cnncalc.loads(spec_of([*items, {"identity": None}], 1))
    report = cnncalc.analyze(model, input="36x600")
    if report.failed is None:
        assert report.layers[-1].field.axes == unknown


def bins_read(size: int, bins: int) -> list[list[int]]:
    """The positions that touch each of the equal parts an axis is cut into."""
    return [
        [x for x in range(size) if x * bins < (i + 1) * size and (x + 1) * bins > i * size]
        for i in range(bins)
    ]


def nearest_read(size: int, target: int) -> list[list[int]]:
    return [[x for x in range(size) if x * target <= i * size < (x + 1) * target] for i in range(target)]


@given(
    st.sampled_from(["adaptive_maxpool", "upsample"]),
    st.integers(1, 70),
    st.integers(2, 130),
    st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 3)),
)
@example("adaptive_maxpool", 5, 4, (3, 1, 1))
@example("upsample", 60, 118, (3, 2, 2))
@settings(max_examples=300, deadline=None)
def test_the_size_is_the_largest_over_the_units_that_there_are(
    op: str, size: int, units: int, window: tuple[int, int, int]
) -> None:
    kernel, stride, dilation = window
    read = bins_read(size, units) if op == "adaptive_maxpool" else nearest_read(size, units)
    starts = range(0, units - dilation * (kernel - 1), stride)
    seen = [{x for m in range(kernel) for x in read[start + m * dilation]} for start in starts]
    arguments = f"{{size: {units}}}" if op == "upsample" else str(units)
    conv = f"conv: {{out: 1, k: {kernel}, s: {stride}, d: {dilation}}}"
    (model,) = cnncalc.loads(f"input: [1, {size}]\nlayers: [{op}: {arguments}, {conv}]")
    report = cnncalc.analyze(model)
    assert (report.failed is None) == bool(seen)
    if seen:
        assert report.layers[-1].field.size == (max(max(one) - min(one) + 1 for one in seen),)
