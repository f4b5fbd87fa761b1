"""Names of the layers of one list: those given, and numbers for the others."""

from __future__ import annotations

from collections.abc import Iterable


class Names:
    """Hands out a name for each unnamed layer of a list: its label and the next free number."""

    __slots__ = ("_counts", "taken")

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = set(taken)
        self._counts: dict[str, int] = {}

    def own(self, label: str) -> str:
        """``label_1``, ``label_2`` and so on, leaving out names that are given to others."""
        number = self._counts.get(label, 0) + 1
        while f"{label}_{number}" in self.taken:
            number += 1
        self._counts[label] = number
        return f"{label}_{number}"
