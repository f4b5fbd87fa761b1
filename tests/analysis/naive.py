"""Networks at random, with a second opinion of each: sets of input indices followed unit by unit on an unbounded axis."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from functools import cache, lru_cache
from math import gcd, lcm
from typing import Any, NamedTuple

from hypothesis import strategies as st

Indices = frozenset[int]
Item = dict[str, Any]
"""An item of `layers:` as plain data, which JSON writes and YAML reads."""


class Axis(NamedTuple):
    """A tensor along one axis: the input positions that each unit reads, and whether all joins before it were aligned."""

    sees: Callable[[int], Indices]
    aligned: bool = True
    stride: Fraction | None = Fraction(1)
    """Input positions per unit; ``None`` behind a join of unequal strides."""
    ends_agree: bool = True
    """Whether the branches of all joins before it are aligned or see up to the same last position."""
    period: int = 1
    """Units after which the reads repeat, moved on; a multiple of it where they repeat sooner."""
    longest_period: int = 1
    """The longest period of this tensor and of all before it."""

    def span(self, unit: int) -> tuple[int, int] | None:
        seen = self.sees(unit)
        return (min(seen), max(seen)) if seen else None


INPUT = Axis(lambda unit: frozenset([unit]))


def reading(source: Axis, units_read: Callable[[int], list[int]], stride: Fraction) -> Axis:
    """The tensor whose unit i reads the units ``units_read(i)`` of another.

    Some units further it reads the same, moved on: numerator and denominator of the stride say how far.
    """

    @cache
    def sees(unit: int) -> Indices:
        return frozenset().union(*map(source.sees, units_read(unit)))

    faster = None if source.stride is None else source.stride * stride
    period = source.period // gcd(source.period, stride.numerator) * stride.denominator
    return Axis(sees, source.aligned, faster, source.ends_agree, period, max(source.longest_period, period))


def windowed(source: Axis, kernel: int, stride: int, padding: int, dilation: int) -> Axis:
    return reading(
        source, lambda i: [i * stride - padding + m * dilation for m in range(kernel)], Fraction(stride)
    )


def transposed(source: Axis, kernel: int, stride: int, padding: int, dilation: int) -> Axis:
    """Unit i is written by every unit j with i = j*stride - padding + m*dilation."""

    def writers(i: int) -> list[int]:
        return [
            (i + padding - m * dilation) // stride
            for m in range(kernel)
            if (i + padding - m * dilation) % stride == 0
        ]

    return reading(source, writers, Fraction(1, stride))


def repeated(source: Axis, factor: int) -> Axis:
    return reading(source, lambda i: [i // factor], Fraction(1, factor))


def interpolated(source: Axis, factor: int) -> Axis:
    def neighbours(i: int) -> list[int]:
        centre = Fraction(2 * i + 1, 2 * factor) - Fraction(1, 2)
        return [j for j in range(i // factor - 2, i // factor + 3) if abs(j - centre) < 1]

    return reading(source, neighbours, Fraction(1, factor))


def shifted(source: Axis, by: int) -> Axis:
    return reading(source, lambda i: [i + by], Fraction(1))


COMPARED = range(-72, 144)
"""Units whose centres decide whether branches are aligned: more than any period that occurs here."""


def joined(branches: list[Axis]) -> Axis:
    def sees(unit: int) -> Indices:
        return frozenset().union(*(branch.sees(unit) for branch in branches))

    strides = {branch.stride for branch in branches}
    period = lcm(*(branch.period for branch in branches))
    is_even = len(strides) == 1 and None not in strides
    centred = is_even and _centred(branches)
    return Axis(
        lru_cache(maxsize=None)(sees),
        centred and all(branch.aligned for branch in branches),
        strides.pop() if len(strides) == 1 else None,
        (centred or (is_even and _end_together(branches))) and all(branch.ends_agree for branch in branches),
        period,
        max(period, *(branch.longest_period for branch in branches)),
    )


def _centred(branches: list[Axis]) -> bool:
    """Whether at every unit all branches that see something have one centre."""
    spans = ([span for branch in branches if (span := branch.span(unit))] for unit in COMPARED)
    return all(len({first + last for first, last in seen}) <= 1 for seen in spans)


def _end_together(branches: list[Axis]) -> bool:
    """Whether at every unit all branches that see something see up to the same position."""
    spans = ([span for branch in branches if (span := branch.span(unit))] for unit in COMPARED)
    return all(len({last for _, last in seen}) <= 1 for seen in spans)


# Items: how they are written, and what they do along each axis


def per_axis(axes: int, values: st.SearchStrategy[int]) -> st.SearchStrategy[list[int]]:
    return st.lists(values, min_size=axes, max_size=axes)


@st.composite
def window_items(draw: st.DrawFn, axes: int) -> Item:
    """A convolution, a pool or an unfold; strides and dilations are mostly 1, so that networks stay small."""
    op = draw(st.sampled_from(["conv", "depthwise", "maxpool", "unfold"]))
    kernel = draw(per_axis(axes, st.integers(1, 4)))
    stride = draw(per_axis(axes, st.sampled_from([1, 1, 1, 2, 3])))
    padding = (
        [draw(st.integers(0, k // 2)) for k in kernel]
        if op == "maxpool"
        else draw(per_axis(axes, st.integers(0, 3)))
    )
    dilation = draw(per_axis(axes, st.sampled_from([1, 1, 2, 3])))
    return {op: {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}}


@st.composite
def transposed_items(draw: st.DrawFn, axes: int) -> Item:
    arguments = {
        "kernel": draw(per_axis(axes, st.integers(1, 4))),
        "stride": draw(per_axis(axes, st.sampled_from([1, 2, 2, 3]))),
        "padding": draw(per_axis(axes, st.integers(0, 2))),
        "dilation": draw(per_axis(axes, st.sampled_from([1, 1, 2]))),
    }
    return {"conv_transpose": arguments}


def resampling_items(axes: int) -> st.SearchStrategy[Item]:
    factors = per_axis(axes, st.sampled_from([1, 2, 2, 3]))
    upsample = st.builds(
        lambda factor, mode: {"upsample": {"factor": factor, "mode": mode}},
        factors,
        st.sampled_from(["nearest", "bilinear"]),
    )
    margins = st.lists(per_axis(2, st.integers(0, 2)), min_size=axes, max_size=axes)
    border = st.builds(lambda op, margin: {op: margin}, st.sampled_from(["pad", "crop"]), margins)
    return st.one_of(upsample, border)


def plain_items(axes: int) -> st.SearchStrategy[Item]:
    return st.one_of(
        window_items(axes),
        window_items(axes),
        transposed_items(axes),
        resampling_items(axes),
        st.just({"relu": None}),
    )


def structured_items(axes: int, inner: st.SearchStrategy[list[Item]]) -> st.SearchStrategy[Item]:
    """Joins of branches (an empty branch is the current tensor), residuals, sequences, repeats."""
    branches = st.lists(st.one_of(inner, st.just("prev")), min_size=2, max_size=3)
    join = st.builds(lambda op, parts: {op: parts}, st.sampled_from(["concat", "add"]), branches)
    residual = inner.map(lambda body: {"residual": body})
    sequence = st.builds(lambda body, count: {"seq": body, "repeat": count}, inner, st.integers(0, 2))
    return st.one_of(join, join, residual, sequence)


def networks(axes: int) -> st.SearchStrategy[list[Item]]:
    plain = plain_items(axes)
    short = st.lists(plain, max_size=2)
    item = st.one_of(
        plain,
        structured_items(axes, short),
        structured_items(axes, st.lists(structured_items(axes, short), max_size=1)),
    )
    return st.lists(item, min_size=1, max_size=4)


def evaluated(items: list[Item], source: Axis, axis: int) -> Axis:
    """The end of a list along one axis, by index sets."""
    for item in items:
        op, argument = next(iter(item.items()))
        for _ in range(item.get("repeat", 1)):
            source = _applied(op, argument, source, axis)
    return source


def _applied(op: str, argument: Any, source: Axis, axis: int) -> Axis:
    if op in ("conv", "depthwise", "maxpool", "unfold", "conv_transpose"):
        rule = transposed if op == "conv_transpose" else windowed
        return rule(source, *(argument[name][axis] for name in ("kernel", "stride", "padding", "dilation")))
    if op == "upsample":
        return (repeated if argument["mode"] == "nearest" else interpolated)(source, argument["factor"][axis])
    if op in ("pad", "crop"):
        return shifted(source, argument[axis][0] * (-1 if op == "pad" else 1))
    if op == "seq":
        return evaluated(argument, source, axis)
    if op == "residual":
        return joined([evaluated(argument, source, axis), source])
    if op in ("concat", "add"):
        return joined(
            [source if branch == "prev" else evaluated(branch, source, axis) for branch in argument]
        )
    assert op == "relu"
    return source


def spec_of(items: list[Item], axes: int) -> str:
    """The spec of a network on an input of unknown size, so that only indices matter."""
    return json.dumps({"input": ["any"] * (1 + axes), "layers": items})
