"""Pictures from Python: shown in a notebook, or written to a file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Self, TypeGuard

from cnncalc.analysis.report import Report, as_report
from cnncalc.errors import InputError
from cnncalc.render.pictures import PICTURES, USUAL, Drawing
from cnncalc.render.pictures import draw as text_of
from cnncalc.render.pictures.photo import data_url
from cnncalc.support.words import did_you_mean, shown


class Drawn(str):
    """A picture that a notebook shows: its SVG, which may be used wherever a text of SVG may be, as in
    ``IPython.display.SVG``.
    """

    what: str

    def __new__(cls, what: str, svg: str) -> Self:
        made = super().__new__(cls, svg)
        made.what = what
        return made

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override]
        return self.what, self.svg

    @property
    def svg(self) -> str:
        """The text by itself."""
        return str(self)

    def __repr__(self) -> str:
        return f"<Drawn {self.what}: {len(self):,} characters of SVG>"

    def _repr_svg_(self) -> str:
        return self.svg

    def save(self, file: str | os.PathLike[str]) -> None:
        """Write the picture to a file, whose name ends in `.svg`.

        Raises:
            InputError: for another ending.
            OSError: where the file cannot be written.
        """
        path = Path(file)
        if path.suffix.lower() != ".svg":
            raise InputError(f"{path.name!r} does not end in .svg, which is what a picture is written as")
        path.write_text(self.svg, encoding="utf-8", newline="\n")


def draw(
    reports: Report | Sequence[Report],
    what: str = USUAL,
    *,
    layers: str | Sequence[str] = (),
    at: Sequence[int] | None = None,
    depth: int | None = None,
    behind: str | os.PathLike[str] | None = None,
) -> Drawn:
    """A picture of a network, or of several side by side.

    ``what`` is a kind of picture (`cnncalc draw --help` lists them), ``layers`` the path of a layer or
    several, ``at`` a unit of them, ``depth`` folds what is deeper, and ``behind`` is the file of a picture
    that is the input.

    Raises:
        InputError: for a kind, a layer or a unit that does not exist.
        NoAnswer: where there is nothing to draw.
        TypeError: for what is no report.
    """
    if what not in PICTURES:
        guess = did_you_mean(what, PICTURES)
        help = f"did you mean {guess!r}?" if guess else f"there are {', '.join(PICTURES)}"
        raise InputError(f"there is no picture {shown(what)!r}: {help}")
    several = tuple(map(as_report, reports if _is_plain(reports) else (reports,)))
    if not several:
        raise InputError("there is no report to draw")
    named = (layers,) if isinstance(layers, str) else tuple(layers)
    unit = None if at is None else tuple(at)
    photo = "" if behind is None else data_url(os.fspath(behind))
    return Drawn(what, text_of(what, Drawing(several, named, unit, depth, photo)))


def _is_plain(given: object) -> TypeGuard[Iterable[object]]:
    """Whether that is several things, not one record: reports and models are tuples, too."""
    return isinstance(given, Iterable) and not isinstance(given, str) and not hasattr(given, "_fields")
