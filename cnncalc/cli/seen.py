"""Specs as they are read: their models and their lines, for a page that shows both."""

from __future__ import annotations

from collections.abc import Callable

from cnncalc.errors import CnncalcError
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
        self.piped: Source | CnncalcError | None = None
        """Standard input, whose text is gone when it was read, or why it could not be."""

    def read(self, spec: str, options: Options) -> Loaded:
        source, options = self._found(spec, options)
        loaded = load_source(source, options)
        self.texts[source.name] = source.lines
        self.models += loaded.models
        return loaded

    def _found(self, spec: str, options: Options) -> tuple[Source, Options]:
        if spec != "-":
            return self.find(spec, options)
        if self.piped is None:
            try:
                self.piped, _ = self.find(spec, options)
            except CnncalcError as error:
                self.piped = error
        if isinstance(self.piped, CnncalcError):
            raise self.piped
        return self.piped, options
