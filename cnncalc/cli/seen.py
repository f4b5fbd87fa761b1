"""Specs as they are read: their models and their lines, for a page that shows both."""

from __future__ import annotations

from collections.abc import Callable

from cnncalc.language.source import Source
from cnncalc.loading import Loaded, Options, for_spec, load_source, source_at
from cnncalc.network.model import Model

Find = Callable[[str, Options], tuple[Source, Options]]
"""From a SPEC and conditions to its text and the conditions for it."""


def find(spec: str, options: Options) -> tuple[Source, Options]:
    """As every command finds a SPEC."""
    return source_at(spec, options.input), for_spec(spec, options)


class Seen:
    """The models that were read, in the order of their reports, and the lines of the specs by file."""

    def __init__(self, find: Find = find) -> None:
        self.find = find
        self.models: list[Model] = []
        self.texts: dict[str, list[str]] = {}

    def read(self, spec: str, options: Options) -> Loaded:
        source, options = self.find(spec, options)
        loaded = load_source(source, options)
        self.texts[source.name] = source.lines
        self.models += loaded.models
        return loaded
