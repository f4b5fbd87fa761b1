"""The formats of a check, each read by what reads it: official schemas, XML and JSON parsers, a parser of workflow commands."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import jsonschema
import pytest

from cnncalc.checks.files import Checked, Results, Wanted, check_file, nothing_in
from cnncalc.codes import CODES, chosen
from cnncalc.render.findings import FORMATS
from cnncalc.render.surface import PLAIN, Surface

DATA = Path(__file__).parent.parent / "data"
SPEC = """\
name: "odd, 100%: <&>"
input: [3, 15, 15]
layers:
  - conv3x3: {out: 8, bias: false}
    name: "a\\rb\\nc::d"
    expect: {params: 200, macs: ">= 1", shape: [8, 13, 14]}
  - maxpool2
cases:
  - {input: [3, 17, 17], expect: {shape: [8, 7, 7]}}
  - {input: [3, 2, 2], expect: {error: E301}}
"""


def render(results: Results, format: str, surface: Surface = PLAIN) -> str:
    return FORMATS.render(format, results, surface)


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def results(net: str = SPEC, *, strict: bool = False, called: str = "net", **more: str) -> Results:
    """The results of files in a folder ``nets``, by their names."""
    checked: list[Checked] = []
    for name, text in ({called: net} | more).items():
        path = Path("nets") / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        found = check_file(str(path), Wanted(chosen(), strict=strict))
        assert found is not None
        checked.append(found)
    return Results(tuple(checked))


BROKEN = "layers:\n  - conw3x3: 4\n"


@pytest.mark.parametrize("format", FORMATS.names)
def test_every_format_ends_in_a_newline_and_moves_no_terminal(format: str) -> None:
    text = render(results(net=SPEC.replace("c::d", "\\e[31m"), broken=BROKEN), format)
    assert text.endswith("\n")
    assert "\x1b" not in text
    assert "\r" not in text


# Text


def test_a_failed_expectation_in_full() -> None:
    text = render(results(), "full", PLAIN)
    assert text.startswith(
        "error[E401]: expected params 200, got 216 (+8.0 %)\n"
        " --> nets/net.yaml:6:22 (a␍b␊c::d)\n"
        "  |\n"
        '6 |     expect: {params: 200, macs: ">= 1", shape: [8, 13, 14]}\n'
        "  |                      ^^^\n"
        "  = in `odd, 100%: <&>`\n"
    )
    assert "error[E401]: expected shape [8, 13, 14], got [8, 13, 13]\n" in text
    assert text.endswith("\n\n1 file: 3 expectations met, 2 failed, 1 warning\n")


def test_full_is_coloured_where_that_is_possible() -> None:
    assert "\x1b[1;31merror[E401]\x1b[0m" in render(results(), "full", Surface(80, True, True))


def test_a_line_per_finding() -> None:
    lines = render(results(), "concise").splitlines()
    assert lines == [
        "nets/net.yaml:6:22: E401 odd, 100%: <&>: a␍b␊c::d: expected params 200, got 216 (+8.0 %)",
        "nets/net.yaml:6:48: E401 odd, 100%: <&>: a␍b␊c::d: expected shape [8, 13, 14], got [8, 13, 13]",
        "nets/net.yaml:7:5: W504 rounding down drops the last of 13 positions (12) along each axis: 25 of 169 are never read"
        " (maxpool2_1)",
        "1 file: 3 expectations met, 2 failed, 1 warning",
    ]


# JSON


def test_json_has_every_expectation_and_every_finding() -> None:
    document = json.loads(render(results(net=SPEC, broken=BROKEN), "json"))
    assert document["format"] == 1
    net, broken = document["files"]
    assert [(one["metric"], one["ok"]) for one in net["expectations"]] == [
        ("params", False),
        ("macs", True),
        ("shape", False),
        ("shape", True),
        ("error", True),
    ]
    assert net["expectations"][0] == {
        "model": "odd, 100%: <&>",
        "path": "a\rb\nc::d",
        "metric": "params",
        "expected": "200",
        "got": "216",
        "ok": False,
        "line": 6,
        "column": 22,
    }
    assert [one["code"] for one in net["diagnostics"]] == ["E401", "E401", "W504"]
    assert [(one["code"], one["line"], one["model"]) for one in broken["diagnostics"]] == [("E111", 2, None)]
    assert document["summary"] == {
        "files": 2,
        "held": 3,
        "failed": 2,
        "errors": 1,
        "warnings": 1,
        "undone": 0,
        "skipped": 0,
        "exit_code": 1,
    }


# GitHub

_COMMAND = re.compile(r"::(error|warning) ((?:[a-zA-Z]+=[^,:]*)(?:,[a-zA-Z]+=[^,:]*)*)::(.*)")


def parsed(line: str) -> tuple[str, dict[str, str], str]:
    """A workflow command as the runner reads it."""
    match = _COMMAND.fullmatch(line)
    assert match is not None, line
    properties = dict(pair.split("=", 1) for pair in match[2].split(","))
    return match[1], {name: unquote(value) for name, value in properties.items()}, unquote(match[3])


def test_github_commands_are_escaped() -> None:
    lines = render(results(called="a,b%:c"), "github").splitlines()
    kind, properties, message = parsed(lines[0])
    assert (kind, properties["file"], properties["line"], properties["col"]) == (
        "error",
        "nets/a,b%:c.yaml",
        "6",
        "22",
    )
    assert (properties["title"], properties["endColumn"]) == ("cnncalc E401", "25")
    assert message == "odd, 100%: <&>: a␍b␊c::d: expected params 200, got 216 (+8.0 %)"
    assert "file=nets/a%2Cb%25%3Ac.yaml," in lines[0]
    assert "100%25: <&>" in lines[0]
    kind, properties, message = parsed(lines[2])
    assert (kind, properties["line"]) == ("warning", "7")
    assert "\nhelp: maps of 12x12 and 14x14" in message
    assert lines[-1].startswith("1 file: ")


def test_github_says_what_could_not_be_checked() -> None:
    (line, _) = render(Results((nothing_in("nets"),)), "github").splitlines()
    assert parsed(line)[:2] == ("error", {"title": "cnncalc E115"})


# GitLab

CODE_QUALITY: dict[str, Any] = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{32,}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": r"^(?!\./|/).+"},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}
"""What https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format asks of a report."""


def test_gitlab_reports_are_as_documented() -> None:
    issues = json.loads(render(results(net=SPEC, broken=BROKEN), "gitlab"))
    jsonschema.validate(issues, CODE_QUALITY)
    assert [(one["check_name"], one["severity"], one["location"]["lines"]["begin"]) for one in issues] == [
        ("E401", "major", 6),
        ("E401", "major", 6),
        ("W504", "minor", 7),
        ("E111", "major", 2),
    ]
    assert issues[0]["location"]["path"] == "nets/net.yaml"
    assert json.loads(render(results("layers: [relu]\n", called="fine"), "gitlab")) == []


def test_gitlab_fingerprints_are_unique_and_survive_moved_lines() -> None:
    twice = SPEC.replace("cases:", "  - {maxpool2: , name: p}\ncases:").replace("[8, 7, 7]", "[8, 3, 3]")

    def prints(text: str) -> list[str]:
        return [one["fingerprint"] for one in json.loads(render(results(net=text), "gitlab"))]

    before = prints(twice)
    assert len(set(before)) == len(before) > 2
    assert prints("# a line more\n" + twice) == before


# JUnit


def test_junit_has_a_case_per_expectation() -> None:
    root = ElementTree.fromstring(render(results(net=SPEC, broken=BROKEN, fine="layers: [relu]\n"), "junit"))
    assert (root.tag, root.get("tests"), root.get("failures"), root.get("errors")) == (
        "testsuites",
        "6",
        "2",
        "1",
    )
    net, broken, fine = root
    assert [suite.get("name") for suite in root] == ["nets/net.yaml", "nets/broken.yaml", "nets/fine.yaml"]
    cases = net.findall("testcase")
    assert [(case.get("name"), [child.tag for child in case]) for case in cases][:2] == [
        ("odd, 100%: <&>: a␍b␊c::d params", ["failure"]),
        ("odd, 100%: <&>: a␍b␊c::d macs", []),
    ]
    assert len(cases) == 5
    failure = cases[0].find("failure")
    assert failure is not None
    assert (failure.get("type"), failure.get("message")) == ("E401", "expected params 200, got 216 (+8.0 %)")
    assert "--> nets/net.yaml:6:22" in (failure.text or "")
    assert (cases[0].get("line"), cases[0].get("classname"), cases[0].get("file")) == (
        "6",
        "nets/net.yaml",
        "nets/net.yaml",
    )
    assert "W504" in (net.findtext("system-out") or "")
    assert [case.get("name") for case in broken.findall("testcase/error/..")] == ["E111 conw3x3_1"]
    assert (fine.get("tests"), len(fine)) == ("0", 0)
    for suite in root:
        for outcome, tag in (("failures", "failure"), ("errors", "error")):
            assert suite.get(outcome) == str(len(suite.findall(f"testcase/{tag}")))


def test_junit_counts_warnings_where_they_are_strict() -> None:
    root = ElementTree.fromstring(render(results(strict=True), "junit"))
    assert (root.get("tests"), root.get("failures")) == ("6", "3")
    assert root[0].find("system-out") is None


# Paths


def paths(format: str, found: Results) -> set[str]:
    """The files that annotations are put on."""
    text = render(found, format)
    if format == "gitlab":
        return {issue["location"]["path"] for issue in json.loads(text)}
    return set(re.findall(r"^::\w+ file=([^,]*),", text, re.MULTILINE))


@pytest.mark.parametrize(
    ("format", "variable"), [("github", "GITHUB_WORKSPACE"), ("gitlab", "CI_PROJECT_DIR")]
)
def test_the_services_of_a_ci_get_paths_from_the_repositorys_root(
    format: str, variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "work" / "repo" / "sub"
    here.mkdir(parents=True)
    monkeypatch.chdir(here)
    found = results(BROKEN)
    assert paths(format, found) == {"nets/net.yaml"}
    (here.parent / ".git").touch()  # as in a worktree
    assert paths(format, found) == {"sub/nets/net.yaml"}
    monkeypatch.setenv(variable, str(tmp_path / "work"))
    assert paths(format, found) == {"repo/sub/nets/net.yaml"}
    monkeypatch.setenv(variable, str(tmp_path / "elsewhere"))
    assert paths(format, found) == {"sub/nets/net.yaml"}
    (tmp_path / "link").symlink_to("work")
    monkeypatch.setenv(variable, str(tmp_path / "link"))
    assert paths(format, found) == {"repo/sub/nets/net.yaml"}
    assert "nets/net.yaml" in render(found, "concise").split(":")
    assert '"uri": "nets/net.yaml"' in render(found, "sarif")


def test_a_finding_keeps_its_fingerprint_wherever_the_check_is_run_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".git").mkdir()
    (outside,) = json.loads(render(results(BROKEN), "gitlab"))
    monkeypatch.chdir("nets")
    inside = check_file("net.yaml", Wanted(chosen()))
    assert inside is not None
    assert json.loads(render(Results((inside,)), "gitlab")) == [outside]


# SARIF


def sarif(found: Results) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(render(found, "sarif"))
    schema = json.loads((DATA / "sarif-2.1.0.json").read_text(encoding="utf-8"))
    jsonschema.Draft4Validator(schema).validate(log)
    return log


def test_the_schema_refuses_what_is_wrong() -> None:
    schema = json.loads((DATA / "sarif-2.1.0.json").read_text(encoding="utf-8"))
    assert list(jsonschema.Draft4Validator(schema).iter_errors({"version": "2.1.0", "runs": [{}]}))


def test_sarif_is_valid_and_whole() -> None:
    (run,) = sarif(results(called="my net", broken=BROKEN))["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["E111", "E401", "W504"]
    assert rules[1]["shortDescription"]["text"] == CODES["E401"].title
    assert [(one["ruleId"], rules[one["ruleIndex"]]["id"], one["level"]) for one in run["results"]] == [
        ("E401", "E401", "error"),
        ("E401", "E401", "error"),
        ("W504", "W504", "warning"),
        ("E111", "E111", "error"),
    ]
    place = run["results"][0]["locations"][0]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "nets/my%20net.yaml"
    assert place["physicalLocation"]["region"] == {"startLine": 6, "startColumn": 22, "endColumn": 25}
    assert place["logicalLocations"] == [{"fullyQualifiedName": "a\rb\nc::d"}]
    assert run["invocations"] == [{"executionSuccessful": True, "exitCode": 1}]


def test_sarif_of_nothing_and_of_what_could_not_be_checked() -> None:
    (run,) = sarif(results("layers: [relu]\n", called="fine"))["runs"]
    assert (run["results"], run["tool"]["driver"]["rules"]) == ([], [])
    (run,) = sarif(Results((nothing_in("/nowhere/at all"),)))["runs"]
    assert run["invocations"] == [{"executionSuccessful": False, "exitCode": 2}]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "file:///nowhere/at%20all"}}


def test_every_code_can_be_a_rule() -> None:
    sample = results(BROKEN).files[0]
    problems = tuple(
        problem._replace(
            diagnostic=problem.diagnostic._replace(
                code=code, severity="warning" if code[0] == "W" else "error"
            )
        )
        for problem in sample.problems
        for code in CODES
    )
    (run,) = sarif(Results((sample._replace(problems=problems),)))["runs"]
    assert len(run["tool"]["driver"]["rules"]) == len(CODES)


# Markdown


def test_markdown_is_a_table_that_names_cannot_break() -> None:
    lines = render(results(net=SPEC.replace("c::d", "c|d")), "markdown").splitlines()
    assert lines[0] == "**cnncalc check failed**: 1 file: 3 expectations met, 2 failed, 1 warning"
    assert lines[2:4] == ["| place | code | layer | what |", "| --- | --- | --- | --- |"]
    assert len(lines) == 4 + 3
    assert all(len(re.findall(r"(?<!\\)\|", line)) == 5 for line in lines[2:])
    assert lines[4].startswith("| nets/net.yaml:6 | E401 | a␍b␊c\\|d | odd, 100%: \\<&\\>: ")
    fine = render(results("layers: [relu]\n"), "markdown")
    assert fine == "**cnncalc check fine**: 1 file: 0 expectations met, 0 failed\n"
