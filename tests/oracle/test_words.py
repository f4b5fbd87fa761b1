"""The words of language 1.1 against PyTorch, torchvision and Keras: counts, sizes, and what each unit reads."""

from __future__ import annotations

import json
from typing import Any

import pytest

import cnncalc
from cnncalc.analysis.report import LayerReport

torch: Any = pytest.importorskip("torch")
nn, F = torch.nn, torch.nn.functional

Items = list[Any]


def last_of(layers: Items, input: Any, **keys: Any) -> LayerReport:
    (model,) = cnncalc.loads(json.dumps({"input": input, "layers": layers, **keys}))
    report = cnncalc.analyze(model)
    assert report.failed is None, report.diagnostics
    return report.layers[-1]


def numbers(module: Any) -> int:
    return sum(value.numel() for value in module.parameters())


def multiplied(run: Any, *tensors: Any) -> int:
    """Multiply-accumulates as PyTorch's own counter has them."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter, torch.no_grad():
        run(*tensors)
    total = counter.get_total_flops()
    assert total % 2 == 0
    return int(total) // 2


def reads(function: Any, size: int, unit: int) -> tuple[int, int]:
    """The first and the last input position on which a unit depends."""
    x = torch.rand(1, 1, size, dtype=torch.float64, requires_grad=True)
    function(x)[0, 0, unit].backward()
    (seen,) = torch.nonzero(x.grad[0, 0], as_tuple=True)
    return int(seen.min()), int(seen.max())


def clipped(span: tuple[int, int] | None, size: int) -> tuple[int, int]:
    assert span is not None
    return max(span[0], 0), min(span[1], size - 1)


# Attention


@pytest.mark.parametrize(("channels", "heads", "bias"), [(12, 3, True), (16, 4, False), (8, 1, True)])
def test_attention_is_that_of_pytorch(channels: int, heads: int, bias: bool) -> None:
    module = nn.MultiheadAttention(channels, heads, bias=bias)
    item = {"attention": {"heads": heads, "bias": bias, "out_bias": bias}}
    layer = last_of([item], [channels, 10])
    assert layer.params == numbers(module)
    x = torch.rand(10, 1, channels)
    module.train()  # inference takes a fused path that the counter does not see
    assert layer.macs == multiplied(module, x, x, x)


def test_attention_to_another_tensor_of_other_channels() -> None:
    module = nn.MultiheadAttention(12, 3, kdim=20, vdim=20)
    layers = [{"attention": {"heads": 3, "kv": "text"}, "from": "image"}]
    layer = last_of(layers, {"image": [12, 4, 5], "text": [20, 7]})
    assert layer.params == numbers(module)
    module.train()
    assert layer.macs == multiplied(module, torch.rand(20, 1, 12), *[torch.rand(7, 1, 20)] * 2)


@pytest.mark.parametrize(("size", "shift"), [(56, 0), (56, 3), (15, 3), (7, 3), (5, 2), (28, 6)])
def test_shifted_windows_are_those_of_torchvision(size: int, shift: int) -> None:
    define_operators()
    swin = pytest.importorskip("torchvision.models.swin_transformer")
    module = swin.ShiftedWindowAttention(12, [7, 7], [shift, shift], 3).double()
    item = {"attention": {"heads": 3, "window": 7, "shift": shift, "position": "table"}}
    layer = last_of([item], [12, size, size])
    assert layer.params == numbers(module)
    x = torch.rand(1, size, size, 12, dtype=torch.float64)
    assert layer.macs == multiplied(module, x)
    for unit in sorted({0, 1, 3, size // 2, size - 1, max(0, size - 4)}):
        x = x.detach().requires_grad_()
        module(x)[0, unit, unit].sum().backward()
        seen = torch.nonzero(x.grad[0].abs().sum(-1) > 1e-30)  # a masked place has a weight of e**-100
        for axis, field in enumerate(layer.field.axes):
            found = int(seen[:, axis].min()), int(seen[:, axis].max())
            assert clipped(field.at(unit), size) == found, unit
        x.grad = None


def define_operators() -> None:
    """torchvision's operators that this PyTorch has no binary for."""
    for name in ("nms", "qnms"):
        if not hasattr(torch.ops.torchvision, name):
            torch.library.define(
                f"torchvision::{name}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
            )


def test_efficient_channel_attention_is_a_convolution_over_channels() -> None:
    module = nn.Conv1d(1, 1, 5, padding=2, bias=False)
    layer = last_of(["global_avgpool", {"eca": 5}], [24, 6, 6])
    assert layer.params == numbers(module)
    assert layer.macs == multiplied(module, torch.rand(1, 1, 24))


# Recurrent layers


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("both", [False, True])
def test_recurrent_layers_are_those_of_pytorch(kind: str, layers: int, both: bool) -> None:
    module = getattr(nn, kind)(6, 5, num_layers=layers, bidirectional=both)
    arguments = {"hidden": 5, "layers": layers, "bidirectional": both}
    layer = last_of([{kind.lower(): arguments}], [6, 9])
    shapes = dict(module.named_parameters())
    assert layer.weights == sum(value.numel() for name, value in shapes.items() if "weight" in name)
    assert layer.biases == sum(value.numel() for name, value in shapes.items() if "bias" in name)
    y, _ = module(torch.rand(9, 1, 6))
    assert layer.shape.axes == (y.shape[-1], y.shape[0])
    assert layer.weights is not None
    assert layer.macs == layer.weights * 9, "every weight once a step"
    for unit in (0, 4, 8):
        x = torch.rand(9, 1, 6, requires_grad=True)
        module(x)[0][unit].sum().backward()
        seen = torch.nonzero(x.grad.abs().sum((1, 2)))
        (axis,) = layer.field.axes
        expected = (0, 8) if both else clipped(axis.at(unit), 9)
        assert axis.is_global == both
        assert (int(seen.min()), int(seen.max())) == expected


def test_the_last_state_is_a_vector() -> None:
    layer = last_of([{"conv3": 6}, {"gru": {"hidden": 5, "sequence": False}}], [2, 9])
    assert layer.shape.axes == (5,)
    assert layer.field.is_global


# Interpolation


@pytest.mark.parametrize("size", [5, 8, 9])
@pytest.mark.parametrize("factor", ["3/2", "5/4", "2/3", "1/2", "7/3", "2", "3"])
@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic"])
@pytest.mark.parametrize("align", [False, True])
def test_interpolation_by_a_factor(size: int, factor: str, mode: str, align: bool) -> None:
    if mode == "nearest" and align:
        return
    item = {"upsample": {"factor": factor, "mode": mode, "align_corners": align}}
    layer = last_of([item], [1, size, size])
    upper, _, lower = factor.partition("/")
    scale = int(upper) / int(lower or 1)
    holds_interpolation(layer, size, mode, align, {"scale_factor": (scale, scale)})


@pytest.mark.parametrize(("size", "target"), [(9, 17), (5, 12), (8, 3), (6, 6), (7, 1), (1, 4)])
@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic"])
@pytest.mark.parametrize("align", [False, True])
@pytest.mark.parametrize("to", [False, True])
def test_interpolation_to_a_size(size: int, target: int, mode: str, align: bool, to: bool) -> None:
    if mode == "nearest" and align:
        return
    given = {"mode": mode, "align_corners": align}
    item = {"upsample_to": {"target": "b", **given}} if to else {"upsample": {"size": target, **given}}
    layer = last_of([{**item, "from": "a"}], {"a": [1, size, size], "b": [1, target, target]})
    holds_interpolation(layer, size, mode, align, {"size": (target, target)})


def holds_interpolation(layer: LayerReport, size: int, mode: str, align: bool, given: Any) -> None:
    given |= {"mode": mode} | ({} if mode == "nearest" else {"align_corners": align})
    x = torch.rand(1, 1, size, size, dtype=torch.float64, requires_grad=True)
    y = F.interpolate(x, **given)
    assert layer.shape.axes == tuple(y.shape[1:])
    for unit in range(y.shape[2]):
        (gradient,) = torch.autograd.grad(y[0, 0, unit, unit], x, retain_graph=True)
        seen = torch.nonzero(gradient[0, 0])
        for axis, field in enumerate(layer.field.axes):
            found = int(seen[:, axis].min()), int(seen[:, axis].max())
            assert clipped(field.at(unit), size) == found, unit


# Convolutions


@pytest.mark.parametrize("modulated", [False, True])
@pytest.mark.parametrize("groups", [1, 2])
def test_deformable_convolution_is_that_of_torchvision(modulated: bool, groups: int) -> None:
    define_operators()
    module = pytest.importorskip("torchvision.ops").DeformConv2d(8, 12, 3, stride=2, padding=1)
    offsets = nn.Conv2d(8, groups * 9 * (3 if modulated else 2), 3, stride=2, padding=1)
    arguments = {"out": 12, "stride": 2, "padding": 1, "offset_groups": groups, "modulated": modulated}
    (model,) = cnncalc.loads(json.dumps({"input": [8, 11, 9], "layers": [{"deform_conv3x3": arguments}]}))
    report = cnncalc.analyze(model)
    made, layer = report.layers
    assert made.params == numbers(offsets)
    assert made.shape.axes == tuple(offsets(torch.rand(1, 8, 11, 9)).shape[1:])
    assert layer.params == numbers(module)
    assert layer.macs == 12 * 8 * 9 * 6 * 5
    assert layer.shape.axes == (12, 6, 5)
    assert layer.field.size == (3, 3)
    assert layer.field.is_global


@pytest.mark.parametrize(("stride", "dilation"), [(1, 1), (2, 1), (3, 1), (2, 3)])
def test_a_transposed_convolution_chooses_its_output_padding(stride: int, dilation: int) -> None:
    """PyTorch takes the same sizes and refuses the same ones."""
    module = nn.ConvTranspose1d(2, 3, 3, stride=stride, padding=1, dilation=dilation)
    x = torch.rand(1, 2, 7)
    least = (7 - 1) * stride - 2 + dilation * 2 + 1
    for size in range(max(least - 2, 1), least + 5):
        item = {
            "conv_transpose3": {"out": 3, "stride": stride, "padding": 1, "dilation": dilation, "size": size}
        }
        (model,) = cnncalc.loads(json.dumps({"input": [2, 7], "layers": [item]}))
        report = cnncalc.analyze(model)
        try:
            # PyTorch takes only what an output padding below the stride gives, though it takes as much of the dilation.
            out = module(x, output_size=[size]).shape[-1] if dilation == 1 else None
        except ValueError:
            assert report.failed is not None, size
            continue
        if out is not None:
            assert report.layers[-1].shape.sizes == (out,) == (size,)
        else:
            assert (report.failed is None) == (least <= size < least + max(stride, dilation))


# Broadcasting


@pytest.mark.parametrize("op", ["add", "sub", "mul", "div", "max"])
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((4, 5, 6), (1, 5, 6)),
        ((4, 5, 6), (4, 1, 6)),
        ((4, 5, 1), (1, 1, 6)),
        ((1, 5, 6), (4, 5, 6)),
        ((4, 5, 6), (2, 5, 6)),
        ((4, 5, 6), (4, 5, 2)),
    ],
)
def test_broadcasting_is_that_of_pytorch(op: str, one: Any, other: Any) -> None:
    spec = {"input": {"a": list(one), "b": list(other)}, "layers": [{op: ["a", "b"]}]}
    report = cnncalc.analyze(cnncalc.loads(json.dumps(spec))[0])
    run = {"add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div, "max": torch.maximum}[op]
    try:
        expected = tuple(run(torch.rand(one), torch.rand(other)).shape)
    except RuntimeError:
        assert report.failed is not None
        return
    assert report.layers[-1].shape.axes == expected


# Keras


@pytest.mark.slow
@pytest.mark.parametrize(
    ("item", "input", "name", "arguments"),
    [
        ({"lstm": 5}, [6, 9], "LSTM", {"units": 5, "return_sequences": True}),
        ({"gru": 5}, [6, 9], "GRU", {"units": 5, "return_sequences": True}),
        ({"rnn": {"hidden": 5, "sequence": False}}, [6, 9], "SimpleRNN", {"units": 5}),
        ({"linear": 7}, [6, 9, 4], "Dense", {"units": 7}),
        ({"bn": {"gamma": False}}, [6, 9, 4], "BatchNormalization", {"scale": False}),
        ({"bn": {"beta": False}}, [6, 9, 4], "BatchNormalization", {"center": False}),
        ({"ln": {"beta": False}}, [6, 9, 4], "LayerNormalization", {"center": False}),
        (
            {"conv3": {"out": 4, "dilation": 2, "padding": "causal"}},
            [6, 9],
            "Conv1D",
            {"filters": 4, "kernel_size": 3, "dilation_rate": 2, "padding": "causal"},
        ),
    ],
)
def test_words_are_those_of_keras(item: Any, input: list[int], name: str, arguments: Any) -> None:
    keras = pytest.importorskip("keras")
    layer = last_of([item], input, framework="tensorflow")
    channels, *sizes = input
    module = getattr(keras.layers, name)(**arguments)
    out = module(keras.ops.zeros((1, *sizes, channels)))
    *places, made = out.shape[1:]
    assert layer.shape.axes == (made, *places)
    assert layer.params == sum(one.numpy().size for one in module.trainable_weights)
    assert layer.buffers == sum(one.numpy().size for one in module.non_trainable_weights)
