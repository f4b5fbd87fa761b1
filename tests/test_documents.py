"""What the documents show is what the program prints."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.documents import README, ROOT, regenerated


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
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, env=environment, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip()


def test_the_readme_has_python() -> None:
    assert len(PYTHON) == 2
