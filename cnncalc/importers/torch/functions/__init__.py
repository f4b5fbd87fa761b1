"""What PyTorch's functions become, a file for each kind; importing this registers them all."""

from __future__ import annotations

from cnncalc.importers.torch.functions import (
    arithmetic,
    arrangement,
    attention,
    elementwise,
    joining,
    lengths,
    pooling,
    reductions,
    weighted,
)

__all__ = [
    "arithmetic",
    "arrangement",
    "attention",
    "elementwise",
    "joining",
    "lengths",
    "pooling",
    "reductions",
    "weighted",
]
