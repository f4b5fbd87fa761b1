"""Single layers run in PyTorch: every size, every position read and every refusal on small grids, 1-D to 3-D."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from math import prod
from typing import Any

import pytest

torch = pytest.importorskip("torch")

import torch.nn.functional as F  # noqa: E402, N812

from tests.oracle.grids import Answer, Case, answers, disagreements, drawn, grid, records  # noqa: E402
from tests.oracle.probing import probed  # noqa: E402

REFUSALS = {
    "E301": ("Kernel size can't be greater than actual input size", "utput size", "must be at least one"),
    "E305": (
        "pad should be",
        "padding should be",
        "padding='same' is not supported for strided",
        "output padding must be",
    ),
}
"""The error of cnncalc that stands for what PyTorch says."""
FUNCTIONS = {
    "conv": "conv{}d",
    "conv_transpose": "conv_transpose{}d",
    "maxpool": "max_pool{}d",
    "avgpool": "avg_pool{}d",
    "lppool": "lp_pool{}d",
    "adaptive_avgpool": "adaptive_avg_pool{}d",
    "adaptive_maxpool": "adaptive_max_pool{}d",
}
NAMES = {"ceil": "ceil_mode", "kernel": "kernel_size"}
"""Arguments of pools that PyTorch calls otherwise."""
KERNELS = tuple(range(1, 6))
pytestmark = pytest.mark.filterwarnings("ignore:TF32", "ignore:Using padding='same'")


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Starting threads for maps of ten positions takes longer than the work."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def refusal(error: Exception) -> str:
    codes = [code for code, words in REFUSALS.items() if any(word in str(error) for word in words)]
    return codes[0] if len(codes) == 1 else str(error)


def executed(case: Case) -> Answer:
    """What PyTorch reads, or the code that stands for its refusal."""
    try:
        with torch.no_grad(), torch.backends.mkldnn.flags(enabled=False):
            return probed(lambda x: run(case, torch.from_numpy(x)).numpy(), case.sizes)
    except (RuntimeError, ValueError) as error:
        return Answer(refusal=refusal(error))


def run(case: Case, x: Any) -> Any:
    """The layer with weights of 1."""
    rank, args = len(case.sizes), dict(case.args)
    if case.op == "unfold":
        return unfolded(x, **args)
    function = getattr(F, FUNCTIONS[case.op].format(rank))
    if case.op.startswith("conv"):
        weight = torch.ones(1, 1, *per_axis(args.pop("kernel"), rank))
        padding = args.pop("padding", 0)
        if isinstance(padding, list) and isinstance(padding[0], list):
            x, padding = F.pad(x, [side for pair in reversed(padding) for side in pair]), 0
        return function(x, weight, padding=padding, **args)
    if case.op.startswith("adaptive"):
        return function(x, args["out"])
    if case.op == "lppool":
        return function(x, 2.0, **{NAMES.get(name, name): value for name, value in args.items()})
    return function(x, **{NAMES.get(name, name): value for name, value in args.items()})


def unfolded(x: Any, kernel: Any, **args: Any) -> Any:
    """The blocks of ``unfold``, each as the sum of its values, laid out as the map they were taken from."""
    blocks = F.unfold(x, kernel, **args).sum(1, keepdim=True)
    kernel, sizes = per_axis(kernel, 2), []
    for axis, size in enumerate(x.shape[2:]):
        stride, padding, dilation = (
            per_axis(args.get(name, 1), 2)[axis] for name in ("stride", "padding", "dilation")
        )
        sizes.append((size + 2 * padding - dilation * (kernel[axis] - 1) - 1) // stride + 1)
    return blocks.reshape(x.shape[0], 1, *sizes)


def per_axis(value: Any, rank: int) -> list[int]:
    return list(value) if isinstance(value, list) else [value] * rank


def hold(cases: Sequence[Case], at_least: int) -> None:
    """All cases agree with PyTorch, and there are as many as announced."""
    assert len(cases) >= at_least
    wrong = disagreements(cases, answers(cases, "pytorch"), [executed(case) for case in cases])
    assert not wrong, f"{len(wrong)} of {len(cases)}\n" + "\n".join(wrong[:10])


@pytest.mark.parametrize("kernel", KERNELS)
def test_every_small_convolution(kernel: int) -> None:
    hold(
        grid(
            "conv", range(1, 13), kernel=[kernel], stride=range(1, 5), padding=range(4), dilation=range(1, 4)
        ),
        576,
    )


def test_same_puts_an_odd_total_at_the_end_and_is_refused_with_strides() -> None:
    hold(
        grid(
            "conv", range(1, 13), kernel=range(1, 7), stride=[1, 2, 3], padding=["same"], dilation=[1, 2, 3]
        ),
        648,
    )


def test_convolutions_with_unequal_padding() -> None:
    pairs = [[[before, after]] for before in range(4) for after in range(4) if before != after]
    hold(
        grid("conv", range(1, 9), kernel=range(1, 5), stride=[1, 2, 3], padding=pairs, dilation=[1, 2]), 2304
    )


@pytest.mark.parametrize("rank", [2, 3])
@pytest.mark.parametrize("padding", [range(3), [[0, 1], [2, 0], [1, 1]]], ids=["equal", "unequal"])
def test_convolutions_over_several_axes(rank: int, padding: Sequence[Any]) -> None:
    hold(
        drawn(
            "conv",
            250,
            rank,
            range(1, 8),
            kernel=[1, 2, 3, 4],
            stride=[1, 2, 3],
            padding=padding,
            dilation=[1, 2],
        ),
        250,
    )


@pytest.mark.parametrize("kernel", range(1, 5))
def test_every_small_transposed_convolution(kernel: int) -> None:
    every = {"stride": range(1, 5), "padding": range(4), "output_padding": range(4), "dilation": range(1, 4)}
    hold(grid("conv_transpose", range(1, 7), kernel=[kernel], **every), 1152)


@pytest.mark.parametrize("rank", [2, 3])
def test_transposed_convolutions_over_several_axes(rank: int) -> None:
    every = {"stride": [1, 2, 3], "padding": range(3), "output_padding": [0, 0, 1], "dilation": [1, 2]}
    hold(drawn("conv_transpose", 250, rank, range(1, 5), kernel=[1, 2, 3, 4], **every), 250)


@pytest.mark.parametrize("kernel", KERNELS)
def test_every_small_max_pool(kernel: int) -> None:
    every = {
        "stride": [None, 1, 2, 3, 4],
        "padding": range(4),
        "dilation": [1, 2],
        "ceil": [None, False, True],
    }
    hold(grid("maxpool", range(1, 15), kernel=[kernel], **every), 1680)


@pytest.mark.parametrize("kernel", KERNELS)
def test_every_small_average_pool(kernel: int) -> None:
    every = {"stride": [None, 1, 2, 3, 4], "padding": range(4), "ceil": [None, False, True]}
    hold(grid("avgpool", range(1, 15), kernel=[kernel], **every), 840)


def test_every_small_lp_pool() -> None:
    hold(
        grid("lppool", range(1, 15), kernel=KERNELS, stride=[None, 1, 2, 3, 4], ceil=[None, False, True]),
        1050,
    )


@pytest.mark.parametrize("op", ["maxpool", "avgpool"])
@pytest.mark.parametrize("ceil", [False, True])
@pytest.mark.parametrize("rank", [2, 3])
def test_pools_over_several_axes(op: str, ceil: bool, rank: int) -> None:
    """Sizes from the largest kernel on: see the test on average pools over three axes for less."""
    cases = drawn(op, 250, rank, range(4, 10), kernel=[1, 2, 3, 4], stride=[1, 2, 3, 4], padding=[0, 0, 1, 2])
    hold([case._replace(args={**case.args, "ceil": ceil}) for case in cases], 250)


@pytest.mark.parametrize("rank", [2, 3])
def test_lp_pools_over_several_axes(rank: int) -> None:
    cases = drawn("lppool", 100, rank, range(4, 9), kernel=[1, 2, 3, 4], stride=[1, 2, 3])
    hold([case._replace(args={**case.args, "ceil": bool(i % 2)}) for i, case in enumerate(cases)], 100)


@pytest.mark.parametrize("op", ["adaptive_avgpool", "adaptive_maxpool"])
def test_every_small_adaptive_pool(op: str) -> None:
    hold(grid(op, range(1, 25), out=range(1, 17)), 384)


@pytest.mark.parametrize("rank", [2, 3])
@pytest.mark.parametrize("op", ["adaptive_avgpool", "adaptive_maxpool"])
def test_adaptive_pools_over_several_axes(op: str, rank: int) -> None:
    hold(drawn(op, 100, rank, range(1, 10), out=range(1, 8)), 100)


def test_unfold() -> None:
    hold(
        drawn(
            "unfold",
            1000,
            2,
            range(1, 9),
            kernel=[1, 2, 3, 4],
            stride=[1, 2, 3],
            padding=range(3),
            dilation=[1, 2],
        ),
        1000,
    )


def test_channels_of_unfold() -> None:
    cases = [
        Case("unfold", {"kernel": [2, 3], "stride": s, "padding": p}, (3, 5, 6))
        for s in (1, 2, 3)
        for p in (0, 1)
    ]
    for case, record in zip(cases, records(cases, "pytorch"), strict=True):
        assert not isinstance(record, str)
        blocks = F.unfold(
            torch.zeros(1, *case.shape), (2, 3), stride=case.args["stride"], padding=case.args["padding"]
        )
        assert tuple(blocks.shape[1:]) == (
            record.shape.channels,
            prod(size or 0 for size in record.shape.sizes),
        ), case


@pytest.mark.parametrize("op", ["pixel_shuffle", "pixel_unshuffle"])
def test_pixel_shuffles(op: str) -> None:
    every = [(c, r) for c in (1, 2, 3) for r in (1, 2, 3, 4)]
    shuffled = [Case(op, {"factor": r}, (c * r**2, 3, 5)) for c, r in every]
    unshuffled = [Case(op, {"factor": r}, (c, 2 * r, 3 * r)) for c, r in every]
    for case, record in zip(shuffled + unshuffled, records(shuffled + unshuffled, "pytorch"), strict=True):
        try:
            shape = tuple(getattr(F, op)(torch.zeros(1, *case.shape), case.args["factor"]).shape[1:])
        except RuntimeError:
            assert record == "E302", case
        else:
            assert not isinstance(record, str)
            assert record.shape.axes == shape, case


MODULES: list[tuple[str, dict[str, Any], str, tuple[int, ...], dict[str, Any]]] = [
    ("conv", {"out": 6, "kernel": 3}, "Conv{}d", (4, 6, 3), {}),
    ("conv", {"out": 6, "kernel": 2, "groups": 2}, "Conv{}d", (4, 6, 2), {"groups": 2}),
    ("conv", {"out": 6, "kernel": 3, "bias": False}, "Conv{}d", (4, 6, 3), {"bias": False}),
    ("depthwise", {"mult": 2, "kernel": 3}, "Conv{}d", (4, 8, 3), {"groups": 4}),
    ("conv_transpose", {"out": 6, "kernel": 3}, "ConvTranspose{}d", (4, 6, 3), {}),
    ("conv_transpose", {"out": 6, "kernel": 3, "groups": 2}, "ConvTranspose{}d", (4, 6, 3), {"groups": 2}),
    ("bn", {}, "BatchNorm{}d", (4,), {}),
    ("bn", {"scale": False}, "BatchNorm{}d", (4,), {"affine": False}),
    ("instance_norm", {}, "InstanceNorm{}d", (4,), {}),
    ("instance_norm", {"affine": True}, "InstanceNorm{}d", (4,), {"affine": True}),
    ("gn", {"groups": 2}, "GroupNorm", (2, 4), {}),
    ("prelu", {}, "PReLU", (), {}),
    ("prelu", {"per_channel": True}, "PReLU", (4,), {}),
]


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize(
    ("op", "args", "name", "given", "named"), MODULES, ids=[f"{row[0]} {row[1]}" for row in MODULES]
)
def test_parameters_and_buffers(
    op: str, args: dict[str, Any], name: str, given: tuple[int, ...], named: dict[str, Any], rank: int
) -> None:
    (record,) = records([Case(op, args, (4, *(5,) * rank))], "pytorch")
    assert not isinstance(record, str)
    built = getattr(torch.nn, name.format(rank))(*given, **named)
    assert record.params == sum(one.numel() for one in built.parameters())
    assert record.buffers == sum(
        one.numel() for name, one in built.named_buffers() if name != "num_batches_tracked"
    )


def test_the_documented_ceil_of_max_pool_1d_is_not_what_it_does() -> None:
    """torch 2.13 documents ceil((n + 2p - d(k-1) - 1 + (s-1)) / s) + 1, which rounds up twice, less a window in the padding."""
    assert "- 1 + (stride - 1)}{" in torch.nn.MaxPool1d.__doc__
    cases = grid(
        "maxpool",
        range(1, 13),
        kernel=range(1, 5),
        stride=range(1, 4),
        padding=range(3),
        dilation=[1, 2],
        ceil=[True],
    )
    got = [
        (case, one.sizes[0])
        for case, one in zip(cases, answers(cases, "pytorch"), strict=True)
        if one.refusal is None
    ]
    differs = [case for case, size in got if size != documented(case)]
    assert len(differs) > len(got) // 10
    assert F.max_pool1d(torch.zeros(1, 1, 7), 3, 2, ceil_mode=True).shape[-1] == 3
    assert documented(Case("maxpool", {"kernel": 3, "stride": 2, "padding": 0, "dilation": 1}, (1, 7))) == 4


def documented(case: Case) -> int:
    kernel, stride, padding, dilation = (
        case.args[name] for name in ("kernel", "stride", "padding", "dilation")
    )
    room = case.sizes[0] + 2 * padding - dilation * (kernel - 1) - 1
    size: int = -(-(room + stride - 1) // stride) + 1
    return size - 1 if (size - 1) * stride >= case.sizes[0] + padding else size


def test_average_pools_over_three_axes_want_a_map_of_at_least_the_kernel() -> None:
    """The documented size has padding in it, and 1-D and 2-D pools and max pools follow it; avg_pool3d alone does not."""
    cases = grid(
        "avgpool", range(1, 8), kernel=KERNELS, stride=[1, 2, 3], padding=[0, 1, 2], ceil=[False, True]
    )
    got = answers(cases, "pytorch")
    small = 0
    for case, one in zip(cases, got, strict=True):
        if one.refusal is not None:
            continue
        a, (n,) = case.args, case.sizes
        args = ([1, 1, a["kernel"]], [1, 1, a["stride"]], [0, 0, a["padding"]], a["ceil"])
        if n < a["kernel"]:
            small += 1
            with pytest.raises(RuntimeError, match="smaller than kernel size"):
                F.avg_pool3d(torch.zeros(1, 1, 1, 1, n), *args)
        else:
            assert F.avg_pool3d(torch.zeros(1, 1, 1, 1, n), *args).shape[-1:] == one.sizes
        assert F.max_pool3d(torch.zeros(1, 1, 1, 1, n), *args[:3], 1, a["ceil"]).shape[-1:] == one.sizes
    assert small >= 30


def test_the_documented_padding_limit_of_a_dilated_max_pool_is_not_the_one_it_has() -> None:
    """Half of the dilated kernel by the newest message of 2-D pools, half of the kernel by what all of them do."""
    for pool, rank in ((F.max_pool1d, 1), (F.max_pool2d, 2), (F.max_pool3d, 3)):
        with pytest.raises(RuntimeError, match="half of kernel size"):
            pool(torch.zeros(1, 1, *(9,) * rank), 3, 1, 2, 2)
    cases = [Case("maxpool", {"kernel": 3, "stride": 1, "padding": 2, "dilation": 2}, (1, 9, 9))]
    assert records(cases, "pytorch") == ["E305"]


def test_what_pytorch_has_not() -> None:
    """Arguments that its pools do not take, and a linear layer that reads the last axis, not the channels."""
    for module, name in (("AvgPool2d", "dilation"), ("LPPool2d", "dilation"), ("LPPool2d", "padding")):
        assert name not in inspect.signature(getattr(torch.nn, module)).parameters
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        torch.nn.Linear(4, 2)(torch.zeros(1, 4, 9, 9))
