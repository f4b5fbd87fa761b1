"""The largest or smallest value with which conditions hold: what it gives, and the next value."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any, NamedTuple

from cnncalc.questions.solve import Point, Solution
from cnncalc.render.listing import Column, Listing
from cnncalc.render.listings.answers import Answers, joined
from cnncalc.render.surface import Surface
from cnncalc.render.text import UNKNOWN, inert
from cnncalc.support.numbers import by, plural

Figure = int | float | None


class Line(NamedTuple):
    """One value and what it gives."""

    what: str
    point: Point


class Solutions(Answers[Solution]):
    """What the command ``solve`` shows."""

    def table(self, answer: Solution, surface: Surface) -> Listing[Line]:
        found = f"{inert(answer.vary)} = {inert(answer.value)}"
        title = joined((inert(answer.name), found, answer.framework), surface)
        tried = f"{plural(answer.tried, 'value')} tried"
        notes = [
            tried if answer.monotone else f"not monotone: a metric falls where `{answer.vary}` grows; {tried}"
        ]
        if answer.next is None:
            notes.append(f"there is no {'smaller' if answer.smallest else 'larger'} value in the range")
        if answer.is_open:
            notes.append("the conditions only bound it from below: --smallest gives the least value")
        return Listing(title, _columns(answer), _lines(answer), notes=tuple(map(inert, notes)))

    def complete(self, answer: Solution) -> Listing[Line]:
        return Listing("", _columns(answer), _lines(answer))

    def record(self, answer: Solution) -> dict[str, Any]:
        following = answer.next
        return {
            "vary": answer.vary,
            "value": answer.value,
            "measured": _raw(answer.measured),
            "next": None
            if following is None
            else {"value": following.value, "measured": _raw(following.measured)},
            "monotone": answer.monotone,
            "tried": answer.tried,
            "smallest": answer.smallest,
        }


def _lines(answer: Solution) -> tuple[Line, ...]:
    lines = [Line("smallest" if answer.smallest else "largest", Point(answer.value, answer.measured))]
    return (
        *lines,
        *(() if answer.next is None else (Line("before" if answer.smallest else "next", answer.next),)),
    )


def _columns(answer: Solution) -> tuple[Column[Line], ...]:
    return (
        Column("what", "", lambda line: line.what, lambda line: line.what, 0, right=False),
        Column(
            "value",
            inert(answer.vary),
            lambda line: inert(line.point.value),
            lambda line: line.point.value,
            0,
        ),
        *[_metric(name) for name in answer.measured],
    )


def _metric(name: str) -> Column[Line]:
    def text(line: Line) -> str:
        return by(map(_figure, _listed(line.point.measured[name])))

    kind = "field" if name == "rf" else "count"
    return Column(name, name, text, lambda line: text(line).replace(",", ""), 0, kind=kind)


def _listed(value: Figure | Sequence[Figure]) -> list[Figure]:
    return list(value) if isinstance(value, Sequence) else [value]


def _figure(value: Figure) -> str:
    return UNKNOWN if value is None else "all" if value == inf else f"{value:,}"


def _raw(measured: Any) -> dict[str, Any]:
    """As JSON has it: ``"all"`` where the whole map is seen."""
    return {
        name: [_all(one) for one in value] if isinstance(value, list) else _all(value)
        for name, value in measured.items()
    }


def _all(value: Figure) -> Any:
    return "all" if value == inf else value
