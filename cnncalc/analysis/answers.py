"""One layer asked everything about given inputs: its shape, what it reads, stores and computes."""

from __future__ import annotations

from typing import NamedTuple

from cnncalc.errors import Fault
from cnncalc.frameworks.rules import Framework
from cnncalc.geometry.arrangement import Arrangement
from cnncalc.geometry.axis import LONGEST_PERIOD, AxisRule, Reads, Taps
from cnncalc.geometry.shape import LARGEST_SIZE, Shape, Size
from cnncalc.geometry.window import TransposedWindow, Window
from cnncalc.layers.base import Layer, Params


class Answers(NamedTuple):
    """A layer's answers for given input shapes; the same for every copy of it there."""

    in_shape: Shape
    """The one shape that its inputs make together."""
    shape: Shape
    rules: tuple[AxisRule, ...]
    """What it does along each axis of its input."""
    reads: tuple[Reads, ...]
    """Which units of its input each unit reads, along each axis."""
    params: Params
    macs: Size
    advice: tuple[Fault, ...]
    arrangement: Arrangement | None = None
    """How the axes are laid out anew; ``None`` where each stays."""
    flattens: bool = False
    """Whether it makes a vector of a map."""
    windows: tuple[Window | TransposedWindow, ...] | None = None
    """The window along each axis; ``None`` where the operation has none."""
    is_known: bool = True
    """Whether all of its numbers are."""
    keeps_pace: bool = False
    """Whether its units are as far apart as those of its input."""
    missing: str | None = None
    """The argument without which some number stays unknown."""


def ask(
    layer: Layer, shapes: tuple[Shape, ...], framework: Framework, longest: int = LONGEST_PERIOD
) -> Answers:
    """The answers of a layer for its inputs' shapes; reads that repeat only after more than ``longest`` units
    are not worked out.

    Raises:
        Fault: where the layer does not fit there.
    """
    layer = layer.beside(shapes)
    in_shape = layer.combine(shapes)
    rules = _shared(layer.axes((in_shape, *shapes[1:]), framework))
    arrangement = layer.arrangement(in_shape)
    sizes = _sizes(layer, rules, in_shape) if arrangement is None else arrangement.sizes
    flattens = layer.flattens_map(in_shape, framework)
    if flattens:
        sizes = ()
    shape = _checked(Shape(layer.out_channels(in_shape), sizes))
    params, macs = layer.params(in_shape, framework), layer.macs(in_shape, shape)
    reads = tuple([rule.reads(size, longest) for rule, size in zip(rules, in_shape.sizes, strict=True)])
    return Answers(
        in_shape=in_shape,
        shape=shape,
        rules=rules,
        reads=reads,
        params=params,
        macs=macs,
        advice=layer.advice(in_shape),
        arrangement=arrangement,
        flattens=flattens,
        windows=windows_of(rules),
        is_known=shape.known and None not in params and macs is not None,
        keeps_pace=all(isinstance(one, Taps) and one.advance == len(one.runs) for one in reads),
        missing=layer.missing(),
    )


def _shared(rules: tuple[AxisRule, ...]) -> tuple[AxisRule, ...]:
    """The same rules, as one object where two axes are treated alike, so that this is seen at once."""
    if len(rules) == 2 and type(rules[0]) is type(rules[1]) and rules[0] == rules[1]:
        return (rules[0], rules[0])
    return rules


def windows_of(rules: tuple[AxisRule, ...]) -> tuple[Window | TransposedWindow, ...] | None:
    """The rules of all axes where all of them are windows, else ``None``."""
    windows = tuple([rule for rule in rules if isinstance(rule, (Window, TransposedWindow))])
    return windows if windows and len(windows) == len(rules) else None


def _sizes(layer: Layer, rules: tuple[AxisRule, ...], in_shape: Shape) -> tuple[Size, ...]:
    return tuple([rule.output_size(size) for rule, size in zip(rules, in_shape.sizes, strict=True)])


def _checked(shape: Shape) -> Shape:
    """The same shape, where it is none of a slip or an attack."""
    largest = max((axis for axis in shape.axes if axis is not None), default=0)
    if largest > LARGEST_SIZE:
        message = "its channels or a size exceed 10**18, the largest possible"
        raise Fault("E102", message, "lower a factor, a stride or a kernel")
    return shape
