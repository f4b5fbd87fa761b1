"""The networks that exporters are tried on: every bundled model and case."""

from __future__ import annotations

import json
from collections.abc import Iterator

import cnncalc
from cnncalc import Report, bundled

NAMES = (
    "class", "lambda", "None", "end", "graph", "subgraph", "node", "style", "click", "default",  # words of both languages
    'a "b"', "a'b", "[x]", "(x)", "{x}", "a]b", "<script>alert(1)", "<img src=x>", "&lt;", "#quot;",
    "größe", "卷积", "\\N", "\\", "a;b", "%%{init: {'theme': 'dark'}}%%", "`x`", "**x**", "_x_", "1. x", "- x",
    "-->", "|x|", "@x", "::x", "a\tb", "a\nb", " a ", "3a", "1x1", "__init__", "*", "a\u202eb", "o", "x",
)  # fmt: skip
"""Names of layers that could be read as something else."""


def reports_of(name: str) -> Iterator[tuple[str, Report]]:
    """The models and cases of a bundled config that can be computed and have all sizes."""
    for model in cnncalc.load(name):
        for one in (model, *(case.model for case in model.cases)):
            report = cnncalc.analyze(one)
            if report.ok and report.layers and all(shape.known for _, shape in report.inputs):
                yield f"{name}:{one.name}", report


def bundled_reports() -> Iterator[tuple[str, Report]]:
    """Those of all bundled configs."""
    for name in bundled.names():
        yield from reports_of(name)


def awkward(framework: str = "pytorch") -> Report:
    """A chain of layers with these names, and a name that could be read as something else itself."""
    layers = "".join(f"  - conv1x1: 3\n    name: {json.dumps(name, ensure_ascii=False)}\n" for name in NAMES)
    (model,) = cnncalc.loads(
        f'name: "<b>\\"x\\"</b>"\nframework: {framework}\ninput: [3, 4, 4]\nlayers:\n{layers}'
    )
    return cnncalc.analyze(model)
