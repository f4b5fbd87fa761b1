"""What `rf` shows of each layer where asked: regions, the units that see a position, effective fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from cnncalc.analysis.inside import units_reading
from cnncalc.analysis.report import LayerReport, Report
from cnncalc.analysis.roofline import Bound, bounds, summed
from cnncalc.geometry.seeing import Units
from cnncalc.render.columns import LayerColumn, Region, region_columns
from cnncalc.render.listing import Column
from cnncalc.render.text import NOTHING, UNKNOWN, duration
from cnncalc.render.view import View
from cnncalc.support.dtypes import DTYPES

if TYPE_CHECKING:
    from cnncalc.questions.effective import EffectiveField

T = TypeVar("T")


def asked_columns(report: Report, view: View, regions: Mapping[str, Region]) -> tuple[LayerColumn, ...]:
    """The columns besides those of the command."""
    found: list[LayerColumn] = list(region_columns(regions)) if regions else []
    if view.machine is not None:
        found += _time_columns(_folded(bounds(report, view.machine, DTYPES[view.dtype]), view.depth))
    if view.seen_from is not None:
        found.append(_seen_column(report, view.seen_from))
    if view.effective:
        from cnncalc.questions.effective import effective_fields

        fields = effective_fields(report)
        found += _effective_columns(_with_structures(report, fields))
    return tuple(found)


def _with_structures(report: Report, by_path: Mapping[str, T]) -> dict[str, T]:
    """What is known of layers, and of each structure what is known of its last layer."""
    return {
        "/".join(parts[:depth]): by_path[layer.path]
        for layer in report.layers
        for parts in [layer.path.split("/")]
        for depth in range(1, len(parts) + 1)
    }


def asked_records(report: Report, view: View) -> dict[str, dict[str, Any]]:
    """The same as JSON has it, by layer."""
    found: dict[str, dict[str, Any]] = {layer.path: {} for layer in report.layers}
    if view.machine is not None:
        least = bounds(report, view.machine, DTYPES[view.dtype])
        for path, record in found.items():
            record["roofline"] = bound_record(least[path])
    if view.seen_from is not None:
        seen_by = units_reading(report, view.seen_from)
        for layer in report.layers:
            found[layer.path]["seen_from"] = _seen_record(layer, view.seen_from, seen_by[layer.path])
    if view.effective:
        from cnncalc.questions.effective import effective_fields
        from cnncalc.render.listings.effective import erf_record

        for path, field in effective_fields(report).items():
            found[path]["erf"] = erf_record(field)
    return found


def bound_record(bound: Bound | None) -> dict[str, Any]:
    """A least time as JSON has it."""
    return {
        "seconds": None if bound is None else float(bound.seconds),
        "bound": None if bound is None else bound.by,
    }


# The least time of layers


def _folded(least: Mapping[str, Bound | None], depth: int | None) -> dict[str, Bound | None]:
    """The same of the rows of a table, whose structures below a depth are one row each."""
    if depth is None:
        return dict(least)
    groups: dict[str, list[Bound | None]] = {}
    for path, bound in least.items():
        groups.setdefault("/".join(path.split("/")[:depth]), []).append(bound)
    return {path: summed(some) for path, some in groups.items()}


def _time_columns(least: Mapping[str, Bound | None]) -> tuple[LayerColumn, ...]:
    def time(layer: LayerReport) -> str:
        bound = least[layer.path]
        return UNKNOWN if bound is None else duration(bound.seconds)

    def seconds(layer: LayerReport) -> float | None:
        bound = least[layer.path]
        return None if bound is None else float(bound.seconds)

    def by(layer: LayerReport) -> str:
        bound = least[layer.path]
        return "" if bound is None else bound.by

    return (
        Column("seconds", "at least", time, seconds, 1, reasons=lambda layer: layer.reasons, kind="count"),
        Column("bound", "bound by", by, lambda layer: by(layer) or None, 2, right=False),
    )


# The units that see a position


def _seen_column(report: Report, position: tuple[int, ...]) -> LayerColumn:
    seen_by = _with_structures(report, units_reading(report, position))

    def text(layer: LayerReport) -> str:
        found = []
        for units, axis in zip(seen_by[layer.path], layer.field.axes, strict=True):
            local = (
                UNKNOWN if isinstance(units, str) else "none" if units is None else f"{units[0]}..{units[1]}"
            )
            found.append(
                "all" if axis.is_global and not axis.maps else f"{local} + all" if axis.is_global else local
            )
        return "all" if set(found) == {"all"} else ", ".join(found) or NOTHING

    def reasons(layer: LayerReport) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one for one in seen_by[layer.path] if isinstance(one, str)))

    return Column("seen_from", "units that see it", text, text, 0, reasons=reasons, kind="field")


def _seen_record(layer: LayerReport, position: tuple[int, ...], seen_by: tuple[Units, ...]) -> dict[str, Any]:
    known = [None if isinstance(units, str) else units for units in seen_by]
    return {
        "position": list(position),
        "first": [None if units is None else units[0] for units in known],
        "last": [None if units is None else units[1] for units in known],
        "global": [axis.is_global for axis in layer.field.axes],
    }


# Effective receptive fields


def _effective_columns(fields: Mapping[str, EffectiveField]) -> Iterator[LayerColumn]:
    from cnncalc.render.listings.effective import FIELD_COLUMNS

    for column in FIELD_COLUMNS:
        yield Column(
            column.key,
            column.title,
            _of(fields, column.text),
            _of(fields, column.raw),
            column.rank,
            right=column.right,
            optional=column.optional,
            kind="field",
        )


def _of(
    fields: Mapping[str, EffectiveField], ask: Callable[[EffectiveField], T]
) -> Callable[[LayerReport], T]:
    return lambda layer: ask(fields[layer.path])
