"""One spec under several frameworks: a row per layer, a column per framework, rows that differ marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cnncalc.analysis.report import LayerReport, Report
from cnncalc.render.columns import field_padding
from cnncalc.render.document import Document, Rows
from cnncalc.render.listing import Column, Listing
from cnncalc.render.listings.layers import failure, heading
from cnncalc.render.listings.networks import Entry, reports_of
from cnncalc.render.surface import PLAIN, Surface
from cnncalc.render.text import NOTHING
from cnncalc.render.tree import tree
from cnncalc.render.view import View
from cnncalc.support.numbers import plural

NARROW = 80
"""Columns of a terminal below which the later frameworks are left out where they have no room."""


class Frameworks(Document):
    """What ``compare --frameworks`` shows: the networks as each framework has them, in the same order."""

    def __init__(self, columns: Sequence[Sequence[Entry]], all_layers: bool) -> None:
        self.columns = columns
        self.all_layers = all_layers

    @property
    def _networks(self) -> list[tuple[Report, ...]]:
        return list(zip(*map(reports_of, self.columns), strict=True))

    def listings(self, surface: Surface) -> tuple[Listing[Across], ...]:
        """A table per network."""
        return tuple(listing(reports, self.all_layers, surface) for reports in self._networks)

    def rows(self) -> tuple[Rows, ...]:
        """The same with all layers."""
        return tuple(Rows((), [((), complete(reports))]) for reports in self._networks)

    def json(self) -> str:
        """Each network under each framework, as the other commands have them."""
        from cnncalc.render.records import render

        return render([entry for column in self.columns for entry in column], View("compare"))


class Across(NamedTuple):
    """One layer in every framework, ``None`` where the analysis did not get there."""

    path: str
    layers: tuple[LayerReport | None, ...]
    """Nothing for a structure that is no layer."""
    label: str = ""
    """What a reader sees of the path."""

    @property
    def differs(self) -> bool:
        return len(set(map(_cell, self.layers))) > 1


def complete(reports: Sequence[Report]) -> Listing[Across]:
    """Every layer, for programs."""
    return Listing(title="", columns=_columns(reports, with_verdicts=True), items=_rows(reports))


def _columns(
    reports: Sequence[Report], with_verdicts: bool, surface: Surface = PLAIN
) -> tuple[Column[Across], ...]:
    is_narrow = surface.width is not None and surface.width < NARROW
    frameworks = (
        _column(place, report.framework, place if is_narrow else 0) for place, report in enumerate(reports)
    )
    return (_LAYER, *frameworks, *((_DIFFERS,) if with_verdicts else ()))


def _labelled(rows: Sequence[Across], surface: Surface) -> Iterator[Across]:
    """The rows under names as a tree has them."""
    by_path = {row.path: row for row in rows}
    layers = [
        next(layer for layer in row.layers if layer is not None)._replace(path=row.path) for row in rows
    ]
    for branch in tree(layers, by_field=True, surface=surface, folded=False):
        row = Across("", ()) if branch.is_head else by_path[branch.layer.path]
        yield row._replace(label=branch.label)


def listing(reports: Sequence[Report], all_layers: bool, surface: Surface) -> Listing[Across]:
    """Sizes and receptive-field paddings under each framework; layers in the order of the first that has
    them.
    """
    rows = _rows(reports)
    shown = rows if all_layers else tuple(row for row in rows if row.differs)
    alike = len(rows) - len(shown)
    errors = tuple(f"{report.framework}: {text}" for report in reports if (text := failure(report)))
    return Listing(
        title=heading(reports[0], ", ".join(report.framework for report in reports), surface),
        columns=_columns(reports, all_layers, surface) if shown else (),
        items=tuple(_labelled(shown, surface)),
        notes=(
            *errors,
            *_verdict(reports, rows),
            *(_hidden(alike) if alike else ()),
            *(("each cell: output / rf padding",) if shown else ()),
        ),
    )


def _verdict(reports: Sequence[Report], rows: Sequence[Across]) -> Iterator[str]:
    """How many layers differ; where all frameworks end at an error, of those before it."""
    differing = sum(row.differs for row in rows)
    if differing:
        yield f"{plural(differing, 'layer')} differ" + "s" * (differing == 1)
    elif all(report.ok for report in reports):
        yield "all frameworks agree"
    elif rows:
        yield "all frameworks agree on the layers before the error"


def _hidden(alike: int) -> tuple[str, ...]:
    verb = "is" if alike == 1 else "are"
    return (f"{plural(alike, 'layer')} that {verb} the same in all of them {verb} not shown (--all)",)


_LAYER: Column[Across] = Column(
    "path", "layer", lambda row: row.label, lambda row: row.path, 0, right=False, folds=True
)
_DIFFERS: Column[Across] = Column(
    "differs",
    "",
    lambda row: "<- differs" if row.differs else "",
    lambda row: row.differs,
    0,
    right=False,
)


def _column(place: int, framework: str, rank: int) -> Column[Across]:
    def text(row: Across) -> str:
        return _cell(row.layers[place]) if row.layers else ""

    return Column(framework.replace(":", "_"), framework, text, text, rank, kind="size")


def _cell(layer: LayerReport | None) -> str:
    if layer is None:
        return NOTHING
    padding = field_padding(layer)
    return str(layer.shape) if padding == NOTHING else f"{layer.shape} / {padding}"


def _rows(reports: Sequence[Report]) -> tuple[Across, ...]:
    by_path = [{layer.path: layer for layer in report.layers} for report in reports]
    paths = dict.fromkeys(path for records in by_path for path in records)
    return tuple(Across(path, tuple(records.get(path) for records in by_path)) for path in paths)
