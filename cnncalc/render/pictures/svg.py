"""SVG as text: elements as frozen values, how wide texts are, and panels put together as one picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from itertools import pairwise
from typing import NamedTuple

from cnncalc.render.text import inert

SIZE = 12
"""Of a text, in pixels."""
LINE = 18
"""From one line of text to the next."""
GRID = 8
"""Gaps and margins are multiples of this."""
MARGIN = 2 * GRID
WIDEST = 1600
"""Panels beside each other go on below where they would be wider."""

LIGHT = {
    "paper": "#ffffff",
    "ink": "#1b1f24",
    "soft": "#57606a",
    "rule": "#c3c9d0",
    "fill": "#eef1f4",
    "a": "#0b5cad",
    "b": "#a84300",
    "c": "#1a7f37",
    "d": "#8250df",
    "alarm": "#b3261e",
}
DARK = {
    "paper": "#0d1117",
    "ink": "#e6edf3",
    "soft": "#9aa4ae",
    "rule": "#444c56",
    "fill": "#1f252d",
    "a": "#6cb6ff",
    "b": "#f0a35e",
    "c": "#57ab5a",
    "d": "#b083f0",
    "alarm": "#ff7b72",
}
SERIES = ("a", "b", "c", "d")
"""Colours for what is beside each other; it differs in its dashes or its labels, too."""
DASHES = ("", "7 3", "2 2", "9 3 2 3")

_FONT = '"Helvetica Neue",Helvetica,Arial,Arimo,"Liberation Sans","Nimbus Sans",sans-serif'
_CLASS = "cnncalc-picture"

# The average advance widths of Helvetica in thousandths of the size, from the space on.
_ADVANCES = (
    (278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278)
    + (556,) * 10
    + (278, 278, 584, 584, 584, 556, 1015)
    + (667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611)
    + (722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333)
    + (556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278)
    + (556, 500, 722, 500, 500, 500, 334, 260, 334, 584)
)
_ROOM = 1.16
"""How much wider than Helvetica the font may be that is there in its place."""

Number = int | float


class Element(NamedTuple):
    """One element of a picture; what is in it is escaped when it is written."""

    tag: str
    attributes: tuple[tuple[str, str], ...] = ()
    children: tuple[Element | str, ...] = ()

    def __str__(self) -> str:
        head = "".join(f' {name}="{escape(inert(value))}"' for name, value in self.attributes)
        if not self.children:
            return f"<{self.tag}{head}/>"
        inside = "".join(
            escape(inert(child), quote=False) if isinstance(child, str) else str(child)
            for child in self.children
        )
        return f"<{self.tag}{head}>{inside}</{self.tag}>"


class Panel(NamedTuple):
    """A part of a picture with its size, from 0, 0 on."""

    width: float
    height: float
    elements: tuple[Element, ...]


def element(
    tag: str, kind: str, title: str, children: tuple[Element | str, ...], **values: Number | str
) -> Element:
    """An element of a class; a `_` in the name of an attribute is a `-`, and ``title`` is what a pointer
    shows.
    """
    given: dict[str, Number | str] = {"class": kind, **values} if kind else values
    attributes = tuple(
        (name.replace("_", "-"), value if isinstance(value, str) else number(value))
        for name, value in given.items()
    )
    head = (Element("title", (), (title,)),) if title else ()
    return Element(tag, attributes, head + children)


def number(value: Number) -> str:
    """A number as attributes have it, to a hundredth of a pixel."""
    text = f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
    return "0" if text == "-0" else text


def rect(
    x: Number,
    y: Number,
    width: Number,
    height: Number,
    kind: str = "box",
    title: str = "",
    **data: Number | str,
) -> Element:
    return element("rect", kind, title, (), x=x, y=y, width=width, height=height, **data)


def line(x1: Number, y1: Number, x2: Number, y2: Number, kind: str = "rule", **data: Number | str) -> Element:
    return element("line", kind, "", (), x1=x1, y1=y1, x2=x2, y2=y2, **data)


def photo(x: Number, y: Number, width: Number, height: Number, address: str) -> Element:
    """A picture stretched over a rectangle."""
    place = {"x": x, "y": y, "width": width, "height": height}
    return element("image", "", "", (), href=address, preserveAspectRatio="none", **place)


def circle(x: Number, y: Number, radius: Number, kind: str, title: str = "", **data: Number | str) -> Element:
    return element("circle", kind, title, (), cx=x, cy=y, r=radius, **data)


def path(points: Iterable[tuple[Number, Number]], kind: str, **data: Number | str) -> Element:
    """A line through points."""
    return strokes((points,), kind, **data)


def strokes(lines: Iterable[Iterable[tuple[Number, Number]]], kind: str, **data: Number | str) -> Element:
    """Several lines as one element."""
    words = ("M" + "L".join(f"{number(x)},{number(y)}" for x, y in points) for points in lines)
    return element("path", kind, "", (), d="".join(words), **data)


def text(
    x: Number, y: Number, words: str, kind: str = "", anchor: str = "", title: str = "", **data: Number | str
) -> Element:
    """A line of text on a baseline; ``anchor`` is `middle` or `end`."""
    kind = f"{kind} {anchor}".strip()
    return element("text", kind, title, (words,), x=x, y=y, **data)


def group(*elements: Element, x: Number = 0, y: Number = 0, **data: Number | str) -> Element:
    """Elements as one, moved by ``x`` and ``y``."""
    moved = {} if x == y == 0 else {"transform": f"translate({number(x)},{number(y)})"}
    return element("g", "", "", elements, **moved, **data)


def hatched(x: float, y: float, width: float, height: float, kind: str = "hatch", step: int = 6) -> Element:
    """Diagonal lines in a rectangle; without a pattern, whose name would be one of the whole page."""
    lines = []
    first = int((x + y) // step) + 1
    for place in range(first * step, int(x + y + width + height) + 1, step):
        left, right = max(x, place - y - height), min(x + width, place - y)
        if right > left:
            lines.append(((left, place - left), (right, place - right)))
    return strokes(lines, kind)


def width_of(words: str, size: float = SIZE, bold: bool = False) -> float:
    """How wide a text is at most, by the average widths of its characters."""
    total = 0
    for character in inert(words):
        code = ord(character)
        total += _ADVANCES[code - 32] if 32 <= code < 127 else _advance(character)
    return total * size * _ROOM * (1.07 if bold else 1) / 1000


def _advance(character: str) -> int:
    """Of a character that is not ASCII."""
    from unicodedata import combining, east_asian_width

    if combining(character):
        return 0
    return 1000 if east_asian_width(character) in "WF" or ord(character) > 0x2000 else 700


def fitted(words: str, width: float, size: float = SIZE, bold: bool = False) -> str:
    """A text that is no wider, with what is cut from its middle as `…`."""
    words = inert(words)
    if width_of(words, size, bold) <= width:
        return words
    for kept in range(len(words) - 1, 1, -1):
        short = f"{words[: kept // 3]}…{words[len(words) - (kept - kept // 3) :]}"
        if width_of(short, size, bold) <= width:
            return short
    return "…"


def lines_of(words: str, width: float, size: float = SIZE, bold: bool = False) -> list[str]:
    """A text in lines that are no wider, broken between words; a longer word is cut."""
    lines: list[str] = []
    for word in inert(words).split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width_of(longer, size, bold) <= width:
            lines[-1] = longer
        else:
            lines.append(fitted(word, width, size, bold))
    return lines


def label(
    x: Number,
    y: Number,
    words: str,
    width: float,
    kind: str = "",
    anchor: str = "",
    size: float = SIZE,
) -> Element:
    """A text in so much room, with the whole of it as the title where it is cut."""
    short = fitted(words, width, size, "bold" in kind)
    return text(x, y, short, kind, anchor, title="" if short == inert(words) else words)


def spread(places: Sequence[float], gap: float, least: float, most: float) -> list[float]:
    """Places of labels in the same order, moved apart so that they are a gap from each other."""
    found = [max(place, least) for place in places]
    order = sorted(range(len(found)), key=lambda at: (found[at], at))
    for before, at in pairwise(order):
        found[at] = max(found[at], found[before] + gap)
    ceiling = most
    for at in reversed(order):
        found[at] = min(found[at], ceiling)
        ceiling = found[at] - gap
    return found


def sheet(title: str, description: str, panels: Sequence[Panel]) -> str:
    """Panels beside each other as an SVG file of their own, ending in a newline."""
    placed, width, height = _laid(panels)
    inside = [
        Element("title", (), (title,)),
        Element("desc", (), (description,)),
        style(),
        rect(0, 0, width, height, "paper"),
        *placed,
    ]
    size = f'viewBox="0 0 {number(width)} {number(height)}" width="{number(width)}" height="{number(height)}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" class="{_CLASS}" role="img" {size}>'
    return "\n".join([head, *map(str, inside), "</svg>"]) + "\n"


def style() -> str:
    """The element with the colours and fonts of every picture; a page of several has it once."""
    rules = f"{_variables(LIGHT)}{_RULES}@media (prefers-color-scheme:dark){{{_variables(DARK)}}}"
    return f"<style>{rules}@media print{{{_variables(LIGHT)}}}</style>"


def beside(panels: Sequence[Panel], gap: float = 3 * GRID) -> Panel:
    """Panels beside each other as one."""
    x = 0.0
    placed = []
    for panel in panels:
        placed.append(group(*panel.elements, x=x))
        x += panel.width + gap
    return Panel(x - gap, max(panel.height for panel in panels), tuple(placed))


def _laid(panels: Sequence[Panel]) -> tuple[list[Element], float, float]:
    """The panels at their places, and the size of all of them together."""
    placed: list[Element] = []
    x = y = float(MARGIN)
    widest = below = 0.0
    for panel in panels:
        if x > MARGIN and x + panel.width + MARGIN > WIDEST:
            x, y = float(MARGIN), below + 2 * MARGIN
        placed.append(group(*panel.elements, x=x, y=y))
        widest, below = max(widest, x + panel.width), max(below, y + panel.height)
        x += panel.width + 2 * MARGIN
    return placed, widest + MARGIN, below + MARGIN


def _variables(colours: dict[str, str]) -> str:
    return f".{_CLASS}{{{''.join(f'--{name}:{value};' for name, value in colours.items())}}}"


def _coloured(selector: str, what: str, colour: str, more: str = "") -> str:
    """A rule whose colour is a variable; before it the colour itself, for programs that know no variables."""
    plain = f"{what}:{LIGHT[colour]};{what}:var(--{colour})"
    return f".{_CLASS} {selector}{{{plain}{';' if more else ''}{more}}}"


_RULES = "".join(
    [
        f".{_CLASS}{{font:{SIZE}px/1.5 {_FONT}}}",
        _coloured("text", "fill", "ink"),
        *(_coloured(f"text.{name}", "fill", name) for name in ("soft", "alarm", *SERIES)),
        f".{_CLASS} .small{{font-size:10px}}.{_CLASS} .large{{font-size:14px}}",
        f".{_CLASS} .bold{{font-weight:bold}}",
        f".{_CLASS} .middle{{text-anchor:middle}}.{_CLASS} .end{{text-anchor:end}}",
        _coloured(".paper", "fill", "paper"),
        _coloured(".rule", "stroke", "rule", "fill:none"),
        _coloured(".axis", "stroke", "soft", "fill:none"),
        _coloured(".box", "stroke", "soft", f"fill:{LIGHT['fill']};fill:var(--fill)"),
        _coloured(".frame", "stroke", "ink", f"fill:{LIGHT['fill']};fill:var(--fill)"),
        _coloured(".cell", "stroke", "soft", f"fill:{LIGHT['a']};fill:var(--a)"),
        _coloured(".never", "stroke", "alarm", f"fill:{LIGHT['alarm']};fill:var(--alarm)"),
        _coloured(".band", "fill", "b", "fill-opacity:.18"),
        _coloured(".outline", "stroke", "soft", "fill:none;stroke-dasharray:1 2"),
        _coloured(".late", "stroke", "alarm", "stroke-width:3"),
        _coloured(".dot", "fill", "soft"),
        f".{_CLASS} .over-none{{fill:none}}",
        _coloured(".hatch", "stroke", "soft", "fill:none"),
        _coloured(".warn", "stroke", "alarm", "fill:none"),
        *(_coloured(f".line-{name}", "stroke", name, "fill:none;stroke-width:2") for name in SERIES),
        *(_coloured(f".fill-{name}", "fill", name) for name in SERIES),
        *(_coloured(f".over-{name}", "stroke", name, "fill-opacity:0;stroke-width:1.5") for name in SERIES),
        *(_coloured(f".dash-{name}", "stroke", name, "fill:none;stroke-dasharray:3 3") for name in SERIES),
        *(_coloured(f".hatch-{name}", "stroke", name, "fill:none;stroke-width:.7") for name in SERIES),
        *(
            _coloured(
                f".open-{name}", "stroke", name, f"stroke-width:1.5;fill:{LIGHT['paper']};fill:var(--paper)"
            )
            for name in SERIES
        ),
    ]
)
