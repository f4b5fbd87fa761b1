"""How a measured value is written where another one stood: in the same form, in the same precision."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import TypeGuard

from cnncalc.network.expectation import Bounds, Measured, Quantity, quoted
from cnncalc.support.numbers import AMOUNT, POWERS, Number, decimals

BoundAndValue = tuple[Bounds, Quantity]
"""What is expected of a value, and what was measured."""

_LITERAL = re.compile(rf"[+-]?{AMOUNT}")
_SIGNED = re.compile(r"(<=|>=)(\s*)(.*)")
_GROUPED_FROM = 10_000


def respelt(text: str, entries: Sequence[BoundAndValue]) -> str | None:
    """The text that holds for every entry: the old one where it does, else one of its form; ``None`` where
    there is none.

    A number becomes the measured number, ``~62.4M`` keeps its precision, and a bound becomes the tightest
    that holds.
    """
    if all(bound.hold(value) for bound, value in entries):
        return text
    values = [value for _, value in entries]
    numbers = [value for value in values if is_number(value)]
    signed = _SIGNED.fullmatch(text.strip())
    if signed:
        if len(numbers) < len(values):
            return None
        limit = max(numbers) if signed[1] == "<=" else min(numbers)
        return f"{signed[1]}{signed[2]}{spelt(limit, signed[3])}"
    if text.strip().startswith("~"):
        return _rounded(text.strip()[1:], numbers) if len(numbers) == len(values) else None
    return spelt(values[0], text) if len(set(values)) == 1 else None


def is_numeric(text: str) -> bool:
    """Whether a text is of a form that only numbers have: a bound, or a rounded number."""
    return text.strip().startswith(("<=", ">=", "~"))


def is_number(value: Quantity) -> TypeGuard[Number]:
    """Whether a value is finite."""
    return isinstance(value, (int, Fraction))


def spelt(value: Quantity, like: str = "") -> str:
    """A value in digits, grouped where the text it stands for is, or where it is long and there is none.

    A suffix stays where the value is exact in it.
    """
    if not is_number(value):
        return quoted(value)
    if value.denominator != 1:
        return str(value)
    number = int(value)
    literal = _LITERAL.fullmatch(like.strip())
    if literal and literal[3]:
        scaled = _scaled(number, literal[1], literal[2] + literal[3], POWERS[literal[3]])
        if scaled is not None:
            return scaled
    plain = literal is not None and "_" not in like and not literal[3] and len(literal[0]) > 4
    return f"{number:_}" if abs(number) >= _GROUPED_FROM and not plain else str(number)


def expect_text(metric: str, measured: Measured) -> str | None:
    """What is measured as an ``expect`` says it: a list for a shape, one number where all axes have the same.

    ``None`` where any of it is unknown.
    """
    values = measured if isinstance(measured, tuple) else (measured,)
    known = [value for value in values if value is not None]
    if not known or len(known) < len(values):
        return None
    if metric not in ("shape", "in") and len(set(known)) == 1:
        return spelt(known[0])
    return f"[{', '.join(map(spelt, known))}]"


def _scaled(number: int, digits: str, suffix: str, power: int) -> str | None:
    """The number in a unit, with at most the decimals written so far; ``None`` where it is not exact so."""
    places = decimals(digits)
    units = Fraction(number * 10**places, power)
    return None if units.denominator != 1 else _point(int(units), places, "_" in digits) + suffix


def _rounded(text: str, values: Iterable[Number]) -> str | None:
    """``~62.4M`` for other values, which must all round to the same."""
    literal = _LITERAL.fullmatch(text.strip())
    if literal is None:
        return None
    gap = text[: len(text) - len(text.lstrip())]
    found = {_at_precision(value, literal) for value in values}
    return f"~{gap}{found.pop()}" if len(found) == 1 else None


def _at_precision(value: Number, literal: re.Match[str]) -> str:
    """A value rounded to the decimals of a literal; in a smaller unit where nothing of it would be left."""
    digits, space, suffix = literal[1], literal[2], literal[3]
    places = decimals(digits)
    units = _nearest(Fraction(value) * 10**places / POWERS[suffix])
    if units or not value:
        return _point(units, places, "_" in digits) + space + suffix
    significant = len(re.sub(r"[^0-9]", "", digits).lstrip("0")) or 1
    size = abs(Fraction(value))
    smaller = next(unit for unit in reversed(POWERS) if size >= POWERS[unit] or not unit)
    whole = len(str(int(size / POWERS[smaller])))
    places = max(significant - whole, 0) if smaller else 0
    units = _nearest(Fraction(value) * 10**places / POWERS[smaller])
    return _point(units, places, grouped=False) + (space + smaller if smaller else "")


def _point(units: int, places: int, grouped: bool) -> str:
    """``units`` of the last decimal, with the point where it belongs."""
    whole, rest = divmod(abs(units), 10**places)
    text = f"{whole:_}" if grouped else str(whole)
    return ("-" if units < 0 else "") + (f"{text}.{rest:0{places}d}" if places else text)


def _nearest(value: Fraction) -> int:
    """Rounded to the nearest whole number, halves up."""
    return int((2 * value + 1) // 2)
