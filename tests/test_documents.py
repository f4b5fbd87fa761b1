"""What the documents show is what the program prints."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from cnncalc.cli import COMMANDS, main
from cnncalc.guide import page, topics
from cnncalc.language.vocabulary import SIBLING_DOCS, SIBLINGS
from tests.documents import DOCUMENTS, GUIDE, README, ROOT, regenerated

TEXTS = {document.name: document.read_text(encoding="utf-8") for document in DOCUMENTS}


def blocks(language: str) -> list[object]:
    """The fenced blocks of a language in all documents, as parameters of a test."""
    fence = re.compile(rf"^```{language}\n(.*?)^```$", re.DOTALL | re.MULTILINE)
    return [
        pytest.param(block, id=f"{name}-{number}")
        for name, text in TEXTS.items()
        for number, block in enumerate(fence.findall(text))
    ]


def specs() -> list[object]:
    """The YAML blocks that are networks; the others are workflows and configurations."""
    return [one for one in blocks("yaml") if re.search("^layers:", one.values[0], re.MULTILINE)]  # type: ignore[attr-defined]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_a_document_is_not_stale(document: Path) -> None:
    text = TEXTS[document.name]
    assert regenerated(text) == text, "run `python -m tests.documents`"


def test_the_readme_is_short() -> None:
    assert README.stat().st_size <= 12_000, "move something to the guide"


def test_the_documents_show_the_three_commands() -> None:
    for command in (
        "cnncalc params configs/inception.yaml",
        "cnncalc rf configs/stack3x3.yaml",
        "cnncalc spp --in 13 --levels 1,2,4",
    ):
        assert any(f"$ {command}\n" in text for text in TEXTS.values())


@pytest.mark.parametrize("code", blocks("python"))
def test_the_python_of_the_documents_runs(code: str, tmp_path: Path) -> None:
    script = tmp_path / "example.py"
    script.write_text(code, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, env=environment, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip()


@pytest.mark.parametrize("example", specs())
def test_the_networks_of_the_documents_meet_their_expectations(
    example: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "net.yaml").write_text(example, encoding="utf-8")
    assert main(["check", str(tmp_path / "net.yaml"), "--require-expect"]) == 0, capsys.readouterr()


@pytest.mark.parametrize("configuration", blocks("toml"))
def test_the_configurations_of_the_documents_are_understood(
    configuration: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pyproject.toml").write_text(configuration, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["check", "vgg16"]) == 0, capsys.readouterr()


def test_the_documents_have_examples_of_every_kind() -> None:
    assert all(len(blocks(language)) >= least for language, least in (("python", 4), ("toml", 1)))
    assert len(specs()) > 8


@cache
def help_of(command: str) -> str:
    """The help of a command, as a process of its own prints it."""
    words = [sys.executable, "-m", "cnncalc", command, "--help"]
    return subprocess.run(words, capture_output=True, text=True, check=True, cwd=ROOT).stdout


@pytest.mark.parametrize("name", TEXTS)
def test_the_commands_that_a_document_names_exist(name: str) -> None:
    quoted = re.findall(
        r"`cnncalc ([^`]+)`|^\$ cnncalc (.*)$|\bcnncalc (compare [^\n,}]*)", TEXTS[name], re.MULTILINE
    )
    for line in filter(None, (word for found in quoted for word in found)):
        command, *words = line.split()
        if command.startswith("--"):
            continue
        assert command in COMMANDS, line
        assert all(word.partition("=")[0] in help_of(command) for word in words if word.startswith("--")), (
            line
        )


MEANT = {"SPEC": "net.yaml", "y,x": "0,0", "TOPIC": "numbers", "nets/": "."}
"""What a reader puts in place of the words of the README; of a network over time another one."""
NET = """\
vars: {width: 8, depth: 1}
input: [3, 64, 64]
layers:
  - conv3x3: {out: width, padding: 1}
  - maxpool2
  - conv3x3: {out: 4, dilation: 2**i, padding: 2**i}
    repeat: depth
"""


def test_the_commands_of_the_readme_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(NET, encoding="utf-8")
    Path("sound.yaml").write_text(
        "input: [1, 4000]\nlayers: [conv9: {out: 4, padding: causal}]\n", encoding="utf-8"
    )
    commands = re.findall(r"`cnncalc ([^`]+)`", TEXTS["README.md"])
    for line in commands:
        words = [MEANT.get(word, word) for word in shlex.split(line)]
        if words in (
            ["draw"],
            ["import", "package.module:callable"],
        ):  # a command's name, and what needs PyTorch
            continue
        if words[0] == "stream":
            words[1] = "sound.yaml"
        assert main(words) == 0, (line, capsys.readouterr().err)
    assert len(commands) > 15
    for name in ("net.py", "page.html"):
        assert Path(name).is_file()


@pytest.mark.parametrize("name", TEXTS)
def test_the_links_of_a_document_lead_somewhere(name: str) -> None:
    folder = ROOT if name == "README.md" else GUIDE
    for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", TEXTS[name]):
        assert (folder / link).exists(), link


def test_every_page_of_the_guide_is_named_in_the_readme_and_by_explain(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert topics() and set(topics()) == {path.stem for path in GUIDE.glob("*.md")}
    main(["explain"])
    listed = capsys.readouterr().out
    for topic in topics():
        assert f"(cnncalc/guide/{topic}.md)" in TEXTS["README.md"]
        assert re.search(rf"^  {topic} +{re.escape(page(topic).title)}$", listed, re.MULTILINE)


@pytest.mark.parametrize("topic", topics())
def test_explain_shows_a_page_whole(topic: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", topic.upper()]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(page(topic).title + "\n")
    assert "<!--" not in shown and "```" not in shown and "\x1b" not in shown
    assert max(map(len, shown.splitlines())) <= 120
    words = re.findall(r"\w{4,}", re.sub(r"<[^>]*>|\]\([^)]*\)|```\w+", "", page(topic).text))
    assert [word for word in words if word not in shown and word not in re.sub(r"\s", "", shown)] == []


def test_explain_of_no_topic_exits_2_with_a_guess(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "numers"]) == 2
    assert "no code or topic 'numers', did you mean numbers?" in capsys.readouterr().err


def test_the_guide_is_not_imported_at_start_up() -> None:
    code = "import sys; from cnncalc.cli import main; main(['rf', 'stack3x3']); print('cnncalc.guide' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.splitlines()[-1] == "False"


def test_every_key_of_an_item_is_in_the_guide_and_in_the_listing(capsys: pytest.CaptureFixture[str]) -> None:
    assert tuple(SIBLING_DOCS) == SIBLINGS
    assert all(f"| `{key}: " in TEXTS["language.md"] for key in SIBLINGS)
    main(["layers"])
    listing = capsys.readouterr().out
    assert all(f"\n  {key} " in listing for key in SIBLINGS)
