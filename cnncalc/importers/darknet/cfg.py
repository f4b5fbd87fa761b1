"""Darknet's cfg files: text to sections of ``key=value`` lines with their places.

Source: src/parser.c and src/option_list.c of AlexeyAB/darknet
"""

from __future__ import annotations

from typing import NamedTuple, NoReturn

from cnncalc.errors import Location
from cnncalc.importers.items import Malformed
from cnncalc.support.words import shown

MOST_SECTIONS = 100_000


class Option(NamedTuple):
    """The value of a key as written, without the blanks that Darknet strips, and its line."""

    text: str
    line: int


class Section(NamedTuple):
    """One ``[name]`` with its options; of a key given twice the first counts, as in Darknet."""

    name: str
    options: dict[str, Option]
    line: int


def sections(text: str, file: str) -> tuple[Section, ...]:
    """The sections of a file, in order.

    Raises:
        Malformed: E116, with its line, for a line that is neither a section nor an option.
    """
    found: list[Section] = []
    for number, raw in enumerate(text.split("\n"), 1):
        line = "".join(raw.split())
        if not line or line[0] in "#;":
            continue
        if line[0] == "[":
            if len(found) >= MOST_SECTIONS:
                _refuse(file, number, raw, f"more than {MOST_SECTIONS:,} sections")
            name, _, more = line[1:].partition("]")
            if more and more[0] not in "#;":
                _refuse(
                    file, number, raw, f"`{shown(more)}` is behind the name of a section", "begin a new line"
                )
            found.append(Section(name, {}, number))
            continue
        key, equals, value = line.partition("=")
        if not equals or not key:
            _refuse(
                file,
                number,
                raw,
                f"`{shown(line)}` is neither a section nor an option",
                "write `key=value` or `[name]`",
            )
        if not found:
            _refuse(file, number, raw, f"`{shown(key)}` is before the first section", "begin with `[net]`")
        found[-1].options.setdefault(key, Option(value, number))
    return tuple(found)


def _refuse(file: str, line: int, raw: str, message: str, help: str | None = None) -> NoReturn:
    raise Malformed(file, message, help, Location(file, line, 1, max(len(raw.rstrip()), 1)))
