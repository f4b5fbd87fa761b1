"""Darknet's fully connected layers and normalizations."""

from __future__ import annotations

from cnncalc.geometry.shape import Shape
from cnncalc.importers.darknet.elementwise import activated
from cnncalc.importers.darknet.translation import Layer, section


@section("connected", options="output activation batch_normalize")
def connected(layer: Layer) -> str:
    units = layer.positive("output", 1)
    tensor = layer.input
    if layer.shape.rank:
        tensor = layer.add("flatten", Shape(layer.shape.elements()), part="flatten")
    normalized = bool(layer.whole("batch_normalize", 0))
    tensor = layer.add("linear", Shape(units), tensor, out=units, bias=not normalized)
    if normalized:
        tensor = layer.add("bn", Shape(units), tensor, part="bn")
    return activated(layer, tensor, "logistic")


@section("batchnorm", options="activation")
def batch_norm(layer: Layer) -> str:
    return activated(layer, layer.add("bn", layer.shape), "linear")
