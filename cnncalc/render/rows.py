"""Which layers a table shows: structures folded into one row, layers that change nothing left out."""

from __future__ import annotations

from typing import NamedTuple

from cnncalc.analysis.report import LayerReport, totals_of
from cnncalc.support.numbers import plural


class Rows(NamedTuple):
    """The layers to show, those that stand for several included, and how many were left out."""

    layers: tuple[LayerReport, ...]
    hidden: int


def rows(layers: tuple[LayerReport, ...], depth: int | None, all_layers: bool) -> Rows:
    """Fold everything below ``depth`` path components, then leave out parameter-free layers that keep their
    shape.
    """
    shown = layers if depth is None else _folded(layers, depth)
    if all_layers:
        return Rows(shown, 0)
    sources = {layer.path: layer for layer in layers}
    kept = tuple(
        [layer for layer in shown if not _idle(layer, sources.get(layer.inputs[0]) if layer.inputs else None)]
    )
    return Rows(kept, len(shown) - len(kept))


def _idle(layer: LayerReport, source: LayerReport | None) -> bool:
    """Whether a layer neither counts nor changes what the tables show."""
    return (
        (layer.weights, layer.biases, layer.buffers, layer.macs) == (0, 0, 0, 0)
        and all(window.kernel == window.stride == 1 for window in layer.windows or ())
        and not layer.is_join
        and layer.shares is None
        and layer.shape == layer.in_shape
        and (source is None or source.field.axes == layer.field.axes)
    )


def _folded(layers: tuple[LayerReport, ...], depth: int) -> tuple[LayerReport, ...]:
    groups: dict[str, list[LayerReport]] = {}
    for layer in layers:
        groups.setdefault("/".join(layer.path.split("/")[:depth]), []).append(layer)
    return tuple(_one_row(prefix, group) for prefix, group in groups.items())


def _one_row(prefix: str, group: list[LayerReport]) -> LayerReport:
    """A record for a whole structure: counts are sums, shape and receptive field those at its end."""
    last = group[-1]
    if len(group) == 1 and last.path == prefix:
        return last
    totals = totals_of(group)
    reasons = dict.fromkeys(reason for layer in group for reason in layer.reasons)
    return last._replace(
        path=prefix,
        op=last.op if last.path == prefix else plural(len(group), "layer"),
        line=group[0].line,
        in_shape=group[0].in_shape,
        windows=None,
        weights=totals.weights,
        biases=totals.biases,
        frozen=totals.frozen,
        buffers=totals.buffers,
        macs=totals.macs,
        shares=None,
        is_join=True,
        reasons=tuple(reasons),
    )
