"""Every bundled network: valid, as published, explained, and in the table."""

from __future__ import annotations

from pathlib import Path

import pytest

import cnncalc
from cnncalc import bundled
from cnncalc.checking import Wanted, check_file
from cnncalc.codes import chosen
from cnncalc.expectations import check
from tests.zoo import CONFIGS, TABLE, table

FILES = sorted(path for path in CONFIGS.rglob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_network_keeps_what_it_promises(path: Path) -> None:
    for model in cnncalc.load(path):
        findings = check(model)
        assert [finding.diagnostic for finding in findings if not finding.ok] == []
        assert findings, f"{model.name} promises nothing"
        assert model.description, f"{model.name} is not explained"
        assert model.sources, f"{model.name} has no source"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_warning_is_explained_in_the_file(path: Path) -> None:
    checked = check_file(str(path), Wanted(chosen()))
    assert checked is not None
    codes = {problem.diagnostic.code for problem in checked.problems}
    text = path.read_text(encoding="utf-8")
    assert [code for code in sorted(codes) if code not in text] == []


def test_bare_names_are_unique() -> None:
    assert len({path.stem for path in FILES}) == len(FILES)
    assert set(bundled.names()) == {path.stem for path in FILES}


def test_there_are_at_least_sixty_variants() -> None:
    assert sum(len(cnncalc.load(path)) for path in FILES) >= 60


def test_the_table_is_not_stale() -> None:
    assert TABLE.read_text(encoding="utf-8") == table(), "run `python -m tests.zoo`"
