"""Sizes of the form a + b*q: the size rules applied to all sizes of one residue class at once."""

from __future__ import annotations

from math import gcd, inf


class Finer(Exception):
    """A division without remainder only where the step of the residue class is ``factor`` times larger."""

    def __init__(self, factor: int) -> None:
        super().__init__(factor)
        self.factor = factor


class Curved(Exception):
    """A product of two sizes, which is of no form a + b*q."""


class Span:
    """The values of q around ``at`` for which every comparison made so far has the same outcome."""

    __slots__ = ("at", "first", "last")

    def __init__(self, at: float, first: int = 0, last: float = inf) -> None:
        self.at = at
        """Infinite for all large enough q."""
        self.first = first
        self.last = last

    def narrow(self, first: int, last: float) -> None:
        self.first = max(self.first, first)
        self.last = min(self.last, last)

    def sign(self, a: int, b: int) -> int:
        """The sign of ``a + b*q``, the span narrowed to where it is that."""
        if b == 0:
            return (a > 0) - (a < 0)
        root, rest = divmod(-a, b)
        if self.at == root and not rest:
            self.narrow(root, root)
            return 0
        if self.at > root:
            self.narrow(root + 1, inf)
            return 1 if b > 0 else -1
        self.narrow(0, root if rest else root - 1)
        return -1 if b > 0 else 1


class Ray:
    """A number ``a + b*q`` with the operators of a whole number, for the q of a span.

    A division with a remainder raises ``Finer``; a comparison is decided at the span's q and
    narrows the span.
    """

    __slots__ = ("a", "b", "span")

    def __init__(self, a: int, b: int, span: Span) -> None:
        self.a = a
        self.b = b
        self.span = span

    def _parts(self, other: object) -> tuple[int, int]:
        if isinstance(other, Ray):
            return other.a, other.b
        if isinstance(other, int):
            return other, 0
        raise TypeError(f"a size is compared with {type(other).__name__}")

    def __add__(self, other: Ray | int) -> Ray:
        a, b = self._parts(other)
        return Ray(self.a + a, self.b + b, self.span)

    def __sub__(self, other: Ray | int) -> Ray:
        a, b = self._parts(other)
        return Ray(self.a - a, self.b - b, self.span)

    def __rsub__(self, other: int) -> Ray:
        return Ray(other - self.a, -self.b, self.span)

    def __neg__(self) -> Ray:
        return Ray(-self.a, -self.b, self.span)

    def __mul__(self, other: Ray | int) -> Ray:
        a, b = self._parts(other)
        if self.b and b:
            raise Curved
        return Ray(self.a * a, self.a * b + self.b * a, self.span)

    __radd__ = __add__
    __rmul__ = __mul__

    def __floordiv__(self, other: Ray | int) -> Ray:
        a, b = self._parts(other)
        if b:
            return Ray(self._quotient(a, b), 0, self.span)
        if self.b % a:
            raise Finer(abs(a) // gcd(self.b, a))
        return Ray(self.a // a, self.b // a, self.span)

    def __rfloordiv__(self, other: int) -> Ray:
        return Ray(other, 0, self.span) // self

    def __mod__(self, other: Ray | int) -> Ray:
        return self - (self // other) * other

    def __rmod__(self, other: int) -> Ray:
        return Ray(other, 0, self.span) % self

    def __divmod__(self, other: Ray | int) -> tuple[Ray, Ray]:
        quotient = self // other
        return quotient, self - quotient * other

    def _quotient(self, a: int, b: int) -> int:
        """The floor of this number by the positive ``a + b*q``, the span narrowed to where it is that."""
        at = self.span.at
        if at == inf:
            floor, rest = divmod(self.b, b)
            if not rest and self.span.sign(self.a - floor * a, 0) < 0:
                floor -= 1
        else:
            q = int(at)
            floor = (self.a + self.b * q) // (a + b * q)
        self.span.sign(a, b)
        self.span.sign(self.a - floor * a, self.b - floor * b)
        self.span.sign(self.a - (floor + 1) * a, self.b - (floor + 1) * b)
        return floor

    def _sign_of_difference(self, other: object) -> int:
        a, b = self._parts(other)
        return self.span.sign(self.a - a, self.b - b)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (Ray, int)):
            return NotImplemented
        return self._sign_of_difference(other) == 0

    def __lt__(self, other: Ray | int) -> bool:
        return self._sign_of_difference(other) < 0

    def __le__(self, other: Ray | int) -> bool:
        return self._sign_of_difference(other) <= 0

    def __gt__(self, other: Ray | int) -> bool:
        return self._sign_of_difference(other) > 0

    def __ge__(self, other: Ray | int) -> bool:
        return self._sign_of_difference(other) >= 0

    def __bool__(self) -> bool:
        return self._sign_of_difference(0) != 0

    def __hash__(self) -> int:
        """The same for all, so that a set compares each with each."""
        return 0

    def __str__(self) -> str:
        at = self.span.at
        return (
            str(self.a)
            if not self.b
            else f"{self.a}+{self.b}q"
            if at == inf
            else str(self.a + self.b * int(at))
        )

    __repr__ = __str__
