"""The base of all layers: an operation's declared arguments and the questions that the analysis asks of
it.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, ClassVar, Literal, NamedTuple

from cnncalc.errors import Fault
from cnncalc.frameworks.rules import Framework
from cnncalc.geometry.arrangement import Arrangement
from cnncalc.geometry.axis import IDENTITY, AxisRule
from cnncalc.geometry.receptive_field import AxisField
from cnncalc.geometry.shape import Shape, Size, product, total
from cnncalc.layers.catalogue import Catalogue
from cnncalc.layers.fields import Declared, Padding

OPERATIONS: Catalogue[Layer] = Catalogue(
    "cnncalc.layers",
    {
        "convolution": ("conv", "depthwise", "conv_transpose"),
        "pooling": ("maxpool", "avgpool", "lppool"),
        "binning": (
            "global_avgpool",
            "global_maxpool",
            "global_lppool",
            "adaptive_avgpool",
            "adaptive_maxpool",
            "roi_pool",
            "spp_level",
        ),
        "deformable": ("deform_conv",),
        "linear": ("flatten", "linear", "embedding"),
        "recurrent": ("lstm", "gru", "rnn"),
        "attention": ("eca", "attention"),
        "normalization": ("bn", "gn", "ln", "instance_norm", "lrn", "scale", "shift"),
        "activation": (
            "relu",
            "relu6",
            "leaky_relu",
            "prelu",
            "sigmoid",
            "tanh",
            "gelu",
            "silu",
            "elu",
            "selu",
            "mish",
            "hardswish",
            "hardsigmoid",
            "softmax",
            "identity",
            "dropout",
            "drop_path",
        ),
        "functions": (
            "square",
            "pow",
            "sqrt",
            "rsqrt",
            "exp",
            "log",
            "abs",
            "neg",
            "softplus",
            "softsign",
            "hardtanh",
            "celu",
            "logsigmoid",
            "tanhshrink",
        ),
        "channels": ("channel_shuffle", "slice", "channel_mean", "channel_max", "glu", "l2norm"),
        "layout": ("squeeze", "tokens", "to_map", "token"),
        "patches": ("unfold", "pixel_shuffle", "pixel_unshuffle"),
        "resampling": ("upsample", "upsample_to", "pad", "crop", "crop_to"),
        "join": ("concat", "add", "sub", "mul", "div", "max"),
        "custom": ("custom",),
    },
)
"""Every operation by the name it has in a spec, family by family in the order of the listing."""


OthersRead = Literal["size", "unit", "all"]


class Params(NamedTuple):
    """Stored numbers: learnable weights and biases, and buffers (running statistics); ``None`` is unknown."""

    weights: Size = 0
    biases: Size = 0
    buffers: Size = 0

    @property
    def learned(self) -> Size:
        """Weights and biases."""
        return total((self.weights, self.biases))

    def fixed(self) -> Params:
        """The same numbers where none of them is learned."""
        return Params(buffers=total(self))


NO_PARAMS = Params()


class Layer(Declared):
    """One operation with its arguments, immutable. The defaults below are those of an operation that changes
    nothing.
    """

    __slots__ = ("_hash",)
    _hash: int
    """Worked out once, for a layer is looked up wherever it is used."""

    is_join: ClassVar[bool] = False
    """Whether it makes one tensor of several."""
    flattens: ClassVar[bool] = False
    """Whether its output is a vector computed from all positions."""
    sees_all: ClassVar[bool] = False
    """Whether each output also depends on statistics over the whole map."""
    others_read: ClassVar[OthersRead] = "size"
    """What each output depends on in the inputs after the first: their size, the unit at its position, or
    all.
    """
    reads_units: ClassVar[bool] = False
    """Whether it reads the units of all of its inputs, not only of the first; follows from these two."""
    in_place: ClassVar[bool] = False
    """Whether each element of the output depends on the one at its place of an input, over which it can be
    written.
    """
    # What the effective receptive field asks, see cnncalc/questions/flow.py:
    mixes: ClassVar[bool] = False
    """Whether its outputs are sums over all it reads with learned weights of their own."""
    bounded: ClassVar[bool] = False
    """Whether its values lie between bounds and say how much of something passes, as gates do."""
    multiplies: ClassVar[bool] = False
    """Whether it makes products or quotients of its inputs."""
    # What advice asks, see cnncalc/advice:
    pools_all: ClassVar[bool] = False
    """Whether it makes one value per channel of all positions."""
    concatenates: ClassVar[bool] = False
    """Whether it puts the channels of its inputs one after another."""
    adds_biases: ClassVar[bool] = False
    """Whether its biases are one constant per output channel, which `bias: false` leaves out."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.reads_units = cls.is_join or cls.others_read == "unit"
        if "op" in vars(cls):
            OPERATIONS.add(cls)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        try:
            return self._hash
        except AttributeError:
            found = hash((type(self), *vars(self).values()))
            object.__setattr__(self, "_hash", found)
            return found

    def __getstate__(self) -> dict[str, Any]:
        """The arguments alone: in another process the hash is another one."""
        return vars(self)

    def beside(self, shapes: tuple[Shape, ...]) -> Layer:
        """The layer that knows the inputs behind the first, where its counts depend on them."""
        return self

    def aligned(self, fields: tuple[AxisField, ...], target: tuple[AxisField, ...]) -> Layer:
        """The layer that knows what its first two inputs see, where what it does depends on that."""
        return self

    def flattens_map(self, shape: Shape, framework: Framework) -> bool:
        """Whether it makes a vector of a map of that shape."""
        return self.flattens and shape.rank > 0

    def combine(self, shapes: tuple[Shape, ...]) -> Shape:
        """The one shape that the inputs make together; a plain layer has a single input and works on that."""
        return shapes[0]

    def axes(self, shapes: tuple[Shape, ...], framework: Framework) -> tuple[AxisRule, ...]:
        """What the operation does along each spatial axis of its first input."""
        return (IDENTITY,) * shapes[0].rank

    def arrangement(self, shape: Shape) -> Arrangement | None:
        """How the axes are rearranged; ``None`` where each stays and ``axes`` is the whole answer."""
        return None

    def out_channels(self, shape: Shape) -> Size:
        """The channels that come out where ``shape`` comes in."""
        return shape.channels

    def params(self, shape: Shape, framework: Framework) -> Params:
        """The numbers stored for an input of ``shape``."""
        return NO_PARAMS

    def macs(self, shape: Shape, output: Shape) -> Size:
        """Multiply-accumulates for one input, biases not counted; 0 for everything but convolutions and
        linear layers.
        """
        return 0

    def carried(self) -> int:
        """Numbers that it carries along a sequence from one position to the next."""
        return 0

    def missing(self) -> str | None:
        """The argument without which some number stays unknown, as a reason for the table."""
        return None

    def averages(self) -> bool:
        """Whether its outputs are means of what they read."""
        return False

    def passed(self, shapes: tuple[Shape, ...], bounded: tuple[bool, ...]) -> tuple[float, ...]:
        """What share of the gradient of its output each of its inputs gets; those are ``bounded`` that are
        gates.
        """
        return (1,) * len(shapes)

    def subtracts_means(self, shape: Shape) -> bool:
        """Whether it takes the mean of each channel out of its input, so that a constant per channel
        before it changes nothing.
        """
        return False

    def with_window(self, kernel: tuple[int, ...], padding: Padding) -> Layer | None:
        """The same operation with a smaller kernel, as one of a stack that replaces it; ``None`` where a
        stack does not do the same.
        """
        return None

    def reduction(self, channels: int, rank: int) -> Layer | None:
        """A 1x1 layer that could reduce the channels before it; ``None`` where it does not read all of them
        for each output.
        """
        return None

    def advice(self, shape: Shape) -> tuple[Fault, ...]:
        """What a reader should know of the layer at this input, as facts with a W code."""
        return ()


class Adapter:
    """A place in a network whose layers depend on the shapes that meet there, such as a projection
    shortcut.
    """

    def layers(
        self, source: Shape, target: Shape, steps: tuple[Fraction | None, ...]
    ) -> tuple[tuple[str, Layer], ...]:
        """The layers, with their labels, that turn ``source`` into the shape of ``target``; none where they
        agree.

        ``steps`` are the strides of ``target`` relative to ``source`` along each axis, ``None`` where
        unknown.
        """
        raise NotImplementedError


def require_map(shapes: tuple[Shape, ...], op: str) -> Shape:
    """The first shape, which must be a map.

    Raises:
        Fault: E306, where it is a vector.
    """
    if not shapes[0].rank:
        raise Fault("E306", f"{op} works on a map, its input is a vector of {shapes[0]}")
    return shapes[0]


def divided(number: Size, by: int, into: str, of: str = "channels") -> Size:
    """An exact quotient of a number ``of`` something, unknown where the number is; ``into`` names the parts,
    ``{}`` being ``by``.

    Raises:
        Fault: E302, where it is not whole.
    """
    if number is None:
        return None
    if number % by:
        raise Fault(
            "E302", f"{number} {of} cannot be divided into {into.format(by)}", _near_multiple(number, by)
        )
    return number // by


def _near_multiple(number: int, by: int) -> str:
    below = number // by * by
    near = [str(multiple) for multiple in (below, below + by) if multiple]
    return f"multiples of {by} near it: {', '.join(near)}"


__all__ = ["NO_PARAMS", "OPERATIONS", "Adapter", "Layer", "Params", "divided", "product", "require_map"]
