"""``python -m tests.benchmarks [SUITE...]``: measure and print the table of ratios."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.table import Table

from tests.benchmarks.measure import Line
from tests.benchmarks.suites import SUITES


def table(lines: list[Line]) -> Table:
    """One row per measurement; ratios are the subject's cost over that of what it is held against."""
    made = Table(title="cnncalc side by side: a ratio below 1 is less than the other side")
    for name in ("benchmark", "subject", "seconds", "other", "ratio", "MiB", "other MiB", "ratio", "note"):
        made.add_column(
            name, justify="left" if name in ("benchmark", "subject", "note") else "right", no_wrap=True
        )
    for line in lines:
        cost, base = line.cost, line.base
        time = [
            _number(cost and cost.seconds),
            _number(base and base.seconds),
            _ratio(cost and cost.seconds, base and base.seconds),
        ]
        room = [
            _number(cost and cost.memory),
            _number(base and base.memory),
            _ratio(cost and cost.memory, base and base.memory),
        ]
        made.add_row(line.benchmark, line.subject, *time, *room, line.note)
    return made


def _number(number: float | None) -> str:
    return "" if number is None else f"{number:.3g}" if number < 100 else f"{number:.0f}"


def _ratio(number: float | None, base: float | None) -> str:
    return "" if not number or not base else f"{number / base:.3g}"


if __name__ == "__main__":
    wanted = sys.argv[1:] or list(SUITES)
    tiny = "--tiny" in wanted
    lines = [line for name in wanted if name != "--tiny" for line in SUITES[name](tiny)]
    Console(width=150).print(table(lines))
