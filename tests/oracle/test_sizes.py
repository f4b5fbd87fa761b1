"""Which input sizes fit, against PyTorch that runs the networks at every size: its own errors decide."""

from __future__ import annotations

import pytest

import cnncalc
from cnncalc.questions.sizes import sizes
from tests.oracle.build import Builder, Refusal
from tests.oracle.modules import Modules, torch
from tests.oracle.whole_numbers import network_of

DOWN = "{conv3x3: {out: 2, stride: 2, padding: 1}, name: %s}"
NETWORKS = {
    "a U-Net": "[{conv3x3: {out: 2, padding: 1}, name: a}, maxpool2, {conv3x3: {out: 2, padding: 1}, name: b}, maxpool2,"
    " conv_transpose2x2: {out: 2, stride: 2}, concat: [b, prev], conv_transpose2x2: {out: 2, stride: 2}, concat: [a, prev]]",
    "an unpadded U-Net": "[{conv3x3: 2, name: a}, maxpool2, conv3x3: 2, upsample: 2, {identity: , name: up}, {crop_to: up, from: a, name: cut},"
    " concat: [cut, up], conv3x3: 2]",
    "a pyramid": f"[{DOWN % 'a'}, {DOWN % 'b'}, {DOWN % 'c'}, {DOWN % 'd'}, upsample: 2, concat: [c, prev], upsample: 2, concat: [b, prev]]",
    "parallel resolutions": f"[{DOWN % 'a'}, concat: [[identity], [{DOWN % 'x'}, upsample: 2], [{DOWN % 'y'}, {DOWN % 'z'}, upsample: 4]]]",
    "pools that round up": "[{identity: , name: a}, maxpool3x3: {stride: 2, ceil: true}, upsample: 2, concat: [a, prev]]",
    "odd transposed convolutions": "[{identity: , name: a}, conv3x3: {out: 2, stride: 3}, conv_transpose4x4: {out: 2, stride: 3}, concat: [a, prev]]",
    "a dilated chain": "[conv3x3: {out: 2, dilation: 3}, maxpool2, conv5x5: {out: 2, stride: 2}, conv3x3: 2]",
    "a fixed size": "[concat: [[upsample: {size: 12}], [conv3x3: {out: 2, stride: 3}]]]",
    "pixels and back": "[{identity: , name: a}, pixel_unshuffle: 3, conv1x1: 9, pixel_shuffle: 3, concat: [a, prev]]",
    "a residual": "[residual: [conv4x4: {out: 2, padding: 1, stride: 2}, conv_transpose4x4: {out: 2, stride: 2, padding: 1}], conv3x3: 2]",
    "kernels of two sizes": "[concat: [[conv2x2: {out: 2, stride: 2}], [maxpool3x3: {stride: 2, padding: 1}]], conv3x3: 1]",
}  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
def test_torch_runs_at_the_sizes_that_fit_and_at_no_others(name: str) -> None:
    text = f"input: 2x64x64\nlayers: {NETWORKS[name]}"
    (model,) = cnncalc.loads(text)
    (axis, _) = sizes(model).axes
    network = network_of(text)
    runs = []
    for size in range(1, 73):
        try:
            Builder(network, Modules()).run({"input": torch.zeros(1, 2, size, size)})
            runs.append(size)
        except Refusal:
            continue
    assert runs == [size for size in range(1, 73) if axis.fits(size)]
    assert runs
