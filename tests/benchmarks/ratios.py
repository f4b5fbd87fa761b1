"""The committed ratios: kept in a file and shown in the guide, and what has become slower than they say."""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from tests.benchmarks.measure import ROOT, Line

KEPT = Path(__file__).with_name("ratios.json")
GUIDE = Path(ROOT, "cnncalc", "guide", "performance.md")
TOLERATED = 1.25
"""How much larger than the committed one a ratio may be."""
_TABLE = re.compile(r"(<!-- measured -->\n).*?(<!-- end -->)", re.DOTALL)

Ratios = dict[str, dict[str, dict[str, float]]]
"""By benchmark and subject: the ratios of ``time`` and ``memory``."""


def ratios_of(lines: Iterable[Line]) -> Ratios:
    """What was measured against something else, to three digits."""
    found: Ratios = {}
    for line in lines:
        if line.cost and line.base:
            pair = {"time": _ratio(line.cost.seconds, line.base.seconds)}
            if line.cost.memory and line.base.memory:
                pair["memory"] = _ratio(line.cost.memory, line.base.memory)
            found.setdefault(line.benchmark, {})[line.subject] = pair
    return found


def regressions(measured: Ratios, kept: Ratios) -> list[str]:
    """A line for each ratio that is more than a quarter above the committed one."""
    return [
        f"{benchmark}: {subject}: {what} {ratio:.3g}, committed {before:.3g}"
        for benchmark, subjects in measured.items()
        for subject, pair in subjects.items()
        for what, ratio in pair.items()
        if (before := kept.get(benchmark, {}).get(subject, {}).get(what)) and ratio > TOLERATED * before
    ]


def read(path: Path = KEPT) -> dict[str, object]:
    """The file of ratios; empty where there is none."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def merged(kept: Ratios, measured: Ratios) -> Ratios:
    """What is committed, with what was measured now in its place: a run of one suite leaves the others."""
    names = [*kept, *(name for name in measured if name not in kept)]
    return {name: measured.get(name) or kept[name] for name in names}


def how(today: date | None = None) -> str:
    """When and on what the ratios were measured, in words."""
    when = today or datetime.now(UTC).date()
    cores = os.cpu_count() or 1
    machine = f"{platform.machine()} with {cores} core{'s' if cores > 1 else ''}, {platform.system()}"
    return f"{when.isoformat()}, Python {platform.python_version()}, {machine}"


def written(kept: Mapping[str, object], guide: str) -> str:
    """The guide's page with the table of the ratios in it."""
    rows = [
        f"| {benchmark} | {subject} | {pair['time']:.3g} | {_or_nothing(pair.get('memory'))} |"
        for benchmark, subjects in ratios_in(kept).items()
        for subject, pair in subjects.items()
    ]
    head = (
        f"Measured {kept['measured']}.\n\n| | what / against what | time | peak memory |\n|---|---|---:|---:|"
    )
    return _TABLE.sub(lambda found: f"{found[1]}\n{head}\n" + "\n".join(rows) + f"\n\n{found[2]}", guide)


def ratios_in(kept: Mapping[str, object]) -> Ratios:
    """The ratios of a file's content."""
    found = kept.get("ratios", {})
    assert isinstance(found, dict)
    return found


def write(lines: Iterable[Line], path: Path = KEPT, guide: Path = GUIDE) -> None:
    """Commit the ratios to the file and show them in the guide."""
    kept = {"measured": how(), "ratios": merged(ratios_in(read(path)), ratios_of(lines))}
    path.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
    guide.write_text(written(kept, guide.read_text(encoding="utf-8")), encoding="utf-8")


def _ratio(number: float, base: float) -> float:
    return float(f"{number / base:.3g}")


def _or_nothing(number: float | None) -> str:
    return "" if number is None else f"{number:.3g}"
