"""Pooling windows: their positions along each axis, and how often each input is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from cnncalc.errors import Diagnostic
from cnncalc.geometry.participation import Pooled, interval, phases_read
from cnncalc.render.axes import product_map, windows
from cnncalc.render.document import Document, Rows
from cnncalc.render.listing import Column, Listing
from cnncalc.render.records import FORMAT, diagnostic_of, dumps
from cnncalc.render.surface import PLAIN, Surface
from cnncalc.render.text import exact
from cnncalc.support.numbers import by, plural

AXES = ("y", "x")


class Axis(NamedTuple):
    """A pool along one axis, and the axis' name."""

    name: str
    pooled: Pooled


class Pools(Document):
    """What the command ``pool`` shows; ``axes`` is ``None`` where the framework refuses the pool."""

    def __init__(
        self, axes: tuple[Pooled, ...] | None, framework: str, diagnostics: Sequence[Diagnostic] = ()
    ) -> None:
        self.axes = axes
        self.framework = framework
        self.diagnostics = diagnostics

    def listings(self, surface: Surface) -> tuple[Listing[Axis], ...]:
        """One table and its drawings."""
        return () if self.axes is None else (listing(self.axes, surface),)

    def rows(self) -> tuple[Rows, ...]:
        """A row per axis."""
        return tuple(Rows((), [((), one)]) for one in self.listings(PLAIN))

    def json(self) -> str:
        """Per axis the windows, first and last position, and the participation of each input position."""
        return dumps(
            {
                "format": FORMAT,
                "framework": self.framework,
                "axes": None if self.axes is None else [_axis(axis) for axis in self.axes],
                "diagnostics": [diagnostic_of(one) for one in self.diagnostics],
            }
        )

    def picture(self) -> str:
        from cnncalc.render.pictures.pool import drawn

        return "" if self.axes is None else drawn(self.axes, self.framework)


def listing(axes: tuple[Pooled, ...], surface: Surface) -> Listing[Axis]:
    """A row and a drawing per axis, and the map of two."""
    return Listing(
        title=f"pooling a map of {by(str(axis.size) for axis in axes)}",
        columns=_COLUMNS if len(axes) > 1 else _COLUMNS[1:],
        items=tuple(Axis(name, axis) for name, axis in zip(AXES, axes, strict=False)),
        drawing=tuple(_drawing(axes, surface)),
    )


def _axis(axis: Pooled) -> dict[str, Any]:
    return {
        "in": axis.size,
        "out": len(axis.reads),
        "kernel": axis.window.kernel,
        "stride": axis.window.stride,
        "padding": axis.window.padding,
        "dilation": axis.window.dilation,
        "windows": [interval(run) for run in axis.reads],
        "counts": axis.counts,
    }


def _number(key: str, title: str, rank: int, number: Callable[[Pooled], int]) -> Column[Axis]:
    return Column(key, title, lambda axis: exact(number(axis.pooled)), lambda axis: number(axis.pooled), rank)


_COLUMNS: tuple[Column[Axis], ...] = (
    Column("axis", "axis", lambda axis: axis.name, lambda axis: axis.name, 0, right=False),
    _number("in", "in", 0, lambda axis: axis.size)._replace(kind="size"),
    _number("kernel", "kernel", 1, lambda axis: axis.window.kernel),
    _number("stride", "stride", 1, lambda axis: axis.window.stride),
    _number("padding", "padding", 2, lambda axis: axis.window.before or 0),
    _number("dilation", "dilation", 4, lambda axis: axis.window.dilation),
    _number("out", "out", 0, lambda axis: len(axis.reads))._replace(kind="size"),
    _number("unread", "unread", 3, lambda axis: axis.counts.count(0))._replace(kind="count"),
)


def _drawing(axes: tuple[Pooled, ...], surface: Surface) -> list[str]:
    lines: list[str] = []
    for axis in dict.fromkeys(axes):
        names = " and ".join(name for name, same in zip(AXES, axes, strict=False) if same == axis)
        title = f"{names}: " if len(axes) > 1 else ""
        lines += ["", f"{title}{_kind(axis)}", *windows(axis.reads, axis.size, surface)]
    if len(axes) == 2:
        lines += [
            "",
            "how often each position of the map is read:",
            *product_map(axes[0].counts, axes[1].counts, surface),
        ]
    return lines[1:]


def _kind(axis: Pooled) -> str:
    """The kind of pooling: standard where the stride is the kernel and all fits, else in words."""
    counts = axis.counts
    overlaps, unread, window = max(counts) > 1, counts.count(0), axis.window
    kind = (
        "overlapping"
        if overlaps
        else "standard"
        if window.stride == window.kernel and not unread
        else "not overlapping"
    )
    if not unread:
        return kind if overlaps else f"{kind}, each position is read once"
    if phases_read(window) < window.stride:
        dilation = f", dilation {window.dilation}" if window.dilation > 1 else ""
        reach = f"that the kernel {window.kernel}{dilation} does not reach"
        return f"{kind}, the stride {window.stride} skips positions {reach}"
    return f"{kind}, {plural(unread, 'position')} not read"
