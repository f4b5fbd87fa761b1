"""The rule of an operation along one axis: the output size, and which units each output unit reads."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from cnncalc.geometry.shape import Size


class Run(NamedTuple):
    """``length`` positions from ``start`` in steps of ``step``; a length of 0 reads nothing."""

    start: int
    step: int
    length: int


class Taps(NamedTuple):
    """The units an output unit reads, periodic over the axis.

    Output unit ``q * len(runs) + r`` reads ``runs[r]`` moved on by ``q * advance``.
    """

    advance: int
    runs: tuple[Run, ...]


class Whole:
    """Every output unit reads the whole axis, however long."""

    __slots__ = ()


class Past:
    """Every output unit reads its own unit and all before it."""

    __slots__ = ()


class Unknown(NamedTuple):
    """What is read depends on something not given.

    With ``taps`` only the offset is unknown: the taps are right up to a shift of all of them.
    """

    reason: str
    taps: Taps | None = None


Reads = Taps | Whole | Past | Unknown

WHOLE = Whole()
PAST = Past()
IDENTITY_TAPS = Taps(1, (Run(0, 1, 1),))
LONGEST_PERIOD = 10_000
"""Maps from output to input units with a longer period than this are not computed."""
TOO_IRREGULAR = f"repeats only after more than {LONGEST_PERIOD:,} units"
TOO_LARGE = "grows beyond 10**30 input positions"
NEEDS_SIZE = "needs the input size: add `input: ...` or pass --input"


class AxisRule(Protocol):
    """One operation along one axis; its size and its receptive field follow from the same value."""

    def output_size(self, size: Size) -> Size:
        """The output length for an input length.

        Raises:
            Fault: where there is no output.
        """
        ...

    def reads(self, size: Size, longest: int = LONGEST_PERIOD) -> Reads:
        """Which input units each output unit reads, positions outside ``0..size-1`` being padding.

        Unknown where the reads repeat only after more than ``longest`` units.
        """
        ...


class Unlaid(NamedTuple):
    """``obtained`` units whose positions depend on the input size; what they read is not known."""

    obtained: Size

    def output_size(self, size: Size) -> Size:
        return self.obtained

    def reads(self, size: Size, longest: int = LONGEST_PERIOD) -> Reads:
        return Unknown(NEEDS_SIZE)


class Identity:
    """Output unit i reads unit i."""

    __slots__ = ()

    def output_size(self, size: Size) -> Size:
        return size

    def reads(self, size: Size, longest: int = LONGEST_PERIOD) -> Reads:
        return IDENTITY_TAPS

    def __reduce__(self) -> str:
        return "IDENTITY"


IDENTITY = Identity()
