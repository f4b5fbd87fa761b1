"""Answers to one question about each network of a spec, one by one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from cnncalc.errors import Diagnostic
from cnncalc.render.document import Document, Rows
from cnncalc.render.listing import Listing
from cnncalc.render.records import FORMAT, diagnostic_of
from cnncalc.render.surface import Surface

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
        return [self.table(answer, surface) for _, answer in self.asked if not isinstance(answer, Diagnostic)]

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
