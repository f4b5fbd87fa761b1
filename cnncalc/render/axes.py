"""Drawings of an axis: where windows lie, how often each position is read, and the map of two axes."""

from __future__ import annotations

from cnncalc.geometry.axis import Run
from cnncalc.geometry.participation import counts, interval
from cnncalc.render.surface import Surface
from cnncalc.render.text import exact
from cnncalc.support.numbers import plural

USUAL_WIDTH = 100
"""Columns where the surface does not limit them."""
MOST_WINDOWS = 16
"""With more windows only the first and the last ones are drawn."""
FIRST_WINDOWS, LAST_WINDOWS = 8, 4
MOST_ROWS = 24

Cell = tuple[int, int] | None
"""The positions one character stands for, first and last; ``None`` is a gap."""


def windows(reads: tuple[Run, ...], size: int, surface: Surface) -> list[str]:
    """One line per window, its positions before it, and beneath how often each position is read.

    A wide axis with few windows is drawn to scale, one with many is cut in the middle; either is said.
    """
    few = len(reads) <= MOST_WINDOWS
    shown = reads if few else reads[:FIRST_WINDOWS] + reads[-LAST_WINDOWS:]
    labels = [f"{first}..{last}" for first, last in map(interval, shown)]
    margin = max(len("read"), *map(len, labels))
    cells = _cells(*_extent(reads, size), (surface.width or USUAL_WIDTH) - margin - 2, to_scale=few)
    lines = [
        f"{label:>{margin}}  {_window(run, cells, size, surface)}"
        for label, run in zip(labels, shown, strict=True)
    ]
    if not few:
        between = len(reads) - len(shown)
        lines.insert(
            FIRST_WINDOWS,
            f"{surface.glyph('⋮', ':'):>{margin}}  ({plural(between, 'window')} between not drawn)",
        )
    often = counts(reads, size)
    if all(cell is None or cell[0] == cell[1] for cell in cells):
        lines.append(f"{'read':>{margin}}  {_often(often, cells, surface)}")
    return [*lines, *_remarks(cells), tally(often)]


def tally(often: tuple[int, ...]) -> str:
    """How many positions are read how often, and which are not read at all."""
    parts = [f"{_times(times)}: {plural(often.count(times), 'position')}" for times in sorted(set(often))]
    unread = _spans([position for position, times in enumerate(often) if times == 0])
    return "; ".join(parts) + (f" (unread: {unread})" if unread else "")


def product_map(rows: tuple[int, ...], columns: tuple[int, ...], surface: Surface) -> list[str]:
    """How often each position of a map is read: the product of its two axes."""
    width = len(str(max(rows) * max(columns)))
    across = _cells(0, len(columns) - 1, ((surface.width or USUAL_WIDTH) + 1) // (width + 1), to_scale=False)
    down = _cells(0, len(rows) - 1, MOST_ROWS, to_scale=False)
    gap = surface.glyph("…", ":")
    lines = []
    for row in down:
        cells = [
            gap if row is None or column is None else str(rows[row[0]] * columns[column[0]])
            for column in across
        ]
        lines.append(" ".join(f"{cell:>{width}}" for cell in cells))
    return [*lines, *_remarks(across, "column"), *_remarks(down, "row")]


def _extent(reads: tuple[Run, ...], size: int) -> tuple[int, int]:
    spans = [interval(run) for run in reads]
    return min(0, *(first for first, _ in spans)), max(size - 1, *(last for _, last in spans))


def _cells(first: int, last: int, budget: int, to_scale: bool) -> tuple[Cell, ...]:
    """The positions first..last in at most ``budget`` characters."""
    budget = max(budget, 9)
    length = last - first + 1
    if length <= budget:
        return tuple((position, position) for position in range(first, last + 1))
    if to_scale:
        step = -(-length // budget)
        return tuple((start, min(start + step - 1, last)) for start in range(first, last + 1, step))
    head = (budget - 1) // 2
    tail = budget - 1 - head
    left = [(position, position) for position in range(first, first + head)]
    return (*left, None, *((position, position) for position in range(last - tail + 1, last + 1)))


def _remarks(cells: tuple[Cell, ...], noun: str = "position") -> list[str]:
    """What a drawing leaves out or puts together."""
    lines = []
    for at, cell in enumerate(cells):
        before, after = cells[at - 1], cells[(at + 1) % len(cells)]
        if cell is None and before is not None and after is not None:
            lines.append(f"{noun}s {before[0] + 1}..{after[0] - 1} are left out of the drawing")
    widest = max(cell[1] - cell[0] + 1 for cell in cells if cell is not None)
    return [*lines, f"one character stands for {widest} positions"] if widest > 1 else lines


def _window(run: Run, cells: tuple[Cell, ...], size: int, surface: Surface) -> str:
    return "".join(_mark(run, cell, size, surface) for cell in cells).rstrip()


def _mark(run: Run, cell: Cell, size: int, surface: Surface) -> str:
    if cell is None:
        return surface.glyph("…", ":")
    first, last = cell
    inside = last >= 0 and first < size
    skipped = max(0, -(-(first - run.start) // run.step))
    if skipped < run.length and run.start + skipped * run.step <= last:
        return surface.glyph("█", "#") if inside else surface.glyph("░", "+")
    return surface.glyph("·", ".") if inside else " "


def _often(often: tuple[int, ...], cells: tuple[Cell, ...], surface: Surface) -> str:
    gap = surface.glyph("…", ":")
    return "".join(gap if cell is None else _digit(often, cell[0]) for cell in cells).rstrip()


def _digit(often: tuple[int, ...], position: int) -> str:
    if not 0 <= position < len(often):
        return " "
    return str(often[position]) if often[position] < 10 else "+"


def _times(times: int) -> str:
    return "not read" if times == 0 else "read once" if times == 1 else f"read {times:,} times"


def _spans(positions: list[int]) -> str:
    """Positions as ranges, such as 12 or 3..5, at most the first few of them."""
    spans: list[list[int]] = []
    for position in positions:
        if spans and position == spans[-1][1] + 1:
            spans[-1][1] = position
        else:
            spans.append([position, position])
    texts = [str(first) if first == last else f"{first}..{last}" for first, last in spans[:8]]
    more = [f"and {exact(len(spans) - 8)} more"] if len(spans) > 8 else []
    return ", ".join(texts + more)
