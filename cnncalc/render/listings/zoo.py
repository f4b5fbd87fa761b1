"""The bundled networks: what each is, and its figures."""

from __future__ import annotations

import json
from typing import NamedTuple

from cnncalc.analysis.report import LayerReport, Report
from cnncalc.render.columns import field_size
from cnncalc.render.document import Document, Rows
from cnncalc.render.listing import Column, Listing
from cnncalc.render.records import FORMAT
from cnncalc.render.surface import Surface
from cnncalc.render.text import NOTHING, UNKNOWN, exact, inert
from cnncalc.support.numbers import plural


class Exhibit(NamedTuple):
    """One model of a bundled config."""

    spec: str
    model: str
    year: str
    source: str
    description: str
    report: Report

    @property
    def widest(self) -> LayerReport | None:
        """The last layer whose units still see a part of the input only."""
        return self.report.last_local


class Zoo(Document):
    """What the command ``zoo`` shows."""

    def __init__(self, exhibits: tuple[Exhibit, ...]) -> None:
        self.exhibits = exhibits

    def listings(self, surface: Surface) -> tuple[Listing[Exhibit], ...]:
        return (listing(self.exhibits),)

    def rows(self) -> tuple[Rows, ...]:
        return (Rows((), [((), listing(self.exhibits))]),)

    def json(self) -> str:
        """With descriptions."""
        document = {"format": FORMAT, "networks": [_record(one) for one in self.exhibits]}
        return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def listing(exhibits: tuple[Exhibit, ...]) -> Listing[Exhibit]:
    """One row per model."""
    return Listing(
        title=plural(len(exhibits), "network"),
        columns=(
            Column("spec", "spec", lambda one: inert(one.spec), lambda one: one.spec, 0, right=False),
            Column(
                "model",
                "model",
                lambda one: inert(one.model),
                lambda one: one.model,
                0,
                right=False,
                folds=True,
                prose=True,
            ),
            Column("year", "year", lambda one: one.year, lambda one: one.year or None, 4),
            Column("input", "input", _input, _input, 3, kind="size"),
            Column(
                "params",
                "params",
                lambda one: exact(one.report.totals.params),
                lambda one: one.report.totals.params,
                1,
                kind="count",
            ),
            Column(
                "macs",
                "MACs",
                lambda one: exact(one.report.totals.macs),
                lambda one: one.report.totals.macs,
                2,
                kind="count",
            ),
            Column(
                "rf",
                "rf size",
                _rf,
                _rf,
                2,
                note="rf size: of the last layer whose units see a part of the input only",
                kind="field",
            ),
            Column(
                "source",
                "source",
                lambda one: inert(one.source.partition(",")[0]),
                lambda one: one.source,
                9,
                right=False,
            ),
        ),
        items=exhibits,
        notes=("`cnncalc zoo SPEC` prints a spec, `cnncalc zoo WORD` lists the networks that have the word",),
    )


def _record(one: Exhibit) -> dict[str, object]:
    report = one.report
    widest = one.widest
    return {
        "spec": one.spec,
        "model": one.model,
        "year": int(one.year) if one.year else None,
        "input": [list(shape.axes) for _, shape in report.inputs],
        "params": report.totals.params,
        "macs": report.totals.macs,
        "rf": None if widest is None else list(widest.field.size),
        "source": one.source,
        "description": one.description,
    }


def _input(one: Exhibit) -> str:
    return ", ".join(str(shape) for _, shape in one.report.inputs) or UNKNOWN


def _rf(one: Exhibit) -> str:
    return NOTHING if one.widest is None else field_size(one.widest)
