"""Element-wise functions beyond the usual activations: powers, roots, exp, log and their kind."""

from __future__ import annotations

from cnncalc.errors import Fault
from cnncalc.layers.activation import Activation
from cnncalc.layers.fields import number


class Square(Activation):
    """x * x."""

    op = "square"
    example = "square"


class Pow(Activation):
    """x to the power of an exponent.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.pow.html
    """

    op = "pow"
    foreign = ("power",)
    example = "pow: 2"
    exponent = number(2.0, "the power to which x is raised", primary=True, foreign=("power", "n"))


class Sqrt(Activation):
    """The square root of x."""

    op = "sqrt"
    foreign = ("square_root",)
    example = "sqrt"


class Rsqrt(Activation):
    """1 / sqrt(x)."""

    op = "rsqrt"
    example = "rsqrt"


class Exp(Activation):
    """e to the power of x."""

    op = "exp"
    foreign = ("exponential",)
    example = "exp"


class Log(Activation):
    """The natural logarithm of x."""

    op = "log"
    foreign = ("ln_of", "logarithm")
    example = "log"


class Abs(Activation):
    """x without its sign."""

    op = "abs"
    foreign = ("absolute", "absval", "absolute_value")
    example = "abs"


class Neg(Activation):
    """-x."""

    op = "neg"
    foreign = ("negative", "negate")
    example = "neg"


class Softplus(Activation):
    """log(1 + exp(x)).

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Softplus.html
    """

    op = "softplus"
    foreign = ("soft_plus",)
    example = "softplus"


class Softsign(Activation):
    """x / (1 + abs(x)).

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Softsign.html
    """

    op = "softsign"
    foreign = ("soft_sign",)
    example = "softsign"


class HardTanh(Activation):
    """x cut to the range ``low`` to ``high``.

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Hardtanh.html
    """

    op = "hardtanh"
    foreign = ("hard_tanh", "clip", "clamp")
    example = "hardtanh: {low: -1, high: 1}"
    low = number(-1.0, "the smallest value", foreign=("min_val", "min", "min_value"))
    high = number(1.0, "the largest value", foreign=("max_val", "max", "max_value"))

    def check(self) -> None:
        if self.low >= self.high:
            message = f"a range from {self.low:g} to {self.high:g} is empty"
            raise Fault("E109", message, "give a `low` below `high`")


class CELU(Activation):
    """max(0, x) + min(0, alpha*(exp(x/alpha)-1)).

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.CELU.html
    """

    op = "celu"
    example = "celu"
    alpha = number(1.0, "limit below 0", primary=True)

    def check(self) -> None:
        if not self.alpha:
            raise Fault(
                "E109",
                "an alpha of 0 divides by zero",
                "give another `alpha`, the limit below 0; the default is 1",
            )


class LogSigmoid(Activation):
    """log(1 / (1 + exp(-x))).

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.LogSigmoid.html
    """

    op = "logsigmoid"
    foreign = ("log_sigmoid",)
    example = "logsigmoid"


class TanhShrink(Activation):
    """x - tanh(x).

    Source: https://docs.pytorch.org/docs/stable/generated/torch.nn.Tanhshrink.html
    """

    op = "tanhshrink"
    foreign = ("tanh_shrink",)
    example = "tanhshrink"
