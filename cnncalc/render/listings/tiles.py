"""A plan of tiles: a row per tile and axis, and bars of what each reads and keeps."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

from cnncalc.questions.tile import Tile, TiledAxis, Tiling, places
from cnncalc.render.listing import Column, Listing, Total
from cnncalc.render.listings.answers import Answers, about_output, outputs_record, title
from cnncalc.render.listings.sizes import AXES
from cnncalc.render.surface import Surface
from cnncalc.render.text import memory
from cnncalc.support.numbers import plural

MOST_SHOWN = 12
"""Tiles of an axis that a table for a reader has; of more it has the first and the last ones."""
WIDTH = 60
"""Characters of a bar, at most."""


class Line(NamedTuple):
    """One tile along one axis; a line without one says how many are left out."""

    axis: str
    number: int
    tile: Tile | None
    left_out: int = 0


class Tiles(Answers[Tiling]):
    """What the command ``tile`` shows."""

    def table(self, answer: Tiling, surface: Surface) -> Listing[Line]:
        """The tiles of each axis; axes that are alike are shown once."""
        names = AXES[len(answer.axes)]
        alike = len(set(answer.axes)) == 1
        axes = [("", answer.axes[0])] if alike else list(zip(names, answer.axes, strict=True))
        lines = [line for name, axis in axes for line in _shown(name, axis)]
        columns = (*(() if alike else (_AXIS,)), _NUMBER, _BEGIN, _SIZE, _KEEP, _AT)
        return Listing(
            title(answer, surface, plural(answer.tiles, "tile")),
            columns,
            tuple(lines),
            notes=(
                *about_output(answer, "units are kept"),
                places(axis.align for axis in answer.axes),
                *_overlap(answer),
                "kept: units of the whole output; from: where they begin in the tile's own output",
            ),
            totals=(
                Total("MACs", f"{answer.macs:,}", f"+{100 * answer.extra_macs:.1f} %"),
                Total("peak in bytes", f"{answer.peak_bytes:,}", memory(answer.peak_bytes)),
                Total("weights in bytes", f"{answer.weight_bytes:,}", memory(answer.weight_bytes)),
                Total("peak of the whole image", f"{answer.whole_bytes:,}", memory(answer.whole_bytes)),
            ),
            drawing=tuple(line for name, axis in axes for line in _bars(name, axis, surface)),
        )

    def complete(self, answer: Tiling) -> Listing[Line]:
        lines = [
            Line(str(at), number, tile)
            for at, axis in enumerate(answer.axes)
            for number, tile in enumerate(axis.tiles)
        ]
        return Listing("", (_AXIS, _NUMBER, _BEGIN, _SIZE, _FIRST, _LAST, _AT), tuple(lines))

    def record(self, answer: Tiling) -> dict[str, Any]:
        return {
            "axes": [
                {
                    "size": axis.size,
                    "output": axis.output,
                    "align": axis.align,
                    "tiles": [
                        {"begin": one.begin, "size": one.size, "keep": list(one.keep), "at": one.at}
                        for one in axis.tiles
                    ],
                }
                for axis in answer.axes
            ],
            "tiles": answer.tiles,
            "macs": answer.macs,
            "extra_macs": answer.extra_macs,
            "peak_bytes": answer.peak_bytes,
            "weight_bytes": answer.weight_bytes,
            "whole_bytes": answer.whole_bytes,
            **outputs_record(answer),
        }


def _overlap(answer: Tiling) -> Iterator[str]:
    """How many positions neighbouring tiles share, in one line for all axes."""
    found = {
        one.begin + one.size - other.begin for axis in answer.axes for one, other in pairwise(axis.tiles)
    }
    if found:
        least, most = min(found), max(found)
        begin = f"{least:,} to " if least < most else ""
        yield f"overlap of neighbouring tiles: {begin}{plural(most, 'position')}"


def _shown(name: str, axis: TiledAxis) -> Iterator[Line]:
    """The tiles of an axis, those in the middle left out where there are many."""
    lines = [Line(name, number, tile) for number, tile in enumerate(axis.tiles)]
    if len(lines) <= MOST_SHOWN:
        yield from lines
        return
    half = MOST_SHOWN // 2
    yield from lines[:half]
    yield Line(name, half, None, len(lines) - 2 * half)
    yield from lines[-half:]


def _bars(name: str, axis: TiledAxis, surface: Surface) -> Iterator[str]:
    """A bar per tile over the image: what is kept, one column at least, and what is read around it."""
    kept, halo = surface.glyph("█", "#"), surface.glyph("░", ".")
    width = min(WIDTH, axis.size, max((surface.width or 80) - 8, 10))
    if name:
        yield name
    for line in _shown(name, axis):
        if line.tile is None:
            yield f"  ... {line.left_out:,} more"
            continue
        first, end = (_column(number, axis.size, width) for number in _ends(line.tile))
        left = min(_column(line.tile.keep[0], axis.output, width), width - 1)
        right = max(_column(line.tile.keep[1] + 1, axis.output, width), left + 1)
        cells = [kept if left <= at < right else halo if first <= at < end else " " for at in range(width)]
        yield f"  {''.join(cells).rstrip()}"


def _ends(tile: Tile) -> tuple[int, int]:
    return tile.begin, tile.begin + tile.size


def _column(number: int, whole: int, width: int) -> int:
    return (2 * number * width + whole) // (2 * whole)


def _of(ask: Any) -> Any:
    return lambda line: "..." if line.tile is None else ask(line.tile)


def _column_of(key: str, title: str, ask: Any) -> Column[Line]:
    return Column(key, title, lambda line: str(_of(ask)(line)), _of(ask), 0)


_AXIS: Column[Line] = Column("axis", "axis", lambda line: line.axis, lambda line: line.axis, 0, right=False)
_NUMBER: Column[Line] = Column("tile", "tile", lambda line: str(line.number), lambda line: line.number, 0)
_BEGIN = _column_of("begin", "begins at", lambda tile: tile.begin)
_SIZE = _column_of("size", "size", lambda tile: tile.size)._replace(kind="size")
_KEEP = _column_of("keep", "kept", lambda tile: f"{tile.keep[0]}..{tile.keep[1]}")
_FIRST = _column_of("keep_first", "keep_first", lambda tile: tile.keep[0])
_LAST = _column_of("keep_last", "keep_last", lambda tile: tile.keep[1])
_AT = _column_of("at", "from", lambda tile: tile.at)
