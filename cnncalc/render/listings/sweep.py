"""A sweep: a row per combination."""

from __future__ import annotations

import json
from collections.abc import Callable

from cnncalc.geometry.shape import Shape, Size
from cnncalc.questions.sweep import Row
from cnncalc.render.document import Document, Rows
from cnncalc.render.listing import Column, Listing
from cnncalc.render.records import FORMAT
from cnncalc.render.surface import Surface
from cnncalc.render.text import NOTHING, exact, inert
from cnncalc.support.numbers import plural

_DROPPED = "dropped: positions of the layers' maps that no window reads, because sizes are rounded down"


class Sweep(Document):
    """What the command ``sweep`` shows."""

    def __init__(self, spec: str, combinations: tuple[Row, ...]) -> None:
        self.spec = spec
        self.combinations = combinations

    def listings(self, surface: Surface) -> tuple[Listing[Row], ...]:
        return (listing(self.spec, self.combinations),)

    def rows(self) -> tuple[Rows, ...]:
        return (Rows((), [((), listing(self.spec, self.combinations))]),)

    def json(self) -> str:
        """A line per combination."""
        lines = ",\n".join(json.dumps(_record(row), ensure_ascii=True) for row in self.combinations)
        return f'{{"format": {FORMAT}, "spec": {json.dumps(self.spec)}, "combinations": [\n{lines}\n]}}\n'


def listing(spec: str, rows: tuple[Row, ...]) -> Listing[Row]:
    """One row per combination; a column per variable, per input and per figure."""
    variables = dict.fromkeys(name for row in rows for name, _ in row.sets)
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
            Column("input", "input", _inputs, _inputs, 0, right=False),
            Column("output", "output", _outputs, _outputs, 1, right=False),
            _figure("params", "params", 2, lambda row: row.params),
            _figure("macs", "MACs", 1, lambda row: row.macs),
            _figure("activations", "activations", 3, lambda row: row.activations),
            _figure("peak", "peak", 4, lambda row: row.peak),
            _figure("dropped", "dropped", 3, lambda row: row.dropped, _DROPPED),
            Column(
                "valid",
                "valid",
                lambda row: "yes" if row.ok else "no",
                lambda row: str(row.ok).lower(),
                0,
                right=False,
            ),
            Column(
                "error", "error", _error, lambda row: row.error, 0, right=False, folds=True, optional=True
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
    return Column(key, title, lambda row: exact(figure(row)) if row.ok else NOTHING, figure, rank, note=note)


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
        "valid": row.ok,
        "error": row.error,
    }


def _axes(shape: Shape) -> list[Size]:
    return list(shape.axes)
