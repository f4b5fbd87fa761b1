"""What the advice tests ask: the remarks of a code on a spec, and the network they are about."""

from __future__ import annotations

from textwrap import dedent

import cnncalc
from cnncalc.advice import advise
from cnncalc.advice.base import Network
from cnncalc.errors import Diagnostic


def remarks(code: str, spec: str) -> list[Diagnostic]:
    """The remarks of a code on the models of a spec."""
    found: list[Diagnostic] = []
    for model in cnncalc.loads(dedent(spec), "f.yaml"):
        report = cnncalc.analyze(model)
        assert report.ok, report.diagnostics
        found += [
            *(one for one in report.diagnostics if one.code == code),
            *advise(model, report, frozenset((code,))),
        ]
    return found


def messages(code: str, spec: str) -> list[str]:
    return [found.message for found in remarks(code, spec)]


def layers(code: str, *items: str, input: str = "[8, 32, 32]", more: str = "") -> list[Diagnostic]:
    """The remarks of a code on a list of layers."""
    return remarks(code, f"{more}input: {input}\nlayers:\n" + "".join(f"  - {item}\n" for item in items))


def network(*items: str, input: str = "[8, 32, 32]") -> Network:
    (model,) = cnncalc.loads(
        f"input: {input}\nlayers:\n" + "".join(f"  - {item}\n" for item in items), "f.yaml"
    )
    return Network(model, cnncalc.analyze(model))
