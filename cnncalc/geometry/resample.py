"""Axis rules other than sliding windows: the whole axis, bins, upsampling, and a border added or cut off."""

from __future__ import annotations

from fractions import Fraction
from math import gcd
from typing import NamedTuple

from cnncalc.errors import Fault
from cnncalc.geometry.axis import LONGEST_PERIOD, NEEDS_SIZE, TOO_IRREGULAR, WHOLE, Reads, Run, Taps, Unknown
from cnncalc.geometry.shape import Size
from cnncalc.geometry.window import Window


class All(NamedTuple):
    """Global pooling: one output unit that reads everything."""

    def output_size(self, size: Size) -> Size:
        return 1

    def reads(self, size: Size, longest: int = LONGEST_PERIOD) -> Reads:
        return WHOLE


class Everywhere(NamedTuple):
    """As many units as before, each of which reads everything."""

    def output_size(self, size: Size) -> Size:
        return size

    def reads(self, size: Size, longest: int = LONGEST_PERIOD) -> Reads:
        return WHOLE


class Bins(NamedTuple):
    """Adaptive pooling to ``bins`` bins: bin i reads ``floor(i*n/bins) .. ceil((i+1)*n/bins)-1``.

    Source: ``start_index`` and ``end_index`` in aten/src/ATen/native/AdaptivePooling.h; the same rule in
    SPP-net's code and in
    Fast R-CNN's RoI pooling.
    """

    bins: int

    def output_size(self, size: Size) -> Size:
        return self.bins

    def reads(self, size: Size, longest: int = LONGEST_PERIOD) -> Reads:
        if self.bins == 1:
            return WHOLE
        if size is None:
            return Unknown(NEEDS_SIZE)
        period = self.bins // gcd(self.bins, size)
        if period > longest:
            return Unknown(TOO_IRREGULAR)
        return Taps(period * size // self.bins, tuple(self._bin(i, size) for i in range(period)))

    def _bin(self, i: int, size: int) -> Run:
        first = i * size // self.bins
        end = -(-(i + 1) * size // self.bins)
        return Run(first, 1, end - first)


def adaptive(bins: int, size: Size) -> Window | Bins:
    """The rule of adaptive pooling along an axis of length ``size``: a window where all bins are equal and
    evenly spaced.

    With ``size = stride*bins + rest`` bin i begins at ``i*stride + floor(i*rest/bins)``, so they are equal
    only for a rest of 0 or 1.
    """
    if bins == 1 or size is None or size < bins or size % bins > 1:
        return Bins(bins)
    stride, rest = divmod(size, bins)
    return Window(stride + rest, stride)


class Nearest(NamedTuple):
    """Upsampling by an integer factor: unit i reads unit ``floor(i/factor)``.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Upsample.html (mode ``nearest``)
    """

    factor: int

    def output_size(self, size: Size) -> Size:
        return None if size is None else size * self.factor

    def reads(self, size: Size, longest: int = LONGEST_PERIOD) -> Reads:
        if self.factor > longest:
            return Unknown(TOO_IRREGULAR)
        return Taps(1, (Run(0, 1, 1),) * self.factor)


class Bilinear(NamedTuple):
    """Linear interpolation by an integer factor, centres aligned: unit i reads the neighbours of
    ``(i+1/2)/factor - 1/2``.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Upsample.html (``align_corners=False``)
    """

    factor: int

    def output_size(self, size: Size) -> Size:
        return None if size is None else size * self.factor

    def reads(self, size: Size, longest: int = LONGEST_PERIOD) -> Reads:
        if self.factor > longest:
            return Unknown(TOO_IRREGULAR)
        return Taps(1, tuple(_neighbours(Fraction(2 * i + 1, 2 * self.factor)) for i in range(self.factor)))


class Resize(NamedTuple):
    """Interpolation to ``target`` units, whatever the input: nearest reads ``floor(i*n/target)``, linear the
    neighbours.
    """

    target: int
    linear: bool = False

    def output_size(self, size: Size) -> Size:
        return self.target

    def reads(self, size: Size, longest: int = LONGEST_PERIOD) -> Reads:
        if size is None:
            return Unknown(NEEDS_SIZE)
        period = self.target // gcd(self.target, size)
        if period > longest:
            return Unknown(TOO_IRREGULAR)
        advance = period * size // self.target
        if self.linear:
            return Taps(
                advance,
                tuple(_neighbours(Fraction((2 * i + 1) * size, 2 * self.target)) for i in range(period)),
            )
        return Taps(advance, tuple(Run(i * size // self.target, 1, 1) for i in range(period)))


def _neighbours(centre: Fraction) -> Run:
    """The units whose weight is not zero where the interpolation point is at ``centre``, measured from the
    edge of unit 0.
    """
    position = centre - Fraction(1, 2)
    first = position.numerator // position.denominator
    return Run(first, 1, 1 if position == first else 2)


class Border(NamedTuple):
    """Positions added at both ends, or cut off where negative."""

    before: int
    after: int

    def output_size(self, size: Size) -> Size:
        if size is None:
            return None
        if size + self.before + self.after < 1:
            raise Fault(
                "E307",
                f"cutting {-self.before}+{-self.after} leaves nothing of size {size}",
                "cut less, or crop later",
            )
        return size + self.before + self.after

    def reads(self, size: Size, longest: int = LONGEST_PERIOD) -> Reads:
        return Taps(1, (Run(-self.before, 1, 1),))
