"""ATen's operators as the functions of PyTorch that the walk knows, and their multiply-accumulates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

Given = tuple[str, list[Any], dict[str, Any]]
"""A function with its arguments."""
Sizes = tuple[int, ...]

WITH_WEIGHTS = ("conv1d", "conv2d", "conv3d")
TRANSPOSED = ("conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
PRODUCTS = ("mm", "bmm", "matmul", "addmm", "baddbmm")
UNCOUNTED = ("lstm", "gru", "rnn_tanh", "rnn_relu", "einsum", "cdist", "deform_conv2d", "bilinear")
"""Operators whose multiply-accumulates are not counted here."""


def named(name: str, overload: str, args: list[Any], kwargs: dict[str, Any]) -> Given:
    """An operator by the name and with the order of arguments that PyTorch's function has."""
    make = _ORDERED.get(name)
    if make is not None:
        return make(overload, args, kwargs)
    return _RENAMED.get(name, name), args, kwargs


def _batch_norm(_: str, args: list[Any], kwargs: dict[str, Any]) -> Given:
    input, weight, bias, mean, variance, *rest = args
    return "batch_norm", [input, mean, variance, weight, bias, *rest], kwargs


def _inference_norm(_: str, args: list[Any], kwargs: dict[str, Any]) -> Given:
    input, weight, bias, mean, variance, *_rest = args
    return "batch_norm", [input, mean, variance, weight, bias], kwargs


def _instance_norm(_: str, args: list[Any], kwargs: dict[str, Any]) -> Given:
    input, weight, bias, mean, variance, *rest = args
    return "instance_norm", [input, mean, variance, weight, bias, *rest[:3]], kwargs


def _group_norm(_: str, args: list[Any], kwargs: dict[str, Any]) -> Given:
    input, weight, bias, _batch, _channels, _positions, groups, *rest = args
    return "group_norm", [input, groups, weight, bias, *rest], kwargs


def _convolution(_: str, args: list[Any], kwargs: dict[str, Any]) -> Given:
    input, weight, bias, stride, padding, dilation, transposed, more, groups = args
    rank = len(stride)
    if transposed:
        return (
            f"conv_transpose{rank}d",
            [input, weight, bias, stride, padding, more, groups, dilation],
            kwargs,
        )
    return f"conv{rank}d", [input, weight, bias, stride, padding, dilation, groups], kwargs


def _resized(mode: str) -> Callable[[str, list[Any], dict[str, Any]], Given]:
    """``upsample_*``: sizes and factors in a list (``vec``), or factors one by one; those of smooth modes say
    whether corners are aligned.
    """

    def make(overload: str, args: list[Any], kwargs: dict[str, Any]) -> Given:
        input, size, *rest = args
        corners = rest.pop(0) if rest and mode != "nearest" else None
        factors = (rest[0] if rest else None) if overload == "vec" else ([*rest] or None)
        if factors is not None and None in factors:
            factors = None
        given = {"mode": mode, "align_corners": corners, **kwargs}
        return "interpolate", [input, None if factors else size, factors], given

    return make


def _border(mode: str) -> Callable[[str, list[Any], dict[str, Any]], Given]:
    def make(_: str, args: list[Any], kwargs: dict[str, Any]) -> Given:
        return "pad", [*args, mode], kwargs

    return make


def _constant_border(_: str, args: list[Any], kwargs: dict[str, Any]) -> Given:
    return "pad", [*args[:2], "constant", *args[2:]], kwargs


_RENAMED = {
    "max_pool2d_with_indices": "max_pool2d",
    "max_pool3d_with_indices": "max_pool3d",
    "native_layer_norm": "layer_norm",
    "_unsafe_view": "view",
    "native_dropout": "dropout",
    "_to_copy": "to",
    "_safe_softmax": "softmax",
}
_ORDERED: Mapping[str, Callable[[str, list[Any], dict[str, Any]], Given]] = {
    "batch_norm": _batch_norm,
    "_native_batch_norm_legit_no_training": _inference_norm,
    "instance_norm": _instance_norm,
    "native_group_norm": _group_norm,
    "convolution": _convolution,
    "upsample_nearest1d": _resized("nearest"),
    "upsample_nearest2d": _resized("nearest"),
    "upsample_nearest3d": _resized("nearest"),
    "upsample_linear1d": _resized("linear"),
    "upsample_bilinear2d": _resized("bilinear"),
    "upsample_trilinear3d": _resized("trilinear"),
    "upsample_bicubic2d": _resized("bicubic"),
    "constant_pad_nd": _constant_border,
    "reflection_pad1d": _border("reflect"),
    "reflection_pad2d": _border("reflect"),
    "replication_pad1d": _border("replicate"),
    "replication_pad2d": _border("replicate"),
}


def macs_of(function: str, shapes: Sequence[Sizes], output: Sizes) -> int | None:
    """The multiply-accumulates of a call whose tensors have these shapes; ``None`` where they are not counted
    here.
    """
    if function in WITH_WEIGHTS:
        return prod(output) * prod(shapes[1][1:])
    if function in TRANSPOSED:
        return prod(shapes[0]) * prod(shapes[1][1:])
    if function == "linear":
        return prod(output) * shapes[0][-1]
    if function in PRODUCTS:
        return prod(output) * shapes[-1][-2 if len(shapes[-1]) > 1 else -1]
    if function == "scaled_dot_product_attention":
        query, key, value = shapes[:3]
        return prod(query[:-1]) * key[-2] * (query[-1] + value[-1])
    return None if function in UNCOUNTED else 0


__all__ = ["macs_of", "named"]
