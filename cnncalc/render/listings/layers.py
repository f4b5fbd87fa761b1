"""The listing of one network: a row per layer, the sums beneath, and what has to be said about both."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.analysis.report import LayerReport, Report
from cnncalc.geometry.shape import Size
from cnncalc.render.columns import Region, columns
from cnncalc.render.listing import Listing, Total
from cnncalc.render.rows import Rows, rows
from cnncalc.render.text import UNKNOWN, exact, inert, memory, rounded
from cnncalc.render.view import View
from cnncalc.support.dtypes import DTYPES
from cnncalc.support.numbers import plural

PIECE = 10_000
"""Characters of a description that are wrapped together: with a longer word the time to wrap it would grow as
its square.
"""


def listing(report: Report, view: View) -> Listing[LayerReport]:
    """What a command shows of one network."""
    shown = rows(report.layers, view.depth, view.all_layers)
    return Listing(
        title=title(report),
        columns=columns(view.command, view.unit, any(layer.frozen for layer in shown.layers)),
        items=shown.layers,
        lead=_description(report) if view.command == "summary" else (),
        failure=failure(report),
        notes=tuple(_notes(report, view, shown)),
        totals=totals(report, view) if view.command in ("params", "summary") else (),
    )


def complete(report: Report, view: View) -> Listing[LayerReport]:
    """The same for machines: no layer is left out but by ``depth``."""
    return listing(report, view._replace(all_layers=True))


def title(report: Report) -> str:
    """The network's name, and what its numbers depend on."""
    inputs = ", ".join(
        f"{inert(name)} {shape}" if len(report.inputs) > 1 else str(shape) for name, shape in report.inputs
    )
    known = any(axis is not None for _, shape in report.inputs for axis in shape.axes)
    given = f"input {inputs}" if known else "input unknown"
    return f"{inert(report.name)} ({given}, {report.framework}, {inert(report.file)})"


def failure(report: Report) -> str | None:
    """The layer that ended the analysis, and why."""
    if report.failed is None:
        return None
    errors = [diagnostic for diagnostic in report.diagnostics if diagnostic.severity == "error"]
    at_layer = [diagnostic for diagnostic in errors if diagnostic.path == report.failed] or errors
    return f"{inert(report.failed)}: {inert(at_layer[0].message) if at_layer else 'not computed'}"


def totals(report: Report, view: View) -> tuple[Total, ...]:
    """The sums of a network; ``?`` throughout where a layer failed."""
    sums = report.totals
    size = None if sums.params is None else sums.params * DTYPES[view.dtype]
    found = [
        _total("params", sums.params),
        _total("  weights", sums.weights),
        _total("  biases", sums.biases),
        *([_total("trainable", sums.trainable)] if sums.frozen else []),
        _total("buffers", sums.buffers),
        _total("MACs", sums.macs),
        _total("FLOPs (2 x MACs)", sums.flops),
        Total(f"weight memory in bytes ({view.dtype})", exact(size), memory(size)),
    ]
    if view.command == "summary":
        found += [_total("activations", sums.activations), _total("peak activations", report.peak)]
    return tuple(found)


def _total(title: str, number: Size) -> Total:
    return Total(title, exact(number), rounded(number))


def _description(report: Report) -> tuple[str, ...]:
    if not report.description:
        return ()
    from textwrap import wrap

    pieces = (
        line[start : start + PIECE]
        for line in report.description.splitlines()
        for start in range(0, len(line), PIECE)
    )
    return tuple(inert(line) for piece in pieces for line in wrap(piece, 100))


def _notes(report: Report, view: View, shown: Rows) -> Iterator[str]:
    if report.failed is not None:
        yield f"{UNKNOWN} totals need every layer, and the analysis ended at {inert(report.failed)}"
    if shown.hidden:
        verb, keep = ("is", "keeps its") if shown.hidden == 1 else ("are", "keep their")
        yield (
            f"{plural(shown.hidden, 'layer')} without parameters that {keep} shape "
            f"{verb} not shown (--all shows all)"
        )
    if len(report.outputs) > 1:
        yield "outputs: " + ", ".join(f"{inert(output.path)} {output.shape}" for output in report.outputs)
    if view.unit is not None:
        missing = sum(not Region(layer, view.unit).exists for layer in shown.layers)
        if missing:
            yield (
                f"{plural(missing, 'layer')} shown {'has' if missing == 1 else 'have'} "
                f"no unit {view.unit} in the output"
            )
