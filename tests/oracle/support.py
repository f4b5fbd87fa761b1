"""Which input positions each unit of each layer depends on, found by sending impulses through PyTorch.

Every operation is replaced by a positive linear one of the same geometry in float64 (weights of 1, no biases, averages for
maxima, the identity for activations and norms), over one channel. A batch of inputs, each 1 on one hyperplane of the axis
in question, then gives all columns of the Jacobian at once: where a response is positive, the gradient is not zero. Two more
batch entries find what is not input: one is 1 wherever an operation reads beyond the end of a map (the padding), one is 1
wherever an operation along the axis reads all of it (a global path, which is cut there).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.oracle.build import Builder, Network, per_axis, pool_stride
from tests.oracle.modules import F, Modules, Tensor, _mode, flat, inputs_of, is_point, nn, pads, torch
from tests.oracle.strategies import FUNCTIONS

Args = dict[str, Any]
Span = tuple[int, int]
JOINS = ("concat", "inception", "dense_block", "spp", "ppm", "add", "mul", "residual", "sub", "div", "max")
POINTWISE = (
    *FUNCTIONS,
    *("l2norm", "glu", "shift", "eca", "channel_mean", "channel_max"),
    *(
        "bn",
        "ln",
        "lrn",
        "scale",
        "prelu",
        "relu",
        "relu6",
        "leaky_relu",
        "sigmoid",
        "tanh",
        "gelu",
        "silu",
        "elu",
        "selu",
    ),
    *(
        "mish",
        "hardswish",
        "hardsigmoid",
        "softmax",
        "identity",
        "dropout",
        "channel_shuffle",
        "slice",
        "embedding",
    ),
)


class Seen(NamedTuple):
    """What one unit along an axis depends on."""

    span: Span | None
    """First and last input position; ``None`` for a unit that reads no input along a local path."""
    at_border: bool
    """Whether it also reads beyond the end of some map."""


class Support(NamedTuple):
    """What the units of one layer along one axis depend on."""

    op: str
    units: tuple[Seen, ...]
    """Empty for a vector."""
    is_global: bool


class Probed(NamedTuple):
    """A tensor and its responses, one for each axis of the input."""

    real: Tensor
    probes: tuple[Tensor, ...]


class Probes:
    """The backend that runs the real network, for its sizes, and the impulses through all of its layers."""

    def __init__(self, framework: str = "pytorch") -> None:
        self.real = Modules(framework)
        self.layers: list[tuple[str, tuple[Tensor, ...]]] = []

    @property
    def count(self) -> int:
        return self.real.count

    def shape(self, tensor: Probed) -> tuple[int, ...]:
        return self.real.shape(tensor.real)

    def apply(self, op: str, args: Args, tensors: list[Probed], tie: int | None) -> Probed:
        y = self.real.apply(op, args, [one.real for one in tensors], tie)
        args = {**args, "framework": self.real.framework}
        responses = []
        for axis in range(len(tensors[0].probes)):
            probe = Probe(axis, args, [one.real for one in tensors], y, tensors[0].probes[axis].shape[0])
            response = probe.respond(op, [one.probes[axis] for one in tensors]) > 1e-9
            assert response.shape[2:] == y.shape[2:], op
            responses.append(_along(response.double(), axis))
        self.layers.append((op, tuple(responses)))
        return Probed(y, tuple(responses))


def _along(response: Tensor, axis: int) -> Tensor:
    """The response along one axis, spread over the others: a field is one interval per axis, whatever the other axes read.

    Otherwise a row that lies in the padding, or in the holes of a transposed convolution, hid what its columns would read.
    """
    others = [dim for dim in range(2, response.dim()) if dim != 2 + axis]
    return response.amax(others, keepdim=True).expand_as(response).contiguous() if others else response


class Probe:
    """One layer's responses along one axis."""

    def __init__(self, axis: int, args: Args, inputs: list[Tensor], output: Tensor, batch: int) -> None:
        self.axis = axis
        self.batch = batch
        self.args = args
        self.sizes = tuple(inputs[0].shape[2:])
        self.out = tuple(output.shape[2:])
        self.rank = len(self.sizes)

    def respond(self, op: str, xs: list[Tensor]) -> Tensor:
        if op in JOINS:
            return self.join(xs)
        if op in POINTWISE or (op == "linear" and not self.rank):
            return xs[0]
        result: Tensor = getattr(self, op)(xs[0])
        return result

    def axes(self, name: str, default: Any) -> list[int]:
        return per_axis(self.args.get(name, default), self.rank)

    def everything(self) -> Tensor:
        """The response where the whole axis is read."""
        y = torch.zeros(self.batch, 1, *self.out, dtype=torch.double)
        y[-1] = 1
        return y

    def padded(self, x: Tensor, pairs: list[list[int]]) -> Tensor:
        """A map with borders, those of the axis in question marked; negative borders are cut off."""
        y = F.pad(x, flat(pairs))
        before, after = (max(0, number) for number in pairs[self.axis])
        marks = y[-2].select(0, 0).movedim(self.axis, 0)
        marks[:before] = 1
        marks[marks.shape[0] - after :] = 1
        return y

    def windows(
        self, x: Tensor, kernel: list[int], stride: list[int], dilation: list[int], before: list[int]
    ) -> Tensor:
        """The sum over each window, as many windows as PyTorch gave."""
        pairs = []
        for k, s, d, p, size, out in zip(kernel, stride, dilation, before, self.sizes, self.out, strict=True):
            pairs.append([p, (out - 1) * s + d * (k - 1) + 1 - size - p])
        ones = torch.ones(1, 1, *kernel, dtype=torch.double)
        return getattr(F, f"conv{self.rank}d")(self.padded(x, pairs), ones, stride=stride, dilation=dilation)

    def conv(self, x: Tensor) -> Tensor:
        kernel, dilation = self.axes("kernel", 1), self.axes("dilation", 1)
        if self.args.get("padding") == "same":
            before = [d * (k - 1) // 2 for k, d in zip(kernel, dilation, strict=True)]
        else:
            before = [pair[0] for pair in pads(self.args.get("padding", 0), kernel)]
        return self.windows(x, kernel, self.axes("stride", 1), dilation, before)

    depthwise = unfold = conv

    def deform_conv(self, x: Tensor) -> Tensor:
        """The taps at offsets of zero; and everything, as offsets may point anywhere."""
        return torch.maximum(self.conv(x), self.everything())

    def maxpool(self, x: Tensor) -> Tensor:
        kernel = self.axes("kernel", 1)
        stride = pool_stride(self.args, self.rank, self.args["framework"])
        before = [pair[0] for pair in pads(self.args.get("padding", 0), kernel)]
        return self.windows(x, kernel, stride, self.axes("dilation", 1), before)

    avgpool = lppool = maxpool

    def conv_transpose(self, x: Tensor) -> Tensor:
        """Over the map with enough marked border that no output reads beyond it, the outputs of which are cut off."""
        kernel, stride, dilation = self.axes("kernel", 1), self.axes("stride", 1), self.axes("dilation", 1)
        pairs = pads(self.args.get("padding", 0), kernel)
        margin = max(d * k + s for k, s, d in zip(kernel, stride, dilation, strict=True))
        ones = torch.ones(1, 1, *kernel, dtype=torch.double)
        wide = self.padded(x, [[margin, margin]] * self.rank)
        y = getattr(F, f"conv_transpose{self.rank}d")(wide, ones, stride=stride, dilation=dilation)
        for axis, (s, pair, out) in enumerate(zip(stride, pairs, self.out, strict=True)):
            y = y.narrow(2 + axis, margin * s + pair[0], out)
        return y

    def adaptive_avgpool(self, x: Tensor) -> Tensor:
        if self.out[self.axis] == 1:
            return self.everything()
        return getattr(F, f"adaptive_avg_pool{self.rank}d")(x, self.out)

    adaptive_maxpool = roi_pool = global_avgpool = global_maxpool = adaptive_avgpool

    def spp_level(self, x: Tensor) -> Tensor:
        bins = self.args["bins"]
        if bins == 1:
            return self.everything()
        if self.args.get("mode", "paper") == "adaptive":
            return self.adaptive_avgpool(x)
        stride = [size // bins for size in self.sizes]
        if self.args.get("mode", "paper") == "exact":
            kernel = [size - (bins - 1) * step for size, step in zip(self.sizes, stride, strict=True)]
        else:
            kernel = [-(-size // bins) for size in self.sizes]
        return self.windows(x, kernel, stride, [1] * self.rank, [0] * self.rank)

    def flatten(self, x: Tensor) -> Tensor:
        return self.everything() if self.rank else x

    linear = flatten

    def instance_norm(self, x: Tensor) -> Tensor:
        return torch.maximum(x, self.everything()) if self.rank else x

    gn = instance_norm

    def attention(self, x: Tensor) -> Tensor:
        """Each position attends to all of them, or to those of its block; a block at an end may lie beyond it."""
        if "window" not in self.args:
            return self.everything()
        size, by = self.sizes[self.axis], self.axes("window", 1)[self.axis]
        shift = self.axes("shift", 0)[self.axis] if by < size else 0
        y = torch.zeros_like(x)
        for unit in range(size):
            first = (unit - shift) // by * by + shift
            last = first + by
            inside = x.narrow(2 + self.axis, max(first, 0), min(last, size) - max(first, 0))
            y.select(2 + self.axis, unit).copy_(inside.amax(2 + self.axis))
            if first < 0 or last > size:
                y[-2].select(1 + self.axis, unit)[:] = 1
        return y

    def lstm(self, x: Tensor) -> Tensor:
        """What was read up to each step; or all of it, from both ends."""
        return self.everything() if self.args.get("bidirectional") else x.cummax(2).values

    gru = rnn = lstm

    def pad(self, x: Tensor) -> Tensor:
        return self.padded(x, pads(self.args["margins"], [1] * self.rank))

    def crop(self, x: Tensor) -> Tensor:
        return self.padded(
            x, [[-before, -after] for before, after in pads(self.args["margins"], [1] * self.rank)]
        )

    def crop_to(self, x: Tensor) -> Tensor:
        for axis, (size, out) in enumerate(zip(self.sizes, self.out, strict=True), 2):
            x = x.narrow(axis, (size - out) // 2, out)
        return x

    def upsample(self, x: Tensor) -> Tensor:
        if "size" in self.args or self.args.get("align_corners"):
            return self.upsample_to(x)
        given = self.args["factor"]
        if not isinstance(given, list) and float(given) != int(float(given)):
            return self.scaled(x, float(given))
        factor = self.axes("factor", 1)
        wide = self.padded(x, [[1, 1]] * self.rank)
        y = F.interpolate(wide, scale_factor=tuple(map(float, factor)), mode=_mode(self.args, self.rank))
        for axis, (f, out) in enumerate(zip(factor, self.out, strict=True), 2):
            y = y.narrow(axis, f, out)
        return y

    def scaled(self, x: Tensor, factor: float) -> Tensor:
        """By a factor that is no whole number: interpolation steps by its inverse, and is cut off at the end."""
        mode = _mode(self.args, self.rank)
        y = F.interpolate(x, scale_factor=factor, mode=mode)
        if mode != "nearest":
            for unit in range(self.out[self.axis]):
                centre = (unit + 0.5) / factor - 0.5
                if not 0 <= centre <= self.sizes[self.axis] - 1:
                    y[-2].select(1 + self.axis, unit)[:] = 1
        return y

    def upsample_to(self, x: Tensor) -> Tensor:
        """Linear interpolation reads beyond the ends where a unit's centre lies beyond those of the outermost positions."""
        mode = _mode(self.args, self.rank)
        if self.args.get("align_corners"):
            return F.interpolate(x, size=self.out, mode=mode, align_corners=True)
        y = F.interpolate(x, size=self.out, mode=mode)
        if mode != "nearest":
            size, out = self.sizes[self.axis], self.out[self.axis]
            for unit in range(out):
                doubled = (2 * unit + 1) * size - out
                if doubled < 0 or doubled > 2 * out * (size - 1):
                    y[-2].select(1 + self.axis, unit)[:] = 1
        return y

    def pixel_shuffle(self, x: Tensor) -> Tensor:
        factor = self.args["factor"]
        if self.rank == 2:
            return nn.functional.pixel_shuffle(x.expand(-1, factor**2, -1, -1), factor)
        return F.interpolate(x, scale_factor=float(factor), mode="nearest")

    def pixel_unshuffle(self, x: Tensor) -> Tensor:
        factor = self.args["factor"]
        if self.rank == 2:
            return nn.functional.pixel_unshuffle(x, factor).amax(1, keepdim=True)
        return getattr(F, f"max_pool{self.rank}d")(x, factor)

    def join(self, xs: list[Tensor]) -> Tensor:
        """The sum of the branches; one that is a point spread over a map counts as a global path."""
        self.out = max((tuple(x.shape[2:]) for x in xs), key=lambda sizes: (len(sizes), sum(sizes)))
        total = torch.zeros(xs[0].shape[0], 1, *self.out, dtype=torch.double)
        for x in xs:
            total += self.everything() if is_point(x) and tuple(x.shape[2:]) != self.out else x
        return total


def supports(network: Network) -> list[tuple[Support, ...]]:
    """For each layer what its units depend on, one entry for each axis of the (single) input.

    Raises:
        Refusal: where PyTorch does not accept a layer.
    """
    backend = Probes(network.framework)
    ((name, real),) = inputs_of(network).items()
    probes = tuple(_impulses(real, axis) for axis in range(real.dim() - 2))
    Builder(network, backend).run({name: Probed(real, probes)})
    return [
        tuple(_read(op, axis, response) for axis, response in enumerate(responses))
        for op, responses in backend.layers
    ]


def _impulses(real: Tensor, axis: int) -> Tensor:
    sizes = tuple(real.shape[2:])
    x = torch.zeros(sizes[axis] + 2, 1, *sizes, dtype=torch.double)
    for position in range(sizes[axis]):
        x[position].select(1 + axis, position)[:] = 1
    return x


def _read(op: str, axis: int, response: Tensor) -> Support:
    """Responses to spans: what any of the units at one place of the axis depends on."""
    is_global = bool(response[-1].any())
    if response.dim() == 2:
        assert not response[:-2].any()
        return Support(op, (), is_global)
    lines = response.amax([dim for dim in range(1, response.dim()) if dim != 2 + axis]).bool()
    reads, borders = lines[:-2].numpy(), lines[-2].tolist()
    some, firsts, behind = (
        found.tolist() for found in (reads.any(0), reads.argmax(0), reads[::-1].argmax(0))
    )
    spans = [
        (first, len(reads) - 1 - after) if any_of_them else None
        for any_of_them, first, after in zip(some, firsts, behind, strict=True)
    ]
    return Support(op, tuple(map(Seen, spans, borders)), is_global)
