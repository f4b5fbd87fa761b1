"""Effective receptive fields held against the squared gradients of PyTorch networks with random weights."""

from __future__ import annotations

from math import prod, sqrt
from typing import Any, NamedTuple

import pytest

import cnncalc
from cnncalc.questions.effective import profile, profile_of
from tests.oracle.build import Builder, per_axis
from tests.oracle.modules import MAKERS, Modules, Tensor, torch
from tests.oracle.whole_numbers import WholeNumbers, network_of

Args = dict[str, Any]
DRAWS = 60


class RandomWeights(Modules):
    """Modules with independent normal weights; the squares of what a unit reads add up to 1."""

    def _apply(self, op: str, args: Args, tensors: list[Tensor], tie: int | None) -> Tensor:
        module = MAKERS[op](args, tensors).eval().double()
        rank = tensors[0].dim() - 2
        stride = per_axis(args.get("stride", 1), rank) if rank else []
        for name, value in module.named_parameters():
            if "bias" in name:
                continue
            taps = value[0].numel()
            if op == "conv_transpose":
                taps = value[:, 0].numel() / prod(stride)
            with torch.no_grad():
                value.copy_(torch.randn(value.shape).double() / sqrt(taps))
        with torch.enable_grad():
            y = module(*tensors)
        self.modules.append(module)
        self.records.append(None)  # type: ignore[arg-type]
        return y


class Case(NamedTuple):
    layers: str
    input: str = "[18, 61]"
    framework: str = "pytorch"

    @property
    def text(self) -> str:
        return f"framework: {self.framework}\ninput: {self.input}\nlayers: {self.layers}"


C = "conv3: {out: 18, padding: 1}"
CASES = {
    "five convolutions": Case(f"[{C}, {C}, {C}, {C}, {C}]"),
    "dilation": Case(f"[{C}, conv3: {{out: 18, padding: 2, dilation: 2}}, conv3: {{out: 18, dilation: 4}}]"),
    "strides": Case(f"[conv5: {{out: 18, stride: 2, padding: 2}}, conv4: {{out: 18, stride: 3}}, {C}]", "[18, 121]"),
    "a max pool": Case(f"[{C}, maxpool3: {{stride: 2}}, {C}]"),
    "an average pool": Case(f"[{C}, avgpool2, {C}, {C}]"),
    "an average pool beside a convolution": Case(
        f"[{C}, concat: [[avgpool5: {{stride: 1, padding: 2}}], [conv3: {{out: 6, padding: 1}}]], {C}]"
    ),
    "residuals": Case(f"[{C}, residual: [{C}, {C}], residual: [{C}, {C}], residual: [{C}, {C}]]"),
    "a strided residual": Case(
        f"[{C}, residual: {{body: [conv3: {{out: 18, stride: 2, padding: 1}}, {C}], shortcut: [conv1: {{out: 18, stride: 2}}]}}, {C}]"
    ),
    "unequal branches side by side": Case(
        f"[{C}, concat: [[conv1: 6], [conv7: {{out: 30, padding: 3}}], [conv3: {{out: 12, padding: 1}}]], {C}]"
    ),
    "dense": Case(f"[{C}, dense_block: {{repeat: 3, body: [conv3: {{out: 9, padding: 1}}]}}, conv1: 18]"),
    "nearest": Case(f"[{C}, maxpool2, {C}, upsample: 2, {C}]"),
    "linear interpolation": Case(f"[conv3: {{out: 18, stride: 2, padding: 1}}, {{upsample: {{factor: 4, mode: bilinear}}}}, {C}]"),
    "linear interpolation to a size": Case(f"[{C}, {{upsample: {{size: 91, mode: bilinear}}}}, {C}]", "[18, 61]"),
    "a transposed convolution of unequal phases": Case(f"[{C}, conv_transpose3: {{out: 18, stride: 2}}, {C}]"),
    "a transposed convolution of equal phases": Case(f"[{C}, conv_transpose4: {{out: 18, stride: 2, padding: 1}}, {C}]"),
    "a small U-Net": Case(
        f"[{{{C}, name: a}}, maxpool2, {C}, {C}, conv_transpose2: {{out: 18, stride: 2}}, {{concat: [a, prev]}}, {C}]", "[18, 64]"
    ),
    "groups and depthwise": Case(f"[{C}, conv3: {{out: 18, groups: 3, padding: 1}}, depthwise5: {{padding: 2}}, conv1: 18]"),
    "shuffles and slices": Case(
        f"[{C}, {{identity: , name: a}}, {{slice: {{channels: [0, 9]}}, name: l}}, {{slice: {{channels: [9, 9]}}, from: a}},"
        " conv3: {out: 9, padding: 1}, {concat: [l, prev]}, channel_shuffle: 2, conv3: {out: 18, padding: 1}]"
    ),
    "pixels to channels and back": Case(f"[pixel_unshuffle: 2, {C}, conv3: {{out: 36, padding: 1}}, pixel_shuffle: 2, {C}]", "[18, 60]"),
    "borders": Case(f"[pad: [[3, 1]], {C}, crop: [[2, 1]], {C}]"),
    "a gate": Case(f"[{C}, mul: {{gate: [global_avgpool, conv1: 18, sigmoid], map: []}}, {C}]"),
    "two axes": Case(
        "[conv: {kernel: [3, 5], out: 12, padding: [1, 2]}, concat: [[avgpool3x3: {stride: 1, padding: 1}], [conv3x1: {out: 6, padding: [1, 0]}]],"
        " maxpool: {kernel: [1, 2]}, conv3x3: {out: 12, padding: 1}]",
        "[12, 25, 33]",
    ),
}  # fmt: skip


def measured(case: Case, unit: tuple[int, ...]) -> list[Tensor]:
    """The mean squared gradient of a unit over random weights, along each axis of the input."""
    network = network_of(case.text)
    (shape,) = network.inputs.values()
    torch.manual_seed(3)
    total = torch.zeros(shape[1:], dtype=torch.float64)
    for _ in range(DRAWS):
        x = torch.randn(1, *shape, dtype=torch.float64, requires_grad=True)
        out = Builder(network, RandomWeights(case.framework)).run({"input": x}).tensor
        signs = torch.randint(0, 2, out.shape[1:2]) * 2.0 - 1
        (gradient,) = torch.autograd.grad((out[(0, slice(None), *unit)] * signs).sum(), x)
        total += (gradient[0] ** 2).sum(0)
    return [
        total.movedim(axis, 0).flatten(1).sum(1) if total.dim() > 1 else total for axis in range(total.dim())
    ]


@pytest.mark.parametrize("name", CASES)
def test_the_gradient_is_spread_as_the_profile_says(name: str) -> None:
    (model,) = cnncalc.loads(CASES[name].text)
    last = cnncalc.analyze(model).layers[-1]
    found = profile(model, last.path)
    assert not found.approximate
    for axis, line in zip(found.axes, measured(CASES[name], found.unit), strict=True):
        assert axis is not None
        wanted = torch.zeros_like(line)
        wanted[axis.first : axis.first + len(axis.gradient)] = torch.tensor(
            axis.gradient, dtype=torch.float64
        )
        if name == "a gate":  # whose gradient reaches all positions, and is left out
            line = line * (wanted > 0)
        line = line / line.sum()
        assert torch.equal(line > 0, wanted > 0)
        assert float((line - wanted).abs().sum()) < 0.07, name
        at = torch.arange(len(line))
        deviations = [float((((at - (one * at).sum()) ** 2) * one).sum().sqrt()) for one in (line, wanted)]
        assert deviations[0] == pytest.approx(deviations[1], rel=0.03), name


class Ones(WholeNumbers):
    """Modules whose weights are all 1, so that the gradient counts paths."""

    def _apply(self, op: str, args: Args, tensors: list[Tensor], tie: int | None) -> Tensor:
        with torch.enable_grad():
            return super()._apply(op, args, tensors, tie)

    def fill(self, value: Tensor, generator: Any) -> Tensor:
        return torch.ones_like(value).double()


PATHS = {
    "three convolutions": "[conv3: 1, conv3: 1, conv3: 1]",
    "gridding": "[conv3: {out: 1, dilation: 2}, conv3: {out: 1, dilation: 2}, conv3: {out: 1, dilation: 2}]",
    "transposed": "[conv_transpose3: {out: 1, stride: 2, padding: 1, output_padding: 1}]",
    "transposed twice": "[conv_transpose3: {out: 1, stride: 2}, conv_transpose3: {out: 1, stride: 2}]",
    "even transposed twice": "[conv_transpose4: {out: 1, stride: 2, padding: 1}, conv_transpose4: {out: 1, stride: 2, padding: 1}]",
    "down and up": "[conv3: {out: 1, stride: 2}, conv3: {out: 1, stride: 2}, conv_transpose4: {out: 1, stride: 2}]",
    "residuals": "[residual: [conv3: {out: 1, padding: 1}, conv3: {out: 1, padding: 1}], residual: [conv3: {out: 1, padding: 1}]]",
    "a U": "[{conv3: {out: 1, padding: 1}, name: a}, conv2: {out: 1, stride: 2}, conv3: {out: 1, padding: 1}, upsample: 2,"
    " {concat: [a, prev]}, conv3: {out: 1, padding: 1}]",
}  # fmt: skip


@pytest.mark.parametrize("name", PATHS)
def test_paths_are_counted(name: str) -> None:
    """At every unit far from the borders, against the gradient of a network of ones."""
    text = f"input: [1, 64]\nlayers: {PATHS[name]}"
    (model,) = cnncalc.loads(text)
    report = cnncalc.analyze(model)
    last, network = report.layers[-1], network_of(text)
    x = torch.zeros(1, 1, 64, dtype=torch.float64, requires_grad=True)
    with torch.enable_grad():
        out = Builder(network, Ones("pytorch")).run({"input": x}).tensor
    seen = last.field.axes[0]
    for unit in range(out.shape[2]):
        (gradient,) = torch.autograd.grad(out[0, 0, unit], x, retain_graph=True)
        span = seen.at(unit)
        if span is None or span[0] < 0 or span[1] > 63:
            continue
        (axis,) = profile_of(report, last.path, (unit,)).axes
        assert axis is not None
        counted = [0] * 64
        counted[axis.first : axis.first + len(axis.paths)] = axis.paths
        assert counted == gradient[0, 0].int().tolist()
        assert sum(axis.paths) == axis.paths_by_phase[unit % len(axis.paths_by_phase)]
