"""The values of expressions and what can be done with them: exact rationals within bounds."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from fractions import Fraction
from math import ceil, floor
from typing import NamedTuple, TypeAlias

from cnncalc.errors import Fault
from cnncalc.support.numbers import Number
from cnncalc.support.words import shown

MAX_EXPONENT = 64
"""Of either sign."""
MAX_VALUE = 10**30
"""Bound on the size of every value, of its numerator and of its denominator, in between as well."""


class PassedWord(str):
    """The name of an operation, passed to a block as an argument; it can be compared, not calculated with."""

    __slots__ = ()


class Undetermined:
    """A value that is not known yet; there is one of it, ``UNDETERMINED``."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNDETERMINED"


UNDETERMINED = Undetermined()
"""Stands for a block's parameter while the block is checked by itself: whatever is calculated with it is it
again.
"""

Value: TypeAlias = int | Fraction | bool | PassedWord | Undetermined

# A text whose last step is the only division: there, `//` rounds the whole.
_LAST_QUOTIENT = r"([^/.]*[\w)]\s*)/(\s*\w+\s*)"


class Impossible(Exception):
    """What cannot be calculated, without the expression it stands in."""


def as_integer(value: Value, text: str) -> int:
    """The whole number that an expression ``text`` came to; raises Fault E204 for any other value, TypeError
    for none.
    """
    if type(value) is int:
        return value
    if isinstance(value, Fraction) and value.denominator == 1:
        return value.numerator
    if isinstance(value, Undetermined):
        raise TypeError("an undetermined value is no integer: ask before")
    if not isinstance(value, Fraction):
        raise Fault("E204", f"`{shown(text)}` is {shown_value(value)}, not an integer")
    quotient = re.fullmatch(_LAST_QUOTIENT, text)
    better = f"{quotient[1]}//{quotient[2]}" if quotient else f"floor({text})"
    help = f"write `{shown(better)}` to round down, or use round() or ceil()"
    raise Fault("E204", f"`{shown(text)}` is {shown_value(value)}, not an integer", help)


def shown_value(value: Value) -> str:
    """A value as messages show it: ``21 1/3``, ``true``, ``relu``."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Fraction) and value.denominator != 1:
        whole, rest = divmod(abs(value), 1)
        return f"{'-' if value < 0 else ''}{f'{whole} ' if whole else ''}{rest}"
    return shown(str(value))


def number(value: Value) -> Number:
    """A determined value as a number; true is 1."""
    if isinstance(value, PassedWord):
        raise Impossible(f"`{shown(value)}` is the name of an operation, not a number")
    if isinstance(value, Undetermined):
        raise TypeError("undetermined values are handled before")
    return int(value) if isinstance(value, bool) else value


def bounded(value: Number) -> Number:
    """The value as ``int`` where it is whole; raises beyond the bounds."""
    if isinstance(value, Fraction):
        if value.denominator > MAX_VALUE:
            raise Impossible("a denominator grows beyond 10**30")
        if value.denominator != 1:
            if abs(value.numerator) > MAX_VALUE:
                raise Impossible("a value grows beyond 10**30")
            return value
        value = value.numerator
    if abs(value) > MAX_VALUE:
        raise Impossible("a value grows beyond 10**30")
    return value


def _divide(a: Number, b: Number) -> Number:
    return Fraction(a) / _nonzero(b)


def _floor_divide(a: Number, b: Number) -> Number:
    return a // _nonzero(b)


def _remainder(a: Number, b: Number) -> Number:
    return a % _nonzero(b)


def _nonzero(value: Number) -> Number:
    if value == 0:
        raise Impossible("division by zero")
    return value


def _power(base: Number, exponent: Number) -> Number:
    if not isinstance(exponent, int):
        raise Impossible(f"the exponent {shown_value(exponent)} is not an integer")
    if abs(exponent) > MAX_EXPONENT:
        raise Impossible(f"the exponent {exponent} is beyond {MAX_EXPONENT}")
    if exponent < 0:
        base, exponent = Fraction(1) / _nonzero(base), -exponent
    bits = max(abs(base.numerator).bit_length(), base.denominator.bit_length())
    if (bits - 1) * exponent > MAX_VALUE.bit_length():
        raise Impossible("a value grows beyond 10**30")
    return base**exponent


def _divisible(value: Number, divisor: Number) -> Number:
    """The rounding of MobileNet's reference code: the nearest multiple, at least one, not below 90 % of the
    value.
    """
    if divisor <= 0:
        raise Impossible(f"divisible() needs a positive divisor, not {shown_value(divisor)}")
    rounded = max(divisor, floor(value + Fraction(divisor) / 2) // divisor * divisor)
    return rounded + divisor if rounded < Fraction(9, 10) * value else rounded


class _Function(NamedTuple):
    call: Callable[..., Number]
    least: int
    most: int | None


FUNCTIONS: dict[str, _Function] = {
    "min": _Function(lambda *values: min(values), 1, None),
    "max": _Function(lambda *values: max(values), 1, None),
    "ceil": _Function(ceil, 1, 1),
    "floor": _Function(floor, 1, 1),
    "round": _Function(round, 1, 1),
    "abs": _Function(abs, 1, 1),
    "divisible": _Function(_divisible, 2, 2),
}

_ARITHMETIC: dict[str, Callable[[Number, Number], Number]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divide,
    "//": _floor_divide,
    "%": _remainder,
    "**": _power,
}

COMPARISONS: dict[str, Callable[[Number, Number], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


def arithmetic(symbol: str, a: Value, b: Value) -> Value:
    if a is UNDETERMINED or b is UNDETERMINED:
        return UNDETERMINED
    return bounded(_ARITHMETIC[symbol](number(a), number(b)))


def compare(symbol: str, a: Value, b: Value) -> Value:
    if a is UNDETERMINED or b is UNDETERMINED:
        return UNDETERMINED
    if symbol in ("==", "!=") and (isinstance(a, PassedWord) or isinstance(b, PassedWord)):
        return (type(a) is type(b) and a == b) is (symbol == "==")
    return COMPARISONS[symbol](number(a), number(b))
