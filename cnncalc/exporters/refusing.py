"""What a form cannot express: collected over the whole network, each cause once, with its layer."""

from __future__ import annotations

from cnncalc.analysis.report import LayerReport
from cnncalc.errors import Diagnostic, ExportError, Fault

CODE = "E330"


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
