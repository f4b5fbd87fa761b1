"""Paths whose windows are padded only before, so that no unit sees what comes after it."""

from __future__ import annotations

from typing import NamedTuple

from cnncalc.geometry.axis import AxisRule, Identity
from cnncalc.geometry.resample import Border, Nearest, UpToHere
from cnncalc.geometry.window import TransposedWindow, Window

EVEN = 1
"""How much more a kernel of even size is padded at one end to keep the size of a map."""


class Ends(NamedTuple):
    """How a path is padded along an axis at its two ends."""

    before: bool = False
    """Whether something is put before the first position."""
    after: int = 0
    """Positions that were put behind the last one and are still there: a later crop may take them away, as in
    temporal networks that pad both ends and cut one.
    """
    is_past: bool = False
    """Whether something on the path is padded before only, by more than a kernel of even size has to be: then
    what is ``after`` is a look-ahead, which all that follows shares.
    """


def through(ends: Ends | None, rule: AxisRule) -> Ends | None:
    """The ends behind an operation; ``None`` where units may see what comes after them."""
    if ends is None:
        return None
    if isinstance(rule, Window):
        before, after = rule.before, rule.after
        if before is None or after is None or rule.rounding.up:
            return None
        is_behind = ends.after > 0 or after > 0
        if is_behind and rule.stride > 1:
            return None
        return _padded(ends, before, after, after <= 0 and before > EVEN)
    if isinstance(rule, (Identity, UpToHere)):
        return ends
    if isinstance(rule, Border):
        is_past = rule.before > EVEN if rule.after == 0 else rule.after < 0 < ends.after
        return _padded(ends, rule.before, rule.after, is_past)
    if isinstance(rule, Nearest) or (isinstance(rule, TransposedWindow) and rule.before == 0):
        return None if ends.after else ends
    return None


def joined(some: list[Ends | None]) -> Ends | None:
    """The ends behind a join; of branches that look ahead unlike far none is the look-ahead."""
    known = [ends for ends in some if ends is not None]
    if len(known) < len(some):
        return None
    after = {ends.after for ends in known}
    return Ends(
        before=any(ends.before for ends in known),
        after=max(after, default=0),
        is_past=len(after) == 1 and any(ends.is_past for ends in known),
    )


def is_causal(ends: Ends | None) -> bool:
    """Whether the windows on a path were padded, and only before but for a look-ahead that all of it has."""
    return ends is not None and ends.before and (not ends.after or ends.is_past)


def _padded(ends: Ends, before: int, after: int, is_past: bool) -> Ends:
    if not before and not after:
        return ends
    return Ends(ends.before or before > 0, max(0, ends.after + after), ends.is_past or is_past)
