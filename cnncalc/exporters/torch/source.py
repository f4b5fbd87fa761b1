"""PyTorch source of a network: its class, and a main part that prints what comes out."""

from __future__ import annotations

import re

from cnncalc.analysis.report import LayerReport, Report
from cnncalc.exporters.calls import written
from cnncalc.exporters.identifiers import Identifiers, class_name
from cnncalc.exporters.refusing import Refusals
from cnncalc.exporters.torch.helpers import HELPERS
from cnncalc.exporters.torch.layers import Around, Inexpressible, Translation, translated
from cnncalc.frameworks import framework_named


def source_of(report: Report) -> str:
    """The whole file."""
    translations = translations_of(report)
    members, lines = Identifiers(("forward", "training")), []
    built: list[str] = []
    names = {name: Identifiers().own(name) for name, _ in report.inputs}
    locals_ = Identifiers(names.values())
    modules: dict[str, str] = {}
    for record, made in zip(report.layers, translations, strict=True):
        inputs = [names[path] for path in record.inputs]
        value = inputs[0]
        if made.modules:
            if record.shares:
                modules[record.path] = modules[record.shares]
            else:
                modules[record.path] = members.own(record.path.replace("/", "_"))
                texts = [written(call) for call in made.modules]
                text = texts[0] if len(texts) == 1 else f"nn.Sequential({', '.join(texts)})"
                built.append(f"        self.{modules[record.path]} = {text}")
            value = f"self.{modules[record.path]}({inputs[0]})"
        if made.expression:
            value = made.expression.format(*inputs, module=f"self.{modules.get(record.path)}")
        names[record.path] = locals_.own(record.path.replace("/", "_"))
        lines.append(f"        {names[record.path]} = {value}")
    outputs = ", ".join(names[output.path] for output in report.outputs)
    taken = ", ".join(names[name] for name, _ in report.inputs)
    name = class_name(report.name)
    body = [
        "import torch",
        "import torch.nn.functional as F",
        "from torch import nn",
        "",
        *helpers_in("\n".join(built + lines)),
        "",
        "",
        f"class {name}(nn.Module):",
        "    def __init__(self):",
        "        super().__init__()",
        *built,
        "",
        f"    def forward(self, {taken}):",
        *lines,
        f"        return {outputs}",
    ]
    return "\n".join(body) + "\n"


def helpers_in(text: str) -> list[str]:
    """The source of the helpers that a text calls."""
    return [f"\n{source.rstrip()}\n" for name, source in HELPERS.items() if re.search(rf"\b{name}\(", text)]


def translations_of(report: Report) -> list[Translation]:
    """Every layer in PyTorch.

    Raises:
        ExportError: naming all that it cannot express.
    """
    framework = framework_named(report.framework)
    assert framework is not None
    shapes = dict(report.inputs) | {layer.path: layer.shape for layer in report.layers}
    refusals, found = Refusals("PyTorch"), []
    for record in report.layers:
        around = Around(framework, tuple(shapes[path] for path in record.inputs))
        try:
            found.append(translated(record, around))
        except Inexpressible as error:
            refusals.add(record, error.why, error.help)
    refusals.check()
    return found


__all__ = ["LayerReport", "source_of", "translations_of"]
