"""Two states of networks as a comment on a pull request: figures side by side, budgets, and the layers that
changed.
"""

from __future__ import annotations

from collections.abc import Sequence

from cnncalc.analysis.report import Report
from cnncalc.checks.budgets import Verdict
from cnncalc.checks.changes import Change
from cnncalc.render.compare import Metric, metrics
from cnncalc.render.compare_changes import PROPERTIES, Pairing, texts
from cnncalc.render.markdown import literal, table
from cnncalc.render.surface import Surface
from cnncalc.render.text import difference, inert
from cnncalc.support.numbers import percent, plural

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


def render(
    pairings: Sequence[Pairing], verdicts: Sequence[Verdict], names: tuple[str, str], surface: Surface
) -> str:
    """One section per network; ends in a newline."""
    arrow = "→" if surface.unicode else "-\\>"
    blocks = [block for pairing in pairings for block in _section(pairing, names, arrow)]
    blocks += [_budgets(verdicts, len(pairings) > 1)] if verdicts else []
    return "\n\n".join(blocks) + "\n"


def _section(pairing: Pairing, names: tuple[str, str], arrow: str) -> list[str]:
    title = f"### {_shown(pairing.name)}"
    if pairing.new is None:
        return [title, f"Removed: it is in {_shown(names[0])} only."]
    if pairing.old is None:
        return [title, f"Added: it is in {_shown(names[1])} only.", _figures((pairing.new,), names[1:])]
    return [title, _figures((pairing.old, pairing.new), names), *_layers(pairing.changes, arrow)]


def _shown(text: str) -> str:
    return literal(inert(text))


def _figures(reports: tuple[Report, ...], names: tuple[str, ...]) -> str:
    """The totals; those that are rarely asked for only where they changed."""
    found = metrics(reports)
    by_key = {metric.key: metric for metric in found}
    keys = [
        *ALWAYS,
        *(metric.key for metric in found if metric.key not in ALWAYS and len(set(metric.texts)) > 1),
    ]
    shown = [by_key[key] for key in keys if key in by_key]
    rows = [tuple(map(literal, (_title(metric), *metric.texts, *_change(metric)))) for metric in shown]
    heads = ["", *map(_shown, names)] + (["change"] if len(reports) > 1 else [])
    return table(heads, [False] + [True] * (len(heads) - 1), rows)


def _title(metric: Metric) -> str:
    return _TITLES.get(metric.key, metric.title.strip())


def _change(metric: Metric) -> tuple[str, ...]:
    if len(metric.texts) < 2:
        return ()
    if metric.texts[0] == metric.texts[1]:
        return ("",)
    old, new = metric.numbers or (None, None)
    if old is None or new is None:
        return ("changed",)
    relative = percent(new, old)
    return (f"{difference(new, old)} ({relative})" if relative else difference(new, old),)


def _layers(found: tuple[Change, ...], arrow: str) -> list[str]:
    if not found:
        return ["No layer changed."]
    counts = {kind: sum(change.kind == kind for change in found) for kind in ("added", "removed", "changed")}
    summary = ", ".join(f"{count:,} {kind}" for kind, count in counts.items() if count)
    rows = [(_shown(change.path), change.kind, *_cells(change, arrow)) for change in found[:MOST_ROWS]]
    heads = ["layer", "", *(one.title for one in PROPERTIES)]
    body = [table(heads, [False, False] + [True] * len(PROPERTIES), rows)]
    if len(found) > MOST_ROWS:
        body.append(
            f"and {plural(len(found) - MOST_ROWS, 'more layer')}: `cnncalc compare "
            f"--format json` has all of them"
        )
    return [f"<details><summary>Layers: {summary}</summary>", *body, "</details>"]


def _cells(change: Change, arrow: str) -> list[str]:
    """Bold is what differs."""
    mark = "\x00"
    cells = [literal(text).replace(mark, arrow) for text in texts(change, mark)]
    return [f"**{cell}**" if arrow in cell else cell for cell in cells]


def _budgets(verdicts: Sequence[Verdict], is_named: bool) -> str:
    lines = []
    for one in verdicts:
        where = f"{_shown(one.model)}: " if is_named else ""
        message = one.message.removeprefix(f"`{one.budget.text}`").removeprefix(": ")
        lines.append(
            f"- {'fine' if one.kept else '**failed**'}: {where}`{one.budget.text}`, "
            f"{literal(message.strip())}"
        )
    return "\n".join(["Fails if:", "", *lines])
