"""The order of the house: who may import whom, read from the imports themselves."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from enum import Enum
from fractions import Fraction
from pathlib import Path

import pytest

import cnncalc
from cnncalc.frameworks import Framework
from cnncalc.layers.base import Layer

TESTS = Path(__file__).parent
PACKAGE = Path(__file__).parent.parent / "cnncalc"

ORDER = (
    {"errors", "support", "bundled", "codes", "guide"},
    {"geometry"},
    {"frameworks"},
    {"layers"},
    {"network"},
    {"blocks"},
    {"analysis"},
    {"language"},
    {"importers"},
    {"loading"},
    {"advice"},
    {"checks"},
    {"questions"},
    {"exporters"},
    {"__init__"},
    {"render"},
    {"cli"},
    {"__main__"},
)
"""Rooms from the ground up; a room knows those below it, and none beside or above."""

LEVEL = {room: level for level, rooms in enumerate(ORDER) for room in rooms}
ONLY = {"typer": {"cli"}, "rich": {"render"}, "yaml": {"language"}, "click": set()}


def room_of(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imports_of(path: Path) -> set[str]:
    """Full names of the modules a file imports, lazily or not."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            module = node.module or ""
            names = {f"{module}.{alias.name}" for alias in node.names} if module == "cnncalc" else set()
            found.update(names or {module})
    return found


FILES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_one_way(path: Path) -> None:
    room = room_of(path)
    for name in imports_of(path):
        parts = name.split(".")
        if parts[0] == "cnncalc":
            other = parts[1] if len(parts) > 1 and parts[1] in LEVEL else "__init__"
            assert other == room or LEVEL[other] < LEVEL[room], f"{path.name} of {room} imports {name}"
        elif parts[0] in ONLY:
            assert room in ONLY[parts[0]], f"{path.name} imports {name}"


def test_every_room_has_its_place() -> None:
    assert {room_of(path) for path in FILES} == set(LEVEL)


def test_importing_the_package_loads_neither_rich_nor_typer_nor_yaml() -> None:
    code = "import sys, cnncalc; print(sorted({name.split('.')[0] for name in sys.modules} & {'rich', 'typer', 'yaml'}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("room", ["layers", "network", "blocks", "analysis"])
def test_only_geometry_counts_windows(room: str) -> None:
    """No other room divides by a stride and rounds."""
    for path in (PACKAGE / room).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.FloorDiv):
                assert "stride" not in ast.unparse(node), f"{path.name}: ask the window: {ast.unparse(node)}"


FIXED = (tuple, frozenset, str, int, float, Fraction, Enum, Layer)


def parts(value: object) -> Iterator[object]:
    """All that a value is made of, but for layers, whose test is in tests/layers, and the registry's frameworks."""
    yield value
    if isinstance(value, tuple | frozenset | list | set | dict) and not isinstance(value, Framework):
        for one in value:
            yield from parts(one)


def test_what_goes_from_stage_to_stage_cannot_be_changed() -> None:
    """It is made of tuples, and of values that have no parts."""
    for name in ("googlenet:paper", "unet", "densenet121"):
        (model,) = cnncalc.load(name)
        for one in parts((model, cnncalc.analyze(model))):
            without_parts = getattr(one, "__slots__", None) == () and not hasattr(one, "__dict__")
            assert one is None or without_parts or isinstance(one, FIXED), (
                f"{type(one).__name__} can be changed"
            )


def test_oracles_share_no_code_with_what_they_check() -> None:
    """What computes beside the tests imports nothing of the package; `grids.py` is what cnncalc says, in their terms."""
    oracles = [path for path in (TESTS / "oracle").glob("*.py") if not path.name.startswith("test_")]
    oracles = [path for path in oracles if path.name != "grids.py"]
    assert len(oracles) > 5
    for path in (TESTS / "analysis" / "naive.py", *oracles):
        assert not [name for name in imports_of(path) if name.partition(".")[0] == "cnncalc"], path
