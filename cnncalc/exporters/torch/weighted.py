"""Linear layers, embeddings and normalizations as PyTorch modules."""

from __future__ import annotations

from typing import Any

from cnncalc.analysis.report import LayerReport
from cnncalc.exporters.calls import Call, Product, given, placed
from cnncalc.exporters.refusing import Inexpressible
from cnncalc.exporters.torch.translation import Around, Made, makes, module_name
from cnncalc.layers.convolution import has_bias


@makes("flatten")
def flatten(record: LayerReport, layer: Any, around: Around) -> Made:
    return Call("nn.Flatten")


@makes("linear")
def linear(record: LayerReport, layer: Any, around: Around) -> Made:
    flattens = record.in_shape.rank > 0 and record.shape.rank == 0
    read = record.in_shape.elements() if flattens else record.in_shape.channels
    if flattens and read is not None and not record.in_shape.is_point:
        read = Product.of(*record.in_shape.axes)  # type: ignore[arg-type]
    if read is None:
        raise Inexpressible("how many features it reads is not known", "give `--input`")
    made = Call(
        "PositionwiseLinear" if record.shape.rank else "nn.Linear",
        (
            placed("in_features", read),
            placed("out_features", layer.out),
            given("bias", has_bias(layer.bias, layer.learned), True),
        ),
    )
    return (Call("nn.Flatten"), made) if flattens else made


@makes("embedding")
def embedding(record: LayerReport, layer: Any, around: Around) -> Made:
    if layer.vocab is None:
        raise Inexpressible("it says no `vocab`, the number of different tokens", "give one")
    return Call("TokenEmbedding", (placed("num_embeddings", layer.vocab), placed("embedding_dim", layer.out)))


def _affine(record: LayerReport, norm: Call, word: str, default: bool) -> Made:
    """A normalization that learns what the record counts."""
    learns = bool(record.weights or record.biases or _ties(record))
    made = norm._replace(arguments=(*norm.arguments, given(word, learns, default)))
    if _ties(record) or bool(record.weights) == bool(record.biases):
        return made
    return Call("without", (placed("norm", made), placed("name", "bias" if record.weights else "weight")))


def _ties(record: LayerReport) -> bool:
    return record.shares is not None


@makes("bn")
def bn(record: LayerReport, layer: Any, around: Around) -> Made:
    rank = max(1, record.in_shape.rank)
    channels = placed("num_features", record.in_shape.channels)
    return _affine(record, Call(f"nn.BatchNorm{rank}d", (channels,)), "affine", True)


@makes("gn")
def gn(record: LayerReport, layer: Any, around: Around) -> Made:
    arguments = (placed("num_groups", layer.groups), placed("num_channels", record.in_shape.channels))
    return _affine(record, Call("nn.GroupNorm", arguments), "affine", True)


@makes("ln")
def ln(record: LayerReport, layer: Any, around: Around) -> Made:
    name = "ChannelNorm" if record.in_shape.rank else "nn.LayerNorm"
    channels = placed("normalized_shape", record.in_shape.channels)
    return _affine(record, Call(name, (channels,)), "elementwise_affine", True)


@makes("instance_norm")
def instance_norm(record: LayerReport, layer: Any, around: Around) -> Made:
    if not record.in_shape.rank:
        raise Inexpressible("a vector has no positions to normalize over")
    channels = placed("num_features", record.in_shape.channels)
    return _affine(record, Call(module_name("InstanceNorm", record), (channels,)), "affine", False)


@makes("lrn")
def lrn(record: LayerReport, layer: Any, around: Around) -> Made:
    return Call(
        "nn.LocalResponseNorm",
        (placed("size", layer.size), given("alpha", layer.alpha, 1e-4), given("beta", layer.beta, 0.75)),
    )


@makes("scale")
def scale(record: LayerReport, layer: Any, around: Around) -> Made:
    channels = record.in_shape.channels if layer.per_channel else 1
    return Call("Scale", (placed("channels", channels), given("bias", layer.bias, False)))


@makes("shift")
def shift(record: LayerReport, layer: Any, around: Around) -> Made:
    channels = record.in_shape.channels if layer.per_channel else 1
    sizes = record.in_shape.sizes if layer.per_position else (1,) * record.in_shape.rank
    if None in sizes or channels is None:
        raise Inexpressible("how many offsets it has depends on the input's size", "give `--input`")
    return Call("Shift", tuple(placed("size", size) for size in (channels, *sizes)))
