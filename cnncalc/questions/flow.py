"""What flows from the input to the units of each layer, position by position: shares of the gradient at
initialisation, or numbers of paths.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, gcd, lcm, ldexp, log2, prod
from typing import NamedTuple, Protocol

from cnncalc.analysis.report import LayerReport, Report
from cnncalc.geometry.arrangement import Along
from cnncalc.geometry.axis import IDENTITY_TAPS, NEEDS_SIZE, AxisRule, Taps, Unknown
from cnncalc.geometry.resample import Bilinear, Interpolation, Resize
from cnncalc.geometry.shape import Shape, Size
from cnncalc.geometry.spread import ITSELF, Spread, Weights, joined
from cnncalc.geometry.window import TransposedWindow
from cnncalc.layers.base import Layer

Interpolating = Bilinear | Resize | Interpolation
MOST_ADDED = 20_000_000
"""Numbers that are added up in one pass; long ones, such as numbers of paths become, count for several."""
TOO_DEEP = f"takes more than {MOST_ADDED:,} numbers to be added up"
LONG = 1024
"""Bits of a whole number for each of which it counts once more."""


class Measure(Protocol):
    """What flows."""

    def weights(self, layer: Layer, rule: AxisRule, taps: Taps, size: Size) -> Weights:
        """What each unit that is read gives to a unit."""
        ...

    def passed(self, layer: Layer, shapes: tuple[Shape, ...], bounded: tuple[bool, ...]) -> Sequence[float]:
        """What each input of a layer gives."""
        ...


class Gradient:
    """The expectation of the squared gradient under independent weights of mean zero.

    Source: Luo et al. 2016, Understanding the Effective Receptive Field in Deep Convolutional Neural
    Networks, section 2
    """

    def weights(self, layer: Layer, rule: AxisRule, taps: Taps, size: Size) -> Weights:
        if isinstance(rule, Interpolating):
            return tuple([tuple([weight**2 for weight in run]) for run in rule.weights(size)])
        if isinstance(rule, TransposedWindow):
            return tuple([(rule.stride / rule.kernel,) * run.length for run in taps.runs])
        power = 2 if layer.averages() else 1
        return tuple([(1 / max(run.length, 1) ** power,) * run.length for run in taps.runs])

    def passed(self, layer: Layer, shapes: tuple[Shape, ...], bounded: tuple[bool, ...]) -> Sequence[float]:
        return layer.passed(shapes, bounded)


class Paths:
    """The number of paths."""

    def weights(self, layer: Layer, rule: AxisRule, taps: Taps, size: Size) -> Weights:
        return tuple([(1,) * run.length for run in taps.runs])

    def passed(self, layer: Layer, shapes: tuple[Shape, ...], bounded: tuple[bool, ...]) -> Sequence[float]:
        return (1,) * len(shapes)


class Reach(NamedTuple):
    """Distances between two units along an axis, multiples of ``step`` up to ``most``, at which gradients
    that are correlated meet again on the way to the input, so that their squares do not simply add up.
    """

    step: int = 1
    most: int = 0

    def meets(self, step: int, most: int) -> bool:
        """Whether one of these is also a multiple of another step, up to another distance."""
        return lcm(self.step, step) <= min(self.most, most)

    def wider(self, other: Reach) -> Reach:
        """All distances of both."""
        if not other.most or not self.most:
            return self if self.most else other
        return Reach(gcd(self.step, other.step), max(self.most, other.most))


class State(NamedTuple):
    """What is known at one tensor."""

    axes: tuple[Spread | None, ...]
    """What its units have along each axis of the network's input."""
    places: tuple[Along, ...]
    """The axis of the tensor along which that changes."""
    reaches: tuple[Reach, ...]
    roots: frozenset[str]
    """The tensors from which this one comes without any weights between."""
    exponent: int = 0
    """All numbers are to be taken times 2 to this."""
    is_uneven: bool = False
    """Whether some layer on the way gives unequally much to its units."""
    approximate: bool = False
    reason: str | None = None


class Flow:
    """One pass over the layers of a report, from the input on; a tensor is forgotten when it is read for the
    last time.
    """

    def __init__(self, report: Report, measure: Measure) -> None:
        self.report = report
        self.measure = measure
        self.added = 0
        """Numbers that were added up so far."""
        self.shapes = dict(report.inputs)
        self.bounded: set[str] = set()
        self.uses: dict[str, int] = {}
        for layer in report.layers:
            for path in layer.inputs:
                self.uses[path] = self.uses.get(path, 0) + 1
        self.states = {
            name: State(
                axes=(ITSELF,) * shape.rank,
                places=tuple(range(shape.rank)),
                reaches=(Reach(),) * shape.rank,
                roots=frozenset([name]),
            )
            for name, shape in report.inputs
        }

    def until(self, path: str) -> State:
        """What is known at a layer.

        Raises:
            KeyError: where there is none of that path.
        """
        for layer in self.report.layers:
            state = self.enter(layer)
            if layer.path == path:
                return state
        raise KeyError(path)

    def enter(self, layer: LayerReport) -> State:
        """The next layer."""
        state = self._state(layer)
        self.states[layer.path] = state
        self.shapes[layer.path] = layer.shape
        if layer.layer is not None and layer.layer.bounded:
            self.bounded.add(layer.path)
        for path in layer.inputs:
            self.uses[path] -= 1
            if not self.uses[path]:
                self.states.pop(path, None)
        return state

    def _state(self, layer: LayerReport) -> State:
        operation = layer.layer
        assert operation is not None
        bounded = tuple([path in self.bounded for path in layer.followed])
        shapes = tuple([self.shapes[path] for path in layer.followed])
        passed = self.measure.passed(operation, shapes, bounded)
        states = [self.states[path] for path in layer.followed]
        exponent = max(state.exponent for state in states)
        factors = [
            factor if state.exponent == exponent else ldexp(factor, state.exponent - exponent)
            for state, factor in zip(states, passed, strict=True)
        ]
        work = _Work(self, layer, operation, states, factors)
        axes = [work.along(axis) for axis in range(len(layer.field.axes))]
        found = State(
            axes=tuple([spread for spread, _ in axes]),
            places=tuple([place for _, place in axes]),
            reaches=(Reach(),) * len(axes),
            roots=frozenset([layer.path]),
            exponent=exponent,
            reason=work.reason,
        )
        if isinstance(self.measure, Gradient) and any(found.axes):
            return _rescaled(work.correlated(found))
        return found

    def add(self, spread: Spread, times: int) -> None:
        """That each number of a spread came of adding up so many.

        Raises:
            OverflowError: where these are too many altogether.
        """
        for share in spread.shares:
            if share is not None:
                self.added += times * len(share.values) * _length(max(share.values, default=0))
        self.check()

    def check(self) -> None:
        """That there were not too many so far.

        Raises:
            OverflowError: where there were.
        """
        if self.added > MOST_ADDED:
            raise OverflowError(TOO_DEEP)


def _length(number: float) -> int:
    """For how many a number counts in a sum."""
    return 1 + (number.bit_length() // LONG if isinstance(number, int) else 0)


class _Work:
    """One layer in such a pass."""

    def __init__(
        self, flow: Flow, layer: LayerReport, operation: Layer, states: list[State], factors: list[float]
    ) -> None:
        self.flow = flow
        self.measure = flow.measure
        self.layer = layer
        self.operation = operation
        self.states = states
        self.factors = factors
        self.shapes = [flow.shapes[path] for path in layer.followed]
        self.reason = next((state.reason for state in states if state.reason is not None), None)
        self.known: dict[object, tuple[Spread | None, Along]] = {}
        self.local: set[int] = set()
        """Which inputs have a path along some axis."""
        self.masses = [
            self._mass(rule, size) for rule, size in zip(layer.rules, layer.in_shape.sizes, strict=False)
        ]

    def _mass(self, rule: AxisRule, size: Size) -> tuple[float, ...]:
        """What each unit gets along an axis, for each phase."""
        if self.layer.arrangement is not None:
            return (1,)
        try:
            weights = self.measure.weights(self.operation, rule, taps_of(rule, size), size)
        except OverflowError:
            return (1,)
        return tuple([round(sum(run), 12) for run in weights])

    def along(self, axis: int) -> tuple[Spread | None, Along]:
        """What the layer's units have along an axis of the network's input."""
        field = self.layer.field.axes[axis]
        place = self.layer.along[axis]
        if not field.maps or field.looks_back:
            self.reason = self.reason or field.unknown
            return None, place
        try:
            return self._along(axis)
        except OverflowError as error:
            self.reason = self.reason or str(error)
            return None, place

    def _along(self, axis: int) -> tuple[Spread | None, Along]:
        read = [
            (state.axes[axis], factor, state.places[axis])
            for number, (state, factor) in enumerate(zip(self.states, self.factors, strict=True))
            if self._is_local(number, axis)
        ]
        local = [(spread, factor) for spread, factor, _ in read if spread is not None]
        if not local:
            return None, self.layer.along[axis]
        if len(local) > 1 and self.layer.field.axes[axis].unknown_start is not None:
            raise OverflowError(NEEDS_SIZE)
        self.flow.check()
        place = read[0][2]
        rule = None if place is None or self.layer.arrangement is not None else self.layer.rules[place]
        size = None if rule is None or place is None else self.layer.in_shape.sizes[place]
        factor = self._of_others(place)
        key = (tuple([(id(spread), factor) for spread, factor in local]), rule, size, factor)
        known = self.known.get(key)
        if known is not None and rule is not None:
            return known[0], place
        if len(local) == 1 and local[0][1] == 1:
            spread = local[0][0]
        else:
            spread = joined(local)
            self.flow.add(spread, len(local))
        if self.layer.arrangement is not None:
            return spread.laid_out(self.layer.arrangement, place)
        if rule is not None:
            spread = self._through(spread, rule, size, factor)
        self.known[key] = spread, place
        return spread, place

    def _is_local(self, number: int, axis: int) -> bool:
        """Whether the layer reads units of an input each at its place; a single one that is spread over the
        map is no local path.
        """
        state, shape = self.states[number], self.shapes[number]
        if axis >= len(state.axes) or state.axes[axis] is None:
            return False
        place = state.places[axis]
        if place is not None and self.layer.arrangement is None:
            at = place < shape.rank and place < self.layer.in_shape.rank
            if not at or shape.sizes[place] != self.layer.in_shape.sizes[place]:
                return False
        self.local.add(number)
        return True

    def _of_others(self, place: Along) -> float:
        """What the layer's other axes leave of the gradient, on average over their units."""
        if not isinstance(self.measure, Gradient):
            return 1
        return prod(sum(mass) / len(mass) for at, mass in enumerate(self.masses) if at != place)

    def _through(self, spread: Spread, rule: AxisRule, size: Size, factor: float) -> Spread:
        taps = taps_of(rule, size)
        weights = self.measure.weights(self.operation, rule, taps, size)
        if factor != 1:
            weights = tuple([tuple([weight * factor for weight in run]) for run in weights])
        found = spread.through(taps, weights)
        if taps != IDENTITY_TAPS:
            self.flow.add(found, max(map(len, weights)))
        return found

    # Which gradients are correlated

    def correlated(self, found: State) -> State:
        """The same with what is known of correlations."""
        states = [self.states[number] for number in sorted(self.local)]
        meets = self._meet_again(states)
        reaches = []
        for axis, reach in enumerate(self._reaches(states, len(found.axes))):
            place = states[0].places[axis] if axis < len(states[0].places) else None
            if place is not None and self.layer.arrangement is None:
                reach, again = self._behind(place, reach)
                meets = meets or again
            reaches.append(reach)
        roots = found.roots if self.operation.mixes else frozenset().union(*[state.roots for state in states])
        uneven = any(len(set(mass)) > 1 for mass in self.masses) and len(self.masses) > 1
        return found._replace(
            reaches=tuple(reaches),
            roots=roots,
            is_uneven=uneven or any(state.is_uneven for state in states),
            approximate=meets or any(state.approximate for state in states),
        )

    def _meet_again(self, states: list[State]) -> bool:
        """Whether gradients that are not independent are added up here."""
        if self.layer.shares is not None:
            return True
        if len(states) < 2:
            return False
        if any(state.is_uneven for state in states):
            return True
        if self.operation.multiplies and sum(factor != 0 for factor in self.factors) > 1:
            return True
        if self.operation.concatenates:
            return False
        roots: frozenset[str] = frozenset()
        for state in states:
            if roots & state.roots:
                return True
            roots |= state.roots
        return False

    def _reaches(self, states: list[State], count: int) -> list[Reach]:
        found = [Reach()] * count
        for state in states:
            found[: len(state.reaches)] = [
                one.wider(other) for one, other in zip(found, state.reaches, strict=False)
            ]
        return found

    def _behind(self, place: int, reach: Reach) -> tuple[Reach, bool]:
        """The reach of the layer's units, and whether the layer makes correlated gradients that meet."""
        rule = self.layer.rules[place]
        try:
            taps = taps_of(rule, self.layer.in_shape.sizes[place])
        except OverflowError:
            return reach, False
        if self.operation.mixes and len(taps.runs) == 1:
            # Units of the input that differ by ``stride`` per unit of the output go through the same weight.
            stride = max(taps.advance, 1)
            return Reach(reach.step // gcd(reach.step, stride), reach.most // stride), False
        if self.operation.mixes and isinstance(rule, TransposedWindow):
            return Reach(reach.step * rule.stride, reach.most * rule.stride), False
        span = max((run.length - 1) * run.step for run in taps.runs)
        if not span and len(taps.runs) == 1 and taps.advance == 1:
            return reach, False
        units, advance = len(taps.runs), max(taps.advance, 1)
        most = floor((span + reach.most) * units / advance) + units - 1
        averages = self.operation.averages() or isinstance(rule, Interpolating)
        step = min((run.step for run in taps.runs if run.length > 1), default=1)
        return Reach(1, most), averages and reach.meets(step, span)


def taps_of(rule: AxisRule, size: Size) -> Taps:
    """What is read along an axis, where need be up to a shift.

    Raises:
        OverflowError: where that is not periodic, or not known.
    """
    reads = rule.reads(size)
    taps = reads.taps if isinstance(reads, Unknown) else reads
    if not isinstance(taps, Taps):
        raise OverflowError(reads.reason if isinstance(reads, Unknown) else "sees the whole axis")
    return taps


def _rescaled(state: State) -> State:
    """The same with numbers that are neither huge nor tiny."""
    spread = next(spread for spread in state.axes if spread is not None)
    mass = max((sum(share.values) for share in spread.shares if share is not None), default=0.0)
    if not mass or abs(log2(mass)) < 200:
        return state
    shift = floor(log2(mass))
    known: dict[int, Spread] = {}
    for one in state.axes:
        if one is not None and id(one) not in known:
            known[id(one)] = joined([(one, ldexp(1.0, -shift))])
    axes = tuple([None if one is None else known[id(one)] for one in state.axes])
    return state._replace(axes=axes, exponent=state.exponent + shift)
