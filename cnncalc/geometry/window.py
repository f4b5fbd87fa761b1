"""Window arithmetic, the only floor and ceil formulas of the project: sliding windows and transposed ones."""

from __future__ import annotations

from functools import lru_cache
from math import gcd
from typing import NamedTuple

from cnncalc.errors import Fault
from cnncalc.geometry.axis import LONGEST_PERIOD, NEEDS_SIZE, TOO_IRREGULAR, Reads, Run, Taps, Unknown
from cnncalc.geometry.shape import Size


class Rounding(NamedTuple):
    """How a last window that does not fit is counted."""

    up: bool = False
    """Round the number of windows up, so that the last one may extend over the end."""
    drop_in_padding: bool = True
    """Drop a last window that would start at or beyond the end of the unpadded input plus ``before``."""


FLOOR = Rounding()
CEIL = Rounding(up=True)


class Window(NamedTuple):
    """A sliding window along one axis: output unit i reads ``i*stride - before + m*dilation`` for m in
    0..kernel-1.

    ``before`` and ``after`` are the padding in elements, negative where the input is cropped. Both are
    ``None`` in the only case where they cannot be known, padding to ``ceil(size / stride)`` outputs
    (``same``) of an input of
    unknown size.
    """

    kernel: int
    stride: int = 1
    before: int | None = 0
    after: int | None = 0
    dilation: int = 1
    rounding: Rounding = FLOOR

    @property
    def extent(self) -> int:
        """The dilated kernel ``d*(k-1)+1``: from the first to the last position it reads."""
        return self.dilation * (self.kernel - 1) + 1

    @property
    def padding(self) -> tuple[int, int] | None:
        if self.before is None or self.after is None:
            return None
        return (self.before, self.after)

    def output_size(self, size: Size) -> Size:
        """The number of windows: ``floor((n + p0 + p1 - k_e) / s) + 1``, or with ceil as the rounding says.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html; the dropped window is
        ``pooling_output_shape_pad_lr`` in aten/src/ATen/native/Pool.h and Caffe's pooling_layer.cpp.
        """
        if size is None or self.before is None or self.after is None:
            return None
        room = size + self.before + self.after - self.extent
        count = room // self.stride + 1
        if self.rounding.up and room % self.stride:
            count += 1
        if (
            self.rounding.up
            and self.rounding.drop_in_padding
            and (count - 1) * self.stride >= size + self.before
        ):
            count -= 1
        if count < 1:
            raise Fault(
                "E301", self._misfit(size), f"the smallest size that works here is {self.smallest_input()}"
            )
        return count

    def smallest_input(self) -> int:
        """The smallest input length that gives an output; 1 where the padding is not known."""
        slack = self.stride - 1 if self.rounding.up else 0
        return max(1, self.extent - (self.before or 0) - (self.after or 0) - slack)

    def _misfit(self, size: int) -> str:
        before, after = self.before or 0, self.after or 0
        window = (
            f"window {self.extent}"
            if self.dilation == 1
            else f"window {self.extent} (kernel {self.kernel}, dilation {self.dilation})"
        )
        return f"{window} does not fit the {'padded ' if before or after else ''}size {size + before + after}"

    def reads(self, size: Size, longest: int = LONGEST_PERIOD) -> Reads:
        if self.before is None:
            return Unknown(
                NEEDS_SIZE, window_taps(self.stride, self._usual_before(), self.kernel, self.dilation)
            )
        return window_taps(self.stride, self.before, self.kernel, self.dilation)

    def _usual_before(self) -> int:
        return max(self.extent - self.stride, 0) // 2


@lru_cache(maxsize=4096)
def window_taps(stride: int, before: int, kernel: int, dilation: int) -> Taps:
    return Taps(stride, (Run(-before, dilation, kernel),))


class TransposedWindow(NamedTuple):
    """The window of a transposed convolution: input unit j adds to the outputs ``j*stride - before +
    m*dilation``.

    Output unit i therefore reads the j with ``i = j*stride - before + m*dilation`` for some m in 0..kernel-1.
    """

    kernel: int
    stride: int = 1
    before: int = 0
    after: int = 0
    dilation: int = 1
    output_padding: int = 0

    @property
    def padding(self) -> tuple[int, int] | None:
        return (self.before, self.after)

    def output_size(self, size: Size) -> Size:
        """``(n-1)*s - p0 - p1 + d*(k-1) + output_padding + 1``.

        Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.ConvTranspose2d.html
        """
        if size is None:
            return None
        fixed = self.dilation * (self.kernel - 1) + 1 + self.output_padding - self.before - self.after
        out = (size - 1) * self.stride + fixed
        if out < 1:
            smallest = 1 + -(-(1 - fixed) // self.stride)
            raise Fault(
                "E301",
                f"padding {self.before}+{self.after} leaves no output of a "
                f"transposed window over size {size}",
                f"the smallest size that works here is {smallest}",
            )
        return out

    def reads(self, size: Size, longest: int = LONGEST_PERIOD) -> Reads:
        if self.stride > longest:
            return Unknown(TOO_IRREGULAR)
        return transposed_taps(self.stride, self.before, self.kernel, self.dilation)


@lru_cache(maxsize=64)
def transposed_taps(stride: int, before: int, kernel: int, dilation: int) -> Taps:
    """One run per residue of the output unit; residues that no tap reaches read nothing (a checkerboard's
    holes).
    """
    common = gcd(stride, dilation)
    spacing = stride // common
    inverse = pow(dilation // common, -1, spacing)
    runs = []
    for residue in range(stride):
        turns, rest = divmod(residue + before, common)
        first_tap = (
            turns * inverse % spacing
        )  # the smallest m with m*dilation = residue + before modulo the stride
        if rest or first_tap >= kernel:
            runs.append(Run(0, 1, 0))
            continue
        count = (kernel - 1 - first_tap) // spacing + 1
        last_tap = first_tap + (count - 1) * spacing
        runs.append(Run((residue + before - last_tap * dilation) // stride, dilation // common, count))
    return Taps(1, tuple(runs))
