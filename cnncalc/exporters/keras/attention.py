"""Attention as Keras' layer of several heads, over all positions of a sequence."""

from __future__ import annotations

from typing import Any

from cnncalc.analysis.report import LayerReport
from cnncalc.exporters.keras.translation import Made, Translation, makes
from cnncalc.exporters.refusing import Inexpressible
from cnncalc.geometry.shape import Shape


@makes("attention")
def attention(record: LayerReport, layer: Any, shapes: tuple[Shape, ...]) -> Made:
    is_plain = layer.project and layer.window is None and layer.position == "none" and not layer.kv
    if not is_plain or layer.bias != layer.out_bias:
        raise Inexpressible("Keras's MultiHeadAttention has no such variant")
    channels = record.in_shape.channels
    assert channels is not None
    head = channels // layer.heads if layer.head is None else layer.head
    value = f", value_dim={layer.value}" if layer.value is not None else ""
    bias = "" if layer.bias else ", use_bias=False"
    return Translation((), f"layers.MultiHeadAttention({layer.heads}, {head}{value}{bias})({{0}}, {{0}})")
