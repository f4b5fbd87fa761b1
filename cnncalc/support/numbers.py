"""Numbers as people write them, such as ``62.4M``, and as messages and tables show them."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

Number = int | Fraction
POWERS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
"""What the suffixes stand for."""
AMOUNT = r"([0-9][0-9_]{0,29}(?:\.[0-9_]{0,30})?)(\s*)([KMGT]?)"
"""A pattern without a sign; its groups are the digits, the gap and the suffix."""


def amount(digits: str, suffix: str) -> Fraction:
    """The number that is written."""
    return Fraction(digits.replace("_", "")) * POWERS[suffix]


def decimals(digits: str) -> int:
    """The digits after the point."""
    return len(digits.replace("_", "").partition(".")[2])


def by(values: Iterable[object]) -> str:
    """One value per axis, such as 3x5; ``?`` for one that is not known."""
    return "x".join(["?" if value is None else str(value) for value in values])


def plural(number: int | None, noun: str, nouns: str | None = None) -> str:
    """A count with its noun, such as 1 layer, 2 layers; ``nouns`` is an irregular plural."""
    if number == 1:
        return f"1 {noun}"
    nouns = nouns or f"{noun}s"
    return f"an unknown number of {nouns}" if number is None else f"{number:,} {nouns}"


def percent(number: int | Fraction, base: int | Fraction) -> str | None:
    """The change from ``base`` in per cent of it, such as -42.9 %; ``None`` if ``base`` is 0."""
    return signed(Fraction(number - base) * 100 / base) if base else None


def signed(per_cent: int | Fraction, limit: int | Fraction = 0) -> str:
    """A change in per cent, exact to a tenth; with as many digits more as it takes to tell it from ``limit``,
    which is nothing at all by default.
    """
    if not per_cent:
        return "0.0 %"
    sign, size = "+" if per_cent > 0 else "-", abs(Fraction(per_cent))
    beside = abs(Fraction(limit)) if (limit > 0) == (per_cent > 0) else Fraction(0)
    places = 1
    while True:
        digits = nearest(size.numerator * 10**places, size.denominator)
        shown = Fraction(digits, 10**places)
        if digits and (size == beside or (shown != beside and (shown > beside) == (size > beside))):
            break
        places += 1
    whole, rest = divmod(digits, 10**places)
    return f"{sign}{whole:,}.{rest:0{places}} %"


def nearest(numerator: int, denominator: int) -> int:
    """The whole number nearest to a quotient, a half rounded up."""
    return (2 * numerator + denominator) // (2 * denominator)
