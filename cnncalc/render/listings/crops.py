"""The region of the input that some units need: a row per axis."""

from __future__ import annotations

from typing import Any, NamedTuple

from cnncalc.geometry.receptive_field import Interval
from cnncalc.questions.crop import Crop, CropAxis
from cnncalc.render.listing import Column, Listing
from cnncalc.render.listings.answers import Answers, title
from cnncalc.render.listings.sizes import AXES
from cnncalc.render.surface import Surface
from cnncalc.render.text import inert
from cnncalc.support.numbers import plural


class Line(NamedTuple):
    """One axis."""

    axis: str
    crop: CropAxis


class Crops(Answers[Crop]):
    """What ``rf --crop`` shows."""

    def table(self, answer: Crop, surface: Surface) -> Listing[Line]:
        lines = _lines(answer, AXES.get(len(answer.axes), ()))
        return Listing(title(answer, surface, f"units of {inert(answer.path)}"), _SHOWN, lines)

    def complete(self, answer: Crop) -> Listing[Line]:
        return Listing("", _COMPLETE, _lines(answer, tuple(map(str, range(len(answer.axes))))))

    def record(self, answer: Crop) -> dict[str, Any]:
        axes = []
        for axis in answer.axes:
            numbers = {
                "units": list(axis.units),
                "first": axis.region[0],
                "last": axis.region[1],
                "inside_first": None if axis.inside is None else axis.inside[0],
                "inside_last": None if axis.inside is None else axis.inside[1],
                "before": axis.before,
                "after": axis.after,
                "global": axis.whole,
            }
            axes.append(numbers)
        return {"layer": answer.path, "crop": axes}


def _lines(answer: Crop, names: tuple[str, ...]) -> tuple[Line, ...]:
    return tuple([Line(name, axis) for name, axis in zip(names, answer.axes, strict=True)])


def _span(span: Interval | None) -> str:
    return "padding" if span is None else f"{span[0]}..{span[1]}"


def _padding(line: Line) -> str:
    before, after = line.crop.before, line.crop.after
    ends = [(before, "before"), (after, "after")]
    return ", ".join(f"{plural(number, 'position')} {where}" for number, where in ends if number)


def _region(line: Line) -> str:
    return _span(line.crop.region) + (" (all)" if line.crop.whole else "")


def _unraw(_: Line) -> None:
    """The complete listing has the ends of a span by themselves."""


def _end(key: str, ask: Any) -> Column[Line]:
    return Column(key, key, lambda line: str(ask(line.crop)), lambda line: ask(line.crop))


def _inside(at: int) -> Any:
    return lambda axis: None if axis.inside is None else axis.inside[at]


_AXIS: Column[Line] = Column("axis", "axis", lambda line: line.axis, lambda line: line.axis, 0, right=False)
_SHOWN: tuple[Column[Line], ...] = (
    _AXIS._replace(optional=True),
    Column("units", "units", lambda line: _span(line.crop.units), _unraw, 0),
    Column("region", "region", _region, _region, 0, kind="field"),
    Column("inside", "inside the input", lambda line: _span(line.crop.inside), _unraw, 0),
    Column("padding", "padding", _padding, _padding, 1, right=False, optional=True),
)
_COMPLETE: tuple[Column[Line], ...] = (
    _AXIS,
    _end("unit_first", lambda axis: axis.units[0]),
    _end("unit_last", lambda axis: axis.units[1]),
    _end("first", lambda axis: axis.region[0]),
    _end("last", lambda axis: axis.region[1]),
    _end("inside_first", _inside(0)),
    _end("inside_last", _inside(1)),
    _end("before", lambda axis: axis.before),
    _end("after", lambda axis: axis.after),
)
