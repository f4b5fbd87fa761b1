"""Items of a text that are written as one above them in their list, which YAML then need not read again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_ITEM = re.compile(r" *- (?! )(?:[\w.,:{}\[\]()+/ \n-]|(?<=[\w)])\*(?=[\w(]))+", re.ASCII)
"""The lines of an item that means the same wherever it is: without quotes, anchors, comments and the like."""
_DASH = re.compile(" *- ")


class Place(NamedTuple):
    """Where an item starts; counted from 1."""

    line: int
    column: int


class Again(NamedTuple):
    """An item that is left out: its first line, and where the one is that it repeats."""

    line: int
    first: Place


class Shortened(NamedTuple):
    """A text in which some lines are empty, to be read in place of the whole."""

    text: str
    repeats: dict[Place, list[Again]]
    """What is left out, by the place of the item that it comes after."""

    @property
    def left_out(self) -> int:
        """How many items; where the reader cannot put back as many, the lines of some were no items."""
        return sum(map(len, self.repeats.values()))


def shortened(lines: Sequence[str]) -> Shortened:
    """A text without the items that repeat one above them.

    The dash of the next item ends an item, so that nothing else depends on what is left out; the last item of
    those that follow each other stays, for what comes after it may belong to it.
    """
    kept = list(lines)
    repeats: dict[Place, list[Again]] = {}
    for column, items in _runs(lines):
        firsts: dict[str, Place] = {}
        after: list[Again] = []
        for start, stop in items[:-1]:
            text = lines[start] if stop == start + 1 else "\n".join(lines[start:stop])
            first = firsts.get(text)
            if first is not None:
                after.append(Again(start + 1, first))
                kept[start:stop] = [""] * (stop - start)
            elif _ITEM.fullmatch(text):
                firsts[text] = place = Place(start + 1, column)
                after = repeats[place] = []
            else:
                firsts = {}
    return Shortened("\n".join(kept), repeats)


def _runs(lines: Sequence[str]) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    """The columns of lists, and the lines of those of their items that follow each other without a gap, each
    from its dash to before the next one.
    """
    lines = [*lines, ""]
    at, last = 0, len(lines) - 1
    while at < last:
        found = _DASH.match(lines[at])
        if found is None:
            at += 1
            continue
        dash, deeper, items = found[0], " " * (len(found[0]) - 1), []
        while lines[at].startswith(dash):
            start = at
            at += 1
            while lines[at].startswith(deeper):
                at += 1
            items.append((start, at))
        yield len(dash) + 1, items
