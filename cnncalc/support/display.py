"""How values show themselves in notebooks: by the renderer, which is loaded by name when one is looked at.

What is computed knows nothing of how it is drawn; this is the only place that reaches up.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

RENDERER = "cnncalc.render.notebook"


def html(value: Any) -> str:
    """A value as HTML without scripts."""
    return str(import_module(RENDERER).html(value))


def markdown(value: Any) -> str:
    """A value as Markdown."""
    return str(import_module(RENDERER).markdown(value))


def rich(value: Any) -> Any:
    """A value as something that Rich prints."""
    return import_module(RENDERER).Printed(value)


def dicts(value: Any) -> list[dict[str, Any]]:
    """A value as plain rows."""
    rows: list[dict[str, Any]] = import_module(RENDERER).dicts(value)
    return rows
