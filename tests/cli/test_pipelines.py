"""The pipelines of the guide, step by step: what they run, in a repository such as they are for."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.running import Ran

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "cnncalc" / "guide" / "ci.md").read_text(encoding="utf-8")
PIPELINES = [
    yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
]
OLD = "input: [3, 8, 8]\nlayers: [conv1x1: 100, conv1x1: 1]\n"
"""400 + 101 parameters; 5 % of these are 25."""


def commands(pipeline: Any) -> Iterator[list[str]]:
    """What a pipeline runs of cnncalc, in its order."""
    if isinstance(pipeline, dict | list):
        for part in pipeline.values() if isinstance(pipeline, dict) else pipeline:
            yield from commands(part)
    elif isinstance(pipeline, str) and re.match(r"(pipx run )?cnncalc ", pipeline):
        yield shlex.split(pipeline.removeprefix("pipx run "))[1:]


def git(*words: str) -> None:
    subprocess.run(("git", "-c", "user.name=n", "-c", "user.email=e@x", *words), check=True)


@pytest.fixture(autouse=True)
def _repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A branch whose `nets/a.yaml` comes from `origin/main`, beside YAML that is no network."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    Path("nets").mkdir()
    Path("nets/a.yaml").write_text(OLD, encoding="utf-8")
    Path("nets/other.yaml").write_text("jobs: {}\n", encoding="utf-8")
    git("init", "--quiet", "--initial-branch=topic")
    git("add", "nets")
    git("commit", "--quiet", "--message=m")
    git("update-ref", "refs/remotes/origin/main", "HEAD")


def grown(channels: int, expect: str = "") -> None:
    Path("nets/a.yaml").write_text(OLD.replace("100", str(channels)) + expect, encoding="utf-8")


def test_the_guide_has_a_pipeline_for_each_service() -> None:
    assert [[command[0] for command in commands(one)] for one in PIPELINES] == [
        ["check"],
        ["compare"],
        ["check"],
        [],
    ]


def test_a_workflow_checks_every_network_with_annotations(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (command,) = commands(PIPELINES[0])
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert Ran(capsys, *command).code == 0
    grown(100, "expect: {params: 5}\n")
    ran = Ran(capsys, *command)
    assert ran.code == 1
    assert "::error file=nets/a.yaml,line=3,col=18" in ran.out


@pytest.mark.parametrize(("channels", "code"), [(100, 0), (104, 0), (105, 0), (106, 1)])
def test_a_change_is_a_comment_and_fails_where_it_grows_by_more_than_5_per_cent(
    channels: int, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """A channel more is 5 parameters more: 25 of 501 are 4.99 %, 30 are 5.99 %."""
    (command,) = commands(PIPELINES[1])
    grown(channels)
    assert Ran(capsys, *command).code == code
    comment = Path("c.md").read_text(encoding="utf-8")
    assert "| parameters | 501 | " in comment
    assert ("**failed**" in comment) == bool(code)


def test_gitlab_gets_its_report(capsys: pytest.CaptureFixture[str]) -> None:
    (command,) = commands(PIPELINES[2])
    report = PIPELINES[2]["nets"]["artifacts"]["reports"]["codequality"]
    assert Ran(capsys, *command).code == 0
    assert json.loads(Path(report).read_text(encoding="utf-8")) == []
    grown(100, "expect: {params: 5}\n")
    assert Ran(capsys, *command).code == 1
    (finding,) = json.loads(Path(report).read_text(encoding="utf-8"))
    assert finding["location"] == {"path": "nets/a.yaml", "lines": {"begin": 3}}


def test_the_hook_checks_the_files_that_it_is_given(capsys: pytest.CaptureFixture[str]) -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    (wanted,) = PIPELINES[3]["repos"][0]["hooks"]
    assert (hook["id"], hook["types"]) == (wanted["id"], ["yaml"])
    files = [name for name in ("nets/a.yaml", "docs/b.yaml") if re.search(wanted["files"], name)]
    assert files == ["nets/a.yaml"]
    words = hook["entry"].split()[1:]
    assert Ran(capsys, *words, *files).code == 0
    grown(100, "expect: {params: 5}\n")
    assert Ran(capsys, *words, *files).code == 1
