"""Handlers in modules that are loaded as they are needed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from cnncalc.support.handlers import Handlers

ROWS: Handlers[str] = Handlers("kinds_of_rows", "first", "second", "third")


@pytest.fixture(autouse=True)
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package whose modules register their own names, each loaded anew in every test."""
    folder = tmp_path / "kinds_of_rows"
    folder.mkdir()
    (folder / "__init__.py").touch()
    for name in ("first", "second", "third"):
        text = f"from {__name__} import ROWS\nROWS.update({{'{name}': '{name} row', 'last': '{name}'}})\n"
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in [name for name in sys.modules if name.startswith("kinds_of_rows")]:
        monkeypatch.delitem(sys.modules, name)


def loaded() -> list[str]:
    return [name.partition(".")[2] for name in sys.modules if name.startswith("kinds_of_rows.")]


def test_modules_are_loaded_until_a_name_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ROWS, "_by_name", {})
    assert ROWS.get("second") == "second row"
    assert loaded() == ["first", "second"]
    assert ROWS.get("first") == "first row"
    assert loaded() == ["first", "second"]
    assert ROWS.get("fourth") is None
    assert loaded() == ["first", "second", "third"]


def test_a_function_is_registered_under_each_name() -> None:
    handlers: Handlers[object] = Handlers("no_such_package")

    @handlers.handles("one", "other")
    def handler() -> None:
        """Of both."""

    assert handlers.get("one") is handlers.get("other") is handler
