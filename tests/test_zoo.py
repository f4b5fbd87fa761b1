"""Every bundled network: valid, as published, explained, and in the table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import cnncalc
from cnncalc import bundled
from cnncalc.checks.expectations import check
from cnncalc.checks.files import Wanted, check_file
from cnncalc.codes import chosen
from tests.zoo import CONFIGS, COUNTED, GROUPS, TABLE, entry_of, table

FILES = sorted(path for path in CONFIGS.rglob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_network_keeps_what_it_expects(path: Path) -> None:
    for model in cnncalc.load(path):
        findings = check(model)
        assert [finding.diagnostic for finding in findings if not finding.ok] == []
        assert findings, f"{model.name} expectations nothing"
        assert model.description, f"{model.name} is not explained"
        assert model.sources, f"{model.name} has no source"


@pytest.mark.slow
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


@pytest.mark.slow
def test_there_are_at_least_sixty_variants() -> None:
    assert sum(len(cnncalc.load(path)) for path in FILES) >= 60


@pytest.mark.slow
def test_the_tables_are_not_stale() -> None:
    assert TABLE.read_text(encoding="utf-8") == table(), "run `python -m tests.zoo`"


def test_every_network_is_in_one_group() -> None:
    listed = sorted(spec for group in GROUPS.values() for spec in group)
    assert not set(bundled.names()) - set(listed), "add them to GROUPS of tests/zoo.py"
    assert not (gone := set(listed) - set(bundled.names())), f"no {[f'configs/{name}.yaml' for name in gone]}"
    assert len(listed) == len(set(listed))


@pytest.mark.slow
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_origin_of_its_parameters_is_among_its_sources(path: Path) -> None:
    entry = entry_of(path.stem)
    models = cnncalc.load(path)
    assert set(entry.others) <= {model.name for model in models}
    for model in models:
        origin = entry.origin_of(model.name)
        assert origin == COUNTED or any(origin in source for source in model.sources), model.name


def test_links_lead_to_files_and_headings() -> None:
    text = TABLE.read_text(encoding="utf-8")
    titles = re.findall(r"^## (.+)$", text, re.MULTILINE)
    headings = [re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles]
    assert re.findall(r"\]\(#([^)]+)\)", text) == headings
    links = re.findall(r"\]\(([^#)]+)\)", text)
    assert {CONFIGS / link for link in links if link.endswith(".yaml")} == set(FILES)
    assert all((CONFIGS / link).exists() for link in links)
