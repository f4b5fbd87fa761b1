"""What a check has found, one file per format."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from cnncalc.checks.files import Results
from cnncalc.render.surface import PLAIN, Surface


def render(results: Results, format: str, surface: Surface = PLAIN) -> str:
    """The whole document, ending in a newline; each format has a module of its name."""
    module: Any = import_module(f"cnncalc.render.findings.{format}")
    text = module.render(results, surface)
    assert isinstance(text, str)
    return text
