"""Reports as JSON, format 1: raw numbers, ``null`` where unknown, every layer in evaluation order."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any

from cnncalc import __version__
from cnncalc.analysis.report import UNKNOWN_TOTALS, LayerReport, ReceptiveField, Report, Totals
from cnncalc.analysis.roofline import bounds, summed
from cnncalc.analysis.traffic import moved, moved_in_all
from cnncalc.errors import Diagnostic
from cnncalc.geometry.window import TransposedWindow, Window
from cnncalc.render.asked import asked_records, bound_record
from cnncalc.render.columns import Region, regions_of
from cnncalc.render.view import Unread, View
from cnncalc.support.dtypes import DTYPES

FORMAT = 1


def render(entries: Sequence[Report | Unread], view: View, **more: Any) -> str:
    """One document for all networks, a line per layer; ``more`` adds keys beside the models. Ends in a
    newline.
    """
    models = ",\n".join(
        _unread(entry, view) if isinstance(entry, Unread) else _model(entry, view) for entry in entries
    )
    extra = "".join(f",\n{json.dumps(key)}: {json.dumps(value)}" for key, value in more.items())
    head = f'{{"format": {FORMAT}, "tool": {json.dumps(f"cnncalc {__version__}")}'
    return f'{head}, "models": [{models}]{extra}}}\n'


def dumps(document: dict[str, Any]) -> str:
    """A small document of another command, a line per key. Ends in a newline."""
    body = ",\n".join(f" {json.dumps(key)}: {json.dumps(value)}" for key, value in document.items())
    return f"{{\n{body}\n}}\n"


def _model(report: Report, view: View) -> str:
    """Written by hand around the layers, so that each stands in a line and none is held twice."""
    head = {"name": report.name, "file": report.file, "framework": report.framework, "input": _inputs(report)}
    outputs = [{"path": output.path, "shape": list(output.shape.axes)} for output in report.outputs]
    tail = _tail(_totals(report.totals, report, view), outputs, report.diagnostics, report.failed)
    layers = ",\n  ".join(json.dumps(record) for record in _records(report, view))
    return f'{json.dumps(head)[:-1]}, "layers": [\n  {layers}\n], {json.dumps(tail)[1:]}'


def _tail(
    totals: dict[str, Any], outputs: list[Any], diagnostics: Iterable[Diagnostic], failed: str | None
) -> dict[str, Any]:
    found = [diagnostic_of(diagnostic) for diagnostic in diagnostics]
    return {"totals": totals, "outputs": outputs, "diagnostics": found, "failed": failed}


def _unread(entry: Unread, view: View) -> str:
    """The keys of a model, as far as nothing is known of one."""
    head: dict[str, Any] = {"name": None, "file": entry.file, "framework": None, "input": None, "layers": []}
    return json.dumps(head | _tail(_totals(UNKNOWN_TOTALS, None, view), [], entry.diagnostics, None))


def _inputs(report: Report) -> object:
    shapes = {name: list(shape.axes) for name, shape in report.inputs}
    return next(iter(shapes.values()), None) if len(shapes) <= 1 else shapes


def _totals(sums: Totals, report: Report | None, view: View) -> dict[str, Any]:
    traffic, width = None if report is None else moved_in_all(report), DTYPES[view.dtype]
    return {
        "params": sums.params,
        "weights": sums.weights,
        "biases": sums.biases,
        "trainable": sums.trainable,
        "buffers": sums.buffers,
        "macs": sums.macs,
        "flops": sums.flops,
        "activations": sums.activations,
        "peak_activations": None if report is None else report.peak,
        "peak_activations_in_place": None if report is None else report.peak_in_place,
        "bytes": None if traffic is None else traffic.layers.bytes(width),
        "intensity": None if traffic is None else traffic.with_macs.intensity(width),
        **_least(report, view),
        "dtype": view.dtype,
        "weight_bytes": None if sums.params is None else sums.params * width,
    }


def _least(report: Report | None, view: View) -> dict[str, Any]:
    """The least time, where a machine is given."""
    if view.machine is None:
        return {}
    if report is None or report.failed is not None:
        return {"roofline": bound_record(None)}
    least = bounds(report, view.machine, DTYPES[view.dtype])
    return {"roofline": bound_record(summed([least[layer.path] for layer in report.layers]))}


def _records(report: Report, view: View) -> Iterator[dict[str, Any]]:
    regions = regions_of(report, view.unit)
    traffic, width = moved(report), DTYPES[view.dtype]
    more = asked_records(report, view)
    for layer in report.layers:
        record = layer_of(layer)
        record["bytes"] = traffic[layer.path].bytes(width)
        record["intensity"] = traffic[layer.path].intensity(width)
        if view.unit is not None:
            region = regions[layer.path]
            record["region"] = _region(region, view.unit)
            record["reasons"] = list(dict.fromkeys((*layer.reasons, *region.reasons)))
        yield record | more.get(layer.path, {})


def layer_of(layer: LayerReport) -> dict[str, Any]:
    """A layer as JSON has it."""
    return {
        "path": layer.path,
        "op": layer.op,
        "line": layer.line,
        "inputs": list(layer.inputs),
        "shape": list(layer.shape.axes),
        "window": None if layer.windows is None else _window(layer.windows),
        "params": layer.params,
        "weights": layer.weights,
        "biases": layer.biases,
        "trainable": layer.trainable,
        "buffers": layer.buffers,
        "macs": layer.macs,
        "rf": _field(layer.field),
        "shares": layer.shares,
        "reasons": list(layer.reasons),
    }


def _window(windows: tuple[Window | TransposedWindow, ...]) -> dict[str, Any]:
    return {
        "kernel": [window.kernel for window in windows],
        "stride": [window.stride for window in windows],
        "padding": [window.padding for window in windows],
        "dilation": [window.dilation for window in windows],
    }


def _field(field: ReceptiveField) -> dict[str, Any]:
    return {
        "size": _known(field.size),
        "stride": _known(field.stride),
        "start": _known(field.start),
        "largest_at": _known(field.largest_at),
        "offset": _known(field.offset),
        "uniform": field.uniform,
        "aligned": field.aligned,
        "global": field.is_global,
        "before": field.before,
    }


def _known(numbers: Iterable[int | Fraction | None]) -> list[Any] | None:
    """One number per axis, whole numbers as such; ``None`` where no axis has one."""
    found = [_number(number) for number in numbers]
    return None if all(number is None for number in found) else found


def _number(number: int | Fraction | None) -> int | float | None:
    if isinstance(number, Fraction):
        return number.numerator if number.denominator == 1 else float(number)
    return number


def _region(region: Region, unit: tuple[int, ...]) -> dict[str, Any] | None:
    if not region.exists:
        return None
    return {
        "unit": list(unit),
        "first": [None if span is None else span[0] for span in region.seen],
        "last": [None if span is None else span[1] for span in region.seen],
        "inside_first": [None if span is None else span[0] for span in region.inside],
        "inside_last": [None if span is None else span[1] for span in region.inside],
    }


def diagnostic_of(found: Diagnostic) -> dict[str, Any]:
    """A diagnostic as JSON has it; line and column count from 1."""
    place = found.location
    return {
        "code": found.code,
        "severity": found.severity,
        "message": found.message,
        "help": found.help,
        "path": found.path,
        "file": None if place is None else place.file,
        "line": None if place is None else place.line,
        "column": None if place is None else place.column,
    }
