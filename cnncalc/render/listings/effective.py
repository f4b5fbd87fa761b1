"""Effective receptive fields, a row per layer, and profiles of one unit, a row per input position."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from cnncalc.questions.effective import AxisProfile, Effective, EffectiveField, Profile
from cnncalc.render.listing import Column, Listing
from cnncalc.render.listings.answers import Answers, title
from cnncalc.render.listings.sizes import AXES
from cnncalc.render.surface import Surface
from cnncalc.render.text import NOTHING, inert, once
from cnncalc.support.numbers import by

MOST_ROWS = 40
"""Rows of an axis that a table for a reader has; of more positions several are one row."""
BAR = 30
"""Characters of the longest bar."""


class Effectives(Answers[Effective]):
    """What ``cnncalc.effective`` returns shows itself as."""

    def table(self, answer: Effective, surface: Surface) -> Listing[EffectiveField]:
        notes = [f"erf width: the fewest positions in a row that hold {100 * answer.layers[0].mass:.2f} % "]
        return Listing(
            title(answer, surface),
            (_PATH, *FIELD_COLUMNS),
            answer.layers,
            notes=tuple([f"{notes[0]}of the gradient at initialisation"] if answer.layers else []),
        )

    def complete(self, answer: Effective) -> Listing[EffectiveField]:
        return Listing("", (_PATH, *FIELD_COLUMNS), answer.layers)

    def record(self, answer: Effective) -> dict[str, Any]:
        return {"layers": [{"path": field.path, "erf": erf_record(field)} for field in answer.layers]}


def erf_record(field: EffectiveField) -> dict[str, Any]:
    """An effective receptive field as JSON has it."""
    return {
        "std": list(field.std),
        "width": list(field.width),
        "ratio": list(field.ratio),
        "mass": field.mass,
        "approximate": field.approximate,
        "reason": field.reason,
    }


def erf_texts(field: EffectiveField) -> tuple[str, str, str]:
    """Deviation, width and the share of the receptive field, each once where axes agree."""
    std = [NOTHING if one is None else f"{one:.2f}" for one in field.std]
    width = [NOTHING if one is None else str(one) for one in field.width]
    ratio = [NOTHING if one is None else f"{100 * one:.0f} %" for one in field.ratio]
    seen = NOTHING if set(width) == {NOTHING} else by(width)
    return (once(std), seen, once(ratio)) if std else (NOTHING,) * 3


def raw(numbers: tuple[float | None, ...]) -> str | None:
    """One number per axis for programs."""
    return None if all(number is None for number in numbers) else by(numbers)


def _flag(field: EffectiveField) -> str:
    return "approximate" if field.approximate else ""


_PATH: Column[EffectiveField] = Column(
    "path", "layer", lambda field: inert(field.path), lambda field: field.path, 0, right=False, folds=True
)
FIELD_COLUMNS: tuple[Column[EffectiveField], ...] = (
    Column(
        "erf_std", "erf std", lambda field: erf_texts(field)[0], lambda field: raw(field.std), 1, kind="field"
    ),
    Column(
        "erf_width",
        "erf width",
        lambda field: erf_texts(field)[1],
        lambda field: raw(field.width),
        0,
        kind="field",
    ),
    Column(
        "erf_ratio",
        "erf/rf",
        lambda field: erf_texts(field)[2],
        lambda field: raw(field.ratio),
        1,
        kind="field",
    ),
    Column("erf_flags", "erf", _flag, lambda field: _flag(field) or None, 2, right=False, optional=True),
)


Shown = list[tuple[str, AxisProfile | None]]
"""The axes that a table has, with their names."""


class Line(NamedTuple):
    """Some input positions along one axis, and how a unit is reached from them."""

    axis: str
    first: int
    last: int
    paths: int
    gradient: float
    holes: int
    """Positions without a path."""
    bar: str


class Profiles(Answers[Profile]):
    """What ``rf --profile`` shows."""

    def table(self, answer: Profile, surface: Surface) -> Listing[Line]:
        """Axes that are alike are shown once."""
        axes = [axis for axis in answer.axes if axis is not None]
        alike = len(axes) == len(answer.axes) and len(set(axes)) == 1
        names = AXES[len(answer.axes)] if answer.axes else ()
        shown: Shown = [("", axes[0])] if alike else list(zip(names, answer.axes, strict=True))
        items = [line for name, axis in shown if axis is not None for line in _lines(name, axis, surface)]
        unit = ",".join(map(str, answer.unit))
        has_holes = any(line.holes for line in items)
        return Listing(
            title(answer, surface, f"unit {unit} of {inert(answer.path)}"),
            (
                *(() if alike else (_AXIS,)),
                _POSITIONS,
                _PATHS,
                _GRADIENT,
                *((_HOLES,) if has_holes else ()),
                _BAR,
            ),
            tuple(items),
            notes=tuple(_notes(answer, shown)),
        )

    def complete(self, answer: Profile) -> Listing[Line]:
        lines = [
            Line(str(at), axis.first + place, axis.first + place, paths, gradient, int(not paths), "")
            for at, axis in enumerate(answer.axes)
            if axis is not None
            for place, (paths, gradient) in enumerate(zip(axis.paths, axis.gradient, strict=True))
        ]
        return Listing("", (_AXIS, _POSITION, _PATHS, _GRADIENT), tuple(lines))

    def record(self, answer: Profile) -> dict[str, Any]:
        return {
            "layer": answer.path,
            "unit": list(answer.unit),
            "profile": [
                None
                if axis is None
                else {
                    "first": axis.first,
                    "gradient": list(axis.gradient),
                    "paths": list(axis.paths),
                    "paths_by_phase": list(axis.paths_by_phase),
                }
                for axis in answer.axes
            ],
            "approximate": answer.approximate,
            "reason": answer.reason,
        }


def _lines(name: str, axis: AxisProfile, surface: Surface) -> Iterator[Line]:
    """A row per position, or per several where there are many; bars are drawn per position."""
    each = -(-len(axis.paths) // MOST_ROWS)
    groups = [range(at, min(at + each, len(axis.paths))) for at in range(0, len(axis.paths), each)]
    shares = [sum(axis.gradient[at] for at in group) for group in groups]
    largest = max(shares)
    for group, share in zip(groups, shares, strict=True):
        cells = round(BAR * share / largest)
        yield Line(
            axis=name,
            first=axis.first + group[0],
            last=axis.first + group[-1],
            paths=sum(axis.paths[at] for at in group),
            gradient=share,
            holes=sum(not axis.paths[at] for at in group),
            bar=surface.glyph("█", "#") * cells,
        )


def _notes(answer: Profile, shown: Shown) -> Iterator[str]:
    if answer.approximate:
        yield "the gradient is approximate: averages that overlap make it correlated"
    for name, axis in shown:
        along = f" along the {name}" if name else ""
        if axis is None:
            yield f"no profile{along}: {answer.reason or 'all of it is seen'}"
            continue
        phases = axis.paths_by_phase
        if len(phases) > 1:
            listed = ", ".join(f"{number:,}" for number in phases[:8]) + (" ..." if len(phases) > 8 else "")
            yield f"paths into units vary by phase{along}: {listed}"


def _span(line: Line) -> str:
    return str(line.first) if line.first == line.last else f"{line.first}..{line.last}"


_AXIS: Column[Line] = Column("axis", "axis", lambda line: line.axis, lambda line: line.axis, 0, right=False)
_POSITIONS: Column[Line] = Column("position", "input", _span, lambda line: line.first, 0)
_POSITION: Column[Line] = Column("position", "input", _span, lambda line: line.first, 0)
_PATHS: Column[Line] = Column(
    "paths", "paths", lambda line: f"{line.paths:,}", lambda line: line.paths, 0, kind="count"
)
_GRADIENT: Column[Line] = Column(
    "gradient",
    "gradient",
    lambda line: f"{100 * line.gradient:.2f} %",
    lambda line: line.gradient,
    0,
    kind="field",
)
_HOLES: Column[Line] = Column(
    "holes", "holes", lambda line: str(line.holes or ""), lambda line: line.holes, 1
)
_BAR: Column[Line] = Column(
    "bar", "", lambda line: line.bar, lambda _: None, 3, right=False, decorative=True, kind="share"
)
