"""Every benchmark in a tiny form, so that it goes on working; nothing is timed."""

from __future__ import annotations

import pytest

from tests.benchmarks.__main__ import table
from tests.benchmarks.suites import SUITES


@pytest.mark.parametrize("suite", SUITES)
def test_every_suite_measures_something(suite: str) -> None:
    lines = list(SUITES[suite](True))
    assert lines
    assert all(line.cost is not None or line.note for line in lines), lines
    assert table(lines).row_count == len(lines)
