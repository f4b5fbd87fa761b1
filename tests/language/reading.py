"""Specs as tests of the language read them: their models, their records."""

from __future__ import annotations

import cnncalc
from cnncalc.analysis.report import LayerReport, Report
from cnncalc.geometry.shape import Shape
from cnncalc.network.model import Model

INPUT = "input: [4, 12, 12]\n"


def models(spec: str) -> tuple[Model, ...]:
    return cnncalc.loads(spec, "f.yaml")


def report_of(spec: str) -> Report:
    (model,) = models(spec)
    return cnncalc.analyze(model)


def layers(items: str, head: str = INPUT) -> tuple[LayerReport, ...]:
    """The records of a list of layers."""
    report = report_of(f"{head}layers: {items}\n")
    assert report.failed is None, report.diagnostics
    return report.layers


def one(item: str, head: str = INPUT) -> LayerReport:
    (layer,) = layers(f"[{item}]", head)
    return layer


def paths(items: str, head: str = INPUT) -> list[str]:
    return [layer.path for layer in layers(items, head)]


def shape(*axes: int | None) -> Shape:
    return Shape(axes[0], axes[1:])


def same(items: str, others: str, head: str = INPUT) -> None:
    """Two ways to write the same layers; names aside."""
    one_way, other_way = (
        [(layer.op, *layer[4:12]) for layer in layers(way, head)] for way in (items, others)
    )
    assert one_way == other_way
