"""What a form cannot express: collected over the whole network, each cause once, with its layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from cnncalc.analysis.report import LayerReport, Report
from cnncalc.errors import Diagnostic, ExportError, Fault
from cnncalc.geometry.shape import Shape

CODE = "E330"
Translation = TypeVar("Translation")


class Inexpressible(Exception):
    """What a form has no way to say of a layer, and what would work."""

    def __init__(self, why: str, help: str | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.help = help


class Refusals:
    """The layers that a form cannot express. Copies of one layer are one refusal, which names the first."""

    def __init__(self, title: str) -> None:
        self.title = title
        """What the form is called in messages."""
        self._found: dict[object, Diagnostic] = {}

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, layer: LayerReport, why: str, help: str | None = None) -> None:
        """That the form has no way to say a layer: ``why`` completes `{title} cannot express `op`: ...`."""
        fault = Fault(CODE, f"{self.title} cannot express this `{layer.op}`: {why}", help)
        key = (layer.origin, fault.message) if layer.origin.location else (layer.path, fault.message)
        self._found.setdefault(key, layer.origin.place(fault, layer.path))

    def about(self, network: str, why: str, help: str | None = None) -> None:
        """That the form cannot express a network as a whole."""
        fault = Fault(CODE, f"{self.title} cannot express `{network}`: {why}", help)
        self._found.setdefault((None, fault.message), fault.at(None))

    def check(self) -> None:
        """Stop where anything was refused.

        Raises:
            ExportError: with all of it.
        """
        if self._found:
            raise ExportError(*self._found.values())


def expressed(
    report: Report, title: str, translate: Callable[[LayerReport, tuple[Shape, ...]], Translation]
) -> list[Translation]:
    """Every layer in a form, from its record and the shapes of its inputs.

    Raises:
        ExportError: naming all layers for which `translate` raises `Inexpressible`.
    """
    shapes = dict(report.inputs) | {layer.path: layer.shape for layer in report.layers}
    refusals, found = Refusals(title), []
    for record in report.layers:
        try:
            found.append(translate(record, tuple([shapes[path] for path in record.inputs])))
        except Inexpressible as error:
            refusals.add(record, error.why, error.help)
    refusals.check()
    return found
