"""Layers as Keras 1 writes them, in the words of Keras 2 and 3.

Source: keras/legacy/interfaces.py of keras-team/keras 2.0, and the layers of its version 1.2
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Config = Mapping[str, Any]

_CLASSES = {
    "AtrousConvolution1D": "Conv1D",
    "AtrousConvolution2D": "Conv2D",
    "SeparableConvolution2D": "SeparableConv2D",
    "TimeDistributedDense": "Dense",
}
_NAMES = {
    "nb_filter": "filters",
    "filter_length": "kernel_size",
    "subsample": "strides",
    "subsample_length": "strides",
    "stride": "strides",
    "pool_length": "pool_size",
    "border_mode": "padding",
    "atrous_rate": "dilation_rate",
    "bias": "use_bias",
    "p": "rate",
    "sigma": "stddev",
    "inner_activation": "recurrent_activation",
    "dims": "target_shape",
    "length": "size",
    "concat_axis": "axis",
}
_ORDERS = {"th": "channels_first", "tf": "channels_last"}
_KERNELS = (("nb_row", "nb_col"), ("kernel_dim1", "kernel_dim2", "kernel_dim3"))
_MERGES = {
    "sum": "Add",
    "mul": "Multiply",
    "concat": "Concatenate",
    "ave": "Average",
    "max": "Maximum",
}
_OF_TRAINING = frozenset(
    """init inner_init forget_bias_init gamma_init beta_init W_regularizer b_regularizer U_regularizer
    W_constraint b_constraint U_constraint gamma_regularizer beta_regularizer activity_regularizer
    depthwise_regularizer pointwise_regularizer dropout_W dropout_U consume_less input_dtype weights
    depthwise_init pointwise_init""".split()  # noqa: SIM905
)
"""Settings on which no shape and no count depends."""
_NEW = (
    "units",
    "filters",
    "kernel_size",
    "rate",
    "use_bias",
    "data_format",
    "batch_shape",
    "kernel_initializer",
)


def modern(layer: Config) -> Config:
    """A layer in the words of Keras 2, where it is in those of Keras 1."""
    settings = layer.get("config")
    if not isinstance(settings, dict) or not _is_old(layer.get("class_name"), settings):
        return layer
    kind = str(layer.get("class_name"))
    found = _renamed(kind, settings)
    if kind == "BatchNormalization" and found.get("mode") in (0, 2):
        del found["mode"]  # by features, with or without running statistics
    if kind == "Merge" and found.get("mode") in _MERGES:
        kind = _MERGES[str(found["mode"])]
        wanted = ("name", "axis") if kind == "Concatenate" else ("name",)
        found = {name: value for name, value in found.items() if name in wanted}
    return {**layer, "class_name": _CLASSES.get(kind, kind), "config": found}


def _renamed(kind: str, settings: Config) -> dict[str, Any]:
    """The settings by the names of Keras 2, without those that say nothing of shapes and counts."""
    found: dict[str, Any] = {}
    dropped = {*_OF_TRAINING, "input_dim", "input_length", *(name for names in _KERNELS for name in names)}
    names = {**_NAMES, "output_dim": "units", "dim_ordering": "data_format"}
    for name, value in settings.items():
        if name not in dropped:
            found[names.get(name, name)] = _ORDERS.get(value, value) if name == "dim_ordering" else value
    for parts in _KERNELS:
        if parts[0] in settings:
            found["kernel_size"] = [settings.get(part) for part in parts]
    return found


def _is_old(kind: object, settings: Config) -> bool:
    """Whether settings are those of Keras 1: one of its words, and none of later ones."""
    if kind == "Merge":
        return True
    old = (*_OF_TRAINING, "nb_filter", "border_mode", "dim_ordering", "p", "output_dim", "input_dtype")
    has_old = any(name in settings for name in old if name != "activity_regularizer")
    return has_old and kind != "Embedding" and not any(name in settings for name in _NEW)
