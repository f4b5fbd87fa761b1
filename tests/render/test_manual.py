"""The guide in a terminal."""

from __future__ import annotations

import re

from cnncalc.render.manual import render
from cnncalc.render.surface import Surface


def test_nothing_has_a_background_which_would_suit_one_theme_only() -> None:
    page = "# Title\n\nWords with `code`.\n\n```\na block\n```\n\n```yaml\na: 1\n```\n"
    styles = re.findall("\x1b\\[([0-9;]*)m", render(page, Surface(80, colour=True)))
    codes = {int(code) for style in styles for code in style.split(";") if code}
    assert 36 in codes
    assert not any(40 <= code <= 48 or 100 <= code <= 107 for code in codes)
