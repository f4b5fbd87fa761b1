"""Spatial pyramids: bins asked for and obtained per level, and the positions of the windows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from cnncalc.errors import Diagnostic
from cnncalc.geometry.pyramid import Level, Pyramid, Tier
from cnncalc.render.axes import windows
from cnncalc.render.columns import padding_of
from cnncalc.render.document import Document, Rows
from cnncalc.render.listing import Column, Listing, Total
from cnncalc.render.records import FORMAT, diagnostic_of, dumps
from cnncalc.render.surface import PLAIN, Surface
from cnncalc.render.text import NOTHING, UNKNOWN, exact, once
from cnncalc.support.numbers import by

_BORDER = "border not read"


class Line(NamedTuple):
    """One level of one mode."""

    mode: str
    rank: int
    tier: Tier
    first: bool
    """Whether it is the first mode shown of its level."""


class Pyramids(Document):
    """What the command ``spp`` shows: one mode, or several of the same levels."""

    def __init__(
        self, pyramids: Sequence[Pyramid], channels: int | None, diagnostics: Sequence[Diagnostic] = ()
    ) -> None:
        self.pyramids = pyramids
        self.channels = channels
        self.diagnostics = diagnostics

    def listings(self, surface: Surface) -> tuple[Listing[Line], ...]:
        """One table, and drawings of a single mode."""
        return (listing(self.pyramids, self.channels, surface),)

    def rows(self) -> tuple[Rows, ...]:
        """A row per level and mode."""
        return (Rows((), [((), one) for one in self.listings(PLAIN)]),)

    def json(self) -> str:
        """One mode at the top level; several in ``modes``."""
        head: dict[str, Any] = {"format": FORMAT, "in": list(self.pyramids[0].sizes)}
        modes = [_mode(pyramid, self.channels) for pyramid in self.pyramids]
        empty: dict[str, Any] = {"mode": "all", "levels": None, "bins": None, "length": None, "modes": modes}
        tail = {"diagnostics": [diagnostic_of(one) for one in self.diagnostics]}
        return dumps({**head, **(modes[0] if len(modes) == 1 else empty), **tail})

    def picture(self) -> str:
        from cnncalc.render.pictures.spp import drawn

        return drawn(self.pyramids)


def listing(pyramids: Sequence[Pyramid], channels: int | None, surface: Surface) -> Listing[Line]:
    """A row per level; one mode is drawn, several are compared."""
    lines = sorted(
        (
            Line(pyramid.mode, rank, tier, pyramid is pyramids[0])
            for pyramid in pyramids
            for rank, tier in enumerate(pyramid.tiers)
        ),
        key=lambda line: line.rank,
    )
    single = len(pyramids) == 1
    modes = pyramids[0].mode if single else "all"
    return Listing(
        title=f"spatial pyramid on a map of {by(map(str, pyramids[0].sizes))}, mode {modes}",
        columns=_COLUMNS if single else (_LEVEL, _MODE, *_COLUMNS[1:]),
        items=tuple(lines),
        notes=tuple(note for line in lines if (note := _note(line, pyramids[0].sizes, single)) is not None),
        totals=tuple(total for pyramid in pyramids for total in _totals(pyramid, channels, single)),
        drawing=tuple(_drawing(pyramids[0], surface)) if single else (),
    )


def _note(line: Line, sizes: tuple[int, ...], single: bool) -> str | None:
    """Why a level is not possible, and what to do where its bins are as wanted and still do not read all."""
    if line.tier.fault is not None:
        return line.tier.fault.message
    if not single or _remark(line) != _BORDER:
        return None
    return (
        f"{_wanted(line)} bins do not read the end of the map; modes that read all: "
        f"{', '.join(line.tier.alternatives(sizes))}"
    )


def _mode(pyramid: Pyramid, channels: int | None) -> dict[str, Any]:
    levels = [
        {**_tier(tier, len(pyramid.sizes)), "works": tier.alternatives(pyramid.sizes)}
        for tier in pyramid.tiers
    ]
    length = None if channels is None or pyramid.bins is None else channels * pyramid.bins
    return {"mode": pyramid.mode, "levels": levels, "bins": pyramid.bins, "length": length}


def _tier(tier: Tier, rank: int) -> dict[str, Any]:
    wanted = [tier.bins] * rank
    if tier.fault is not None:
        nothing = dict.fromkeys(("window", "stride", "padding", "obtained"))
        return {"bins": wanted, **nothing, "exact": False, "unread": None, "error": tier.fault.message}
    return {
        "bins": wanted,
        "window": [axis.window for axis in tier.axes],
        "stride": [axis.stride for axis in tier.axes],
        "padding": [axis.padding for axis in tier.axes],
        "obtained": [axis.obtained for axis in tier.axes],
        "exact": tier.exact,
        "unread": [axis.unread for axis in tier.axes],
        "windows": [axis.intervals for axis in tier.axes],
    }


def _axes(
    key: str, title: str, rank: int, show: Callable[[Level], str], join: Callable[..., str] = by
) -> Column[Line]:
    def text(line: Line) -> str:
        return NOTHING if line.tier.fault is not None else join(show(axis) for axis in line.tier.axes)

    def raw(line: Line) -> str | None:
        return None if line.tier.fault is not None else by(show(axis) for axis in line.tier.axes)

    return Column(key, title, text, raw, rank)


def _wanted(line: Line) -> str:
    return f"{line.tier.bins}x{line.tier.bins}" if len(line.tier.axes) != 1 else str(line.tier.bins)


def _remark(line: Line) -> str:
    if line.tier.fault is not None:
        return "not possible"
    if any(axis.obtained != axis.bins for axis in line.tier.axes):
        return "other bins than asked for"
    return "" if line.tier.exact else _BORDER


def _stride(axis: Level) -> str:
    return "varies" if axis.stride is None else str(axis.stride)


_LEVEL: Column[Line] = Column(
    "bins", "bins asked for", lambda line: _wanted(line) if line.first else "", _wanted, 0
)
_MODE: Column[Line] = Column("mode", "mode", lambda line: line.mode, lambda line: line.mode, 0, right=False)
_COLUMNS: tuple[Column[Line], ...] = (
    _LEVEL,
    _axes("window", "window", 1, lambda axis: str(axis.window)),
    _axes("stride", "stride", 2, _stride, once),
    _axes("padding", "padding", 5, lambda axis: padding_of(axis.padding), once),
    _axes("obtained", "bins obtained", 0, lambda axis: str(axis.obtained))._replace(kind="size"),
    _axes("unread", "unread", 3, lambda axis: str(axis.unread), once)._replace(kind="count"),
    Column(
        "remark",
        "remark",
        _remark,
        lambda line: _remark(line) or None,
        4,
        right=False,
        optional=True,
        kind="warning",
    ),
)


def _totals(pyramid: Pyramid, channels: int | None, single: bool) -> list[Total]:
    mode = "" if single else f", mode {pyramid.mode}"
    bins = Total(f"bins of all levels{mode}", exact(pyramid.bins))
    if channels is None:
        return [bins]
    length = UNKNOWN if pyramid.bins is None else exact(channels * pyramid.bins)
    vector = Total(f"vector length with {channels:,} channels{mode}", length)
    return [bins, vector] if single else [vector]


def _drawing(pyramid: Pyramid, surface: Surface) -> list[str]:
    lines: list[str] = []
    for tier in pyramid.tiers:
        for axis in dict.fromkeys(tier.axes):
            wanted = f"{axis.bins} asked for, " if axis.obtained != axis.bins else ""
            lines += ["", f"{axis.size} positions into {wanted}{axis.obtained}:"]
            lines += windows(axis.reads, axis.size, surface)
    return lines[1:]
