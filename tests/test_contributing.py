"""The worked examples of CONTRIBUTING.md, followed in a copy of the project."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.rotation import todays

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / ".github" / "CONTRIBUTING.md").read_text(encoding="utf-8")
_STEP = re.compile(r"^<!-- (new|edit|run)(?:: (\S+))? -->\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


LINE = 110
"""`line-length` of `pyproject.toml`."""


class Step(NamedTuple):
    """Something to do: write a new file, edit one, or run commands."""

    kind: str
    path: str
    text: str


EXAMPLES = {
    section.partition("\n")[0]: tuple(Step(*step) for step in _STEP.findall(section))
    for section in TEXT.split("\n## ")[1:]
    if _STEP.search(section)
}
EDITS = [
    pytest.param(title, step, id=f"{title}: {step.path}")
    for title, steps in EXAMPLES.items()
    for step in steps
    if step.kind != "run" and sum(step.kind != "run" for step in steps) > 1
]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The project without its environment and its history."""
    for name in ("cnncalc", "tests", "configs", ".github"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "CHANGELOG.md"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def follow(copy: Path, steps: Iterable[Step]) -> None:
    """Write the files and make the edits of an example."""
    for step in steps:
        path = copy / step.path
        if step.kind == "new":
            assert not path.exists(), f"{step.path} exists"
            path.write_text(step.text, encoding="utf-8")
        elif step.kind == "edit":
            path.write_text(edited(path.read_text(encoding="utf-8"), step), encoding="utf-8")


def edited(text: str, step: Step) -> str:
    """The text of a file after an edit."""
    lines = step.text.splitlines(keepends=True)
    before = "".join(line[1:] for line in lines if line[0] in " -")
    after = "".join(line[1:] for line in lines if line[0] in " +")
    assert text.count(before) == 1, (
        f"write the edit in .github/CONTRIBUTING.md for {step.path} as it is now, which does not have once:\n"
        + before
    )
    return text.replace(before, after)


def run(copy: Path, command: str) -> subprocess.CompletedProcess[str]:
    """A command of an example, with the copy's package and tests in place of the project's."""
    name, *words = command.split()
    program = [sys.executable, *words] if name == "python" else [sys.executable, "-m", name, *words]
    if name == "pytest":
        program += ["-p", "no:cacheprovider", "-m", "not slow"]
    environment = {**os.environ, "PYTHONPATH": str(copy)}
    return subprocess.run(program, cwd=copy, env=environment, capture_output=True, text=True, check=False)


def failures(copy: Path, steps: Iterable[Step]) -> Iterator[str]:
    """What the commands of an example print where they fail, as they are run one by one."""
    commands = [line for step in steps if step.kind == "run" for line in step.text.splitlines()]
    done = (run(copy, command) for command in commands)
    return (one.stdout + one.stderr for one in done if one.returncode)


@pytest.mark.parametrize("title", EXAMPLES)
def test_an_example_fits_the_files_as_they_are(title: str) -> None:
    for kind, path, text in EXAMPLES[title]:
        if kind == "new":
            assert not (ROOT / path).exists(), (
                f"{path} of .github/CONTRIBUTING.md exists: give another example"
            )
        elif kind == "edit":
            assert edited((ROOT / path).read_text(encoding="utf-8"), Step(kind, path, text))
        if path.endswith(".py"):
            long = [line for line in text.splitlines() if len(line.lstrip("+")) > LINE]
            assert not long, f"longer than {LINE} characters, of which ruff would complain"


@pytest.mark.slow
@pytest.mark.parametrize("title", EXAMPLES)
def test_an_example_works(title: str, copy: Path) -> None:
    follow(copy, EXAMPLES[title])
    assert list(failures(copy, EXAMPLES[title])) == []


@pytest.mark.slow
@pytest.mark.parametrize(("title", "missing"), todays(EDITS))
def test_an_example_that_is_half_followed_fails_and_names_what_is_missing(
    title: str, missing: Step, copy: Path
) -> None:
    follow(copy, [step for step in EXAMPLES[title] if step != missing])
    module = missing.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    words = (missing.path, module, missing.path.split("/", 2)[-1])
    found = []
    for failure in failures(copy, EXAMPLES[title]):
        found.append(failure)
        if any(word in failure for word in words):
            return
    pytest.fail(f"no command names {missing.path}: {found}")
