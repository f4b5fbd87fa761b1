"""Darknet's activations, as sections and as parts of them."""

from __future__ import annotations

from cnncalc.importers.darknet.translation import Layer, section

ACTIVATIONS = {
    "linear": None,
    "leaky": "leaky_relu",
    "relu": "relu",
    "relu6": "relu6",
    "logistic": "sigmoid",
    "mish": "mish",
    "swish": "silu",
    "tanh": "tanh",
    "elu": "elu",
    "selu": "selu",
    "gelu": "gelu",
    "hardtan": "hardtanh",
}
"""Darknet's activations that the spec language has; ``None`` for none."""


def activated(layer: Layer, tensor: str, default: str) -> str:
    """The activation that a section has built in, as an item of its own."""
    word = layer.word("activation", default)
    if word not in ACTIVATIONS:
        layer.refuse(f"the activation `{word}` is not understood")
        return tensor
    op = ACTIVATIONS[word]
    return tensor if op is None else layer.add(op, layer.building.shapes[tensor], tensor, part=op)


@section("dropout", options="probability dropblock dropblock_size_abs dropblock_size_rel")
def dropout(layer: Layer) -> str:
    return layer.add("dropout", layer.shape)


@section("softmax", options="groups temperature tree spatial noloss")
def softmax(layer: Layer) -> str:
    return layer.add("softmax", layer.shape)
