"""Caffe's prototxt files."""

from __future__ import annotations

from cnncalc.importers.caffe.network import read

__all__ = ["read"]
