"""What the text is written for: how wide it may be, and what may be used in it."""

from __future__ import annotations

from typing import NamedTuple


class Surface(NamedTuple):
    """A terminal, a pipe or a file."""

    width: int | None = None
    """Columns of a terminal; ``None`` where lines may be as long as they need."""
    unicode: bool = True
    colour: bool = False

    @property
    def unlimited(self) -> Surface:
        """The same for lines of any length and without colours."""
        return self._replace(width=None, colour=False)

    def styled(self, text: str, style: str) -> str:
        """The text in a style, where the surface has colours."""
        return f"\x1b[{style}m{text}\x1b[0m" if self.colour and text and style else text

    def glyph(self, unicode: str, ascii: str) -> str:
        """The first of two ways to draw something, or the second where only ASCII can be written."""
        return unicode if self.unicode else ascii


PLAIN = Surface()

BOLD = "1"
DIM = "2"
RED = "31"
GREEN = "32"
MAGENTA = "35"
CYAN = "36"
BOLD_RED = "1;31"
BOLD_YELLOW = "1;33"
UNSURE = "33"

STYLES = {"size": CYAN, "count": GREEN, "field": MAGENTA, "warning": UNSURE, "error": RED, "share": DIM}
"""What a colour means, everywhere; of the 16 that the theme of a terminal makes readable."""
