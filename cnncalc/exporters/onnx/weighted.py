"""Linear layers, embeddings and normalizations as ONNX operators."""

from __future__ import annotations

from cnncalc.exporters.onnx.writing import Call, Writing, sizes_of, writes
from cnncalc.exporters.refusing import Inexpressible
from cnncalc.layers.convolution import has_bias

EPSILON = 1e-5


def biases(writing: Writing, call: Call, out: int) -> tuple[str, ...]:
    """The tensor of biases, where the layer has one."""
    layer = call.layer
    return (writing.weight(call, "bias", (out,)),) if has_bias(layer.bias, layer.learned) else ()


@writes("flatten")
def flatten(writing: Writing, call: Call) -> str:
    return writing.node("Flatten", call.input, axis=1)


@writes("linear")
def linear(writing: Writing, call: Call) -> str:
    """Of a vector; of a map that is flattened, or at every position as a convolution of one position."""
    out = call.layer.out
    if call.record.shape.rank:
        kernel = [1] * call.rank
        weight = writing.weight(call, "weight", (out, call.channels, *kernel))
        return writing.node("Conv", call.input, weight, *biases(writing, call, out), kernel_shape=kernel)
    tensor = writing.node("Flatten", call.input, axis=1) if call.rank else call.input
    read = 1
    for size in sizes_of(call.record.in_shape):
        read *= size
    weight = writing.weight(call, "weight", (out, read))
    return writing.node("Gemm", tensor, weight, *biases(writing, call, out), transB=1)


@writes("embedding")
def embedding(writing: Writing, call: Call) -> str:
    """The rows of a table by token number."""
    if call.layer.vocab is None:
        raise Inexpressible("it says no `vocab`, the number of rows of its table", "add `vocab: ...`")
    table = writing.weight(call, "weight", (call.layer.vocab, call.layer.out))
    numbers = writing.node("Squeeze", call.input, writing.integers((1,)))
    if call.record.inputs[0] not in writing.tokens:
        numbers = writing.node("Cast", numbers, to=7)
    return writing.transposed(writing.node("Gather", table, numbers, axis=0), (0, 2, 1))


def affine(writing: Writing, call: Call) -> tuple[str, str]:
    """Gamma and beta per channel: learned, or 1 and 0 where the layer has none."""
    dims = (call.channels,)
    gamma = writing.weight(call, "weight", dims, 1.0) if call.stored.weights else ""
    beta = writing.weight(call, "bias", dims) if call.stored.biases else ""
    return gamma or writing.fixed("ones", dims, 1.0), beta or writing.fixed("zeros", dims, 0.0)


@writes("bn")
def batch_norm(writing: Writing, call: Call) -> str:
    gamma, beta = affine(writing, call)
    mean = writing.weight(call, "running_mean", (call.channels,))
    variance = writing.weight(call, "running_var", (call.channels,), 1.0)
    return writing.node("BatchNormalization", call.input, gamma, beta, mean, variance, epsilon=EPSILON)


@writes("gn")
def group_norm(writing: Writing, call: Call) -> str:
    gamma, beta = affine(writing, call)
    return writing.node(
        "GroupNormalization", call.input, gamma, beta, num_groups=call.layer.groups, epsilon=EPSILON
    )


@writes("instance_norm")
def instance_norm(writing: Writing, call: Call) -> str:
    gamma, beta = affine(writing, call)
    return writing.node("InstanceNormalization", call.input, gamma, beta, epsilon=EPSILON)


@writes("ln")
def layer_norm(writing: Writing, call: Call) -> str:
    """Over the channels, which ONNX has last."""
    gamma, beta = affine(writing, call)
    last = writing.transposed(call.input, (0, *range(2, 2 + call.rank), 1))
    given = (gamma, beta) if call.stored.biases else (gamma,)
    normal = writing.node("LayerNormalization", last, *given, axis=-1, epsilon=EPSILON)
    return writing.transposed(normal, (0, 1 + call.rank, *range(1, 1 + call.rank)))


@writes("lrn")
def local_response_norm(writing: Writing, call: Call) -> str:
    layer = call.layer
    return writing.node(
        "LRN", call.input, size=layer.size, alpha=float(layer.alpha), beta=float(layer.beta), bias=1.0
    )


@writes("scale")
def scale(writing: Writing, call: Call) -> str:
    dims = (call.channels, *(1,) * call.rank) if call.layer.per_channel else (1,)
    tensor = writing.node("Mul", call.input, writing.weight(call, "weight", dims, 1.0))
    if call.layer.bias:
        tensor = writing.node("Add", tensor, writing.weight(call, "bias", dims))
    return tensor


@writes("shift")
def shift(writing: Writing, call: Call) -> str:
    channels = call.channels if call.layer.per_channel else 1
    sizes = call.sizes if call.layer.per_position else (1,) * call.rank
    return writing.node("Add", call.input, writing.weight(call, "bias", (channels, *sizes)))
