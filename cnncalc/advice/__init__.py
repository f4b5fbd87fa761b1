"""Advice on valid networks, each remark with the number that supports it; a file per kind.

A module of this folder declares its codes in ``CODES`` and what makes their remarks in ``ON_NETWORKS``, or in
``ON_FILES`` where they are about a file whatever it computes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from cnncalc.advice.base import Network, Remark
from cnncalc.analysis.report import Report
from cnncalc.errors import Diagnostic
from cnncalc.language.nodes import YamlNode
from cnncalc.language.source import Source
from cnncalc.network.model import Model

OnNetwork = Callable[[Network], Iterator[Remark]]
OnFile = Callable[[Source, YamlNode], Iterator[Diagnostic]]


def on_networks() -> Mapping[str, OnNetwork]:
    """What makes the remarks of each code on a network, in the order of the codes."""
    return _makers("ON_NETWORKS")


def on_files() -> Mapping[str, OnFile]:
    """What makes the diagnostics of each code on a file, in the order of the codes."""
    return _makers("ON_FILES")


def advise(model: Model, report: Report, codes: frozenset[str]) -> Iterator[Diagnostic]:
    """The remarks of the wanted codes on a network that has been computed to its end."""
    network = Network(model, report)
    for code, remarks in on_networks().items():
        if code in codes:
            for remark in remarks(network):
                yield network.diagnostic(code, remark)


def advise_on_file(source: Source, root: YamlNode, codes: frozenset[str]) -> Iterator[Diagnostic]:
    """The remarks of the wanted codes on what a file defines."""
    for code, found_in in on_files().items():
        if code in codes:
            yield from found_in(source, root)


@cache
def _makers(kind: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for module in iter_modules(__path__, f"{__name__}."):
        found.update(getattr(import_module(module.name), kind, {}))
    return dict(sorted(found.items()))
