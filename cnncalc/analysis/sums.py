"""What is added up over the layers of a network, part by part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cnncalc.analysis.dropped import dropped_positions
from cnncalc.analysis.report import (
    UNKNOWN_TOTALS,
    LayerReport,
    ReceptiveField,
    Totals,
    last_local,
    totals_of,
)
from cnncalc.geometry.shape import Size, total


class Sums(NamedTuple):
    """The figures of some layers in sequence; ``None`` where one of the summands is unknown."""

    totals: Totals
    dropped: Size
    """Positions of maps that no window reads."""
    local: ReceptiveField | None
    """Of the last of them whose units see a part of the input only."""

    def before(self, rest: Sums) -> Sums:
        """Those of these layers and of the ones that come after them."""
        return Sums(
            totals=self.totals.plus(rest.totals),
            dropped=total((self.dropped, rest.dropped)),
            local=rest.local or self.local,
        )


UNKNOWN_SUMS = Sums(UNKNOWN_TOTALS, None, None)


def sums_of(layers: Sequence[LayerReport]) -> Sums:
    """The figures of some layers."""
    local = last_local(layers)
    return Sums(
        totals=totals_of(layers),
        dropped=total(map(dropped_positions, layers)),
        local=None if local is None else local.field,
    )
