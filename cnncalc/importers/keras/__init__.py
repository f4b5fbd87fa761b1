"""Keras models: ``.keras`` archives, their configuration as JSON text, and ``.h5`` files."""

from __future__ import annotations

from cnncalc.importers.keras.model import read, recognise

__all__ = ["read", "recognise"]
