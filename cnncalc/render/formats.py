"""A choice of formats: what a format is, and which one a name or the ending of a file asks for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib import import_module
from typing import Any, NamedTuple

from cnncalc.render.surface import PLAIN, Surface


class Format(NamedTuple):
    """One way to write a result: all that options, their help, completion and errors need to know of it.

    Its function ``render`` is in a module of its name, which is loaded when something is written in it.
    """

    name: str
    about: str
    """What it is for, in a few words of the help."""
    endings: tuple[str, ...] = ()
    """The endings of its files, longer ones before those that they end in."""
    stem: str = ""
    """Beginnings of file names that select it even where the ending belongs to another format first."""
    lead: bool = False
    """Whether it has what is written above a table: the title and a description."""
    failure: bool = False
    """Whether it names the layer that ended a table early."""
    notes: bool = False
    """Whether it has remarks and sums beneath a table."""
    one_kind: bool = False
    """Whether it is a drawing of one kind, which is to be chosen."""
    drawing: bool = False
    """Whether it has drawings made of characters."""
    details: bool = False
    """Whether it can fold away what is long, until a reader asks for it."""
    streams: bool = False
    """Whether it can be written piece by piece, by the function ``pieces`` of its module."""
    diagnostics: bool = False
    """Whether it has errors and warnings itself; elsewhere they go to standard error."""
    terminal: bool = False
    """Whether it is laid out for the width of a terminal, and in its colours."""


class Formats:
    """The formats of a choice, the default first; each is a module of a folder."""

    def __init__(self, folder: str, *formats: Format) -> None:
        self.folder = folder
        self._by_name = {format.name: format for format in formats}

    def __iter__(self) -> Iterator[Format]:
        return iter(self._by_name.values())

    def __getitem__(self, name: str) -> Format:
        return self._by_name[name]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._by_name)

    @property
    def default(self) -> Format:
        return next(iter(self))

    @property
    def endings(self) -> tuple[str, ...]:
        """The endings of all formats, each once."""
        return tuple(dict.fromkeys(ending for format in self for ending in format.endings))

    def of_file(self, name: str, preferred: str | None = None) -> Format | None:
        """The format that the ending of a file asks for, ``preferred`` where it is one of several.

        ``None`` where the ending is that of no format, or where there is none: see ``has_ending``.
        """
        base = os.path.basename(name).lower()
        ending = max((one for one in self.endings if base.endswith(one)), key=len, default=None)
        possible = [format for format in self if ending in format.endings]
        for format in possible:
            if format.name == preferred or (format.stem and base.startswith(format.stem)):
                return format
        return possible[0] if possible else None

    def render(self, name: str, content: Any, surface: Surface = PLAIN) -> str:
        """Something in the format of a name, ending in a newline where there is anything."""
        format = self[name]
        module: Any = import_module(f"{self.folder}.{name}")
        text = module.render(content, surface if format.terminal else surface.unlimited)
        assert isinstance(text, str)
        return text

    def pieces(self, name: str, content: Any) -> Iterator[str]:
        """The same piece by piece, of a format that streams."""
        module: Any = import_module(f"{self.folder}.{name}")
        yield from module.pieces(content)


def has_ending(name: str) -> bool:
    """Whether the name of a file has an ending, so that it says what the file holds."""
    return bool(os.path.splitext(os.path.basename(name))[1])
