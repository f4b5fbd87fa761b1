"""Sets of the ways through a network by which a unit reads its input, each set a number."""

from __future__ import annotations

from collections.abc import Iterable

NONE = 0
"""No way leads to the input."""
ALL = 1
"""All ways do that there are."""


class Ways:
    """Numbers for sets of ways to the input: of a join, one set for each of its inputs.

    Equal sets have equal numbers. What has a single input has the ways of that.
    """

    def __init__(self) -> None:
        self.parts: list[tuple[int, ...]] = [(), ()]
        """By number, the ways of each input."""
        self._numbers: dict[tuple[int, ...], int] = {}
        self._either: dict[tuple[int, int], int] = {}
        self._both: dict[tuple[int, int], int] = {}

    def through(self, inputs: tuple[int, ...]) -> int:
        """The ways of what has these inputs."""
        if len(inputs) == 1:
            return inputs[0]
        first = inputs[0] if inputs else ALL
        if first in (NONE, ALL) and all(one == first for one in inputs):
            return first
        number = self._numbers.setdefault(inputs, len(self.parts))
        if number == len(self.parts):
            self.parts.append(inputs)
        return number

    def of_input(self, ways: int, at: int, inputs: int) -> int:
        """Those that lead through one of so many inputs."""
        return ways if ways in (NONE, ALL) or inputs == 1 else self.parts[ways][at]

    def either(self, some: Iterable[int]) -> int:
        """The ways in any of the sets."""
        found = NONE
        for one in some:
            if one != found:
                found = self._merged(found, one, self._either, NONE, ALL)
        return found

    def both(self, one: int, other: int) -> int:
        """The ways in both sets."""
        return self._merged(one, other, self._both, ALL, NONE)

    def _merged(
        self, one: int, other: int, known: dict[tuple[int, int], int], neutral: int, wins: int
    ) -> int:
        """Input by input; without recursion, since joins may be nested as deep as a network is."""
        todo = [(one, other)]
        while todo:
            pair = todo[-1]
            left, right = pair
            if pair in known:
                todo.pop()
            elif left in (right, wins) or right == neutral:
                known[pair] = left
            elif right == wins or left == neutral:
                known[pair] = right
            else:
                inner = list(zip(self.parts[left], self.parts[right], strict=True))
                missing = [one for one in inner if one not in known]
                todo += missing
                if not missing:
                    known[pair] = self.through(tuple([known[one] for one in inner]))
        return known[one, other]
