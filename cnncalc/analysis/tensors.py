"""What is known of a tensor on the way through a network: its shape, what its units see, how far apart they
lie.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from cnncalc.analysis.causality import Ends
from cnncalc.geometry.arrangement import Along
from cnncalc.geometry.axis import NEEDS_SIZE, Reads, Taps, Unknown
from cnncalc.geometry.receptive_field import LARGEST_ADVANCE, LOCAL, AxisField
from cnncalc.geometry.shape import Shape


class Pace(NamedTuple):
    """The distance of neighbouring units in units of the tensor ``of``, the last one from which it could be
    followed.
    """

    of: int
    """The index of its node; 0 is that of the inputs."""
    length: Fraction


class Tensor(NamedTuple):
    """What is known of a node's output."""

    path: str
    shape: Shape
    fields: tuple[AxisField, ...]
    paces: tuple[Pace, ...]
    """Along the path from furthest back, per spatial axis; empty behind the last node of several inputs."""
    why: tuple[str, ...]
    """Why something of its shape is not known, each reason once."""
    along: tuple[Along, ...]
    """The spatial axis along which what is seen of each input axis changes."""
    ends: tuple[Ends | None, ...] = ()
    """How the paths are padded along each input axis; ``None`` where units may see what comes after them.
    Empty behind the last node of several inputs.
    """


def input_tensor(name: str, shape: Shape) -> Tensor:
    """An input, whose units see themselves."""
    return Tensor(
        path=name,
        shape=shape,
        fields=(LOCAL,) * shape.rank,
        paces=(Pace(0, Fraction(1)),) * shape.rank,
        why=() if shape.known else (NEEDS_SIZE,),
        along=tuple(range(shape.rank)),
        ends=(Ends(),) * shape.rank,
    )


def paces_through(inputs: list[Tensor], reads: tuple[Reads, ...], place: int) -> tuple[Pace, ...]:
    """The paces of what an operation makes of its inputs, those of the input that can be followed furthest
    back; ``place`` is its own index, where they begin anew.
    """
    if len(inputs) == 1:
        before = inputs[0].paces
    else:
        maps = [tensor.paces for tensor in inputs if tensor.paces]
        before = min(maps, key=lambda paces: max(pace.of for pace in paces), default=())
    return tuple([_through(*pair) or Pace(place, Fraction(1)) for pair in zip(before, reads, strict=False)])


def _through(pace: Pace, reads: Reads) -> Pace | None:
    """The pace behind an operation; ``None`` where it cannot be followed."""
    taps = reads.taps if isinstance(reads, Unknown) else reads
    if not isinstance(taps, Taps):
        return None
    if taps.advance == len(taps.runs):
        return pace
    length = pace.length * Fraction(taps.advance, len(taps.runs))
    is_small = max(length.numerator, length.denominator) <= LARGEST_ADVANCE
    return pace._replace(length=length) if is_small else None


def relative_strides(source: Tensor, target: Tensor) -> tuple[Fraction | None, ...]:
    """The strides of one tensor relative to another it is computed from; ``None`` where they are not
    known.
    """
    if len(source.paces) != len(target.paces):
        return (None,) * source.shape.rank
    pairs = zip(source.paces, target.paces, strict=True)
    return tuple([other.length / one.length if one.of == other.of else None for one, other in pairs])
