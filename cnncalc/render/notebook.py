"""What models, reports and documents look like in a notebook, in Rich and as plain rows."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any

from cnncalc.analysis.report import Report
from cnncalc.network.model import Model
from cnncalc.render.columns import every_column
from cnncalc.render.document import Document
from cnncalc.render.listing import records
from cnncalc.render.listings.networks import Networks
from cnncalc.render.outputs import FORMATS
from cnncalc.render.surface import Surface
from cnncalc.render.view import View

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions
    from rich.text import Text

    from cnncalc.questions.crop import Crop
    from cnncalc.questions.effective import Effective, Profile
    from cnncalc.questions.sizes import Sizes
    from cnncalc.questions.solve import Solution
    from cnncalc.questions.stream import Stream
    from cnncalc.questions.tile import Tiling

    Answer = Sizes | Tiling | Stream | Solution | Effective | Profile | Crop
    Value = Model | Report | Document | Answer

ANSWERS = {
    "Sizes": ("sizes", "FittingSizes"),
    "Tiling": ("tiles", "Tiles"),
    "Stream": ("streams", "Streams"),
    "Solution": ("solutions", "Solutions"),
    "Effective": ("effective", "Effectives"),
    "Profile": ("effective", "Profiles"),
    "Crop": ("crops", "Crops"),
}
"""The listing of each kind of answer, and the document in it."""


def document(value: Value) -> Document:
    """A value as a document; of a model what its analysis gives."""
    if isinstance(value, Model):
        from cnncalc.analysis.run import analyze

        value = analyze(value)
    if isinstance(value, Report):
        return Networks([value], View("summary"))
    return value if isinstance(value, Document) else _answered(value)


def _answered(answer: Answer) -> Document:
    """The answer to a question as its command shows it."""
    from cnncalc.render.listings.answers import Asked

    listing, kind = ANSWERS[type(answer).__name__]
    module = import_module(f"cnncalc.render.listings.{listing}")
    made = getattr(module, kind)([Asked(answer, answer)])
    assert isinstance(made, Document)
    return made


def html(value: Value) -> str:
    """The tables that a terminal would show, without scripts."""
    from cnncalc.render.outputs.html import fragment

    return fragment(document(value))


def markdown(value: Value) -> str:
    """The same as Markdown."""
    return FORMATS.render("markdown", document(value))


class Printed:
    """What Rich prints: a table for the width of its console."""

    def __init__(self, value: Value) -> None:
        self.document = document(value)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        from rich.text import Text

        surface = Surface(options.max_width, not options.ascii_only, colour=True)
        text = FORMATS.render("table", self.document, surface)
        yield Text.from_ansi(text.removesuffix("\n"), no_wrap=True, overflow="ignore")


def dicts(report: Report) -> list[dict[str, Any]]:
    """A row per layer, with the keys of CSV: numbers, texts, and ``None`` where unknown."""
    return records(every_column(), report.layers)
