"""The registries of formats: everything about a format follows from one line, and none can be there by half."""

from __future__ import annotations

import csv
import json
import pkgutil
from importlib import import_module
from io import StringIO
from pathlib import Path

import pytest

from cnncalc.cli import main
from cnncalc.render import findings, listings, outputs
from cnncalc.render.document import Document
from cnncalc.render.formats import Format, Formats
from cnncalc.render.listing import Column, Listing, Total
from cnncalc.render.surface import PLAIN, Surface
from tests.cli.running import Ran
from tests.render.examples import EXAMPLES, REFUSED

KINDS = sorted(EXAMPLES, key=lambda kind: kind.__name__)
BESIDE_FORMATS = {"words"}
"""Modules in a folder of formats that are none."""


def faults(formats: Formats, folder: Path) -> list[str]:
    """What is missing of formats that are there by half, each with its cure."""
    files = {path.stem for path in folder.glob("*.py")} - {"__init__"} - BESIDE_FORMATS
    names = set(formats.names)
    found = [
        f"{name}.py is not registered: add Format({name!r}, ...) to FORMATS of {formats.folder}"
        for name in sorted(files - names)
    ]
    found += [
        f"{name} is registered and has no file: write {folder.name}/{name}.py with render(...)"
        for name in sorted(names - files)
    ]
    for format in formats:
        if format.name in files and not hasattr(import_module(f"{formats.folder}.{format.name}"), "render"):
            found.append(f"{format.name}.py has no function `render`")
        found += [
            f"{format.name}: the ending {one!r} is to begin with a dot"
            for one in format.endings
            if not one.startswith(".")
        ]
        if not format.about:
            found.append(f"{format.name}: say in `about` what it is for")
        if (
            format.endings
            and not format.stem
            and not any(formats.of_file(f"x{one}", format.name) is format for one in format.endings)
        ):
            found.append(f"{format.name}: none of its endings leads to it")
    return found


@pytest.mark.parametrize("room", [outputs, findings])
def test_every_format_is_whole(room: object) -> None:
    formats: Formats = getattr(room, "COMPARED", None) or room.FORMATS  # type: ignore[attr-defined]
    assert faults(formats, Path(room.__file__).parent) == []  # type: ignore[attr-defined]


def test_a_format_by_half_is_found_with_its_cure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = tmp_path / "half"
    room.mkdir()
    (room / "__init__.py").write_text("")
    (room / "orphan.py").write_text("def render(document, surface): return ''\n")
    (room / "empty.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    formats = Formats("half", Format("empty", "for tests", ("empty",)), Format("ghost", "", (".ghost",)))
    assert faults(formats, room) == [
        "orphan.py is not registered: add Format('orphan', ...) to FORMATS of half",
        "ghost is registered and has no file: write half/ghost.py with render(...)",
        "empty.py has no function `render`",
        "empty: the ending 'empty' is to begin with a dot",
        "ghost: say in `about` what it is for",
    ]


def test_every_kind_of_document_has_an_example() -> None:
    for module in pkgutil.iter_modules(listings.__path__):
        import_module(f"{listings.__name__}.{module.name}")
    kinds: list[type[Document]] = [Document]
    for kind in kinds:
        kinds += kind.__subclasses__()
    missing = [
        kind.__name__
        for kind in kinds[1:]
        if kind.__module__.startswith("cnncalc.") and not kind.__subclasses__() and kind not in EXAMPLES
    ]
    assert not missing, f"add an example of {missing} to tests/render/examples.py"


@pytest.mark.parametrize("format", list(outputs.FORMATS), ids=lambda one: one.name)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("surface", [PLAIN, Surface(60, unicode=False), Surface(100, colour=True)])
def test_every_format_writes_every_kind_of_document(
    format: Format, kind: type[Document], surface: Surface
) -> None:
    text = outputs.FORMATS.render(format.name, EXAMPLES[kind](), surface)
    assert text.endswith("\n")
    assert ("\x1b" in text) <= (format.terminal and surface.colour)


@pytest.mark.parametrize("format", list(outputs.FORMATS), ids=lambda one: one.name)
def test_a_document_without_a_result_is_no_table(format: Format) -> None:
    text = outputs.FORMATS.render(format.name, REFUSED)
    assert bool(text) == format.diagnostics
    assert ("no such pool" in text) == format.diagnostics


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_json_and_csv_are_read_by_parsers(kind: type[Document]) -> None:
    document = EXAMPLES[kind]()
    assert json.loads(outputs.FORMATS.render("json", document))["format"] == 1
    rows = list(csv.reader(StringIO(outputs.FORMATS.render("csv", document))))
    assert len({len(row) for row in rows}) == 1
    assert len(rows) > 1


class Sample(Document):
    """Each part of a listing with a word of its own."""

    def listings(self, surface: Surface) -> list[Listing[str]]:
        column: Column[str] = Column("key", "column-head", str, str)
        return [
            Listing(
                title="",
                columns=(column,),
                items=("item-text",),
                lead=("lead-text",),
                failure="failure-text",
                notes=("note-text",),
                totals=(Total("total-text", "12"),),
                drawing=("drawing-text",),
                details="details-text",
            )
        ]


@pytest.mark.parametrize(
    "format",
    [one for one in outputs.FORMATS if not one.diagnostics and not one.streams],
    ids=lambda one: one.name,
)
def test_a_format_has_what_it_says_it_has(format: Format) -> None:
    text = outputs.FORMATS.render(format.name, Sample())
    parts = {
        "item-text": True,
        "lead-text": format.lead,
        "failure-text": format.failure,
        "note-text": format.notes,
        "total-text": format.notes,
        "drawing-text": format.drawing,
        "<details>": format.details,
    }
    assert {part: part in text for part in parts} == parts, f"correct the line of {format.name} in FORMATS"


def test_options_help_and_errors_follow_from_the_registry(capsys: pytest.CaptureFixture[str]) -> None:
    for command, formats in (("rf", outputs.FORMATS), ("check", findings.FORMATS)):
        help = " ".join(Ran(capsys, command, "--help").out.split())
        assert "|".join(formats.names) in help
        assert all(ending in help for ending in formats.endings)
        ran = Ran(capsys, command, "stack3x3", "--format", "nope")
        assert ran.code == 2
        assert all(f"'{name}'" in ran.err for name in formats.names)


@pytest.mark.parametrize(
    "words",
    [
        ("rf", "stack3x3"),
        ("compare", "stack3x3", "lenet5"),
        ("compare", "stack3x3", "--frameworks"),
        ("check", "stack3x3"),
        ("sweep", "stack3x3"),
        ("zoo", "lenet"),
        ("pool", "--in", "7", "--kernel", "3"),
        ("spp", "--in", "7", "--levels", "1,2"),
    ],
    ids=lambda words: words[0],
)
def test_an_ending_that_is_no_format_is_refused(
    words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "x.png"
    ran = Ran(capsys, *words, "--output", str(target))
    has_picture = words[0] in ("pool", "spp", "compare", "sweep") and "--frameworks" not in words
    usual = outputs.PICTURED if has_picture else outputs.FORMATS  # a page has the endings of a table
    formats = findings.FORMATS if words[0] == "check" else usual
    assert (ran.code, ran.out) == (2, "")
    assert f"use one of {', '.join(formats.endings)}, or name the format" in ran.err
    assert not target.exists()


def test_a_file_without_an_ending_is_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "table"
    assert main(["rf", "stack3x3", "-o", str(target)]) == 0
    assert target.read_text(encoding="utf-8") == Ran(capsys, "rf", "stack3x3").out


def test_a_format_that_is_named_may_be_in_any_file(tmp_path: Path) -> None:
    target = tmp_path / "numbers.log"
    assert main(["rf", "stack3x3", "--format", "json", "-o", str(target)]) == 0
    assert json.loads(target.read_text(encoding="utf-8"))["format"] == 1


@pytest.mark.parametrize(
    ("name", "preferred", "expected"),
    [
        ("x.json", None, "json"),
        ("x.json", "sarif", "sarif"),
        ("x.sarif.json", None, "sarif"),
        ("x.sarif", "json", "sarif"),
        ("gl-code-quality-report.json", None, "gitlab"),
        ("gl-code-quality-report.json", "json", "json"),
        ("x.XML", None, "junit"),
        ("x.txt", "concise", "concise"),
        ("x.png", "json", None),
        ("x", "json", None),
    ],
)
def test_the_ending_of_a_file_of_findings_says_its_format(
    name: str, preferred: str | None, expected: str | None
) -> None:
    found = findings.FORMATS.of_file(name, preferred)
    assert (None if found is None else found.name) == expected


def test_no_command_asks_for_the_name_of_a_format() -> None:
    folder = Path(import_module("cnncalc.cli").__file__ or "").parent
    named = {name for formats in (outputs.FORMATS, findings.FORMATS) for name in formats.names}
    for path in folder.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        found = [name for name in named if f'== "{name}"' in text or f'!= "{name}"' in text]
        assert not found, f"{path.name} tests for {found}: ask the format what it can hold"


@pytest.mark.parametrize(
    ("words", "endings"), [(("zoo", "lenet5"), ".yaml, .yml"), (("schema",), ".json")], ids=["zoo", "schema"]
)
def test_what_has_one_format_has_its_endings(
    words: tuple[str, ...], endings: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = Ran(capsys, *words, "-o", str(tmp_path / "x.png"))
    assert ran.code == 2 and f"is none of {endings}\n" in ran.err
    for name in ("x", f"x{endings.partition(',')[0]}"):
        assert Ran(capsys, *words, "-o", str(tmp_path / name)).code == 0
    assert not (tmp_path / "x.png").exists()


def test_a_spec_of_the_zoo_has_no_format(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "zoo", "lenet5", "--format", "csv")
    assert (ran.code, ran.out) == (2, "")
    assert "`cnncalc summary lenet5 --format csv` has its numbers" in ran.err
