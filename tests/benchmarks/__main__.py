"""``python -m tests.benchmarks [--tiny] [--write] [SUITE...]``: measure, print the table, report what became slower.

``--write`` commits the ratios to ``ratios.json`` and the guide. Exit code 1 where one is more than a quarter above them.
"""

from __future__ import annotations

import sys

from rich.console import Console
from rich.table import Table

from tests.benchmarks.measure import Line
from tests.benchmarks.ratios import ratios_in, ratios_of, read, regressions, write
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


def main(arguments: list[str]) -> int:
    """Run the suites that are named, or all; 1 where a committed ratio is exceeded."""
    options = {word for word in arguments if word.startswith("--")}
    names = [word for word in arguments if word not in options] or list(SUITES)
    unknown = [f"no option {word}" for word in sorted(options - {"--tiny", "--write"})]
    unknown += [f"no suite {name!r}; there are {', '.join(SUITES)}" for name in names if name not in SUITES]
    if options >= {"--tiny", "--write"}:
        unknown.append("--tiny measures nothing that --write could keep")
    if unknown:
        print("\n".join(unknown), file=sys.stderr)
        return 2
    tiny = "--tiny" in options
    lines = [line for name in names for line in SUITES[name](tiny)]
    Console(width=150).print(table(lines))
    slower = [] if tiny else regressions(ratios_of(lines), ratios_in(read()))
    if slower:
        print("more than a quarter above the committed ratios:", *slower, sep="\n  ")
    if "--write" in options:
        write(lines)
        return 0
    return 1 if slower else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
