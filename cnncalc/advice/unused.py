"""W511, W512, W513: outputs, variables and blocks that nothing uses."""

from __future__ import annotations

from collections.abc import Iterator

from cnncalc.advice.base import Network, Remark
from cnncalc.analysis.report import totals_of
from cnncalc.errors import Diagnostic, Fault
from cnncalc.language.nodes import YamlNode
from cnncalc.language.source import Source
from cnncalc.language.unused import unused
from cnncalc.support.numbers import plural

VARIABLE, BLOCK = "W512", "W513"


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


def unused_definitions(source: Source, root: YamlNode) -> Iterator[Diagnostic]:
    """The variables and blocks of a file that no model of it uses."""
    for kind, key in unused(root):
        code = VARIABLE if kind == "variable" else BLOCK
        fault = Fault(code, f"the {kind} `{key.text}` is not used", "use it, or leave it out")
        yield fault.at(source.location(key), None, source.excerpt(key.line))._replace(severity="warning")
