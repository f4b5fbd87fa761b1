"""``cnncalc zoo``: the bundled networks as a list, or one of them as its spec."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from cnncalc import analyze, bundled, load
from cnncalc.cli import options
from cnncalc.cli.output import emit, target_surface
from cnncalc.errors import FINE
from cnncalc.network.model import Model
from cnncalc.render.documents import single
from cnncalc.render.zoo import Exhibit, exhibits_json, listing

_YEAR = re.compile(r"\b(?:19|20)[0-9]{2}\b")


def zoo(
    words: Annotated[
        list[str] | None,
        typer.Argument(
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
        emit(path.read_text(encoding="utf-8"), output)
        return FINE
    found = tuple(one for one in _exhibits() if all(_has(one, word.lower()) for word in words))
    if not found:
        raise typer.BadParameter(f"no bundled network has {' and '.join(words)}", param_hint="WORD")
    name = options.format_of(format, output)
    text = exhibits_json(found) if name == "json" else single(listing(found), name, target_surface(output))
    emit(text, output)
    return FINE


def _exhibits() -> list[Exhibit]:
    """Every model of every bundled config, evaluated."""
    return [
        _exhibit(name, model)
        for name in bundled.names()
        for path in (bundled.path_of(name),)
        if path is not None
        for model in load(str(path))
    ]


def _exhibit(name: str, model: Model) -> Exhibit:
    source = "; ".join(model.sources)
    year = _YEAR.search(source)
    return Exhibit(name, model.name, year[0] if year else "", source, model.description or "", analyze(model))


def _has(one: Exhibit, word: str) -> bool:
    return any(word in text.lower() for text in (one.spec, one.model, one.year, one.source, one.description))
