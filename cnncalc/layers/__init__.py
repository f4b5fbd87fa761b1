"""The operations: one file per family, each layer with its arguments and every rule of it."""

from __future__ import annotations

from cnncalc.layers import (
    activation,
    binning,
    channels,
    convolution,
    custom,
    join,
    linear,
    normalization,
    patches,
    pooling,
    resampling,
)
from cnncalc.layers.base import OPERATIONS, Layer, Params

FAMILIES = (
    convolution,
    pooling,
    binning,
    linear,
    normalization,
    activation,
    channels,
    patches,
    resampling,
    join,
    custom,
)
"""The modules in the order of the listing."""

__all__ = ["FAMILIES", "OPERATIONS", "Layer", "Params"]
