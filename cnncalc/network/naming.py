"""Names of the layers of one list, those given and numbers for the others; paths made of names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

NAME_RULE = (
    "use a name of at least one character, without `/`, without an index such as `[0]` at its "
    "end, and not `prev`"
)
LONGEST_NAME = 1000
"""In characters; a YAML key cannot be longer either."""
_INDEX = re.compile(r"\[[0-9]+\]\Z")
"""The index of a copy, at the end of its name."""


_COPY = re.compile(r"(.+)\[(-?[0-9]{1,9}|\*)\]", re.DOTALL)


def copy_named(text: str) -> tuple[str, int | None] | None:
    """The item and the index that ``c[0]`` or ``c[-1]`` names, ``None`` for all of them, ``c[*]``; ``None``
    where no copy is named.
    """
    match = _COPY.fullmatch(text) if text.endswith("]") else None
    return None if match is None else (match[1], None if match[2] == "*" else int(match[2]))


def is_name(text: str) -> bool:
    """Whether a tensor, a branch or a block may have that name."""
    return (
        text not in ("", "prev") and len(text) <= LONGEST_NAME and "/" not in text and not _INDEX.search(text)
    )


def scopes(path: str) -> Iterator[str]:
    """Every path that contains a path: its own, those above it, and for each copy (``scope[0]``) that of all
    copies.
    """
    end = len(path)
    while end > 0:
        scope = path[:end]
        yield scope
        index = _INDEX.search(scope)
        if index is not None:
            yield scope[: index.start()]
        end = path.rfind("/", 0, end)


class Names:
    """Hands out a name for each unnamed layer of a list: its label and the next free number."""

    __slots__ = ("_counts", "last", "taken")

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = set(taken)
        self.last = ""
        """The name given or taken most recently."""
        self._counts: dict[str, int] = {}

    def own(self, label: str) -> str:
        """``label_1``, ``label_2`` and so on, leaving out names that are given to others."""
        number = self._counts.get(label, 0) + 1
        name = f"{label}_{number}"
        while name in self.taken:
            number += 1
            name = f"{label}_{number}"
        self._counts[label] = number
        return name
