"""Element-wise activations, softmax, identity, and what drops values in training."""

from __future__ import annotations

from cnncalc.errors import Fault
from cnncalc.frameworks.rules import Framework
from cnncalc.geometry.shape import Shape
from cnncalc.layers.base import Layer, Params
from cnncalc.layers.fields import flag, number


class Activation(Layer):
    """A function of each element by itself (softmax: of each position's channels): same shape, nothing
    learned.
    """

    in_place = True


class ReLU(Activation):
    """max(x, 0)."""

    op = "relu"
    foreign = ("rectifier", "rectlin")
    example = "relu"


class ReLU6(Activation):
    """min(max(x, 0), 6)."""

    op = "relu6"
    example = "relu6"


class LeakyReLU(Activation):
    """x, or slope*x below 0."""

    op = "leaky_relu"
    foreign = ("leakyrelu", "leaky", "lrelu")
    example = "leaky_relu: 0.1"
    slope = number(0.01, "factor below 0", primary=True, foreign=("negative_slope", "alpha"))


class PReLU(Activation):
    """x, or a learned slope times x below 0: one slope, or one per channel.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.PReLU.html
    """

    op = "prelu"
    foreign = ("parametric_relu",)
    example = "prelu: {per_channel: true}"
    per_channel = flag(False, "one slope per channel instead of a single one")

    def params(self, shape: Shape, framework: Framework) -> Params:
        return Params(shape.channels if self.per_channel else 1)


class Sigmoid(Activation):
    """1 / (1 + exp(-x))."""

    bounded = True
    op = "sigmoid"
    foreign = ("logistic",)
    example = "sigmoid"


class Tanh(Activation):
    """Hyperbolic tangent."""

    op = "tanh"
    example = "tanh"


class GELU(Activation):
    """x times the normal distribution function."""

    op = "gelu"
    example = "gelu"


class SiLU(Activation):
    """x * sigmoid(x)."""

    op = "silu"
    foreign = ("swish",)
    example = "silu"


class ELU(Activation):
    """x, or alpha*(exp(x)-1) below 0."""

    op = "elu"
    example = "elu"
    alpha = number(1.0, "limit below 0", primary=True)


class SELU(Activation):
    """The self-normalizing ELU."""

    op = "selu"
    example = "selu"


class Mish(Activation):
    """x * tanh(softplus(x))."""

    op = "mish"
    example = "mish"


class HardSwish(Activation):
    """x * relu6(x+3) / 6."""

    op = "hardswish"
    foreign = ("hard_swish", "hswish", "h_swish")
    example = "hardswish"


class HardSigmoid(Activation):
    """relu6(x+3) / 6."""

    bounded = True
    op = "hardsigmoid"
    foreign = ("hard_sigmoid", "hsigmoid", "h_sigmoid")
    example = "hardsigmoid"


class Softmax(Activation):
    """exp(x), normalized over the channels."""

    bounded = True
    op = "softmax"
    in_place = False
    foreign = ("log_softmax", "logsoftmax")
    example = "softmax"


class Identity(Activation):
    """The input unchanged."""

    op = "identity"
    foreign = ("noop", "linear_activation", "passthrough", "skip")
    example = "identity"


class _Dropping(Layer):
    """Drops a share of something in training; nothing in inference."""

    in_place = True
    rate: float

    def check(self) -> None:
        if not 0 <= self.rate <= 1:
            raise Fault(
                "E109",
                f"the rate {self.rate:g} is outside 0 .. 1",
                "give the share of elements to drop, for instance 0.5",
            )


class Dropout(_Dropping):
    """Zeroes a share of the elements in training; nothing in inference."""

    op = "dropout"
    foreign = ("drop", "dropout2d", "spatialdropout")
    example = "dropout: 0.5"
    rate = number(
        0.5, "share of elements dropped in training", primary=True, foreign=("p", "dropout_ratio", "prob")
    )


class DropPath(_Dropping):
    """Zeroes the whole tensor of a share of the examples in training (stochastic depth); nothing in
    inference.

    Source: Huang et al. 2016, Deep Networks with Stochastic Depth, section 3
    """

    op = "drop_path"
    foreign = ("droppath", "stochastic_depth", "stochasticdepth")
    example = "drop_path: 0.1"
    rate = number(
        0.1, "share of examples dropped in training", primary=True, foreign=("p", "drop_prob", "prob")
    )
