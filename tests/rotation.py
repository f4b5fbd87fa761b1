"""Which part of a long list of cases is tried today; all of it where ``CNNCALC_ALL_CASES`` is set."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeVar

Case = TypeVar("Case")


def todays(cases: Sequence[Case], parts: int = 3) -> Sequence[Case]:
    """One of ``parts`` shares of the cases, another one each day: all of them within as many days."""
    if os.environ.get("CNNCALC_ALL_CASES"):
        return cases
    return cases[datetime.now(UTC).timetuple().tm_yday % parts :: parts]
