"""The least time that layers can take on a machine: its arithmetic and its memory are both bounds."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Literal, NamedTuple

from cnncalc.analysis.report import Report
from cnncalc.analysis.traffic import moved


class Machine(NamedTuple):
    """What a machine can do at best."""

    peak: Fraction
    """Floating-point operations per second."""
    bandwidth: Fraction
    """Bytes per second to and from memory."""


class Bound(NamedTuple):
    """The least time, and what it comes from."""

    seconds: Fraction
    by: Literal["compute", "memory", "both"]


def bounds(report: Report, machine: Machine, width: int) -> dict[str, Bound | None]:
    """The least time of each layer, by path; numbers have ``width`` bytes. ``None`` is unknown.

    Source: Williams, Waterman, Patterson 2009, Roofline: An Insightful Visual Performance Model
    """
    traffic = moved(report)
    return {path: _bound(found.macs, found.bytes(width), machine) for path, found in traffic.items()}


def summed(some: Iterable[Bound | None]) -> Bound | None:
    """The least time of layers one after the other."""
    some = list(some)
    known = [bound for bound in some if bound is not None]
    if len(known) < len(some) or not known:
        return None
    kinds = {bound.by for bound in known if bound.seconds} or {known[0].by}
    seconds = sum((bound.seconds for bound in known), Fraction(0))
    return Bound(seconds, kinds.pop() if len(kinds) == 1 else "both")


def _bound(macs: int | None, bytes: int | None, machine: Machine) -> Bound | None:
    if macs is None or bytes is None:
        return None
    compute, memory = 2 * macs / machine.peak, bytes / machine.bandwidth
    return Bound(compute, "compute") if compute > memory else Bound(memory, "memory")
