"""A page of the guide as text for a terminal, by Rich's Markdown."""

from __future__ import annotations

import re
from io import StringIO
from typing import ClassVar

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markdown import Heading, Markdown
from rich.text import Text
from rich.theme import Theme

from cnncalc.render.surface import Surface

WIDEST = 120
"""Columns of a page where the surface has no width or a larger one; longer lines are hard to read."""

_MARKUP = re.compile(r"<!--.*?-->|</?(?:details|summary|code)>", re.DOTALL)
_PICTURE = re.compile(r"^!\[([^\]]*)\]\([^)]*\)$", re.MULTILINE)
"""A terminal shows what is said in place of it."""
_LOCAL_LINK = re.compile(r"\[([^\]]+)\]\((?!https?:)[^)]*\)")
_THEME = Theme({"markdown.code": "bold cyan", "markdown.code_block": "cyan"})
"""Without the black background that Rich gives to code, on light terminals too."""
_ASCII = str.maketrans({"•": "*", "▌": "|", "─": "-", "━": "=", "│": "|", "…": "."})


class _Heading(Heading):
    """A heading at the left margin; how Rich itself places one differs between its versions."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text()
        yield Text(str(self.text), "bold underline" if self.tag in ("h1", "h2") else "bold")


class _Page(Markdown):
    elements: ClassVar = {**Markdown.elements, "heading_open": _Heading}


def render(text: str, surface: Surface) -> str:
    """The page laid out in the surface's width, with colours where it has them."""
    width = min(surface.width or WIDEST, WIDEST)
    out = StringIO()
    console = Console(
        file=out,
        theme=_THEME,
        width=width,
        force_terminal=surface.colour,
        color_system="standard" if surface.colour else None,
        legacy_windows=False,
    )
    source = _LOCAL_LINK.sub(r"\1", _PICTURE.sub(r"(picture: \1)", _MARKUP.sub("", text)))
    console.print(_Page(source, code_theme="ansi_light", hyperlinks=False))
    lines = "\n".join(line.rstrip() for line in out.getvalue().strip("\n").splitlines()) + "\n"
    return lines if surface.unicode else lines.translate(_ASCII)
