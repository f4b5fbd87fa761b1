"""The operations: one file per family, each layer with its arguments and every rule of it."""

from __future__ import annotations

from cnncalc.layers.base import OPERATIONS, Layer, Params

__all__ = ["OPERATIONS", "Layer", "Params"]
