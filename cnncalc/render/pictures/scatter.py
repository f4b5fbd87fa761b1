"""Networks by their parameters and MACs, the receptive field being the size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import ceil, floor, log10, sqrt
from typing import NamedTuple

from cnncalc.render.listings.comparison import labels
from cnncalc.render.pictures import Drawing
from cnncalc.render.pictures.common import absent, refusal
from cnncalc.render.pictures.svg import (
    GRID,
    LINE,
    Element,
    Panel,
    circle,
    label,
    line,
    rect,
    sheet,
    text,
    width_of,
)
from cnncalc.render.text import brief, exact, inert
from cnncalc.support.numbers import by, plural

LEFT, TOP, WIDE, HIGH = 56, LINE, 480, 400
"""Where the plot is, moved to the right by what longer numbers need, and how large."""
NAMES, COLUMN = 192, 64
"""Room for the names of the legend, and at least for each number."""
MOST_NAMED = 40
"""Networks up to which each is numbered and named beside the plot."""
MOST = 10_000
"""Networks in one plot."""


class Dot(NamedTuple):
    """A network."""

    name: str
    params: int
    macs: int
    field: tuple[int | None, ...]

    @property
    def extent(self) -> int | None:
        """The longest side of the receptive field."""
        return max((size for size in self.field if size is not None), default=None)

    @property
    def said(self) -> str:
        rf = f", field {by(self.field)}" if self.extent is not None else ""
        return f"{self.name}: {exact(self.params)} parameters, {exact(self.macs)} MACs{rf}"


class Axis(NamedTuple):
    """A logarithmic scale over whole powers, or their halves, of 10."""

    low: float
    high: float
    start: float
    length: float
    """Less than 0 where it leads up."""

    def at(self, value: int) -> float:
        """Where a value is drawn."""
        return self.start + (log10(value) - self.low) / (self.high - self.low) * self.length

    @property
    def ticks(self) -> list[int]:
        """1, 2 and 5 times powers of 10, or powers alone where these are many."""
        steps = (1, 2, 5) if self.high - self.low <= 2 else (1,)
        powers = range(max(floor(self.low), 0), floor(self.high) + 1)
        found = [step * 10**power for power in powers for step in steps]
        return [one for one in found if self.low - 1e-9 <= log10(one) <= self.high + 1e-9]


def draw(drawing: Drawing) -> str:
    """All networks in one plot."""
    if all(report.failed for report in drawing.reports):
        raise absent(drawing.reports[0], "its parameters and MACs are not known")
    dots = []
    for name, report in zip(labels(drawing.reports), drawing.reports, strict=True):
        last, sums = report.last_local, report.totals
        dots.append((name, sums.params, sums.macs, () if last is None else last.field.size))
    return drawn(dots)


def drawn(networks: Iterable[tuple[str, int | None, int | None, tuple[int | None, ...]]]) -> str:
    """Networks with their parameters, MACs and receptive fields.

    Raises:
        NoAnswer: where none of them has both, or they are too many.
    """
    given = list(networks)
    dots = [Dot(inert(name), params, macs, field) for name, params, macs, field in given if params and macs]
    if not dots:
        raise refusal("no network has both parameters and MACs, by which it could be drawn")
    if len(dots) > MOST:
        raise refusal(f"{len(dots):,} networks are too many for one plot: at most {MOST:,}")
    words = ". ".join(dot.said for dot in dots[:MOST_NAMED]) + "."
    return sheet(f"MACs by parameters of {plural(len(dots), 'network')}", words, [_panel(dots, len(given))])


def _axis(values: Sequence[int], start: float, length: float) -> Axis:
    """Room for all values and a little around them."""
    low, high = log10(min(values)), log10(max(values))
    gap = max((high - low) * 0.08, 0.1)
    return Axis(low - gap, high + gap, start, length)


def _panel(dots: list[Dot], total: int) -> Panel:
    up = _axis([dot.macs for dot in dots], TOP + HIGH, -HIGH)
    left = max([LEFT, *[GRID + ceil(width_of(_short(value))) for value in up.ticks]])
    across = _axis([dot.params for dot in dots], left, WIDE)
    elements = list(_grid(across, up))
    largest = max((dot.extent or 0 for dot in dots), default=0)
    placed = []
    for dot in dots:
        radius = 3.0 if not dot.extent else max(3.0, 18 * sqrt(dot.extent / largest))
        placed.append((across.at(dot.params), up.at(dot.macs), radius))
    for dot, (x, y, radius) in sorted(zip(dots, placed, strict=True), key=lambda pair: -pair[1][2]):
        elements.append(
            circle(
                x,
                y,
                radius,
                "over-a",
                dot.said,
                data_network=dot.name,
                data_params=dot.params,
                data_macs=dot.macs,
                data_field=by(dot.field),
            )
        )
        elements.append(circle(x, y, 1.5, "fill-a"))
    width: float = left + WIDE
    if len(dots) <= MOST_NAMED:
        elements += _numbers(placed, left)
        legend = _legend(dots, width + 3 * GRID)
        elements += legend.elements
        width = legend.width
    below = TOP + HIGH + 2 * LINE + 4
    notes = (
        [f"the area of a circle is in proportion to the receptive field, at most {largest:,}"]
        if largest
        else []
    )
    if total > len(dots):
        notes.append(f"{plural(total - len(dots), 'network')} without parameters or MACs not drawn")
    for note in notes:
        below += LINE
        elements.append(text(left, below, note, "soft"))
    return Panel(
        width, max(below + 4, (len(dots) + 1) * LINE if len(dots) <= MOST_NAMED else 0), tuple(elements)
    )


def _grid(across: Axis, up: Axis) -> Iterator[Element]:
    left = across.start
    yield rect(left, TOP, WIDE, HIGH, "frame")
    free = 0.0
    for value in across.ticks:
        x, words = across.at(value), _short(value)
        yield line(x, TOP, x, TOP + HIGH)
        if x - width_of(words) / 2 >= free:
            yield text(x, TOP + HIGH + LINE - 2, words, "soft middle")
            free = x + width_of(words) / 2 + GRID
    for value in up.ticks:
        y = up.at(value)
        yield line(left, y, left + WIDE, y)
        yield text(left - GRID, y + 4, _short(value), "soft end")
    yield text(left + WIDE / 2, TOP + HIGH + 2 * LINE, "parameters", "middle")
    yield text(left - GRID, 12, "MACs", "end")


def _short(value: int) -> str:
    return brief(value).replace(".0", "")


def _numbers(placed: list[tuple[float, float, float]], left: float) -> Iterator[Element]:
    """The number of each dot beside it, where it meets no other number; the legend has all."""
    taken: list[tuple[float, float, float, float]] = []
    for at, (x, y, radius) in enumerate(placed):
        words = str(at + 1)
        width = width_of(words, 10)
        for dx, dy in (
            (radius + 3, 4),
            (-radius - 3 - width, 4),
            (-width / 2, -radius - 4),
            (-width / 2, radius + 12),
        ):
            box = (x + dx - 1, y + dy - 10, x + dx + width + 1, y + dy + 2)
            inside = box[0] >= left and box[2] <= left + WIDE and box[1] >= TOP and box[3] <= TOP + HIGH
            if inside and not any(_meet(box, other) for other in taken):
                taken.append(box)
                yield text(x + dx, y + dy, words, "small")
                break


def _meet(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _legend(dots: list[Dot], x: float) -> Panel:
    """A line per network: its number, name, parameters and MACs; as wide as from the left of the plot."""
    columns = {
        "params": [brief(dot.params) for dot in dots],
        "MACs": [brief(dot.macs) for dot in dots],
        "field": ["-" if dot.extent is None else exact(dot.extent) for dot in dots],
    }
    elements: list[Element] = []
    for at, dot in enumerate(dots):
        y = 13 + LINE * (at + 1)
        elements.append(text(x + 16, y, str(at + 1), "small end"))
        elements.append(label(x + GRID * 3, y, dot.name, NAMES - GRID * 2))
    end = x + NAMES
    for name, numbers in columns.items():
        end += max(COLUMN, ceil(GRID + max(map(width_of, numbers))))
        elements.append(text(end, 13, name, "soft end"))
        for at, (dot, number) in enumerate(zip(dots, numbers, strict=True)):
            elements.append(text(end, 13 + LINE * (at + 1), number, "end", title=dot.said))
    return Panel(end, LINE * (len(dots) + 1), tuple(elements))
