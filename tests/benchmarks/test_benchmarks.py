"""Every benchmark in a tiny form, so that it goes on working; nothing is timed."""

from __future__ import annotations

import pytest

from tests.benchmarks.__main__ import table
from tests.benchmarks.suites import FIRST_CLAIM, SUITES


@pytest.mark.parametrize("suite", SUITES)
def test_every_suite_measures_something(suite: str) -> None:
    lines = list(SUITES[suite](True))
    assert lines
    assert all(line.cost is not None or line.note for line in lines), lines
    assert table(lines).row_count == len(lines)
    assert suite == "layers" or all(line.base or line.note for line in lines), "nothing to be held against"


def test_the_answer_comes_before_a_framework_is_imported() -> None:
    """The one ratio that is held, for its margin is twentyfold."""
    pytest.importorskip("torch")
    (line,) = [line for line in SUITES["start-up"](True) if line.subject == FIRST_CLAIM]
    assert line.cost is not None
    assert line.base is not None
    assert line.cost.seconds < line.base.seconds
