"""Reports built by hand: what the renderers get, without what computes it."""

from __future__ import annotations

from cnncalc.analysis.report import LayerReport, Output, ReceptiveField, Report
from cnncalc.errors import Diagnostic, Location
from cnncalc.geometry.receptive_field import LOCAL, AxisField, IntervalMap
from cnncalc.geometry.shape import Shape
from cnncalc.geometry.window import Window

INPUT = Shape(3, (8, 8))


def affine(advance: int, first: int, last: int) -> AxisField:
    return AxisField((IntervalMap(advance, ((first, last),)),))


def field(*axes: AxisField, units: tuple[int | None, ...] = (8, 8)) -> ReceptiveField:
    return ReceptiveField(axes if len(axes) > 1 else axes * 2, units)


def layer(path: str, op: str = "conv", **changes: object) -> LayerReport:
    plain = LayerReport(
        path=path,
        op=op,
        line=1,
        inputs=("input",),
        in_shape=INPUT,
        shape=Shape(4, (8, 8)),
        windows=(Window(3, 1, 1, 1),) * 2,
        weights=3 * 4 * 9,
        biases=4,
        buffers=0,
        macs=3 * 4 * 9 * 64,
        field=field(affine(1, -1, 1)),
        rules=(Window(3, 1, 1, 1),) * 2,
        followed=("input",),
        along=(0, 1),
    )
    return plain._replace(**changes)  # type: ignore[arg-type]


def relu(path: str, source: LayerReport) -> LayerReport:
    return layer(
        path,
        "relu",
        inputs=(source.path,),
        in_shape=source.shape,
        shape=source.shape,
        windows=None,
        weights=0,
        biases=0,
        macs=0,
        field=source.field,
    )


def report(*layers: LayerReport, **changes: object) -> Report:
    outputs = (Output(layers[-1].path, layers[-1].shape),) if layers else ()
    plain = Report("net", "net.yaml", "pytorch", (("input", INPUT),), layers, outputs, 500)
    return plain._replace(**changes)  # type: ignore[arg-type]


def misfit(path: str) -> Diagnostic:
    return Diagnostic(
        "E301",
        "error",
        "window 9 does not fit the size 7",
        "the smallest size that works here is 9",
        path,
        Location("net.yaml", 12, 5, 7),
        "  - conv9x9: 64",
        ("`head` at line 30",),
    )


__all__ = ["INPUT", "LOCAL", "affine", "field", "layer", "misfit", "relu", "report"]
