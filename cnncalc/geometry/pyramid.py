"""Spatial pyramid pooling along one axis: the four ways to place ``bins`` windows over a map."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import prod
from typing import NamedTuple

from cnncalc.errors import Fault
from cnncalc.geometry.axis import Run
from cnncalc.geometry.participation import interval, runs, unread_end
from cnncalc.geometry.receptive_field import Interval
from cnncalc.geometry.resample import Bins, adaptive
from cnncalc.geometry.window import CEIL, Window
from cnncalc.support.numbers import by


class Level(NamedTuple):
    """One level of a pyramid along an axis of length ``size``."""

    mode: str
    size: int
    bins: int
    """The number of bins asked for."""
    rule: Window | Bins

    @property
    def reads(self) -> tuple[Run, ...]:
        """The positions each bin obtained reads; those beyond ``0..size-1`` are padding."""
        return runs(self.rule, self.size)

    @property
    def obtained(self) -> int:
        return self.rule.output_size(self.size) or 0

    @property
    def unread(self) -> int:
        """The number of positions that no bin reads: those after the last bin, because no mode leaves
        gaps.
        """
        if not isinstance(self.rule, Window):
            return 0
        unread = unread_end(self.rule, self.size)
        assert unread is not None
        return unread

    @property
    def exact(self) -> bool:
        """Whether the number of bins is the one asked for and every position is read."""
        return self.obtained == self.bins and self.unread == 0

    @property
    def intervals(self) -> tuple[Interval, ...]:
        """First and last position of each bin, padding included."""
        return tuple(interval(run) for run in self.reads)

    @property
    def window(self) -> int:
        """The length of the largest bin."""
        return max(run.length for run in self.reads)

    @property
    def stride(self) -> int | None:
        """The distance from one bin to the next; ``None`` where it varies."""
        if isinstance(self.rule, Window):
            return self.rule.stride
        starts = [run.start for run in self.reads]
        steps = {there - here for here, there in pairwise(starts)} or {self.size}
        return steps.pop() if len(steps) == 1 else None

    @property
    def padding(self) -> tuple[int, int]:
        padding = self.rule.padding if isinstance(self.rule, Window) else None
        return padding or (0, 0)


class Tier(NamedTuple):
    """One level of a pyramid over all axes of a map."""

    bins: int
    """The number of bins asked for along every axis."""
    axes: tuple[Level, ...]
    """Empty where the mode has no such level."""
    fault: Fault | None = None

    @property
    def exact(self) -> bool:
        return self.fault is None and all(axis.exact for axis in self.axes)

    @property
    def obtained(self) -> int | None:
        """All bins of the level; ``None`` where the mode has no such level."""
        return None if self.fault is not None else prod(axis.obtained for axis in self.axes)

    def alternatives(self, sizes: tuple[int, ...]) -> tuple[str, ...]:
        """The modes that give the number of bins asked for on a map of ``sizes`` and read every position."""
        return alternatives(tuple((size, self.bins) for size in sizes))


class Pyramid(NamedTuple):
    """The levels of one mode over one map."""

    mode: str
    sizes: tuple[int, ...]
    tiers: tuple[Tier, ...]

    @property
    def bins(self) -> int | None:
        """The bins of all levels together, the vector's length per channel."""
        obtained = [tier.obtained for tier in self.tiers]
        return None if None in obtained else sum(number for number in obtained if number is not None)


def pyramid(mode: str, sizes: tuple[int, ...], levels: tuple[int, ...]) -> Pyramid:
    """All levels of a pyramid; a level that the mode does not have contains its fault."""
    return Pyramid(mode, sizes, tuple(_tier(mode, sizes, bins) for bins in levels))


def _tier(mode: str, sizes: tuple[int, ...], bins: int) -> Tier:
    try:
        return Tier(bins, tuple(level(mode, size, bins) for size in sizes))
    except Fault as fault:
        return Tier(bins, (), fault)


def level(mode: str, size: int, bins: int) -> Level:
    """Place ``bins`` windows over an axis.

    Raises:
        Fault: where the mode has no such level, see ``level_rule``.
    """
    return Level(mode, size, bins, level_rule(mode, size, bins))


def level_rule(mode: str, size: int, bins: int) -> Window | Bins:
    """The rule of a pyramid level along an axis of length ``size``, for one of ``MODES``.

    Raises:
        Fault: E308 where the mode has no such level.
    """
    return _RULES[mode](size, bins)


def alternatives(pairs: tuple[tuple[int, int], ...]) -> tuple[str, ...]:
    """The modes that give the wanted bins and leave nothing unread for all ``(size, bins)``."""
    return tuple(mode for mode in MODES if all(_works(mode, size, bins) for size, bins in pairs))


def _works(mode: str, size: int, bins: int) -> bool:
    try:
        return level(mode, size, bins).exact
    except Fault:
        return False


def shortfall(levels: tuple[Level, ...]) -> tuple[str, str] | None:
    """Where the axes of a level do not get the bins wanted: what happens, and the modes that work."""
    wrong = tuple(axis for axis in levels if axis.obtained != axis.bins)
    if not wrong:
        return None
    wanted, obtained = by(axis.bins for axis in levels), by(axis.obtained for axis in levels)
    names = alternatives(tuple((axis.size, axis.bins) for axis in levels))
    return (
        f"mode {wrong[0].mode} gives {obtained} bins on a map of {by(axis.size for axis in levels)} "
        f"instead of {wanted}",
        f"use a mode that gives {wanted}: {', '.join(names)}",
    )


def _paper(size: int, bins: int) -> Window:
    """Window ``ceil(a/n)``, stride ``floor(a/n)``: more than n bins where ``a mod n > floor(a/n)``.

    Source: He, Zhang, Ren, Sun 2014, "Spatial Pyramid Pooling in Deep Convolutional Networks", section 2.3.
    """
    return Window(-(-size // bins), _paper_stride("paper", size, bins))


def _exact(size: int, bins: int) -> Window:
    """The paper's stride with the window that ends the last bin at the last position."""
    stride = _paper_stride("exact", size, bins)
    return Window(size - (bins - 1) * stride, stride)


def _paper_stride(mode: str, size: int, bins: int) -> int:
    if bins > size:
        raise Fault(
            "E308",
            f"mode {mode} has no {bins} bins on a map of {size}: the stride floor({size}/{bins}) "
            f"is 0; use a level with at most {size} bins",
            "use mode adaptive, whose bins may overlap",
        )
    return size // bins


def _caffe(size: int, bins: int) -> Window:
    """Kernel = stride = ``ceil(a/n)``, padded on both sides to at least n kernels, rounded up.

    Source: ``GetPoolingParam`` in src/caffe/layers/spp_layer.cpp; the limit is CHECK_LT(pad_h_, kernel_h_) in
    pooling_layer.cpp.
    """
    kernel = -(-size // bins)
    padding = (kernel * bins - size + 1) // 2
    if padding >= kernel:
        raise Fault(
            "E308",
            f"mode caffe has no {bins} bins on a map of {size}: padding {padding} is "
            f"not smaller than the kernel {kernel}",
            "Caffe stops there; use mode adaptive" + (" or exact" if bins <= size else ""),
        )
    return Window(kernel, kernel, padding, padding, rounding=CEIL)


_RULES: dict[str, Callable[[int, int], Window | Bins]] = {
    "paper": _paper,
    "exact": _exact,
    "adaptive": lambda size, bins: adaptive(bins, size),
    "caffe": _caffe,
}
MODES = tuple(_RULES)
"""The names of the modes, the paper's first."""
