"""Advice on valid networks, each remark with the number that supports it; a file per kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module

from cnncalc.advice.base import Network, Remark
from cnncalc.advice.portability import divergences
from cnncalc.analysis.report import Report
from cnncalc.errors import Diagnostic
from cnncalc.language.nodes import YamlNode
from cnncalc.language.source import Source
from cnncalc.network.model import Model

KINDS = {
    "W504": "dropped.remarks",
    "W505": "skipped.remarks",
    "W506": "gridding.remarks",
    "W507": "checkerboard.remarks",
    "W508": "biases.remarks",
    "W509": "depth.remarks",
    "W510": "depth.remarks_on_small_fields",
    "W511": "unused.remarks",
    "W514": "skipped.remarks_on_pointwise",
    "W515": "economy.remarks",
    "W516": "economy.remarks_on_joins",
}
"""Where the remarks of each code on a network are made; files are read where a code is wanted."""
ON_FILES = ("W512", "W513", "W518")
ELSEWHERE = ("W6",)
"""The beginnings of codes whose diagnostics come from ``portability``."""


def advise(model: Model, report: Report, codes: frozenset[str]) -> Iterator[Diagnostic]:
    """The remarks of the wanted codes on a network that has been computed to its end."""
    network = Network(model, report)
    for code, place in KINDS.items():
        if code in codes:
            for remark in _maker(place)(network):
                yield network.diagnostic(code, remark)
    if any(code.startswith(ELSEWHERE) for code in codes):
        yield from (found for found in divergences(model, report) if found.code in codes)


def advise_on_file(source: Source, root: YamlNode, codes: frozenset[str]) -> Iterator[Diagnostic]:
    """The remarks of the wanted codes on what a file defines."""
    if codes.intersection(ON_FILES):
        from cnncalc.advice.layout import channels_last
        from cnncalc.advice.unused import unused_definitions

        found_on_file = (*channels_last(source, root), *unused_definitions(source, root))
        yield from (found for found in found_on_file if found.code in codes)


def _maker(place: str) -> Callable[[Network], Iterator[Remark]]:
    module, _, name = place.partition(".")
    maker: Callable[[Network], Iterator[Remark]] = getattr(import_module(f"cnncalc.advice.{module}"), name)
    return maker
