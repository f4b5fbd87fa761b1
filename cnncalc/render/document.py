"""What a command shows, before it is put into a format."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from cnncalc.render.listing import Listing
from cnncalc.render.surface import Surface
from cnncalc.support import display


class Rows(NamedTuple):
    """Listings under one head for programs: every item, and before its own columns those of its listing."""

    names: tuple[str, ...]
    """The titles of the columns that say which listing a row belongs to."""
    parts: Iterable[tuple[tuple[str, ...], Listing[Any]]]
    """The listings, each with what it has in these columns; asked for once."""


class Document:
    """One kind of result; every format can write every kind. How to add one is written in ``listings``."""

    def listings(self, surface: Surface) -> Iterable[Listing[Any]]:
        """The tables for a reader, as suits a surface, one below the other."""
        raise NotImplementedError

    def rows(self) -> Iterable[Rows]:
        """The tables for programs, which leave out nothing that was computed."""
        raise NotImplementedError

    def json(self) -> str:
        """The document as JSON, format 1, ending in a newline; all numbers exact, ``null`` where unknown."""
        raise NotImplementedError

    def picture(self) -> str:
        """The document as SVG, of those that the formats ``PICTURED`` are for; nothing where it is empty.

        Raises:
            NoAnswer: where there is nothing in it that could be drawn.
        """
        raise NotImplementedError

    def page(self) -> str:
        """The document as a page for the browser, of those that have one: the formats ``COMPARED`` are for
        them.
        """
        raise NotImplementedError

    def _repr_html_(self) -> str:
        return display.html(self)

    def _repr_markdown_(self) -> str:
        return display.markdown(self)

    def __rich__(self) -> object:
        return display.rich(self)
