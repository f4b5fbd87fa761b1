"""The expectations of a spec (``expect``), compared with its Report."""

from __future__ import annotations

from math import lcm
from typing import TYPE_CHECKING, NamedTuple

from cnncalc.analysis.report import LayerReport, Report, Totals
from cnncalc.analysis.run import analyze
from cnncalc.codes import CODES
from cnncalc.errors import Diagnostic, Fault
from cnncalc.geometry.shape import Shape
from cnncalc.network.expectation import (
    ALL,
    COUNT_METRICS,
    FIELD_METRICS,
    FITTING,
    SUMS,
    Expectation,
    Finding,
    Measured,
    SizeSet,
    quoted,
)
from cnncalc.network.graph import ExpectedOf
from cnncalc.network.model import Model
from cnncalc.support.numbers import percent
from cnncalc.support.words import MOST_NAMED_OUTPUTS, listed

if TYPE_CHECKING:
    from cnncalc.analysis.fitting import Classes


class _Subject(NamedTuple):
    """What expectations are about: the totals inside, and the tensors at the borders."""

    totals: Totals
    output: LayerReport | None
    shape: Shape
    in_shape: Shape


def check(model: Model, report: Report | None = None) -> tuple[Finding, ...]:
    """Compare a model, whose report may be at hand, and each of its cases with what it expects."""
    findings = _check_one(model, model.name, model.graph.expectations, report or analyze(model))
    for case in model.cases:
        findings.extend(_check_one(case.model, f"{model.name} ({case.name})", (), analyze(case.model)))
    return tuple(findings)


def measure(report: Report, metric: str) -> Measured:
    """The values that an ``expect`` of the whole model is compared with, in a report without errors."""
    return _measure(metric, _whole(report))


def _check_one(model: Model, name: str, inside: tuple[ExpectedOf, ...], report: Report) -> list[Finding]:
    expected_error = next((one for one in model.expectations if one.metric == "error"), None)
    if expected_error is not None:
        return [_check_error(expected_error, model.errors or report.diagnostics, report.failed, name)]
    errors = [diagnostic for diagnostic in report.diagnostics if diagnostic.severity == "error"]
    if errors:
        return [Finding(name, error.path, "evaluation", "no error", error.code, error) for error in errors]
    shapes = dict(report.inputs) | {layer.path: layer.shape for layer in report.layers}
    records = {layer.path: layer for layer in report.layers}
    whole = _whole(report)
    findings = [
        _hold(expectation, whole, name, None, model.graph.ends())
        if expectation.sizes is None
        else _hold_sizes(expectation, expectation.sizes, model, name)
        for expectation in model.expectations
    ]
    totals = report.totals_within(one.path for one in inside)
    for one in inside:
        output, entry = (model.graph.nodes[index].path for index in (one.output, one.entry))
        subject = _Subject(totals[one.path], records.get(output), shapes[output], shapes[entry])
        findings.append(_hold(one.expectation, subject, name, one.path))
    return findings


def _whole(report: Report) -> _Subject:
    """The model itself as a subject: its main output."""
    return _Subject(report.totals, report.main, report.outputs[0].shape, report.inputs[0][1])


def _check_error(
    expectation: Expectation, found: tuple[Diagnostic, ...], failed: str | None, name: str
) -> Finding:
    wanted = expectation.bounds[0].text
    codes = list(dict.fromkeys(diagnostic.code for diagnostic in found if diagnostic.severity == "error"))
    got = ", ".join(codes) or "no error"
    if wanted in codes:
        return Finding(name, None, "error", wanted, got, None, expectation)
    help = None if wanted in CODES else f"there is no code {wanted}: `cnncalc explain` lists them"
    fault = Fault("E402", f"expected the error {wanted}, got {got}", help)
    return Finding(name, None, "error", wanted, got, expectation.origin.place(fault, failed), expectation)


def _hold(
    expectation: Expectation, subject: _Subject, name: str, path: str | None, ends: tuple[str, ...] = ()
) -> Finding:
    """One expectation against what was computed; of a model with what may be meant as its output."""
    value = _measure(expectation.metric, subject)
    got = _shown(value, expectation.is_listed)
    if _agrees(expectation, value):
        return Finding(name, path, expectation.metric, expectation.text, got, None, expectation, value)
    if None in (value if isinstance(value, tuple) else (value,)):
        fault = Fault(
            "E403", f"{expectation.metric} is unknown, expected {expectation.explained}", _reason(subject)
        )
    else:
        wanted = f"{expectation.metric} {expectation.explained}"
        said = f"expected {wanted}, got {got}{_difference(expectation, value)}"
        fault = Fault("E401", said, _output_meant(expectation.metric, ends))
    diagnostic = expectation.origin.place(fault, path)
    return Finding(name, path, expectation.metric, expectation.text, got, diagnostic, expectation, value)


def _output_meant(metric: str, ends: tuple[str, ...]) -> str | None:
    """Of which output a metric of the model is, where there are several."""
    if len(ends) < 2 or metric in SUMS or metric == "in":
        return None
    main, *others = ends
    names = listed([f"`{one}`" for one in others], MOST_NAMED_OUTPUTS)
    return f"of several outputs `{main}` is meant; for {names} write `expect` beside the item"


def _hold_sizes(expectation: Expectation, wanted: SizeSet, model: Model, name: str) -> Finding:
    """The input sizes that fit along every axis against those expected."""
    from cnncalc.analysis.along import Along, Unanswered
    from cnncalc.analysis.fitting import Fitting, in_words, is_valid

    try:
        axes = [
            Fitting(Along(model, model.framework, axis)).sizes(is_valid)
            for axis in range(model.inputs[0][1].rank)
        ]
    except Unanswered as error:
        fault = Fault("E403", f"which sizes fit is unknown, expected {wanted.text}", error.reason)
        got = "?"
    else:
        got = ", ".join(dict.fromkeys(map(in_words, axes))) or "no spatial axes"
        if axes and all(_are(classes, wanted) for classes in axes):
            return Finding(name, None, FITTING, wanted.text, got, None, expectation)
        fault = Fault("E401", f"expected sizes {wanted.text}, got {got}")
    diagnostic = expectation.origin.place(fault, None)
    return Finding(name, None, FITTING, wanted.text, got, diagnostic, expectation)


def _are(classes: Classes, wanted: SizeSet) -> bool:
    """Whether the sizes are those wanted from the first on that belongs to a class."""
    if wanted.smallest is not None and classes.smallest != wanted.smallest:
        return False
    if wanted.residues is None:
        return True
    period = lcm(classes.period, wanted.modulo)
    return classes.start is not None and all(
        (size % classes.period in classes.residues) == (size % wanted.modulo in wanted.residues)
        for size in range(period)
    )


def _measure(metric: str, subject: _Subject) -> Measured:
    if metric in COUNT_METRICS:
        return _count(metric, subject)
    if metric in FIELD_METRICS:
        return _field(metric, subject.output)
    shape = subject.in_shape if metric == "in" else subject.shape
    return shape.sizes if metric == "size" else shape.axes


def _count(metric: str, subject: _Subject) -> Measured:
    if metric == "channels":
        return subject.shape.channels
    value = getattr(subject.totals, metric)
    assert value is None or isinstance(value, int)
    return value


def _field(metric: str, output: LayerReport | None) -> Measured:
    """Size, stride or effective padding per axis; ``all`` for the latter two where only the whole map is
    seen.
    """
    if output is None:
        return None
    field = output.field
    if metric == "rf":
        return field.extent
    values = field.stride if metric == "stride" else tuple(_negative(start) for start in field.start)
    return tuple(ALL if sees_all else value for sees_all, value in zip(field.sees_all, values, strict=True))


def _negative(number: int | None) -> int | None:
    return None if number is None else -number


def _agrees(expectation: Expectation, value: Measured) -> bool:
    values = value if isinstance(value, tuple) else (value,)
    bounds = expectation.bounds
    if not expectation.is_listed:
        bounds = bounds * len(values)
    return len(bounds) == len(values) > 0 and all(
        bound.hold(one) for bound, one in zip(bounds, values, strict=True)
    )


def _shown(value: Measured, is_listed: bool = False) -> str:
    """A number, or one per axis, once where all are alike unless each was asked for."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(_shown, value))}]" if is_listed or len(set(value)) != 1 else _shown(value[0])
    return "?" if value is None else quoted(value)


def _difference(expectation: Expectation, value: Measured) -> str:
    """How far a sum is from the limit that it passes, in per cent of the limit; sizes, channels and receptive
    fields are numbers to read as they are.
    """
    if expectation.metric not in SUMS or not isinstance(value, int) or len(expectation.bounds) != 1:
        return ""
    (bound,) = expectation.bounds
    wanted = bound.low if bound.low is not None and value < bound.low else bound.high
    if wanted is None or wanted <= 0:
        return ""
    return f" ({percent(value, wanted)})"


def _reason(subject: _Subject) -> str | None:
    if subject.output is not None and subject.output.reasons:
        return subject.output.reasons[0]
    return None
