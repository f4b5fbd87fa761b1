"""The listing of one network: a row per layer, the sums beneath, and what has to be said about both."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence

from cnncalc import bundled
from cnncalc.analysis.report import LayerReport, Report
from cnncalc.analysis.roofline import bounds, summed
from cnncalc.analysis.traffic import moved_in_all
from cnncalc.geometry.shape import Shape, Size
from cnncalc.render.asked import asked_columns
from cnncalc.render.columns import Region, columns, regions_of, row_columns
from cnncalc.render.listing import Listing, Total
from cnncalc.render.rows import Rows, rows
from cnncalc.render.surface import PLAIN, Surface
from cnncalc.render.text import UNKNOWN, duration, exact, inert, memory, rounded
from cnncalc.render.tree import Row, paths, tree
from cnncalc.render.view import View
from cnncalc.support.dtypes import DTYPES
from cnncalc.support.numbers import plural

LONG = 40
"""Rows beyond which a table ends with what would make it shorter."""


def listing(report: Report, view: View, surface: Surface, is_named: bool = False) -> Listing[Row]:
    """What a command shows a reader of one network; its file is said where several are shown."""
    shown = rows(report.layers, view.depth, view.all_layers)
    regions = regions_of(report, view.unit)
    by_field = view.command == "rf" or view.all_layers
    whole = view.paths or len(shown.layers) < 2
    items = tuple(paths(shown.layers) if whole else tree(shown.layers, by_field, surface))
    return Listing(
        title=heading(report, report.framework, surface, is_named),
        columns=tuple(row_columns(view.command, asked_columns(report, view, regions), items, surface)),
        items=items,
        lead=_description(report) if view.command == "summary" else (),
        failure=failure(report),
        notes=tuple(_notes(report, view, shown, items, regions)),
        totals=totals(report, view) if view.command in ("params", "summary") else (),
        hint=_hint(report, view, len(items)),
    )


def complete(report: Report, view: View) -> Listing[LayerReport]:
    """The same for programs: whole paths, and no layer is left out but by ``depth``."""
    layers = rows(report.layers, view.depth, all_layers=True).layers
    has_frozen = any(layer.frozen for layer in layers)
    asked = asked_columns(report, view, regions_of(report, view.unit))
    return Listing(title="", columns=columns(view.command, asked, has_frozen), items=layers)


def heading(report: Report, rules: str, surface: Surface, is_named: bool = False) -> str:
    """The network's name, and what its numbers depend on."""
    parts = [inert(report.name), inputs_of(report.inputs), rules]
    parts += [inert(place_of(report.file))] if is_named else []
    return surface.glyph(" · ", " - ").join(parts)


def inputs_of(inputs: tuple[tuple[str, Shape], ...]) -> str:
    """The inputs as a title names them."""
    if not any(axis is not None for _, shape in inputs for axis in shape.axes):
        return "input unknown"
    return ", ".join(f"{inert(name)} {shape}" if len(inputs) > 1 else str(shape) for name, shape in inputs)


def place_of(file: str) -> str:
    """A file as a title names it: a bundled one by its name, others from the working folder on."""
    name = bundled.name_of(file)
    if name is not None or not os.path.isabs(file):
        return name or file
    below = os.path.relpath(file)
    return file if below.startswith(os.pardir) else below


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
        found += [
            _total("activations", sums.activations),
            _total("peak activations", report.peak),
            _total("peak (in place)", report.peak_in_place),
            *_moved(report, view),
        ]
    return tuple(found)


def _moved(report: Report, view: View) -> Iterator[Total]:
    """What goes through memory, and the least time where a machine is given."""
    traffic, width = moved_in_all(report), DTYPES[view.dtype]
    bytes = traffic.layers.bytes(width)
    intensity = traffic.with_macs.intensity(width)
    shown = UNKNOWN if intensity is None else f"{intensity:.2f}"
    yield Total(f"bytes moved ({view.dtype})", exact(bytes), memory(bytes))
    yield Total("FLOPs per byte, of layers with MACs", shown)
    if view.machine is not None:
        least = bounds(report, view.machine, width)
        whole = None if report.failed is not None else summed([least[one.path] for one in report.layers])
        by = "" if whole is None else f"bound by {whole.by}"
        yield Total("time: at least", UNKNOWN if whole is None else duration(whole.seconds), by)


def _total(title: str, number: Size) -> Total:
    return Total(title, exact(number), rounded(number))


def _description(report: Report) -> tuple[str, ...]:
    if not report.description:
        return ()
    return tuple(inert(" ".join(line.split())) for line in report.description.splitlines() if line.strip())


def _hint(report: Report, view: View, shown: int) -> str:
    """What would make a long table shorter."""
    depth = max((layer.path.count("/") for layer in report.layers), default=0)
    if shown <= LONG or view.depth == 1 or not depth:
        return ""
    folded = rows(report.layers, 1, view.all_layers).layers
    short = len(paths(folded) if view.paths else tree(folded, view.command == "rf", PLAIN))
    return f"--depth 1 folds these {shown:,} rows into {short:,}" if short < shown else ""


def _notes(
    report: Report, view: View, shown: Rows, items: Sequence[Row], regions: Mapping[str, Region]
) -> Iterator[str]:
    if report.failed is not None:
        yield f"{UNKNOWN} totals need every layer, and the analysis ended at {inert(report.failed)}"
    if any(row.copies > 1 for row in items):
        field = ", with the field of the last" if view.command == "summary" else ""
        yield f"xN: N copies that are alike{field} (--all shows each)"
    if shown.hidden:
        verb, keep = ("is", "keeps its") if shown.hidden == 1 else ("are", "keep their")
        yield (
            f"{plural(shown.hidden, 'layer')} without parameters that {keep} shape {verb} not shown (--all)"
        )
    if len(report.outputs) > 1:
        yield "outputs: " + ", ".join(f"{inert(output.path)} {output.shape}" for output in report.outputs)
    if view.unit is not None:
        missing = sum(not regions[layer.path].exists for layer in shown.layers)
        if missing:
            yield (
                f"{plural(missing, 'layer')} shown {'has' if missing == 1 else 'have'} "
                f"no unit {','.join(map(str, view.unit))} in the output"
            )
