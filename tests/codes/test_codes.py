"""Every code is declared once, is used, and is what its examples say."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

from cnncalc import advice
from cnncalc.advice import on_files, on_networks
from cnncalc.cli import main
from cnncalc.codes import CODES, GROUPS, Code, chosen
from tests.codes.record import RECORD, printed, record

PACKAGE = Path(__file__).parents[2] / "cnncalc"
UNPROVOKED = {"E118", "E901", "E905"}
"""Codes that nobody can earn on purpose; tests/cli/test_commands.py breaks the program for the last two."""


def codes_in(tree: ast.AST) -> set[str]:
    """The codes that some source has as texts of their own, but for those of declarations."""
    declared = {id(node.args[0]) for node in ast.walk(tree) if _declares(node)}  # type: ignore[attr-defined]
    texts = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in declared
    }
    return {text for text in texts if re.fullmatch("[EW][0-9]{3}", text)}


def _declares(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Code"


def constants(module: ast.Module) -> Iterator[tuple[ast.stmt, set[str]]]:
    """The assignments of a module, with the names they give."""
    for statement in module.body:
        if isinstance(statement, ast.Assign | ast.AnnAssign):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            yield (
                statement,
                {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)},
            )


def read_in(module: ast.Module) -> set[str]:
    """The names that a module reads."""
    return {
        node.id for node in ast.walk(module) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }


def imported_from(modules: Iterable[ast.Module]) -> dict[str, set[str]]:
    """The names that are imported from a module anywhere, by the module."""
    found: dict[str, set[str]] = {}
    for node in (node for module in modules for node in ast.walk(module)):
        if isinstance(node, ast.ImportFrom):
            found.setdefault(node.module or "", set()).update(alias.name for alias in node.names)
    return found


@cache
def sources() -> dict[str, ast.Module]:
    """The modules of the package by their names, but for the declarations of the codes."""
    paths = {path: path.relative_to(PACKAGE).with_suffix("").parts for path in PACKAGE.rglob("*.py")}
    return {
        ".".join(("cnncalc", *parts)).removesuffix(".__init__"): ast.parse(path.read_text(encoding="utf-8"))
        for path, parts in paths.items()
        if "codes" not in parts
    }


@pytest.mark.slow
def test_the_codes_used_are_the_codes_declared() -> None:
    groups = {code[:2] for code in CODES}
    used = {code for tree in sources().values() for code in codes_in(tree)}
    used = {code for code in used if code[:2] in groups}
    assert not used - set(CODES), "declare them in cnncalc/codes/, those of advice in `CODES` of their file"
    assert not set(CODES) - used, (
        "nothing reports them: the file of a piece of advice names its function in `ON_NETWORKS`"
    )


@pytest.mark.slow
def test_no_code_stands_in_a_constant_that_nothing_reads() -> None:
    trees = sources()
    coded = [
        (module, names)
        for module, tree in trees.items()
        for statement, names in constants(tree)
        if codes_in(statement)
    ]
    assert ("cnncalc.advice.gridding", {"ON_NETWORKS"}) in coded
    registries = {"ON_NETWORKS", "ON_FILES"}
    imported = imported_from(trees.values())
    assert [
        (module, unread)
        for module, names in coded
        if (unread := names - registries - read_in(trees[module]) - imported.get(module, set()))
    ] == []


def test_advice_is_made_in_the_file_that_declares_its_code() -> None:
    """A file of advice that forgets `CODES`, or the function behind a code, fails here."""
    for module in iter_modules(advice.__path__, "cnncalc.advice."):
        made = import_module(module.name)
        declared = [code.code for code in getattr(made, "CODES", ())]
        makers = {**getattr(made, "ON_NETWORKS", {}), **getattr(made, "ON_FILES", {})}
        if module.name not in ("cnncalc.advice.base", "cnncalc.advice.comments"):
            assert declared, f"{module.name} declares no code: list it in `CODES`"
            assert sorted(makers) == declared, (
                f"{module.name}: name the function of each code in `ON_NETWORKS`"
            )
        assert all(CODES[code].is_warning for code in declared)
        assert all(map(callable, makers.values()))
    assert set(on_networks()) | set(on_files()) <= set(CODES)


def test_codes_are_declared_once_and_in_order_of_their_groups() -> None:
    homes = [path for home in ("codes", "advice") for path in (PACKAGE / home).glob("*.py")]
    text = "".join(path.read_text(encoding="utf-8") for path in homes)
    declared = re.findall(r"^        \"([EW][0-9]{3})\",$", text, re.MULTILINE)
    assert sorted(declared) == sorted(CODES)
    assert list(CODES) == sorted(CODES, key=lambda code: (list(GROUPS).index(code[:2]), code))


@pytest.mark.parametrize("code", CODES.values(), ids=lambda code: code.code)
def test_a_code_says_what_it_means(code: Code) -> None:
    assert code.title[0].islower() or code.title[0].isdigit()
    assert not code.title.endswith(".")
    assert len(code.title) < 60
    assert code.explanation.endswith(".")
    assert len(code.explanation.split()) > 10
    assert code.good
    assert bool(code.bad) == (code.code not in UNPROVOKED)
    assert not code.quiet or code.is_warning


def found_in(out: str) -> set[str]:
    """The codes of the findings in an output."""
    return set(re.findall(r"\b([EW][0-9]{3})(?= |\]:)", out))


@pytest.mark.parametrize("code", [code for code in CODES.values() if code.bad], ids=lambda code: code.code)
def test_the_bad_example_gives_this_code_and_no_other(code: Code) -> None:
    assert found_in(printed(code, code.bad)) == {code.code}


@pytest.mark.parametrize("code", CODES.values(), ids=lambda code: code.code)
def test_the_good_example_gives_none(code: Code) -> None:
    out = printed(code, code.good)
    assert out.startswith("exit 0\n")
    assert not found_in(out)


def test_texts_places_and_exit_codes() -> None:
    assert record() == RECORD.read_text(encoding="utf-8"), (
        "run `python -m tests.codes.record` and read what has changed"
    )


@pytest.mark.parametrize(
    ("select", "ignore", "some", "others"),
    [
        ((), (), {"W501", "W504", "W513"}, {"W509", "W515"}),
        (("W",), (), {"W501", "W509", "W515"}, set()),
        (("W514",), (), {"W514"}, {"W504", "W509"}),
        (("W51",), (), {"W511", "W514"}, {"W504", "W509"}),
        ((), ("W504",), {"W501", "W505"}, {"W504", "W509"}),
        ((), ("W5",), set(), {"W501", "W504"}),
        (("W5",), ("W51",), {"W504", "W509"}, {"W511", "W514"}),
        (("W514",), ("W5",), {"W514"}, {"W504", "W515"}),
        (("W504",), ("W504",), set(), {"W504"}),
    ],
)
def test_warnings_are_chosen(
    select: tuple[str, ...], ignore: tuple[str, ...], some: set[str], others: set[str]
) -> None:
    found = chosen(select, ignore)
    assert some <= found
    assert not others & found
    assert not [code for code in found if code.startswith("E")]


@pytest.mark.parametrize("prefix", ["W599", "", "X", "w504"])
def test_what_begins_no_code_cannot_be_chosen(prefix: str) -> None:
    with pytest.raises(ValueError, match="no code begins with"):
        chosen([prefix])
    with pytest.raises(ValueError, match="no code begins with"):
        chosen((), [prefix])


def test_errors_cannot_be_ignored() -> None:
    with pytest.raises(ValueError, match="errors are always reported"):
        chosen((), ["E401"])


def test_explain_shows_a_code_whole(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "w504"]) == 0
    out = capsys.readouterr().out
    code = CODES["W504"]
    assert out.startswith(f"W504: {code.title}\n(warning)\n")
    assert " ".join(out.split()).count(code.explanation) == 1
    assert "\n      - maxpool2\n" in out
    assert "# cnncalc: ignore[W504]" in out


@pytest.mark.parametrize("code", CODES.values(), ids=lambda code: code.code)
def test_explain_has_an_example_with_and_one_without(code: Code, capsys: pytest.CaptureFixture[str]) -> None:
    main(["explain", code.code])
    bad, good = capsys.readouterr().out.split("Does not:\n")
    for example, part in ((code.bad, bad), (code.good, good)):
        lines = [line.strip() for line in example.splitlines()]
        assert [line for line in lines if line not in part] == []


def test_explain_lists_all_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain"]) == 0
    out = capsys.readouterr().out
    assert re.findall(r"^  ([EW][0-9]{3})  ", out, re.MULTILINE) == list(CODES)
    assert all(f"{code.code}  {code.title}" in out for code in CODES.values())


def test_explain_of_no_code_exits_2_with_a_guess(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "E31"]) == 2
    assert "did you mean E310?" in capsys.readouterr().err
    assert main(["explain", "nonsense"]) == 2
    assert "`cnncalc explain` lists all" in capsys.readouterr().err
