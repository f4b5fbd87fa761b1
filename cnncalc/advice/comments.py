"""W517, and what comments such as ``# cnncalc: ignore[W504]`` turn off on their line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from cnncalc import codes
from cnncalc.codes.code import Code
from cnncalc.errors import Diagnostic, Fault, Location
from cnncalc.language.parser import comments
from cnncalc.language.source import Source
from cnncalc.support.words import did_you_mean, shown

CODE = "W517"
_MARK = "cnncalc:"
_IGNORE = re.compile(
    r"#\s*cnncalc:\s*ignore(?![\w-])\s*(?:\[(?P<codes>[^\]#]*)(?P<end>\]?)|(?P<bare>\W*[EWew][0-9]))?"
)


class Ignores(NamedTuple):
    """What the comments of a file turn off, and which of them are not understood."""

    beginnings: Mapping[int, tuple[str, ...]] = {}
    """By line, of the codes that are turned off there."""
    misunderstood: tuple[Diagnostic, ...] = ()

    def turn_off(self, found: Diagnostic) -> bool:
        """Whether a warning is not wanted on its line."""
        line = found.location.line if found.location is not None else 0
        return found.code.startswith(self.beginnings.get(line, ()))


def ignores(source: Source) -> Ignores:
    """What the comments of a file that could be read turn off."""
    if _MARK not in source.text:
        return Ignores()
    beginnings: dict[int, tuple[str, ...]] = {}
    misunderstood: list[Diagnostic] = []
    for line, column, comment in comments(source):
        for found in _IGNORE.finditer(comment):
            faults = list(_faults(found))
            place = Location(source.name, line, column + found.start(), len(found[0].rstrip()))
            misunderstood += [
                fault.at(place, None, source.excerpt(line))._replace(severity="warning") for fault in faults
            ]
            beginnings[line] = (*beginnings.get(line, ()), *_turned_off(found))
    return Ignores(beginnings, tuple(misunderstood))


def _turned_off(found: re.Match[str]) -> tuple[str, ...]:
    """The beginnings of codes: any for a comment that names none, no code for one that is not understood."""
    if found["codes"] is None:
        return ("",) if found["bare"] is None else ()
    return tuple(code for code in _codes(found) if _is_known(code)) if found["end"] else ()


def _faults(found: re.Match[str]) -> Iterator[Fault]:
    if found["bare"] is not None or (found["codes"] is not None and not found["end"]):
        yield Fault(
            CODE,
            "this comment turns nothing off: its codes are not in brackets",
            "write them as in `ignore[W504, W507]`",
        )
        return
    for code in _codes(found):
        if not _is_known(code):
            guess = did_you_mean(code.upper(), codes.CODES)
            help = f"did you mean `{guess}`?" if guess else "`cnncalc explain` lists the codes"
            yield Fault(CODE, f"this comment turns nothing off: no code begins with `{shown(code)}`", help)


def _codes(found: re.Match[str]) -> list[str]:
    return [code for text in (found["codes"] or "").split(",") if (code := text.strip())]


def _is_known(code: str) -> bool:
    return any(known.startswith(code) for known in codes.CODES)


CODES = (
    Code(
        "W517",
        "a comment that does not turn off a warning",
        "`# cnncalc: ignore[W504]` turns off the warnings of its line by codes or their beginnings; "
        "without brackets, all of them. This one names a code that does not exist, or its codes are not "
        "in brackets, so it has no effect.",
        """
        input: [3, 15, 15]
        layers:
          - conv3x3: 8  # cnncalc: ignore[504]
        """,
        """
        input: [3, 15, 15]
        layers:
          - maxpool2  # cnncalc: ignore[W504]
        """,
    ),
)
