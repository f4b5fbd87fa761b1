"""Numbers and names as text: exact and rounded numbers, axes, and names made inert."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from cnncalc.geometry.shape import Size
from cnncalc.support.numbers import by, nearest, percent

UNKNOWN = "?"
NOTHING = "-"
"""Shown where there is no such number; ``?`` is a number that is not known."""

_POWERS = ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "K"))
_BINARY = ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))


def exact(number: Size) -> str:
    """A whole number with thousands separators."""
    return UNKNOWN if number is None else f"{number:,}"


def rounded(number: Size) -> str:
    """A number to one decimal with a power of 1000, such as 138.4M; nothing where the exact one is as
    short.
    """
    return "" if number is None else _scaled(number, _POWERS, "")


def brief(number: Size) -> str:
    """A number as it is said where there is room for one alone: rounded, exact where that is as short."""
    return rounded(number) or exact(number)


def memory(number: Size) -> str:
    """Bytes with a power of 1024, such as 527.8 MiB."""
    return "" if number is None else _scaled(number, _BINARY, " ")


def _scaled(number: int, units: tuple[tuple[int, str], ...], gap: str) -> str:
    larger: str | None = None
    for unit, suffix in units:
        tenths = nearest(10 * number, unit)
        if larger is not None and tenths >= 10 * (units[0][0] // units[1][0]):
            return f"1.0{gap}{larger}"
        if number >= unit:
            return f"{tenths // 10:,}.{tenths % 10}{gap}{suffix}"
        larger = suffix
    return ""


def duration(seconds: Fraction) -> str:
    """A time with three figures, such as 1.23 ms."""
    for unit, word in ((1, "s"), (10**3, "ms"), (10**6, "us")):
        number = float(seconds * unit)
        if number >= 1:
            return f"{number:,.0f} {word}" if number >= 1000 else f"{number:.3g} {word}"
    return f"{float(seconds * 10**9):.3g} ns"


def difference(number: int, base: int) -> str:
    """``number - base``, always signed."""
    return f"{number - base:+,}" if number != base else "0"


def change(number: int, base: int) -> str:
    """The change from ``base`` in per cent, such as -42.9 %; from tenfold on the multiple, such as x43.2."""
    if number >= 10 * base > 0:
        tenths = nearest(10 * number, base)
        return f"x{tenths // 10:,}.{tenths % 10}"
    return percent(number, base) or NOTHING


def ratio(number: int, base: int) -> str:
    """``number`` as a multiple of ``base``, such as x0.571."""
    if base == 0:
        return NOTHING
    thousandths = nearest(1000 * number, base)
    if thousandths == 0 and number:
        return "x<0.001"
    return f"x{thousandths // 1000:,}.{thousandths % 1000:03d}"


def once(parts: Iterable[str]) -> str:
    """One text per axis, but a single one where all axes agree."""
    parts = tuple(parts)
    return parts[0] if len(set(parts)) == 1 else by(parts)


def inert(text: str) -> str:
    """A text from outside with everything that could move or restyle a terminal made visible instead."""
    return text if text.isprintable() else "".join(map(_visible, text))


def _visible(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    if character.isprintable():
        return character
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def cells(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return len(text) if text.isascii() else _wide_cells(text)


def _wide_cells(text: str) -> int:
    from unicodedata import combining, east_asian_width

    return sum(
        0 if combining(character) else 2 if east_asian_width(character) in "WF" else 1 for character in text
    )


def wrapped(text: str, width: int) -> list[str]:
    """A text in lines of at most so many cells, broken between words; a longer word is cut."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line, used = "", 0
        for word in paragraph.split(" "):
            taken = cells(word)
            if line and used + 1 + taken <= width:
                line, used = f"{line} {word}", used + 1 + taken
                continue
            if line:
                lines.append(line)
            *whole, line = cut(word, width) if taken > width else [word]
            lines += whole
            used = cells(line)
        lines.append(line)
    return lines


def cut_between(path: str, width: int) -> list[str]:
    """A path in pieces of at most so many cells, between its names where they have room; below a branch of a
    tree the tree goes on.
    """
    margin = path[: len(path) - len(path.lstrip(_TREE))]
    below = margin.translate(_BELOW)
    lines, line = [], margin
    *above, last = path[len(margin) :].split("/")
    for name in (*(f"{one}/" for one in above), last):
        if line.strip(_TREE) and cells(line) + cells(name) > width:
            lines.append(line)
            line = below
        line += name
        while cells(line) > width:
            at = _break(line, width)
            lines.append(line[:at])
            line = below + line[at:] if cells(below) < width // 2 else line[at:]
    return [*lines, line]


def _break(name: str, width: int) -> int:
    """Where a name that is too long goes on in the next line: behind one of its parts, if a line is not half
    empty then.
    """
    room = len(cut(name, width)[0])
    part = max(name.rfind(mark, 0, room) for mark in "_-.") + 1
    return part if part > room // 2 else room


_TREE = " │├└─"
_BELOW = str.maketrans({"├": "│", "└": " ", "─": " "})


def cut(text: str, width: int) -> list[str]:
    """A text in pieces of at most so many cells, and of a character at least."""
    if text.isascii():
        return [text[start : start + width] for start in range(0, len(text), max(width, 1))] or [""]
    found, piece, used = [], "", 0
    for character in text:
        taken = cells(character)
        if piece and used + taken > width:
            found.append(piece)
            piece, used = "", 0
        piece, used = piece + character, used + taken
    return [*found, piece]
