"""Kinds of numbers that weights and activations are stored as."""

from __future__ import annotations

DTYPES = {"float32": 4, "float64": 8, "float16": 2, "bfloat16": 2, "int8": 1}
"""Bytes of one number, the default first."""
