"""``cnncalc zoo``: the bundled networks as a list, or one of them as its spec."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from cnncalc import analyze, bundled, load
from cnncalc.analysis.report import Report
from cnncalc.cli import options
from cnncalc.cli.output import emit
from cnncalc.cli.run import deliver
from cnncalc.errors import FINE
from cnncalc.network.model import Model
from cnncalc.render.listings.zoo import Exhibit, Zoo
from cnncalc.support.words import did_you_mean

_YEAR = re.compile(r"\b(?:19|20)[0-9]{2}\b")


def zoo(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            autocompletion=options.spec_names,
            metavar="[NAME | WORD...]",
            help="One network's name, or words that must occur.",
            show_default=False,
        ),
    ] = None,
    format: options.FormatName = None,
    output: options.Output = None,
) -> int:
    """The bundled networks: a list, or the spec of one."""
    words = words or []
    path = bundled.path_of(words[0]) if len(words) == 1 else None
    if path is not None:
        if format is not None:
            help = (
                f"a spec is written as it is; `cnncalc summary {words[0]} --format {format}` has its numbers"
            )
            raise typer.BadParameter(help, param_hint="--format")
        if output is not None:
            options.check_ending(output, bundled.ENDINGS)
        emit(path.read_text(encoding="utf-8"), output)
        return FINE
    chosen = options.format_of(format, output)
    found = tuple(_exhibits([word.lower() for word in words]))
    if not found:
        guess = did_you_mean(words[0], bundled.names()) if len(words) == 1 else None
        meant = f"; did you mean {guess}?" if guess else ""
        raise typer.BadParameter(f"no bundled network has {' and '.join(words)}{meant}", param_hint="WORD")
    deliver(Zoo(found), chosen, output)
    return FINE


def _exhibits(words: list[str]) -> Iterator[Exhibit]:
    """Every model of every bundled config that has all of some words, evaluated."""
    for name in bundled.names():
        path = bundled.path_of(name)
        if path is None or not _may_have(name, path, words):
            continue
        for model in load(str(path)):
            entry = Entry.of(name, model)
            if all(entry.has(word) for word in words):
                yield entry.exhibit(analyze(model))


def _may_have(name: str, path: Path, words: list[str]) -> bool:
    """Whether a file may contain a model with all words, by its text: loading every spec takes seconds."""
    text = f"{name}\n{path.read_text(encoding='utf-8')}".lower()
    return all(part in text for word in words for part in word.split())


class Entry(NamedTuple):
    """What a list of networks shows of a model before anything is computed."""

    spec: str
    model: str
    year: str
    source: str
    description: str

    @classmethod
    def of(cls, name: str, model: Model) -> Entry:
        source = "; ".join(model.sources)
        year = _YEAR.search(source)
        return cls(
            spec=name,
            model=model.name,
            year=year[0] if year else "",
            source=source,
            description=model.description or "",
        )

    def has(self, word: str) -> bool:
        """Whether a word in lower case is part of it."""
        return any(word in text.lower() for text in self)

    def exhibit(self, report: Report) -> Exhibit:
        return Exhibit(*self, report)
