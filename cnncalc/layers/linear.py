"""Layers on vectors and tokens: linear, flatten, embedding."""

from __future__ import annotations

from cnncalc.errors import Fault
from cnncalc.frameworks.rules import Framework, LinearOnMap
from cnncalc.geometry.axis import AxisRule
from cnncalc.geometry.shape import Shape, Size
from cnncalc.layers.base import Layer, Params, product
from cnncalc.layers.convolution import OUT_WORDS, stored
from cnncalc.layers.fields import (
    act_field,
    framework_flag,
    integer,
    learned_field,
    norm_field,
    required_integer,
)


class Flatten(Layer):
    """All positions and channels as one vector."""

    op = "flatten"
    in_place = True
    example = "flatten"
    flattens = True

    def out_channels(self, shape: Shape) -> Size:
        return shape.elements()


class Linear(Layer):
    """A fully connected layer; a map of one position is flattened first, of a larger one the framework
    decides.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Linear.html;
    https://keras.io/api/layers/core_layers/dense/; src/caffe/layers/inner_product_layer.cpp
    """

    op = "linear"
    foreign = ("fc", "dense", "fully_connected", "innerproduct", "inner_product", "gemm", "affine")
    example = "linear: {out: 4096, act: relu}"
    flattens = True
    adds_biases = True
    out = required_integer("output features", primary=True, foreign=OUT_WORDS)
    bias = framework_flag(
        "one bias per output feature",
        "true, false with `norm: bn` or `learned: false`",
        foreign=("use_bias", "bias_term"),
    )
    learned = learned_field()
    norm = norm_field()
    act = act_field()

    def flattens_map(self, shape: Shape, framework: Framework) -> bool:
        return shape.rank > 0 and (shape.is_point or framework.linear_on_map is not LinearOnMap.PER_POSITION)

    def axes(self, shapes: tuple[Shape, ...], framework: Framework) -> tuple[AxisRule, ...]:
        shape = shapes[0]
        is_larger = any(size is not None and size != 1 for size in shape.sizes)
        if framework.linear_on_map is LinearOnMap.REFUSES and is_larger:
            point = "x".join("1" * shape.rank)
            message = (
                f"linear reads a vector, its input is a map of {shape}: {framework.name} flattens nothing"
            )
            help = f"write `flatten` before it, or `conv{point}: {self.out}` for the same at every position"
            raise Fault("E306", message, help)
        return super().axes(shapes, framework)

    def out_channels(self, shape: Shape) -> Size:
        return self.out

    def params(self, shape: Shape, framework: Framework) -> Params:
        read = shape.elements() if self.flattens_map(shape, framework) else shape.channels
        return stored(product((read, self.out)), self.out, self.bias, self.learned)

    def macs(self, shape: Shape, output: Shape) -> Size:
        if not output.rank:
            return product((shape.elements(), self.out))
        return product((*output.axes, shape.channels))


class Embedding(Layer):
    """A learned vector for each token; a sequence of n token numbers becomes a map of ``out`` channels and
    length n.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Embedding.html
    """

    op = "embedding"
    foreign = ("embed", "lookup_table", "wordembedding")
    example = "embedding: {out: 300, vocab: 20000}"
    out = required_integer(
        "length of a token's vector", primary=True, foreign=("dim", "embedding_dim", "output_dim", "size")
    )
    vocab = integer(
        "number of different tokens", foreign=("num_embeddings", "input_dim", "vocab_size", "vocabulary")
    )

    def combine(self, shapes: tuple[Shape, ...]) -> Shape:
        shape = shapes[0]
        if shape.rank != 1 or shape.channels not in (1, None):
            length = shape.axes[-1]
            help = f"write `input: [1, {'any' if length is None else length}]`"
            raise Fault(
                "E306", f"embedding reads token numbers along one axis, but its input is {shape}", help
            )
        return shape

    def out_channels(self, shape: Shape) -> Size:
        return self.out

    def params(self, shape: Shape, framework: Framework) -> Params:
        return Params(product((self.vocab, self.out)))

    def missing(self) -> str | None:
        return "says no `vocab`" if self.vocab is None else None
