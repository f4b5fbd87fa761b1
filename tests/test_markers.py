"""Which tests are marked slow."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import Path

TESTS = Path(__file__).parent
SLOW_FOLDERS = {
    path.parent
    for path in TESTS.rglob("conftest.py")
    if "pytest.mark.slow" in path.read_text(encoding="utf-8")
}


def names(nodes: Iterable[ast.AST], name: str) -> bool:
    """Whether the code reads an attribute of this name."""
    return any(
        isinstance(one, ast.Attribute) and one.attr == name for node in nodes for one in ast.walk(node)
    )


def helpers_of(body: list[ast.stmt]) -> list[ast.stmt]:
    """The code of the tests' own modules that a test imports from."""
    modules = [one.module or "" for one in body if isinstance(one, ast.ImportFrom)]
    paths = [TESTS.parent / (name.replace(".", "/") + ".py") for name in modules if name.startswith("tests.")]
    return [
        one for path in paths if path.is_file() for one in ast.parse(path.read_text(encoding="utf-8")).body
    ]


def unmarked(path: Path) -> list[str]:
    """The tests of a file that ask for a package beyond the extra `test` and are not marked slow."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    tests = [one for one in body if isinstance(one, ast.FunctionDef) and one.name.startswith("test_")]
    others = [one for one in [*body, *helpers_of(body)] if not isinstance(one, ast.FunctionDef)]
    if names([one for one in others if isinstance(one, ast.Assign)], "slow"):
        return []
    all_ask = names(others, "importorskip")
    return [
        one.name
        for one in tests
        if (all_ask or names([one], "importorskip")) and not names(one.decorator_list, "slow")
    ]


def test_tests_that_need_more_than_the_extra_test_are_marked_slow() -> None:
    """`.ci/run` runs the others only where no framework is installed."""
    files = [path for path in TESTS.rglob("test_*.py") if not SLOW_FOLDERS & set(path.parents)]
    found = {str(path.relative_to(TESTS)): names for path in files if (names := unmarked(path))}
    assert not found, "mark them `@pytest.mark.slow`, or the module `pytestmark = pytest.mark.slow`"
