"""The effective receptive field: how the gradient of a unit is spread over the input at initialisation, and
by how many paths each position is reached.
"""

from __future__ import annotations

from typing import NamedTuple

from cnncalc.analysis.report import LayerReport, Report
from cnncalc.analysis.run import Given, analyze
from cnncalc.errors import InputError
from cnncalc.geometry.shape import Shape
from cnncalc.geometry.spread import MOST_NUMBERS, Share, Spread, deviation, width_of
from cnncalc.network.model import Model
from cnncalc.questions.answers import failure, layer_of
from cnncalc.questions.flow import Flow, Gradient, Paths, State
from cnncalc.support import display
from cnncalc.support.numbers import by, plural

MASS = 0.9545
"""The share of the gradient that the effective width holds: of a Gaussian two standard deviations."""


class EffectiveField(NamedTuple):
    """The effective receptive field of a layer, one entry per spatial axis of the input.

    Of units that see unequally much the largest counts, as for the receptive field itself.
    """

    path: str
    std: tuple[float | None, ...]
    """The standard deviation of the gradient over input positions; ``None`` without a local path."""
    width: tuple[int | None, ...]
    """The fewest input positions in a row that hold ``mass`` of the gradient."""
    ratio: tuple[float | None, ...]
    """The width as a share of the receptive field."""
    mass: float
    approximate: bool
    """Whether gradients are correlated, so that their squares do not add up exactly."""
    reason: str | None
    """Why an axis has no answer, where one has none."""


class Effective(NamedTuple):
    """The effective receptive fields of a network's layers."""

    name: str
    file: str
    inputs: tuple[tuple[str, Shape], ...]
    framework: str
    layers: tuple[EffectiveField, ...]

    def _repr_html_(self) -> str:
        return display.html(self)

    def _repr_markdown_(self) -> str:
        return display.markdown(self)

    def __rich__(self) -> object:
        return display.rich(self)


class AxisProfile(NamedTuple):
    """How one unit is reached along an axis, from the input position ``first`` on."""

    first: int
    gradient: tuple[float, ...]
    """The share of the gradient that each position gets; the sum is 1."""
    paths: tuple[int, ...]
    """The number of paths from each position; 0 is a hole."""
    paths_by_phase: tuple[int, ...]
    """All paths into a unit, for each phase of the units; one number where they are alike."""


class Profile(NamedTuple):
    """How one unit of a layer is reached, one entry per spatial axis of the input."""

    name: str
    file: str
    inputs: tuple[tuple[str, Shape], ...]
    framework: str
    path: str
    unit: tuple[int, ...]
    axes: tuple[AxisProfile | None, ...]
    """``None`` where an axis is seen whole, or it is not known."""
    approximate: bool
    reason: str | None

    def _repr_html_(self) -> str:
        return display.html(self)

    def _repr_markdown_(self) -> str:
        return display.markdown(self)

    def __rich__(self) -> object:
        return display.rich(self)


def effective(model: Model, *, input: Given | None = None, framework: str | None = None) -> Effective:
    """The effective receptive field of every layer at initialisation.

    It is the exact expectation of the squared gradient under independent weights of mean zero, activations
    taken as linear; the borders of the map aside.

    Args:
        model: one of the models that ``load`` returns.
        input: another input than the spec's, as for ``analyze``.
        framework: another framework's rules than the spec's.

    Raises:
        NoAnswer: where the network cannot be computed.
    """
    report = analyze(model, input, framework)
    if report.failed is not None:
        raise failure(report)
    return Effective(
        name=report.name,
        file=report.file,
        inputs=report.inputs,
        framework=report.framework,
        layers=tuple(effective_fields(report).values()),
    )


def profile(
    model: Model,
    layer: str,
    *,
    unit: tuple[int, ...] | None = None,
    input: Given | None = None,
    framework: str | None = None,
) -> Profile:
    """How the gradient of one unit, by default the middle one, is spread, and the number of paths to it.

    Raises:
        InputError: for a layer that does not exist.
        NoAnswer: where the network cannot be computed.
    """
    report = analyze(model, input, framework)
    if report.failed is not None:
        raise failure(report)
    return profile_of(report, layer, unit)


def effective_fields(report: Report) -> dict[str, EffectiveField]:
    """The effective receptive field of each layer, by path."""
    flow = Flow(report, Gradient())
    found: dict[str, EffectiveField] = {}
    measured = _Measured()
    for layer in report.layers:
        state = flow.enter(layer)
        found[layer.path] = _field(layer, state, measured)
    return found


class _Measured:
    """The deviation and the width of spreads, which several layers and axes share."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[tuple[float, int], Spread]] = {}
        self._numbers = 0
        """Of the spreads that are kept, so that no other one takes their place in memory."""

    def of(self, spread: Spread, shares: list[Share]) -> tuple[float, int]:
        """The largest of these shares of a spread."""
        known = self._known.get(id(spread))
        if known is not None and len(spread.shares) == 1:
            return known[0]
        if self._numbers > MOST_NUMBERS:
            self._known.clear()
            self._numbers = 0
        found = max(map(deviation, shares)), max(width_of(share, MASS) for share in shares)
        self._known[id(spread)] = found, spread
        self._numbers += sum(len(share.values) for share in shares)
        return found


def profile_of(report: Report, path: str, unit: tuple[int, ...] | None = None) -> Profile:
    """The profile of a unit of a layer that a report has; by default the middle one counts.

    Raises:
        InputError: for a layer that does not exist, and for a unit of other axes.
    """
    layer = layer_of(report, path)
    rank = len(layer.field.axes)
    if unit is not None and len(unit) != rank:
        raise InputError(f"`{path}` has {plural(rank, 'axis', 'axes')}, the unit {len(unit)}")
    middle = tuple([0 if size is None else size // 2 for size in layer.field.units])
    unit = middle if unit is None else unit
    for at, size in zip(unit, layer.field.units, strict=True):
        if size is not None and at >= size:
            place, units = ",".join(map(str, unit)), by(layer.field.units)
            raise InputError(f"`{layer.path}` has no unit {place}: it has {units} of them")
    gradient = Flow(report, Gradient()).until(layer.path)
    # Where no gradient is known, nothing is said of paths.
    paths = Flow(report, Paths()).until(layer.path) if any(gradient.axes) else gradient
    axes: list[AxisProfile | None] = []
    for axis, at in enumerate(unit):
        one, other = gradient.axes[axis], paths.axes[axis]
        share, counts = (None if spread is None else spread.at(at) for spread in (one, other))
        if share is None or counts is None or other is None:
            axes.append(None)
            continue
        phases = tuple([0 if one is None else int(sum(one.values)) for one in other.shares])
        mass = sum(share.values)
        axes.append(
            AxisProfile(
                first=counts.first,
                gradient=_aligned([value / mass for value in share.values], share.first, counts),
                paths=tuple(map(int, counts.values)),
                paths_by_phase=phases if len(set(phases)) > 1 else phases[:1],
            )
        )
    return Profile(
        name=report.name,
        file=report.file,
        inputs=report.inputs,
        framework=report.framework,
        path=layer.path,
        unit=unit,
        axes=tuple(axes),
        approximate=gradient.approximate,
        reason=gradient.reason or paths.reason,
    )


def _aligned(values: list[float], first: int, counts: Share) -> tuple[float, ...]:
    """Values from ``first`` on, at the positions that counts have; weights of 0 are neither."""
    before = first - counts.first
    behind = len(counts.values) - before - len(values)
    return (*(0.0,) * before, *values, *(0.0,) * behind)


def _field(layer: LayerReport, state: State, measured: _Measured) -> EffectiveField:
    found: list[tuple[float, int] | None] = []
    for spread, units in zip(state.axes, layer.field.units, strict=True):
        shares = [] if spread is None else [share for share in spread.shares[:units] if share is not None]
        found.append(measured.of(spread, shares) if spread is not None and shares else None)
    width = tuple([None if one is None else one[1] for one in found])
    return EffectiveField(
        path=layer.path,
        std=tuple([None if one is None else one[0] for one in found]),
        width=width,
        ratio=tuple(map(_ratio, width, layer.field.size)),
        mass=MASS,
        approximate=state.approximate,
        reason=state.reason,
    )


def _ratio(width: int | None, size: int | None) -> float | None:
    return None if width is None or not size else width / size
