"""A model as loaded from a spec: its graph, its input, its framework and what it expects."""

from __future__ import annotations

from typing import NamedTuple

from cnncalc.errors import Diagnostic, Origin
from cnncalc.frameworks.rules import Framework
from cnncalc.geometry.shape import Shape
from cnncalc.network.expectation import Expectation
from cnncalc.network.graph import Graph
from cnncalc.support import display


class Model(NamedTuple):
    """One network of a spec file, ready for ``analyze``."""

    name: str
    file: str
    framework: Framework
    inputs: tuple[tuple[str, Shape], ...]
    graph: Graph
    expectations: tuple[Expectation, ...] = ()
    """Its own ``expect``."""
    cases: tuple[Case, ...] = ()
    description: str | None = None
    sources: tuple[str, ...] = ()
    origin: Origin = Origin()
    errors: tuple[Diagnostic, ...] = ()
    """For a case that expects an error: what is wrong with it, so that there is nothing to compute."""
    network: str | None = None
    """The name of the network that it is a variant of: that of a file with several models."""

    @property
    def names(self) -> tuple[str, ...]:
        """Its own name, and those of its cases in full."""
        return (self.name, *(f"{self.name} ({case.name})" for case in self.cases))

    def __repr__(self) -> str:
        inputs = ", ".join(str(shape) for _, shape in self.inputs) or "no input"
        return f"<Model {self.name} · {inputs} · {self.framework.name}>"

    def _repr_html_(self) -> str:
        return display.html(self)

    def _repr_markdown_(self) -> str:
        return display.markdown(self)

    def __rich__(self) -> object:
        return display.rich(self)


class Case(NamedTuple):
    """The model again, with another input, other variables or another framework."""

    name: str
    model: Model
