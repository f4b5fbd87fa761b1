"""The result of an analysis: raw numbers per layer, totals, and sums over everything under a path."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from math import inf
from typing import Any, NamedTuple, TypeVar

from cnncalc.errors import Diagnostic, Origin
from cnncalc.geometry.arrangement import Along, Arrangement
from cnncalc.geometry.axis import AxisRule
from cnncalc.geometry.receptive_field import AxisField, Interval
from cnncalc.geometry.shape import Shape, Size, total
from cnncalc.geometry.window import TransposedWindow, Window
from cnncalc.layers.base import Layer
from cnncalc.network.naming import scopes
from cnncalc.support import display
from cnncalc.support.numbers import plural

Answer = TypeVar("Answer")


class ReceptiveField(NamedTuple):
    """What a unit of a layer sees of the input, one entry per spatial axis of the input."""

    axes: tuple[AxisField, ...]
    units: tuple[Size, ...]
    """The layer's own size along each of these axes, ``None`` where unknown or flattened away."""

    @property
    def size(self) -> tuple[int | None, ...]:
        """Input positions seen, the largest over the units; ``None`` where there is no local path or it is
        unknown.
        """
        return self.each(AxisField.size)

    def each(self, ask: Callable[[AxisField, Size], Answer]) -> tuple[Answer, ...]:
        """The answer along each axis; asked once where two axes see the same, as behind square kernels."""
        axes, units = self.axes, self.units
        if len(axes) == 2 and axes[0] is axes[1] and units[0] == units[1]:
            return (ask(axes[0], units[0]),) * 2
        return tuple([ask(axis, own) for axis, own in zip(axes, units, strict=True)])

    @property
    def extent(self) -> tuple[float | None, ...]:
        """The size as conditions compare it: infinite along an axis that is only seen whole."""
        return tuple(
            [inf if sees_all else size for sees_all, size in zip(self.sees_all, self.size, strict=True)]
        )

    @property
    def sees_all(self) -> tuple[bool, ...]:
        """Whether an axis is only seen whole, without a local path beside it, or all of it that is before."""
        return tuple([(axis.is_global and not axis.maps) or axis.looks_back for axis in self.axes])

    @property
    def stride(self) -> tuple[Fraction | None, ...]:
        """Input positions per unit, the jump."""
        return self.each(lambda axis, _: axis.stride)

    @property
    def start(self) -> tuple[int | None, ...]:
        """The first input position that unit 0 sees; its negative is the effective padding."""
        return self.each(lambda axis, _: axis.start)

    @property
    def centre(self) -> tuple[Fraction | None, ...]:
        """The middle of what unit 0 sees."""
        return self.each(_centre)

    @property
    def largest_at(self) -> tuple[int | None, ...]:
        """The first unit along each axis that sees as much as ``size`` says; ``None`` where its place is not
        known.
        """
        return self.each(AxisField.largest_at)

    @property
    def offset(self) -> tuple[Fraction | None, ...]:
        """How far the middle of what unit 0 sees is from where unit 0 lies when a map is resized to the input
        by its edges; 0 means that a resize with half-pixel centres puts every unit where it looks.
        """
        return self.each(_offset)

    @property
    def uniform(self) -> bool:
        """Whether every unit sees equally much at an even pace."""
        return all(self.each(lambda axis, _: axis.uniform))

    @property
    def aligned(self) -> bool:
        """Whether all joined branches had their centres at the same place."""
        return all(axis.aligned for axis in self.axes)

    @property
    def is_global(self) -> bool:
        """Whether some path sees the whole map."""
        return any(axis.is_global for axis in self.axes)

    @property
    def before(self) -> bool:
        """Whether some path sees everything that comes before, as behind a recurrent layer."""
        return any(axis.looks_back for axis in self.axes)

    @property
    def is_simple(self) -> bool:
        """Whether along every axis there is no more than one local path, and that is known."""
        axes = self.axes
        if len(axes) == 2 and axes[0] is axes[1]:
            return axes[0].is_simple
        return all(axis.is_simple for axis in axes)

    @property
    def reason(self) -> str | None:
        """Why a size or a start is not known, where one is not."""
        return next(
            filter(None, self.each(lambda axis, units: axis.reason(units) or axis.unknown_start)), None
        )

    def at(self, unit: tuple[int, ...]) -> tuple[Interval | None, ...]:
        """The input interval of one unit per axis, ``None`` where it sees all or it is unknown."""
        return tuple(axis.at(position) for axis, position in zip(self.axes, unit, strict=True))


def _centre(axis: AxisField, _: Size) -> Fraction | None:
    span = axis.at(0)
    return None if span is None else Fraction(sum(span), 2)


def _offset(axis: AxisField, _: Size) -> Fraction | None:
    centre, stride = _centre(axis, None), axis.stride
    return None if centre is None or stride is None else centre - (stride - 1) / 2


class LayerReport(NamedTuple):
    """One evaluated layer. Counts are exact integers; ``None`` is unknown and ``reasons`` says why."""

    path: str
    op: str
    line: int
    inputs: tuple[str, ...]
    in_shape: Shape
    shape: Shape
    windows: tuple[Window | TransposedWindow, ...] | None
    """The window along each axis; ``None`` where the operation has none."""
    weights: Size
    biases: Size
    buffers: Size
    macs: Size
    field: ReceptiveField
    shares: str | None = None
    """The path of the layer whose weights this one uses; its own counts are then 0."""
    is_join: bool = False
    reasons: tuple[str, ...] = ()
    rules: tuple[AxisRule, ...] = ()
    """What it does along each axis of its input."""
    frozen: Size = 0
    """Of the parameters those that are not trained."""
    followed: tuple[str, ...] = ()
    """Those of its inputs whose units it reads at their places: all of a join, else the first."""
    along: tuple[Along, ...] = ()
    """For each axis of the input the axis of the output along which what is seen of it changes."""
    arrangement: Arrangement | None = None
    """How the axes are laid out anew, where they are."""
    in_place: bool = False
    """Whether its output can be written over an input of as many elements."""
    layer: Layer | None = None
    """The operation with its arguments, which exporters write down."""
    origin: Origin = Origin()
    """Where it is written, and the calls of blocks that led there."""

    @property
    def params(self) -> Size:
        """Learnable parameters: weights and biases."""
        return _sum(self.weights, self.biases)

    @property
    def trainable(self) -> Size:
        """Parameters that are not frozen."""
        return _less(self.params, self.frozen)

    @property
    def activations(self) -> Size:
        """Elements of the output."""
        return self.shape.elements()

    @property
    def rf(self) -> ReceptiveField:
        """The receptive field, under the name that JSON has for it."""
        return self.field

    def __repr__(self) -> str:
        return f"<LayerReport {self.path} · {self.op} · {self.shape}: {_counted(self.params, self.macs)}>"


def _counted(params: Size, macs: Size) -> str:
    known = [(number, noun) for number, noun in ((params, "params"), (macs, "MACs")) if number is not None]
    return ", ".join(f"{number:,} {noun}" for number, noun in known) or "numbers unknown"


class Totals(NamedTuple):
    """Sums over layers; ``None`` where one of the summands is unknown."""

    weights: Size
    biases: Size
    buffers: Size
    macs: Size
    activations: Size
    frozen: Size = 0

    @property
    def params(self) -> Size:
        return _sum(self.weights, self.biases)

    @property
    def trainable(self) -> Size:
        """Parameters that are not frozen."""
        return _less(self.params, self.frozen)

    def plus(self, others: Totals) -> Totals:
        """The sums over these layers and others."""
        return Totals(*map(total, zip(self, others, strict=True)))

    @property
    def flops(self) -> Size:
        """Two for each multiply-accumulate."""
        return None if self.macs is None else 2 * self.macs


UNKNOWN_TOTALS = Totals(None, None, None, None, None)


class Output(NamedTuple):
    """A tensor the network gives out: the end of the main path, or of a head."""

    path: str
    shape: Shape


class Report(NamedTuple):
    """What was computed for one network; where ``failed`` names a layer, everything before it."""

    name: str
    file: str
    framework: str
    inputs: tuple[tuple[str, Shape], ...]
    layers: tuple[LayerReport, ...]
    outputs: tuple[Output, ...]
    peak: Size
    """The largest number of elements in memory at once, in evaluation order; ``None`` where the analysis
    ended
    early, too.
    """
    diagnostics: tuple[Diagnostic, ...] = ()
    failed: str | None = None
    """The path of the layer at which a shape error ended the analysis."""
    description: str | None = None
    peak_in_place: Size = None
    """The same where element-wise layers write over an input that is read for the last time."""
    network: str | None = None
    """The name of the network that it is a variant of."""

    @property
    def totals(self) -> Totals:
        if self.failed is not None:
            return UNKNOWN_TOTALS
        return totals_of(self.layers)

    def to_dicts(self) -> list[dict[str, Any]]:
        """A plain row per layer, with the keys of CSV, for pandas, polars or the like."""
        return display.dicts(self)

    def __repr__(self) -> str:
        inputs = ", ".join(str(shape) for _, shape in self.inputs) or "no input"
        layers = plural(len(self.layers), "layer")
        what = (
            f"failed at {self.failed}"
            if self.failed is not None
            else _counted(self.totals.params, self.totals.macs)
        )
        return f"<Report {self.name} · {inputs} · {self.framework}: {layers}, {what}>"

    def _repr_html_(self) -> str:
        return display.html(self)

    def _repr_markdown_(self) -> str:
        return display.markdown(self)

    def __rich__(self) -> object:
        return display.rich(self)

    @property
    def main(self) -> LayerReport | None:
        """The layer that gives out the main output; ``None`` where the analysis ended early or an input is
        given out.
        """
        path = self.outputs[0].path if self.outputs else None
        return next((layer for layer in reversed(self.layers) if layer.path == path), None)

    @property
    def last_local(self) -> LayerReport | None:
        """The last layer whose units see a part of the input only."""
        return last_local(self.layers)

    @property
    def ok(self) -> bool:
        return not any(diagnostic.severity == "error" for diagnostic in self.diagnostics)

    def within(self, path: str) -> tuple[LayerReport, ...]:
        """The records of a layer or of everything inside a structure, block or repeated item of that path."""
        return tuple(layer for layer in self.layers if path in scopes(layer.path))

    def totals_within(self, paths: Iterable[str]) -> dict[str, Totals]:
        """The sums over the records ``within`` each of several paths, found in one pass over the layers."""
        inside: dict[str, list[LayerReport]] = {path: [] for path in paths}
        if inside:
            for layer in self.layers:
                for scope in scopes(layer.path):
                    if scope in inside:
                        inside[scope].append(layer)
        return {path: totals_of(layers) for path, layers in inside.items()}


def as_report(given: object) -> Report:
    """What is a report, as one.

    Raises:
        TypeError: for anything else.
    """
    if not isinstance(given, Report):
        raise TypeError(f"a report is what `analyze` returns, not {type(given).__name__}")
    return given


def last_local(layers: Sequence[LayerReport]) -> LayerReport | None:
    """The last of some layers whose units see a part of the input only."""
    local = (layer for layer in reversed(layers) if any(axis.maps for axis in layer.field.axes))
    return next(local, None)


def totals_of(layers: Iterable[LayerReport]) -> Totals:
    """The sums over some layers."""
    layers = tuple(layers)
    return Totals(
        weights=total([layer.weights for layer in layers]),
        biases=total([layer.biases for layer in layers]),
        buffers=total([layer.buffers for layer in layers]),
        macs=total([layer.macs for layer in layers]),
        activations=total([layer.shape.elements() for layer in layers]),
        frozen=total([layer.frozen for layer in layers]),
    )


def _sum(one: Size, other: Size) -> Size:
    return None if one is None or other is None else one + other


def _less(all: Size, some: Size) -> Size:
    return None if all is None or some is None else all - some
