"""What is asked of a rendering: the command, how much of a network, and in which units."""

from __future__ import annotations

from typing import NamedTuple

from cnncalc.analysis.roofline import Machine
from cnncalc.errors import Diagnostic


class View(NamedTuple):
    """The choices of one run of a command."""

    command: str
    depth: int | None = None
    """Structures below so many path components are one row each."""
    all_layers: bool = False
    """Show also layers without parameters that keep their shape."""
    unit: tuple[int, ...] | None = None
    """The unit of each layer whose region of the input is asked for."""
    dtype: str = "float32"
    machine: Machine | None = None
    """What the layers' least times are asked for."""
    effective: bool = False
    """Show also the effective receptive fields."""
    seen_from: tuple[int, ...] | None = None
    """The position of the input whose units in each layer are asked for."""
    paths: bool = False
    """Show whole paths in place of a tree."""


class Unread(NamedTuple):
    """A file from which no network could be read, and why."""

    file: str
    diagnostics: tuple[Diagnostic, ...]
