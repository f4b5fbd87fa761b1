"""Files of other formats with something changed: refused with a place, or imported as they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.changing import FOLDERS, changed_file, seeds
from tests.fuzz.files import survive_file
from tests.importers.examples import EXAMPLES

CORPUS = sorted((Path(__file__).parent / "corpus" / "files").glob("*.*"))


def test_every_format_is_fuzzed() -> None:
    assert set(FOLDERS) == set(EXAMPLES)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_what_fuzzing_has_found(path: Path) -> None:
    survive_file(path.suffix, path.read_bytes())


@pytest.mark.parametrize("ending", FOLDERS)
@given(chance=st.randoms(use_true_random=False), times=st.integers(1, 6))
@settings(max_examples=80, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_changed_files(ending: str, chance: Any, times: int) -> None:
    data = chance.choice(seeds(ending))
    for _ in range(times):
        data = changed_file(ending, data, chance)
    survive_file(ending, data)
