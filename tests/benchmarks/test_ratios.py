"""What a run says of committed ratios, with made-up measurements; nothing is timed."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pytest

from tests.benchmarks import __main__ as program
from tests.benchmarks import measure
from tests.benchmarks.measure import Cost, Line, processes, python
from tests.benchmarks.ratios import (
    GUIDE,
    how,
    merged,
    ratios_in,
    ratios_of,
    read,
    regressions,
    write,
    written,
)

PAGE = "# Performance\n\n<!-- measured -->\nold\n<!-- end -->\n\nAfter.\n"


def line(seconds: float, memory: float | None = 10.0, subject: str = "a / b") -> Line:
    return Line("start-up", subject, Cost(seconds, memory), Cost(2.0, 20.0))


def test_only_what_is_more_than_a_quarter_above_is_reported() -> None:
    kept = ratios_of([line(2.0)])
    assert kept == {"start-up": {"a / b": {"time": 1.0, "memory": 0.5}}}
    assert regressions(ratios_of([line(2.5, 12.5)]), kept) == []
    assert regressions(ratios_of([line(1.0, 5.0)]), kept) == []
    assert regressions(ratios_of([line(2.52)]), kept) == ["start-up: a / b: time 1.26, committed 1"]
    assert regressions(ratios_of([line(2.0, 13.0)]), kept) == ["start-up: a / b: memory 0.65, committed 0.5"]


def test_what_is_not_committed_or_has_no_ratio_is_no_regression() -> None:
    assert regressions(ratios_of([line(9.0, subject="new / b")]), ratios_of([line(2.0)])) == []
    assert ratios_of([Line("text", "alone", Cost(1.0)), Line("text", "missing", None, note="none")]) == {}


def test_a_run_of_one_suite_leaves_the_others() -> None:
    kept = {"one": {"a": {"time": 1.0}}, "two": {"b": {"time": 2.0}}}
    assert merged(kept, {"two": {"b": {"time": 3.0}}}) == {**kept, "two": {"b": {"time": 3.0}}}


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    path, guide = tmp_path / "ratios.json", tmp_path / "performance.md"
    guide.write_text(PAGE, encoding="utf-8")
    write([line(1.0)], path, guide)
    assert ratios_in(read(path)) == ratios_of([line(1.0)])
    text = guide.read_text(encoding="utf-8")
    assert "| start-up | a / b | 0.5 | 0.5 |\n" in text
    assert "old" not in text
    assert text.endswith("<!-- end -->\n\nAfter.\n")
    assert how(date(2026, 1, 2)).startswith("2026-01-02, Python 3.")


def test_the_guide_shows_the_committed_ratios() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    assert written(read(), text) == text, "run `python -m tests.benchmarks --write`"


@pytest.mark.parametrize(("seconds", "code"), [(2.0, 0), (3.0, 1)])
def test_a_run_reports_regressions_and_fails(
    seconds: float, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = {"measured": "", "ratios": ratios_of([line(2.0)])}
    monkeypatch.setattr(program, "SUITES", {"start-up": lambda _: iter([line(seconds)])})
    monkeypatch.setattr(program, "read", lambda: kept)
    assert program.main(["start-up"]) == code
    assert ("time 1.5, committed 1" in capsys.readouterr().out) == bool(code)


def test_the_medians_of_alternate_runs_are_divided(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first run of each, which compiles and fills caches, does not count."""
    seconds = {"a": iter((9.0, 1.0, 5.0, 3.0)), "b": iter((9.0, 2.0, 2.0, 8.0))}
    order: list[str] = []

    def ran(command: tuple[str, ...]) -> Cost:
        order.append(command[0])
        return Cost(next(seconds[command[0]]), 10.0)

    monkeypatch.setattr(measure, "_process", ran)
    assert processes([("a",), ("b",)], 3) == [Cost(3.0, 10.0), Cost(2.0, 10.0)]
    assert order == ["a", "b"] * 4


def test_the_guide_says_what_is_measured_and_against_what() -> None:
    """Of both sides of every line, and of processes alone is there a memory."""
    ratios = ratios_in(read())
    processes = {name: {"memory" in pair for pair in pairs.values()} for name, pairs in ratios.items()}
    assert all(len(kinds) == 1 for kinds in processes.values())
    assert {name for name, kinds in processes.items() if True in kinds} == {
        "start-up",
        "summary",
        "check",
        "text",
    }
    against = {subject.rpartition(" / ")[2] for pairs in ratios.values() for subject in pairs}
    itself = {"an analysis", "as many loads", "--jobs 1", "one tenth"}
    others = {
        "bare imports", "import torch", "torchinfo", "onnx", "onnx_tool", "yaml.compose",
        "torch.export.export", "a forward pass of one image",
    }  # fmt: skip
    assert against == itself | others
    prose = GUIDE.read_text(encoding="utf-8").partition("<!-- measured -->")[0]
    for name in ("typer", "PyYAML", "Rich", "torchinfo", "`onnx`", "onnx-tool", "PyTorch"):
        assert name in prose
    extras = tomllib.loads((GUIDE.parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = " ".join(extras["optional-dependencies"]["oracle"] + extras["optional-dependencies"]["bench"])
    assert all(name in needed for name in ("torch", "torchinfo", "onnx", "onnx-tool"))


def test_an_unknown_suite_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(["startup"]) == 2
    assert "no suite 'startup'" in capsys.readouterr().err


def test_the_memory_of_a_process_is_its_own() -> None:
    """However much the measuring process itself uses."""
    held = b"x" * (200 << 20)
    allocate = "b'x' * (100 << 20)"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', \"{allocate}\"])"
    codes = ("", allocate, "raise SystemExit(3)", child)
    small, large, broken, parent = processes([python("-c", code) for code in codes], 1)
    assert len(held) == 200 << 20
    assert small is not None
    assert small.memory is not None
    assert small.memory < 60
    assert large is not None
    assert large.memory is not None
    assert large.memory > 100
    assert broken is None
    assert parent is not None
    assert parent.memory is not None
    assert parent.memory > 100
