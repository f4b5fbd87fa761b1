"""Axis rules other than sliding windows: the whole axis, bins, upsampling, and a border added or cut off."""

from __future__ import annotations

from fractions import Fraction
from math import gcd
from typing import NamedTuple

from cnncalc.errors import Fault
from cnncalc.geometry.axis import (
    LONGEST_PERIOD,
    NEEDS_SIZE,
    PAST,
    TOO_IRREGULAR,
    WHOLE,
    Reads,
    Run,
    Taps,
    Unknown,
)
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


class UpToHere(NamedTuple):
    """As many units as before, each of which reads its own and all before it."""

    def output_size(self, size: Size) -> Size:
        return size

    def reads(self, size: Size, longest: int = LONGEST_PERIOD) -> Reads:
        return PAST


class Blocks(NamedTuple):
    """Units in blocks of ``window`` from ``shift`` on, each of which reads its whole block; the first and the
    last are cut by the border.

    An axis no longer than a block is one block, whatever the shift.
    Source: ``shifted_window_attention`` in torchvision/models/swin_transformer.py
    """

    window: int
    shift: int = 0

    def output_size(self, size: Size) -> Size:
        return size

    def reads(self, size: Size, longest: int = LONGEST_PERIOD) -> Reads:
        if self.window > longest:
            return Unknown(TOO_IRREGULAR)
        shift = 0 if size is not None and size <= self.window else self.shift
        starts = [(unit - shift) // self.window * self.window + shift for unit in range(self.window)]
        return Taps(self.window, tuple(Run(start, 1, self.window) for start in starts))


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

    def weights(self, size: Size) -> tuple[tuple[float, ...], ...]:
        """What each unit that is read counts, run by run as ``reads`` has them."""
        return tuple([_linear(Fraction(2 * i + 1, 2 * self.factor)) for i in range(self.factor)])


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

    def weights(self, size: Size) -> tuple[tuple[float, ...], ...]:
        """What each unit that is read counts, run by run as ``reads`` has them."""
        assert size is not None
        period = self.target // gcd(self.target, size)
        if not self.linear:
            return ((1,),) * period
        return tuple([_linear(Fraction((2 * i + 1) * size, 2 * self.target)) for i in range(period)])


class Interpolation(NamedTuple):
    """Interpolation to ``factor`` times the size, or to ``target`` units, between ``taps`` neighbours.

    With ``aligned`` the first and the last units lie on each other, so that what is read depends on both
    sizes, else the edges do. An axis whose size remains is copied, as PyTorch does it for the nearest and for
    linear neighbours.
    Source: ``area_pixel_compute_source_index`` and ``compute_source_index_and_lambda`` in
    aten/src/ATen/native/UpSample.h
    """

    factor: Fraction | None
    target: Size = None
    taps: int = 2
    """1 is the nearest one, 2 are linear, 4 cubic."""
    aligned: bool = False

    def output_size(self, size: Size) -> Size:
        if self.factor is None or size is None:
            return self.target
        out = size * self.factor.numerator // self.factor.denominator
        if out < 1:
            smallest = -(-self.factor.denominator // self.factor.numerator)
            message = f"{self.factor} times the size {size} leaves nothing"
            raise Fault("E301", message, f"the smallest size that works here is {smallest}")
        return out

    def reads(self, size: Size, longest: int = LONGEST_PERIOD) -> Reads:
        if self.taps <= 2 and size is not None and self.output_size(size) == size:
            return Taps(1, (Run(0, 1, 1),))
        pace = self._pace(size)
        if pace is None:
            return Unknown(NEEDS_SIZE)
        if pace.denominator > longest:
            return Unknown(TOO_IRREGULAR)
        return Taps(pace.numerator, tuple(self._unit(unit, pace) for unit in range(pace.denominator)))

    def _pace(self, size: Size) -> Fraction | None:
        """Input units per output unit; ``None`` where it needs a size that is not known."""
        if self.factor is not None and not self.aligned:
            return 1 / self.factor
        out = self.output_size(size)
        if size is None or out is None:
            return None
        return Fraction(size - 1, max(out - 1, 1)) if self.aligned else Fraction(size, out)

    def weights(self, size: Size) -> tuple[tuple[float, ...], ...]:
        """What each unit that is read counts, run by run as ``reads`` has them."""
        reads, pace = self.reads(size), self._pace(size)
        assert isinstance(reads, Taps)
        if (len(reads.runs) == 1 and reads.runs[0].length == 1) or pace is None or self.taps == 1:
            return tuple([(1,) * run.length for run in reads.runs])
        of = _linear if self.taps == 2 else _cubic
        return tuple([of(self._centre(unit, pace)) for unit in range(len(reads.runs))])

    def _unit(self, unit: int, pace: Fraction) -> Run:
        if self.taps == 1:
            return Run(unit * pace.numerator // pace.denominator, 1, 1)
        run = _neighbours(self._centre(unit, pace))
        return run if run.length == 1 else Run(run.start - self.taps // 2 + 1, 1, self.taps)

    def _centre(self, unit: int, pace: Fraction) -> Fraction:
        """Where a unit lies on the input, measured from the edge of its unit 0."""
        return pace * unit + Fraction(1, 2) if self.aligned else pace * (2 * unit + 1) / 2


def _neighbours(centre: Fraction) -> Run:
    """The units whose weight is not zero where the interpolation point is at ``centre``, measured from the
    edge of unit 0.
    """
    position = centre - Fraction(1, 2)
    first = position.numerator // position.denominator
    return Run(first, 1, 1 if position == first else 2)


def _linear(centre: Fraction) -> tuple[float, ...]:
    """The weights of linear interpolation at a point."""
    part = (centre - Fraction(1, 2)) % 1
    return (float(1 - part), float(part)) if part else (1,)


def _cubic(centre: Fraction) -> tuple[float, ...]:
    """The weights of cubic convolution with a = -0.75 at a point.

    Source: ``get_cubic_upsample_coefficients`` in aten/src/ATen/native/UpSample.h
    """
    part, a = (centre - Fraction(1, 2)) % 1, Fraction(-3, 4)
    if not part:
        return (1,)

    def near(x: Fraction) -> float:
        return float(((a + 2) * x - (a + 3)) * x * x + 1)

    def far(x: Fraction) -> float:
        return float(((a * x - 5 * a) * x + 8 * a) * x - 4 * a)

    return (far(part + 1), near(part), near(1 - part), far(2 - part))


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
