"""The size of a tensor: channels and spatial axes, any of them possibly unknown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from math import prod
from typing import NamedTuple

from cnncalc.errors import InputError
from cnncalc.support.numbers import by

MOST_AXES = 3
"""Spatial axes that a map can have."""

Size = int | None
"""A length along an axis, in elements; ``None`` is unknown."""


class Shape(NamedTuple):
    """Channels first, without the batch; a flat tensor (a vector) has no spatial axes."""

    channels: Size
    sizes: tuple[Size, ...] = ()

    @property
    def rank(self) -> int:
        """The number of spatial axes."""
        return len(self.sizes)

    @property
    def known(self) -> bool:
        return self.channels is not None and None not in self.sizes

    @property
    def is_point(self) -> bool:
        """Whether all spatial sizes are 1, as those of a vector: ``add`` and ``mul`` spread it over a map."""
        return all(size == 1 for size in self.sizes)

    @property
    def axes(self) -> tuple[Size, ...]:
        """Channels and sizes in one tuple, as shapes are written."""
        return (self.channels, *self.sizes)

    @lru_cache(maxsize=1024)  # noqa: B019 - a value is its own key, and many layers have the same
    def elements(self) -> Size:
        """How many numbers the tensor holds; ``None`` where an axis is unknown."""
        return product(self.axes)

    def __str__(self) -> str:
        return by(self.axes)


def product(factors: tuple[Size, ...]) -> Size:
    """The product of sizes, unknown where one of them is."""
    return None if None in factors else prod(factors)  # type: ignore[arg-type]


def common_sizes(shapes: Iterable[Shape]) -> tuple[Size, ...]:
    """The size along each axis that all of some shapes of one rank have; ``None`` where they differ or it is
    unknown.
    """
    along = zip(*(shape.sizes for shape in shapes), strict=True)
    return tuple([sizes[0] if len(set(sizes)) == 1 else None for sizes in along])


def total(sizes: Iterable[Size]) -> Size:
    """The sum of sizes, unknown where one of them is."""
    found = 0
    for size in sizes:
        if size is None:
            return None
        found += size
    return found


def channels_first(shape: Shape) -> Shape | None:
    """The shape that was probably meant by one such as 224x224x3; ``None`` where it may be right as
    written.
    """
    *sizes, last = shape.axes
    if len(sizes) < 2 or len(set(sizes)) > 1 or last not in (1, 3) or sizes[0] is None or sizes[0] <= 3:
        return None
    return Shape(last, tuple(sizes))


LARGEST_SIZE = 10**18
"""The limit of channels and sizes; larger ones are rejected, so that their products remain numbers that can
be shown.
"""


def axis_words(text: str) -> list[str]:
    """The axes of ``3x224x224`` or ``3,224,224`` as they are written."""
    return [word.strip() for word in text.lower().replace(",", "x").split("x")]


def is_any(word: str) -> bool:
    """Whether an axis is written as unknown."""
    return word in ("any", "?")


def axis_size(word: str) -> int | None:
    """An axis written in digits; ``None`` where it is not a size."""
    size = int(word) if word.isascii() and word.isdigit() and len(word) < 20 else 0
    return size if 0 < size <= LARGEST_SIZE else None


def as_shape(given: str | Shape | Sequence[Size]) -> Shape:
    """A shape as it is, where it is one, or from text as ``parse_shape`` reads it, or from its numbers.

    Raises:
        TypeError: for anything else.
        InputError: where an axis is not a positive integer, or there are too many of them.
    """
    if isinstance(given, str):
        return parse_shape(given)
    if isinstance(given, list | tuple) and given and not isinstance(given, Shape):
        given = Shape(given[0], tuple(given[1:]))
    if not isinstance(given, Shape) or not isinstance(given.sizes, tuple):
        kind = f"an empty {type(given).__name__}" if given in ([], ()) else type(given).__name__
        raise TypeError(f"a shape is '3x224x224', (3, 224, 224) or a Shape, not {kind}")
    for axis in given.axes:
        if axis is not None and (not isinstance(axis, int) or isinstance(axis, bool)):
            raise TypeError(f"an axis is a whole number or None, not {axis!r}")
        if axis is not None and not 0 < axis <= LARGEST_SIZE:
            raise InputError(f"an axis is a number from 1 to {LARGEST_SIZE:,}")
    if given.rank > MOST_AXES:
        raise InputError(f"a shape has the channels and at most {MOST_AXES} sizes")
    return given


def parse_shape(text: str) -> Shape:
    """A shape from ``3x224x224`` or ``3,224,224``; ``any`` and ``?`` are unknown.

    Raises:
        InputError: where an axis is not a positive integer, or where it is more than one shape.
    """
    axes: list[Size] = []
    if "," in text and "x" in text.lower():
        first = text.split(",")[0].strip()
        raise InputError(
            f"{text!r} is more than one shape: write one, for instance {first}; "
            f"`cnncalc sweep` computes several in one run"
        )
    if text.count("x") + text.count(",") > MOST_AXES:
        raise InputError(f"a shape has the channels and at most {MOST_AXES} sizes, for instance 3x224x224")
    for word in axis_words(text):
        size = axis_size(word)
        if size is None and not is_any(word):
            why = f"{word} is not from 1 to {LARGEST_SIZE:,}; " if word.lstrip("-").isdecimal() else ""
            raise InputError(
                f"{text!r} is not a shape: {why}write the channels and the sizes, for instance 3x224x224"
            )
        axes.append(size)
    return Shape(axes[0], tuple(axes[1:]))
