"""Functions that cut values off on one side alone, as the language's `hardtanh`, which has two limits."""

from __future__ import annotations

from typing import Any

NO_LIMIT = 1e30
"""What stands for a limit that is not there: the largest number that a spec has."""


def clipping(low: float | None, high: float | None) -> tuple[dict[str, Any], str | None]:
    """The limits of a `hardtanh`, of which one may be absent, and a note that says so."""
    given = {"low": -NO_LIMIT if low is None else low, "high": NO_LIMIT if high is None else high}
    side = "lower" if low is None else "upper" if high is None else ""
    return given, f"there is no {side} limit" if side else None
