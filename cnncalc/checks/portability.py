"""What another framework's rules would change in a network: each layer separately, at its input here."""

from __future__ import annotations

from typing import NamedTuple

from cnncalc.analysis.answers import Answers, ask
from cnncalc.analysis.report import LayerReport, Report
from cnncalc.errors import Diagnostic, Fault
from cnncalc.frameworks import FRAMEWORKS, Framework, framework_named
from cnncalc.geometry.axis import AxisRule
from cnncalc.geometry.window import TransposedWindow, Window
from cnncalc.layers.base import Layer
from cnncalc.layers.fields import HALF_PADDING, Padding, PerAxis
from cnncalc.network.graph import Node
from cnncalc.network.model import Model
from cnncalc.support.numbers import by

SIZE, CENTRE, REJECTED = CODES = ("W601", "W602", "W603")


class Divergence(NamedTuple):
    """One layer under one other framework."""

    code: str
    framework: str
    says: str


def divergences(model: Model, report: Report) -> tuple[Diagnostic, ...]:
    """The layers whose size or centre another framework would change, or that it would reject."""
    here = framework_named(report.framework)
    assert here is not None
    nodes = {node.path: node for node in model.graph.nodes if isinstance(node.layer, Layer)}
    found: list[Diagnostic] = []
    for record in report.layers:
        node = nodes.get(record.path)
        if (
            node is not None
            and isinstance(node.layer, Layer)
            and len(record.inputs) == 1
            and record.in_shape.rank
        ):
            found += [_located(one, node) for one in _of_layer(node.layer, record, here)]
    return tuple(found)


def _of_layer(layer: Layer, record: LayerReport, here: Framework) -> list[Divergence]:
    others = [framework for framework in FRAMEWORKS.values() if framework.name != here.name.partition(":")[0]]
    found = [one for framework in others for one in (_under(layer, record, here, framework),) if one]
    halved = None if record.windows is None else _as_same(layer, record.in_shape.rank)
    for other in (one for one in others if one.ported_with_same and halved is not None):
        if halved is not None and not any(one.framework == other.name for one in found):
            same = _under(halved, record, here, other)
            found += [same._replace(framework=f"{other.name} with `same`")] if same else []
    return found


def _under(layer: Layer, record: LayerReport, here: Framework, other: Framework) -> Divergence | None:
    """How a layer is there other than its record here, if it is."""
    try:
        there: Answers = ask(layer, (record.in_shape,), other)
    except Fault as fault:
        return Divergence(REJECTED, other.name, fault.message)
    sizes, here_sizes = there.shape.sizes, record.shape.sizes
    if sizes != here_sizes and None not in (*sizes, *here_sizes):
        return Divergence(
            SIZE,
            other.name,
            f"makes {by(sizes)} of {by(record.in_shape.sizes)}, {here.name} {by(here_sizes)}",
        )
    shifts = [_shift(one, two) for one, two in zip(record.rules, there.rules, strict=True)]
    if any(shifts):
        mine, theirs = _paddings(record.rules), _paddings(there.rules)
        return Divergence(
            CENTRE, other.name, f"pads {theirs} where {here.name} pads {mine}: {_moved(shifts)}"
        )
    return None


def _shift(mine: AxisRule, theirs: AxisRule) -> int:
    """How many positions later unit 0 begins there."""
    if not isinstance(mine, (Window, TransposedWindow)) or not isinstance(theirs, (Window, TransposedWindow)):
        return 0
    if mine.before is None or theirs.before is None:
        return 0
    return mine.before - theirs.before


def _as_same(layer: Layer, rank: int) -> Layer | None:
    """A layer padded by half a kernel on both sides, written with ``same``: how it is usually converted to a
    framework where ``same`` is the custom.
    """
    kernel, written = getattr(layer, "kernel", None), getattr(layer, "padding", None)
    if not isinstance(kernel, PerAxis) or not isinstance(written, Padding):
        return None
    kernels = kernel.over(rank, "kernel")
    is_half = written.over(kernels) == HALF_PADDING.over(kernels)
    is_padded = written.mode == "half" or any(map(any, written.pairs))
    return layer.replaced(padding=Padding(mode="same")) if is_half and is_padded else None


def _paddings(rules: tuple[AxisRule, ...]) -> str:
    pairs = [rule.padding for rule in rules if isinstance(rule, (Window, TransposedWindow))]
    texts = [f"{pair[0]}+{pair[1]}" if pair else "?" for pair in pairs]
    return texts[0] if len(set(texts)) == 1 else ", ".join(texts)


def _moved(shifts: list[int]) -> str:
    texts = [
        f"{abs(shift)} {'further' if shift > 0 else 'earlier'}" if shift else "as here" for shift in shifts
    ]
    where = texts[0] if len(set(texts)) == 1 else ", ".join(texts)
    return f"its windows begin {where}"


def _located(one: Divergence, node: Node) -> Diagnostic:
    fault = Fault(one.code, one.says if one.code == REJECTED else f"{one.framework} {one.says}")
    return node.origin.place(fault, node.path, "warning")._replace(about=one.framework)
