"""Two states of a network: its layers that changed, as texts and as records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from cnncalc.analysis.report import LayerReport, Report
from cnncalc.checks.budgets import Verdict
from cnncalc.checks.changes import Change, changes
from cnncalc.render.columns import field_size, padding_of
from cnncalc.render.compare import changes as compared
from cnncalc.render.json import layer_of
from cnncalc.render.text import exact
from cnncalc.support.numbers import by


class Pairing(NamedTuple):
    """One network before and after; ``None`` where it is new or gone."""

    name: str
    old: Report | None
    new: Report | None

    @property
    def reports(self) -> tuple[Report, ...]:
        """The states that there are."""
        return tuple(report for report in (self.old, self.new) if report is not None)

    @property
    def changes(self) -> tuple[Change, ...]:
        """What became of its layers; nothing where there is only one state."""
        return () if self.old is None or self.new is None else changes(self.old.layers, self.new.layers)


def paired(old: Sequence[Report], new: Sequence[Report]) -> tuple[Pairing, ...]:
    """The networks of two files: the only ones together, else those of the same name, in the order of the new
    file.
    """
    if len(old) == len(new) == 1:
        return (Pairing(new[0].name, old[0], new[0]),)
    before = {report.name: report for report in old}
    found = [Pairing(report.name, before.pop(report.name, None), report) for report in new]
    return (*found, *(Pairing(report.name, report, None) for report in before.values()))


class Property(NamedTuple):
    """One property of a layer in the table of changes."""

    title: str
    text: Callable[[LayerReport], str]


PROPERTIES = (
    Property("shape", lambda layer: str(layer.shape)),
    Property("window", lambda layer: _window(layer)),
    Property("params", lambda layer: exact(layer.params)),
    Property("MACs", lambda layer: exact(layer.macs)),
    Property("rf size", field_size),
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


def texts(change: Change, arrow: str) -> list[str]:
    """The cells of a changed layer: what is different with both values, what is the same with one."""
    return [_both(change, one.text, arrow) for one in PROPERTIES]


def _both(change: Change, text: Callable[[LayerReport], str], arrow: str) -> str:
    found = [text(layer) for layer in (change.old, change.new) if layer is not None]
    return found[-1] if len(set(found)) == 1 else f" {arrow} ".join(one or "-" for one in found)


def records(pairings: Sequence[Pairing]) -> list[dict[str, Any]]:
    """The pairs for JSON, with every layer that changed."""
    return [
        {
            "name": pairing.name,
            "old": None if pairing.old is None else pairing.old.file,
            "new": None if pairing.new is None else pairing.new.file,
            "metrics": compared(pairing.reports)["metrics"],
            "layers": [_record(change) for change in pairing.changes],
        }
        for pairing in pairings
    ]


def _record(change: Change) -> dict[str, Any]:
    return {
        "change": change.kind,
        "path": change.path,
        "differs": list(change.differs),
        "old": None if change.old is None else layer_of(change.old),
        "new": None if change.new is None else layer_of(change.new),
    }


def verdict_records(verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
    """Budgets for JSON."""
    return [
        {
            "budget": one.budget.text,
            "model": one.model,
            "metric": one.budget.metric,
            "kept": one.kept,
            "message": one.message,
        }
        for one in verdicts
    ]
