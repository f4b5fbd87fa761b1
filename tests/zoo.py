"""The table of the bundled networks in configs/README.md: `python -m tests.zoo` writes it, a test fails where it is stale."""

from __future__ import annotations

from pathlib import Path

import cnncalc
from cnncalc import bundled
from cnncalc.expectations import Finding, check
from cnncalc.network.model import Model

CONFIGS = Path(__file__).parent.parent / "configs"
TABLE = CONFIGS / "README.md"

_HEAD = """# The bundled networks

Each is a spec to read, copy and compute: `cnncalc rf NAME`. `cnncalc zoo` lists them with their figures, `cnncalc zoo NAME`
prints one. Expected figures are those of the source named first; *held* counts all expectations of the model, its layers and its
cases. A test recomputes this table.

| spec | model | params expected | params | MACs expected | MACs | held | source |
|---|---|---:|---:|---:|---:|---:|---|
"""


def table() -> str:
    """The whole document."""
    rows = []
    for name in bundled.names():
        path = bundled.path_of(name)
        assert path is not None
        rows += [_row(name, model) for model in cnncalc.load(path)]
    return _HEAD + "\n".join(rows) + "\n"


def _row(name: str, model: Model) -> str:
    findings = check(model)
    totals = cnncalc.analyze(model).totals
    held = sum(finding.ok for finding in findings)
    cells = (
        name,
        model.name,
        _expected(findings, model, "params"),
        _number(totals.params),
        _expected(findings, model, "macs"),
        _number(totals.macs),
        f"{held} of {len(findings)}",
        model.sources[0] if model.sources else "",
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _expected(findings: tuple[Finding, ...], model: Model, metric: str) -> str:
    """What the model itself promises, as written."""
    own = [one.wanted for one in findings if one.model == model.name and one.path is None and one.metric == metric]
    return own[0].replace("~", "\\~") if own else ""


def _number(number: int | None) -> str:
    return "?" if number is None else f"{number:,}"


if __name__ == "__main__":
    TABLE.write_text(table(), encoding="utf-8")
