"""Which part of the input some units of a layer need."""

from __future__ import annotations

from typing import NamedTuple

from cnncalc.analysis.inside import inside_of
from cnncalc.analysis.report import LayerReport, Report
from cnncalc.analysis.run import Given, analyze
from cnncalc.errors import InputError
from cnncalc.geometry.axis import NEEDS_SIZE
from cnncalc.geometry.receptive_field import AxisField, Interval
from cnncalc.geometry.shape import Shape, Size
from cnncalc.network.model import Model
from cnncalc.questions.answers import failure, layer_of, refusal
from cnncalc.support import display
from cnncalc.support.numbers import plural

MOST_UNITS = 100_000
"""Units along one axis that are asked for."""


class CropAxis(NamedTuple):
    """What units need along one axis of the input; positions count from 0."""

    units: Interval
    """The first and the last one."""
    region: Interval
    """The first and the last position in their receptive fields, padding included."""
    inside: Interval | None
    """The first and the last position that is really read; ``None`` where only padding is."""
    before: int
    """Positions of the region that lie before the input."""
    after: int
    """Positions of the region that lie behind it."""
    whole: bool
    """Whether the units see all of this axis."""


class Crop(NamedTuple):
    """The region of the input that some units of a layer need."""

    name: str
    file: str
    inputs: tuple[tuple[str, Shape], ...]
    framework: str
    path: str
    axes: tuple[CropAxis, ...]

    def _repr_html_(self) -> str:
        return display.html(self)

    def _repr_markdown_(self) -> str:
        return display.markdown(self)

    def __rich__(self) -> object:
        return display.rich(self)


def crop(
    model: Model,
    layer: str,
    units: tuple[Interval, ...],
    *,
    input: Given | None = None,
    framework: str | None = None,
) -> Crop:
    """The region of the input that units of a layer need, and what of it is padding.

    Args:
        model: one of the models that ``load`` returns.
        layer: the path of a layer, or of a structure that ends with it.
        units: along each axis the first and the last unit.
        input: another input than the spec's, as for ``analyze``.
        framework: another framework's rules than the spec's.

    Raises:
        InputError: for a layer or units that do not exist.
        NoAnswer: where it is not known what the layer sees.
        TypeError: for units that are no pairs of numbers.
    """
    report = analyze(model, input, framework)
    if report.failed is not None:
        raise failure(report)
    found = layer_of(report, layer)
    _check(found, units)
    size = _longest(report)
    read = inside_of(report, found.path, tuple([range(first, last + 1) for first, last in units]))
    node = next((node for node in model.graph.nodes if node.path == found.path), None)
    axes = []
    for axis, (field, some) in enumerate(zip(found.field.axes, units, strict=True)):
        region, inside, along = _region(field, some), read[axis], size[axis]
        if field.is_global or region is None:
            reason = field.unknown or field.unknown_start
            if along is None or (not field.is_global and reason is not None):
                raise refusal(model, f"what `{found.path}` sees {reason or NEEDS_SIZE}", node)
            if not field.is_global:
                raise refusal(model, f"these units of `{found.path}` see no input", node)
            region = inside = (0, along - 1)
        axes.append(_axis(some, region, None if isinstance(inside, str) else inside, along, field.is_global))
    return Crop(
        name=report.name,
        file=report.file,
        inputs=report.inputs,
        framework=report.framework,
        path=found.path,
        axes=tuple(axes),
    )


def _longest(report: Report) -> tuple[Size, ...]:
    """The sizes of the input that has the most axes."""
    return max((shape for _, shape in report.inputs), key=lambda shape: shape.rank).sizes


def _check(layer: LayerReport, units: tuple[Interval, ...]) -> None:
    rank = len(layer.field.axes)
    if not isinstance(units, list | tuple) or not all(_is_pair(one) for one in units):
        raise TypeError(f"units are a first and a last one per axis, such as ((3, 5), (0, 5)), not {units!r}")
    if len(units) != rank:
        axes = plural(rank, "axis", "axes")
        raise InputError(
            f"`{layer.path}` has {axes}, the units are given along {len(units)}"
            + (": write those of each, the axes separated by a comma, such as 3..5,2..7" if rank > 1 else "")
        )
    for (first, last), size in zip(units, layer.field.units, strict=True):
        if first > last:
            raise InputError(f"the units {first}..{last} end before they begin")
        if first < 0 or (size is not None and last >= size):
            there = "" if size is None else f": it has 0..{size - 1}"
            raise InputError(f"`{layer.path}` has no units {first}..{last}{there}")
        if last - first >= MOST_UNITS:
            raise InputError(f"{last - first + 1:,} units are more than {MOST_UNITS:,}")


def _is_pair(units: object) -> bool:
    return isinstance(units, list | tuple) and [type(one) for one in units] == [int, int]


def _region(field: AxisField, units: Interval) -> Interval | None:
    """The hull of what some units see."""
    spans = [span for unit in range(units[0], units[1] + 1) if (span := field.at(unit)) is not None]
    return (min(span[0] for span in spans), max(span[1] for span in spans)) if spans else None


def _axis(units: Interval, region: Interval, inside: Interval | None, size: Size, whole: bool) -> CropAxis:
    return CropAxis(
        units=units,
        region=region,
        inside=inside,
        before=max(0, -region[0]),
        after=0 if size is None else max(0, region[1] - size + 1),
        whole=whole,
    )
