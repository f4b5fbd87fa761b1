"""The manual: one Markdown page per topic, found in this folder."""

from __future__ import annotations

from importlib import resources
from typing import NamedTuple

READING_ORDER = (
    "language",
    "numbers",
    "questions",
    "frameworks",
    "importing",
    "exporting",
    "pictures",
    "ci",
    "output",
    "python",
    "codes",
    "limits",
    "performance",
    "design",
)
"""Where a page comes in the table of contents; pages that are not named here come last."""


class Page(NamedTuple):
    """One topic: the page's name, its heading and its text."""

    topic: str
    title: str
    text: str


def topics() -> tuple[str, ...]:
    """The names of all pages, in reading order."""
    found = (entry.name for entry in resources.files(__name__).iterdir())
    names = sorted(name.removesuffix(".md") for name in found if name.endswith(".md"))
    last = len(READING_ORDER)
    return tuple(sorted(names, key=lambda name: READING_ORDER.index(name) if name in READING_ORDER else last))


def page(topic: str) -> Page:
    """One page.

    Raises:
        FileNotFoundError: where there is no such topic.
    """
    text = resources.files(__name__).joinpath(f"{topic}.md").read_text(encoding="utf-8")
    return Page(topic, text.partition("\n")[0].removeprefix("# "), text)
