"""A loaded model as items again, so that it can be written as a spec."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container
from fractions import Fraction
from typing import Any

from cnncalc.analysis.report import LayerReport, Report
from cnncalc.analysis.run import analyze
from cnncalc.errors import GraphError
from cnncalc.importers.items import UNNAMED, Item, Network, Problem, Refused
from cnncalc.importers.passes.blocks import common_scope
from cnncalc.importers.translating import model_of, translated
from cnncalc.language.vocabulary import look_up
from cnncalc.layers.base import OPERATIONS, Adapter, Layer
from cnncalc.layers.deformable import DeformConv, OffsetConv
from cnncalc.layers.fields import Factors, Padding, PerAxis
from cnncalc.network.graph import Node
from cnncalc.network.model import Model

MOST_ROUNDS = 4
"""Times that a text is read and written again; two are enough for all bundled networks."""
_UNSAID = ("norm", "act", "name", "names")
"""Kinds of arguments that are no values: layers of their own, and other tensors."""


def to_spec(model: Model) -> str:
    """The text of a spec of one loaded model, with its blocks, repeats and names found anew.

    A spec that was written so is written the same again: since blocks are found by the names of layers too,
    which a written spec has fewer of, the text is read and written until it stays as it is.

    Raises:
        GraphError: for a model that cannot be computed.
        Refused: for a model with a structure that cannot be told from its layers: a projection of unknown
            stride.
        TypeError: for what is no model.
    """
    if not isinstance(model, Model):
        raise TypeError(f"a model is what `load` returns one of, not {type(model).__name__}")
    text = translated(network_of(model)).text
    for _ in range(MOST_ROUNDS):
        before, text = text, translated(network_of(model_of(text, model.name))).text
        if text == before:
            break
    return text


def network_of(model: Model) -> Network:
    """The layers of a model as items."""
    report = analyze(model)
    if report.failed is not None or not report.ok:
        raise GraphError(*(one for one in report.diagnostics if one.severity == "error"))
    found = _Items(model, report)
    return Network(
        name=model.name,
        inputs=tuple((f"{place}", shape) for place, (_, shape) in enumerate(model.inputs)),
        items=tuple(found.items),
        outputs=tuple(found.tensors[index] for index in dict.fromkeys(model.graph.outputs)),
        framework=model.framework.name,
        source="; ".join(model.sources),
        description=model.description,
        classes=found.classes(),
        names={f"{place}": name for place, (name, _) in enumerate(model.inputs)},
        of_spec=True,
    )


class _Items:
    """The items of a graph's nodes, in their order."""

    def __init__(self, model: Model, report: Report) -> None:
        self.items: list[Item] = []
        self.tensors = [f"{place}" for place in range(len(model.inputs))]
        self.calls: dict[tuple[str, ...], list[str]] = defaultdict(list)
        self.with_weights: set[int] = set()
        self.nodes = model.graph.nodes
        self.blocks = frozenset(block_of(call) for node in self.nodes for call in node.origin.chain)
        records = iter(report.layers)
        waiting: LayerReport | None = next(records, None)
        for index in range(len(model.inputs), len(self.nodes)):
            own = []
            node = self.nodes[index]
            while waiting is not None and _belongs(waiting, node):
                own.append(waiting)
                waiting = next(records, None)
                if not isinstance(node.layer, Adapter):
                    break
            self._add(node, own, index)

    def _add(self, node: Node, records: list[LayerReport], index: int) -> None:
        inputs = [self.tensors[place] for place in node.inputs]
        if isinstance(node.layer, Adapter):
            self.tensors.append(self._adapted(node, node.layer, inputs, records, index))
            return
        assert isinstance(node.layer, Layer)
        offsets = self.nodes[node.inputs[-1]].layer if node.op == DeformConv.op else None
        if not isinstance(node.layer, OffsetConv):
            _check(node.layer, node.path)
        label = self._label(node.path)
        for count in range(1, len(node.origin.chain) + 1):
            self.calls[node.origin.chain[:count]].append(label)
        if records and node.share is None and not (records[0].params == records[0].buffers == 0):
            self.with_weights.add(index)
        share = self.tensors[node.share] if node.share in self.with_weights else None
        self.items.append(
            Item(
                op=node.layer.op,
                inputs=tuple(inputs),
                output=f"{index}",
                arguments={**arguments_of(node.layer), **_offsets_of(offsets)},
                label=label,
                shape=records[0].shape if records else None,
                share=share,
                frozen=node.is_frozen,
            )
        )
        self.tensors.append(f"{index}")

    def _adapted(
        self, node: Node, adapter: Adapter, inputs: list[str], records: list[LayerReport], index: int
    ) -> str:
        """The layers that the shapes called for, as the report has them."""
        tensor = inputs[0]
        if not records:
            return tensor
        windows = records[0].windows or ()
        steps = tuple(Fraction(window.stride) for window in windows)
        made = adapter.layers(records[0].in_shape, records[-1].shape, steps)
        for number, ((_, layer), record) in enumerate(zip(made, records, strict=True)):
            _check(layer, record.path)
            output = f"{index}.{number}"
            self.items.append(
                Item(
                    op=layer.op,
                    inputs=(tensor,),
                    output=output,
                    arguments=arguments_of(layer),
                    label=self._label(record.path),
                    shape=record.shape,
                )
            )
            tensor = output
        return tensor

    def classes(self) -> dict[str, str]:
        """The block that each scope is a call of."""
        found = {}
        for chain, labels in self.calls.items():
            found[common_scope(labels)] = block_of(chain[-1])
        return found

    def _label(self, path: str) -> str:
        return label_of(path, self.blocks)


def _offsets_of(layer: Layer | Adapter | None) -> dict[str, Any]:
    """What a deformable convolution says of its offsets, where it is not the usual."""
    if not isinstance(layer, OffsetConv):
        return {}
    usual = {"offset_groups": 1, "modulated": False}
    return {name: vars(layer)[name] for name, value in usual.items() if vars(layer)[name] != value}


def _check(layer: Layer, path: str) -> None:
    """Refuse a layer that no operation of the language is by itself."""
    if set(layer.fields) != set(OPERATIONS[layer.op].fields):
        reason = "it is part of a structure, which cannot be told from its layers"
        raise Refused([Problem(path, layer.op, reason, "keep the spec as it is")])


def _belongs(record: LayerReport, node: Node) -> bool:
    return record.path == node.path or (
        isinstance(node.layer, Adapter) and record.path.startswith(f"{node.path}/")
    )


def block_of(call: str) -> str:
    """The block of a call as an origin has it: `` `unit` at line 12``."""
    return call.split("`")[1] if call.count("`") > 1 else call


def label_of(path: str, blocks: Container[str]) -> str:
    """A path as labels of sources are written, ``layer1[0]/conv`` being ``layer1.0.conv``; numbers that
    unnamed
    layers have are marked.
    """
    words = []
    for step in path.split("/"):
        word, _, copy = step.removesuffix("]").partition("[")
        base, _, number = word.rpartition("_")
        is_unnamed = number.isdigit() and (base in blocks or look_up(base) is not None)
        words.append(f"{UNNAMED}{word}" if is_unnamed else word)
        words.extend([copy] if copy else [])
    return ".".join(words)


def arguments_of(layer: Layer) -> dict[str, Any]:
    """The arguments of a layer as items have them."""
    found: dict[str, Any] = {}
    for name, field in layer.fields.items():
        value = vars(layer)[field.name]
        if field.kind in _UNSAID or value is None or (field.kind == "size" and isinstance(value, str)):
            continue
        if isinstance(value, PerAxis):
            value = value.values
        elif isinstance(value, Factors):
            value = tuple(int(one) if one.denominator == 1 else str(one) for one in value.values)
        elif isinstance(value, Padding):
            value = value.pairs if value.mode == "explicit" else value.mode
        found[name] = value
    return found
