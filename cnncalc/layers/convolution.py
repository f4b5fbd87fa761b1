"""Convolutions: conv, depthwise, conv_transpose."""

from __future__ import annotations

from typing import NamedTuple

from cnncalc.errors import Fault
from cnncalc.frameworks.rules import Framework
from cnncalc.geometry.axis import LONGEST_PERIOD, AxisRule, Reads
from cnncalc.geometry.shape import Shape, Size
from cnncalc.geometry.window import TransposedWindow
from cnncalc.layers.base import Layer, Params, divided, product, require_map
from cnncalc.layers.fields import (
    Padding,
    PerAxis,
    act_field,
    axes,
    framework_flag,
    integer,
    integer_or,
    kernel_field,
    learned_field,
    norm_field,
    padding_field,
    size_or_name,
)

OUT_WORDS = (
    "filters",
    "out_channels",
    "channels",
    "num_output",
    "units",
    "features",
    "out_features",
    "c",
    "n",
)


def has_bias(bias: bool | None, learned: bool) -> bool:
    """Whether a layer has biases, where ``bias`` may be left out: by default learned weights have them."""
    return learned if bias is None else bias


def stored(weights: Size, out: Size, bias: bool | None, learned: bool) -> Params:
    """Weights and one bias per output."""
    found = Params(weights, out if has_bias(bias, learned) else 0)
    return found if learned else found.fixed()


class Convolution(Layer):
    """The arguments and rules that all convolutions share."""

    kernel_in_name = True
    adds_biases = True
    mixes = True
    kernel = kernel_field()
    stride = axes(1, "step of the window", short="s", foreign=("strides", "subsample"))
    padding = padding_field()
    dilation = axes(
        1, "spacing of the window's positions", short="d", foreign=("dilation_rate", "dilations", "rate")
    )
    bias = framework_flag(
        "one bias per output channel",
        "true, false with `norm: bn` or `learned: false`",
        foreign=("use_bias", "bias_term"),
    )
    learned = learned_field()
    norm = norm_field()
    act = act_field()

    def axes(self, shapes: tuple[Shape, ...], framework: Framework) -> tuple[AxisRule, ...]:
        shape = require_map(shapes, self.op)
        kernel = self.kernel.over(shape.rank, "kernel")
        stride = self.stride.over(shape.rank, "stride")
        dilation = self.dilation.over(shape.rank, "dilation")
        padding = self.padding.over(kernel)
        return tuple(map(framework.conv_window, kernel, stride, padding, dilation, shape.sizes))

    def _stored(self, weights: Size, out: Size) -> Params:
        """The weights and the biases, as buffers where they are fixed."""
        return stored(weights, out, self.bias, self.learned)


class _Grouped(Convolution):
    """A convolution to ``out`` channels, in groups that do not mix."""

    out = integer("output channels", primary=True, foreign=OUT_WORDS)
    groups = integer_or(1, "groups of channels that do not mix", foreign=("group",))

    def check(self) -> None:
        if self.out is not None and self.out % self.groups:
            raise Fault("E302", f"out {self.out} cannot be divided into {self.groups} groups")

    def out_channels(self, shape: Shape) -> Size:
        return self.out

    def missing(self) -> str | None:
        return "gives no `out` channels" if self.out is None else None


class Conv(_Grouped):
    """A convolution; with groups, each output channel reads only its group's inputs.

    Source of sizes and counts: https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html
    """

    op = "conv"
    foreign = ("convolution", "convolutional", "conv2d", "conv1d", "conv3d")
    example = "conv3x3: {out: 64, stride: 2, padding: 1}"

    def params(self, shape: Shape, framework: Framework) -> Params:
        kernel = self.kernel.over(shape.rank, "kernel")
        per_group = divided(shape.channels, self.groups, "{} groups")
        return self._stored(product((self.out, per_group, *kernel)), self.out)

    def macs(self, shape: Shape, output: Shape) -> Size:
        kernel = self.kernel.over(shape.rank, "kernel")
        return product((*output.axes, *kernel, divided(shape.channels, self.groups, "{} groups")))

    def with_window(self, kernel: tuple[int, ...], padding: Padding) -> Layer | None:
        return self.replaced(kernel=PerAxis(kernel), padding=padding)

    def reduction(self, channels: int, rank: int) -> Layer | None:
        if self.groups != 1:
            return None
        return Conv(kernel=PerAxis((1,) * rank), out=channels, bias=self.bias)


class Depthwise(Convolution):
    """A convolution of each channel by itself, ``mult`` outputs per channel.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Conv2d.html (``groups = in_channels``)
    """

    op = "depthwise"
    foreign = ("depthwiseconv", "depthwise_conv", "dwconv", "depthwise_conv2d", "convolutiondepthwise")
    example = "depthwise3x3: {stride: 2, padding: 1}"
    mult = integer_or(
        1, "output channels per input channel", primary=True, foreign=("depth_multiplier", "multiplier")
    )

    def out_channels(self, shape: Shape) -> Size:
        return product((shape.channels, self.mult))

    def params(self, shape: Shape, framework: Framework) -> Params:
        out = self.out_channels(shape)
        return self._stored(product((out, *self.kernel.over(shape.rank, "kernel"))), out)

    def macs(self, shape: Shape, output: Shape) -> Size:
        return product((*output.axes, *self.kernel.over(shape.rank, "kernel")))

    def with_window(self, kernel: tuple[int, ...], padding: Padding) -> Layer | None:
        return self.replaced(kernel=PerAxis(kernel), padding=padding) if self.mult == 1 else None


class ConvTranspose(_Grouped):
    """A transposed (fractionally strided) convolution.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.ConvTranspose2d.html
    """

    op = "conv_transpose"
    foreign = (
        "convtranspose",
        "conv2dtranspose",
        "deconv",
        "deconvolution",
        "upconv",
        "transposed_conv",
        "transposeconv",
    )
    example = "conv_transpose4x4: {out: 64, stride: 2, padding: 1}"
    output_padding = axes(0, "extra outputs at the end", minimum=0, foreign=("out_padding",))
    size = size_or_name(
        "the size wanted, or the tensor that has it, instead of an output_padding", foreign=("output_size",)
    )

    def check(self) -> None:
        super().check()
        if self.size is not None and any(self.output_padding.values):
            message = f"both `size` and `output_padding: {self.output_padding}` say what comes out"
            raise Fault("E107", message, "leave out one of them")

    def axes(self, shapes: tuple[Shape, ...], framework: Framework) -> tuple[AxisRule, ...]:
        shape = require_map(shapes, self.op)
        kernel = self.kernel.over(shape.rank, "kernel")
        arguments = (
            kernel,
            self.stride.over(shape.rank, "stride"),
            self.padding.over(kernel),
            self.dilation.over(shape.rank, "dilation"),
            self.output_padding.over(shape.rank, "output_padding"),
        )
        windows = tuple(map(framework.transposed_window, *arguments))
        if self.size is None:
            return windows
        if isinstance(self.size, str):
            if shapes[1].rank != shape.rank:
                message = f"conv_transpose cannot bring {shape} to {shapes[1]}: the numbers of axes differ"
                raise Fault("E304", message)
            wanted: tuple[Size, ...] = shapes[1].sizes
        else:
            wanted = self.size.over(shape.rank, "size")
        return tuple(map(_reaching, windows, arguments[1], arguments[3], shape.sizes, wanted))

    def params(self, shape: Shape, framework: Framework) -> Params:
        per_group = None if self.out is None else self.out // self.groups
        divided(shape.channels, self.groups, "{} groups")
        kernel = self.kernel.over(shape.rank, "kernel")
        return self._stored(product((shape.channels, per_group, *kernel)), self.out)

    def macs(self, shape: Shape, output: Shape) -> Size:
        per_group = None if self.out is None else self.out // self.groups
        return product((*shape.axes, *self.kernel.over(shape.rank, "kernel"), per_group))


class _Reaching(NamedTuple):
    """A transposed window with the output padding that makes a wanted size of one that is not known."""

    window: TransposedWindow
    wanted: Size

    def output_size(self, size: Size) -> Size:
        return self.wanted

    def reads(self, size: Size, longest: int = LONGEST_PERIOD) -> Reads:
        return self.window.reads(size, longest)


def _reaching(window: TransposedWindow, stride: int, dilation: int, size: Size, wanted: Size) -> AxisRule:
    """The window whose output padding makes ``wanted`` positions come out.

    Source: ``_output_padding`` in torch/nn/modules/conv.py (``output_size``)
    """
    most = max(stride, dilation) - 1
    largest = window._replace(output_padding=window.output_padding + most).output_size(size)
    if largest is None or wanted is None:
        return _Reaching(window, wanted)
    extra = wanted - (largest - most)
    if not 0 <= extra <= most:
        least = max(largest - most, 1)  # without output padding there may be nothing
        possible = f"{least}" if least == largest else f"{least}..{largest}"
        message = f"a transposed convolution of size {size} makes no {wanted} positions"
        raise Fault("E305", message, f"possible with this window: {possible}")
    return window._replace(output_padding=window.output_padding + extra)


__all__ = ["OUT_WORDS", "Conv", "ConvTranspose", "Convolution", "Depthwise", "stored"]
