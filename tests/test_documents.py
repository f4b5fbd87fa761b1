"""What the documents show is what the program prints."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cnncalc.cli import main
from cnncalc.language.vocabulary import SIBLING_DOCS, SIBLINGS
from tests.documents import README, ROOT, regenerated

LANGUAGE = README.read_text(encoding="utf-8").partition("\n## The language\n")[2].partition("\n## ")[0]
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```$", LANGUAGE, re.DOTALL | re.MULTILINE)


def test_the_readme_is_not_stale() -> None:
    text = README.read_text(encoding="utf-8")
    assert regenerated(text) == text, "run `python -m tests.documents`"


def test_the_readme_shows_the_three_commands() -> None:
    text = README.read_text(encoding="utf-8")
    for command in (
        "cnncalc params configs/inception.yaml",
        "cnncalc rf configs/stack3x3.yaml",
        "cnncalc spp --in 13 --levels 1,2,4",
    ):
        assert f"$ {command}\n" in text


PYTHON = re.findall(r"^```python\n(.*?)^```$", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("code", PYTHON)
def test_the_python_of_the_readme_runs(code: str, tmp_path: Path) -> None:
    script = tmp_path / "example.py"
    script.write_text(code, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, env=environment, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip()


def test_the_readme_has_python() -> None:
    assert len(PYTHON) == 2


@pytest.mark.parametrize("example", EXAMPLES)
def test_what_the_readme_says_of_the_language_holds(
    example: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "net.yaml").write_text(example, encoding="utf-8")
    assert main(["check", str(tmp_path / "net.yaml"), "--require-expect"]) == 0, capsys.readouterr()


def test_every_key_of_an_item_is_in_the_readme_and_in_the_listing(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(EXAMPLES) > 5 and tuple(SIBLING_DOCS) == SIBLINGS
    assert all(f"| `{key}: " in LANGUAGE for key in SIBLINGS)
    main(["layers"])
    listing = capsys.readouterr().out
    assert all(f"\n  {key} " in listing for key in SIBLINGS)
