"""Answers to one question about each network of a spec, one by one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from cnncalc.errors import Diagnostic
from cnncalc.geometry.shape import Shape
from cnncalc.render.document import Document, Rows
from cnncalc.render.listing import Listing
from cnncalc.render.listings.layers import inputs_of, place_of
from cnncalc.render.records import FORMAT, diagnostic_of
from cnncalc.render.surface import Surface
from cnncalc.render.text import inert
from cnncalc.support.words import MOST_NAMED_OUTPUTS, listed

Answer = TypeVar("Answer")


class Named(Protocol):
    """What has the names of a network and of its file."""

    @property
    def name(self) -> str: ...

    @property
    def file(self) -> str: ...


class Asked(NamedTuple, Generic[Answer]):
    """A network and its answer, or the reason why there is none."""

    model: Named
    answer: Answer | Diagnostic


class OfInput(Named, Protocol):
    """What is answered for one input."""

    @property
    def inputs(self) -> tuple[tuple[str, Shape], ...]: ...

    @property
    def framework(self) -> str: ...


def title(answer: OfInput, surface: Surface, *more: str) -> str:
    """The network's name, its input and rules as other commands head their tables, and more."""
    return joined((inert(answer.name), inputs_of(answer.inputs), answer.framework, *more), surface)


class OfOutput(Protocol):
    """What is answered for the main output of a network that may have others."""

    @property
    def output(self) -> str: ...

    @property
    def other_outputs(self) -> tuple[str, ...]: ...


def about_output(answer: OfOutput, what: str) -> tuple[str, ...]:
    """As a note of which output is meant, where there are several."""
    others = answer.other_outputs
    if not others:
        return ()
    names = listed(map(inert, others), MOST_NAMED_OUTPUTS)
    return (f"{what} of the output {inert(answer.output)}, not of {names}",)


def outputs_record(answer: OfOutput) -> dict[str, Any]:
    """The same in JSON."""
    return {"output": answer.output, "other_outputs": list(answer.other_outputs)}


def joined(parts: Sequence[str], surface: Surface) -> str:
    """The parts of a title."""
    return surface.glyph(" · ", " - ").join(parts)


class Answers(Document, Generic[Answer]):
    """What a command shows that asks each network one question; kinds of answers are classes below."""

    def __init__(self, asked: Sequence[Asked[Answer]], problems: Sequence[Diagnostic] = ()) -> None:
        self.asked = asked
        self.problems = problems
        """Why other networks of the file could not be loaded."""

    def table(self, answer: Answer, surface: Surface) -> Listing[Any]:
        """One answer for a reader."""
        raise NotImplementedError

    def complete(self, answer: Answer) -> Listing[Any]:
        """One answer for programs, as a table."""
        raise NotImplementedError

    def record(self, answer: Answer) -> dict[str, Any]:
        """One answer as JSON has it, beside the names of network and file."""
        raise NotImplementedError

    def listings(self, surface: Surface) -> list[Listing[Any]]:
        """The tables; of several files each is headed by its file too."""
        is_named = len({model.file for model, _ in self.asked}) > 1
        found = []
        for model, answer in self.asked:
            if not isinstance(answer, Diagnostic):
                table = self.table(answer, surface)
                parts = (table.title, inert(place_of(model.file)))
                found.append(table._replace(title=joined(parts, surface)) if is_named else table)
        return found

    def rows(self) -> tuple[Rows, ...]:
        parts = [
            ((model.file, model.name), self.complete(answer))
            for model, answer in self.asked
            if not isinstance(answer, Diagnostic)
        ]
        return (Rows(("file", "model"), parts),) if parts else ()

    def json(self) -> str:
        """A line per network."""
        records = [
            {"name": model.name, "file": model.file}
            | (
                {"diagnostics": [diagnostic_of(answer)]}
                if isinstance(answer, Diagnostic)
                else self.record(answer)
            )
            for model, answer in self.asked
        ]
        if self.problems:
            records.append({"name": None, "diagnostics": list(map(diagnostic_of, self.problems))})
        lines = ",\n".join(json.dumps(record) for record in records)
        return f'{{"format": {FORMAT}, "models": [\n{lines}\n]}}\n'
