"""What questions have in common: an answer that there is not, and why."""

from __future__ import annotations

from os.path import basename

from cnncalc import bundled
from cnncalc.analysis.report import LayerReport, Report
from cnncalc.errors import Fault, InputError, NoAnswer
from cnncalc.network.graph import Node
from cnncalc.network.model import Model
from cnncalc.support.words import did_you_mean

NO_ANSWER = "E320"


def refusal(model: Model, text: str, node: Node | None = None, help: str | None = None) -> NoAnswer:
    """Why a question has no answer, at the layer at fault or at the model."""
    origin = model.origin if node is None else node.origin
    return NoAnswer(origin.place(Fault(NO_ANSWER, text, help), None if node is None else node.path))


def place(node: Node) -> str:
    """Where a layer is, for the end of a sentence about it."""
    location = node.origin.location
    if location is None:
        return ""
    file = location.file if bundled.name_of(location.file) is None else basename(location.file)
    return f" ({file}:{location.line})"


def failure(report: Report) -> NoAnswer:
    """A question about a network that cannot be computed at the sizes asked for."""
    return NoAnswer(next(found for found in report.diagnostics if found.severity == "error"))


def layer_of(report: Report, path: str) -> LayerReport:
    """The layer of that path; of a structure its last layer.

    Raises:
        InputError: where there is none.
    """
    found = report.within(path)
    if not found:
        guess = did_you_mean(path, [layer.path for layer in report.layers])
        hint = f": did you mean {guess!r}?" if guess else ""
        raise InputError(f"no layer of {report.name} is named {path!r}{hint}")
    return found[-1]
