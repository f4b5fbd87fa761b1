"""Numbers as people write them, such as ``62.4M`` or ``1_000``: digits that may be grouped, and a suffix for
a power of 1000.
"""

from __future__ import annotations

from fractions import Fraction

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
