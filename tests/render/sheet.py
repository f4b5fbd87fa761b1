"""Tables read back from their text alone; the lines that a test has not read are known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_RULE = {"─"}
_MARKS = re.compile(r"^((?:│  |   )*)(├─ |└─ )?")
_COPIES = re.compile(r"^(.*?)(?:\[(\d+)\.\.(\d+)\])?(?: x(\d+))?$")


class Entry(NamedTuple):
    """A row of a tree: all the paths that it stands for, and its cells by their titles."""

    paths: tuple[str, ...]
    cells: dict[str, str]


class Sheet:
    """The lines of a text, of which those that were read are ticked off."""

    def __init__(self, text: str) -> None:
        self.lines = text.splitlines()
        self.is_read = [False] * len(self.lines)
        self.after = 0
        """Where the table ended that was read last."""

    def rest(self) -> list[str]:
        """The lines with a number, or an unknown one, that nobody has read."""
        pairs = zip(self.lines, self.is_read, strict=True)
        return [line for line, is_read in pairs if not is_read and re.search(r"[0-9?]", line)]

    def table(self) -> list[dict[str, str]]:
        """The next table: columns are apart where all its lines have two blanks."""
        return [{title: cell.strip() for title, cell in row.items()} for row in self._table()]

    def _table(self) -> list[dict[str, str]]:
        """The same with the blanks before its names."""
        rule = next(at for at, line in enumerate(self.lines) if set(line) == _RULE and not self.is_read[at])
        end = next((at for at in range(rule, len(self.lines)) if not self.lines[at]), len(self.lines))
        rows = [self.lines[rule - 1], *self.lines[rule + 1 : end]]
        self.is_read[rule - 1 : end] = [True] * (end + 1 - rule)
        self.after = end
        spans = list(_columns(rows))
        titles: list[str] = []
        for first, last in spans:
            title = rows[0][first:last].strip()
            titles.append(title or (f"{titles[-1]} |" if titles else ""))
        assert len(set(titles)) == len(titles), titles
        found: list[dict[str, str]] = []
        before = " "
        for row in rows[1:]:
            cells = [row[first:last].ljust(last - first) for first, last in spans]
            goes_on = found and not any(cell.strip() for cell in cells[1:]) and _MARKS.sub("", row) == row
            if goes_on and not before.endswith(" "):
                found[-1][titles[0]] += cells[0].strip()
                continue
            before = cells[0]
            found.append(dict(zip(titles, cells, strict=True)))
        return [
            {title: cell.rstrip() if title == titles[0] else cell.strip() for title, cell in row.items()}
            for row in found
        ]

    def tree(self) -> list[Entry]:
        """The next table with its names as paths: those of a structure's copies, of which it is one row."""
        found: list[Entry] = []
        above: list[tuple[str, ...]] = []
        for row in self._table():
            label = next(iter(row.values()))
            marks = _MARKS.match(label)
            assert marks is not None
            depth = len(marks[0]) // 3
            name = _COPIES.match(label[marks.end() :])
            assert name is not None
            first, last, times = (None if one is None else int(one) for one in name.groups()[1:])
            if first is None and times is not None:
                first, last = 0, times - 1
            own = (
                [name[1]]
                if first is None or last is None
                else [f"{name[1]}[{at}]" for at in range(first, last + 1)]
            )
            assert times in (None, len(own)), label
            paths = tuple(
                f"{path}/{one}".lstrip("/") for path in (above[depth - 1] if depth else ("",)) for one in own
            )
            del above[depth:]
            above.append(paths)
            found.append(Entry(paths, row))
        return found

    def says(self, sentence: str) -> bool:
        """Whether lines say just this, however they are broken between words."""
        words = sentence.split()
        for at, line in enumerate(self.lines):
            if self.is_read[at] or not line.strip() or not sentence.startswith(line.split()[0]):
                continue
            found: list[str] = []
            for end in range(at, len(self.lines)):
                found += self.lines[end].split()
                if found == words:
                    self.is_read[at : end + 1] = [True] * (end + 1 - at)
                    return True
                if found != words[: len(found)]:
                    break
        return False

    def totals(self) -> dict[str, list[str]]:
        """The lines of the sums, each a title and one or two numbers."""
        found = {}
        for at, line in enumerate(self.lines):
            parts = re.split(r" {2,}", line.strip())
            if not self.is_read[at] and len(parts) in (2, 3) and re.match(r"[\w?]", line.strip()):
                found[parts[0]] = parts[1:]
                self.is_read[at] = True
        return found

    def totals_of(self, title: str) -> list[str]:
        """The numbers of one line of the sums."""
        for at, line in enumerate(self.lines):
            if not self.is_read[at] and line.startswith(f"{title}  "):
                self.is_read[at] = True
                return re.split(r" {2,}", line.strip())[1:]
        raise AssertionError(title)

    def dropped(self) -> list[str]:
        """The titles that are said to have no room."""
        start = "not shown for lack of width: "
        rest = range(self.after, len(self.lines))
        end = next((at for at in rest if set(self.lines[at]) == _RULE), len(self.lines))
        first = next((at for at in rest if at < end and self.lines[at].startswith(start)), None)
        if first is None:
            return []
        end = next((at for at in range(first, end) if not self.lines[at]), end)
        self.is_read[first:end] = [True] * (end - first)
        return " ".join(self.lines[first:end]).removeprefix(start).split(", ")

    def line(self, pattern: str) -> re.Match[str]:
        """The next line of this form that was not read."""
        for at, line in enumerate(self.lines):
            match = None if self.is_read[at] else re.fullmatch(pattern, line)
            if match is not None:
                self.is_read[at] = True
                return match
        raise AssertionError(f"no line like {pattern!r} in\n" + "\n".join(self.lines))


def _columns(rows: list[str]) -> Iterator[tuple[int, int]]:
    """First and last cell of each column."""
    width = max(map(len, rows))
    is_blank = [all(row[at : at + 1] in ("", " ") for row in rows) for at in range(width)] + [True, True]
    first = None
    for at in range(width + 1):
        if first is None and not is_blank[at]:
            first = at
        elif first is not None and is_blank[at] and is_blank[at + 1]:
            yield first, at
            first = None
