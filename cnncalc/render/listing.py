"""What every tabular format draws: columns, the items they are asked about, and the lines around them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

from cnncalc.render.text import UNKNOWN, cells, inert

GAP = 2
"""Blanks between columns."""

Item = TypeVar("Item")
Raw = bool | int | float | str | None


class Column(NamedTuple, Generic[Item]):
    """One property of the items, for people and for machines."""

    key: str
    title: str
    text: Callable[[Item], str]
    raw: Callable[[Item], Raw]
    rank: int = 1
    """On a narrow terminal the columns with the highest rank go first; of rank 0 two stay at least, and of
    lower ranks all.
    """
    right: bool = True
    folds: bool = False
    """A long text may go on in the next line."""
    optional: bool = False
    """Not shown where it is empty for all items."""
    reasons: Callable[[Item], tuple[str, ...]] | None = None
    """Why the text is ``?``."""
    note: str | None = None
    """What is said of the column beneath a table that has it."""
    strong: Callable[[Item], bool] | None = None
    """Whether the text is to catch the eye."""
    prose: bool = False
    """A long text goes on between words."""
    kind: str = ""
    """What it is for the eye: one of the ``STYLES`` of a surface."""
    kind_of: Callable[[Item], str] | None = None
    """The same of each item, where the items are of different kinds."""
    decorative: bool = False
    """Says nothing that another column does not say, so that nobody needs to know where it is left out."""
    texts_of: Callable[[Sequence[Item]], list[str]] | None = None
    """The texts of many items, where that takes less than to ask for each by itself."""
    raws_of: Callable[[Sequence[Item]], list[Raw]] | None = None
    """The same of what ``raw`` says."""

    @property
    def has_names(self) -> bool:
        """Whether its texts are names, which some formats set as code."""
        return self.folds and not self.prose

    def texts(self, items: Sequence[Item]) -> list[str]:
        """The text of each item."""
        return [self.text(item) for item in items] if self.texts_of is None else self.texts_of(items)

    def raws(self, items: Sequence[Item]) -> list[Raw]:
        """What a program gets of each item."""
        return [self.raw(item) for item in items] if self.raws_of is None else self.raws_of(items)


class Total(NamedTuple):
    """One line of the sums beneath a table."""

    title: str
    exact: str
    rounded: str = ""


class Listing(NamedTuple, Generic[Item]):
    """A table with what stands above and beneath it."""

    title: str
    columns: tuple[Column[Item], ...]
    items: tuple[Item, ...]
    lead: tuple[str, ...] = ()
    """Paragraphs between the title and the table."""
    failure: str | None = None
    """What ended the table early."""
    notes: tuple[str, ...] = ()
    totals: tuple[Total, ...] = ()
    drawing: tuple[str, ...] = ()
    """Lines drawn with characters of equal width."""
    hint: str = ""
    """How to get a shorter table, said at its end."""
    details: str = ""
    """What it is folded away under, in formats that can; a title in others."""
    level: int = 2
    """Of the title, below that of a page."""


class Grid(NamedTuple):
    """The texts of a listing, column by column of those that have something to show."""

    columns: tuple[Column[object], ...]
    cells: tuple[tuple[str, ...], ...]
    """One tuple per column."""
    reasons: tuple[str, ...]
    """Why some cells are ``?``, each reason once."""


def grid(listing: Listing[Item]) -> Grid:
    """Ask every column about every item."""
    columns, texts, reasons = [], [], {}
    for column in listing.columns:
        shown = tuple(column.texts(listing.items))
        if column.optional and not any(shown):
            continue
        columns.append(column)
        texts.append(shown)
        if column.reasons is not None and UNKNOWN in "".join(shown):
            unknown = (item for item, cell in zip(listing.items, shown, strict=True) if UNKNOWN in cell)
            reasons.update(
                dict.fromkeys(inert(reason) for item in unknown for reason in column.reasons(item))
            )
    return Grid(tuple(columns), tuple(texts), tuple(reasons))  # type: ignore[arg-type]


def records(columns: Sequence[Column[Item]], items: Sequence[Item]) -> list[dict[str, Raw]]:
    """What a program gets of each item, by the keys of the columns."""
    keys = [column.key for column in columns]
    rows = zip(*[column.raws(items) for column in columns], strict=True)
    return [dict(zip(keys, row, strict=True)) for row in rows]


def fits(listing: Listing[Item], width: int | None) -> bool:
    """Whether the whole table has room."""
    return width is None or line_width(widths(grid(listing))) <= width


def widths(shown: Grid) -> list[int]:
    """The cells of a terminal that each column takes."""
    return [
        max(cells(column.title), widest(texts))
        for column, texts in zip(shown.columns, shown.cells, strict=True)
    ]


def widest(texts: Sequence[str]) -> int:
    """The cells that the widest of some texts takes."""
    return max(map(len if all(map(str.isascii, texts)) else cells, texts), default=0)


def line_width(widths: Sequence[int]) -> int:
    """The cells that columns take beside each other."""
    return sum(widths) + GAP * (len(widths) - 1)
