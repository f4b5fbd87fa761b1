"""Attention over the positions of a map: attention, and eca over its channels."""

from __future__ import annotations

from typing import Any

from cnncalc.errors import Fault
from cnncalc.frameworks.rules import Framework
from cnncalc.geometry.axis import IDENTITY, AxisRule
from cnncalc.geometry.resample import Blocks, Everywhere
from cnncalc.geometry.shape import Shape, Size, product, total
from cnncalc.layers.base import Layer, Params, divided, require_map
from cnncalc.layers.fields import (
    Field,
    axes,
    choice,
    flag,
    integer,
    optional_axes,
    optional_tensor_name,
    required_integer,
)


class EfficientChannelAttention(Layer):
    """A convolution of one kernel along the channels, the same at every position (of a pooled map: ECA).

    Source: Wang et al. 2020, ECA-Net: Efficient Channel Attention, section 3.2.3
    """

    op = "eca"
    foreign = ("channel_conv", "efficient_channel_attention")
    example = "eca: 3"
    kernel = required_integer(
        "neighbouring channels taken together, an odd number", primary=True, foreign=("k_size", "kernel_size")
    )

    def check(self) -> None:
        if self.kernel % 2 == 0:
            message = f"a kernel of {self.kernel} channels has no middle"
            raise Fault("E109", message, f"use {self.kernel - 1} or {self.kernel + 1}")

    def params(self, shape: Shape, framework: Framework) -> Params:
        return Params(self.kernel)

    def macs(self, shape: Shape, output: Shape) -> Size:
        return product((self.kernel, *output.axes))


class Attention(Layer):
    """Multi-head attention: each position takes a weighted mean of values of all positions, of those of its
    block, or of another tensor's.

    Query, key and value are linear in the channels, and so is the output unless ``project`` is false.
    Source: Vaswani et al. 2017, Attention Is All You Need, section 3.2;
    https://docs.pytorch.org/docs/stable/generated/torch.nn.MultiheadAttention.html;
    windows and the table of positions: Liu et al. 2021, Swin Transformer, section 3.2;
    positions by axes: Srinivas et al. 2021, Bottleneck Transformers, figure 4
    """

    op = "attention"
    others_read = "all"
    foreign = (
        "multiheadattention",
        "multi_head_attention",
        "selfattention",
        "self_attention",
        "mha",
        "mhsa",
        "nonlocal",
    )
    example = "attention: {heads: 8}"
    heads = required_integer("heads", primary=True, foreign=("num_heads", "n_heads", "head_count"))
    head = integer(
        "channels of a head's queries and keys; by default C/heads",
        foreign=("head_dim", "key_dim", "dim_head", "head_width"),
    )
    value = integer(
        "channels of a head's values; by default those of its keys", foreign=("value_dim", "v_dim", "vdim")
    )
    kv = optional_tensor_name(
        "the tensor that keys and values are made from; by default the input", foreign=("memory", "context")
    )
    bias = flag(True, "biases of queries, keys and values", foreign=("qkv_bias", "use_bias"))
    out_bias = flag(True, "biases of the output", foreign=("proj_bias",))
    project = flag(True, "a linear layer over the values of all heads, to the input's channels")
    window = optional_axes(
        "blocks of so many positions, each of which attends within itself", foreign=("window_size",)
    )
    shift = axes(0, "how far the blocks are moved", minimum=0, foreign=("shift_size",))
    position = choice(
        "none",
        ("none", "table", "axes"),
        "learned: a bias per offset and head, or per axis offsets of the width of a head",
        foreign=("rel_pos", "position_bias", "relative_position"),
    )

    def averages(self) -> bool:
        return True

    def check(self) -> None:
        if self.kv and self.window is not None:
            message = "blocks of positions of two tensors do not correspond"
            raise Fault("E107", message, "leave out `kv`, or `window`")
        if self.kv and self.position != "none":
            message = f"`position: {self.position}` is about offsets within one tensor, `kv` names another"
            raise Fault("E107", message, "leave out `kv`, or `position`")
        if any(self.shift.values) and self.window is None:
            raise Fault("E106", f"a shift of {self.shift} needs a `window`", "for instance `window: 7`")

    def beside(self, shapes: tuple[Shape, ...]) -> Attention:
        if len(shapes) < 2:
            return self
        given = {name: vars(self)[field.name] for name, field in self.fields.items()}
        return _AttentionTo(source=shapes[1], **given)

    def _source(self, shape: Shape) -> Shape:
        """The tensor that keys and values are made from."""
        return shape

    def combine(self, shapes: tuple[Shape, ...]) -> Shape:
        if len(shapes) > 1:
            require_map(shapes[1:], f"the `kv` of {self.op}")
        return require_map(shapes, self.op)

    def axes(self, shapes: tuple[Shape, ...], framework: Framework) -> tuple[AxisRule, ...]:
        shape = shapes[0]
        if self.kv:
            return (IDENTITY,) * shape.rank
        if self.window is None:
            return (Everywhere(),) * shape.rank
        windows = self.window.over(shape.rank, "window")
        shifts = self.shift.over(shape.rank, "shift")
        for window, shift in zip(windows, shifts, strict=True):
            if shift >= window:
                message = f"a shift of {shift} is not smaller than the window {window}"
                raise Fault("E109", message, "Swin shifts by half a window")
        return tuple(map(Blocks, windows, shifts))

    def out_channels(self, shape: Shape) -> Size:
        return shape.channels if self.project else product((self.heads, self._value(shape)))

    def params(self, shape: Shape, framework: Framework) -> Params:
        keys, values = self._widths(shape)
        source = self._source(shape)
        biases = [*((keys, keys, values) if self.bias else ())]
        biases += [shape.channels] if self.project and self.out_bias else []
        return Params(
            total(
                (
                    product((shape.channels, keys)),
                    product((source.channels, keys)),
                    product((source.channels, values)),
                    product((values, shape.channels)) if self.project else 0,
                    self._positions(shape),
                )
            ),
            total(biases),
        )

    def macs(self, shape: Shape, output: Shape) -> Size:
        keys, values = self._widths(shape)
        source = self._source(shape)
        count, seen = self._count(shape), self._seen(shape, source)
        from_source = self._count(source)
        return total(
            (
                product((count, shape.channels, keys)),
                product((from_source, source.channels, keys)),
                product((from_source, source.channels, values)),
                product((count, values, shape.channels)) if self.project else 0,
                product((count, seen, keys)),
                product((count, seen, values)),
            )
        )

    def _head(self, shape: Shape) -> Size:
        return divided(shape.channels, self.heads, "{} heads") if self.head is None else self.head

    def _value(self, shape: Shape) -> Size:
        return self._head(shape) if self.value is None else self.value

    def _widths(self, shape: Shape) -> tuple[Size, Size]:
        """The channels of all heads' keys, and of their values."""
        return product((self.heads, self._head(shape))), product((self.heads, self._value(shape)))

    def _count(self, shape: Shape) -> Size:
        """The positions computed: those that blocks are filled up with included."""
        if self.window is None:
            return product(shape.sizes)
        windows = self.window.over(shape.rank, "window")
        filled = [
            None if size is None else -(-size // by) * by
            for size, by in zip(shape.sizes, windows, strict=True)
        ]
        return product(tuple(filled))

    def _seen(self, shape: Shape, source: Shape) -> Size:
        """The positions that one attends to."""
        return product(source.sizes if self.window is None else self.window.over(shape.rank, "window"))

    def _positions(self, shape: Shape) -> Size:
        """What is learned of relative positions."""
        if self.position == "none":
            return 0
        sizes: tuple[Any, ...] = (
            shape.sizes if self.window is None else self.window.over(shape.rank, "window")
        )
        offsets = tuple(None if size is None else 2 * size - 1 for size in sizes)
        if self.position == "table":
            return product((self.heads, *offsets))
        return product((total(offsets), self._head(shape)))


class _AttentionTo(Attention):
    """Attention to another tensor, whose shape is known."""

    source = Field[Shape]("shape", doc="the shape of the tensor that `kv` names")

    def _source(self, shape: Shape) -> Shape:
        return self.source
