"""The metrics of a layer: one row per metric, for all tabular formats and all commands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from cnncalc.analysis.follow import Inside
from cnncalc.analysis.inside import inside
from cnncalc.analysis.report import LayerReport, Report
from cnncalc.geometry.receptive_field import AxisField, Interval
from cnncalc.geometry.shape import Size
from cnncalc.geometry.window import TransposedWindow, Window
from cnncalc.render.listing import Column, Raw
from cnncalc.render.surface import Surface
from cnncalc.render.text import NOTHING, UNKNOWN, exact, inert, once
from cnncalc.render.tree import Row
from cnncalc.support.numbers import by

LayerColumn = Column[LayerReport]


def columns(
    command: str, asked: Sequence[LayerColumn] = (), has_frozen: bool = False
) -> tuple[LayerColumn, ...]:
    """The columns a command shows; before the flags also those that are asked for.

    What is trainable has a column of its own only where something is not.
    """
    chosen = tuple(
        column
        for commands, column in _metrics()
        if command in commands and (column.key != "trainable" or has_frozen)
    )
    return chosen if not asked else (*chosen[:-1], *asked, chosen[-1])


def every_column() -> tuple[LayerColumn, ...]:
    """The columns of all commands together."""
    return tuple(column for _, column in _metrics())


def row_columns(
    command: str, asked: Sequence[LayerColumn], rows: Sequence[Row], surface: Surface
) -> Iterator[Column[Row]]:
    """The same for rows of a tree, with bars behind counts where a terminal has room for them."""
    layers = [row.layer for row in rows]

    def layers_of(some: Sequence[Row]) -> Sequence[LayerReport]:
        return layers if some is rows else [row.layer for row in some]

    for column in columns(command, asked, any(layer.frozen for layer in layers)):
        yield _of_rows(column, layers_of)
        if column.key in _SHARED and surface.width is not None and surface.unicode:
            yield _bar(column.key, column.raw, rows)


def _of_rows(column: LayerColumn, layers_of: Callable[[Sequence[Row]], Sequence[LayerReport]]) -> Column[Row]:
    """A column about layers for rows; a structure that is no layer has the shape and field at its end."""
    raw, reasons = column.raw, column.reasons
    if column.key == "path":
        return Column(
            column.key,
            column.title,
            lambda row: row.label,
            lambda row: row.layer.path,
            column.rank,
            right=False,
            folds=True,
            strong=lambda row: row.is_structure,
        )
    of_heads = column.kind in ("size", "field", "warning")

    def texts(rows: Sequence[Row]) -> list[str]:
        found = column.texts(layers_of(rows))
        if of_heads:
            return found
        return ["" if row.is_head else text for row, text in zip(rows, found, strict=True)]

    return Column(
        column.key,
        column.title,
        lambda row: texts((row,))[0],
        lambda row: raw(row.layer),
        column.rank,
        column.right,
        column.folds,
        column.optional,
        reasons=None if reasons is None else lambda row: reasons(row.layer),
        note=column.note,
        kind=column.kind,
        texts_of=texts,
    )


BAR = 6
"""Cells of the bar behind the largest count."""
_SHARED = ("params", "macs")
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def _bar(key: str, count: Callable[[LayerReport], Raw], rows: Sequence[Row]) -> Column[Row]:
    """How large a count is beside the largest."""
    counts = [count(row.layer) for row in rows if not row.is_head]
    largest = max((number for number in counts if isinstance(number, int)), default=0)

    def bar(row: Row) -> str:
        number = count(row.layer)
        if row.is_head or not largest or not isinstance(number, int):
            return ""
        whole, part = divmod(8 * BAR * number // largest, 8)
        return ("█" * whole + _EIGHTHS[part]).rstrip()

    return Column(
        f"{key}_share",
        "",
        bar,
        lambda _: None,
        9,
        right=False,
        optional=True,
        kind="share",
        decorative=True,
    )


# Counts


def _count(key: str, title: str, rank: int, count: Callable[[LayerReport], Size]) -> LayerColumn:
    return Column(
        key, title, lambda layer: exact(count(layer)), count, rank, reasons=_count_reasons, kind="count"
    )


def _count_reasons(layer: LayerReport) -> tuple[str, ...]:
    return layer.reasons


def _shares(layer: LayerReport) -> str:
    return "" if layer.shares is None else f"weights of {inert(layer.shares)}"


# Windows


def _of_windows(
    key: str,
    rank: int,
    show: Callable[[Window | TransposedWindow], str],
    join: Callable[[Iterable[str]], str],
) -> LayerColumn:
    def text(layer: LayerReport) -> str:
        return "" if layer.windows is None else join(show(window) for window in layer.windows)

    def raw(layer: LayerReport) -> Raw:
        return None if layer.windows is None else by(show(window) for window in layer.windows)

    return Column(key, key, text, raw, rank, optional=True, reasons=_count_reasons)


def padding_of(padding: tuple[int, int] | None) -> str:
    """Positions before and after, once where they are as many."""
    if padding is None:
        return UNKNOWN
    before, after = padding
    return str(before) if before == after else f"{before}+{after}"


def _dilation(layer: LayerReport) -> str:
    dilations = [str(window.dilation) for window in layer.windows or ()]
    return "" if set(dilations) <= {"1"} else once(dilations)


def _raw_dilation(layer: LayerReport) -> Raw:
    return None if layer.windows is None else by(str(window.dilation) for window in layer.windows)


def _output() -> LayerColumn:
    def texts(layers: Sequence[LayerReport]) -> list[str]:
        shown = {shape: str(shape) for shape in {layer.shape for layer in layers}}
        return [shown[layer.shape] for layer in layers]

    def text(layer: LayerReport) -> str:
        return str(layer.shape)

    return Column(
        "shape",
        "output",
        text,
        text,
        1,
        reasons=_count_reasons,
        kind="size",
        texts_of=texts,
        raws_of=lambda layers: [*texts(layers)],
    )


# Receptive fields


class _Seen(NamedTuple):
    """What a row says of the receptive field along an axis: that of the first unit of the largest size. Whole
    numbers are of that type, so that they are soon written.
    """

    axis: AxisField
    size: int | None
    stride: int | Fraction | None
    unit: int | None
    padding: int | None
    middle: int | Fraction | None
    offset: int | Fraction | None
    """How far its centre is from where a resize by the edges puts it."""

    @property
    def has_flags(self) -> bool:
        """Whether more has to be known of it than its numbers."""
        return bool(self.unit) or not (self.axis.aligned and self.axis.uniform)


def _seen(axis: AxisField, units: Size) -> _Seen:
    unit, stride = axis.largest_at(units), axis.stride
    span = axis.at(unit or 0)
    size = axis.size(units)
    steps = None if stride is None else _ratio(stride.numerator, stride.denominator)
    if span is None:
        return _Seen(axis, size, steps, unit, None, None, None)
    both, offset = span[0] + span[1], None
    if unit is not None and stride is not None:
        positions, each = stride.numerator, stride.denominator
        offset = _ratio((both + 1) * each - (2 * unit + 1) * positions, 2 * each)
    return _Seen(axis, size, steps, unit, -span[0], _ratio(both, 2), offset)


def _ratio(numerator: int, denominator: int) -> int | Fraction:
    """A whole number where it is one."""
    whole, rest = divmod(numerator, denominator)
    return Fraction(numerator, denominator) if rest else whole


class _Fields:
    """The receptive fields of the layers of one listing, worked out once for all of its columns."""

    __slots__ = ("_layers", "_seen")

    def __init__(self) -> None:
        self._layers: Sequence[LayerReport] = ()
        self._seen: list[tuple[_Seen, ...]] = []

    def of(self, layers: Sequence[LayerReport]) -> list[tuple[_Seen, ...]]:
        """What is seen along each axis; one object where two axes see the same."""
        if layers is not self._layers:
            self._layers, self._seen = layers, [layer.field.each(_seen) for layer in layers]
        return self._seen

    def column(
        self,
        key: str,
        title: str,
        rank: int,
        show: Callable[[_Seen], str],
        number: Callable[[_Seen], int | Fraction | None],
    ) -> LayerColumn:
        """A number of each axis, as ``show`` shows it."""

        def text(seen: tuple[_Seen, ...]) -> str:
            if _is_one(seen):
                return show(seen[0])
            return _per_axis([show(one) for one in seen])

        return self._column(key, title, rank, text, number)

    def sizes(self) -> LayerColumn:
        """The column of what is seen in all."""
        return self._column(
            "rf_size",
            "rf size",
            0,
            _sizes_seen,
            lambda seen: seen.size,
        )

    def _column(
        self,
        key: str,
        title: str,
        rank: int,
        text: Callable[[tuple[_Seen, ...]], str],
        number: Callable[[_Seen], int | Fraction | None],
    ) -> LayerColumn:
        def raw(seen: tuple[_Seen, ...]) -> Raw:
            if _is_one(seen):
                both = number(seen[0])
                return None if both is None else f"{both}x{both}"
            numbers = [number(one) for one in seen]
            return None if all(one is None for one in numbers) else by(numbers)

        return Column(
            key,
            title,
            lambda layer: text(layer.field.each(_seen)),
            lambda layer: raw(layer.field.each(_seen)),
            rank,
            reasons=_field_reasons,
            kind="field",
            texts_of=lambda layers: list(map(text, self.of(layers))),
            raws_of=lambda layers: list(map(raw, self.of(layers))),
        )

    def flags(self) -> LayerColumn:
        """The column of what has to be known of a field beside its numbers."""
        return Column(
            "rf_flags",
            "flags",
            lambda layer: _flags(layer.field.each(_seen)),
            lambda layer: _flags(layer.field.each(_seen)) or None,
            2,
            right=False,
            optional=True,
            kind="warning",
            texts_of=lambda layers: list(map(_flags, self.of(layers))),
            raws_of=lambda layers: [_flags(seen) or None for seen in self.of(layers)],
        )


def _flags(seen: tuple[_Seen, ...]) -> str:
    each = seen[:1] if _is_one(seen) else seen
    if each and not each[0].has_flags and not any(one.has_flags for one in each[1:]):
        return ""
    flags = [] if all(one.axis.aligned for one in each) else ["not aligned"]
    flags += [] if all(one.axis.uniform for one in each) else ["non-uniform"]
    text = ", ".join(flags)
    units = [one.unit for one in seen]
    return f"{text} (of unit {','.join([str(unit or 0) for unit in units])})" if any(units) else text


def _is_one(seen: tuple[_Seen, ...]) -> bool:
    """Whether two axes see the same."""
    return len(seen) == 2 and seen[0] is seen[1]


def field_size(layer: LayerReport) -> str:
    """Positions seen per axis; ``all`` where the whole axis is seen, and both where there is a local path as
    well.
    """
    return _size_shown(list(zip(layer.field.size, layer.field.axes, strict=True)))


def _sizes_seen(seen: tuple[_Seen, ...]) -> str:
    if _is_one(seen):
        size, axis = seen[0].size, seen[0].axis
        if size is not None and not axis.is_global and not axis.looks_back:
            return f"{size}x{size}"
    return _size_shown([(one.size, one.axis) for one in seen])


def _size_shown(axes: list[tuple[int | None, AxisField]]) -> str:
    if not axes:
        return NOTHING
    if all(axis.is_global for _, axis in axes) and not any(axis.maps for _, axis in axes):
        return "all"
    if any(axis.looks_back for _, axis in axes):
        return " x ".join([_size_looking_back(size, axis) for size, axis in axes])
    local = [_missing(axis) if size is None else str(size) for size, axis in axes]
    if not any(axis.is_global for _, axis in axes):
        return by(local)
    if all(axis.is_global and axis.maps for _, axis in axes):
        return f"{by(local)} + all"
    return " x ".join([_size_of_axis(text, axis) for text, (_, axis) in zip(local, axes, strict=True)])


def _size_looking_back(size: int | None, axis: AxisField) -> str:
    if axis.looks_back:
        return "all" if axis.is_global else "all before"
    return _size_of_axis(_missing(axis) if size is None else str(size), axis)


def _size_of_axis(local: str, axis: AxisField) -> str:
    return local if not axis.is_global else f"({local} + all)" if axis.maps else "all"


def _missing(axis: AxisField) -> str:
    """How a number that is not there is shown: unknown, or none where no local path reaches the input."""
    return (
        UNKNOWN
        if axis.unknown is not None or axis.unknown_start is not None or len(axis.maps) > 1
        else NOTHING
    )


def field_stride(layer: LayerReport) -> str:
    """Input positions per unit; ``mixed`` where joined branches advance at different paces."""
    return _per_axis(
        [_stride_of(stride, axis) for stride, axis in zip(layer.field.stride, layer.field.axes, strict=True)]
    )


def _stride_of(stride: int | Fraction | None, axis: AxisField) -> str:
    return str(stride) if stride is not None else "mixed" if len(axis.maps) > 1 else _missing(axis)


def field_padding(layer: LayerReport) -> str:
    """What the first unit sees before the input."""
    starts = zip(layer.field.start, layer.field.axes, strict=True)
    return _per_axis([_missing(axis) if start is None else str(-start) for start, axis in starts])


def _stride_seen(seen: _Seen) -> str:
    return _stride_of(seen.stride, seen.axis)


def _padding_shown(seen: _Seen) -> str:
    return _missing(seen.axis) if seen.padding is None else str(seen.padding)


def _centre_shown(seen: _Seen) -> str:
    return _missing(seen.axis) if seen.middle is None else decimal(seen.middle)


def _offset_shown(seen: _Seen) -> str:
    if seen.offset is not None:
        return f"{float(seen.offset):.4g}"
    return NOTHING if len(seen.axis.maps) > 1 else _missing(seen.axis)


def _per_axis(texts: list[str]) -> str:
    return once(texts) if texts else NOTHING


def decimal(centre: int | Fraction) -> str:
    """A multiple of 1/2 as a decimal, such as 3 or -0.5."""
    whole, half = divmod(abs(centre.numerator), centre.denominator)
    return f"{'-' if centre < 0 else ''}{whole}{'.5' if half else ''}"


def _field_reasons(layer: LayerReport) -> tuple[str, ...]:
    return () if layer.field.reason is None else (layer.field.reason,)


# One unit's region


class Region:
    """What one unit of a layer sees of the input, per axis."""

    __slots__ = ("exists", "inside", "reasons", "seen")

    def __init__(self, layer: LayerReport, unit: tuple[int, ...], inside: tuple[Inside, ...]) -> None:
        field = layer.field
        self.exists = all(size is None or at < size for at, size in zip(unit, field.units, strict=True))
        self.seen = field.at(unit) if self.exists else (None,) * len(unit)
        """First and last position; ``None`` where all is seen or it is unknown."""
        known = [None if seen is None else one for seen, one in zip(self.seen, inside, strict=True)]
        self.inside = tuple([None if isinstance(one, str) else one for one in known])
        """What is really read; ``None`` also where that is nothing but padding, or not known."""
        self.reasons = tuple(dict.fromkeys(one for one in known if isinstance(one, str)))
        """Why that is not known, where it is not."""


def regions_of(report: Report, unit: tuple[int, ...] | None) -> dict[str, Region]:
    """What this unit of each layer sees, by path; of a structure what its last layer sees."""
    found: dict[str, Region] = {}
    if unit is not None:
        read = inside(report, unit)
        for layer in report.layers:
            region = Region(layer, unit, read[layer.path])
            parts = layer.path.split("/")
            found.update(("/".join(parts[:depth]), region) for depth in range(1, len(parts) + 1))
    return found


def region_columns(regions: Mapping[str, Region]) -> tuple[LayerColumn, ...]:
    def seen(layer: LayerReport) -> str:
        region = regions[layer.path]
        if not region.exists:
            return "no such unit"
        return _places(_seen_of(span, axis) for span, axis in zip(region.seen, layer.field.axes, strict=True))

    def inside(layer: LayerReport) -> str:
        region = regions[layer.path]
        if not region.exists:
            return NOTHING
        nothing = UNKNOWN if region.reasons else "padding"
        both = zip(region.seen, region.inside, layer.field.axes, strict=True)
        return _places(_seen_of(read, axis) if span is None or read else nothing for span, read, axis in both)

    return (
        Column("region", "region", seen, seen, 0, reasons=_field_reasons, kind="field"),
        Column(
            "inside",
            "inside the input",
            inside,
            inside,
            1,
            reasons=lambda layer: regions[layer.path].reasons,
        ),
    )


def _seen_of(span: Interval | None, axis: AxisField) -> str:
    if span is None:
        return "all" if axis.is_global and not axis.maps else _missing(axis)
    return f"{span[0]}..{span[1]}" + (" + all" if axis.is_global else "")


def _places(spans: Iterable[str]) -> str:
    spans = tuple(spans)
    return "all" if set(spans) == {"all"} else ", ".join(spans)


# The table of metrics


def _name(
    key: str, title: str, rank: int, get: Callable[[LayerReport], str], folds: bool = False
) -> LayerColumn:
    return Column(key, title, lambda layer: inert(get(layer)), get, rank, right=False, folds=folds)


def _remark(
    key: str, title: str, rank: int, text: Callable[[LayerReport], str], kind: str = ""
) -> LayerColumn:
    return Column(
        key, title, text, lambda layer: text(layer) or None, rank, right=False, optional=True, kind=kind
    )


_EACH = ("params", "rf", "shapes", "summary")
_COUNTS = ("params", "summary")
_WINDOWS = ("shapes", "summary")
_FIELDS = ("rf", "summary")


def _metrics() -> tuple[tuple[tuple[str, ...], LayerColumn], ...]:
    """Which commands show a metric, and the metric, from left to right; for one listing."""
    fields = _Fields()
    return (
        (_EACH, _name("path", "layer", 0, lambda layer: layer.path, folds=True)),
        (("params", "shapes", "summary"), _name("op", "op", 6, lambda layer: layer.op)),
        (_WINDOWS, _of_windows("kernel", 4, lambda window: str(window.kernel), by)),
        (_WINDOWS, _of_windows("stride", 5, lambda window: str(window.stride), once)),
        (_WINDOWS, _of_windows("padding", 7, lambda window: padding_of(window.padding), once)),
        (_WINDOWS, Column("dilation", "dilation", _dilation, _raw_dilation, 8, optional=True)),
        (_EACH, _output()),
        (("params",), _count("weights", "weights", 4, lambda layer: layer.weights)),
        (("params",), _count("biases", "biases", 5, lambda layer: layer.biases)),
        (_COUNTS, _count("params", "params", 0, lambda layer: layer.params)),
        (_COUNTS, _count("trainable", "trainable", 6, lambda layer: layer.trainable)),
        (_COUNTS, _count("buffers", "buffers", 7, lambda layer: layer.buffers)),
        (_COUNTS, _count("macs", "MACs", 1, lambda layer: layer.macs)),
        (_COUNTS, _remark("shares", "shares", 7, _shares)),
        (_FIELDS, fields.sizes()),
        (_FIELDS, fields.column("rf_stride", "rf stride", 2, _stride_seen, lambda seen: seen.stride)),
        (_FIELDS, fields.column("rf_padding", "rf padding", 4, _padding_shown, lambda seen: seen.padding)),
        (_FIELDS, fields.column("rf_centre", "rf centre", 5, _centre_shown, lambda seen: seen.middle)),
        (("rf",), fields.column("rf_offset", "rf offset", 6, _offset_shown, lambda seen: seen.offset)),
        (_FIELDS, fields.flags()),
    )
