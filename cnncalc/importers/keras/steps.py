"""Keras' layers that are applied to each step of a sequence, as layers over one axis more."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import prod
from typing import Any

from cnncalc.geometry.shape import Shape
from cnncalc.importers.keras.legacy import modern
from cnncalc.importers.keras.translation import Call, Made, layer

_EACH = (
    *(
        "Activation",
        "Add",
        "AlphaDropout",
        "Average",
        "BatchNormalization",
        "Concatenate",
        "Dense",
        "Dropout",
    ),
    *("ELU", "GaussianDropout", "GaussianNoise", "Identity", "LayerNormalization", "LeakyReLU", "Maximum"),
    *("Minimum", "Multiply", "ReLU", "Rescaling", "Softmax", "Subtract"),
)
"""Layers that do the same at every position, over however many axes."""
_WINDOWS = re.compile(
    r"(Conv|DepthwiseConv|SeparableConv|MaxPooling|AveragePooling|UpSampling|ZeroPadding|Cropping|SpatialDropout)"
    r"([12])D(|Transpose)"
)
_PER_AXIS = ("kernel_size", "strides", "dilation_rate", "pool_size", "size")
_MARGINS = ("padding", "cropping")


def over_steps(call: Call) -> Call:
    """The call of ``TimeDistributed`` as that of the layer inside it, over the steps too; other calls as they
    are, and those of layers that have no such form.
    """
    if call.kind != "TimeDistributed" or not call.tensors:
        return call
    inner = modern(_inside(call.settings, "layer"))
    kind, settings = str(inner.get("class_name")), _inside(inner, "config")
    settings = {**settings, "name": call.name}
    if kind in _EACH:
        return call._replace(kind=kind, settings=_moved(settings))
    found = _WINDOWS.fullmatch(kind)
    if found is None or call.shape.rank != int(found[2]) + 1:
        return call
    kind = f"{found[1]}{call.shape.rank}D{found[3]}"
    return call._replace(kind=kind, settings=_widened(settings, int(found[2])))


def model_over_steps(config: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The model inside a ``TimeDistributed``, each of its layers in one; ``None`` where there is none."""
    model = _inside(_inside(config, "config"), "layer")
    layers = _inside(model, "config").get("layers")
    if config.get("class_name") != "TimeDistributed" or not isinstance(layers, list):
        return None
    wrapped = [_wrapped(one) if isinstance(one, Mapping) else one for one in layers]
    return {**model, "config": {**_inside(model, "config"), "layers": wrapped}}


def _inside(config: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = config.get(name)
    return found if isinstance(found, Mapping) else {}


def _wrapped(config: Mapping[str, Any]) -> Mapping[str, Any]:
    if config.get("class_name") == "InputLayer":
        return config
    name = config.get("name") or _inside(config, "config").get("name")
    return {
        "class_name": "TimeDistributed",
        "name": name,
        "config": {"name": name, "layer": config},
        "inbound_nodes": config.get("inbound_nodes"),
    }


def _moved(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Axes that are counted from the front, one further."""
    axis = settings.get("axis")
    axes = axis if isinstance(axis, list) else [axis]
    moved = [one + 1 if isinstance(one, int) and one > 0 else one for one in axes]
    return {
        **settings,
        **({"axis": moved if isinstance(axis, list) else moved[0]} if "axis" in settings else {}),
    }


def _widened(settings: Mapping[str, Any], rank: int) -> dict[str, Any]:
    """Settings for each axis, that of the steps before them."""
    found = dict(settings)
    for name in _PER_AXIS:
        value = settings.get(name)
        if value is not None:
            found[name] = [1, *(value if isinstance(value, list) else [value] * rank)]
    for name in _MARGINS:
        value = settings.get(name)
        if isinstance(value, int | list):
            pairs = [value] if rank == 1 and isinstance(value, list) else value
            pairs = pairs if isinstance(pairs, list) else [pairs] * rank
            found[name] = [[0, 0], *(one if isinstance(one, list) else [one, one] for one in pairs)]
    return found


@layer("TimeDistributed", settings=("layer",))
def vector_of_each_step(call: Call) -> Made:
    """A map of each step as a vector, by a pool over it or by all its numbers."""
    kind = str(_inside(call.settings, "layer").get("class_name"))
    channels, rank = call.shape.channels, call.shape.rank
    if kind == "Flatten" and rank == 1:
        return [call.first]
    pool = re.fullmatch(rf"Global(Average|Max)Pooling{rank - 1}D", kind)
    if (pool is None and kind != "Flatten") or rank < 2 or call.channels_first:
        call.refuse(f"a `{kind}` of each step of {call.shape} is not understood")
        return None
    steps, *sizes = call.shape.sizes
    if None in sizes or channels is None:
        call.refuse(f"the sizes of a step in {call.shape} are not known: pass --input")
        return None
    window = (1, *(size or 1 for size in sizes))
    op = "unfold" if pool is None else "maxpool" if pool[1] == "Max" else "avgpool"
    width = channels * prod(window) if pool is None else channels
    shape = Shape(width, (steps, *(1 for _ in sizes)))
    made = call.add(op, shape, label=f"{call.label}.{op}", kernel=window, stride=window)
    for axis in range(rank - 1, 0, -1):
        label = call.label if axis == 1 else f"{call.label}.{axis}"
        made = call.add("squeeze", Shape(width, made.shape.sizes[:-1]), made, label=label, axis=axis)
    return [made]
