"""Which tests hold what each section of README and guide claims: `tests/claims.toml` names them, section by section."""

from __future__ import annotations

import ast
import os
import re
import tomllib
from functools import cache

import pytest

from tests.documents import DOCUMENTS, ROOT

CLAIMS: dict[str, dict[str, list[str] | str]] = tomllib.loads(
    (ROOT / "tests" / "claims.toml").read_text(encoding="utf-8")
)
HOLDERS = sorted(
    {one for table in CLAIMS.values() for held in table.values() if isinstance(held, list) for one in held}
)
TEXTS = {document.name: document.read_text(encoding="utf-8") for document in DOCUMENTS}


def headings(text: str) -> list[str]:
    """The headings of a document in their order, without what fenced blocks have."""
    return re.findall(
        r"^#+ (.*)$", re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE), re.MULTILINE
    )


@cache
def parsed(file: str) -> ast.Module:
    return ast.parse((ROOT / file).read_text(encoding="utf-8"))


def never_runs(marks: list[ast.expr]) -> bool:
    """Whether a mark skips whatever the machine has: `skip`, or `skipif` of a constant."""
    return any(
        (name.attr == "skip" or (name.attr == "skipif" and isinstance(mark, ast.Call) and _constant(mark)))
        for mark in marks
        if isinstance(name := mark.func if isinstance(mark, ast.Call) else mark, ast.Attribute)
    )


def _constant(mark: ast.Call) -> bool:
    return any(isinstance(one, ast.Constant) and bool(one.value) for one in mark.args)


def marks_of(module: ast.Module) -> list[ast.expr]:
    """The marks of all tests of a file."""
    return [
        mark
        for one in module.body
        if isinstance(one, ast.Assign)
        and any(isinstance(to, ast.Name) and to.id == "pytestmark" for to in one.targets)
        for mark in (one.value.elts if isinstance(one.value, ast.List) else [one.value])
    ]


def skips(statement: ast.stmt) -> bool:
    """Whether a statement is a call of `pytest.skip` or `pytest.xfail`."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    return (
        isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr in ("skip", "xfail")
    )


def test_every_document_is_listed() -> None:
    assert list(CLAIMS) == list(TEXTS), "name the tests of a new page's sections in tests/claims.toml"


@pytest.mark.parametrize("document", list(TEXTS))
def test_every_section_says_what_holds_it(document: str) -> None:
    sections = CLAIMS.get(document, {})
    assert list(sections) == headings(TEXTS[document]), "bring tests/claims.toml into line with the headings"
    for section, held in sections.items():
        assert held, f"{section}: name its tests, or say why it claims nothing"
        if isinstance(held, list):
            assert len(held) == len(set(held)), f"{section} names a test twice"


@pytest.mark.parametrize("file", sorted({one.partition("::")[0] for one in HOLDERS}))
def test_the_tests_that_hold_sections_exist_and_run(file: str) -> None:
    assert (ROOT / file).is_file(), f"tests/claims.toml names {file}"
    names = [one.partition("::")[2] for one in HOLDERS if one.partition("::")[0] == file]
    if names == [""]:
        assert os.access(ROOT / file, os.X_OK), f"{file} is neither a test nor a program"
        return
    module = parsed(file)
    assert not never_runs(marks_of(module)) and not any(map(skips, module.body)), file
    tests = {one.name: one for one in module.body if isinstance(one, ast.FunctionDef)}
    for name in names:
        assert name.startswith("test_") and name in tests, (
            f"{file} has no test {name}: tests/claims.toml names it"
        )
        assert not never_runs(tests[name].decorator_list) and not any(map(skips, tests[name].body)), name
