"""The input sizes that fit: a line per question, in words and as residue classes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from cnncalc.analysis.fitting import Classes, in_words, shortened
from cnncalc.questions.sizes import Axis, Near, Sizes
from cnncalc.render.listing import Column, Listing
from cnncalc.render.listings.answers import Answers, about_output, outputs_record, title
from cnncalc.render.surface import Surface
from cnncalc.render.text import NOTHING, inert

AXES = {1: ("",), 2: ("height", "width"), 3: ("depth", "height", "width")}
"""What the axes of a map are called."""


class Line(NamedTuple):
    """One question about the sizes along one axis, and its answer."""

    axis: str
    what: str
    sizes: str
    smallest: int | None = None
    raw: Classes | None = None


class FittingSizes(Answers[Sizes]):
    """What the command ``sizes`` shows."""

    def table(self, answer: Sizes, surface: Surface) -> Listing[Line]:
        return listing(answer, surface)

    def complete(self, answer: Sizes) -> Listing[Line]:
        return complete(answer)

    def record(self, answer: Sizes) -> dict[str, Any]:
        return record(answer)


def listing(answer: Sizes, surface: Surface) -> Listing[Line]:
    """A table for a reader; axes that are alike are shown once."""
    lines: list[Line] = []
    notes: list[str] = []
    names = AXES[len(answer.axes)]
    alike = len(set(answer.axes)) == 1
    for name, axis in [("", answer.axes[0])] if alike else zip(names, answer.axes, strict=True):
        lines += _lines(name, axis)
        notes += _near(name, axis)
    if len(answer.varied) > 1:
        notes.append(f"the inputs {', '.join(map(inert, answer.varied))} have one size")
    notes += about_output(answer, "sizes are kept")
    columns = (
        *(() if alike else (Column[Line]("axis", "axis", _axis, _axis, 0, right=False),)),
        Column[Line]("what", "", lambda line: line.what, lambda line: line.what, 0, right=False),
        Column[Line](
            "sizes",
            "sizes that fit",
            lambda line: line.sizes,
            lambda line: line.sizes,
            0,
            right=False,
            folds=True,
            prose=True,
        ),
        Column[Line]("smallest", "smallest", _smallest, lambda line: line.smallest, 1, kind="size"),
    )
    return Listing(title(answer, surface), columns, tuple(lines), notes=tuple(notes))


def complete(answer: Sizes) -> Listing[Line]:
    """The same for programs: every axis, with residues and their modulus."""
    lines = [
        line._replace(axis=str(at))
        for at, axis in enumerate(answer.axes)
        for line in _lines("", axis)
        if line.raw
    ]

    def of(ask: Any) -> Any:
        return lambda line: ask(line.raw)

    def column(key: str, ask: Any) -> Column[Line]:
        return Column(key, key, lambda line: str(ask(line.raw)), of(ask))

    columns = (
        Column[Line]("axis", "axis", _axis, _axis),
        Column[Line]("sizes", "sizes", lambda line: line.what, lambda line: line.what),
        column("period", lambda raw: raw.period),
        column("from", lambda raw: raw.start),
        column("residues", lambda raw: " ".join(map(str, raw.residues))),
        column("also", lambda raw: " ".join(map(str, raw.also))),
        column("smallest", lambda raw: raw.smallest),
    )
    return Listing("", columns, tuple(lines))


def record(answer: Sizes) -> dict[str, Any]:
    """What JSON has of one network."""
    return {
        "framework": answer.framework,
        "inputs": list(answer.varied),
        "axes": [_axis_record(axis) for axis in answer.axes],
        **outputs_record(answer),
    }


def _axis_record(axis: Axis) -> dict[str, Any]:
    near = axis.near
    weights = axis.same_weights
    return {
        "period": axis.period,
        "from": axis.from_,
        "valid": list(axis.valid),
        "whole": list(axis.whole),
        "kept": list(axis.kept),
        "same_weights": None if weights is None else [list(run) for run in weights],
        "also": list(axis.also),
        "smallest": axis.classes[0].smallest,
        "near": None if near is None else near._asdict(),
    }


def _lines(name: str, axis: Axis) -> Iterator[Line]:
    for what, classes in zip(("valid", "whole", "kept"), axis.classes, strict=True):
        yield Line(name, what, in_words(classes), classes.smallest, classes)
    if axis.same_weights is not None:
        first = axis.same_weights[0][0] if axis.same_weights else None
        yield Line(name, "same weights", _runs_in_words(axis.same_weights), first)


def _runs_in_words(weights: tuple[tuple[int, int | None], ...]) -> str:
    parts = [
        f"from {first}" if last is None else str(first) if first == last else f"{first} to {last}"
        for first, last in weights
    ]
    return shortened(", ".join(parts)) or "none"


def _near(name: str, axis: Axis) -> list[str]:
    near = axis.near
    if near is None:
        return []
    head = f"near {near.size}" + (f" ({name})" if name else "")
    if near.ok:
        found = [f"{head}: it fits"]
        whole = axis.classes[1]
        if near.reason is not None:
            found = [f"{head}: it fits, but {near.reason}"]
            sizes = _neighbours(near._replace(below=whole.below(near.size), above=whole.above(near.size)))
            found += [f"whole near it: {sizes}"] if sizes else []
        return found
    return [f"{head}: {_neighbours(near)}", f"at {near.size} {inert(near.reason or '')}"]


def _neighbours(near: Near) -> str:
    parts = []
    if near.below is not None:
        parts.append(f"{near.below} (crop {near.size - near.below})")
    if near.above is not None:
        parts.append(f"{near.above} (pad {near.above - near.size})")
    return " · ".join(parts)


def _axis(line: Line) -> str:
    return line.axis


def _smallest(line: Line) -> str:
    return NOTHING if line.smallest is None else str(line.smallest)
