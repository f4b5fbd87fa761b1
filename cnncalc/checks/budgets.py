"""Conditions on a network or on its change, such as ``params > +5%``: their grammar, and whether they are
met.

``METRIC COMPARISON LIMIT``: a limit with a sign is about the change from the old network to the new one, in
per cent of the
old where it ends in ``%``; a limit without a sign is about the new network alone.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from fractions import Fraction
from math import inf
from typing import NamedTuple

from cnncalc.analysis.report import Report
from cnncalc.errors import Diagnostic, UsageError
from cnncalc.support.numbers import AMOUNT, amount, signed
from cnncalc.support.words import did_you_mean, shown

OPTION = "--fail-if"
BROKEN, UNREADABLE = "E405", "E904"

Number = int | Fraction | float
Values = tuple[Number | None, ...]
"""One number, or one per axis; infinite for a field that is the whole map, ``None`` where unknown."""


def _total(name: str) -> Callable[[Report], Values]:
    return lambda report: (getattr(report.totals, name),)


def _peak(report: Report) -> Values:
    return (report.peak,)


def _receptive_field(report: Report) -> Values:
    return (report.main.field.extent if report.main is not None else ()) or (None,)


def _size(report: Report) -> Values:
    return (report.main.shape.sizes if report.main is not None else ()) or (None,)


METRICS: dict[str, Callable[[Report], Values]] = {
    "params": _total("params"),
    "weights": _total("weights"),
    "biases": _total("biases"),
    "trainable": _total("trainable"),
    "buffers": _total("buffers"),
    "macs": _total("macs"),
    "flops": _total("flops"),
    "activations": _total("activations"),
    "peak": _peak,
    "rf": _receptive_field,
    "size": _size,
}
"""What a condition may be about; several numbers meet it where one of them does."""

_FOREIGN = {"parameters": "params", "peak_activations": "peak", "receptive_field": "rf", "mults": "macs"}
COMPARISONS: dict[str, Callable[[Number, Number], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}
_NAME = re.compile(r"\s*([A-Za-z_]+)")
_SYMBOL = re.compile(r"\s*(>=|<=|==|!=|>|<)(?![<>=])")
_LIMIT = re.compile(rf"\s*([+-]?)\s*{AMOUNT}\s*(%?)")

ALL = "`rf` is that of the output, which sees the whole map, not that of the last layer that sees a part"
_PAIRED = "two files are compared model by model, by their names: of one that was renamed no change is known"


class Budget(NamedTuple):
    """One condition under which a comparison fails."""

    text: str
    metric: str
    comparison: str
    limit: Fraction
    is_change: bool = False
    is_percent: bool = False


class Verdict(NamedTuple):
    """A budget applied to two networks."""

    budget: Budget
    model: str
    old: Values | None
    """``None`` where there is no old network, or the budget is about the new one alone."""
    new: Values | None
    """``None`` where there is no new network."""
    kept: bool
    """False where the condition is true, and where it cannot be decided."""
    file: str = ""
    """The new network's, the old one's where that is gone."""

    @property
    def message(self) -> str:
        """What was measured, in a line."""
        if self.new is None:
            return f"`{self.budget.text}` cannot be decided: `{shown(self.model)}` was removed"
        if self.budget.is_change and self.old is None:
            return f"`{self.budget.text}` cannot be decided: `{shown(self.model)}` is new"
        now = _text(self.new)
        if not self.kept and None in (*self.new, *(self.old or ())):
            return f"`{self.budget.text}` cannot be decided: {self.budget.metric} is unknown"
        if self.old is None:
            return f"`{self.budget.text}`: {self.budget.metric} is {now}"
        return (
            f"`{self.budget.text}`: {self.budget.metric} was {_text(self.old)} and is "
            f"{now}{_percent(self.old, self.new, self.budget)}"
        )

    @property
    def diagnostic(self) -> Diagnostic:
        is_alone = self.new is None or (self.budget.is_change and self.old is None)
        help = _PAIRED if is_alone else ALL if inf in (self.new or ()) else None
        return Diagnostic(BROKEN, "error", self.message, help, f"{self.model}, {self.file}")


class _Unreadable(Exception):
    """What is wrong in a condition, and what would work."""

    def __init__(self, message: str, help: str) -> None:
        super().__init__(message)
        self.help = help


def parse(text: str, option: str = OPTION) -> Budget:
    """A condition as written behind an option.

    Raises:
        UsageError: with what is wrong in it.
    """
    try:
        return _parsed(text)
    except _Unreadable as error:
        message = f"`{option} {shown(text)}`: {error}"
        raise UsageError(Diagnostic(UNREADABLE, "error", message, error.help)) from None


def _parsed(text: str) -> Budget:
    name = _NAME.match(text)
    if name is None:
        raise _missing(text, 0, "expected a metric", f"possible: {', '.join(METRICS)}")
    if name[1] not in METRICS:
        guess = _FOREIGN.get(name[1].lower()) or did_you_mean(name[1], METRICS)
        help = f"did you mean `{guess}`?" if guess else f"possible: {', '.join(METRICS)}"
        raise _Unreadable(f"`{shown(name[1])}` is not a metric", help)
    symbol = _SYMBOL.match(text, name.end())
    if symbol is None:
        raise _missing(text, name.end(), "expected a comparison", f"possible: {' '.join(COMPARISONS)}")
    limit = _LIMIT.match(text, symbol.end())
    if limit is None:
        raise _missing(text, symbol.end(), "expected a number", "for instance 5M, +5% or -1_000")
    if re.match("[0-9_]", text[limit.end() :]):
        raise _Unreadable("the number is too long", "write at most 30 digits, or round it, as in 5M")
    if text[limit.end() :].strip():
        help = _meant(text[limit.end(2) :], limit) or "several conditions are several options"
        raise _missing(text, limit.end(), "the condition should end here", help)
    sign, digits, _, suffix, percent = limit.groups()
    if percent and not sign:
        raise _Unreadable("a per cent is a change, and needs a sign", f"write `+{digits}%`")
    if percent and suffix:
        raise _Unreadable("a per cent has no suffix", f"write `{sign}{digits}%`")
    value = -amount(digits, suffix) if sign == "-" else amount(digits, suffix)
    return Budget(text.strip(), name[1], symbol[1], value, bool(sign), bool(percent))


def _meant(rest: str, limit: re.Match[str]) -> str | None:
    """How a number is written here that is written in another way: ``5k``, ``1,000``, ``1e3``."""
    digits = limit[2]
    small = re.fullmatch(r"\s*([kmgt])\s*", rest)
    if small:
        return f"write `{limit[1]}{digits}{small[1].upper()}`"
    if re.fullmatch(r"(?:,[0-9]{3})+\s*[KMGT]?\s*", rest):
        return f"write `{limit[1]}{digits}{rest.replace(',', '_').strip()}`"
    power = re.fullmatch(r"[eE]\+?0*([0-9]{1,2})\s*", rest)
    if power:
        return f"write `{limit[1]}{_grouped(Fraction(digits.replace('_', '')) * 10 ** int(power[1]))}`"
    return None


def _grouped(number: Fraction) -> str:
    return f"{int(number):_}" if number.denominator == 1 else str(float(number))


def _missing(text: str, column: int, message: str, help: str) -> _Unreadable:
    """The error that something else is found than expected."""
    found = text[column:].split(maxsplit=1)[:1]
    return _Unreadable(f"{message}, found `{shown(found[0])}`" if found else message, help)


def hold(budget: Budget, old: Report | None, new: Report | None) -> Verdict | None:
    """Whether two networks keep a budget; ``None`` where it is about the new one alone, and that is removed.

    A change of a network that is new or removed cannot be decided.
    """
    if new is None:
        return (
            Verdict(budget, old.name, None, None, False, old.file)
            if budget.is_change and old is not None
            else None
        )
    now = METRICS[budget.metric](new)
    if not budget.is_change:
        return Verdict(budget, new.name, None, now, not is_met(budget, now), new.file)
    if old is None:
        return Verdict(budget, new.name, None, now, False, new.file)
    before = METRICS[budget.metric](old)
    if len(before) != len(now):
        return Verdict(budget, new.name, before, (None,) * len(now), False, new.file)
    change = _relative if budget.is_percent else _absolute
    values = tuple(None if a is None or b is None else change(a, b) for a, b in zip(before, now, strict=True))
    return Verdict(budget, new.name, before, now, not is_met(budget, values), new.file)


def is_met(budget: Budget, values: Values) -> bool:
    """Whether a value meets the condition; what is unknown might."""
    compare = COMPARISONS[budget.comparison]
    return any(value is None or compare(value, budget.limit) for value in values)


def _absolute(before: Number, now: Number) -> Number:
    return 0 if before == now else now - before


def _relative(before: Number, now: Number) -> Number:
    """The change in per cent, infinite from nothing to something."""
    if before == now:
        return 0
    if inf in (before, now):
        return inf if now == inf else -100
    return 100 * Fraction(now - before) / Fraction(before) if before else inf


def _text(values: Values) -> str:
    texts = dict.fromkeys(
        "?" if value is None else "all" if value == inf else f"{value:,}" for value in values
    )
    return " x ".join(texts)


def _percent(before: Values, now: Values, budget: Budget) -> str:
    """The change in per cent, of what is the same along all axes; with enough digits to decide."""
    (old, *others), (new, *more) = set(before), set(now)
    if others or more or old is None or new is None:
        return ""
    change = _relative(old, new)
    if isinstance(change, float):
        return ""
    return f" ({signed(change, budget.limit if budget.is_percent else 0)})"
