"""Where the largest values of a tensor are, which no layer of the language gives."""

from __future__ import annotations

from typing import NamedTuple


class Indices(NamedTuple):
    """The places of maxima; only ``max_unpool`` can read them."""

    shape: tuple[int, ...]
    source: str | None = None
    """The map that was pooled."""
    what: str = "where the largest values are, which no layer gives"


__all__ = ["Indices"]
