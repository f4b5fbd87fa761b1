"""Darknet's cfg files."""

from __future__ import annotations

from cnncalc.importers.darknet.network import read, recognise

__all__ = ["read", "recognise"]
