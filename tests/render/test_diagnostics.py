"""Diagnostics in full: places, carets, and lines too long or too strange to show as they are."""

from __future__ import annotations

import re
from typing import Any

import pytest

from cnncalc.errors import Diagnostic, Location
from cnncalc.render.diagnostics import BEFORE_CARET, LONGEST_EXCERPT, closing_line, render
from cnncalc.render.surface import PLAIN, Surface
from tests.render.reports import misfit


def at(line: str, column: int, width: int = 1, surface: Surface = PLAIN) -> list[str]:
    text = render(
        [Diagnostic("E101", "error", "m", None, None, Location("f.yaml", 3, column, width), line)], surface
    )
    return text.splitlines()[3:]


def test_a_diagnostic_as_a_whole() -> None:
    assert render([misfit("head/conv9x9_1")]) == (
        "error[E301]: window 9 does not fit the size 7\n"
        "  --> net.yaml:12:5 (head/conv9x9_1)\n"
        "   |\n"
        "12 |   - conv9x9: 64\n"
        "   |     ^^^^^^^\n"
        "   = in `head` at line 30\n"
        "   = help: the smallest size that works here is 9\n"
    )


def test_several_stand_apart_and_none_is_nothing() -> None:
    assert render([misfit("a"), misfit("b")]).count("\n\nerror[E301]") == 1
    assert render([]) == ""


def test_several_errors_are_counted() -> None:
    error, warning = misfit("a"), Diagnostic("W501", "warning", "few bins")
    other = error._replace(location=Location("other.yaml", 1, 1))
    missing = Diagnostic("E110", "error", "`no.yaml` does not exist")
    assert (
        closing_line([])
        == closing_line([error])
        == closing_line([error, warning])
        == closing_line([warning, warning])
        == ""
    )
    assert closing_line([error, error]) == "\n2 errors\n"
    assert closing_line([error, warning, other]) == "\n2 errors and 1 warning in 2 files\n"
    assert closing_line([error, *[warning] * 2, missing]) == "\n2 errors and 2 warnings\n"
    assert closing_line([error] * 1001, Surface(colour=True)) == "\n\x1b[1m1,001 errors\x1b[0m\n"


def test_a_warning_without_a_place() -> None:
    assert render([Diagnostic("W501", "warning", "few bins")]) == "warning[W501]: few bins\n"


def test_a_long_line_is_shortened_around_the_caret() -> None:
    for column in (1, 50, 2500, 4999, 5000):
        line = "".join(chr(ord("a") + at % 26) for at in range(5000))
        shown, marks = at(line, column)
        caret = marks.index("^")
        assert shown[caret] == line[column - 1], column
        assert len(shown) <= LONGEST_EXCERPT + len("3 | …") + 1
        assert shown.startswith("3 | …") == (column - 1 > BEFORE_CARET)


def test_a_caret_stays_in_its_line_and_under_its_text() -> None:
    assert at("ab", 1, 99) == ["3 | ab", "  | ^^"]
    assert at("ab", 9) == ["3 | ab", "  |   ^"]
    assert at("卷积: 3", 5, 1) == ["3 | 卷积: 3", "  |       ^"]
    assert at("\t- a", 4) == ["3 |  - a", "  |    ^"]


def test_nothing_user_given_reaches_the_terminal_raw() -> None:
    evil = "a\x1b[2Jb\r\x07"
    found = Diagnostic("E101", "error", evil, evil, evil, Location(evil, 1, 3, 2), evil, (evil,))
    text = render([found])
    assert not any(character in text for character in "\x1b\r\x07")
    assert text.splitlines()[3:5] == ["1 | a␛[2Jb␍␇", "  |   ^^"]


def test_colours_and_ascii() -> None:
    assert "\x1b[1;31merror[E301]\x1b[0m" in render([misfit("a")], Surface(80, True, True))
    assert at("x" * 500, 250, surface=Surface(None, False))[0].isascii()


@pytest.mark.parametrize(("severity", "colour"), [("error", "1;31"), ("warning", "1;33")])
def test_code_and_caret_have_the_colour_of_what_is_found(severity: Any, colour: str) -> None:
    found = misfit("a")._replace(severity=severity, help="to help, help yourself")
    text = render([found], Surface(30, True, True))
    assert re.findall(f"\x1b\\[{colour}m(.*?)\x1b\\[0m", text) == [f"{severity}[E301]", "^^^^^^^"]
    assert text.count("\x1b[36mhelp\x1b[0m") == 1
    assert re.sub("\x1b\\[[0-9;]*m", "", text) == render([found], Surface(30))


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("column", [1, 30, 90, 150, 200])
@pytest.mark.parametrize("unicode", [True, False])
def test_nothing_is_wider_than_the_terminal(width: int, column: int, unicode: bool) -> None:
    line = "".join(chr(ord("a") + at % 26) for at in range(200))
    found = misfit("head")._replace(
        message="a message " * 20,
        help="some help " * 20,
        location=Location("net.yaml", 123, column, 5),
        excerpt=line,
    )
    lines = render([found], Surface(width, unicode)).splitlines()
    assert max(map(len, lines)) <= width
    excerpt, marks = (next(at for at in lines if mark in at) for mark in ("123 | ", "^"))
    start = marks.index("^")
    assert excerpt[start : start + marks.count("^")] == line[column - 1 : column + 4]
    joined = " ".join(" ".join(lines).split())
    assert "a message " * 19 in joined and "some help " * 19 in joined


def test_words_of_a_message_are_whole_and_colours_change_nothing() -> None:
    found = misfit("head")._replace(message="one-long-word " * 12)
    plain = render([found], Surface(50))
    assert all(word in ("one-long-word", "error[E301]:") for word in plain.partition("  -->")[0].split()[:8])
    assert re.sub("\x1b\\[[0-9;]*m", "", render([found], Surface(50, colour=True))) == plain
