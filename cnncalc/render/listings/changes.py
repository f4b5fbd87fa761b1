"""Two states of networks for a reviewer: figures side by side, the layers that changed, budgets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from cnncalc.analysis.report import LayerReport, Report
from cnncalc.checks.budgets import Verdict
from cnncalc.checks.changes import Change, Pairing
from cnncalc.render.columns import field_size, padding_of
from cnncalc.render.listing import Column, Listing
from cnncalc.render.listings.comparison import Comparison, Group, Metric, metrics
from cnncalc.render.listings.networks import Entry
from cnncalc.render.surface import Surface
from cnncalc.render.text import difference, exact, inert
from cnncalc.support.numbers import by, percent, plural

MOST_ROWS = 200
"""Layers shown at most: a comment on GitHub holds 65,536 characters."""
ALWAYS = ("params", "macs", "peak", "rf_size", "output")
_TITLES = {
    "params": "parameters",
    "weights": "weights",
    "biases": "biases",
    "peak": "peak activations",
    "rf_size": "receptive field",
    "rf_stride": "receptive field stride",
}


class Changes(Comparison):
    """What ``compare --changes`` shows of two files: each network and its layers that changed."""

    def __init__(
        self,
        entries: Sequence[Entry],
        groups: Sequence[Group],
        pairings: Sequence[Pairing],
        verdicts: Sequence[Verdict],
        names: tuple[str, str],
    ) -> None:
        super().__init__(entries, groups, pairings, verdicts)
        self.names = names
        """What the two files are called."""

    def listings(self, surface: Surface) -> Iterator[Listing[Any]]:
        """The figures of each network and its layers that changed, then the budgets."""
        for pairing in self.pairings:
            yield from _section(pairing, self.names, surface.glyph("→", "->"))
        if self.verdicts:
            yield _budgets(self.verdicts, len(self.pairings) > 1)


def _section(pairing: Pairing, names: tuple[str, str], arrow: str) -> Iterator[Listing[Any]]:
    names_of = dict.fromkeys(inert(report.name) for report in pairing.reports)
    plain = Listing[Any](title=f" {arrow} ".join(names_of), columns=(), items=(), level=3)
    if pairing.new is None:
        yield plain._replace(lead=(f"Removed: it is in {inert(names[0])} only.",))
    elif pairing.old is None:
        added = f"Added: it is in {inert(names[1])} only."
        yield plain._replace(lead=(added,), **_figures((pairing.new,), names[1:]))
    else:
        changes = pairing.changes
        notes = () if changes else ("No layer changed.",)
        yield plain._replace(notes=notes, **_figures((pairing.old, pairing.new), names))
        if changes:
            yield _layers(changes, arrow)


def _figures(reports: tuple[Report, ...], names: tuple[str, ...]) -> dict[str, Any]:
    """Columns and items of the totals; those that are rarely asked for only where they changed."""
    found = metrics(reports)
    by_key = {metric.key: metric for metric in found}
    keys = [
        *ALWAYS,
        *(metric.key for metric in found if metric.key not in ALWAYS and len(set(metric.texts)) > 1),
    ]

    def column(at: int) -> Column[Metric]:
        def text(one: Metric) -> str:
            return one.texts[at]

        return Column(str(at), inert(names[at]), text, text, 0, kind_of=lambda one: one.kind)

    columns = [_TITLE, *map(column, range(len(names)))] + ([_CHANGE] if len(reports) > 1 else [])
    return {"columns": tuple(columns), "items": tuple(by_key[key] for key in keys if key in by_key)}


def _title(metric: Metric) -> str:
    return _TITLES.get(metric.key, metric.title.strip())


def _change(metric: Metric) -> str:
    if metric.texts[0] == metric.texts[1]:
        return ""
    old, new = metric.numbers or (None, None)
    if old is None or new is None:
        return "changed"
    relative = percent(new, old)
    return f"{difference(new, old)} ({relative})" if relative else difference(new, old)


_TITLE: Column[Metric] = Column("metric", "", _title, lambda metric: metric.key, 0, right=False)
_CHANGE: Column[Metric] = Column("change", "change", _change, _change, 1)


def _layers(found: tuple[Change, ...], arrow: str) -> Listing[Change]:
    counts = {kind: sum(change.kind == kind for change in found) for kind in ("added", "removed", "changed")}
    summary = ", ".join(f"{count:,} {kind}" for kind, count in counts.items() if count)
    more = (
        f"and {plural(len(found) - MOST_ROWS, 'more layer')}: `cnncalc compare --format json` has all of them"
    )
    return Listing(
        title="",
        details=f"Layers: {summary}",
        columns=(_LAYER, _KIND, *(_property(one, arrow) for one in PROPERTIES)),
        items=found[:MOST_ROWS],
        notes=(more,) if len(found) > MOST_ROWS else (),
    )


_LAYER: Column[Change] = Column(
    "layer",
    "layer",
    lambda change: inert(change.path),
    lambda change: change.path,
    0,
    right=False,
    folds=True,
)
_KIND: Column[Change] = Column("change", "", lambda change: change.kind, lambda change: change.kind, 0, False)


class Property(NamedTuple):
    """One property of a layer in the table of changes."""

    title: str
    text: Callable[[LayerReport], str]
    rank: int
    kind: str = ""
    """What it is for the eye, as in the tables of layers."""


PROPERTIES = (
    Property("shape", lambda layer: str(layer.shape), 1, "size"),
    Property("window", lambda layer: _window(layer), 3),
    Property("params", lambda layer: exact(layer.params), 1, "count"),
    Property("MACs", lambda layer: exact(layer.macs), 2, "count"),
    Property("rf size", field_size, 2, "field"),
)


def _window(layer: LayerReport) -> str:
    """Kernel, stride and dilation, as far as they say something."""
    windows = layer.windows or ()
    if not windows:
        return ""
    kernel = by(str(window.kernel) for window in windows)
    stride = by(dict.fromkeys(str(window.stride) for window in windows))
    dilation = by(dict.fromkeys(str(window.dilation) for window in windows))
    padding = by(dict.fromkeys(padding_of(window.padding) for window in windows))
    rest = [f"/{stride}"] if stride != "1" else []
    rest += [f" dilation {dilation}"] if dilation != "1" else []
    rest += [f" padding {padding}"] if padding != "0" else []
    return kernel + "".join(rest)


def _property(one: Property, arrow: str) -> Column[Change]:
    """What is different with both values, what is the same with one."""

    def values(change: Change) -> list[str]:
        found = [one.text(layer) for layer in (change.old, change.new) if layer is not None]
        return found[-1:] if len(set(found)) == 1 else found

    def text(change: Change) -> str:
        found = values(change)
        return found[0] if len(found) == 1 else f" {arrow} ".join(value or "-" for value in found)

    return Column(
        one.title,
        one.title,
        text,
        text,
        one.rank,
        strong=lambda change: len(values(change)) > 1,
        kind=one.kind,
    )


def _budgets(verdicts: Sequence[Verdict], is_named: bool) -> Listing[Verdict]:
    return Listing(
        title="",
        lead=("Fails if:",),
        columns=(_CONDITION, _OUTCOME, *((_NETWORK,) if is_named else ()), _MEASURED),
        items=tuple(verdicts),
    )


def _measured(verdict: Verdict) -> str:
    return inert(verdict.message.removeprefix(f"`{verdict.budget.text}`").removeprefix(":").strip())


def _outcome(verdict: Verdict) -> str:
    return "fine" if verdict.kept else "failed"


_CONDITION: Column[Verdict] = Column(
    "condition",
    "condition",
    lambda verdict: inert(verdict.budget.text),
    lambda verdict: verdict.budget.text,
    0,
    right=False,
    folds=True,
)
_OUTCOME: Column[Verdict] = Column(
    "outcome",
    "",
    _outcome,
    _outcome,
    0,
    right=False,
    strong=lambda verdict: not verdict.kept,
    kind_of=lambda verdict: "" if verdict.kept else "error",
)
_NETWORK: Column[Verdict] = Column(
    "model", "network", lambda verdict: inert(verdict.model), lambda verdict: verdict.model, 0, right=False
)
_MEASURED: Column[Verdict] = Column(
    "measured", "measured", _measured, _measured, 0, right=False, folds=True, prose=True
)
