"""A sweep: a row per combination."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import islice

from cnncalc.geometry.shape import Shape, Size
from cnncalc.questions.sweep import Row
from cnncalc.render.document import Document, Rows
from cnncalc.render.listing import Column, Listing
from cnncalc.render.records import FORMAT
from cnncalc.render.surface import Surface
from cnncalc.render.text import NOTHING, UNKNOWN, exact, inert, once
from cnncalc.support.numbers import by, plural

BATCH = 500
"""Rows that are held where they are written as they come."""

_RF = "rf: of the last layer whose units see a part of the input only"
_DROPPED = "dropped: positions of the layers' maps that no window reads, because sizes are rounded down"


class Sweep(Document):
    """What the command ``sweep`` shows; the rows may come one by one, for a format that writes them so."""

    def __init__(self, spec: str, combinations: Iterable[Row], variables: Sequence[str] = ()) -> None:
        self.spec = spec
        self.combinations = combinations
        self.variables = variables

    def listings(self, surface: Surface) -> tuple[Listing[Row], ...]:
        return (listing(self.spec, tuple(self.combinations), self.variables),)

    def rows(self) -> tuple[Rows, ...]:
        return (Rows((), self._batches()),)

    def _batches(self) -> Iterator[tuple[tuple[str, ...], Listing[Row]]]:
        """Some rows at a time, so that not all need to be held."""
        rows = iter(self.combinations)
        batch = tuple(islice(rows, BATCH))
        while batch:
            yield (), listing(self.spec, batch, self.variables)
            batch = tuple(islice(rows, BATCH))

    def json(self) -> str:
        """A line per combination."""
        lines = ",\n".join(json.dumps(_record(row), ensure_ascii=True) for row in self.combinations)
        return f'{{"format": {FORMAT}, "spec": {json.dumps(self.spec)}, "combinations": [\n{lines}\n]}}\n'

    def picture(self) -> str:
        from cnncalc.render.pictures.scatter import drawn

        return drawn((_named(row), row.params, row.macs, row.rf) for row in self.combinations)


def _named(row: Row) -> str:
    """A combination in a few words."""
    return ", ".join(
        filter(None, [row.model, *(f"{name}={value}" for name, value in row.sets), _inputs(row)])
    )


def listing(spec: str, rows: tuple[Row, ...], names: Sequence[str] = ()) -> Listing[Row]:
    """One row per combination; a column per variable, per input and per figure."""
    variables = names or dict.fromkeys(name for row in rows for name, _ in row.sets)
    wrong = sum(not row.ok for row in rows)
    return Listing(
        title=f"{inert(spec)}: {plural(len(rows), 'combination')}"
        + (f", {wrong:,} invalid" if wrong else ""),
        columns=(
            Column(
                "model",
                "model",
                lambda row: inert(row.model),
                lambda row: row.model,
                2,
                right=False,
                optional=True,
            ),
            *map(_variable, variables),
            Column("input", "input", _inputs, _inputs, 0, right=False, kind="size"),
            Column("output", "output", _outputs, _outputs, 1, right=False, kind="size"),
            _figure("params", "params", 2, lambda row: row.params),
            _figure("macs", "MACs", 1, lambda row: row.macs),
            _figure("activations", "activations", 3, lambda row: row.activations),
            _figure("peak", "peak", 4, lambda row: row.peak),
            _figure("dropped", "dropped", 3, lambda row: row.dropped, _DROPPED),
            _per_axis("rf", "rf", 2, lambda row: row.rf, _RF),
            _per_axis("rf_stride", "rf stride", 4, lambda row: row.rf_stride),
            _per_axis("rf_offset", "rf offset", 5, lambda row: row.rf_offset),
            Column(
                "valid",
                "valid",
                lambda row: "yes" if row.ok else "no",
                lambda row: row.ok,
                0,
                right=False,
            ),
            Column(
                "error",
                "error",
                _error,
                lambda row: row.error,
                0,
                right=False,
                folds=True,
                optional=True,
                prose=True,
                kind="warning",
            ),
        ),
        items=rows,
    )


def _variable(name: str) -> Column[Row]:
    def text(row: Row) -> str:
        return inert(dict(row.sets).get(name, NOTHING))

    return Column(name, inert(name), text, text, 0)


def _figure(
    key: str, title: str, rank: int, figure: Callable[[Row], Size], note: str | None = None
) -> Column[Row]:
    def text(row: Row) -> str:
        return exact(figure(row)) if row.ok else NOTHING

    return Column(key, title, text, figure, rank, note=note, kind="count")


def _per_axis(
    key: str,
    title: str,
    rank: int,
    figures: Callable[[Row], tuple[int | Fraction | None, ...]],
    note: str | None = None,
) -> Column[Row]:
    def text(row: Row) -> str:
        return (
            once([UNKNOWN if one is None else _short(one) for one in figures(row)])
            if figures(row)
            else NOTHING
        )

    def raw(row: Row) -> str | None:
        return by("?" if one is None else _short(one) for one in figures(row)) if figures(row) else None

    return Column(key, title, text, raw, rank, note=note, kind="field")


def _short(number: int | Fraction) -> str:
    """A number per axis; halves and quarters as decimals."""
    return str(number) if number == int(number) or number.denominator not in (2, 4) else f"{float(number):g}"


def _inputs(row: Row) -> str:
    if len(row.inputs) == 1:
        return str(row.inputs[0][1])
    return " ".join(f"{inert(name)}={shape}" for name, shape in row.inputs) or NOTHING


def _outputs(row: Row) -> str:
    return " ".join(map(str, row.outputs)) or NOTHING


def _error(row: Row) -> str:
    return inert(row.error or "")


def _record(row: Row) -> dict[str, object]:
    return {
        "model": row.model,
        "sets": dict(row.sets),
        "inputs": {name: _axes(shape) for name, shape in row.inputs},
        "outputs": [_axes(shape) for shape in row.outputs],
        "params": row.params,
        "macs": row.macs,
        "activations": row.activations,
        "peak": row.peak,
        "dropped": row.dropped,
        "rf": list(row.rf),
        "rf_stride": [_plain(one) for one in row.rf_stride],
        "rf_offset": [_plain(one) for one in row.rf_offset],
        "valid": row.ok,
        "error": row.error,
    }


def _plain(number: Fraction | None) -> int | float | None:
    if number is None:
        return None
    return int(number) if number.denominator == 1 else float(number)


def _axes(shape: Shape) -> list[Size]:
    return list(shape.axes)
