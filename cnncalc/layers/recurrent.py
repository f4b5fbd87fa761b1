"""Recurrent layers over a sequence: lstm, gru, rnn."""

from __future__ import annotations

from typing import ClassVar

from cnncalc.errors import Fault
from cnncalc.frameworks.rules import Framework
from cnncalc.geometry.arrangement import Arrangement, Stated
from cnncalc.geometry.axis import AxisRule
from cnncalc.geometry.resample import Everywhere, UpToHere
from cnncalc.geometry.shape import Shape, Size, product
from cnncalc.layers.base import Layer, Params
from cnncalc.layers.fields import flag, integer_or, required_integer


class Recurrent(Layer):
    """A state carried along a sequence; each step has ``gates`` products of the input and of the state."""

    gates: ClassVar[int]
    states: ClassVar[int] = 1
    """Vectors of its width that it carries along."""
    hidden = required_integer(
        "channels of the state", primary=True, foreign=("hidden_size", "units", "num_output", "out")
    )
    layers = integer_or(1, "layers one behind the other", foreign=("num_layers", "depth"))
    bidirectional = flag(
        False, "also from the end to the beginning, with weights of its own", foreign=("bi",)
    )
    sequence = flag(
        True, "a state for every step; otherwise the last one as a vector", foreign=("return_sequences",)
    )

    def combine(self, shapes: tuple[Shape, ...]) -> Shape:
        shape = shapes[0]
        if shape.rank != 1:
            help = "`tokens` or `squeeze` makes one axis of several" if shape.rank else "it belongs before it"
            raise Fault("E306", f"{self.op} works on a sequence of one axis, its input is {shape}", help)
        return shape

    def axes(self, shapes: tuple[Shape, ...], framework: Framework) -> tuple[AxisRule, ...]:
        framework.biases_of(self.op)
        framework.check(self.op, bidirectional=self.bidirectional)
        return (Everywhere() if self.bidirectional else UpToHere(),)

    def arrangement(self, shape: Shape) -> Arrangement | None:
        return None if self.sequence else Stated((), True)

    def carried(self) -> int:
        return self.layers * self.states * self._out

    @property
    def _out(self) -> int:
        return self.hidden * (2 if self.bidirectional else 1)

    def out_channels(self, shape: Shape) -> Size:
        return self._out

    def _weights(self, channels: Size) -> Size:
        """Of all layers and directions."""
        if channels is None:
            return None
        widths = [channels, *(self._out,) * (self.layers - 1)]
        directions = 2 if self.bidirectional else 1
        return sum(directions * self.gates * self.hidden * (width + self.hidden) for width in widths)

    def params(self, shape: Shape, framework: Framework) -> Params:
        each = framework.biases_of(self.op) * self.gates * self._out
        return Params(self._weights(shape.channels), self.layers * each)

    def macs(self, shape: Shape, output: Shape) -> Size:
        return product((self._weights(shape.channels), shape.sizes[0]))


class LSTM(Recurrent):
    """Long short-term memory: three gates and a cell.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html
    """

    op = "lstm"
    foreign = ("blstm", "bilstm", "cudnnlstm")
    example = "lstm: {hidden: 256, bidirectional: true}"
    gates = 4
    states = 2


class GRU(Recurrent):
    """Gated recurrent units: two gates and a candidate.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.GRU.html;
    https://keras.io/api/layers/recurrent_layers/gru/ (``reset_after=True``)
    """

    op = "gru"
    foreign = ("bigru", "cudnngru")
    example = "gru: 256"
    gates = 3


class RNN(Recurrent):
    """The plain recurrence: the tanh of what comes in and of the state before.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.RNN.html
    """

    op = "rnn"
    foreign = ("simplernn", "simple_rnn", "elman")
    example = "rnn: 64"
    gates = 1
