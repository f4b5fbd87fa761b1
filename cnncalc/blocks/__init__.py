"""The shorthands: one file per structure that expands into layers."""

from __future__ import annotations

from cnncalc.blocks import dense, inception, join, pyramid, residual, separable, series
from cnncalc.blocks.base import SHORTHANDS, Shorthand, Widths

FAMILIES = (series, join, residual, dense, inception, separable, pyramid)
"""The modules in the order of the listing."""

__all__ = ["FAMILIES", "SHORTHANDS", "Shorthand", "Widths"]
