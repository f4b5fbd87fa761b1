"""The forms that networks are exported in, one entry each; nothing of them is loaded before it is used."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from typing import NamedTuple

from cnncalc.analysis.report import Report

TABLES = ("params", "rf", "shapes", "summary")
"""The tables of a network, as a form may hold one of them."""


class Settings(NamedTuple):
    """What the caller decides about an export, as far as its form takes it."""

    depth: int | None = None
    """Structures deeper than this are one node."""
    table: str | None = None
    """Which of ``TABLES``; ``None`` for the form's own choice."""


class Exporter(NamedTuple):
    """One form: what its files are called, what may be decided about it, and the function that writes it."""

    name: str
    """As ``--to`` has it."""
    about: str
    """What it is, in a few words of the help."""
    endings: tuple[str, ...]
    """Of its files. Where two forms share one, the first of the registry is chosen."""
    takes: tuple[str, ...] = ()
    """The fields of ``Settings`` that it obeys; the others are refused."""
    binary: bool = False
    """Whether it is bytes, which no terminal shows."""
    home: str = ""
    """The module that writes it; ``cnncalc.exporters.NAME`` where it is empty."""

    @property
    def write(self) -> Callable[[Report, Settings], str | bytes]:
        """What writes a network: the function ``write`` of its module.

        It raises ``ExportError`` with everything that the form cannot express.
        """
        module = import_module(self.home or f"cnncalc.exporters.{self.name}")
        found: Callable[[Report, Settings], str | bytes] = module.write
        return found


EXPORTERS: dict[str, Exporter] = {
    one.name: one
    for one in (
        Exporter(name="torch", about="PyTorch source that runs as it is", endings=(".py",)),
        Exporter(name="keras", about="functional Keras source, of `framework: tensorflow`", endings=(".py",)),
        Exporter(
            name="onnx",
            about="an ONNX model with shapes in place of trained weights",
            endings=(".onnx",),
            binary=True,
        ),
        Exporter(
            name="mermaid",
            about="a Mermaid flowchart, within Mermaid's limits",
            endings=(".mmd", ".mermaid"),
            takes=("depth",),
        ),
        Exporter(name="dot", about="a Graphviz graph", endings=(".dot", ".gv"), takes=("depth",)),
        Exporter(
            name="latex",
            about="a LaTeX table with the rules of booktabs",
            endings=(".tex",),
            takes=("depth", "table"),
            home="cnncalc.render.papers",
        ),
    )
}
"""Every exporter by its name. A form is added here and in a module ``cnncalc/exporters/NAME.py``, or a
folder, with ``write(report, settings)``; the command, its help, completion, the guide and tests follow.
"""


def endings() -> tuple[str, ...]:
    """The endings of all forms, each once."""
    return tuple(dict.fromkeys(ending for one in EXPORTERS.values() for ending in one.endings))


def exporter_of_file(name: str) -> Exporter | None:
    """The form that the ending of a file asks for; ``None`` where it is that of none."""
    base = os.path.basename(name).lower()
    return next((one for one in EXPORTERS.values() if base.endswith(one.endings)), None)
