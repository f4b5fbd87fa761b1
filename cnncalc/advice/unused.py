"""W511, W512, W513: outputs, variables and blocks that nothing uses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cnncalc.advice.base import Network, Remark
from cnncalc.analysis.report import totals_of
from cnncalc.codes.code import Code
from cnncalc.errors import Diagnostic, Fault
from cnncalc.language import unused as names
from cnncalc.language.nodes import Scalar, YamlNode
from cnncalc.language.source import Source
from cnncalc.support.numbers import plural


def remarks(network: Network) -> Iterator[Remark]:
    """A remark per tensor that no other layer reads and that is no output, with what is computed for it,
    counted once.
    """
    outputs = set(network.model.graph.outputs)
    counted = _behind(network, outputs, set())
    for index, readers in enumerate(network.consumers):
        if readers or index in outputs:
            continue
        path = network.nodes[index].path
        if index < len(network.report.inputs):
            yield Remark(path, f"the input `{path}` is not used", "read it with `from`, or leave it out")
            continue
        idle = _behind(network, {index}, counted)
        counted |= idle
        layers = [record for one in idle for record in network.records_of(one)]
        totals = totals_of(layers)
        cost = (
            f"{plural(len(layers), 'layer')} with {plural(totals.params, 'parameter')} "
            f"and {plural(totals.macs, 'MAC')}"
        )
        yield Remark(
            path,
            f"this output is not used; computing it takes {cost}",
            "read it, make it a `head`, or leave it out",
        )


def _behind(network: Network, ends: set[int], known: set[int]) -> set[int]:
    """The nodes that some nodes are computed from, including themselves, except those already known."""
    found: set[int] = set()
    waiting = list(ends)
    while waiting:
        index = waiting.pop()
        if index not in found and index not in known:
            found.add(index)
            waiting.extend(network.nodes[index].inputs)
    return found


def unused_variables(source: Source, root: YamlNode) -> Iterator[Diagnostic]:
    """The variables of a file that no model of it uses."""
    return _unused(source, names.unused_variables(root), "variable", "W512")


def unused_blocks(source: Source, root: YamlNode) -> Iterator[Diagnostic]:
    """The blocks of a file that no model of it uses."""
    return _unused(source, names.unused_blocks(root), "block", "W513")


def _unused(source: Source, keys: Iterable[Scalar], kind: str, code: str) -> Iterator[Diagnostic]:
    for key in keys:
        fault = Fault(code, f"the {kind} `{key.text}` is not used", "use it, or leave it out")
        yield fault.at(source.location(key), None, source.excerpt(key.line))._replace(severity="warning")


CODES = (
    Code(
        "W511",
        "an unused output",
        "A layer is computed, and no other layer reads it; nor is it the network's output or a `head`. "
        "Usually a later `from` skips it. The same is reported of an input that is never read.",
        """
        input: [3, 32, 32]
        layers:
          - conv3x3: {out: 8, padding: 1}
            name: stem
          - conv3x3: {out: 8, padding: 1}
          - conv3x3: {out: 8, padding: 1}
            from: stem
        """,
        """
        input: [3, 32, 32]
        layers:
          - conv3x3: {out: 8, padding: 1}
            name: stem
          - conv3x3: {out: 8, padding: 1}
          - conv3x3: {out: 8, padding: 1}
        """,
    ),
    Code(
        "W512",
        "an unused variable",
        "No expression of the file uses the variable, in any of its models: changing it has no effect.",
        """
        vars: {width: 8}
        input: [3, 32, 32]
        layers:
          - conv3x3: 8
        """,
        """
        vars: {width: 8}
        input: [3, 32, 32]
        layers:
          - conv3x3: width
        """,
    ),
    Code(
        "W513",
        "an unused block",
        "No model of the file calls the block, and neither does another block.",
        """
        input: [3, 32, 32]
        blocks:
          stage: {layers: [conv3x3: 8, relu]}
        layers:
          - conv3x3: 8
        """,
        """
        input: [3, 32, 32]
        blocks:
          stage: {layers: [conv3x3: 8, relu]}
        layers:
          - stage
        """,
    ),
)
ON_NETWORKS = {"W511": remarks}
ON_FILES = {"W512": unused_variables, "W513": unused_blocks}
