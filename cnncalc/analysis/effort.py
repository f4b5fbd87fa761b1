"""Receptive fields followed from layer to layer, as long as that takes no more units than is reasonable."""

from __future__ import annotations

from cnncalc.analysis.answers import Answers, ask
from cnncalc.frameworks.rules import Framework
from cnncalc.geometry.arrangement import Along
from cnncalc.geometry.axis import LONGEST_PERIOD, TOO_IRREGULAR, Reads, Taps, Unknown
from cnncalc.geometry.receptive_field import AxisField, FieldMemory
from cnncalc.geometry.shape import Shape
from cnncalc.layers.base import Layer

MOST_UNITS = 1_000_000
"""Units that are computed one by one for the receptive fields of a network, where they are non-uniform."""
TOO_MANY_UNITS = f"takes more than {MOST_UNITS:,} units of this network to be looked at one by one"


class Follower:
    """Asks the layers of one network and composes what they read, counting the units looked at one by one;
    beyond ``MOST_UNITS`` non-uniform fields are not computed any further.
    """

    def __init__(self, framework: Framework, memory: FieldMemory) -> None:
        self.framework = framework
        self._memory = memory
        self._answers: dict[tuple[Layer, tuple[Shape, ...]], Answers] = {}
        self.units = 0
        """Those looked at one by one so far."""

    @property
    def _is_spent(self) -> bool:
        return self.units > MOST_UNITS

    def recalls(self, units: int) -> bool:
        """Count units that were looked at for another input; ``False`` where that is more than is
        reasonable, so that they are to be looked at again.
        """
        if self.units + units > MOST_UNITS:
            return False
        self.units += units
        return True

    def ask(self, layer: Layer, shapes: tuple[Shape, ...]) -> Answers:
        """What a layer says of these inputs, worked out once for all copies of it; no more than the first
        unit's reads where too many were looked at.
        """
        key = (layer, shapes)
        known = self._answers.get(key)
        if known is None:
            known = self._answers[key] = (
                _spent(ask(layer, shapes, self.framework, 1))
                if self._is_spent
                else ask(layer, shapes, self.framework, LONGEST_PERIOD)
            )
            self.units += sum(
                len(reads.runs) for reads in known.reads if isinstance(reads, Taps) and len(reads.runs) > 1
            )
        return known

    def through(self, field: AxisField, reads: Reads, place: int) -> AxisField:
        """The field behind an operation; ``place`` tells unknown paddings apart."""
        if self._is_spent and field.units:
            return field.lost(TOO_MANY_UNITS)
        found = self._memory.through(field, reads, place)
        self.units += found.units
        return found

    def each_through(
        self, fields: tuple[AxisField, ...], along: tuple[Along, ...], reads: tuple[Reads, ...], place: int
    ) -> list[AxisField]:
        """The fields behind an operation along the axes that they lie along; worked out once where axes see
        and read the same.
        """
        found: list[AxisField] = []
        last: tuple[AxisField, Reads, AxisField] | None = None
        for field, axis in zip(fields, along, strict=True):
            if axis is None:
                found.append(field)
            elif last is not None and field is last[0] and reads[axis] == last[1]:
                found.append(last[2])
            else:
                units, through = self.units, self.through(field, reads[axis], place)
                found.append(through)
                last = (field, reads[axis], through) if self.units == units else None
        return found

    def joined(self, one: AxisField, other: AxisField, place: int, is_causal: bool = False) -> AxisField:
        """The field of what sees in either way."""
        if self._is_spent and (one.units or other.units):
            return one.joined(other.lost(TOO_MANY_UNITS), place, is_causal)
        found = self._memory.joined(one, other, place, is_causal)
        self.units += found.units
        return found


def _spent(answers: Answers) -> Answers:
    """The same, with the reason why reads were not worked out."""
    reads = answers.reads
    return answers._replace(
        reads=tuple([Unknown(TOO_MANY_UNITS) if one == Unknown(TOO_IRREGULAR) else one for one in reads])
    )
