"""Receptive fields against the support of the gradient in PyTorch, unit by unit and layer by layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given

import cnncalc
from cnncalc.analysis.follow import MOST_UNITS
from cnncalc.analysis.inside import inside_of_each
from cnncalc.analysis.report import LayerReport
from tests.oracle.build import Refusal, networks
from tests.oracle.strategies import NEWER, networks_of, specs

torch = pytest.importorskip("torch")

from tests.oracle.support import Seen, Support, supports  # noqa: E402


def agree(text: str) -> int:
    """Hold every unit of every layer against PyTorch; how many did not touch a border and were equal."""
    (network,) = networks(text)
    try:
        seen = supports(network)
    except Refusal:
        return 0
    (model,) = cnncalc.loads(text)
    report = cnncalc.analyze(model)
    assert report.failed is None, text
    (_, shape), counted = report.inputs[0], 0
    read = inside_of_each(report, MOST_UNITS)
    for layer, axes in zip(report.layers, seen, strict=True):
        sizes = [size or 0 for size in shape.sizes]
        for support, field in zip(axes, layer.field.axes, strict=True):
            assert field.is_global or not support.is_global, (layer.path, text)
        if is_blank(axes):
            assert is_explained(layer, axes, sizes), (layer.path, text)
            continue
        for axis, support in enumerate(axes):
            counted += agree_on_axis(layer, axis, support, sizes[axis], text)
            if layer.field.axes[axis].maps:
                spans = tuple([unit.span for unit in support.units])
                assert read[axis][layer.path].spans == spans, (layer.path, axis, text)
    return counted


def is_blank(axes: tuple[Support, ...]) -> bool:
    """Whether no unit sees anything locally."""
    return all(axis.units and not any(unit.span for unit in axis.units) for axis in axes)


def is_explained(layer: LayerReport, axes: tuple[Support, ...], sizes: list[int]) -> bool:
    """Whether there is no local path, or one that along some axis reads padding or the holes of a transposed convolution only."""
    right = [is_right_on_axis(layer, axis, support, sizes[axis]) for axis, support in enumerate(axes)]
    return all(right) or any(
        is_so and field.maps for is_so, field in zip(right, layer.field.axes, strict=True)
    )


def is_right_on_axis(layer: LayerReport, axis: int, support: Support, size: int) -> bool:
    field = layer.field.axes[axis]
    return all(is_right(field.at(unit), seen, size) for unit, seen in enumerate(support.units))


def agree_on_axis(layer: LayerReport, axis: int, support: Support, size: int, text: str) -> int:
    field = layer.field.axes[axis]
    if not is_blank((support,)):
        assert support.is_global == field.is_global, (layer.path, axis, text)
    assert (field.unknown, field.unknown_start) == (None, None), (layer.path, field, text)
    if not support.units:
        assert not field.maps, (layer.path, axis, text)
    for unit, seen in enumerate(support.units):
        got = field.at(unit)
        if field.looks_back and got and seen.span:
            # All before: also what a crop took away, which `inside` knows.
            got = (max(got[0], seen.span[0]), got[1])
        assert is_right(got, seen, size), (layer.path, axis, unit, got, seen, text)
    inner = {unit: seen.span for unit, seen in enumerate(support.units) if not seen.at_border}
    if field.looks_back:
        assert any(op in text for op in ("lstm", "gru", "rnn")), (layer.path, axis, text)
        return len(inner)
    largest = max((last - first + 1 for first, last in filter(None, inner.values())), default=0)
    assert largest <= (layer.field.size[axis] or 0), (layer.path, axis, text)
    if len(field.maps) == 1 and len({unit % len(field.maps[0].spans) for unit in inner}) == len(
        field.maps[0].spans
    ):
        assert largest == (layer.field.size[axis] or 0), (layer.path, axis, text)
    return len(inner)


def is_right(got: tuple[int, int] | None, seen: Seen, size: int) -> bool:
    """Exact inside; a unit that also reads beyond the end of a map sees no more than was computed, clipped to the input."""
    if not seen.at_border:
        return got == seen.span
    if seen.span is None:
        return True
    first, last = seen.span
    return got is not None and max(0, got[0]) <= first and last <= min(size - 1, got[1])


def test_one_dimensional_networks() -> None:
    inside: list[int] = []

    @networks_of("fields, 1-D")
    @given(specs(ranks=(1,), sizes=(20, 40), more=NEWER))
    def hold(text: str) -> None:
        inside.append(agree(text))

    hold()
    assert sum(inside) > 60 * len(inside)


@networks_of("fields, 2-D")
@given(specs(ranks=(2,), sizes=(12, 24), more=NEWER))
def test_two_dimensional_networks(text: str) -> None:
    agree(text)


@networks_of("fields, 3-D")
@given(specs(ranks=(3,), sizes=(5, 8), more=NEWER))
def test_three_dimensional_networks(text: str) -> None:
    agree(text)


@networks_of("fields, small maps")
@given(specs(sizes=(2, 12), wild=True, more=NEWER))
def test_small_maps(text: str) -> None:
    agree(text)


PHENOMENA = {
    "dilation": "[conv3: {out: 2, dilation: 2, padding: 2}, conv3: {out: 2, dilation: 4, padding: 4}]",
    "stride beyond the kernel": "[conv2: {out: 2, stride: 3}, conv3: {out: 2}]",
    "pool rounded up": "[maxpool3: {stride: 2, padding: 1, ceil: true}, avgpool2: {ceil: true}, conv3: {out: 2, padding: 1}]",
    "pool with gaps": "[maxpool2: {dilation: 3, stride: 2}, conv3: {out: 1}]",
    "transposed, odd kernel": "[conv3: {out: 2, stride: 2}, "
    "conv_transpose3: {out: 2, stride: 2, padding: 1, output_padding: 1}, conv3: 2]",
    "transposed, even kernel": "[conv3: {out: 2, stride: 2}, conv_transpose4: {out: 2, stride: 2, padding: 1}, conv3: {out: 2}]",
    "transposed with holes": "[conv_transpose1: {out: 2, stride: 3}, conv2: {out: 2}]",
    "transposed and dilated": "[conv_transpose3: {out: 2, stride: 3, dilation: 2}, conv3: {out: 2, stride: 2}]",
    "transposed, dilation and stride share a factor": "[conv_transpose3: {out: 2, stride: 4, dilation: 2}, conv2: {out: 2}]",
    "nearest": "[avgpool2, upsample: 2, conv3: {out: 2, padding: 1}]",
    "bilinear, even factor": "[avgpool2, upsample: {factor: 2, mode: bilinear}, conv3: {out: 2}]",
    "bilinear, odd factor": "[conv3: {out: 2, stride: 3}, upsample: {factor: 3, mode: bilinear}, conv2: {out: 2}]",
    "resized": "[upsample: {size: 17}, conv3: {out: 2}, upsample: {size: 40, mode: bilinear}]",
    "misaligned branches": "[add: {l: [crop: [[0, 2]], conv3: {out: 2}], r: [crop: [[2, 0]], conv3: {out: 2}]}]",
    "branches of unequal stride": "[upsample: {size: 25}, "
    "concat: {l: [conv3: {out: 2, stride: 2}, upsample: {size: 21}], r: [crop: 2]}, conv3: 2]",
    "skip over a bottleneck": "[{conv3: {out: 2, padding: 1}, name: a}, maxpool2, conv3: {out: 2, padding: 1}, "
    "conv_transpose2: {out: 2, stride: 2}, upsample_to: a, concat: [prev, a], conv3: {out: 2}]",
    "adaptive bins": "[conv3: {out: 2}, adaptive_maxpool: 5, conv2: {out: 2}]",
    "adaptive bins that overlap": "[adaptive_avgpool: 20, conv3: {out: 2}]",
    "pyramid level": "[{spp_level: {bins: 6, mode: exact}}, conv2: 2]",
    "gate": "[conv3: {out: 2}, mul: [prev, [global_avgpool, conv1: {out: 2}, sigmoid]], conv3: {out: 2}]",
    "group norm": "[conv3: {out: 2}, gn: 2, conv3: {out: 2, stride: 2}]",
    "instance norm": "[conv3: {out: 2}, instance_norm]",
    "vector": "[conv3: {out: 2}, flatten, linear: 3, linear: 2]",
    "pixels": "[conv3: {out: 4}, pixel_shuffle: 2, conv3: {out: 2, stride: 2}, crop: [[0, 1]], "
    "upsample: {size: 12}, pixel_unshuffle: 2]",
}


@pytest.mark.parametrize("layers", PHENOMENA.values(), ids=PHENOMENA.keys())
@pytest.mark.parametrize("size", [23, 24, 25, 29])
def test_phenomenon(layers: str, size: int) -> None:
    assert agree(f"input: [2, {size}]\nlayers: {layers}") >= 0
    (network,) = networks(f"input: [2, {size}]\nlayers: {layers}")
    assert supports(network)


def gradient_span(function: Callable[[Any], Any], size: int, unit: int) -> tuple[int, int]:
    """First and last input position along the axis with a gradient to one unit, with PyTorch's own modules."""
    torch.manual_seed(7)
    x = torch.rand(1, 4, size, dtype=torch.double, requires_grad=True)
    y = function(x)
    # A weight per channel, as the sum over all of what a norm gives is constant.
    (y[0, :, unit] * torch.arange(1.0, y.shape[1] + 1)).sum().backward()
    positions = torch.nonzero(x.grad.abs().sum((0, 1)) > 1e-12).flatten().tolist()
    return positions[0], positions[-1]


def positive(module: Any) -> Any:
    module = module.double()
    for parameter in module.parameters():
        parameter.data.uniform_(0.5, 1.5)
    return module


def record_of(layers: str, size: int) -> LayerReport:
    (model,) = cnncalc.loads(f"input: [4, {size}]\nlayers: {layers}")
    return cnncalc.analyze(model).layers[-1]


@pytest.mark.parametrize("unit", [3, 4, 5, 6])
def test_the_gradient_of_untouched_modules_agrees(unit: int) -> None:
    nn = torch.nn
    stack = nn.Sequential(
        positive(nn.Conv1d(4, 4, 3, stride=2)),
        nn.BatchNorm1d(4).double().eval(),
        nn.ReLU(),
        positive(nn.ConvTranspose1d(4, 4, 3, stride=2, padding=1, output_padding=1)),
        nn.GELU(),
        nn.AvgPool1d(2),
        nn.Upsample(scale_factor=2.0, mode="linear"),
        positive(nn.Conv1d(4, 4, 3, dilation=2)),
    )
    layers = (
        "[conv3: {out: 4, stride: 2, norm: bn, act: relu}, "
        "conv_transpose3: {out: 4, stride: 2, padding: 1, output_padding: 1, act: gelu}, avgpool2, "
        "upsample: {factor: 2, mode: bilinear}, conv3: {out: 4, dilation: 2}]"
    )
    assert record_of(layers, 40).field.at((unit,)) == (gradient_span(stack, 40, unit),)


@pytest.mark.parametrize(
    ("layers", "module"),
    [
        ("[gn: 2]", lambda nn: nn.GroupNorm(2, 4)),
        ("[{instance_norm: {affine: true}}]", lambda nn: nn.InstanceNorm1d(4, affine=True)),
        ("[global_avgpool]", lambda nn: nn.AdaptiveAvgPool1d(1)),
        ("[adaptive_avgpool: 1]", lambda nn: nn.AdaptiveAvgPool1d(1)),
        (
            "[flatten, linear: 3]",
            lambda nn: nn.Sequential(nn.Flatten(), nn.Linear(80, 3), nn.Unflatten(1, (3, 1))),
        ),
    ],
)
def test_global_layers_have_a_gradient_everywhere(layers: str, module: Callable[[Any], Any]) -> None:
    assert gradient_span(positive(module(torch.nn)), 20, 0) == (0, 19)
    assert record_of(layers, 20).field.is_global


@pytest.mark.parametrize(
    ("layers", "module"),
    [
        ("[bn]", lambda nn: nn.BatchNorm1d(4).eval()),
        ("[lrn]", lambda nn: nn.LocalResponseNorm(5)),
        ("[softmax]", lambda nn: nn.Softmax(1)),
        ("[prelu]", lambda nn: nn.PReLU()),
        ("[channel_shuffle: 2]", lambda nn: nn.ChannelShuffle(2)),
    ],
)
def test_layers_on_channels_have_a_gradient_in_place(layers: str, module: Callable[[Any], Any]) -> None:
    assert gradient_span(positive(module(torch.nn)), 20, 6) == (6, 6)
    field = record_of(layers, 20).field
    assert not field.is_global
    assert field.at((6,)) == ((6, 6),)


def test_layer_norm_over_channels_stays_in_place() -> None:
    norm = positive(torch.nn.LayerNorm(4))
    assert gradient_span(lambda x: norm(x.movedim(1, -1)).movedim(-1, 1), 20, 6) == (6, 6)
    assert record_of("[ln]", 20).field.at((6,)) == ((6, 6),)


def test_a_gate_sees_everything_and_keeps_its_local_field() -> None:
    nn = torch.nn
    first, last, squeeze = (positive(nn.Conv1d(4, 4, k)) for k in (3, 3, 1))

    def gated(x: Any) -> Any:
        y = first(x)
        return last(y * torch.sigmoid(squeeze(y.mean(2, keepdim=True)) / 50))

    record = record_of("[conv3: 4, mul: [prev, [global_avgpool, conv1: 4, sigmoid]], conv3: 4]", 20)
    assert gradient_span(gated, 20, 7) == (0, 19)
    assert record.field.is_global
    assert record.field.size == (5,)
    assert record.field.at((7,)) == (gradient_span(lambda x: last(first(x)), 20, 7),)
