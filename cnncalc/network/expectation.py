"""Expectations of a spec: the metrics and their possible values. Types only; nothing is measured here."""

from __future__ import annotations

import re
from collections.abc import Iterable
from math import inf
from typing import NamedTuple

from cnncalc.errors import Diagnostic, Location, Origin
from cnncalc.support.numbers import AMOUNT, Number

Quantity = Number | float | str
"""One that is measured: a number, infinite for the size of a field that is the whole map; ``"all"`` for its
other properties.
"""
Measured = Quantity | None | tuple[Quantity | None, ...]
"""One for all, or one per axis; ``None`` where unknown."""
ALL = "all"

SHAPE_METRICS = ("shape", "size", "in")
SUMS = ("params", "trainable", "buffers", "macs")
COUNT_METRICS = ("channels", *SUMS)
FIELD_METRICS = ("rf", "stride", "padding")
FITTING = "sizes"
"""Which input sizes fit; of a whole model only."""
METRICS = (*SHAPE_METRICS, *COUNT_METRICS, *FIELD_METRICS)


_LITERAL = re.compile(rf"(?:<=|>=)?\s*[+-]?{AMOUNT}")


class Bounds(NamedTuple):
    """The values allowed: from ``low`` to ``high``, both included, ``None`` for no limit; or a word."""

    text: str
    low: Number | None = None
    high: Number | None = None
    word: str | None = None

    @property
    def explained(self) -> str:
        """The text, followed by the value of an expression."""
        limits = {limit for limit in (self.low, self.high) if limit is not None}
        if len(limits) != 1 or self.text.startswith(("{", "~")) or _LITERAL.fullmatch(self.text):
            return self.text
        return f"{self.text} = {quoted(limits.pop())}"

    def hold(self, value: Quantity | None) -> bool:
        if self.word is not None:
            return value is not None and quoted(value) == self.word
        if self.low is None and self.high is None:
            return True
        if value is None or isinstance(value, str):
            return False
        return (self.low is None or self.low <= value) and (self.high is None or value <= self.high)


def quoted(value: Quantity) -> str:
    """A value as messages quote it."""
    return ALL if value == inf else f"{value:,}" if isinstance(value, int) else str(value)


class SizeSet(NamedTuple):
    """Which input sizes must fit: exactly the residues modulo a number, from some size on; the smallest."""

    residues: tuple[int, ...] | None
    modulo: int
    smallest: int | None
    text: str


class Expectation(NamedTuple):
    """One expectation: a metric and its expected value, in total or per axis; for ``error`` it is a code."""

    metric: str
    bounds: tuple[Bounds, ...]
    is_listed: bool
    origin: Origin
    sizes: SizeSet | None = None
    """What is expected of the metric ``sizes``."""

    @property
    def text(self) -> str:
        if self.sizes is not None:
            return self.sizes.text
        return self._listed(bound.text for bound in self.bounds)

    @property
    def explained(self) -> str:
        """The text, with the values of expressions."""
        return self._listed(bound.explained for bound in self.bounds)

    def _listed(self, texts: Iterable[str]) -> str:
        wanted = ", ".join(texts)
        return f"[{wanted}]" if self.is_listed else wanted


class Finding(NamedTuple):
    """The outcome of one expectation, or an error that prevents checking those of a model."""

    model: str
    path: str | None
    metric: str
    wanted: str
    got: str
    diagnostic: Diagnostic | None = None
    expectation: Expectation | None = None
    measured: Measured = None
    """What the expectation was compared with; ``None`` where it is unknown or nothing was measured."""

    @property
    def ok(self) -> bool:
        return self.diagnostic is None

    @property
    def place(self) -> Location | None:
        """Where the expectation is written, the same for all calls of a block."""
        return None if self.expectation is None else self.expectation.origin.location

    @property
    def subject(self) -> str:
        """Model and path; messages name the metric themselves."""
        return f"{self.model}: {self.path}" if self.path else self.model

    @property
    def what(self) -> str:
        """Model, path and metric in a few words."""
        return f"{self.model}: {self.path + ' ' if self.path else ''}{self.metric}"
