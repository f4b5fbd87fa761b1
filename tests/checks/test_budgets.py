"""Conditions on networks: how they are read, when they are met."""

from __future__ import annotations

import pytest

from cnncalc import analyze, loads
from cnncalc.analysis.report import Report
from cnncalc.checks import budgets
from cnncalc.errors import UsageError


def report(channels: int | str, extra: str = "", input: str = "[3, 8, 8]") -> Report:
    """3*9*channels + channels parameters, rf 3."""
    (model,) = loads(f"input: {input}\nlayers: [conv3x3: {channels}{extra}]\n")
    return analyze(model)


OLD = report(10)
"""280 parameters, 270*36 = 9720 MACs, a peak of 3*64 + 10*36 = 552."""


def is_kept(condition: str, new: Report, old: Report | None = OLD) -> bool | None:
    verdict = budgets.hold(budgets.parse(condition), old, new)
    return None if verdict is None else verdict.kept


@pytest.mark.parametrize(
    ("condition", "channels", "kept"),
    [
        ("params > 300", 10, True),
        ("params > 279", 10, False),
        ("params>=280", 10, False),
        ("  params  <  280  ", 10, True),
        ("params <= 0.28K", 10, False),
        ("params == 280", 10, False),
        ("params != 280", 10, True),
        ("params > 1_000", 10, True),
        ("params > +0", 10, True),
        ("params > +0", 11, False),
        ("params > +27", 11, False),
        ("params > +28", 11, True),
        ("params > +10%", 11, True),
        ("params >= +10%", 11, False),
        ("params > +9.99%", 11, False),
        ("params < -5%", 10, True),
        ("params < -5 %", 9, False),
        ("params > -20", 9, True),
        ("weights > +0", 11, False),
        ("biases == +1", 11, False),
        ("buffers != +0", 11, True),
        ("macs > 9720", 10, True),
        ("flops > 19439", 10, False),
        ("activations > 360", 10, True),
        ("peak >= 552", 10, False),
        ("rf < 3", 10, True),
        ("rf < 4", 10, False),
    ],
)
def test_a_condition_says_when_it_fails(condition: str, channels: int, kept: bool) -> None:
    assert is_kept(condition, report(channels)) is kept


def test_one_axis_is_enough() -> None:
    (model,) = loads("input: [3, 8, 8]\nlayers: [conv3x5: 4]\n")
    assert is_kept("rf > 4", analyze(model)) is False
    assert is_kept("rf > +1", analyze(model)) is False
    assert is_kept("rf > 5", analyze(model)) is True
    (model,) = loads("input: [3, 8, 9]\nlayers: [relu]\n")
    assert is_kept("size > 8", analyze(model)) is False
    assert is_kept("size > 9", analyze(model)) is True


def test_a_field_that_sees_all_is_larger_than_any_number() -> None:
    everything = report(4, ", global_avgpool: ", input="[3, 8, 8]")
    assert is_kept("rf < 200", everything) is True
    assert is_kept("rf > 1_000_000", everything) is False
    assert is_kept("rf > +5%", everything) is False
    assert is_kept("rf > +0", everything, everything) is True
    assert is_kept("rf < -50%", OLD, everything) is False


def test_a_local_path_beside_the_whole_map_counts() -> None:
    """As `expect` measures it: 3 of the convolution, the gate is seen whole."""
    gate = ", mul: [prev, [global_avgpool, conv1x1: 4]]"
    gated = report(4, gate)
    (model,) = loads(f"input: [3, 8, 8]\nlayers: [conv7x7: 4{gate}]\n")
    assert is_kept("rf > +0", analyze(model), gated) is False
    assert is_kept("rf > +0", gated, gated) is True
    assert is_kept("rf > 3", gated) is True
    assert is_kept("rf == 3", gated) is False


def test_from_nothing_to_something_is_more_than_any_per_cent() -> None:
    with_norm = report(10, ", bn: ")
    assert is_kept("buffers > +1000%", with_norm) is False
    assert is_kept("buffers > +1000%", OLD) is True


def test_what_is_unknown_is_not_kept() -> None:
    unknown = report(10, input="[3, any, 8]")
    verdict = budgets.hold(budgets.parse("macs > 1T"), OLD, unknown)
    assert verdict is not None
    assert (verdict.kept, verdict.message) == (False, "`macs > 1T` cannot be decided: macs is unknown")
    assert is_kept("macs > +5%", OLD, unknown) is False
    assert is_kept("params > +5%", unknown) is True


def test_a_network_that_failed_keeps_no_budget() -> None:
    assert is_kept("params > 1T", report(10, ", conv9x9: 4")) is False


def test_a_change_of_a_network_that_is_new_or_gone_cannot_be_told() -> None:
    new, gone = (budgets.hold(budgets.parse("params > +5%"), *pair) for pair in ((None, OLD), (OLD, None)))
    assert new is not None
    assert gone is not None
    assert (new.kept, new.message) == (False, f"`params > +5%` cannot be decided: `{OLD.name}` is new")
    assert (gone.kept, gone.message) == (False, f"`params > +5%` cannot be decided: `{OLD.name}` was removed")
    assert is_kept("params > 5", OLD, None) is False
    assert is_kept("params > 5M", OLD, None) is True
    assert budgets.hold(budgets.parse("params > 5"), OLD, None) is None


def test_maps_of_other_dimensions_cannot_be_compared() -> None:
    (model,) = loads("input: [3, 8]\nlayers: [conv3: 4]\n")
    assert is_kept("rf > +5%", analyze(model)) is False
    assert is_kept("rf > 5", analyze(model)) is True


@pytest.mark.parametrize(
    ("condition", "channels", "message"),
    [
        ("params > 5M", 10, "`params > 5M`: params is 280"),
        ("params > +5%", 11, "`params > +5%`: params was 280 and is 308 (+10.0 %)"),
        ("rf > +5%", 10, "`rf > +5%`: rf was 3 and is 3 (0.0 %)"),
    ],
)
def test_what_is_said(condition: str, channels: int, message: str) -> None:
    verdict = budgets.hold(budgets.parse(condition), OLD, report(channels))
    assert verdict is not None
    assert verdict.message == message


@pytest.mark.parametrize(
    ("condition", "message", "help"),
    [
        ("", "expected a metric", f"possible: {', '.join(budgets.METRICS)}"),
        ("5M < params", "expected a metric, found `5M`", f"possible: {', '.join(budgets.METRICS)}"),
        (" parms > 5", "`parms` is not a metric", "did you mean `params`?"),
        ("parameters > 5", "`parameters` is not a metric", "did you mean `params`?"),
        ("wanted > 5", "`wanted` is not a metric", f"possible: {', '.join(budgets.METRICS)}"),
        ("qqq > 5", "`qqq` is not a metric", f"possible: {', '.join(budgets.METRICS)}"),
        ("params", "expected a comparison", "possible: > >= < <= == !="),
        ("params >> 5M", "expected a comparison, found `>>`", "possible: > >= < <= == !="),
        ("params = 5", "expected a comparison, found `=`", "possible: > >= < <= == !="),
        ("params > x", "expected a number, found `x`", "for instance 5M, +5% or -1_000"),
        ("params >", "expected a number", "for instance 5M, +5% or -1_000"),
        (f"params > {'9' * 31}", "the number is too long", "write at most 30 digits, or round it, as in 5M"),
        (
            f"params > 0.{'3' * 31}",
            "the number is too long",
            "write at most 30 digits, or round it, as in 5M",
        ),
        ("params > 5k", "the condition should end here, found `k`", "write `5K`"),
        ("params>+2.5 m", "the condition should end here, found `m`", "write `+2.5M`"),
        ("params > 1,000", "the condition should end here, found `,000`", "write `1_000`"),
        ("params > 12,000,000 ", "the condition should end here, found `,000,000`", "write `12_000_000`"),
        ("params > 1e3", "the condition should end here, found `e3`", "write `1_000`"),
        ("params < -2.5e+07", "the condition should end here, found `e+07`", "write `-25_000_000`"),
        (
            "params > 1e-3",
            "the condition should end here, found `e-3`",
            "several conditions are several options",
        ),
        (
            "params > 1,000, macs > 6",
            "the condition should end here, found `,000,`",
            "several conditions are several options",
        ),
        (
            "params > 5, macs > 6",
            "the condition should end here, found `,`",
            "several conditions are several options",
        ),
        ("params > 5%", "a per cent is a change, and needs a sign", "write `+5%`"),
        ("params > -5M%", "a per cent has no suffix", "write `-5%`"),
    ],
)
def test_what_is_wrong_is_said(condition: str, message: str, help: str) -> None:
    with pytest.raises(UsageError) as caught:
        budgets.parse(condition)
    (found,) = caught.value.diagnostics
    assert (found.code, found.message, found.help) == ("E904", f"`--fail-if {condition}`: {message}", help)
    assert found.location is None
