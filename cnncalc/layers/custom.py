"""The escape hatch: custom, an operation whose costs the spec gives."""

from __future__ import annotations

from cnncalc.errors import Fault
from cnncalc.frameworks.rules import Framework
from cnncalc.geometry.arrangement import Arrangement, Stated
from cnncalc.geometry.axis import IDENTITY, AxisRule
from cnncalc.geometry.resample import Everywhere
from cnncalc.geometry.shape import Shape, Size, total
from cnncalc.layers.base import Layer, Params
from cnncalc.layers.convolution import OUT_WORDS
from cnncalc.layers.fields import (
    axes,
    choice,
    integer,
    integer_or,
    learned_field,
    optional_integers,
    padding_field,
    tensor_names,
)


class Custom(Layer):
    """An operation that cnncalc lacks: a window or a given output, with parameters and MACs as given.

    The channels are those of the input unless given.
    """

    op = "custom"
    others_read = "unit"
    foreign = ("lambda", "function", "module")
    example = "custom: {kernel: 3, padding: 1, params: 1234, macs: 0}"
    kernel = axes(1, "window size", short="k", foreign=("kernel_size",))
    stride = axes(1, "step of the window", short="s", foreign=("strides",))
    padding = padding_field()
    dilation = axes(1, "spacing of the window's positions", short="d", foreign=("dilation_rate", "rate"))
    out = integer("output channels", foreign=OUT_WORDS)
    shape = optional_integers("the output, channels first: [C, H, W]", foreign=("output_shape", "out_shape"))
    inputs = tensor_names("the tensors that it reads instead of the previous one; `prev` is that one")
    rf = choice(
        "window",
        ("window", "all", "unit"),
        "what a unit reads: its window, all of the map, or the unit at its position",
        foreign=("receptive_field", "reads"),
    )
    params_stated = integer("learnable parameters; unknown where absent", minimum=0, spec_name="params")
    learned = learned_field()
    buffers = integer_or(0, "stored numbers that are not learned", minimum=0)
    macs_stated = integer("multiply-accumulates; unknown where absent", minimum=0, spec_name="macs")

    def check(self) -> None:
        if self.shape and self.out is not None:
            message = f"both `out: {self.out}` and `shape: {list(self.shape)}` give the channels"
            raise Fault("E107", message, "leave out `out`")
        if self.rf != "window" and (set(self.kernel.values) | set(self.stride.values)) != {1}:
            message = f"`rf: {self.rf}` beside a kernel or a stride"
            raise Fault("E107", message, "leave out `rf`, or give the output as `shape` instead of a window")

    def combine(self, shapes: tuple[Shape, ...]) -> Shape:
        first, *others = shapes
        if self.rf != "all" and not self.shape:
            for other in others:
                known = None not in (*other.sizes, *first.sizes)
                if other.rank != first.rank or (known and other.sizes != first.sizes):
                    message = f"custom reads {first} and {other} by windows: the sizes differ"
                    raise Fault("E303", message, "bring them to one size, or write `rf: all`")
        return first

    def axes(self, shapes: tuple[Shape, ...], framework: Framework) -> tuple[AxisRule, ...]:
        rank = shapes[0].rank
        if self.rf != "window" or self.shape:
            return (Everywhere() if self.rf == "all" else IDENTITY,) * rank
        kernel = self.kernel.over(rank, "kernel")
        stride = self.stride.over(rank, "stride")
        dilation = self.dilation.over(rank, "dilation")
        padding = self.padding.over(kernel)
        return tuple(map(framework.conv_window, kernel, stride, padding, dilation, shapes[0].sizes))

    def arrangement(self, shape: Shape) -> Arrangement | None:
        if not self.shape:
            return None
        sizes = self.shape[1:]
        if self.rf == "unit" and len(sizes) == shape.rank:
            differ = [one for one, size in zip(sizes, shape.sizes, strict=True) if size not in (one, None)]
            if differ:
                message = f"`rf: unit` keeps the sizes, but {shape} becomes {Shape(self.shape[0], sizes)}"
                raise Fault(
                    "E303", message, "say `rf: all`, or leave `rf` out: the receptive field is then unknown"
                )
            return None
        return Stated(sizes, self.rf == "all")

    def out_channels(self, shape: Shape) -> Size:
        if self.shape:
            return self.shape[0]
        return shape.channels if self.out is None else self.out

    def params(self, shape: Shape, framework: Framework) -> Params:
        if self.learned:
            return Params(self.params_stated, buffers=self.buffers)
        return Params(buffers=total((self.params_stated, self.buffers)))

    def macs(self, shape: Shape, output: Shape) -> Size:
        return self.macs_stated

    def missing(self) -> str | None:
        stated = {"params": self.params_stated, "macs": self.macs_stated}
        absent = [name for name, value in stated.items() if value is None]
        return f"gives no {' and no '.join(f'`{name}`' for name in absent)}" if absent else None
