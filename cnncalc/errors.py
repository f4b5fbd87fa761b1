"""What can go wrong and where: places in a file, diagnostics, and the exceptions that carry them."""

from __future__ import annotations

from typing import Literal, NamedTuple

Severity = Literal["error", "warning"]


FINE, INVALID, UNDONE, INTERRUPTED = 0, 1, 2, 130
"""Exit codes: nothing wrong, an invalid spec or a failed expectation, a job that could not be done,
Ctrl-C.
"""

MOST_ERRORS = 500
"""The most errors that are collected from one file; the rest of the file is not read."""
TOO_MANY_ERRORS = (f"more than {MOST_ERRORS} errors: the rest of the file is not read", "fix these first")


class Location(NamedTuple):
    """A place in a spec file; ``line`` and ``column`` count from 1."""

    file: str
    line: int
    column: int
    width: int = 1
    """How many characters of the line it covers, for the caret."""
    node: str | None = None
    """Of a file of another format what it calls the layer, in place of a line; empty where it has no name."""

    @property
    def said(self) -> str:
        """The place in words: ``net.yaml:3:5``, ``net.onnx: node conv1``."""
        if self.node is None:
            return f"{self.file}:{self.line}:{self.column}"
        return f"{self.file}: node {self.node}" if self.node else self.file


class Diagnostic(NamedTuple):
    """One complete finding: what was found, where, and what would work."""

    code: str
    severity: Severity
    message: str
    help: str | None = None
    path: str | None = None
    """The path of the layer, as rows and JSON records carry it."""
    location: Location | None = None
    excerpt: str | None = None
    """The source line the location points into."""
    chain: tuple[str, ...] = ()
    """The calls of blocks that led here, outermost first."""
    about: str | None = None
    """What distinguishes it besides the layer, such as another framework.
    """


class Fault(Exception):
    """A bare fact found by a rule that does not know the place in the file; the caller adds it."""

    def __init__(self, code: str, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.help = help

    def at(
        self,
        location: Location | None,
        path: str | None = None,
        excerpt: str | None = None,
        chain: tuple[str, ...] = (),
    ) -> Diagnostic:
        """The same fact with its place."""
        return Diagnostic(self.code, "error", self.message, self.help, path, location, excerpt, chain)


class Origin(NamedTuple):
    """Where something is written, for errors: place, source line, and the calls of blocks that led there."""

    location: Location | None = None
    excerpt: str | None = None
    chain: tuple[str, ...] = ()

    def place(self, fault: Fault, path: str | None = None, severity: Severity = "error") -> Diagnostic:
        """A bare fact as a diagnostic that says where."""
        found = fault.at(self.location, path, self.excerpt, self.chain)
        return found if severity == "error" else found._replace(severity=severity)


class CnncalcError(Exception):
    """Base of all errors that the public functions raise on purpose; ``diagnostics`` says everything
    found.
    """

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__(*diagnostics)
        self.diagnostics = diagnostics

    def __str__(self) -> str:
        return "\n".join(_one_line(diagnostic) for diagnostic in self.diagnostics)


class SpecError(CnncalcError):
    """A file that does not follow the grammar, or uses undefined names or invalid expressions."""


class GraphError(CnncalcError):
    """Layers that cannot be arranged into a network."""


class ShapeError(CnncalcError):
    """A network that cannot be computed for the given input."""


class SourceError(CnncalcError):
    """A file that cannot be read at all: missing, a folder, unreadable."""


class InputError(ValueError):
    """A shape, an input or a framework that does not exist or does not fit; the message says what does."""


class UsageError(CnncalcError):
    """A request that does not fit the file: a variable, a variant or a framework that does not exist."""


class NoAnswer(CnncalcError):
    """A question that cannot be answered for a network."""


class ExportError(CnncalcError):
    """A network with layers that the form it is exported in cannot express."""


def _one_line(diagnostic: Diagnostic) -> str:
    place = ""
    if diagnostic.location is not None:
        place = f"{diagnostic.location.said}: "
    path = f" ({diagnostic.path})" if diagnostic.path else ""
    help = f"; {diagnostic.help}" if diagnostic.help else ""
    return f"{place}{diagnostic.code} {diagnostic.message}{path}{help}"
