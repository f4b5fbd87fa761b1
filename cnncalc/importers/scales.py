"""Factors of resizes, which outside formats give as floating point numbers."""

from __future__ import annotations

from fractions import Fraction

from cnncalc.language.written import Expression

MOST_DENOMINATOR = 1000
"""Of the fractions that are recognized."""


def fraction_of(scale: float, size: int, new: int) -> Fraction | None:
    """The fraction that a number of 32 bits or more is for, where it gives the new size."""
    found = Fraction(scale).limit_denominator(MOST_DENOMINATOR)
    is_near = abs(float(found) - scale) <= abs(scale) * 2**-22
    return found if is_near and size * found.numerator // found.denominator == new else None


def as_written(factor: Fraction) -> int | Expression:
    """A factor as a spec has it."""
    return int(factor) if factor.denominator == 1 else Expression(factor)
