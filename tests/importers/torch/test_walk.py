"""Small modules become the items that one would write by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

torch = pytest.importorskip("torch")

import torch.nn.functional as F  # noqa: E402, N812
from torch import nn  # noqa: E402

from cnncalc.errors import SourceError  # noqa: E402
from cnncalc.importers.items import Network, Refused  # noqa: E402
from cnncalc.importers.torch import network_from  # noqa: E402
from cnncalc.importers.torch.network import network_of  # noqa: E402
from cnncalc.importers.translating import translated  # noqa: E402

pytestmark = pytest.mark.slow


class Function(nn.Module):  # type: ignore[misc]
    """A function of the input, with layers to use."""

    def __init__(self, function: Callable[..., Any], **layers: nn.Module) -> None:
        super().__init__()
        self.function = function
        for name, layer in layers.items():
            self.add_module(name, layer)

    def forward(self, x: Any) -> Any:
        return self.function(self, x)


def network(
    function: Callable[..., Any], shape: tuple[int, ...] = (8, 12, 12), **layers: nn.Module
) -> Network:
    return network_from(Function(function, **layers), [shape])


def words(found: Network) -> list[str]:
    return [one.op for one in found.items]


def shuffle(self: Any, x: Any) -> Any:
    n, c, h, w = x.shape
    return x.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (lambda x: x.reshape(2, -1), "reshape: the first axis of the result, 2x576, is not the batch"),
        (lambda x: torch.relu(x.reshape(2, -1)), "reshape: the first axis of the result, 2x576"),
        (lambda x: x.flatten(), "flatten: the first axis of the result, 1152"),
        (lambda x: x[0], "getitem: the first axis of the result, 8x12x12"),
        (lambda x: torch.stack([x.relu(), x.tanh()]), "stack: the first axis of the result, 2x1x8x12x12"),
        (lambda x: x.transpose(0, 1).flatten(0, 1), "transpose: the first axis of the result, 8x12x12"),
        (lambda x: x.mean(0), "mean: it goes over the batch"),
    ],
)
@pytest.mark.parametrize("partial", [False, True])
def test_a_result_whose_first_axis_is_not_the_batch_is_refused(
    function: Callable[[Any], Any], reason: str, partial: bool
) -> None:
    module = Function(lambda self, x: function(self.first(x)), first=nn.Conv2d(8, 8, 1))
    with pytest.raises(Refused, match=reason):
        network_of(module, [(8, 12, 12)], name="net", source="", partial=partial)


def test_a_softmax_over_the_batch_is_refused() -> None:
    with pytest.raises(Refused, match="softmax: it goes over the batch"):
        network(lambda _, x: torch.softmax(x, 0))


@pytest.mark.filterwarnings("ignore:Implicit dimension choice")
def test_a_softmax_that_names_no_dimension_goes_over_that_which_pytorch_takes() -> None:
    for shape in ((8,), (8, 12, 12), (8, 4, 12, 12)):
        assert words(network(lambda _, x: F.softmax(x), shape)) == ["softmax"]
        given = torch.rand(1, *shape)
        assert torch.equal(F.softmax(given), torch.softmax(given, 1))
    with pytest.raises(Refused, match="softmax: it goes over the batch"):
        network(lambda _, x: F.softmax(x), (8, 12))
    assert torch.equal(F.softmax(torch.rand(1, 8, 12)), torch.ones(1, 8, 12))


@pytest.mark.parametrize(
    ("function", "is_moved"),
    [
        (lambda x: x.mean((2, 3)).squeeze(), False),
        (lambda x: x.mean(1, keepdim=True).mean((2, 3)).view(-1), False),
        (lambda x: x.permute(0, 2, 3, 1), False),
        (lambda x: x.reshape(1, -1), False),
        (lambda x: x.mean(2).permute(2, 0, 1), True),
        (lambda x: x.transpose(0, 1), True),
        (lambda x: x.permute(0, 2, 3, 1).reshape(-1, 8).relu().view(1, 12, 12, 8), False),
    ],
)
def test_a_batch_that_is_left_out_or_moved_is_one(function: Callable[[Any], Any], is_moved: bool) -> None:
    found = network(lambda self, x: function(self.first(x)), first=nn.Conv2d(8, 8, 1))
    moved = "an output has the batch behind other axes: its shape here is that of one example"
    assert (moved in found.remarks) is is_moved


@pytest.mark.parametrize(
    ("function", "op", "given"),
    [
        (lambda _, x: x.clamp(min=0), "relu", {}),
        (lambda _, x: x.clamp(0, 6), "relu6", {}),
        (lambda _, x: x.clamp(min=0.5), "hardtanh", {"low": 0.5, "high": 1e30}),
        (lambda _, x: x.clamp(max=2), "hardtanh", {"low": -1e30, "high": 2}),
        (lambda _, x: torch.clamp_max(x, 2), "hardtanh", {"low": -1e30, "high": 2}),
        (lambda _, x: x.clip(-2, 3), "hardtanh", {"low": -2, "high": 3}),
        (lambda _, x: F.hardtanh(x, 0.0, 20.0), "hardtanh", {"low": 0.0, "high": 20.0}),
        (lambda _, x: F.hardtanh(x), "hardtanh", {"low": -1.0, "high": 1.0}),
    ],
)
def test_limits_of_values_are_said(function: Callable[..., Any], op: str, given: dict[str, float]) -> None:
    found = network(function)
    (one,) = found.items
    assert (one.op, dict(one.arguments)) == (op, given)
    text = translated(found).text
    assert ("there is no" in text) is (1e30 in map(abs, given.values()))


def test_an_empty_range_of_values_is_refused() -> None:
    with pytest.raises(Refused, match="a range from 3 to 1, which is empty"):
        network(lambda _, x: x.clamp(3, 1))


def channels_last(self: Any, x: Any) -> Any:
    y = self.norm(x.permute(0, 2, 3, 1))
    return x + self.second(F.gelu(self.first(y))).permute(0, 3, 1, 2)


def tokens(self: Any, x: Any) -> Any:
    n, _, h, w = x.shape
    y = self.first(x.flatten(2).transpose(1, 2))
    return y.transpose(1, 2).reshape(n, -1, h, w)


def split_attention(self: Any, x: Any) -> Any:
    n, c, h, w = x.shape
    y = x.reshape(n, 2, c // 2, h, w)
    gate = y.sum(dim=1).mean((2, 3), keepdim=True)
    weights = torch.sigmoid(self.conv(gate)).reshape(n, 2, c // 2, 1, 1)
    return (y * weights).sum(dim=1)


def patches(self: Any, x: Any) -> Any:
    parts = [x[:, :, row::2, column::2] for column in (0, 1) for row in (0, 1)]
    return self.conv(torch.cat(parts, 1))


def space_to_depth(self: Any, x: Any) -> Any:
    n, c, h, w = x.shape
    y = x.view(n, c, h // 2, 2, w // 2, 2).permute(0, 3, 5, 1, 2, 4).reshape(n, c * 4, h // 2, w // 2)
    return self.conv(y)


CASES: dict[str, tuple[Callable[..., Any], dict[str, nn.Module], list[str]]] = {
    "a rearrangement and back is nothing": (
        lambda _, x: F.relu(x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2)),
        {},
        ["relu"],
    ),
    "channel shuffle": (
        lambda self, x: self.conv(shuffle(self, x)),
        {"conv": nn.Conv2d(8, 8, 1, groups=2)},
        ["channel_shuffle", "conv"],
    ),
    "a block with channels last": (
        channels_last,
        {"norm": nn.LayerNorm(8), "first": nn.Linear(8, 32), "second": nn.Linear(32, 8)},
        ["ln", "conv", "gelu", "conv", "add"],
    ),
    "tokens": (tokens, {"first": nn.Linear(8, 4)}, ["conv"]),
    "split attention": (
        split_attention,
        {"conv": nn.Conv2d(4, 8, 1)},
        ["slice", "slice", "add", "global_avgpool", "conv", "sigmoid", "mul", "slice", "slice", "add"],
    ),
    "strided parts": (patches, {"conv": nn.Conv2d(32, 8, 1)}, ["pixel_unshuffle", "conv"]),
    "space to depth": (
        space_to_depth,
        {"conv": nn.Conv2d(32, 8, 1)},
        ["pixel_unshuffle", "channel_shuffle", "conv"],
    ),
    "zeros taken up by the convolution": (
        lambda self, x: self.conv(F.pad(x, (1, 2, 3, 4))),
        {"conv": nn.Conv2d(8, 8, 3)},
        ["conv"],
    ),
    "zeros for something else": (lambda _, x: F.relu(F.pad(x, (1, 2, 3, 4))), {}, ["pad", "relu"]),
    "a part of the map": (lambda _, x: x[:, 2:6, 1:-1].relu(), {}, ["slice", "crop", "relu"]),
    "a flattened map": (
        lambda self, x: self.fc(F.adaptive_avg_pool2d(x, 2).flatten(1)),
        {"fc": nn.Linear(32, 10)},
        ["adaptive_avgpool", "flatten", "linear"],
    ),
    "a learned factor and offset": (
        lambda self, x: x * self.norm.weight.view(1, -1, 1, 1) + self.norm.bias.view(1, -1, 1, 1),
        {"norm": nn.LayerNorm(8)},
        ["scale"],
    ),
    "a map divided by its norm": (
        lambda _, x: x / (x.norm(dim=1, keepdim=True) + 1e-6) + F.normalize(x, dim=1),
        {},
        ["l2norm", "l2norm", "add"],
    ),
    "twice the size": (
        lambda _, x: F.interpolate(x, size=(2 * x.shape[2], 2 * x.shape[3])),
        {},
        ["upsample"],
    ),
    "in place": (lambda self, x: F.relu(self.conv(x), inplace=True).add_(x), {"conv": nn.Conv2d(8, 8, 1)},
                 ["conv", "relu", "add"]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_modules_become_items(name: str) -> None:
    function, layers, expected = CASES[name]
    found = network(function, **layers)
    assert words(found) == expected
    learned = sum(one.numel() for layer in layers.values() for one in layer.parameters())
    assert found.stated.params == learned


def test_padding_of_zeros_is_the_convolutions() -> None:
    found = network(lambda self, x: self.conv(F.pad(x, (1, 2, 3, 4))), conv=nn.Conv2d(8, 8, 3, padding=1))
    assert found.items[0].arguments["padding"] == ((4, 5), (2, 3))


def test_a_padding_that_follows_the_size_is_tensorflows() -> None:
    def same(self: Any, x: Any) -> Any:
        pads = []
        for size in (x.shape[3], x.shape[2]):
            total = max((-(-size // 2) - 1) * 2 + 3 - size, 0)
            pads += [total // 2, total - total // 2]
        return self.conv(F.pad(x, pads))

    found = network(same, conv=nn.Conv2d(8, 8, 3, stride=2))
    assert (found.framework, found.items[0].arguments["padding"]) == ("tensorflow", "same")


def test_a_reshaped_vector_is_a_map() -> None:
    found = network(
        lambda self, x: self.conv(self.line(x).view(-1, 3, 4, 4)),
        (10,),
        line=nn.Linear(10, 48),
        conv=nn.Conv2d(3, 2, 3),
    )
    assert words(found) == ["linear", "to_map", "conv"]


def test_a_size_of_another_tensor_is_followed() -> None:
    def decoder(self: Any, x: Any) -> Any:
        low = F.max_pool2d(x, 2)
        return x + F.interpolate(low, size=x.shape[-2:], mode="bilinear")

    found = network(decoder)
    resize = next(one for one in found.items if one.op == "upsample_to")
    assert resize.inputs[1] == "input"


def test_a_border_too_wide_for_a_pool_is_a_layer() -> None:
    for pool, fill in ((F.avg_pool2d, 0.0), (F.max_pool2d, float("-inf"))):
        found = network(lambda _, x: pool(F.pad(x, (1, 0, 1, 0), value=fill), 3, 2, padding=1))  # noqa: B023
        assert words(found) == ["pad", found.items[1].op] and found.items[1].arguments["padding"] == (1, 1)
        found = network(lambda _, x: pool(F.pad(x, (1, 0, 1, 0), value=fill), 3, 2))  # noqa: B023
        assert [one.arguments["padding"] for one in found.items] == [((1, 0), (1, 0))]


def test_what_is_recorded_at_one_size_only_says_so() -> None:
    fixed = network(lambda self, x: self.fc(x.flatten(1)), fc=nn.Linear(8 * 12 * 12, 5))
    (remark,) = fixed.remarks
    assert remark.startswith("recorded at one size only: it does not run at ")
    assert remark.endswith("; sizes that depend on it may be fixed")
    line = network(lambda self, x: self.fc(x), (10,), fc=nn.Linear(10, 5))
    assert not line.remarks  # the features of a vector are no size


@pytest.mark.parametrize(
    ("pool", "left", "size"),
    [(nn.MaxPool2d(5), 2, "8x13x14"), (nn.MaxPool2d(4, ceil_mode=True), 3, "8x11x10")],
)
def test_a_linear_layer_behind_a_pool_is_recorded_at_a_size_near_by(pool: Any, left: int, size: str) -> None:
    """Windows that round down give as much at a slightly larger size, those that round up at a smaller."""
    layers = {"pool": pool, "fc": nn.Linear(8 * left * left, 5)}
    found = network(lambda self, x: self.fc(self.pool(x).flatten(1)), **layers)
    assert found.source.endswith(f"recorded at 8x12x12 and {size}")
    (remark,) = found.remarks
    assert remark.startswith("it does not run at 8x47x33: ")
    assert not network(lambda self, x: self.conv(x), conv=nn.Conv2d(8, 8, 3)).remarks


def test_a_pool_as_large_as_the_map_is_global() -> None:
    found = network(lambda _, x: F.avg_pool2d(x, x.shape[-2:]))
    assert words(found) == ["global_avgpool"]
    assert words(network(lambda _, x: F.avg_pool2d(x, 12))) == ["avgpool"]


def test_a_range_that_takes_all_at_the_recorded_size_only_is_named() -> None:
    cuts: list[Callable[[Any], Any]] = [
        lambda x: x[:, :, :12],
        lambda x: x[:, None, :, :12].squeeze(1),
        lambda x: x[..., :12],
    ]
    for cut in cuts:
        found = network(lambda _, x: cut(x).relu())  # noqa: B023
        assert found.remarks == (
            "the network: a range that takes all 12 positions at the recorded size is left out",
        )
    assert not network(lambda _, x: x[:, :8, : x.size(2)].relu()).remarks


def test_work_that_no_output_depends_on_is_named() -> None:
    layers = {"one": nn.Conv2d(8, 4, 1), "other": nn.Conv2d(8, 2, 3)}
    found = network(lambda self, x: (self.one(x), self.other(x))[0], **layers)
    work = 10 * 10 * 2 * 9 * 8
    assert f"{work:,} multiply-accumulates that no output depends on are left out" in found.remarks


def swish(x: torch.Tensor) -> torch.Tensor:  # type: ignore[name-defined]
    return x * torch.sigmoid(x)


def convolved(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:  # type: ignore[name-defined]
    return torch.conv2d(x, weight)


SCRIPTS = pytest.mark.filterwarnings("ignore:`torch.jit.script. is deprecated")


@SCRIPTS
def test_compiled_functions_are_read_by_what_they_call() -> None:
    gate, convolve = torch.jit.script(swish), torch.jit.script(convolved)
    found = network(lambda self, x: self.conv(x + gate(x)), conv=nn.Conv2d(8, 4, 3))
    assert words(found) == ["sigmoid", "mul", "add", "conv"] and not found.remarks
    with pytest.raises(Refused, match="convolution: the function is not known"):
        network(lambda self, x: convolve(x, self.conv.weight), conv=nn.Conv2d(8, 4, 3, bias=False))


@SCRIPTS
def test_a_compiled_module_says_how_it_is_run() -> None:
    module = nn.Sequential(nn.ReLU(), torch.jit.script(nn.Conv2d(8, 4, 3)))
    with pytest.raises(SourceError, match="`1` is compiled by TorchScript") as caught:
        network_from(module, [(8, 12, 12)])
    assert (caught.value.diagnostics[0].help or "").startswith("set PYTORCH_JIT=0 ")


def test_what_writes_into_a_tensor_is_refused() -> None:
    def fill(self: Any, x: Any) -> Any:
        made = x.new_zeros(x.shape)
        made[:, :4] = x[:, 4:]
        return made

    with pytest.raises(Refused, match="__setitem__: it writes into a part of a tensor"):
        network(fill)


def test_labels_are_the_modules_paths() -> None:
    inner = nn.Sequential(nn.Conv2d(8, 8, 1), nn.ReLU())
    found = network(lambda self, x: x + self.body(x), body=inner)
    assert [one.label for one in found.items] == ["body.0", "body.1", "add"]


def test_weights_used_twice_are_shared() -> None:
    found = network(lambda self, x: self.conv(self.conv(x)), conv=nn.Conv2d(8, 8, 1))
    assert [one.share for one in found.items] == [None, found.items[0].output]
    assert found.stated.params == 72


def test_frozen_and_unused_parameters() -> None:
    conv = nn.Conv2d(8, 8, 1).requires_grad_(False)
    found = network(lambda self, x: self.conv(x), conv=conv, aux=nn.Linear(3, 3))
    assert [one.frozen for one in found.items] == [True]
    assert found.remarks == ("12 parameters are not used in inference and left out: aux",)


def test_everything_not_understood_is_refused_in_one_run() -> None:
    def unknown(self: Any, x: Any) -> Any:
        return torch.fft.fft2(x).real + torch.cumsum(x, 1) + torch.cumsum(x, 1)

    with pytest.raises(Refused) as caught:
        network(unknown)
    kinds = [(one.operator, one.times) for one in caught.value.problems]
    assert kinds == [("fft_fft2", 1), ("real", 1), ("cumsum", 2)]


def test_an_argument_not_known_is_refused() -> None:
    with pytest.raises(Refused, match="the values at the opposite side"):
        network(lambda _, x: F.pad(x, (1, 1, 1, 1), mode="circular"))


def test_a_tensor_changed_through_a_view_is_refused() -> None:
    def written(self: Any, x: Any) -> Any:
        y = x.relu()
        y[:, :2].mul_(x[:, 2:4])
        return y.relu()

    with pytest.raises(Refused, match="changed in place through another view"):
        network(written)


def test_the_module_stays_as_it_is() -> None:
    module = Function(lambda self, x: self.conv(x), conv=nn.Conv2d(8, 8, 1)).train()
    network_from(module, [(8, 12, 12)])
    assert module.training
    assert module.conv.weight.device.type == "cpu"
    assert not module.conv._forward_hooks


def test_partial_states_the_module_that_is_not_understood() -> None:
    class Odd(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(8, 8, 3, padding=1)

        def forward(self, x: Any) -> Any:
            return torch.cumsum(self.conv(x), 2)

    module = Function(lambda self, x: self.last(self.odd(x)), odd=Odd(), last=nn.Conv2d(8, 4, 1))
    found = network_from(module, [(8, 12, 12)], partial=True)
    assert words(found) == ["custom", "conv"]
    given = found.items[0].arguments
    assert (given["params"], given["macs"]) == (9 * 8 * 8 + 8, 9 * 8 * 8 * 144)
    assert [(one.operator, one.node) for one in found.unknown] == [("cumsum", "odd")]


class Odd(nn.Module):  # type: ignore[misc]
    """Two calls that are not understood, with a layer between them."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(8, 8, 3, padding=1), nn.Conv2d(8, 8, 1)

    def forward(self, x: Any) -> Any:
        return torch.sort(self.second(torch.cumsum(self.first(x), 2)), 1)[0]


class Around(nn.Module):  # type: ignore[misc]
    """A module of modules with a call of its own that is not understood."""

    def __init__(self) -> None:
        super().__init__()
        self.odd, self.stage = Odd(), nn.Sequential(nn.Conv2d(8, 8, 3, padding=1), nn.BatchNorm2d(8))

    def forward(self, x: Any) -> Any:
        return self.stage(torch.cumprod(self.odd(x), 1))


def test_partial_states_as_little_as_it_can_and_names_all() -> None:
    module = Function(
        lambda self, x: self.last(torch.cummax(self.around(x), 1)[0]),
        around=Around(),
        last=nn.Conv2d(8, 4, 1),
    )
    found = network_from(module, [(8, 12, 12)], partial=True)
    assert words(found) == ["custom", "custom", "conv", "bn", "custom", "conv"]
    customs = [one for one in found.items if one.op == "custom"]
    assert [one.given("params") for one in customs] == [9 * 8 * 8 + 8 + 8 * 8 + 8, 0, 0]
    assert [one.note.partition(";")[0] for one in customs if one.note] == [
        "Odd: cumsum, sort in it are not understood",
        "cumprod: the function is not known",
        "cummax: the function is not known",
    ]
    names = [
        ("cumsum", "around.odd"),
        ("sort", "around.odd"),
        ("cumprod", "around"),
        ("cummax", "the module itself"),
    ]
    assert [(one.operator, one.node) for one in found.unknown] == names
    report = translated(found).report
    assert report.totals.params == sum(one.numel() for one in module.parameters())
    assert report.totals.macs == found.stated.macs
    with pytest.raises(Refused) as raised:
        network_from(module, [(8, 12, 12)])
    assert [(one.operator, one.node) for one in raised.value.problems] == names


def test_partial_states_the_module_where_a_call_alone_gives_no_map() -> None:
    class Blocks(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.stage = nn.Sequential(nn.Sequential(nn.Conv2d(8, 8, 1)))

        def forward(self, x: Any) -> Any:
            blocks = torch.cumsum(self.stage(x).unfold(2, 4, 4).unfold(3, 4, 4), 2)
            return blocks.permute(0, 1, 2, 4, 3, 5).reshape(x.shape)

    module = Function(lambda self, x: self.blocks(x).relu(), blocks=Blocks())
    found = network_from(module, [(8, 12, 12)], partial=True)
    assert words(found) == ["custom", "relu"]
    assert found.stated.params == 8 * 8 + 8


def test_partial_refuses_a_module_whose_result_is_no_map_of_one_example() -> None:
    module = Function(lambda _, x: torch.cumsum(x.reshape(2, 4, 12, 12), 1))
    with pytest.raises(Refused) as raised:
        network_from(module, [(8, 12, 12)], partial=True)
    helps = [one.help or "" for one in raised.value.problems]
    assert helps and all(one.endswith("which reads and gives maps of one example") for one in helps)


class Attention(nn.Module):  # type: ignore[misc]
    """Two heads over all positions, or over blocks of them."""

    def __init__(self, window: int | None = None, shift: int = 0) -> None:
        super().__init__()
        self.qkv, self.proj = nn.Linear(8, 24), nn.Linear(8, 8)
        self.window, self.shift = window, shift

    def forward(self, x: Any) -> Any:
        n, c, h, w = x.shape
        y, size = x.permute(0, 2, 3, 1), self.window or h
        if self.shift:
            y = torch.roll(y, (-self.shift, -self.shift), (1, 2))
        blocks = y.view(n, h // size, size, w // size, size, c).transpose(2, 3).reshape(-1, size * size, c)
        q, k, v = self.qkv(blocks).reshape(-1, size * size, 3, 2, c // 2).permute(2, 0, 3, 1, 4)
        scores = (q @ k.transpose(-2, -1) * 0.5).softmax(-1)
        y = self.proj((scores @ v).transpose(1, 2).reshape(-1, size * size, c))
        y = y.view(n, h // size, w // size, size, size, c).transpose(2, 3).reshape(n, h, w, c)
        if self.shift:
            y = torch.roll(y, (self.shift, self.shift), (1, 2))
        return y.permute(0, 3, 1, 2)


@pytest.mark.parametrize(("window", "shift"), [(None, 0), (4, 0), (4, 2)])
def test_attention_is_one_layer_with_its_blocks(window: int | None, shift: int) -> None:
    found = network_from(Attention(window, shift), [(8, 12, 12)])
    assert words(found) == ["attention"]
    given = found.items[0].arguments
    assert (given["heads"], given["head"], given["out_bias"]) == (2, 4, True)
    assert given.get("window") == ((window, window) if window else None)
    assert given.get("shift") == ((shift, shift) if shift else None)
    assert found.stated.params == 8 * 24 + 24 + 8 * 8 + 8


def test_class_token_and_position_embedding() -> None:
    class Tokens(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.token = nn.Parameter(torch.zeros(1, 1, 8))
            self.position = nn.Parameter(torch.zeros(1, 145, 8))
            self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

        def forward(self, x: Any) -> Any:
            y = torch.cat([self.token.expand(x.shape[0], -1, -1), x.flatten(2).transpose(1, 2)], 1)
            y = y + self.position
            return (y + self.attention(y, y, y, need_weights=False)[0])[:, 0]

    found = network_from(Tokens(), [(8, 12, 12)])
    assert words(found) == ["tokens", "shift", "attention", "add", "token"]
    assert found.items[-1].shape is not None
    assert found.items[-1].shape.axes == (8,)


def test_weights_of_an_attention_that_nobody_reads_are_no_obstacle() -> None:
    class Attending(nn.Module):  # type: ignore[misc]
        def __init__(self, gives_weights: bool) -> None:
            super().__init__()
            self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
            self.gives_weights = gives_weights

        def forward(self, x: Any) -> Any:
            tokens = x.flatten(2).transpose(1, 2)
            y, weights = self.attention(tokens, tokens, tokens)
            return (y, weights) if self.gives_weights else y.transpose(1, 2).reshape(x.shape)

    found = network_from(Attending(False), [(8, 12, 12)])
    assert words(found) == ["attention"]
    assert found.stated.params == 8 * 24 + 24 + 8 * 8 + 8
    with pytest.raises(Refused, match="the weights of the positions, which it also gives out, are read"):
        network_from(Attending(True), [(8, 12, 12)])


def test_a_constant_changed_in_place_is_a_constant_still() -> None:
    def masked(self: Any, x: Any) -> Any:
        bias = self.conv.bias.clone()
        bias[2:4].zero_()
        return F.conv2d(x, self.conv.weight, bias)

    found = network(masked, conv=nn.Conv2d(8, 8, 1))
    assert words(found) == ["conv"]


def test_a_module_that_changes_a_view_in_place_is_stated_in_one_piece() -> None:
    class Odd(nn.Module):  # type: ignore[misc]
        def forward(self, x: Any) -> Any:
            y = torch.cumsum(x, 1)
            y[:, :2].mul_(x[:, 2:4])
            return y.relu()

    found = network_from(Function(lambda self, x: self.odd(x).relu(), odd=Odd()), [(8, 12, 12)], partial=True)
    assert words(found) == ["custom", "relu"]
