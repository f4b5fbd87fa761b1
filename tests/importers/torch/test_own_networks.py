"""Networks as people write them, held to PyTorch run on numbers: parameters, multiply-accumulates, outputs, at
the size recorded and at another one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import yaml

torch = pytest.importorskip("torch")

import torch.nn.functional as F  # noqa: E402, N812
from torch import nn  # noqa: E402
from torch.nn.utils import parametrizations  # noqa: E402
from torch.overrides import TorchFunctionMode  # noqa: E402

import cnncalc  # noqa: E402
from cnncalc.analysis.report import Report  # noqa: E402
from cnncalc.importers.items import Network, Refused  # noqa: E402
from cnncalc.importers.torch import network_from  # noqa: E402
from cnncalc.importers.translating import translated  # noqa: E402
from tests.rotation import todays  # noqa: E402

pytestmark = pytest.mark.slow
Shape = tuple[int, ...]
Forward = Callable[..., Any]


class Net(nn.Module):  # type: ignore[misc]
    """Layers and a function of them and the inputs."""

    def __init__(self, function: Forward, **layers: Any) -> None:
        super().__init__()
        self.function = function
        for name, layer in layers.items():
            if isinstance(layer, list):
                layer = nn.ModuleList(layer)
            setattr(self, name, layer)


class One(Net):
    def forward(self, x: Any) -> Any:
        return self.function(self, x)


class Two(Net):
    def forward(self, x: Any, y: Any) -> Any:
        return self.function(self, x, y)


class Counter(TorchFunctionMode):  # type: ignore[misc]
    """Multiply-accumulates by the shapes of weights and results, whatever module they belong to."""

    def __init__(self) -> None:
        super().__init__()
        self.macs = 0

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = function(*args, **(kwargs or {}))
        name = getattr(function, "__name__", "")
        if name in ("conv1d", "conv2d", "conv3d"):
            self.macs += result.numel() * args[1][0].numel()
        elif name.startswith("conv_transpose"):
            self.macs += args[0].numel() * args[1][0].numel()
        elif name == "linear":
            self.macs += result.numel() * args[1].shape[1]
        elif name in ("lstm", "gru", "rnn_tanh"):
            steps = args[0].numel() // args[0].shape[-1]
            self.macs += steps * sum(one.numel() for one in args[2] if one.dim() == 2)
        elif name.endswith("_cell"):
            self.macs += args[2].numel() + args[3].numel()
        elif name in ("bmm", "matmul"):
            self.macs += result.numel() * args[0].shape[-1]
        return result


def run(module: Any, shapes: Sequence[Shape], whole: bool) -> tuple[int, list[int]]:
    """The multiply-accumulates of a pass and the elements of each output."""
    inputs = [torch.rand(1, *shape) for shape in shapes]
    with torch.no_grad(), Counter() as counter:
        made = module(*(one.long() if whole else one for one in inputs))
    outputs = made if isinstance(made, tuple | list) else [made]
    return counter.macs, sorted(one.numel() for one in outputs)


def report_of(text: str, sizes: dict[str, list[int]] | None = None) -> Report:
    """The analysis of a spec, at other sizes without its expectations."""
    if sizes is not None:
        spec = yaml.safe_load(text)
        del spec["expect"]
        spec["input"] = sizes if len(sizes) > 1 else next(iter(sizes.values()))
        text = yaml.safe_dump(spec, sort_keys=False)
    (model,) = cnncalc.loads(text)
    return cnncalc.analyze(model)


def elements(report: Report) -> list[int]:
    return sorted(one.shape.elements() or 0 for one in report.outputs)


def laid(network: Network, before: Sequence[Shape], after: Sequence[Shape]) -> dict[str, list[int]]:
    """Other sizes of the inputs in the order of axes that the spec has; all sizes of an input differ."""
    found = {}
    for (name, shape), one, other in zip(network.inputs, before, after, strict=False):
        sizes = {1: 1, **dict(zip(one, other, strict=True))}
        found[name] = [sizes[size or 0] for size in shape.axes]
    return found


def held(module: Any, *shapes: Shape, other: Sequence[Shape] = (), whole: bool = False) -> Network:
    """The network of a module, after it was held to PyTorch."""
    module.eval()
    network = network_from(module, shapes)
    text = translated(network).text
    report = report_of(text)
    macs, sizes = run(module, shapes, whole)
    assert report.totals.params == sum(one.numel() for one in module.parameters())
    assert (report.totals.macs, elements(report)) == (macs, sizes)
    if other:
        macs, sizes = run(module, other, whole)
        report = report_of(text, laid(network, shapes, other))
        assert (report.totals.macs, elements(report)) == (macs, sizes)
    return network


def words(network: Network) -> list[str]:
    return [one.op for one in network.items]


def refused(module: Any, *shapes: Shape) -> list[str]:
    with pytest.raises(Refused) as found:
        network_from(module.eval(), shapes)
    return [f"{one.operator}: {one.reason}" for one in found.value.problems]


def some(argument: str, cases: dict[str, Any]) -> pytest.MarkDecorator:
    """Today's share of some cases, with their names."""
    names = todays(list(cases))
    return pytest.mark.parametrize(argument, [cases[name] for name in names], ids=names)


# sequences, whose features are behind the steps


RECURRENT: dict[str, Forward] = {
    "the last step": lambda s, x: s.f(s.r(x)[0][:, -1]),
    "the last step as a range": lambda s, x: s.f(s.r(x)[0][:, -1:, :].squeeze(1)),
    "every step": lambda s, x: s.f(s.r(x)[0]),
    "the mean of the steps": lambda s, x: s.f(s.r(x)[0].mean(1)),
    "the largest of the steps": lambda s, x: s.f(s.r(x)[0].max(dim=1)[0]),
    "attention over the steps": lambda s, x: s.f((torch.softmax(s.a(y := s.r(x)[0]), dim=1) * y).sum(1)),
}


@some("forward", RECURRENT)
def test_a_sequence_and_what_is_taken_of_its_steps(forward: Forward) -> None:
    both = todays([False, True], 2)[0]
    width = 12 if both else 6
    rnn = nn.LSTM(5, 6, num_layers=2, batch_first=True, bidirectional=both)
    module = One(forward, r=rnn, f=nn.Linear(width, 3), a=nn.Linear(width, 1))
    if "s.a" not in forward.__code__.co_names and "softmax" not in forward.__code__.co_names:
        del module.a
    network = held(module, (6, 5), other=[(9, 5)])
    assert network.inputs == (("input", cnncalc.geometry.shape.Shape(5, (6,))),)
    assert "the input of 6x5 is written channels first, as 5x6" in network.remarks


def test_the_last_step_is_the_last_one_at_every_length() -> None:
    for forward in (RECURRENT["the last step"], RECURRENT["the last step as a range"]):
        module = One(forward, r=nn.GRU(5, 6, batch_first=True), f=nn.Linear(6, 3))
        assert [one.arguments["place"] for one in held(module, (6, 5)).items if one.op == "token"] == [-1]
    module = One(lambda s, x: s.f(s.r(x)[0][:, 3]), r=nn.GRU(5, 6, batch_first=True), f=nn.Linear(6, 3))
    assert [one.arguments["place"] for one in held(module, (6, 5)).items if one.op == "token"] == [3]
    module.function = lambda s, x: s.f(s.r(x)[0][:, -2])
    network = held(module, (6, 5))
    assert "the network: a position counted from the end is kept as the position 4" in network.remarks


STATES: dict[str, Forward] = {
    "of the last layer": lambda s, x: s.f(s.r(x)[1][-1]),
    "of both directions": lambda s, x: s.f(torch.cat((s.r(x)[1][-2], s.r(x)[1][-1]), 1)),
    "of the first layer": lambda s, x: (lambda h: s.f(h[0]) + s.f(h[-1]))(s.r(x)[1]),
    "with all steps": lambda s, x: (lambda y, h: (s.g(y), s.f(h[-1])))(*s.r(x)),
    "of all layers": lambda s, x: s.r(x),
}


@some("forward", STATES)
def test_last_states(forward: Forward) -> None:
    both = todays([False, True], 2)[0]
    together = forward is STATES["of both directions"]
    rnn = nn.GRU(5, 6, num_layers=2, batch_first=True, bidirectional=both)
    module = One(forward, r=rnn, f=nn.Linear(12 if together else 6, 3), g=nn.Linear(12 if both else 6, 2))
    if together:  # the module is run twice, so let one pass be shared
        module.function = lambda s, x: (lambda h: s.f(torch.cat((h[-2], h[-1]), 1)))(s.r(x)[1])
    names = {"of all layers": ("f", "g"), "with all steps": ()}
    key = next(key for key, one in STATES.items() if one is forward)
    for name in names.get(key, ("g",)):
        delattr(module, name)
    held(module, (6, 5), other=[(9, 5)])


def test_a_loop_over_cells_is_a_layer() -> None:
    def last(self: Any, x: Any) -> Any:
        state = torch.zeros(x.size(0), 6)
        for step in range(x.size(1)):
            state = self.r(x[:, step], state)
        return self.f(state)

    def every(self: Any, x: Any) -> Any:
        state, cell, made = torch.zeros(x.size(0), 6), torch.zeros(x.size(0), 6), []
        for step in x.unbind(1):
            state, cell = self.r(step, (state, cell))
            made.append(state)
        return self.f(torch.stack(made, 1))

    for cell, forward in ((nn.GRUCell(5, 6), last), (nn.RNNCell(5, 6), last), (nn.LSTMCell(5, 6), every)):
        network = held(One(forward, r=cell, f=nn.Linear(6, 3)), (6, 5), other=[(9, 5)])
        assert words(network)[0] in ("gru", "lstm", "rnn")


def test_a_single_step_of_a_cell_is_its_gates() -> None:
    held(Two(lambda s, x, h: s.r(x, h), r=nn.GRUCell(5, 6)), (5,), (6,))
    held(Two(lambda s, x, h: s.r(x, h), r=nn.RNNCell(5, 6)), (5,), (6,))
    held(Two(lambda s, x, h: s.r(x, (h, h)), r=nn.LSTMCell(5, 6)), (5,), (6,))


def test_what_a_recurrent_layer_has_that_the_language_lacks() -> None:
    for rnn, reason in (
        (nn.GRU(5, 6, batch_first=True, bias=False), "gru: it has no biases"),
        (nn.LSTM(5, 6, batch_first=True, proj_size=3), "lstm: it has projections"),
    ):
        (found,) = refused(One(lambda s, x: s.r(x)[0], r=rnn), (6, 5))
        assert found.startswith(reason)
    module = One(lambda s, x: s.r(x)[1][0], r=nn.GRU(5, 6, num_layers=2, batch_first=True))
    assert refused(module, (6, 5)) == ["gru: nothing reads what its layers from layer 1 on make"]


@pytest.mark.parametrize(
    ("forward", "layers", "shape", "other"),
    [
        (lambda s, x: s.c(x.unsqueeze(1)), {"c": nn.Conv2d(1, 4, (7, 3))}, (7, 20), (7, 31)),
        (lambda s, x: s.c(x.transpose(1, 2)), {"c": nn.Conv1d(7, 4, 3)}, (20, 7), (31, 7)),
        (lambda s, x: s.c(x.permute(0, 3, 1, 2)), {"c": nn.Conv2d(3, 4, 3)}, (9, 11, 3), (12, 15, 3)),
        (lambda s, x: s.c(F.layer_norm(x, [7])), {"c": nn.Linear(7, 4)}, (20, 7), (31, 7)),
        (lambda s, x: s.c(x / 255), {"c": nn.Conv1d(7, 4, 3)}, (7, 20), (7, 31)),
    ],
)
def test_an_input_lies_as_its_first_layer_reads_it(
    forward: Forward, layers: dict[str, Any], shape: Shape, other: Shape
) -> None:
    held(One(forward, **layers), shape, other=[other])


def test_frames_read_one_by_one() -> None:
    def forward(self: Any, x: Any) -> Any:
        return self.f(sum(self.c(x[:, frame]) for frame in range(x.size(1))))

    held(One(forward, c=nn.Conv2d(3, 6, 3), f=nn.Conv2d(6, 2, 1)), (4, 3, 9, 11))

    def carried(self: Any, x: Any) -> Any:
        state = torch.zeros(x.size(0), 6, *x.shape[3:])
        for frame in range(x.size(1)):
            state = self.c(torch.cat([x[:, frame], state], 1)).tanh()
        return state

    network = held(One(carried, c=nn.Conv2d(9, 6, 3, padding=1)), (4, 3, 9, 11))
    assert [str(shape) for _, shape in network.inputs] == ["3x4x9x11", "6x9x11"]


# words


def test_text_networks() -> None:
    """The kernels of a text network cover whole vectors, which are channels here."""

    def forward(self: Any, x: Any) -> Any:
        maps = [F.relu(one(self.e(x).unsqueeze(1))).squeeze(3) for one in self.c]
        return self.f(torch.cat([F.max_pool1d(one, one.size(2)).squeeze(2) for one in maps], 1))

    kernels = [nn.Conv2d(1, 6, (size, 8)) for size in (3, 4, 5)]
    module = One(forward, e=nn.Embedding(50, 8), c=kernels, f=nn.Linear(18, 2))
    network = network_from(module.eval(), [(20,)])
    report = report_of(translated(network).text)
    assert report.totals.params == sum(one.numel() for one in module.parameters())
    assert (report.totals.macs, elements(report)) == run(module, [(20,)], whole=True)
    assert "conv" in words(network)
    line = One(
        lambda s, x: s.f(s.r(s.e(x))[0][:, -1]), e=nn.Embedding(50, 8), r=nn.GRU(8, 6, batch_first=True)
    )
    line.f = nn.Linear(6, 3)
    held(line, (20,), other=[(31,)], whole=True)


# axes folded, and put in anew


FOLDED: dict[str, Forward] = {
    "channels before rows": lambda x: x.permute(0, 3, 1, 2).flatten(2),
    "rows before channels": lambda x: x.permute(0, 3, 2, 1).flatten(2),
    "by a view": lambda x: x.view(x.size(0), -1, x.size(3)).transpose(1, 2),
}


@some("fold", FOLDED)
def test_rows_of_a_map_become_channels(fold: Forward) -> None:
    for layer in (nn.LSTM(6 * 4, 5, batch_first=True), nn.Linear(6 * 4, 5)):

        def forward(self: Any, x: Any) -> Any:
            found = self.r(fold(self.c(x)))
            return found[0] if isinstance(found, tuple) else found

        network = held(One(forward, c=nn.Conv2d(1, 6, 2, 2), r=layer), (1, 8, 30), other=[(1, 8, 44)])
        assert words(network)[:3] == ["conv", "unfold", "squeeze"]


def test_a_vector_becomes_a_map() -> None:
    up = [nn.BatchNorm2d(8), nn.Upsample(scale_factor=2), nn.Conv2d(8, 3, 3, padding=1)]
    held(One(lambda s, z: s.u(s.l(z).view(-1, 8, 4, 6)), l=nn.Linear(10, 192), u=nn.Sequential(*up)), (10,))
    up = [nn.ConvTranspose2d(10, 8, 4), nn.ReLU(), nn.ConvTranspose2d(8, 3, 4, 2, 1)]
    held(One(lambda s, z: s.u(z.view(-1, 10, 1, 1)), u=nn.Sequential(*up)), (10,))


def test_a_variational_autoencoder() -> None:
    def forward(self: Any, x: Any) -> Any:
        found = self.e(x).flatten(1)
        mean, log = self.m(found), self.v(found)
        code = mean + torch.randn_like(log) * torch.exp(0.5 * log)
        return self.d(self.w(code).view(-1, 6, 4, 4)), mean, log

    parts = {"m": nn.Linear(96, 5), "v": nn.Linear(96, 5), "w": nn.Linear(5, 96)}
    up = nn.ConvTranspose2d(6, 1, 4, 2, 1)
    held(One(forward, e=nn.Conv2d(1, 6, 4, 2, 1), d=up, **parts), (1, 8, 8))


# joins


def test_parts_of_unlike_sizes_end_to_end() -> None:
    def pyramid(self: Any, x: Any) -> Any:
        made = self.c(x)
        return self.f(torch.cat([F.adaptive_max_pool2d(made, n).view(1, -1) for n in (3, 2, 1)], 1))

    held(One(pyramid, c=nn.Conv2d(3, 4, 3), f=nn.Linear(56, 5)), (3, 12, 13), other=[(3, 20, 17)])

    def boxes(self: Any, x: Any) -> Any:
        one = self.a(x)
        maps = [one, self.b(one)]
        made = [
            head(found).permute(0, 2, 3, 1).reshape(1, -1, 7)
            for head, found in zip(self.h, maps, strict=True)
        ]
        return torch.cat(made, 1).sigmoid()

    heads = [nn.Conv2d(4, 21, 1), nn.Conv2d(6, 21, 1)]
    module = One(boxes, a=nn.Conv2d(3, 4, 3), b=nn.Conv2d(4, 6, 3, 2), h=heads)
    held(module, (3, 12, 13), other=[(3, 20, 17)])


@pytest.mark.parametrize(
    "spread",
    [
        lambda x, y: y.view(1, -1, 1, 1).expand(-1, -1, x.size(2), x.size(3)),
        lambda x, y: y[:, :, None, None].repeat(1, 1, x.size(2), x.size(3)),
    ],
)
def test_a_vector_beside_a_map(spread: Forward) -> None:
    module = Two(lambda s, x, y: s.c(torch.cat([x, spread(x, y)], 1)), c=nn.Conv2d(13, 4, 3))
    network = held(module, (3, 12, 14), (10,), other=[(3, 20, 17), (10,)])
    assert words(network)[:2] == ["to_map", "upsample_to"]


def test_a_global_feature_beside_each_point() -> None:
    def forward(self: Any, x: Any) -> Any:
        local = self.a(x)
        whole = torch.max(self.b(local), 2, keepdim=True)[0].repeat(1, 1, x.size(2))
        return self.c(torch.cat([local, whole], 1))

    layers = {"a": nn.Conv1d(3, 4, 1), "b": nn.Conv1d(4, 8, 1), "c": nn.Conv1d(12, 2, 1)}
    held(One(forward, **layers), (3, 20), other=[(3, 33)])


def test_numbers_that_no_input_makes_come_in() -> None:
    def forward(self: Any, x: Any) -> Any:
        rows = torch.linspace(-1, 1, x.size(2)).view(1, 1, -1, 1).expand(1, 1, -1, x.size(3))
        return self.c(torch.cat([x, rows], 1))

    network = held(One(forward, c=nn.Conv2d(4, 2, 3)), (3, 12, 14))
    assert [str(shape) for _, shape in network.inputs] == ["3x12x14", "1x12x14"]
    said = "the network: numbers that do not depend on the input come in as `constant1`, 1x12x14"
    assert said in network.remarks
    module = One(lambda s, x: torch.cat([x, s.w], 1), w=nn.Parameter(torch.zeros(1, 2, 12, 14)))
    (found,) = refused(module, (3, 12, 14))
    assert found == "cat: one of its tensors is learned and does not depend on the input"


def test_values_spread_over_axes_each_lacks_are_added() -> None:
    """The gate of BAM: one number for each channel and one for each position."""

    def gate(self: Any, x: Any) -> Any:
        one = self.a(x.mean((2, 3))).view(1, -1, 1, 1)
        return x * (one.expand_as(x) + self.b(x).expand_as(x)).sigmoid()

    layers = {"a": nn.Linear(6, 6), "b": nn.Conv2d(6, 1, 1)}
    held(One(gate, **layers), (6, 9, 8), other=[(6, 12, 15)])

    def both(self: Any, x: Any) -> Any:
        one, two = (layer(x).mean((2, 3), True) for layer in (self.a, self.b))
        return self.c(one.expand_as(x) + two.expand_as(x))

    layers = {"a": nn.Conv2d(3, 3, 3), "b": nn.Conv2d(3, 3, 1), "c": nn.Conv2d(3, 2, 3)}
    network = held(One(both, **layers), (3, 9, 8), other=[(3, 12, 15)])
    assert "upsample_to" in words(network)


def test_a_vector_beside_a_map_is_one_channel_of_it() -> None:
    module = Two(lambda s, x, y: s.c(torch.cat([x, s.l(y).view(-1, 1, 6, 8)], 1)), l=nn.Linear(5, 48))
    module.c = nn.Conv2d(4, 2, 3)
    assert "to_map" in words(held(module, (3, 6, 8), (5,)))


@pytest.mark.parametrize(
    ("layer", "op"),
    [
        (nn.Conv1d(1, 1, 3, padding=1, bias=False), "eca"),
        (nn.Conv1d(1, 1, 3, padding="same", bias=False), "eca"),
        (nn.Conv1d(1, 1, 3, padding=1), "conv"),
        (nn.Conv1d(1, 1, 3, padding=2, dilation=2, bias=False), "conv"),
    ],
)
def test_a_convolution_across_channels(layer: Any, op: str) -> None:
    def gate(self: Any, x: Any) -> Any:
        return x * self.c(x.mean((2, 3)).unsqueeze(1)).sigmoid().view(1, -1, 1, 1)

    network = held(One(gate, c=layer), (6, 9, 8), other=[(6, 12, 15)])
    (found,) = [one for one in network.items if one.op in ("conv", "eca")]
    assert found.op == op


def test_a_map_over_groups_of_channels() -> None:
    def forward(self: Any, x: Any) -> Any:
        code = self.e(x)
        parts = self.m(code).view(1, 2, 6, -1) * code.unsqueeze(1)
        return torch.stack([self.d(parts[:, place]) for place in range(2)], 1)

    up = nn.ConvTranspose1d(6, 1, 4, 2, bias=False)
    held(One(forward, e=nn.Conv1d(1, 6, 4, 2), m=nn.Conv1d(6, 12, 1), d=up), (1, 40), other=[(1, 62)])
    module = One(lambda s, x: s.m(x).view(1, 6, 2, -1) * x.unsqueeze(2), m=nn.Conv1d(6, 12, 1))
    (found,) = refused(module, (6, 40))
    assert found.startswith("mul: ")


class CoordinateAttention(nn.Module):  # type: ignore[misc]
    """Means of the rows and of the columns through layers of their own, one after another; gates of both."""

    def __init__(self) -> None:
        super().__init__()
        self.rows, self.columns = nn.AdaptiveAvgPool2d((None, 1)), nn.AdaptiveAvgPool2d((1, None))
        self.inner = nn.Sequential(nn.Conv2d(6, 4, 1), nn.BatchNorm2d(4), nn.Hardswish())
        self.a, self.b = nn.Conv2d(4, 6, 1), nn.Conv2d(4, 6, 1)

    def forward(self, x: Any) -> Any:
        lines = torch.cat([self.rows(x), self.columns(x).transpose(2, 3)], 2)
        inner = self.inner(lines)
        inner = inner * F.relu6(inner + 3) / 6
        rows, columns = torch.split(inner, [x.size(2), x.size(3)], 2)
        return x * self.a(rows).sigmoid() * self.b(columns.transpose(2, 3)).sigmoid()


def test_coordinate_attention_is_two_passes_through_shared_layers() -> None:
    network = held(CoordinateAttention(), (6, 9, 8))
    assert [one.op for one in network.items if one.share is not None] == ["conv", "bn"]
    assert network.stated.buffers == 8
    kept = "a pool along one axis gives the recorded number of positions at every size of the input (2 times)"
    assert kept in network.remarks


@pytest.mark.parametrize(
    "forward",
    [
        lambda s, x: s.c(torch.cat([x, x + 1], 2)[:, :, :9]) + s.c(torch.cat([x, x + 1], 2)[:, :, 9:]),
        lambda s, x: sum(s.c(torch.cat([x, x + 1], 3).relu()).chunk(2, 3)),
    ],
)
def test_maps_one_after_another_that_are_taken_apart_again(forward: Forward) -> None:
    """A 1x1 convolution is the same on each of them."""
    held(One(forward, c=nn.Conv2d(6, 2, 1)), (6, 9, 8))


JOINED = "positions of several maps, which `cat` put one after another"


@pytest.mark.parametrize(
    ("forward", "reason"),
    [
        (lambda s, x: s.c(torch.cat([x, x], 2)), f"conv2d: it reads {JOINED}"),
        (lambda s, x: torch.cat([x, s.c(x)[:, :6, :, :6]], 3), f"output: it is {JOINED}"),
        (lambda _, x: torch.cat([x, x + 1], 2)[:, :, 1:10], f"__getitem__: it reads {JOINED}"),
        (lambda _, x: torch.cat([x, x + 1], 2)[:, 1:, :9], f"__getitem__: it reads {JOINED}"),
        (lambda _, x: torch.cat([x, x + 1], 2).chunk(3, 2)[0], f"chunk: it reads {JOINED}"),
        (
            lambda _, x: torch.cat([x, x + 1], 2) + torch.cat([x[:, :, :4], x, x[:, :, 4:]], 2),
            "add: it reads",
        ),
        (lambda _, x: torch.cat([x, x + 1], 2).softmax(2), f"softmax: it reads {JOINED}"),
        (lambda _, x: torch.cat([x, x + 1], 2).sum(2), f"sum: it reads {JOINED}"),
    ],
)
def test_maps_one_after_another_that_something_reads_as_one(forward: Forward, reason: str) -> None:
    conv = nn.Conv2d(6, 6, 3, padding=1)
    assert refused(One(forward, c=conv), (6, 9, 8))[0].startswith(reason)


# pools, norms, attention


@pytest.mark.parametrize(
    "forward",
    [
        lambda x: torch.cat([x.max(1, keepdim=True)[0], x.min(1, keepdim=True).values], 1),
        lambda x: torch.max(x, torch.relu(x)) + torch.minimum(x, x.tanh()),
        lambda x: (x.std(dim=(2, 3)), x.var(dim=1)),
        lambda x: x.flatten(2).softmax(-1).view_as(x),
        lambda x: F.log_softmax(x.flatten(2), -1).view_as(x) * x,
        lambda x: F.cosine_similarity(x.mean((2, 3)), x.amax((2, 3))),
        lambda x: F.pairwise_distance(x.mean((2, 3)), x.amin((2, 3))),
        lambda x: F.max_unpool2d(*F.max_pool2d(x, 2, return_indices=True), 2),
        lambda x: F.unfold(x, 3, padding=1, stride=2),
        lambda x: x.unfold(2, 4, 4).unfold(3, 2, 2).permute(0, 2, 3, 1, 4, 5).flatten(3),
        lambda x: F.batch_norm(x, None, None, training=True),
        lambda x: F.layer_norm(x, list(x.shape[1:])),
    ],
)
def test_functions(forward: Forward) -> None:
    module = One(lambda s, x: forward(s.c(x)), c=nn.Conv2d(3, 6, 3, padding=1))
    held(module, (3, 12, 16), other=[(3, 20, 24)])


def test_an_instance_norm_with_running_statistics_is_a_batch_norm() -> None:
    norm = nn.InstanceNorm2d(4, affine=True, track_running_stats=True)
    network = held(
        One(lambda s, x: s.n(s.c(x)), c=nn.Conv2d(3, 4, 3), n=norm), (3, 9, 8), other=[(3, 12, 15)]
    )
    assert words(network) == ["conv", "bn"] and network.stated.buffers == 8
    given, batch = torch.rand(1, 4, 9, 8), nn.BatchNorm2d(4).eval()
    assert torch.equal(norm(given), batch(given))


def test_where_a_maximum_is_is_no_layer() -> None:
    module = One(lambda s, x: s.c(x).max(1), c=nn.Conv2d(3, 6, 3))
    assert refused(module, (3, 12, 16)) == [
        "output: it is where the largest values are, which no layer gives"
    ]
    module.function = lambda s, x: s.c(x).max(1)[1].relu()
    (found,) = refused(module, (3, 12, 16))
    assert found == "relu: it reads where the largest values are, which no layer gives"


def test_attention_with_channels_before_positions() -> None:
    def forward(self: Any, x: Any) -> Any:
        query, key, value = (one(x).flatten(2) for one in (self.q, self.k, self.v))
        weights = torch.softmax(torch.bmm(query.permute(0, 2, 1), key), -1)
        return torch.bmm(value, weights.transpose(1, 2)).view_as(x) * self.gain + x

    layers = {"q": nn.Conv2d(8, 2, 1), "k": nn.Conv2d(8, 2, 1), "v": nn.Conv2d(8, 8, 1)}
    module = One(forward, gain=nn.Parameter(torch.zeros(1)), **layers)
    assert "attention" in words(held(module, (8, 6, 7), other=[(8, 9, 5)]))
    module.function = lambda _, x: torch.bmm(x.flatten(2), x.flatten(2).transpose(1, 2)).relu()
    assert refused(module, (8, 6, 7)) == ["relu: it reads a product of two tensors that no attention follows"]


# weights


WEIGHTED: dict[str, Callable[[], Any]] = {
    "linear": lambda: nn.Sequential(parametrizations.weight_norm(nn.Linear(6, 4)), nn.ReLU()),
    "linear, one gain": lambda: parametrizations.weight_norm(nn.Linear(6, 4), dim=None),
    "convolution": lambda: nn.Sequential(
        nn.Unflatten(1, (1, 6)), parametrizations.weight_norm(nn.Conv1d(1, 4, 3)), nn.Flatten()
    ),
    "transposed": lambda: nn.Sequential(
        nn.Unflatten(1, (6, 1)), parametrizations.weight_norm(nn.ConvTranspose1d(6, 4, 3)), nn.Flatten()
    ),
    "spectral": lambda: parametrizations.spectral_norm(nn.Linear(6, 4)),
}


@pytest.mark.parametrize("layer", WEIGHTED.values(), ids=list(WEIGHTED))
def test_normalised_weights(layer: Callable[[], Any]) -> None:
    held(layer(), (6,))


def test_learned_weights_of_a_sum() -> None:
    def forward(self: Any, x: Any) -> Any:
        return sum(self.c(x) * self.w[place] for place in range(3))

    held(One(forward, c=nn.Conv2d(3, 4, 3), w=nn.Parameter(torch.ones(3))), (3, 9, 8))
    module = One(lambda s, x: s.c(x) * s.w[0], c=nn.Conv2d(3, 4, 3), w=nn.Parameter(torch.ones(3)))
    assert refused(module, (3, 9, 8)) == ["mul: its 3 learned numbers make 1 factors"]


def test_weights_of_layers_of_two_kinds() -> None:
    def forward(self: Any, x: Any) -> Any:
        return F.linear(F.linear(x, self.w, self.b).relu(), self.w.t())

    weights = {"w": nn.Parameter(torch.ones(4, 6)), "b": nn.Parameter(torch.ones(4))}
    (found,) = refused(One(forward, **weights), (6,))
    assert found.startswith("linear: its weights `w` are those of another layer in part")


def test_a_pool_over_the_whole_width_says_that_it_is_fixed() -> None:
    def forward(self: Any, x: Any) -> Any:
        made = self.c(x)
        return F.max_pool2d(made, math.ceil(made.size(2) / 2)).flatten(1)

    network = held(One(forward, c=nn.Conv2d(3, 4, 3, padding=1)), (3, 12, 12))
    assert "the network: the window of a pool follows the input size and is fixed" in network.remarks
