"""The shorthands: one file per structure that expands into layers."""

from __future__ import annotations

from cnncalc.blocks.base import SHORTHANDS, Shorthand, Widths

__all__ = ["SHORTHANDS", "Shorthand", "Widths"]
